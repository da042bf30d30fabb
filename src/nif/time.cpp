// SPDX-License-Identifier: Apache-2.0
// Time in the interface's units.
#include "bif/time.hpp"

#include <ctime>

#include "bif/bif.hpp"
#include "nif/library.hpp"

using namespace athanor;
using namespace athanor::nif;

namespace {

int64_t nanoseconds_of(ErlNifTimeUnit unit) {
  switch (unit) {
    case ERL_NIF_SEC: return 1000000000;
    case ERL_NIF_MSEC: return 1000000;
    case ERL_NIF_USEC: return 1000;
    case ERL_NIF_NSEC: return 1;
  }
  return 0;
}

int64_t divide_down(int64_t value, int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

ErlNifTime in_unit(int64_t nanoseconds, ErlNifTimeUnit unit) {
  const int64_t size = nanoseconds_of(unit);
  return size == 0 ? ERL_NIF_TIME_ERROR : divide_down(nanoseconds, size);
}

}  // namespace

// OTP: an error on threads that are no schedulers is allowed; ours know their machine, whose clock ends before its libraries.
ErlNifTime enif_monotonic_time(ErlNifTimeUnit unit) {
  process::Runtime& runtime = ATH_NIF_MACHINE();
  const Inside inside(runtime);
  return inside.is_refused() ? ERL_NIF_TIME_ERROR : in_unit(bif::erlang_monotonic_ns(runtime), unit);
}

ErlNifTime enif_time_offset(ErlNifTimeUnit unit) {
  process::Runtime& runtime = ATH_NIF_MACHINE();
  const Inside inside(runtime);
  return inside.is_refused() ? ERL_NIF_TIME_ERROR : in_unit(bif::erlang_time_offset_ns(runtime), unit);
}

ErlNifTime enif_convert_time_unit(ErlNifTime value, ErlNifTimeUnit from, ErlNifTimeUnit to) {
  const int64_t from_size = nanoseconds_of(from), to_size = nanoseconds_of(to);
  if (from_size == 0 || to_size == 0) return ERL_NIF_TIME_ERROR;
  if (to_size >= from_size) return divide_down(value, to_size / from_size);
  // OTP: what does not fit wraps round.
  return static_cast<ErlNifTime>(static_cast<uint64_t>(value) * static_cast<uint64_t>(from_size / to_size));
}

ERL_NIF_TERM enif_now_time(ErlNifEnv* env) {
  Entry entry(env, __func__);
  return raw_of(bif::timestamp_tuple(*env->heap, bif::next_now_us(*env->runtime)));
}

ERL_NIF_TERM enif_cpu_time(ErlNifEnv* env) {
  check(env, __func__);
  timespec now{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) != 0) return enif_make_badarg(env);
  return raw_of(bif::timestamp_tuple(*env->heap, int64_t{now.tv_sec} * 1000000 + now.tv_nsec / 1000));
}
