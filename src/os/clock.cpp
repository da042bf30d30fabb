// SPDX-License-Identifier: Apache-2.0
#include "os/clock.hpp"

#include <errno.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>

namespace athanor::os {

namespace {
int64_t read_clock(clockid_t id) {
  timespec now;
  clock_gettime(id, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

double measure() {
  int64_t start = monotonic_ns();
  uint64_t cycles = cycle_count();
  int64_t now;
  do { now = monotonic_ns(); } while (now - start < 50'000);
  return static_cast<double>(cycle_count() - cycles) / static_cast<double>(now - start);
}
}  // namespace

int64_t monotonic_ns() { return read_clock(CLOCK_MONOTONIC); }

void sleep_ms(int64_t milliseconds) {
  if (milliseconds <= 0) return;
  timespec left{milliseconds / 1000, (milliseconds % 1000) * 1'000'000};
  while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {}
}
int64_t system_ns() { return read_clock(CLOCK_REALTIME); }

int64_t monotonic_resolution_hz() {
  timespec resolution;
  clock_getres(CLOCK_MONOTONIC, &resolution);
  int64_t ns = int64_t{resolution.tv_sec} * 1'000'000'000 + resolution.tv_nsec;
  return ns > 0 ? 1'000'000'000 / ns : 1'000'000'000;
}

int64_t process_cpu_ns() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_utime.tv_sec} * 1'000'000'000 + int64_t{usage.ru_utime.tv_usec} * 1000;
}

double cycles_per_ns() {
  static const double rate = measure();   // a constant of the hardware, not of a machine
  return rate;
}

bool random_bytes(void* out, size_t bytes) {
  auto* at = static_cast<char*>(out);
  while (bytes > 0) {
    ssize_t got = getrandom(at, bytes, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    at += got;
    bytes -= static_cast<size_t>(got);
  }
  return true;
}

}  // namespace athanor::os
