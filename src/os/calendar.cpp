// SPDX-License-Identifier: Apache-2.0
#include "os/calendar.hpp"

#include <time.h>

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if __has_feature(thread_sanitizer)
// mktime and localtime_r set the time zone under a lock of glibc's own, which the sanitizer cannot see.
extern "C" [[gnu::visibility("default")]] const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "race:tzset_internal\n"; }
#endif

namespace athanor::os {

bool local_time(int64_t posix_seconds, DateTime& out) {
  time_t when = static_cast<time_t>(posix_seconds);
  tm parts;
  if (!localtime_r(&when, &parts)) return false;
  out = {parts.tm_year + int64_t{1900}, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec};
  return true;
}

bool local_to_posix(const DateTime& local, int daylight_saving, int64_t& posix_seconds) {
  tm parts{};
  if (local.year - 1900 > 0x7FFFFFFF || local.year - 1900 < -0x7FFFFFFF) return false;
  parts.tm_year = static_cast<int>(local.year - 1900);
  parts.tm_mon = local.month - 1;
  parts.tm_mday = local.day;
  parts.tm_hour = local.hour;
  parts.tm_min = local.minute;
  parts.tm_sec = local.second;
  parts.tm_isdst = daylight_saving;
  parts.tm_wday = -1;                    // mktime sets it when it succeeds; -1 alone is also a valid instant
  time_t when = mktime(&parts);
  if (when == static_cast<time_t>(-1) && parts.tm_wday == -1) return false;
  posix_seconds = when;
  return true;
}

}  // namespace athanor::os
