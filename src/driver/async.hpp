// SPDX-License-Identifier: Apache-2.0
// driver_async: work of drivers on threads of their own. Jobs with one key are done in order, as one thread has them all. The thread then
// calls ready_async with the port's lock, or frees the job's data where the port is gone.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "driver/queue.hpp"
#include "os/threads.hpp"

namespace athanor::driver {

class ForeignPort;

class AsyncPool {
 public:
  explicit AsyncPool(process::Runtime& runtime) : runtime_(runtime) {}
  ~AsyncPool() { stop(); }
  struct Job {
    std::shared_ptr<io::Port> port;
    void (*invoke)(void*);
    void* data;
    void (*free)(void*);
    Pdl* pdl;                               // a count of the port's data lock, which the job may take; null: there is none
  };
  long add(unsigned key, Job&& job);        // the job's number; -1: there is no thread for it
  unsigned next_key() { return next_key_.fetch_add(1, std::memory_order_relaxed); }
  void stop();                              // waits for what runs; what waits is freed

 private:
  struct Worker {
    AsyncPool* pool;
    os::Thread thread;
    std::condition_variable changed;
    std::deque<Job> jobs;
  };
  static void work(void* raw);
  static void finish(Job& job);
  process::Runtime& runtime_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<unsigned> next_key_{0};
  long last_ = 0;
  bool stopping_ = false;
};

}  // namespace athanor::driver
