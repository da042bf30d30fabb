// SPDX-License-Identifier: Apache-2.0
// Options of spawn_opt and spawn_request as the natives take them, for requests of this node and of others.
#pragma once

#include "process/spawn.hpp"
#include "term/atom_table.hpp"

namespace athanor::bif {

// What spawn_request adds to spawn's options.
struct RequestOptions {
  Term reply = atoms::yes;
  Term reply_tag = atoms::spawn_reply;
};

// False: a bad option, or no proper list. `request` null: its options are bad ones.
bool read_spawn_options(process::Runtime& runtime, Term list, process::SpawnOptions& options, RequestOptions* request);
// [{tag, T}, {alias, A}] of {monitor, …}.
bool read_spawn_monitor_options(Term list, process::SpawnOptions& options);

}  // namespace athanor::bif
