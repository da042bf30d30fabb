// SPDX-License-Identifier: Apache-2.0
#include "sched/dirty_pool.hpp"

#include <algorithm>

#include "process/state.hpp"
#include "process/tracing.hpp"
#include "sched/schedulers.hpp"
#include "term/atom_table.hpp"

namespace athanor::sched {

DirtyPool::DirtyPool(process::Runtime& runtime, process::MakeExecutor make_executor, ThreadKind kind, uint32_t limit,
                     const base::MicrostateSwitch& microstates, Schedulers& schedulers)
    : runtime_(runtime), make_executor_(make_executor), kind_(kind), limit_(limit), microstates_(microstates), allowed_(limit), schedulers_(schedulers) {}

DirtyPool::~DirtyPool() { ATH_ASSERT(workers_.empty()); }

void DirtyPool::run(process::Process& process) {
  std::lock_guard lock(mutex_);
  if (stopping_) return;
  processes_.push(process, true);
  note_length();
  wake_or_add();
}

void DirtyPool::run(void (*job)(void*), void* argument) {
  std::lock_guard lock(mutex_);
  if (stopping_) return;
  jobs_.push_back({job, argument});
  note_length();
  wake_or_add();
}

void DirtyPool::set_allowed(uint32_t count, bool in_turns) {
  std::lock_guard lock(mutex_);
  if (stopping_) return;
  allowed_ = in_turns ? 1 : count;
  in_turns_ = in_turns;
  for (uint32_t i = startable(); i > 0; --i) wake_or_add();
}

uint32_t DirtyPool::startable() const {
  const uint32_t room = allowed_ > begun_ ? allowed_ - begun_ : 0;
  return static_cast<uint32_t>(jobs_.size()) + std::min(processes_.length(), room);
}

void DirtyPool::note_length() { queue_length_.store(static_cast<uint32_t>(jobs_.size()) + processes_.length(), std::memory_order_relaxed); }

void DirtyPool::wake_or_add() {
  if (idle_ >= startable() || workers_.size() >= limit_) {
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
  process::dirty_participant = runtime_.epochs->join();
  std::unique_ptr<process::Executor> executor(make_executor_(runtime_));
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    wake_.wait(lock, [this] { return stopping_ || startable() > 0; });
    --idle_;
    if (stopping_) break;
    if (!jobs_.empty()) {
      const Job job = jobs_.front();
      jobs_.pop_front();
      note_length();
      lock.unlock();
      measure(worker, base::Microstate::Other, [&] { job.function(job.argument); });
      lock.lock();
      continue;
    }
    process::Process* process = processes_.pop();
    note_length();
    if (!process) continue;
    ++begun_;
    const bool in_turn = in_turns_;
    if (!in_turn) running_.fetch_add(1, std::memory_order_seq_cst);
    lock.unlock();
    run_process(worker, *executor, *process, in_turn);
    lock.lock();
    --begun_;
  }
  lock.unlock();
  executor.reset();
  runtime_.epochs->leave(process::dirty_participant);
}

void DirtyPool::run_process(Worker& worker, process::Executor& executor, process::Process& process, bool in_turn) {
  std::unique_lock<std::mutex> turn;
  if (in_turn) turn = std::unique_lock(schedulers_.turn());
  measure(worker, base::Microstate::Emulator, [&] {
    tell_tracer(process, atoms::in);
    executor.run_dirty(process);
    tell_tracer(process, atoms::out);
    process::end_dirty(process);
  });
  if (in_turn) return;
  running_.fetch_sub(1, std::memory_order_seq_cst);
  if (ATH_UNLIKELY(schedulers_.someone_settles())) {
    runtime_.epochs->enter(process::dirty_participant);
    schedulers_.tell_if_settled();
    runtime_.epochs->exit(process::dirty_participant);
  }
}

template <class Work>
void DirtyPool::measure(Worker& worker, base::Microstate state, Work work) {
  const int64_t start = runtime_.clock->monotonic_ns();
  worker.active_since.store(start, std::memory_order_relaxed);
  busy_.fetch_add(1, std::memory_order_relaxed);
  runtime_.epochs->enter(process::dirty_participant);
  worker.accounts.enter(state);
  work();
  worker.accounts.enter(base::Microstate::Sleep);
  runtime_.epochs->exit(process::dirty_participant);
  busy_.fetch_sub(1, std::memory_order_relaxed);
  worker.active_since.store(0, std::memory_order_relaxed);
  worker.active_ns.store(worker.active_ns.load(std::memory_order_relaxed) + runtime_.clock->monotonic_ns() - start, std::memory_order_relaxed);
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
    processes_.take_all();
  }
  wake_.notify_all();
  for (auto& worker : workers_) worker->thread.join();    // nobody adds workers any more
  workers_.clear();
}

}  // namespace athanor::sched
