// SPDX-License-Identifier: Apache-2.0
// How many processors there are, and how many this program may use (affinity, cgroup quota).
#pragma once

#include <string>

namespace athanor::os {

int configured_processors();   // in the system
int online_processors();       // switched on
int available_processors();    // in this program's affinity mask
// CPUs' worth of time a period that the cgroup allows, rounded up, or 0 where there is no limit.
int quota_processors();
// What a scheduler count should follow: available, cut by the quota, at least 1.
int usable_processors();

// The parts that read text, for tests: cpu.max of cgroup v2 ("max 100000", "150000 100000"); 0: no limit.
int parse_cpu_max(const std::string& text);
int quota_to_processors(long long quota_us, long long period_us);

}  // namespace athanor::os
