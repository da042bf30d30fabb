// SPDX-License-Identifier: Apache-2.0
#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace athanor::base {
void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "athanor: broken invariant at %s:%d: %s\n", file, line, expression);
  std::abort();
}
}  // namespace athanor::base
