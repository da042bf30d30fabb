// SPDX-License-Identifier: Apache-2.0
// Local time as the system's time zone has it, and facts of the system that natives report.
#pragma once

#include <cstdint>
#include <string>

namespace athanor::os {

struct DateTime {
  int64_t year = 1970;
  int month = 1, day = 1, hour = 0, minute = 0, second = 0;
};

bool local_time(int64_t posix_seconds, DateTime& out);
// The instant of a local date and time. daylight_saving: 1 in force, 0 not, -1 unknown. False: no such time.
bool local_to_posix(const DateTime& local, int daylight_saving, int64_t& posix_seconds);

struct SystemVersion { int major = 0, minor = 0, patch = 0; };
SystemVersion kernel_version();
std::string kernel_name();            // "Linux" in lower case
std::string machine_name();           // "x86_64"
int64_t resident_bytes();             // of the program
int64_t allocated_bytes();            // by malloc and map_memory, in use; 0 where malloc does not tell
void return_free_memory();            // malloc's free pages go back to the system, where it can
int64_t descriptor_limit();           // how many descriptors the program may have open
void write_standard_error(const char* bytes, size_t count);
void write_standard_output(const char* bytes, size_t count);

}  // namespace athanor::os
