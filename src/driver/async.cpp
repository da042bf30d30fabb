// SPDX-License-Identifier: Apache-2.0
#include "driver/async.hpp"

#include "driver/handle.hpp"

namespace athanor::driver {

long AsyncPool::add(unsigned key, Job&& job) {
  std::lock_guard lock(mutex_);
  if (stopping_) return -1;
  const size_t threads = runtime_.identity.async_threads;
  while (workers_.size() < threads) workers_.push_back(std::make_unique<Worker>());
  Worker& worker = *workers_[key % threads];
  if (!worker.thread.is_started()) {
    worker.pool = this;
    if (!worker.thread.start("ath async", work, &worker)) return -1;
  }
  worker.jobs.push_back(std::move(job));
  worker.changed.notify_one();
  return ++last_;
}

void AsyncPool::finish(Job& job) {
  auto& foreign = static_cast<ForeignPort&>(job.port->driver());
  {
    std::lock_guard lock(job.port->mutex());
    if (foreign.wants_async()) {
      const io::PortTurn turn(*job.port, Term::small(0));
      foreign.ready_async(static_cast<ErlDrvThreadData>(job.data));
      return;
    }
  }
  if (job.free) job.free(job.data);
}

void AsyncPool::work(void* raw) {
  auto& worker = *static_cast<Worker*>(raw);
  AsyncPool& pool = *worker.pool;
  process::ThreadScope scope(pool.runtime_);
  std::unique_lock lock(pool.mutex_);
  for (;;) {
    worker.changed.wait(lock, [&] { return pool.stopping_ || !worker.jobs.empty(); });
    if (pool.stopping_) break;
    {
      Job job = std::move(worker.jobs.front());
      worker.jobs.pop_front();
      lock.unlock();
      job.invoke(job.data);
      nif::Inside inside(pool.runtime_);
      finish(job);
      if (job.pdl) release(job.pdl);
    }                                       // the port is given up without the lock: it may have been the last
    lock.lock();
  }
}

void AsyncPool::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    for (auto& worker : workers_) worker->changed.notify_one();
  }
  for (auto& worker : workers_) {
    if (worker->thread.is_started()) worker->thread.join();
    for (Job& job : worker->jobs) {
      if (job.free) job.free(job.data);
      if (job.pdl) release(job.pdl);
    }
    worker->jobs.clear();
  }
  workers_.clear();
}

}  // namespace athanor::driver

using namespace athanor::driver;

unsigned int driver_async_port_key(ErlDrvPort port) { return number_of(port); }

long driver_async(ErlDrvPort raw, unsigned int* key, void (*invoke)(void*), void* data, void (*free)(void*)) {
  Handle port(raw, ATH_DRIVER_CALL);
  if (!port || !invoke) return -1;
  AsyncPool& pool = port->drivers().async();
  Pdl* const pdl = port->retain_pdl();
  const long number = pool.add(key ? *key : pool.next_key(), {port->port().shared_from_this(), invoke, data, free, pdl});
  if (number < 0 && pdl) release(pdl);
  return number;
}
