// SPDX-License-Identifier: Apache-2.0
#include "os/system.hpp"

#include <errno.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cctype>
#include <cstdio>

#include "os/virtual_memory.hpp"

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#include <sanitizer/allocator_interface.h>
#endif

namespace athanor::os {

namespace {
void write_all(int descriptor, const char* bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(descriptor, bytes, count);
    if (written < 0) {
      if (errno == EINTR) continue;
      return;
    }
    bytes += written;
    count -= static_cast<size_t>(written);
  }
}
}  // namespace

SystemVersion kernel_version() {
  utsname name;
  SystemVersion version;
  if (uname(&name) == 0) std::sscanf(name.release, "%d.%d.%d", &version.major, &version.minor, &version.patch);
  return version;
}

std::string kernel_name() {
  utsname name;
  if (uname(&name) != 0) return "unknown";
  std::string text = name.sysname;
  for (char& letter : text) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return text;
}

std::string machine_name() {
  utsname name;
  return uname(&name) == 0 ? name.machine : "unknown";
}

int64_t resident_bytes() {
  FILE* file = std::fopen("/proc/self/statm", "re");
  if (!file) return 0;
  long long size = 0, resident = 0;
  int read = std::fscanf(file, "%lld %lld", &size, &resident);
  std::fclose(file);
  return read == 2 ? resident * sysconf(_SC_PAGESIZE) : 0;
}

// Under a sanitizer malloc is its own, which knows no mallinfo2 and keeps what was freed for a while.
int64_t allocated_bytes() {
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return static_cast<int64_t>(__sanitizer_get_current_allocated_bytes()) + mapped_bytes();
#elif defined(__GLIBC__)
  struct mallinfo2 info = mallinfo2();
  return static_cast<int64_t>(info.uordblks + info.hblkhd) + mapped_bytes();
#else
  return 0;
#endif
}

void return_free_memory() {
#if defined(__GLIBC__) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
  malloc_trim(0);
#endif
}

int64_t descriptor_limit() {
  rlimit limit;
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<int64_t>(limit.rlim_cur) : 0;
}

void write_standard_error(const char* bytes, size_t count) { write_all(2, bytes, count); }
void write_standard_output(const char* bytes, size_t count) { write_all(1, bytes, count); }

}  // namespace athanor::os
