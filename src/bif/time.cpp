// SPDX-License-Identifier: Apache-2.0
#include "bif/time.hpp"

#include "bif/bif.hpp"
#include "os/calendar.hpp"
#include "process/relations.hpp"

#define ATH_FAMILY "bif/time.def"
#include "bif/declare.inc"

namespace athanor::bif {

using athanor::os::DateTime;
using process::Runtime;

int64_t erlang_monotonic_ns(Runtime& runtime) { return runtime.clock->monotonic_ns() - runtime.start_monotonic_ns + kErlangStartNs; }

// The system's clock is looked at ten times a second at most; what it drifts by less than a millisecond is left.
static void follow_system_clock(Runtime& runtime) {
  constexpr int64_t kPauseNs = 100'000'000, kLeastChangeNs = 1'000'000;
  const int64_t now = runtime.clock->monotonic_ns();
  int64_t checked = runtime.time_checked_ns.load(std::memory_order_relaxed);
  if (now - checked < kPauseNs || !runtime.time_checked_ns.compare_exchange_strong(checked, now, std::memory_order_relaxed)) return;
  const int64_t wanted = runtime.clock->system_ns() - erlang_monotonic_ns(runtime);
  if (std::abs(wanted - runtime.time_offset_ns.load(std::memory_order_relaxed)) < kLeastChangeNs) return;
  runtime.time_offset_ns.store(wanted, std::memory_order_relaxed);
  process::tell_time_offset(runtime);
}

int64_t erlang_time_offset_ns(Runtime& runtime) {
  if (runtime.time_offset_state.load(std::memory_order_relaxed) == Runtime::TimeOffset::Volatile) follow_system_clock(runtime);
  return runtime.time_offset_ns.load(std::memory_order_relaxed);
}

Runtime::TimeOffset finalize_time_offset(Runtime& runtime) {
  auto state = Runtime::TimeOffset::Preliminary;
  if (!runtime.time_offset_state.compare_exchange_strong(state, Runtime::TimeOffset::Final)) return state;
  runtime.time_offset_ns.store(runtime.clock->system_ns() - erlang_monotonic_ns(runtime), std::memory_order_relaxed);
  process::tell_time_offset(runtime);
  return Runtime::TimeOffset::Preliminary;
}

Term time_offset_name(Runtime::TimeOffset state) {
  switch (state) {
    case Runtime::TimeOffset::Preliminary: return atoms::preliminary;
    case Runtime::TimeOffset::Volatile: return atoms::volatile_;
    case Runtime::TimeOffset::Final: break;
  }
  return atoms::final;
}

int64_t clock_ns_of(Runtime& runtime, int64_t erlang_monotonic) {
  __int128 ns = static_cast<__int128>(erlang_monotonic) - kErlangStartNs + runtime.start_monotonic_ns;
  if (ns > INT64_MAX) return INT64_MAX;
  if (ns < 0) return 0;
  return static_cast<int64_t>(ns);
}

Term in_time_unit(Allocator& heap, int64_t ns, Term unit) {
  constexpr int64_t kNative = 1'000'000'000;
  int64_t parts = 0;
  if (unit == atoms::nanosecond || unit == atoms::native || unit == atoms::nano_seconds || unit == atoms::perf_counter) parts = kNative;
  else if (unit == atoms::microsecond || unit == atoms::micro_seconds) parts = 1'000'000;
  else if (unit == atoms::millisecond || unit == atoms::milli_seconds) parts = 1'000;
  else if (unit == atoms::second || unit == atoms::seconds) parts = 1;
  else if (!is_integer(unit) || integer::is_negative(unit) || unit == Term::small(0)) return Term::none();
  else integer::to_int64(unit, parts);
  if (parts > 0 && parts <= kNative) {   // within 128 bits without doubt, and the result within 64
    __int128 product = static_cast<__int128>(ns) * parts;
    __int128 quotient = product / kNative;
    if (product % kNative < 0) --quotient;
    return integer::from_int64(heap, static_cast<int64_t>(quotient));
  }
  Term product = integer::multiply(heap, integer::from_int64(heap, ns), unit);
  if (product.is_none()) return product;
  Term native = Term::small(kNative);
  Term quotient = integer::divide(heap, product, native);
  if (integer::is_negative(product) && integer::remainder(heap, product, native) != Term::small(0))
    quotient = integer::subtract(heap, quotient, Term::small(1));
  return quotient;
}

Term timestamp_tuple(Allocator& heap, int64_t us) {
  int64_t seconds = us / 1'000'000;
  return make_tuple(heap, Term::small(seconds / 1'000'000), Term::small(seconds % 1'000'000), Term::small(us % 1'000'000));
}

namespace {

constexpr int64_t kSecondsPerDay = 86400;
constexpr int64_t kLastYear = INT32_MAX - 1;

int64_t floor_divide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

bool is_leap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

// Days from 1970-01-01 in the proleptic Gregorian calendar, counted in years that begin in March.
int64_t days_of(int64_t year, int month, int day) {
  year -= month <= 2;
  int64_t era = floor_divide(year, 400);
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

DateTime universal_of(int64_t posix_seconds) {
  int64_t days = floor_divide(posix_seconds, kSecondsPerDay);
  int64_t seconds = posix_seconds % kSecondsPerDay;   // days * kSecondsPerDay has no room for the earliest
  if (seconds < 0) seconds += kSecondsPerDay;
  days += 719468;
  int64_t era = floor_divide(days, 146097);
  int64_t day_of_era = days - era * 146097;
  int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t month = (5 * day_of_year + 2) / 153;
  DateTime out;
  out.day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1);
  out.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  out.year = year_of_era + era * 400 + (out.month <= 2 ? 1 : 0);
  out.hour = static_cast<int>(seconds / 3600);
  out.minute = static_cast<int>(seconds % 3600 / 60);
  out.second = static_cast<int>(seconds % 60);
  return out;
}

int64_t posix_of(const DateTime& time) {
  return days_of(time.year, time.month, time.day) * kSecondsPerDay + time.hour * 3600 + time.minute * 60 + time.second;
}

Term date_tuple(Allocator& heap, const DateTime& time) {
  return make_tuple(heap, Term::small(time.year), Term::small(time.month), Term::small(time.day));
}
Term time_tuple(Allocator& heap, const DateTime& time) {
  return make_tuple(heap, Term::small(time.hour), Term::small(time.minute), Term::small(time.second));
}
Term date_time_tuple(Allocator& heap, const DateTime& time) { return make_tuple(heap, date_tuple(heap, time), time_tuple(heap, time)); }

bool small_in(Term t, int64_t low, int64_t high, int& out) {
  if (!t.is_small() || t.small_value() < low || t.small_value() > high) return false;
  out = static_cast<int>(t.small_value());
  return true;
}

// {{Y,M,D},{H,Mi,S}} that exists, not before `first_year`.
bool parse(Term t, int64_t first_year, DateTime& out) {
  if (!is_tuple_of(t, 2) || !is_tuple_of(tuple_element(t, 0), 3) || !is_tuple_of(tuple_element(t, 1), 3)) return false;
  Term* date = tuple_elements(tuple_element(t, 0));
  Term* time = tuple_elements(tuple_element(t, 1));
  if (!date[0].is_small() || date[0].small_value() < first_year || date[0].small_value() > kLastYear) return false;
  out.year = date[0].small_value();
  if (!small_in(date[1], 1, 12, out.month)) return false;
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int last = kDays[out.month - 1] + (out.month == 2 && is_leap(out.year) ? 1 : 0);
  return small_in(date[2], 1, last, out.day) && small_in(time[0], 0, 23, out.hour) && small_in(time[1], 0, 59, out.minute) &&
         small_in(time[2], 0, 59, out.second);
}

DateTime local_now(Process& self) {
  DateTime now;
  athanor::os::local_time(floor_divide(self.runtime().clock->system_ns(), 1'000'000'000), now);
  return now;
}

BifResult unit_or_badarg(Process& self, Term value) {
  if (value.is_none()) return self.badarg();
  return value;
}

}  // namespace

// --- clocks ---

BifResult erlang::monotonic_time_0(Process& self, const Term*) { return integer::from_int64(self.heap(), erlang_monotonic_ns(self.runtime())); }

BifResult erlang::monotonic_time_1(Process& self, const Term* args) {
  return unit_or_badarg(self, in_time_unit(self.heap(), erlang_monotonic_ns(self.runtime()), args[0]));
}

BifResult erlang::system_time_0(Process& self, const Term*) { return integer::from_int64(self.heap(), erlang_system_ns(self.runtime())); }

BifResult erlang::system_time_1(Process& self, const Term* args) {
  return unit_or_badarg(self, in_time_unit(self.heap(), erlang_system_ns(self.runtime()), args[0]));
}

BifResult erlang::time_offset_0(Process& self, const Term*) { return integer::from_int64(self.heap(), erlang_time_offset_ns(self.runtime())); }

BifResult erlang::time_offset_1(Process& self, const Term* args) {
  return unit_or_badarg(self, in_time_unit(self.heap(), erlang_time_offset_ns(self.runtime()), args[0]));
}

BifResult erlang::timestamp_0(Process& self, const Term*) { return timestamp_tuple(self.heap(), floor_divide(erlang_system_ns(self.runtime()), 1000)); }

int64_t next_now_us(Runtime& runtime) {
  int64_t now = floor_divide(erlang_system_ns(runtime), 1000);
  std::atomic<int64_t>& last = runtime.last_now_us;
  int64_t before = last.load(std::memory_order_relaxed);
  int64_t given;
  do {
    given = now > before ? now : before + 1;
  } while (!last.compare_exchange_weak(before, given, std::memory_order_relaxed));
  return given;
}

BifResult erlang::now_0(Process& self, const Term*) { return timestamp_tuple(self.heap(), next_now_us(self.runtime())); }

BifResult erts_internal::time_unit_0(Process&, const Term*) { return Term::small(1'000'000'000); }
BifResult erts_internal::perf_counter_unit_0(Process&, const Term*) { return Term::small(1'000'000'000); }
BifResult os::perf_counter_0(Process& self, const Term*) { return integer::from_int64(self.heap(), self.runtime().clock->monotonic_ns()); }
BifResult os::system_time_0(Process& self, const Term*) { return integer::from_int64(self.heap(), self.runtime().clock->system_ns()); }

BifResult os::system_time_1(Process& self, const Term* args) {
  return unit_or_badarg(self, in_time_unit(self.heap(), self.runtime().clock->system_ns(), args[0]));
}

BifResult os::timestamp_0(Process& self, const Term*) {
  return timestamp_tuple(self.heap(), floor_divide(self.runtime().clock->system_ns(), 1000));
}

// --- calendars ---

BifResult erlang::date_0(Process& self, const Term*) { return date_tuple(self.heap(), local_now(self)); }
BifResult erlang::time_0(Process& self, const Term*) { return time_tuple(self.heap(), local_now(self)); }
BifResult erlang::localtime_0(Process& self, const Term*) { return date_time_tuple(self.heap(), local_now(self)); }

BifResult erlang::universaltime_0(Process& self, const Term*) {
  return date_time_tuple(self.heap(), universal_of(floor_divide(self.runtime().clock->system_ns(), 1'000'000'000)));
}

// OTP: the calendar functions of local time know the years from 1902 on; earlier years than 1600 have no posix time.
constexpr int64_t kFirstLocalYear = 1902, kFirstPosixYear = 1600;

BifResult erlang::localtime_to_universaltime_2(Process& self, const Term* args) {
  DateTime local;
  int daylight_saving;
  if (args[1] == atoms::true_) daylight_saving = 1;
  else if (args[1] == atoms::false_) daylight_saving = 0;
  else if (args[1] == atoms::undefined) daylight_saving = -1;
  else return self.badarg();
  if (!parse(args[0], kFirstLocalYear, local)) return self.badarg();
  int64_t posix;
  // A zone without daylight saving may refuse to give such a time: then as without.
  if (!athanor::os::local_to_posix(local, daylight_saving, posix) && (daylight_saving == 0 || !athanor::os::local_to_posix(local, 0, posix)))
    return self.badarg();
  return date_time_tuple(self.heap(), universal_of(posix));
}

BifResult erlang::universaltime_to_localtime_1(Process& self, const Term* args) {
  DateTime universal, local;
  if (!parse(args[0], kFirstLocalYear, universal) || !athanor::os::local_time(posix_of(universal), local)) return self.badarg();
  return date_time_tuple(self.heap(), local);
}

BifResult erlang::posixtime_to_universaltime_1(Process& self, const Term* args) {
  int64_t seconds;
  if (!integer::to_int64(args[0], seconds)) return self.badarg();
  return date_time_tuple(self.heap(), universal_of(seconds));
}

BifResult erlang::universaltime_to_posixtime_1(Process& self, const Term* args) {
  DateTime universal;
  if (!parse(args[0], kFirstPosixYear, universal)) return self.badarg();
  return integer::from_int64(self.heap(), posix_of(universal));
}

}  // namespace athanor::bif
