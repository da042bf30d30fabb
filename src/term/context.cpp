// SPDX-License-Identifier: Apache-2.0
#include "term/context.hpp"

namespace athanor {
thread_local TermContext* current_term_context = nullptr;
}  // namespace athanor
