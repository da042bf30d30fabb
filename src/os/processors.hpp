// SPDX-License-Identifier: Apache-2.0
// How many processors there are, and how many this program may use (affinity, cgroup quota).
#pragma once

#include <string>
#include <vector>

namespace athanor::os {

int configured_processors();   // in the system
int online_processors();       // switched on
int available_processors();    // in this program's affinity mask, which is that of its first thread
std::vector<int> allowed_processors();   // their logical ids, ascending
// This thread runs on that processor alone; threads that it starts do not (os/threads.hpp). 0, or an errno.
int bind_this_thread(int logical);
int unbind_this_thread();      // it runs wherever the program may
// What this thread starts meanwhile is not bound as it is.
class WithoutBinding {
 public:
  WithoutBinding();
  ~WithoutBinding();
  WithoutBinding(const WithoutBinding&) = delete;
  WithoutBinding& operator=(const WithoutBinding&) = delete;

 private:
  const int was_bound_to_;
};
// CPUs' worth of time a period that the cgroup allows, rounded up, or 0 where there is no limit.
int quota_processors();
// What a scheduler count should follow: available, cut by the quota, at least 1.
int usable_processors();

// The parts that read text, for tests: cpu.max of cgroup v2 ("max 100000", "150000 100000"); 0: no limit.
int parse_cpu_max(const std::string& text);
int quota_to_processors(long long quota_us, long long period_us);

}  // namespace athanor::os
