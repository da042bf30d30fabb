// SPDX-License-Identifier: Apache-2.0
// Assertions. ATH_ASSERT guards memory safety and is kept in release builds; ATH_DCHECK costs time and
// is compiled only where NDEBUG is not defined.
#pragma once

namespace athanor::base {
// Prints the broken invariant with its place and aborts.
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);
}  // namespace athanor::base

#define ATH_LIKELY(x) __builtin_expect(!!(x), 1)
#define ATH_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define ATH_ASSERT(expression)                                                     \
  (ATH_LIKELY(static_cast<bool>(expression))                                       \
       ? static_cast<void>(0)                                                      \
       : ::athanor::base::assertion_failed(#expression, __FILE__, __LINE__))
#ifdef NDEBUG
#define ATH_DCHECK(expression) static_cast<void>(sizeof(static_cast<bool>(expression)))
#else
#define ATH_DCHECK(expression) ATH_ASSERT(expression)
#endif
