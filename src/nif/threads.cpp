// SPDX-License-Identifier: Apache-2.0
// Threads, locks and thread-local data of libraries: the system's own, with names. A thread made here works for its maker's machine.
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>
#include <unordered_map>

#include "nif/env.hpp"
#include "os/processors.hpp"

using namespace athanor;
using namespace athanor::nif;

namespace {

char* copy_of(const char* name) {
  if (!name) return nullptr;
  char* made = static_cast<char*>(std::malloc(std::strlen(name) + 1));
  if (made) std::strcpy(made, name);
  return made;
}

void hold(int error, const char* function) {
  if (ATH_UNLIKELY(error != 0)) misuse(function, std::strerror(error));
}

}  // namespace

struct ErlDrvMutex_ {
  pthread_mutex_t mutex;
  char* name;
  bool is_locked;   // written by who holds it
};
struct ErlDrvCond_ {
  pthread_cond_t condition;
  char* name;
};
struct ErlDrvRWLock_ {
  pthread_rwlock_t lock;
  char* name;
};
struct ErlDrvTid_ {
  pthread_t handle;
  void* (*function)(void*);
  void* argument;
  void* result;
  process::Runtime* runtime;
  char* name;
};

// --- mutexes ---

ErlNifMutex* enif_mutex_create(char* name) {
  auto* made = static_cast<ErlNifMutex*>(std::malloc(sizeof(ErlNifMutex)));
  if (!made) return nullptr;
  hold(pthread_mutex_init(&made->mutex, nullptr), __func__);   // OTP: a thread may unlock what another has locked
  made->name = copy_of(name);
  made->is_locked = false;
  return made;
}
void enif_mutex_destroy(ErlNifMutex* mutex) {
  if (!mutex) misuse(__func__, "the mutex is null");
  hold(pthread_mutex_destroy(&mutex->mutex), __func__);
  std::free(mutex->name);
  std::free(mutex);
}
int enif_mutex_trylock(ErlNifMutex* mutex) {
  if (!mutex) misuse(__func__, "the mutex is null");
  const int error = pthread_mutex_trylock(&mutex->mutex);
  if (error == 0) mutex->is_locked = true;
  else if (error != EBUSY) hold(error, __func__);
  return error;
}
void enif_mutex_lock(ErlNifMutex* mutex) {
  if (!mutex) misuse(__func__, "the mutex is null");
  hold(pthread_mutex_lock(&mutex->mutex), __func__);
  mutex->is_locked = true;
}
void enif_mutex_unlock(ErlNifMutex* mutex) {
  if (!mutex) misuse(__func__, "the mutex is null");
  if (!mutex->is_locked) misuse(__func__, "the mutex is not locked");
  mutex->is_locked = false;
  hold(pthread_mutex_unlock(&mutex->mutex), __func__);
}
char* enif_mutex_name(ErlNifMutex* mutex) { return mutex ? mutex->name : nullptr; }

// --- conditions ---

ErlNifCond* enif_cond_create(char* name) {
  auto* made = static_cast<ErlNifCond*>(std::malloc(sizeof(ErlNifCond)));
  if (!made) return nullptr;
  hold(pthread_cond_init(&made->condition, nullptr), __func__);
  made->name = copy_of(name);
  return made;
}
void enif_cond_destroy(ErlNifCond* condition) {
  if (!condition) misuse(__func__, "the condition is null");
  hold(pthread_cond_destroy(&condition->condition), __func__);
  std::free(condition->name);
  std::free(condition);
}
void enif_cond_signal(ErlNifCond* condition) { hold(pthread_cond_signal(&condition->condition), __func__); }
void enif_cond_broadcast(ErlNifCond* condition) { hold(pthread_cond_broadcast(&condition->condition), __func__); }
void enif_cond_wait(ErlNifCond* condition, ErlNifMutex* mutex) {
  if (!condition || !mutex) misuse(__func__, "the condition or the mutex is null");
  if (!mutex->is_locked) misuse(__func__, "the mutex is not locked");
  mutex->is_locked = false;
  hold(pthread_cond_wait(&condition->condition, &mutex->mutex), __func__);
  mutex->is_locked = true;
}
char* enif_cond_name(ErlNifCond* condition) { return condition ? condition->name : nullptr; }

// --- readers-writer locks ---

ErlNifRWLock* enif_rwlock_create(char* name) {
  auto* made = static_cast<ErlNifRWLock*>(std::malloc(sizeof(ErlNifRWLock)));
  if (!made) return nullptr;
  hold(pthread_rwlock_init(&made->lock, nullptr), __func__);
  made->name = copy_of(name);
  return made;
}
void enif_rwlock_destroy(ErlNifRWLock* lock) {
  if (!lock) misuse(__func__, "the lock is null");
  hold(pthread_rwlock_destroy(&lock->lock), __func__);
  std::free(lock->name);
  std::free(lock);
}
int enif_rwlock_tryrlock(ErlNifRWLock* lock) {
  const int error = pthread_rwlock_tryrdlock(&lock->lock);
  if (error != EBUSY) hold(error, __func__);
  return error;
}
void enif_rwlock_rlock(ErlNifRWLock* lock) { hold(pthread_rwlock_rdlock(&lock->lock), __func__); }
void enif_rwlock_runlock(ErlNifRWLock* lock) { hold(pthread_rwlock_unlock(&lock->lock), __func__); }
int enif_rwlock_tryrwlock(ErlNifRWLock* lock) {
  const int error = pthread_rwlock_trywrlock(&lock->lock);
  if (error != EBUSY) hold(error, __func__);
  return error;
}
void enif_rwlock_rwlock(ErlNifRWLock* lock) { hold(pthread_rwlock_wrlock(&lock->lock), __func__); }
void enif_rwlock_rwunlock(ErlNifRWLock* lock) { hold(pthread_rwlock_unlock(&lock->lock), __func__); }
char* enif_rwlock_name(ErlNifRWLock* lock) { return lock ? lock->name : nullptr; }

// --- thread-local data ---

// The system has too few keys for what libraries expect. Numbers are never given twice, so a key that was destroyed reads as null.
namespace {
std::unordered_map<ErlNifTSDKey, void*>& values_of_thread() {
  thread_local std::unordered_map<ErlNifTSDKey, void*> values;
  return values;
}
}  // namespace

int enif_tsd_key_create(char*, ErlNifTSDKey* key) {
  static std::atomic<ErlNifTSDKey> next{0};
  *key = next.fetch_add(1, std::memory_order_relaxed);
  return 0;
}
void enif_tsd_key_destroy(ErlNifTSDKey key) { values_of_thread().erase(key); }
void enif_tsd_set(ErlNifTSDKey key, void* data) {
  if (data) values_of_thread()[key] = data;
  else values_of_thread().erase(key);
}
void* enif_tsd_get(ErlNifTSDKey key) {
  const auto& values = values_of_thread();
  auto found = values.find(key);
  return found == values.end() ? nullptr : found->second;
}

// --- threads ---

namespace {

thread_local ErlDrvTid_* this_thread = nullptr;

// Of a thread that was not made here, when it first asks who it is.
struct OtherThread {
  ErlDrvTid_ record{};
};
ErlDrvTid_* other_thread() {
  thread_local OtherThread other;
  other.record.handle = pthread_self();
  return &other.record;
}

void* run(void* raw) {
  auto* thread = static_cast<ErlDrvTid_*>(raw);
  this_thread = thread;
  if (thread->name) pthread_setname_np(pthread_self(), std::string(thread->name).substr(0, 15).c_str());
  if (!thread->runtime) return thread->function(thread->argument);
  process::ThreadScope scope(*thread->runtime);
  return thread->function(thread->argument);
}

}  // namespace

ErlNifThreadOpts* enif_thread_opts_create(char*) {
  auto* options = static_cast<ErlNifThreadOpts*>(std::malloc(sizeof(ErlNifThreadOpts)));
  if (options) options->suggested_stack_size = -1;
  return options;
}
void enif_thread_opts_destroy(ErlNifThreadOpts* options) {
  if (!options) misuse(__func__, "the options are null");
  std::free(options);
}

int athanor::nif::create_thread(process::Runtime* runtime, const char* name, ErlNifTid* tid, void* (*function)(void*), void* argument, const ErlNifThreadOpts* options) {
  auto* thread = static_cast<ErlDrvTid_*>(std::malloc(sizeof(ErlDrvTid_)));
  if (!thread) return ENOMEM;
  *thread = {{}, function, argument, nullptr, runtime, copy_of(name)};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  // OTP: in kilowords.
  constexpr size_t kLeast = size_t{64} << 10;
  if (options && options->suggested_stack_size >= 0) {
    const size_t bytes = static_cast<size_t>(options->suggested_stack_size) * 1024 * sizeof(void*);
    pthread_attr_setstacksize(&attributes, bytes < kLeast ? kLeast : bytes);
  }
  // As the machine's own threads: asynchronous signals are the host's.
  sigset_t blocked, previous;
  sigfillset(&blocked);
  for (int synchronous : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) sigdelset(&blocked, synchronous);
  pthread_sigmask(SIG_SETMASK, &blocked, &previous);
  int error;
  {
    const os::WithoutBinding for_the_new_one;
    error = pthread_create(&thread->handle, &attributes, run, thread);
  }
  pthread_sigmask(SIG_SETMASK, &previous, nullptr);
  pthread_attr_destroy(&attributes);
  if (error) {
    std::free(thread->name);
    std::free(thread);
    return error;
  }
  *tid = thread;
  return 0;
}

int enif_thread_create(char* name, ErlNifTid* tid, void* (*function)(void*), void* argument, ErlNifThreadOpts* options) {
  return create_thread(machine_of_caller(__builtin_return_address(0)), name, tid, function, argument, options);
}
ErlNifTid enif_thread_self() { return this_thread ? this_thread : other_thread(); }
int enif_equal_tids(ErlNifTid a, ErlNifTid b) { return a == b; }
char* enif_thread_name(ErlNifTid tid) { return tid ? tid->name : nullptr; }

void enif_thread_exit(void* result) {
  if (!this_thread) misuse(__func__, "the calling thread was not made by enif_thread_create");
  pthread_exit(result);   // runs the destructors on this thread's stack: its ThreadScope ends
}

int enif_thread_join(ErlNifTid tid, void** result) {
  if (!tid || !tid->function) return EINVAL;
  void* answer = nullptr;
  const int error = pthread_join(tid->handle, &answer);
  if (error) return error;
  if (result) *result = answer;
  std::free(tid->name);
  std::free(tid);
  return 0;
}
