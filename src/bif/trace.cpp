// SPDX-License-Identifier: Apache-2.0
#include "bif/bif.hpp"
#include "process/send.hpp"
#define ATH_FAMILY "bif/trace.def"
#include "bif/declare.inc"

namespace athanor::bif {

BifResult erlang::trace_info_2(Process& self, const Term* args) {
  if (!args[1].is_atom()) return self.badarg();
  return make_tuple(self.heap(), args[1], args[1] == atoms::flags ? Term::nil() : atoms::undefined);
}

// Nothing is under way: {trace_delivered, Pid, Ref} at once.
BifResult erlang::trace_delivered_1(Process& self, const Term* args) {
  if (!is_pid(args[0]) && args[0] != atoms::all) return self.badarg();
  Term reference = process::make_reference(self.runtime(), self.heap());
  process::send_message(self.runtime(), self.pid(), make_tuple(self.heap(), atoms::trace_delivered, args[0], reference), self.pid());
  return reference;
}

BifResult erts_internal::trace_3(Process& self, const Term*) { return self.error(atoms::notsup); }
BifResult erts_internal::trace_pattern_3(Process& self, const Term*) { return self.error(atoms::notsup); }
BifResult erl_tracer::enabled_3(Process& self, const Term*) { return self.error(atoms::notsup); }
BifResult erl_tracer::trace_5(Process& self, const Term*) { return self.error(atoms::notsup); }

}  // namespace athanor::bif
