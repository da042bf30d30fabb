// SPDX-License-Identifier: Apache-2.0
#include "bif/bif.hpp"
#define ATH_FAMILY "bif/apply.def"
#include "bif/declare.inc"

namespace athanor::bif::erlang {

// Never entered: the engine puts its own code at these entries.
BifResult apply_2(Process& self, const Term*) { return self.error(atoms::undef); }
BifResult apply_3(Process& self, const Term*) { return self.error(atoms::undef); }

}  // namespace athanor::bif::erlang
