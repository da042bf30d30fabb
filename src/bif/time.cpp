// SPDX-License-Identifier: Apache-2.0
// Clocks and calendars.
#include <atomic>

#include "bif/bif.hpp"
#include "os/calendar.hpp"
#include "process/runtime.hpp"
#define ATH_FAMILY "bif/time.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

constexpr int64_t kNsPerSecond = 1000000000;
// OTP: monotonic time starts at the smallest value that is a small integer on all systems.
constexpr int64_t kMonotonicStart = -576460752000000000;

int64_t monotonic_ns(Process& self) {
  return self.runtime().clock->monotonic_ns() - self.runtime().start_monotonic_ns + kMonotonicStart;
}
int64_t system_ns(Process& self) { return self.runtime().clock->system_ns(); }
int64_t offset_ns(Process& self) { return system_ns(self) - monotonic_ns(self); }

int64_t floor_divide(__int128 a, __int128 b) {
  __int128 q = a / b;
  if (a % b != 0 && (a < 0) != (b < 0)) --q;
  return static_cast<int64_t>(q);
}

// Parts a second of a time unit; 0: no unit.
int64_t parts_per_second(Term unit) {
  if (unit.is_small()) return unit.small_value() > 0 ? unit.small_value() : 0;
  if (unit == atoms::native || unit == atoms::perf_counter || unit == atoms::nanosecond || unit == atoms::nano_seconds) return kNsPerSecond;
  if (unit == atoms::second || unit == atoms::seconds) return 1;
  if (unit == atoms::millisecond || unit == atoms::milli_seconds) return 1000;
  if (unit == atoms::microsecond || unit == atoms::micro_seconds) return 1000000;
  return 0;
}

BifResult in_unit(Process& self, int64_t ns, Term unit) {
  int64_t parts = parts_per_second(unit);
  if (parts == 0) return self.badarg();
  if (parts == kNsPerSecond) return integer::from_int64(self.heap(), ns);
  return integer::from_int64(self.heap(), floor_divide(static_cast<__int128>(ns) * parts, kNsPerSecond));
}

BifResult timestamp_of(Process& self, int64_t us) {
  return make_tuple(self.heap(), Term::small(us / 1000000000000), Term::small(us / 1000000 % 1000000), Term::small(us % 1000000));
}

Term date_of(Process& self, const athanor::os::DateTime& t) {
  return make_tuple(self.heap(), Term::small(t.year), Term::small(t.month), Term::small(t.day));
}
Term clock_of(Process& self, const athanor::os::DateTime& t) {
  return make_tuple(self.heap(), Term::small(t.hour), Term::small(t.minute), Term::small(t.second));
}
Term date_time(Process& self, const athanor::os::DateTime& t) {
  Term date = date_of(self, t);
  return make_tuple(self.heap(), date, clock_of(self, t));
}

bool is_leap(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }
int days_in_month(int64_t year, int month) {
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

// {{Y,M,D},{H,Mi,S}} that exists in the calendar.
bool read_date_time(Term t, athanor::os::DateTime& out) {
  if (!is_tuple_of(t, 2) || !is_tuple_of(tuple_element(t, 0), 3) || !is_tuple_of(tuple_element(t, 1), 3)) return false;
  int64_t v[6];
  for (size_t i = 0; i < 6; ++i) {
    Term part = tuple_element(tuple_element(t, i / 3), i % 3);
    if (!part.is_small()) return false;
    v[i] = part.small_value();
  }
  if (v[0] < 0 || v[0] > 1000000 || v[1] < 1 || v[1] > 12 || v[2] < 1 || v[2] > days_in_month(v[0], static_cast<int>(v[1]))) return false;
  if (v[3] < 0 || v[3] > 23 || v[4] < 0 || v[4] > 59 || v[5] < 0 || v[5] > 59) return false;
  out = {v[0], static_cast<int>(v[1]), static_cast<int>(v[2]), static_cast<int>(v[3]), static_cast<int>(v[4]), static_cast<int>(v[5])};
  return true;
}

// Days since 1970-01-01 in the proleptic Gregorian calendar, counted in eras of 400 years.
int64_t days_from_civil(int64_t year, int month, int day) {
  year -= month <= 2;
  int64_t era = floor_divide(year, 400);
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}
athanor::os::DateTime civil_from_seconds(int64_t seconds) {
  int64_t days = floor_divide(seconds, 86400), rest = seconds - days * 86400;
  days += 719468;
  int64_t era = floor_divide(days, 146097);
  int64_t day_of_era = days - era * 146097;
  int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t shifted = (5 * day_of_year + 2) / 153;
  athanor::os::DateTime t;
  t.day = static_cast<int>(day_of_year - (153 * shifted + 2) / 5 + 1);
  t.month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  t.year = year_of_era + era * 400 + (t.month <= 2);
  t.hour = static_cast<int>(rest / 3600);
  t.minute = static_cast<int>(rest / 60 % 60);
  t.second = static_cast<int>(rest % 60);
  return t;
}
int64_t seconds_of(const athanor::os::DateTime& t) {
  return days_from_civil(t.year, t.month, t.day) * 86400 + t.hour * 3600 + t.minute * 60 + t.second;
}

bool local_now(Process& self, athanor::os::DateTime& t) { return athanor::os::local_time(floor_divide(system_ns(self), kNsPerSecond), t); }

}  // namespace

namespace erlang {

BifResult monotonic_time_0(Process& self, const Term*) { return integer::from_int64(self.heap(), monotonic_ns(self)); }
BifResult monotonic_time_1(Process& self, const Term* args) { return in_unit(self, monotonic_ns(self), args[0]); }
BifResult system_time_0(Process& self, const Term*) { return integer::from_int64(self.heap(), system_ns(self)); }
BifResult system_time_1(Process& self, const Term* args) { return in_unit(self, system_ns(self), args[0]); }
BifResult time_offset_0(Process& self, const Term*) { return integer::from_int64(self.heap(), offset_ns(self)); }
BifResult time_offset_1(Process& self, const Term* args) { return in_unit(self, offset_ns(self), args[0]); }
BifResult timestamp_0(Process& self, const Term*) { return timestamp_of(self, floor_divide(system_ns(self), 1000)); }
// erlang:now/0: as timestamp, but every answer of the machine is later than the one before.
BifResult now_0(Process& self, const Term*) {
  int64_t us = floor_divide(system_ns(self), 1000);
  std::atomic<int64_t>& last = self.runtime().last_now_us;
  int64_t before = last.load(std::memory_order_relaxed);
  while (!last.compare_exchange_weak(before, us <= before ? before + 1 : us)) {
  }
  return timestamp_of(self, us <= before ? before + 1 : us);
}

BifResult date_0(Process& self, const Term*) {
  athanor::os::DateTime t;
  return local_now(self, t) ? BifResult(date_of(self, t)) : self.badarg();
}
BifResult time_0(Process& self, const Term*) {
  athanor::os::DateTime t;
  return local_now(self, t) ? BifResult(clock_of(self, t)) : self.badarg();
}
BifResult localtime_0(Process& self, const Term*) {
  athanor::os::DateTime t;
  return local_now(self, t) ? BifResult(date_time(self, t)) : self.badarg();
}
BifResult universaltime_0(Process& self, const Term*) { return date_time(self, civil_from_seconds(floor_divide(system_ns(self), kNsPerSecond))); }

BifResult localtime_to_universaltime_2(Process& self, const Term* args) {
  athanor::os::DateTime local;
  int daylight = args[1] == atoms::true_ ? 1 : args[1] == atoms::false_ ? 0 : args[1] == atoms::undefined ? -1 : -2;
  int64_t seconds;
  if (daylight == -2 || !read_date_time(args[0], local) || !athanor::os::local_to_posix(local, daylight, seconds)) return self.badarg();
  return date_time(self, civil_from_seconds(seconds));
}
BifResult universaltime_to_localtime_1(Process& self, const Term* args) {
  athanor::os::DateTime universal, local;
  if (!read_date_time(args[0], universal) || !athanor::os::local_time(seconds_of(universal), local)) return self.badarg();
  return date_time(self, local);
}
BifResult universaltime_to_posixtime_1(Process& self, const Term* args) {
  athanor::os::DateTime t;
  if (!read_date_time(args[0], t)) return self.badarg();
  return integer::from_int64(self.heap(), seconds_of(t));
}
BifResult posixtime_to_universaltime_1(Process& self, const Term* args) {
  // Seconds that lead beyond the calendar's range are badarg.
  if (!args[0].is_small() || args[0].small_value() > 67768036191694799 || args[0].small_value() < -67768040609740800) return self.badarg();
  return date_time(self, civil_from_seconds(args[0].small_value()));
}

}  // namespace erlang

BifResult erts_internal::time_unit_0(Process&, const Term*) { return Term::small(kNsPerSecond); }
BifResult erts_internal::perf_counter_unit_0(Process&, const Term*) { return Term::small(kNsPerSecond); }

BifResult os::perf_counter_0(Process& self, const Term*) { return integer::from_int64(self.heap(), self.runtime().clock->monotonic_ns()); }
BifResult os::system_time_0(Process& self, const Term*) { return integer::from_int64(self.heap(), system_ns(self)); }
BifResult os::system_time_1(Process& self, const Term* args) { return in_unit(self, system_ns(self), args[0]); }
BifResult os::timestamp_0(Process& self, const Term*) { return timestamp_of(self, floor_divide(system_ns(self), 1000)); }

}  // namespace athanor::bif
