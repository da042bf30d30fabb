// SPDX-License-Identifier: Apache-2.0
// prim_buffer's natives. A buffer belongs to one process at a time (its users see to that with try_lock/1); a lock of ours keeps
// memory sound where they do not.
#include <atomic>
#include <mutex>

#include "bif/bif.hpp"
#include "bif/magic.hpp"
#include "io/byte_queue.hpp"
#define ATH_FAMILY "io/buffer.def"
#include "bif/declare.inc"

namespace athanor::bif::prim_buffer {

namespace {

struct Buffer : MagicObject {
  std::mutex mutex;
  io::ByteQueue queue;
  std::atomic<bool> taken{false};   // try_lock/1
};

Buffer* buffer_of(Term t) { return magic_as<Buffer>(t); }

}  // namespace

BifResult new__0(Process& self, const Term*) {
  auto* buffer = new Buffer;
  Term reference = make_magic_reference(self, buffer);
  buffer->release();
  return reference;
}

BifResult size_1(Process& self, const Term* args) {
  Buffer* buffer = buffer_of(args[0]);
  if (buffer == nullptr) return self.badarg();
  std::lock_guard lock(buffer->mutex);
  return integer::from_uint64(self.heap(), buffer->queue.size());
}

BifResult peek_head_1(Process& self, const Term* args) {
  Buffer* buffer = buffer_of(args[0]);
  if (buffer == nullptr) return self.badarg();
  std::lock_guard lock(buffer->mutex);
  if (buffer->queue.size() == 0) return self.badarg();
  return buffer->queue.head_binary(self.heap());
}

BifResult copying_read_2(Process& self, const Term* args) {
  Buffer* buffer = buffer_of(args[0]);
  uint64_t bytes;
  if (buffer == nullptr || !integer::to_uint64(args[1], bytes)) return self.badarg();
  std::lock_guard lock(buffer->mutex);
  if (bytes > buffer->queue.size()) return self.badarg();
  uint8_t* data;
  Term result = athanor::binary::make_uninitialised_or_none(self.heap(), bytes, &data);
  if (result.is_none()) return self.system_limit();
  buffer->queue.read(data, bytes);
  self.charge(bytes / 1024);
  return result;
}

BifResult skip_2(Process& self, const Term* args) {
  Buffer* buffer = buffer_of(args[0]);
  uint64_t bytes;
  if (buffer == nullptr || !integer::to_uint64(args[1], bytes)) return self.badarg();
  std::lock_guard lock(buffer->mutex);
  if (bytes > buffer->queue.size()) return self.badarg();
  buffer->queue.skip(bytes);
  return atoms::ok;
}

BifResult write_2(Process& self, const Term* args) {
  Buffer* buffer = buffer_of(args[0]);
  if (buffer == nullptr) return self.badarg();
  uint64_t bytes = 0;
  Term list = args[1];
  for (; list.is_list_cell(); list = list.tail()) {
    if (!athanor::binary::is_binary(list.head())) return self.badarg();
  }
  if (!list.is_nil()) return self.badarg();
  std::lock_guard lock(buffer->mutex);
  for (list = args[1]; list.is_list_cell(); list = list.tail()) {
    bytes += athanor::binary::bit_size(list.head()) / 8;
    buffer->queue.append_binary(list.head());
  }
  self.charge(bytes / 1024);
  return atoms::ok;
}

BifResult find_byte_index_2(Process& self, const Term* args) {
  Buffer* buffer = buffer_of(args[0]);
  if (buffer == nullptr || !args[1].is_small() || args[1].small_value() < 0 || args[1].small_value() > 255) return self.badarg();
  std::lock_guard lock(buffer->mutex);
  int64_t position = buffer->queue.find(static_cast<uint8_t>(args[1].small_value()));
  self.charge((position < 0 ? buffer->queue.size() : static_cast<uint64_t>(position)) / 4096);
  if (position < 0) return atoms::not_found;
  return make_tuple(self.heap(), atoms::ok, Term::small(position));
}

BifResult try_lock_1(Process& self, const Term* args) {
  Buffer* buffer = buffer_of(args[0]);
  if (buffer == nullptr) return self.badarg();
  return buffer->taken.exchange(true, std::memory_order_acquire) ? atoms::busy : atoms::acquired;
}

BifResult unlock_1(Process& self, const Term* args) {
  Buffer* buffer = buffer_of(args[0]);
  if (buffer == nullptr) return self.badarg();
  if (!buffer->taken.exchange(false, std::memory_order_release)) return self.error(atoms::lock_order_violation);
  return atoms::ok;
}

}  // namespace athanor::bif::prim_buffer
