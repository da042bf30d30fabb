// SPDX-License-Identifier: Apache-2.0
// Threads of the machine. They block every asynchronous signal (SIGPIPE too), so that a host program's handlers never run
// on them; synchronous faults keep their meaning.
#pragma once

#include <cstddef>
#include <cstdint>

namespace athanor::os {

class Thread {
 public:
  Thread() = default;
  ~Thread();                         // asserts that it was joined
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  // Runs function(argument). `name`: at most 15 bytes, shown by ps and debuggers. False: the system gives no thread.
  bool start(const char* name, void (*function)(void*), void* argument, size_t stack_bytes = kStackBytes);
  void join();
  bool is_started() const { return started_; }

  static constexpr size_t kStackBytes = size_t{1} << 20;   // C++ here never recurses on terms

 private:
  uint64_t handle_ = 0;
  bool started_ = false;
};

void yield_thread();        // gives the core to another thread
// Every thread of the program passes a full memory barrier before this returns. What one thread wrote before is seen by all others after a
// plain compiler barrier of theirs: the rare side pays, not the frequent one.
void barrier_of_all_threads();
inline void relax() {       // inside a spin
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace athanor::os
