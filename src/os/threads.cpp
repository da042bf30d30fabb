// SPDX-License-Identifier: Apache-2.0
#include "os/threads.hpp"

#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstring>
#include <memory>

#include "base/assert.hpp"
#include "os/processors.hpp"

namespace athanor::os {

namespace {

struct Start {
  void (*function)(void*);
  void* argument;
  char name[16];
};

void* run(void* raw) {
  std::unique_ptr<Start> start(static_cast<Start*>(raw));
  pthread_setname_np(pthread_self(), start->name);
  auto function = start->function;
  auto argument = start->argument;
  start.reset();
  function(argument);
  return nullptr;
}

}  // namespace

Thread::~Thread() { ATH_ASSERT(!started_); }

bool Thread::start(const char* name, void (*function)(void*), void* argument, size_t stack_bytes) {
  ATH_ASSERT(!started_);
  auto start = std::make_unique<Start>();
  start->function = function;
  start->argument = argument;
  std::strncpy(start->name, name, sizeof start->name - 1);
  start->name[sizeof start->name - 1] = 0;

  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  // The new thread inherits the mask: set it before, restore it after.
  sigset_t blocked, previous;
  sigfillset(&blocked);
  for (int synchronous : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) sigdelset(&blocked, synchronous);
  pthread_sigmask(SIG_SETMASK, &blocked, &previous);
  const WithoutBinding for_the_new_one;
  pthread_t handle;
  int failed = pthread_create(&handle, &attributes, run, start.get());
  pthread_sigmask(SIG_SETMASK, &previous, nullptr);
  pthread_attr_destroy(&attributes);
  if (failed) return false;
  start.release();
  static_assert(sizeof(pthread_t) <= sizeof(handle_));
  std::memcpy(&handle_, &handle, sizeof handle);
  started_ = true;
  return true;
}

void Thread::join() {
  if (!started_) return;
  pthread_t handle;
  std::memcpy(&handle, &handle_, sizeof handle);
  pthread_join(handle, nullptr);
  started_ = false;
}

void yield_thread() { sched_yield(); }

void barrier_of_all_threads() {
  auto membarrier = [](int command) { return ::syscall(SYS_membarrier, command, 0, 0) == 0; };
  if (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) return;
  if (membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) && membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED)) return;
  if (membarrier(MEMBARRIER_CMD_GLOBAL)) return;
  timespec time{0, 20'000'000};   // a kernel without it: longer than any store stays in a buffer
  ::nanosleep(&time, nullptr);
}

}  // namespace athanor::os
