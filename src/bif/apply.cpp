// SPDX-License-Identifier: Apache-2.0
#include "bif/bif.hpp"
#include "code/code_server.hpp"
#define ATH_FAMILY "bif/apply.def"
#include "bif/declare.inc"

namespace athanor::bif::erlang {

// The engine never calls these: where a native calls them by its row, the entry of the export does the work.
BifResult apply_2(Process& self, const Term* args) {
  return self.trap(self.runtime().code->export_of(atoms::erlang, atoms::apply, 2), {args[0], args[1]});
}
BifResult apply_3(Process& self, const Term* args) {
  return self.trap(self.runtime().code->export_of(atoms::erlang, atoms::apply, 3), {args[0], args[1], args[2]});
}

}  // namespace athanor::bif::erlang
