// SPDX-License-Identifier: Apache-2.0
// Natives of erl_ddll. Drivers in libraries are not supported: loading one raises notsup, none is ever loaded.
#include "bif/bif.hpp"
#define ATH_FAMILY "io/erl_ddll.def"
#include "bif/declare.inc"

namespace athanor::bif::erl_ddll {

BifResult loaded_drivers_0(Process& self, const Term*) {
  Allocator& heap = self.heap();
  Term names[] = {latin1_list(heap, "udp_inet"), latin1_list(heap, "tcp_inet"), latin1_list(heap, "tty_sl")};
  return make_tuple(heap, atoms::ok, make_list(heap, names, 3));
}
BifResult try_load_3(Process& self, const Term*) { return self.error(atoms::notsup); }
BifResult try_unload_2(Process& self, const Term*) { return make_tuple(self.heap(), atoms::error, atoms::not_loaded); }
BifResult format_error_int_1(Process& self, const Term*) { return self.badarg(); }
BifResult info_2(Process& self, const Term*) { return self.badarg(); }
BifResult monitor_2(Process& self, const Term*) { return self.error(atoms::notsup); }
BifResult demonitor_1(Process& self, const Term*) { return self.badarg(); }

}  // namespace athanor::bif::erl_ddll
