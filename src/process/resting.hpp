// SPDX-License-Identifier: Apache-2.0
// Processes give back without being asked what their heaps have beyond what lives in them, once they have waited for a while.
//
//   goes to sleep, bulky ──kResting──► noted by its scheduler ──first look──► kRested ──next look, not run since──► kTidy: collected whole
//
// The bits are of Process::state_, behind those of process.hpp; kRested and kTidy go with every run. A process that runs now and then is looked at
// as often as its scheduler looks, one with a small heap never, nor one with a heap so large that collecting it in between would be felt.
#pragma once

#include "process/process.hpp"

namespace athanor::process {

constexpr uint32_t kResting = 1 << 14;   // stands in a scheduler's list
constexpr uint32_t kRested = 1 << 15;    // has not run since that scheduler looked
constexpr uint32_t kTidy = 1 << 16;      // to be collected, unless it has something to do

// Before end_run by the thread that has run it, when it waits. True: to be noted, and looked at later.
bool begins_to_rest(Process& self);

enum class Rest : uint8_t { Again, Over };
// Again: it stays noted. Any thread in an epoch.
Rest look_at_resting(Process& process);

}  // namespace athanor::process
