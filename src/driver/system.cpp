// SPDX-License-Identifier: Apache-2.0
// Facts about the machine, time, environment variables, other libraries.
#include <algorithm>
#include <dlfcn.h>

#include <cstring>

#include "bif/time.hpp"
#include "driver/registry.hpp"
#include "io/posix_error.hpp"
#include "nif/library.hpp"
#include "sched/scheduling.hpp"

using namespace athanor;
using namespace athanor::driver;

void driver_system_info(ErlDrvSysInfo* info, size_t size) {
  nif::tell_system_info(nif::machine_of_caller_or_end(__builtin_return_address(0), __func__), __func__, info, size);
}

// --- time ---

ErlDrvTime erl_drv_monotonic_time(ErlDrvTimeUnit unit) { return enif_monotonic_time(static_cast<ErlNifTimeUnit>(unit)); }
ErlDrvTime erl_drv_time_offset(ErlDrvTimeUnit unit) { return enif_time_offset(static_cast<ErlNifTimeUnit>(unit)); }
ErlDrvTime erl_drv_convert_time_unit(ErlDrvTime value, ErlDrvTimeUnit from, ErlDrvTimeUnit to) {
  return enif_convert_time_unit(value, static_cast<ErlNifTimeUnit>(from), static_cast<ErlNifTimeUnit>(to));
}
int driver_get_now(ErlDrvNowData* now) {
  if (!now) return -1;
  const int64_t us = bif::next_now_us(nif::machine_of_caller_or_end(__builtin_return_address(0), __func__));
  *now = {static_cast<unsigned long>(us / 1'000'000'000'000), static_cast<unsigned long>(us / 1'000'000 % 1'000'000), static_cast<unsigned long>(us % 1'000'000)};
  return 0;
}

// --- environment: the machine's, not the program's ---

int erl_drv_getenv(const char* key, char* value, size_t* size) {
  process::Runtime& runtime = nif::machine_of_caller_or_end(__builtin_return_address(0), __func__);
  const auto found = runtime.ports->environment().get(key);
  if (!found) return -1;
  if (found->size() >= *size) {
    *size = found->size() + 1;
    return 1;
  }
  std::memcpy(value, found->c_str(), found->size() + 1);
  *size = found->size();
  return 0;
}
int erl_drv_putenv(const char* key, char* value) {
  process::Runtime& runtime = nif::machine_of_caller_or_end(__builtin_return_address(0), __func__);
  if (!key || !value || *key == '\0' || std::strchr(key + 1, '=')) return -1;
  runtime.ports->environment().put(key, value);
  return 0;
}

// --- errors ---

// The text lives in a table of constants.
char* erl_errno_id(int error) { return const_cast<char*>(io::error_name(error)); }
int null_func() { return 0; }

// --- other libraries: the name comes without the extension ---

void* driver_dl_open(char* name) { return dlopen((std::string(name) + ".so").c_str(), RTLD_NOW); }
void* driver_dl_sym(void* handle, char* name) { return dlsym(handle, name); }
int driver_dl_close(void* handle) { return dlclose(handle); }
char* driver_dl_error() { return dlerror(); }
