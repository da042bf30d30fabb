// SPDX-License-Identifier: Apache-2.0
// Letting go of literals: of code that is purged, of persistent terms that were erased (docs/design/0003).
//
//   retire_literals ─► waits ─► leaves: copies take its terms along ─► every thread has passed ─► every process is asked, copies what it
//   refers to, answers ─► no copy need look any more ─► every thread has passed ─► freed
//
// Processes and their mailboxes are asked. What else keeps terms (timers, tables, match specs, data of ports) copies literals when it
// takes them, and a message once built is not sent on as it is, but copied again.
#pragma once

#include <memory>

#include "process/process.hpp"

namespace athanor::process {

// Any thread. The area goes when no process refers to it; nobody must be able to come upon it anew.
void retire_literals(Runtime& runtime, std::unique_ptr<heap::LiteralArea> area);

// Next step of the process that collects areas (erts_literal_area_collector). What left before is freed in time.
enum class LiteralSwitch : uint8_t {
  Nothing,   // no area waits
  Wait,      // one leaves now: a message to the collector tells when every thread knows
  Asking,    // every thread knows: ask all processes, then come again
};
LiteralSwitch switch_literals(Runtime& runtime);

// Asks `target` to copy what it refers to; `collector` is told {copy_literals, Id, ok}.
void request_copies(Runtime& runtime, Term target, Term collector, Term id);

// --- on the thread of the process asked ---
void settle_literals(Process& self);              // at a safepoint: copies if there is anything to copy, answers
const heap::LiteralArea* prepare_evacuation(Process& self);   // before a collection: what it is to copy, or null
void answer_copy_requests(Process& self);
void forget_copy_requests(Process& self);

}  // namespace athanor::process
