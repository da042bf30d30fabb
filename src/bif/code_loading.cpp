// SPDX-License-Identifier: Apache-2.0
// Loading, deleting and purging code.
#include <algorithm>
#include <vector>

#include "bif/bif.hpp"
#include "bif/magic.hpp"
#include "code/code_server.hpp"
#include "process/continuation.hpp"
#include "process/literals.hpp"
#include "process/send.hpp"
#include "process/spawn.hpp"
#include "process/state.hpp"
#define ATH_FAMILY "bif/code.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

code::CodeServer& server(Process& self) { return *self.runtime().code; }

std::string_view file_bytes(Term t, athanor::binary::Scratch& scratch) { return athanor::binary::bytes_of(t, scratch); }
const uint8_t* bytes_at(std::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }

code::Prepared* prepared_of(Term t) { return magic_as<code::Prepared>(t); }

BifResult error_tuple(Process& self, Term reason) { return make_tuple(self.heap(), atoms::error, reason); }

// Module generations with old code in the way of another: {not_purged, Modules}. OTP: the last comes first.
BifResult failed_modules(Process& self, Term reason, std::vector<Term> modules) {
  std::reverse(modules.begin(), modules.end());
  return make_tuple(self.heap(), reason, make_list(self.heap(), modules.data(), modules.size()));
}

// OTP: changes of the code wait until every scheduler has come by, so whoever was runnable before has had a turn, and a process just
// spawned is in the code it was spawned for.
class GaveWay final : public process::Continuation {};
bool has_given_way(Process& self) { return self.take_continuation<GaveWay>() != nullptr; }
BifResult give_way(Process& self, const Term* args, uint32_t arity) { return self.suspend(std::make_unique<GaveWay>(), args, arity); }

}  // namespace

namespace erts_internal {

// erts_internal:prepare_loading(Module, Binary): a magic reference, or {error, Reason}.
BifResult prepare_loading_2(Process& self, const Term* args) {
  if (!args[0].is_atom() || !athanor::binary::is_binary(args[1])) return self.badarg();
  athanor::binary::Scratch scratch;
  std::string_view bytes = file_bytes(args[1], scratch);
  self.charge(bytes.size() / 256);
  auto prepared = server(self).prepare(args[0], bytes_at(bytes), bytes.size());
  if (!prepared) {
    std::string text = "Error loading module " + std::string(atom_text(args[0])) + ":\n  " + prepared.error().message + "\n";
    Term words = cons(self.heap(), latin1_list(self.heap(), text), Term::nil());
    process::log_event(self.runtime(), atoms::error, "~s~n", words, self.group_leader_, self.pid());
    return error_tuple(self, atoms::badfile);
  }
  Term reference = make_magic_reference(self, *prepared);
  (*prepared)->release();
  return reference;
}

// The steps of a purge; erts_code_purger checks all processes between prepare and complete.
BifResult purge_module_2(Process& self, const Term* args) {
  if (self.registered_name_ != atoms::erts_code_purger) return self.error(atoms::notsup);
  if (!args[0].is_atom()) return self.badarg();
  code::CodeServer& code = server(self);
  if (args[1] == atoms::prepare || args[1] == atoms::prepare_on_load) {
    if (code.is_purging(Term::none())) return self.badarg();
    return boolean(code.begin_purge(args[0], args[1] == atoms::prepare_on_load));
  }
  if ((args[1] != atoms::abort && args[1] != atoms::complete) || !code.is_purging(args[0])) return self.badarg();
  if (args[1] == atoms::complete) return boolean(code.purge(args[0]));
  code.abort_purge();
  return atoms::false_;
}

// erts_internal:beamfile_chunk(Binary, Id): a part of the file, or undefined.
BifResult beamfile_chunk_2(Process& self, const Term* args) {
  std::string id;
  Term list = args[1];
  for (; list.is_list_cell() && id.size() < 4; list = list.tail()) {
    const Term byte = list.head();
    if (!byte.is_small() || byte.small_value() < 0 || byte.small_value() > 255) return self.badarg();
    id.push_back(static_cast<char>(byte.small_value()));
  }
  if (!athanor::binary::is_binary(args[0]) || !list.is_nil() || id.size() != 4) return self.badarg();
  athanor::binary::Scratch scratch;
  std::string_view bytes = file_bytes(args[0], scratch);
  auto chunk = beam::find_chunk(bytes_at(bytes), bytes.size(), id);
  if (!chunk || chunk->empty()) return atoms::undefined;
  const auto offset = static_cast<uint64_t>(chunk->data() - bytes.data());
  return athanor::binary::part(self.heap(), args[0], offset * 8, chunk->size() * 8);
}

BifResult beamfile_module_md5_1(Process& self, const Term* args) {
  if (!athanor::binary::is_binary(args[0])) return self.badarg();
  athanor::binary::Scratch scratch;
  std::string_view bytes = file_bytes(args[0], scratch);
  uint8_t md5[16];
  if (!beam::module_md5(bytes_at(bytes), bytes.size(), md5)) return atoms::undefined;
  return athanor::binary::from_bytes(self.heap(), md5, sizeof md5);
}

}  // namespace erts_internal

namespace erlang {

BifResult has_prepared_code_on_load_1(Process& self, const Term* args) {
  code::Prepared* prepared = prepared_of(args[0]);
  if (!prepared || !prepared->code) return self.badarg();
  return boolean(server(self).has_on_load(*prepared));
}

// ok | {not_purged, Modules} | {on_load, Modules} | {duplicated, Modules}
BifResult finish_loading_1(Process& self, const Term* args) {
  const bool gave_way = has_given_way(self);
  std::vector<code::Prepared*> all;
  Term list = args[0];
  bool any_on_load = false;
  for (; list.is_list_cell(); list = list.tail()) {
    code::Prepared* prepared = prepared_of(list.head());
    if (!prepared || !prepared->code) return self.badarg();
    any_on_load |= server(self).has_on_load(*prepared);
    all.push_back(prepared);
  }
  if (!list.is_nil()) return self.badarg();
  if (!gave_way) return give_way(self, args, 1);
  // OTP: several at once only without on_load functions.
  if (any_on_load && all.size() > 1) return self.system_limit();
  std::vector<Term> failed;
  switch (server(self).finish(all, failed)) {
    case code::CodeServer::Finish::Ok: return atoms::ok;
    case code::CodeServer::Finish::NotPurged: return failed_modules(self, atoms::not_purged, failed);
    case code::CodeServer::Finish::OnLoad: return failed_modules(self, atoms::on_load, failed);
    case code::CodeServer::Finish::Duplicated: return failed_modules(self, atoms::duplicated, failed);
  }
  ATH_ASSERT(false);
}

// Runs the on_load function of a module that waits for it: a call in tail position.
BifResult call_on_load_function_1(Process& self, const Term* args) {
  if (!args[0].is_atom()) return self.badarg();
  code::ModuleCode* generation = server(self).awaiting_on_load(args[0]);
  if (!generation) return self.badarg();
  return self.trap(generation->on_load_call.get(), {});
}

BifResult finish_after_on_load_2(Process& self, const Term* args) {
  if (!args[0].is_atom() || (args[1] != atoms::true_ && args[1] != atoms::false_)) return self.badarg();
  if (!server(self).finish_after_on_load(args[0], args[1] == atoms::true_)) return self.badarg();
  return atoms::true_;
}

BifResult delete_module_1(Process& self, const Term* args) {
  const bool gave_way = has_given_way(self);
  if (!args[0].is_atom()) return self.badarg();
  code::Module* module = server(self).find_module(args[0]);
  if (!module) return atoms::undefined;
  if (module->old.load(std::memory_order_acquire)) {
    std::string text = "Module " + std::string(atom_text(args[0])) + " must be purged before deleting\n";
    Term words = cons(self.heap(), latin1_list(self.heap(), text), Term::nil());
    process::log_event(self.runtime(), atoms::error, "~s", words, self.group_leader_, self.pid());
    return self.badarg();
  }
  if (!gave_way) return give_way(self, args, 1);
  server(self).remove_current(args[0]);
  return atoms::true_;
}

BifResult check_old_code_1(Process& self, const Term* args) {
  if (!args[0].is_atom()) return self.badarg();
  return boolean(server(self).has_old(args[0]));
}

BifResult module_loaded_1(Process& self, const Term* args) {
  if (!args[0].is_atom()) return self.badarg();
  code::Module* module = server(self).find_module(args[0]);
  return boolean(module && module->current.load(std::memory_order_acquire));
}
BifResult loaded_0(Process& self, const Term*) {
  std::vector<Term> names = server(self).loaded();
  return make_list(self.heap(), names.data(), names.size());
}
BifResult pre_loaded_0(Process& self, const Term*) {
  std::vector<Term> names = server(self).preloaded_names();
  std::reverse(names.begin(), names.end());   // OTP: latest first
  return make_list(self.heap(), names.data(), names.size());
}

}  // namespace erlang

namespace erts_literal_area_collector {

static bool is_collector(Process& self) {
  return self.runtime().literal_collector_raw.load(std::memory_order_relaxed) == self.pid().raw;
}

// True: an area leaves, and all processes are to be asked. False: none does.
BifResult release_area_switch_0(Process& self, const Term*) {
  if (!is_collector(self)) return self.error(atoms::notsup);
  switch (process::switch_literals(self.runtime())) {
    case process::LiteralSwitch::Nothing: return atoms::false_;
    case process::LiteralSwitch::Asking: return atoms::true_;
    case process::LiteralSwitch::Wait: break;
  }
  // What is there already is taken in, so that only more calls this again.
  process::handle_signals(self);
  if (process::is_exiting(self)) return self.exit_now(Term::none());
  return self.wait({});
}

// erts_literal_area_collector:send_copy_request(Pid, Area, How): answered {copy_literals, {Area, How, Pid}, ok}. OTP: the answer to `init`
// may be that a collection is needed, which is asked for then; here a process does what is needed at once.
BifResult send_copy_request_3(Process& self, const Term* args) {
  if (!is_collector(self)) return self.error(atoms::notsup);
  if (!args[0].is_local_pid()) return self.badarg();
  if (args[2] != atoms::init && args[2] != atoms::check_gc && args[2] != atoms::need_gc) return self.badarg();
  Term id = make_tuple(self.heap(), args[1], args[2], args[0]);
  process::request_copies(self.runtime(), args[0], self.pid(), id);
  if (args[0] == self.pid()) process::handle_signals(self);
  return atoms::ok;
}

}  // namespace erts_literal_area_collector
}  // namespace athanor::bif
