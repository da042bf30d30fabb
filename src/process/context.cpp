// SPDX-License-Identifier: Apache-2.0
#include "process/runtime.hpp"

namespace athanor::process {

thread_local Runtime* current_runtime = nullptr;
thread_local base::Epochs::Participant* dirty_participant = nullptr;

ThreadScope::ThreadScope(Runtime& runtime) : previous_(current_runtime) {
  current_runtime = &runtime;
  current_term_context = &runtime.terms;
}

ThreadScope::~ThreadScope() {
  current_runtime = previous_;
  current_term_context = previous_ ? &previous_->terms : nullptr;
}

}  // namespace athanor::process
