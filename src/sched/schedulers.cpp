// SPDX-License-Identifier: Apache-2.0
#include "sched/schedulers.hpp"

#include <algorithm>

#include "os/clock.hpp"
#include "os/processors.hpp"

namespace athanor::sched {

using process::Process;

namespace {

uint32_t scheduler_count_for(const SchedulingOptions& options) {
  uint32_t count = options.schedulers ? options.schedulers : static_cast<uint32_t>(os::usable_processors());
  return std::clamp(count, 1u, 1024u);
}

process::Runtime& with_clock(process::Runtime& runtime, base::Clock& clock, base::Chance& chance) {
  runtime.clock = &clock;
  runtime.chance = &chance;
  return runtime;
}

int64_t slice_for(const SchedulingOptions& options) {
#ifdef ATH_STRESS
  return 37;
#else
  return options.stress ? 37 : process::kReductionsPerSlice;
#endif
}

}  // namespace

std::unique_ptr<Scheduling> Scheduling::create(process::Runtime& runtime, const SchedulingOptions& options,
                                               process::MakeExecutor make_executor) {
  return std::make_unique<Schedulers>(runtime, options, make_executor);
}

Schedulers::Schedulers(process::Runtime& runtime, const SchedulingOptions& options, process::MakeExecutor make_executor)
    : runtime_(runtime),
      make_executor_(make_executor),
      timers_(with_clock(runtime, clock_, chance_), *this, scheduler_count_for(options)),
      dirty_cpu_(runtime, make_executor, ThreadKind::DirtyCpu, options.dirty_cpu ? options.dirty_cpu : scheduler_count_for(options), microstate_switch_, *this),
      dirty_io_(runtime, make_executor, ThreadKind::DirtyIo, std::max(1u, options.dirty_io), microstate_switch_, *this),
      poller_(*this, runtime, microstate_switch_, options.schedulers_poll),
      slice_(slice_for(options)),
      balance_(scheduler_count_for(options)),
      bindings_(scheduler_count_for(options), options.binding) {
  uint32_t count = scheduler_count_for(options);
  double cycles = os::cycles_per_ns();
  help_after_cycles_ = static_cast<uint64_t>(cycles * Scheduler::kHelpAfterNs);
  balance_cycles_ = static_cast<uint64_t>(cycles * Balance::kPeriodNs);
  look_cycles_ = static_cast<uint64_t>(cycles * Scheduler::kLookNs);
  spin_cycles_ = count == 1 ? 0 : static_cast<uint64_t>(cycles * Scheduler::kSpinNs);
  online_.store(options.schedulers_online ? std::min(options.schedulers_online, count) : count, std::memory_order_relaxed);
  in_use_.store(online_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  at_will_.store(online_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  dirty_cpu_online_.store(options.dirty_cpu_online ? std::min(options.dirty_cpu_online, dirty_cpu_.limit()) : dirty_cpu_.limit(), std::memory_order_relaxed);
  dirty_cpu_.set_allowed(dirty_cpu_online(), false);
  asleep_words_ = (count + 63) / 64;
  asleep_ = std::make_unique<std::atomic<uint64_t>[]>(asleep_words_);
  for (uint32_t i = 0; i < asleep_words_; ++i) asleep_[i].store(0, std::memory_order_relaxed);
  for (uint32_t i = 0; i < count; ++i) {
    schedulers_.push_back(std::make_unique<Scheduler>(*this, i));
    mark_asleep(i);                  // without a thread yet; the first wake-up makes it
  }
  runtime.system_requests_limit.store(2 * count, std::memory_order_relaxed);
  runtime.timers = &timers_;
  runtime.waker = this;
  runtime.scheduling = this;
}

Schedulers::~Schedulers() { stop(); }

void Schedulers::start() {
  started_.store(true, std::memory_order_release);
  memory_return_.start(clock_.monotonic_ns());
  mark_awake(0);
  unpark(0);
}

void Schedulers::begin_stop() {
  {
    std::lock_guard lock(mutex_);    // no thread is started after this
    stopping_.store(true, std::memory_order_release);
  }
  {
    std::lock_guard lock(pause_mutex_);
    resumed_.notify_all();
  }
  for (auto& scheduler : schedulers_) wake_thread(*scheduler);
}

void Schedulers::stop_schedulers() {
  begin_stop();
  for (auto& scheduler : schedulers_) scheduler->thread_.join();
}

// --- pausing ---
// A scheduler writes "runs a process", then reads how many run at will, with nothing but a compiler barrier between; the barrier of all threads here
// makes one of the two see the other.

void Schedulers::pause() {
  std::lock_guard lock(pause_mutex_);
  if (pauses_++ > 0) return;
  {
    std::lock_guard in_use(in_use_mutex_);
    paused_.store(true, std::memory_order_relaxed);
    renew_at_will();
  }
  os::barrier_of_all_threads();
  for (auto& scheduler : schedulers_) {
    while (scheduler->is_running_process()) os::yield_thread();
  }
  poller_.pause();
}

void Schedulers::resume() {
  std::lock_guard lock(pause_mutex_);
  if (--pauses_ > 0) return;
  poller_.resume();
  {
    std::lock_guard in_use(in_use_mutex_);
    paused_.store(false, std::memory_order_release);   // what the pauser has read comes before what a slice writes next
    renew_at_will();
  }
  resumed_.notify_all();
}

void Schedulers::wait_until_resumed() {
  std::unique_lock lock(pause_mutex_);
  resumed_.wait(lock, [&] { return !is_paused() || is_stopping(); });
}

void Schedulers::stop() {
  stop_schedulers();
  dirty_cpu_.stop();
  dirty_io_.stop();
  poller_.stop();
}

void Schedulers::unpark(uint32_t index) {
  Scheduler& scheduler = *schedulers_[index];
  if (!scheduler.has_thread_.load(std::memory_order_acquire)) {
    std::lock_guard lock(mutex_);
    if (stopping_.load(std::memory_order_relaxed)) return;
    if (!scheduler.thread_.is_started()) {
      bool started = scheduler.thread_.start("ath scheduler", [](void* raw) { static_cast<Scheduler*>(raw)->run(); }, &scheduler);
      ATH_ASSERT(started);
      scheduler.has_thread_.store(true, std::memory_order_release);
      return;                        // it looks for work at once
    }
  }
  wake_thread(scheduler);
}

// --- who sleeps ---

void Schedulers::mark_asleep(uint32_t index) {
  asleep_[index / 64].fetch_or(uint64_t{1} << (index % 64), std::memory_order_acq_rel);
}

bool Schedulers::mark_awake(uint32_t index) {
  uint64_t bit = uint64_t{1} << (index % 64);
  return (asleep_[index / 64].fetch_and(~bit, std::memory_order_acq_rel) & bit) != 0;
}

uint32_t Schedulers::asleep_online() const {
  const uint32_t online = schedulers_in_use();
  uint32_t count = 0;
  for (uint32_t word = 0; word * 64 < online; ++word) {
    uint64_t bits = asleep_[word].load(std::memory_order_relaxed);
    uint32_t valid = online - word * 64;
    if (valid < 64) bits &= (uint64_t{1} << valid) - 1;
    count += static_cast<uint32_t>(__builtin_popcountll(bits));
  }
  return count;
}

int Schedulers::sleeping_scheduler() const {
  const uint32_t online = schedulers_in_use();
  for (uint32_t word = 0; word * 64 < online; ++word) {
    uint64_t bits = asleep_[word].load(std::memory_order_relaxed);
    uint32_t valid = online - word * 64;
    if (valid < 64) bits &= (uint64_t{1} << valid) - 1;
    if (bits) return static_cast<int>(word * 64) + __builtin_ctzll(bits);
  }
  return -1;
}

void Schedulers::wake(uint32_t index) {
  if (!is_asleep(index) || !started_.load(std::memory_order_acquire)) return;
  if (mark_awake(index)) unpark(index);
}

void Schedulers::wake_a_helper() {
  if (helper_.load(std::memory_order_relaxed)) return;
  int index = sleeping_scheduler();
  if (index < 0) return;
  Scheduler* none = nullptr;
  Scheduler* chosen = schedulers_[index].get();
  if (!helper_.compare_exchange_strong(none, chosen, std::memory_order_acq_rel)) return;
  if (mark_awake(static_cast<uint32_t>(index))) unpark(static_cast<uint32_t>(index));
  else helper_done(*chosen);
}

void Schedulers::help_who_waits() {
  if (!lacks_sentinel()) return;
  for (uint32_t i = 0; i < schedulers_in_use(); ++i) {
    if (schedulers_[i]->queue().free_length() > 0) return wake_a_helper();
  }
}

// --- work ---

void Schedulers::enqueue(Process& target) {
  const uint32_t online = schedulers_in_use();
  Scheduler* self = current_scheduler;
  const bool is_on_scheduler = self && &self->all() == this;
  if (ATH_UNLIKELY(target.bound_scheduler_ != 0)) {
    const uint32_t index = target.bound_scheduler_ - 1u;
    if (is_on_scheduler && self->index() == index) return self->enqueue(target);
    schedulers_[index]->queue().push(target, false);
    return wake(index);
  }
  const bool is_own = is_on_scheduler && self->index() < online;
  // For descriptors: as from outside, except that this thread does instead of one that sleeps.
  if (is_own && (!self->is_polling() || target.home_scheduler_ == 0 || target.home_scheduler_ == self->index() + 1 || is_asleep((target.home_scheduler_ - 1u) % online))) {
    self->enqueue(target);
    return;
  }
  // From outside: where it ran last, unless processes wait there while another sleeps.
  uint32_t index = target.home_scheduler_ ? (target.home_scheduler_ - 1u) % online : 0;
  if (RunQueue& queue = schedulers_[index]->queue(); queue.is_sampling() && queue.has_waited(os::cycle_count(), help_after_cycles_)) {
    int sleeping = sleeping_scheduler();
    if (sleeping >= 0 && started_.load(std::memory_order_acquire)) index = static_cast<uint32_t>(sleeping);
  }
  const bool was_asleep = is_asleep(index);
  schedulers_[index]->queue().push(target, false);
  wake(index);
  if (!was_asleep && lacks_sentinel()) wake_a_helper();   // nothing waited there when its slice began: nobody watches it
}

// A scheduler that runs looks for errands after each slice; from outside one is woken.
void Schedulers::enqueue_signals(Process& target, process::Priority priority) {
  errands_.push(priority, target.pid());
  if (current_scheduler && &current_scheduler->all() == this) return;
  int sleeping = sleeping_scheduler();
  if (sleeping >= 0) wake(static_cast<uint32_t>(sleeping));
}

void Schedulers::wake_all_threads() {
  for (auto& scheduler : schedulers_)
    if (scheduler->has_thread_.load(std::memory_order_acquire)) wake_thread(*scheduler);
}

uint32_t Schedulers::current_wheel() {
  return current_scheduler && &current_scheduler->all() == this ? current_scheduler->index() : ~uint32_t{0};
}

void Schedulers::poll(int descriptor, uint32_t interest, void (*callback)(void*, uint32_t), void* argument) {
  poller_.poll(descriptor, interest, callback, argument);
}
void Schedulers::stop_polling(int descriptor) { poller_.stop_polling(descriptor); }
void Schedulers::run_in_background(void (*job)(void*), void* argument) { dirty_io_.run(job, argument); }

// --- figures ---

uint32_t Schedulers::current_scheduler_id() const {
  return current_scheduler && &current_scheduler->all() == this ? current_scheduler->index() + 1 : 0;
}

bool Schedulers::after_slice(SliceJob job) { return current_scheduler && &current_scheduler->all() == this && current_scheduler->after_slice(job); }

uint32_t Schedulers::awake_schedulers() const {
  return static_cast<uint32_t>(std::ranges::count_if(schedulers_, [](const auto& scheduler) { return scheduler->is_active(); }));
}

uint32_t Schedulers::run_queue_length() const {
  uint32_t total = 0;
  for (auto& scheduler : schedulers_) total += scheduler->queue().length();
  return total;
}

std::vector<uint32_t> Schedulers::run_queue_lengths() const {
  std::vector<uint32_t> lengths;
  for (auto& scheduler : schedulers_) lengths.push_back(scheduler->queue().length());
  return lengths;
}

std::vector<uint32_t> Schedulers::active_tasks() const {
  std::vector<uint32_t> tasks;
  for (auto& scheduler : schedulers_) tasks.push_back(scheduler->queue().length() + (scheduler->is_running_process() ? 1 : 0));
  return tasks;
}

uint64_t Schedulers::total_reductions() const {
  uint64_t total = 0;
  for (auto& scheduler : schedulers_) total += scheduler->reductions();
  return total;
}

uint64_t Schedulers::context_switches() const {
  uint64_t total = 0;
  for (auto& scheduler : schedulers_) total += scheduler->context_switches();
  return total;
}

void Schedulers::set_wall_time_measuring(bool on) {
  std::lock_guard lock(mutex_);
  bool is_on = wall_time_start_.load(std::memory_order_relaxed) != 0;
  if (is_on == on) return;
  int64_t now = runtime_.clock->monotonic_ns();
  wall_time_base_.clear();
  if (on) {
    for (auto& scheduler : schedulers_) wall_time_base_.push_back(scheduler->active_ns(now));
    for (DirtyPool* pool : {&dirty_cpu_, &dirty_io_})
      for (int64_t active : pool->active_ns(now)) wall_time_base_.push_back(active);
  }
  wall_time_start_.store(on ? now : 0, std::memory_order_relaxed);
}

std::vector<Scheduling::WallTime> Schedulers::wall_times() const {
  std::lock_guard lock(mutex_);
  std::vector<WallTime> result;
  int64_t start = wall_time_start_.load(std::memory_order_relaxed);
  if (start == 0) return result;
  int64_t now = runtime_.clock->monotonic_ns();
  auto add = [&](int64_t active) {
    size_t i = result.size();
    int64_t total = now - start;
    result.push_back({static_cast<uint32_t>(i + 1), std::clamp<int64_t>(active - wall_time_base_[i], 0, total), total});
  };
  for (auto& scheduler : schedulers_) add(scheduler->active_ns(now));
  for (const DirtyPool* pool : {&dirty_cpu_, &dirty_io_})
    for (int64_t active : pool->active_ns(now)) add(active);
  return result;
}

template <class Visit>
void Schedulers::each_account(Visit visit) {
  visit(ThreadMicrostates::Poll, 0u, poller_.accounts());
  dirty_io_.each_account([&](size_t i, base::MicrostateAccounts& accounts) { visit(ThreadMicrostates::DirtyIo, static_cast<uint32_t>(i + 1), accounts); });
  dirty_cpu_.each_account([&](size_t i, base::MicrostateAccounts& accounts) { visit(ThreadMicrostates::DirtyCpu, static_cast<uint32_t>(i + 1), accounts); });
  for (auto& scheduler : schedulers_) visit(ThreadMicrostates::Scheduler, scheduler->index() + 1, scheduler->accounts());
}

std::vector<Scheduling::ThreadMicrostates> Schedulers::microstates() {
  std::lock_guard lock(microstate_mutex_);
  const bool is_on = microstate_switch_.is_on.load(std::memory_order_relaxed);
  const int64_t now = clock_.monotonic_ns();
  std::vector<ThreadMicrostates> result;
  each_account([&](ThreadMicrostates::Kind kind, uint32_t id, base::MicrostateAccounts& accounts) {
    if (is_on) accounts.settle(now);
    result.push_back({kind, id, accounts.totals()});
  });
  return result;
}

bool Schedulers::change_microstates(MicrostateChange change) {
  std::lock_guard lock(microstate_mutex_);
  const bool was_on = microstate_switch_.is_on.load(std::memory_order_relaxed);
  const int64_t now = clock_.monotonic_ns();
  if (change == MicrostateChange::Off) microstate_switch_.is_on.store(false, std::memory_order_relaxed);
  each_account([&](ThreadMicrostates::Kind, uint32_t, base::MicrostateAccounts& accounts) {
    if (change == MicrostateChange::On && !was_on) accounts.begin(now);
    if (change == MicrostateChange::Off && was_on) accounts.settle(now);
    if (change != MicrostateChange::Reset) return;
    if (was_on) accounts.settle(now);
    accounts.clear();
  });
  if (change == MicrostateChange::On) microstate_switch_.is_on.store(true, std::memory_order_relaxed);
  return was_on;
}

}  // namespace athanor::sched
