// SPDX-License-Identifier: Apache-2.0
// A process as carrier of a connection (dist_ctrl_*): it fetches frames that are to go out and hands in those that came. And figures.
#include "bif/bif.hpp"
#include "dist/distribution.hpp"
#include "process/send.hpp"
#include "term/external/external.hpp"

#define ATH_FAMILY "dist/dist.def"
#include "bif/declare.inc"

namespace athanor::bif {

using dist::Distribution;
using dist::NodeState;
using dist::RemoteNode;

namespace {

// The node that the caller carries, locked. Where it is not, `failure` says what to answer.
RemoteNode* carried(Process& self, Term handle, std::unique_lock<std::mutex>& lock, BifResult& failure) {
  const process::Extra* extra = self.extra_if_any();
  if (!extra || !extra->carries_node) {
    failure = self.error(atoms::notsup);
    return nullptr;
  }
  uint32_t connection_id;
  RemoteNode* node = Distribution::node_of_handle(handle, connection_id);
  if (node) {
    lock = std::unique_lock(node->mutex);
    if (node->connection_id == connection_id && node->controller == self.pid()) return node;
    lock.unlock();
  }
  failure = self.badarg();
  return nullptr;
}

}  // namespace

// none | [Binary] | {Size, [Binary]}
BifResult erlang::dist_ctrl_get_data_1(Process& self, const Term* args) {
  std::unique_lock<std::mutex> lock;
  BifResult failure = Term::none();
  RemoteNode* node = carried(self, args[0], lock, failure);
  if (!node) return failure;
  const uint32_t connection_id = node->connection_id;
  const bool tells_size = node->tells_size;
  lock.unlock();
  std::string frame;
  if (!self.runtime().distribution->take_frame(*node, connection_id, frame)) return atoms::none;
  self.charge(frame.size() / 256 + 1);
  Term data = cons(self.heap(), athanor::binary::from_text(self.heap(), frame), Term::nil());
  if (!tells_size) return data;
  return make_tuple(self.heap(), integer::from_uint64(self.heap(), frame.size()), data);
}

// The caller gets the message `dist_data` once there is something to fetch.
BifResult erlang::dist_ctrl_get_data_notification_1(Process& self, const Term* args) {
  std::unique_lock<std::mutex> lock;
  BifResult failure = Term::none();
  RemoteNode* node = carried(self, args[0], lock, failure);
  if (!node) return failure;
  if (node->queue && !node->queue->is_empty()) {
    lock.unlock();
    process::send_message(self.runtime(), self.pid(), atoms::dist_data);
  } else {
    node->wants_notice = true;
  }
  return atoms::ok;
}

BifResult erlang::dist_ctrl_get_opt_2(Process& self, const Term* args) {
  std::unique_lock<std::mutex> lock;
  BifResult failure = Term::none();
  RemoteNode* node = carried(self, args[0], lock, failure);
  if (!node) return failure;
  return args[1] == atoms::get_size ? BifResult(boolean(node->tells_size)) : self.badarg();
}

BifResult erlang::dist_ctrl_set_opt_3(Process& self, const Term* args) {
  std::unique_lock<std::mutex> lock;
  BifResult failure = Term::none();
  RemoteNode* node = carried(self, args[0], lock, failure);
  if (!node) return failure;
  if (args[1] != atoms::get_size || (args[2] != atoms::true_ && args[2] != atoms::false_)) return self.badarg();
  const bool before = node->tells_size;
  node->tells_size = args[2] == atoms::true_;
  return boolean(before);
}

BifResult erlang::dist_ctrl_input_handler_2(Process& self, const Term* args) {
  std::unique_lock<std::mutex> lock;
  BifResult failure = Term::none();
  RemoteNode* node = carried(self, args[0], lock, failure);
  if (!node) return failure;
  if (!args[1].is_local_pid()) return self.badarg();
  node->input_handler = args[1];
  return atoms::ok;
}

// One frame (empty: a tick), of the process that was named as input handler.
BifResult erlang::dist_ctrl_put_data_2(Process& self, const Term* args) {
  uint32_t connection_id;
  RemoteNode* node = Distribution::node_of_handle(args[0], connection_id);
  std::string bytes;
  if (!node || !iolist_to_string(args[1], bytes)) return self.badarg();
  {
    std::lock_guard lock(node->mutex);
    if (node->input_handler != self.pid()) return self.error(atoms::notsup);
  }
  self.charge(bytes.size() / 256 + 5);
  self.runtime().distribution->receive(*node, connection_id, bytes, nullptr);
  return atoms::ok;
}

// {ok, FramesIn, FramesOut, BytesWaiting}
BifResult erlang::dist_get_stat_1(Process& self, const Term* args) {
  uint32_t connection_id;
  RemoteNode* node = Distribution::node_of_handle(args[0], connection_id);
  if (!node) return self.badarg();
  uint64_t waiting;
  {
    std::lock_guard lock(node->mutex);
    if (node->connection_id != connection_id) return self.badarg();
    waiting = node->queued_bytes();
  }
  Allocator& heap = self.heap();
  return make_tuple(heap, atoms::ok, integer::from_uint64(heap, node->frames_in), integer::from_uint64(heap, node->frames_out),
                    integer::from_uint64(heap, waiting));
}

// erts_debug:dist_ext_to_term(Atoms, Binary): the term whose atoms are indices into the tuple of atoms.
BifResult erts_debug::dist_ext_to_term_2(Process& self, const Term* args) {
  if (!is_tuple(args[0]) || tuple_arity(args[0]) > dist::kMaxHeaderAtoms || !athanor::binary::is_binary(args[1])) return self.badarg();
  for (size_t i = 0; i < tuple_arity(args[0]); ++i)
    if (!tuple_element(args[0], i).is_atom()) return self.badarg();
  athanor::binary::Scratch scratch;
  const std::string_view bytes = athanor::binary::bytes_of(args[1], scratch);
  external::DecodeOptions options;
  options.with_version = false;
  options.atoms = tuple_elements(args[0]);
  options.atom_count = tuple_arity(args[0]);
  const external::Decoded decoded = external::decode(self.heap(), reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), options);
  return decoded.term.is_none() ? self.badarg() : BifResult(decoded.term);
}

}  // namespace athanor::bif
