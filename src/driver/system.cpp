// SPDX-License-Identifier: Apache-2.0
// Facts about the machine, time, environment variables, other libraries.
#include <algorithm>
#include <dlfcn.h>

#include <cstring>

#include "driver/async.hpp"
#include "driver/registry.hpp"
#include "io/posix_error.hpp"
#include "nif/library.hpp"
#include "sched/scheduling.hpp"

using namespace athanor;
using namespace athanor::driver;

// The structure grew at its end; an older driver passes its own size.
void driver_system_info(ErlDrvSysInfo* info, size_t size) {
  process::Runtime& runtime = nif::machine_of_caller_or_end(__builtin_return_address(0), __func__);
  if (!info || size < offsetof(ErlDrvSysInfo, smp_support) + sizeof(int)) nif::misuse(__func__, "the structure is smaller than it ever was");
  ErlDrvSysInfo all{};
  all.driver_major_version = ERL_DRV_EXTENDED_MAJOR_VERSION;
  all.driver_minor_version = ERL_DRV_EXTENDED_MINOR_VERSION;
  all.erts_version = const_cast<char*>(runtime.identity.erts_version.c_str());
  all.otp_release = const_cast<char*>(runtime.drivers->release_text.c_str());
  all.thread_support = all.smp_support = 1;
  all.async_threads = AsyncPool::kThreads;
  all.scheduler_threads = static_cast<int>(runtime.scheduling->scheduler_count());
  all.nif_major_version = ERL_NIF_MAJOR_VERSION;
  all.nif_minor_version = ERL_NIF_MINOR_VERSION;
  all.dirty_scheduler_support = 1;
  std::memcpy(info, &all, std::min(size, sizeof all));
}

// --- time ---

ErlDrvTime erl_drv_monotonic_time(ErlDrvTimeUnit unit) { return enif_monotonic_time(static_cast<ErlNifTimeUnit>(unit)); }
ErlDrvTime erl_drv_time_offset(ErlDrvTimeUnit unit) { return enif_time_offset(static_cast<ErlNifTimeUnit>(unit)); }
ErlDrvTime erl_drv_convert_time_unit(ErlDrvTime value, ErlDrvTimeUnit from, ErlDrvTimeUnit to) {
  return enif_convert_time_unit(value, static_cast<ErlNifTimeUnit>(from), static_cast<ErlNifTimeUnit>(to));
}
int driver_get_now(ErlDrvNowData* now) {
  if (!now) return -1;
  const int64_t us = nif::next_now_us(nif::machine_of_caller_or_end(__builtin_return_address(0), __func__));
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
