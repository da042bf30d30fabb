// SPDX-License-Identifier: Apache-2.0
// Local time as the system's time zone has it.
#pragma once

#include <cstdint>

namespace athanor::os {

struct DateTime {
  int64_t year = 1970;
  int month = 1, day = 1, hour = 0, minute = 0, second = 0;
};

bool local_time(int64_t posix_seconds, DateTime& out);
// The instant of a local date and time. daylight_saving: 1 in force, 0 not, -1 unknown. False: no such time.
bool local_to_posix(const DateTime& local, int daylight_saving, int64_t& posix_seconds);

}  // namespace athanor::os
