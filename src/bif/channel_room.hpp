// SPDX-License-Identifier: Apache-2.0
// For built-ins that send signals other than messages to processes of other nodes.
#pragma once

#include "code/code_server.hpp"
#include "process/process.hpp"
#include "term/atom_table.hpp"

namespace athanor::bif {

// The built-in has sent its signal to `to`, which may be anything, and is to give `result`: it does, or, where the channel to that node is
// busy, suspends `self` until there is room and then does. OTP: erlang:bif_return_trap, where such a process is seen to stand.
inline BifResult and_wait_for_room(process::Process& self, Term to, BifResult result) {
  const bool is_named = is_tuple_of(to, 2) && tuple_element(to, 0).is_atom() && tuple_element(to, 1).is_atom();
  if (!result.has_value() || (!is_named && !is_kind(to, BoxedKind::ExternalPid))) return result;
  auto* has_room = self.runtime().has_room;
  if (has_room == nullptr || has_room(self, to)) return result;
  return self.trap(self.runtime().code->export_of(atoms::erlang, intern("bif_return_trap"), 1), {result.value});
}

}  // namespace athanor::bif
