// SPDX-License-Identifier: Apache-2.0
// Memory, environment variables, other libraries, facts about the machine.
#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "nif/library.hpp"
#include "sched/scheduling.hpp"
#include "sched/thread_kind.hpp"

using namespace athanor;
using namespace athanor::nif;

void* enif_alloc(size_t size) { return std::malloc(size); }
void* enif_realloc(void* memory, size_t size) { return std::realloc(memory, size); }
void enif_free(void* memory) { std::free(memory); }

// OTP: 0 done; above 0: the buffer is too small, *size says what is needed with the final 0; below: there is no such variable.
int enif_getenv(const char* key, char* value, size_t* size) {
  process::Runtime& runtime = ATH_NIF_MACHINE();
  std::string text;
  const Host* host = host_of(runtime);
  if (!host || !host->joins.get_environment(runtime, key, text)) return -1;
  if (text.size() >= *size) {
    *size = text.size() + 1;
    return 1;
  }
  std::memcpy(value, text.c_str(), text.size() + 1);
  *size = text.size();
  return 0;
}

// Null opens the program itself.
void* enif_dlopen(const char* library, void (*on_error)(void*, const char*), void* argument) {
  void* handle = library ? dlopen((std::string(library) + ".so").c_str(), RTLD_NOW) : dlopen(nullptr, RTLD_NOW);
  if (!handle && on_error) on_error(argument, dlerror());
  return handle;
}

void* enif_dlsym(void* handle, const char* symbol, void (*on_error)(void*, const char*), void* argument) {
  dlerror();
  void* found = dlsym(handle, symbol);
  const char* error = dlerror();
  if (!error) return found;
  if (on_error) on_error(argument, error);
  return nullptr;
}

int enif_thread_type() {
  switch (sched::current_thread_kind) {
    case sched::ThreadKind::Scheduler: return ERL_NIF_THR_NORMAL_SCHEDULER;
    case sched::ThreadKind::DirtyCpu: return ERL_NIF_THR_DIRTY_CPU_SCHEDULER;
    case sched::ThreadKind::DirtyIo: return ERL_NIF_THR_DIRTY_IO_SCHEDULER;
    case sched::ThreadKind::Foreign:
    case sched::ThreadKind::Poller: break;
  }
  return ERL_NIF_THR_UNDEFINED;
}

void athanor::nif::tell_system_info(process::Runtime& runtime, const char* function, ErlNifSysInfo* info, size_t size) {
  if (!info || size < offsetof(ErlNifSysInfo, smp_support) + sizeof(int)) misuse(function, "the structure is smaller than it ever was");
  const Host* host = host_of(runtime);
  if (!host) misuse(function, "the machine has ended");
  ErlNifSysInfo all{};
  all.driver_major_version = 3;   // of the driver interface, which this part does not see
  all.driver_minor_version = 3;
  all.erts_version = const_cast<char*>(runtime.identity.erts_version.c_str());
  all.otp_release = const_cast<char*>(host->release_text.c_str());
  all.thread_support = all.smp_support = 1;
  all.async_threads = static_cast<int>(runtime.identity.async_threads);
  all.scheduler_threads = static_cast<int>(runtime.scheduling->scheduler_count());
  all.nif_major_version = ERL_NIF_MAJOR_VERSION;
  all.nif_minor_version = ERL_NIF_MINOR_VERSION;
  all.dirty_scheduler_support = 1;
  std::memcpy(info, &all, std::min(size, sizeof all));
}

void enif_system_info(ErlNifSysInfo* info, size_t size) { tell_system_info(ATH_NIF_MACHINE(), __func__, info, size); }
