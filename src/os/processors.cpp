// SPDX-License-Identifier: Apache-2.0
#include "os/processors.hpp"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

namespace athanor::os {

namespace {

bool read_text(const std::string& path, std::string& out) {
  FILE* file = std::fopen(path.c_str(), "re");
  if (!file) return false;
  char buffer[4096];
  out.clear();
  size_t count;
  while ((count = std::fread(buffer, 1, sizeof buffer, file)) > 0 && out.size() < (size_t{1} << 20)) out.append(buffer, count);
  std::fclose(file);
  return true;
}

// The tightest limit on the way from `path` (relative, "/a/b") up to the mount's root.
template <class Read>
int tightest(const std::string& mount, std::string path, Read read) {
  int limit = 0;
  for (;;) {
    int here = read(mount + (path == "/" ? "" : path));
    if (here > 0 && (limit == 0 || here < limit)) limit = here;
    if (path.empty() || path == "/") return limit;
    size_t slash = path.rfind('/');
    path = slash == std::string::npos || slash == 0 ? "/" : path.substr(0, slash);
  }
}

int read_v2(const std::string& folder) {
  std::string text;
  return read_text(folder + "/cpu.max", text) ? parse_cpu_max(text) : 0;
}

int read_v1(const std::string& folder) {
  std::string quota, period;
  if (!read_text(folder + "/cpu.cfs_quota_us", quota) || !read_text(folder + "/cpu.cfs_period_us", period)) return 0;
  return quota_to_processors(atoll(quota.c_str()), atoll(period.c_str()));
}

bool has_controller(const std::string& list, const char* wanted) {
  size_t start = 0;
  while (start <= list.size()) {
    size_t end = std::min(list.find(',', start), list.size());
    if (list.compare(start, end - start, wanted) == 0) return true;
    start = end + 1;
  }
  return false;
}

}  // namespace

int configured_processors() { return std::max<long>(1, sysconf(_SC_NPROCESSORS_CONF)); }
int online_processors() { return std::max<long>(1, sysconf(_SC_NPROCESSORS_ONLN)); }

std::vector<int> allowed_processors() {
  std::vector<int> ids;
  for (int room = 1024; room <= 1 << 20; room *= 2) {
    cpu_set_t* set = CPU_ALLOC(room);
    const size_t bytes = CPU_ALLOC_SIZE(room);
    const bool ok = sched_getaffinity(getpid(), bytes, set) == 0;   // a scheduler's thread may be bound
    for (int id = 0; ok && id < room; ++id)
      if (CPU_ISSET_S(static_cast<size_t>(id), bytes, set)) ids.push_back(id);
    CPU_FREE(set);
    if (ok) break;
  }
  return ids;
}

int available_processors() {
  const auto count = static_cast<int>(allowed_processors().size());
  return count > 0 ? std::min(count, online_processors()) : online_processors();
}

namespace {

thread_local int bound_to = -1;

int set_affinity_of_this_thread(const std::vector<int>& ids) {
  if (ids.empty()) return EINVAL;
  const auto room = static_cast<size_t>(std::ranges::max(ids)) + 1;
  cpu_set_t* set = CPU_ALLOC(room);
  const size_t bytes = CPU_ALLOC_SIZE(room);
  CPU_ZERO_S(bytes, set);
  for (int id : ids) CPU_SET_S(static_cast<size_t>(id), bytes, set);
  const int failed = pthread_setaffinity_np(pthread_self(), bytes, set);
  CPU_FREE(set);
  return failed;
}

}  // namespace

int bind_this_thread(int logical) {
  if (logical < 0) return EINVAL;
  const int failed = set_affinity_of_this_thread({logical});
  if (failed == 0) bound_to = logical;
  return failed;
}

int unbind_this_thread() {
  if (bound_to < 0) return 0;
  const int failed = set_affinity_of_this_thread(allowed_processors());
  if (failed == 0) bound_to = -1;
  return failed;
}

WithoutBinding::WithoutBinding() : was_bound_to_(bound_to) {
  if (was_bound_to_ >= 0) unbind_this_thread();
}
WithoutBinding::~WithoutBinding() {
  if (was_bound_to_ >= 0) (void)bind_this_thread(was_bound_to_);
}

int quota_to_processors(long long quota_us, long long period_us) {
  if (quota_us <= 0 || period_us <= 0) return 0;
  return static_cast<int>(std::min<long long>((quota_us + period_us - 1) / period_us, 1 << 20));
}

int parse_cpu_max(const std::string& text) {
  if (text.compare(0, 3, "max") == 0) return 0;
  char* end = nullptr;
  long long quota = strtoll(text.c_str(), &end, 10);
  return quota_to_processors(quota, end ? strtoll(end, nullptr, 10) : 0);
}

int quota_processors() {
  std::string groups;
  if (!read_text("/proc/self/cgroup", groups)) return 0;
  int limit = 0;
  auto tighten = [&](int other) { if (other > 0 && (limit == 0 || other < limit)) limit = other; };
  size_t at = 0;
  while (at < groups.size()) {                      // lines "id:controllers:path"
    size_t end = std::min(groups.find('\n', at), groups.size());
    std::string line = groups.substr(at, end - at);
    at = end + 1;
    size_t first = line.find(':');
    size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    std::string controllers = line.substr(first + 1, second - first - 1);
    std::string path = line.substr(second + 1);
    if (controllers.empty()) {
      tighten(tightest("/sys/fs/cgroup", path, read_v2));
      tighten(tightest("/sys/fs/cgroup/unified", path, read_v2));
    } else if (has_controller(controllers, "cpu")) {
      // In a container the path is the host's while the mount shows the group itself: walking up meets it either way.
      tighten(tightest("/sys/fs/cgroup/cpu", path, read_v1));
      tighten(tightest("/sys/fs/cgroup/cpu,cpuacct", path, read_v1));
    }
  }
  return limit;
}

int usable_processors() {
  int count = available_processors();
  int quota = quota_processors();
  return std::max(1, quota > 0 ? std::min(count, quota) : count);
}

}  // namespace athanor::os
