// SPDX-License-Identifier: Apache-2.0
#include "sched/dirty_pool.hpp"

#include "process/state.hpp"
#include "process/tracing.hpp"
#include "term/atom_table.hpp"

namespace athanor::sched {

DirtyPool::DirtyPool(process::Runtime& runtime, process::MakeExecutor make_executor, ThreadKind kind, uint32_t limit,
                     const base::MicrostateSwitch& microstates)
    : runtime_(runtime), make_executor_(make_executor), kind_(kind), limit_(limit), microstates_(microstates) {}

DirtyPool::~DirtyPool() { ATH_ASSERT(workers_.empty()); }

void DirtyPool::run(process::Process& process) { push({&process, nullptr, nullptr}); }
void DirtyPool::run(void (*job)(void*), void* argument) { push({nullptr, job, argument}); }

void DirtyPool::push(Job job) {
  std::lock_guard lock(mutex_);
  if (stopping_) return;
  jobs_.push_back(job);
  queue_length_.store(static_cast<uint32_t>(jobs_.size()), std::memory_order_relaxed);
  if (idle_ >= jobs_.size() || workers_.size() >= limit_) {
    wake_.notify_one();
    return;
  }
  auto worker = std::make_unique<Worker>(microstates_);
  if (microstates_.is_on.load(std::memory_order_relaxed)) worker->accounts.begin(runtime_.clock->monotonic_ns());
  worker->pool = this;
  bool started = worker->thread.start(kind_ == ThreadKind::DirtyIo ? "ath dirty io" : "ath dirty cpu", [](void* raw) {
    auto& worker = *static_cast<Worker*>(raw);
    worker.pool->work(worker);
  }, worker.get());
  ATH_ASSERT(started || !workers_.empty());               // with others there, the job waits for them
  if (started) workers_.push_back(std::move(worker));
}

// OTP: a process is scheduled in and out for its dirty native as for its code.
void DirtyPool::tell_tracer(process::Process& process, Term what) {
  if (!runtime_.tracing || ATH_LIKELY(!runtime_.tracing->in_use.load(std::memory_order_relaxed))) return;
  const process::DirtySignals held(process);
  if ((process.trace_flags_ & process::trace_flag::kTellsRuns) && !process::is_exiting(process)) runtime_.tracing->ran(process, what, false);
}

void DirtyPool::work(Worker& worker) {
  process::ThreadScope scope(runtime_);
  current_thread_kind = kind_;
  base::MicrostateAccounts::current = &worker.accounts;
  base::Epochs::Participant* participant = process::dirty_participant = runtime_.epochs->join();
  std::unique_ptr<process::Executor> executor(make_executor_(runtime_));
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    --idle_;
    if (stopping_) break;
    Job job = jobs_.front();
    jobs_.pop_front();
    queue_length_.store(static_cast<uint32_t>(jobs_.size()), std::memory_order_relaxed);
    lock.unlock();

    int64_t start = runtime_.clock->monotonic_ns();
    worker.active_since.store(start, std::memory_order_relaxed);
    busy_.fetch_add(1, std::memory_order_relaxed);
    runtime_.epochs->enter(participant);
    worker.accounts.enter(job.process ? base::Microstate::Emulator : base::Microstate::Other);
    if (job.process) {
      tell_tracer(*job.process, atoms::in);
      executor->run_dirty(*job.process);
      tell_tracer(*job.process, atoms::out);
      process::end_dirty(*job.process);
    } else {
      job.function(job.argument);
    }
    worker.accounts.enter(base::Microstate::Sleep);
    runtime_.epochs->exit(participant);
    busy_.fetch_sub(1, std::memory_order_relaxed);
    worker.active_since.store(0, std::memory_order_relaxed);
    worker.active_ns.store(worker.active_ns.load(std::memory_order_relaxed) + runtime_.clock->monotonic_ns() - start,
                           std::memory_order_relaxed);
    lock.lock();
  }
  lock.unlock();
  executor.reset();
  runtime_.epochs->leave(participant);
}

std::vector<int64_t> DirtyPool::active_ns(int64_t now) const {
  std::vector<int64_t> result(limit_, 0);
  std::lock_guard lock(mutex_);
  for (size_t i = 0; i < workers_.size(); ++i) {
    int64_t since = workers_[i]->active_since.load(std::memory_order_relaxed);
    result[i] = workers_[i]->active_ns.load(std::memory_order_relaxed) + (since > 0 && now > since ? now - since : 0);
  }
  return result;
}

void DirtyPool::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    jobs_.clear();
  }
  wake_.notify_all();
  for (auto& worker : workers_) worker->thread.join();    // nobody adds workers any more
  workers_.clear();
}

}  // namespace athanor::sched
