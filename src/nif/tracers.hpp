// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "process/runtime.hpp"

namespace athanor::nif {

// Runtime::call_tracer.
bool call_tracer(process::Runtime& runtime, process::Process* runs, Term module, const process::TracerCall& call);

}  // namespace athanor::nif
