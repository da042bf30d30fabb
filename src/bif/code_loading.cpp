// SPDX-License-Identifier: Apache-2.0
// Loading, deleting and purging code.
#include <vector>

#include "base/md5.hpp"
#include "bif/bif.hpp"
#include "bif/magic.hpp"
#include "code/code_server.hpp"
#include "process/send.hpp"
#define ATH_FAMILY "bif/code.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

code::CodeServer& server(Process& self) { return *self.runtime().code; }

std::string_view file_bytes(Term t, athanor::binary::Scratch& scratch) { return athanor::binary::bytes_of(t, scratch); }
const uint8_t* bytes_at(std::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }

code::Prepared* prepared_of(Term t) { return magic_as<code::Prepared>(t); }

BifResult error_tuple(Process& self, Term reason) { return make_tuple(self.heap(), atoms::error, reason); }

// Module generations with old code in the way of another: {not_purged, Modules}.
BifResult failed_modules(Process& self, Term reason, const std::vector<Term>& modules) {
  return make_tuple(self.heap(), reason, make_list(self.heap(), modules.data(), modules.size()));
}

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
    std::string text = "Loading of " + std::string(atom_text(args[0])) + " failed: " + prepared.error().message;
    Term words = cons(self.heap(), latin1_list(self.heap(), text), Term::nil());
    process::log_event(self.runtime(), atoms::error, "~s~n", words, self.group_leader_, self.pid());
    return error_tuple(self, atoms::badfile);
  }
  Term reference = make_magic_reference(self, *prepared);
  (*prepared)->release();
  return reference;
}

BifResult purge_module_2(Process& self, const Term* args) {
  if (!args[0].is_atom()) return self.badarg();
  code::CodeServer& code = server(self);
  if (args[1] == atoms::prepare) return boolean(code.has_old(args[0]));
  // A module whose on_load failed was never current, so no process refers to it.
  if (args[1] == atoms::prepare_on_load) return atoms::false_;
  if (args[1] == atoms::abort) return atoms::false_;
  if (args[1] == atoms::complete) return boolean(code.purge(args[0]));
  return self.badarg();
}

BifResult beamfile_chunk_2(Process& self, const Term* args) {
  std::string id;
  if (!athanor::binary::is_binary(args[0]) || !args[1].is_list() || !iolist_to_string(args[1], id) || id.size() != 4) return self.badarg();
  athanor::binary::Scratch scratch;
  std::string_view bytes = file_bytes(args[0], scratch);
  auto chunk = beam::find_chunk(bytes_at(bytes), bytes.size(), id);
  if (!chunk || !chunk->data()) return atoms::undefined;
  return athanor::binary::from_text(self.heap(), *chunk);
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

// ok | {not_purged, Modules} | {on_load, Modules}
BifResult finish_loading_1(Process& self, const Term* args) {
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
  // OTP: several at once only without on_load functions.
  if (any_on_load && all.size() > 1) return self.system_limit();
  std::vector<Term> failed;
  switch (server(self).finish(all, failed)) {
    case code::CodeServer::Finish::Ok: return atoms::ok;
    case code::CodeServer::Finish::NotPurged: return failed_modules(self, atoms::not_purged, failed);
    case code::CodeServer::Finish::OnLoad: return failed_modules(self, atoms::on_load, failed);
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
  if (!args[0].is_atom()) return self.badarg();
  code::Module* module = server(self).find_module(args[0]);
  if (!module || !module->current.load(std::memory_order_acquire)) return atoms::undefined;
  if (module->old.load(std::memory_order_acquire)) return self.badarg();
  return boolean(server(self).remove_current(args[0]));
}

BifResult check_old_code_1(Process& self, const Term* args) {
  if (!args[0].is_atom()) return self.badarg();
  return boolean(server(self).has_old(args[0]));
}

// erlang:load_nif/2 from a module whose natives this machine has built in; others have no library interface yet.
BifResult load_nif_2(Process& self, const Term* args) {
  std::string path;
  if (!args[0].is_list() || !chardata_to_utf8(args[0], path)) return self.badarg();
  // Static libraries are asked for by the name of their module.
  code::CodeServer& code = server(self);
  Term module_name = atom_table().find(path);
  code::ModuleCode* generation = nullptr;
  if (!module_name.is_none()) {
    generation = code.awaiting_on_load(module_name);
    code::Module* module = code.find_module(module_name);
    if (!generation && module) generation = module->current.load(std::memory_order_acquire);
  }
  bool has_natives = false;
  for (size_t i = 0; generation && i < generation->function_count && !has_natives; ++i) {
    const process::NativeRow* row = code.native(module_name, generation->functions[i].mfa.function, generation->functions[i].mfa.arity);
    has_natives = row && row->is_nif;
  }
  if (has_natives) {
    code.activate_nifs(*generation);
    return atoms::ok;
  }
  std::string text = "Failed to load NIF library " + path + ": this machine has no interface for separate libraries yet";
  Term reason = make_tuple(self.heap(), atoms::load_failed, latin1_list(self.heap(), text));
  return error_tuple(self, reason);
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
  return make_list(self.heap(), names.data(), names.size());
}

}  // namespace erlang

namespace erts_literal_area_collector {

// Literals of purged code stay until the machine ends (code/tables.hpp), so there is never an area to release.
BifResult release_area_switch_0(Process&, const Term*) { return atoms::false_; }
BifResult send_copy_request_3(Process& self, const Term* args) {
  if (!args[0].is_local_pid()) return self.badarg();
  Term answer = make_tuple(self.heap(), atoms::copy_literals, args[1], atoms::ok);
  process::send_message(self.runtime(), self.pid(), answer, self.pid());
  return atoms::ok;
}

}  // namespace erts_literal_area_collector
}  // namespace athanor::bif
