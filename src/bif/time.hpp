// SPDX-License-Identifier: Apache-2.0
// Time as programs see it. Erlang monotonic time starts at the stock VM's start_time when the machine starts; inside, everything
// counts by the machine's clock.
#pragma once

#include <cstdint>

#include "process/runtime.hpp"
#include "term/allocator.hpp"

namespace athanor::bif {

constexpr int64_t kErlangStartNs = -576460752000000000;   // system_info(start_time)
constexpr int64_t kErlangEndNs = 8646911283000000000;     // system_info(end_time)

int64_t erlang_monotonic_ns(process::Runtime& runtime);
int64_t erlang_time_offset_ns(process::Runtime& runtime);   // as the time warp mode has it
// system_flag(time_offset, finalize): a preliminary offset takes the system's clock as it is now. What the offset was before.
process::Runtime::TimeOffset finalize_time_offset(process::Runtime& runtime);
inline int64_t erlang_system_ns(process::Runtime& runtime) { return erlang_monotonic_ns(runtime) + erlang_time_offset_ns(runtime); }
// Erlang monotonic time to the machine's clock; cut where it would not fit.
int64_t clock_ns_of(process::Runtime& runtime, int64_t erlang_monotonic);

// `ns` in a time unit (atom or parts a second), rounded down. none(): no such unit, or too large.
Term in_time_unit(Allocator& heap, int64_t ns, Term unit);
Term time_offset_name(process::Runtime::TimeOffset state);   // preliminary | final | volatile
// What erlang:now/0 counts: grows with each call.
int64_t next_now_us(process::Runtime& runtime);
// {MegaSecs, Secs, MicroSecs}
Term timestamp_tuple(Allocator& heap, int64_t system_us);

}  // namespace athanor::bif
