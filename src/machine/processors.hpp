// SPDX-License-Identifier: Apache-2.0
// What MachineOptions say of processors, for the schedulers.
#pragma once

#include "athanor/machine.hpp"
#include "sched/bindings.hpp"

namespace athanor::machine {

// What cannot be read is as if it were not there: check_cpu_topology tells who asks.
sched::Bindings::Options binding_options(const MachineOptions& options);

}  // namespace athanor::machine
