// SPDX-License-Identifier: Apache-2.0
// The system's clocks and its random bits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace athanor::os {

int64_t monotonic_ns();
int64_t system_ns();            // since 1970-01-01 UTC
int64_t monotonic_resolution_hz();
int64_t process_cpu_ns();       // user time of the whole program, as the stock VM counts runtime
// A counter that costs a few nanoseconds to read and grows steadily on one core; for ages, never for what programs see.
inline uint64_t cycle_count() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  return static_cast<uint64_t>(monotonic_ns());
#endif
}
void sleep_ms(int64_t milliseconds);   // the calling thread, not less
double cycles_per_ns();         // measured once, 0.05 ms at first use
bool random_bytes(void* out, size_t bytes);

}  // namespace athanor::os
