// SPDX-License-Identifier: Apache-2.0
#include "sched/scheduler.hpp"

#include <algorithm>
#include <limits>

#include "heap/block.hpp"
#include "heap/fragment.hpp"
#include "os/clock.hpp"
#include "os/system.hpp"
#include "process/process_table.hpp"
#include "process/resting.hpp"
#include "process/send.hpp"
#include "process/state.hpp"
#include "process/tracing.hpp"
#include "sched/schedulers.hpp"
#include "sched/thread_kind.hpp"
#include "term/large_memory.hpp"

namespace athanor::sched {

using process::AfterRun;
using process::Outcome;
using process::Process;

thread_local Scheduler* current_scheduler = nullptr;
thread_local ThreadKind current_thread_kind = ThreadKind::Foreign;

namespace {
// Counters with one writer need no read-modify-write.
template <class T>
void add(std::atomic<T>& counter, T amount) {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}
}  // namespace

Scheduler::Scheduler(Schedulers& all, uint32_t index) : all_(all), index_(index), accounts_(all.microstate_switch()) {}

void Scheduler::run() {
  process::Runtime& runtime = all_.runtime();
  process::ThreadScope scope(runtime);
  current_scheduler = this;
  current_thread_kind = ThreadKind::Scheduler;
  base::MicrostateAccounts::current = &accounts_;
  accounts_.enter(base::Microstate::Other);
  participant_ = runtime.epochs->join();
  runtime.epochs->enter(participant_);
  executor_.reset(all_.make_executor());
  seen_taken_ = std::make_unique<uint64_t[]>(4 * all_.scheduler_count());
  heap::BlockStore::open();
  large_memory::open_store();
  bind();
  set_active(true);
  while (!all_.is_stopping()) {
    runtime.epochs->quiescent(participant_);
    if (--slices_until_clock_ == 0) look_at_clock();
    if (!all_.errands().is_empty()) run_errand();
    if (ATH_UNLIKELY(keeps_poller_) && os::cycle_count() >= next_look_) look_at_edges();
    Process* process = is_online() ? queue_.pop() : nullptr;
    if (!process) process = find_work();
    if (process) slice(*process);
  }
  leave_poller();
  set_active(false);
  accounts_.enter(base::Microstate::Sleep);
  executor_.reset();
  heap::BlockStore::close();
  large_memory::close_store();
  runtime.epochs->exit(participant_);
  runtime.epochs->leave(participant_);
  current_scheduler = nullptr;
}

bool Scheduler::is_online() const { return index_ < all_.schedulers_in_use(); }

void Scheduler::slice(Process& process) {
  if (queue_.length() > 0 && wants_sentinel()) all_.wake_a_helper();   // it stays as sentinel
  is_running_process_.store(true, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);   // for the compiler; Schedulers::pause has the processors' part
  std::unique_lock<std::mutex> turn;
  if (ATH_UNLIKELY(index_ >= all_.schedulers_at_will())) {
    if (all_.is_paused()) hold();
    if (!is_online()) {                // no longer since it was taken
      is_running_process_.store(false, std::memory_order_release);
      return all_.enqueue(process);
    }
    if (all_.takes_turns()) turn = wait_for_turn();
  }
  if (process::begin_run(process)) {
    process.home_scheduler_ = static_cast<uint16_t>(index_ + 1);
    if (!process.ip_) executor_->prepare_call(process, process.saved_[0], process.saved_[1], process.saved_[2]);
    const int64_t granted = all_.slice();
    const auto priority = static_cast<int>(process::own_priority(process.state_.load(std::memory_order_relaxed)));
    process.reductions_left_ = granted;
    if (ATH_UNLIKELY(process.trace_flags_ & process::trace_flag::kTellsRuns)) all_.runtime().tracing->ran(process, atoms::in, process::is_exiting(process));
    const int64_t long_ms = all_.runtime().long_slice_ms.load(std::memory_order_relaxed);
    const int64_t began = ATH_UNLIKELY(long_ms != 0) ? all_.runtime().clock->monotonic_ns() : 0;
    const Mfa in = ATH_UNLIKELY(long_ms != 0) ? executor_->current_function(process) : Mfa{};
    accounts_.enter(base::Microstate::Emulator);
    Outcome outcome = executor_->run(process);
    accounts_.enter(base::Microstate::Other);
    if (ATH_UNLIKELY(long_ms != 0) && outcome != Outcome::Exited) {
      const int64_t took_ms = (all_.runtime().clock->monotonic_ns() - began) / 1'000'000;
      if (took_ms >= long_ms) all_.runtime().tracing->ran_long(process, took_ms, in);
    }
    if (outcome != Outcome::Exited && ATH_UNLIKELY(process.trace_flags_ & process::trace_flag::kTellsRuns)) {
      all_.runtime().tracing->ran(process, atoms::out, process::is_exiting(process));
    }
    uint64_t used = 1;
    if (outcome != Outcome::Exited) {
      used = static_cast<uint64_t>(std::max<int64_t>(1, granted - process.reductions_left_));
      process.reductions_done_ += used;
      process.reductions_left_ = 0;
      if (used * 4 > static_cast<uint64_t>(granted)) slices_until_clock_ = 1;
    }
    add(reductions_[priority], used);
    const bool rests = outcome == Outcome::Waiting && process::begins_to_rest(process);
    const Term pid = process.pid();
    switch (process::end_run(process, outcome)) {
      case AfterRun::Requeue:
        if (ATH_UNLIKELY(process.bound_scheduler_ != 0)) all_.enqueue(process);   // it may just have asked for another
        else queue_.push(process, true);
        break;
      case AfterRun::Dirty:
        all_.dirty_pool(process.dirty_waits_).run(process);
        break;
      case AfterRun::Sleep:
      case AfterRun::Gone: break;
    }
    if (rests) resting_.note(pid, all_.runtime().clock->monotonic_ns());
  }
  end_slice();
  add(context_switches_, uint64_t{1});
  if (queue_.length() > 0) ask_for_help();
}

bool Scheduler::after_slice(const Scheduling::SliceJob& job) {
  if (!is_running_process()) return false;
  after_slice_.push_back(job);
  return true;
}

void Scheduler::end_slice() {
  if (ATH_UNLIKELY(!after_slice_.empty())) {
    for (size_t i = 0; i < after_slice_.size(); ++i) {   // a job may bring another
      const Scheduling::SliceJob job = after_slice_[i];
      job.run(job.subject);
    }
    after_slice_.clear();
  }
  is_running_process_.store(false, std::memory_order_release);
}

void Scheduler::hold() {
  base::Epochs& epochs = *all_.runtime().epochs;
  set_active(false);
  while (all_.is_paused() && !all_.is_stopping()) {
    is_running_process_.store(false, std::memory_order_release);
    epochs.exit(participant_);
    all_.wait_until_resumed();
    epochs.enter(participant_);
    is_running_process_.store(true, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  set_active(true);
}

// A dirty job may have it for long: others are not held up by that.
std::unique_lock<std::mutex> Scheduler::wait_for_turn() {
  base::Epochs& epochs = *all_.runtime().epochs;
  is_running_process_.store(false, std::memory_order_release);
  set_active(false);
  epochs.exit(participant_);
  std::unique_lock turn(all_.turn());
  epochs.enter(participant_);
  set_active(true);
  is_running_process_.store(true, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (ATH_UNLIKELY(all_.is_paused())) hold();
  return turn;
}

bool Scheduler::run_errand() {
  const Term pid = all_.errands().take([this](process::Priority priority) { return queue_.has_above(priority); });
  if (pid.is_none()) return false;
  is_running_process_.store(true, std::memory_order_relaxed);   // as in slice
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (ATH_UNLIKELY(all_.is_paused())) hold();
  if (Process* process = all_.runtime().processes->find(pid)) {
    const base::InMicrostate serving(base::Microstate::Aux);
    process::serve_signals(*process);
  }
  end_slice();
  return true;
}

void Scheduler::enqueue(Process& process) {
  if (queue_.push(process, false) >= 2) ask_for_help();
}

void Scheduler::ask_for_help() {
  if (!queue_.is_sampling() || !all_.someone_sleeps()) return;
  if (queue_.has_waited(os::cycle_count(), all_.help_after_cycles())) all_.wake_a_helper();
}

bool Scheduler::fire_timers() {
  int64_t now = all_.runtime().clock->monotonic_ns();
  if (now < all_.timers().next_ns(index_)) return false;
  all_.timers().fire(index_, now);
  return true;
}

void Scheduler::look_at_resting() {
  const int64_t due = resting_.due_ns();
  if (due == std::numeric_limits<int64_t>::max()) return;
  const int64_t now = all_.runtime().clock->monotonic_ns();
  if (now < due) return;
  const base::InMicrostate looking(base::Microstate::Aux);
  process::ProcessTable& processes = *all_.runtime().processes;
  resting_.look_at_due(now, [&](Term pid) {
    Process* process = processes.find(pid);
    return process != nullptr && process::look_at_resting(*process) == process::Rest::Again;
  });
}

void Scheduler::look_at_clock() {
  slices_until_clock_ = kSlicesPerClock;
  if (ATH_UNLIKELY(all_.bindings().version() != binding_version_)) bind();
  if (os::cycle_count() >= next_balance_) even_out();
  look_at_resting();
  if (all_.timers().next_ns(index_) != std::numeric_limits<int64_t>::max()) fire_timers();
  if (--clocks_until_collect_ == 0) {
    clocks_until_collect_ = kClocksPerCollect;
    const base::InMicrostate collecting(base::Microstate::Aux);
    all_.runtime().epochs->collect();
  }
}

// --- without a process of its own ---

Process* Scheduler::find_work() {
  set_active(false);
  Process* found = nullptr;
  while (!found && !all_.is_stopping()) {
    const uint64_t until = os::cycle_count() + (all_.waits_for_edges() ? 0 : all_.spin_cycles());
    while (is_online()) {
      while (run_errand()) {
      }
      if ((found = queue_.pop()) || (found = steal(true))) break;
      if (os::cycle_count() >= until) break;
      os::relax();
    }
    if (found) break;
    fire_timers();
    look_at_resting();
    if (all_.bindings().version() != binding_version_) bind();
    if (!is_online()) {
      give_all_away();
      all_.tell_if_settled();
    } else if ((found = queue_.pop())) break;
    found = sleep();
  }
  all_.helper_done(*this);
  set_active(true);
  return found;
}

Process* Scheduler::adopt(Process* chain) {
  if (!chain) return nullptr;
  Process* rest = chain->queue_next_;
  chain->queue_next_ = nullptr;
  while (rest) {
    Process* next = rest->queue_next_;
    queue_.push(*rest, false);
    rest = next;
  }
  return chain;
}

Process* Scheduler::steal(bool only_waiting) {
  uint32_t count = all_.schedulers_in_use();
  if (count < 2) return nullptr;
  uint64_t now = os::cycle_count();
  for (uint32_t i = 1; i < count; ++i) {
    RunQueue& queue = all_.scheduler((index_ + i) % count).queue();
    if (&queue == &queue_ || queue.free_length() == 0) continue;
    if (only_waiting && !queue.has_waited(now, all_.help_after_cycles())) continue;
    uint32_t stolen;
    if (Process* process = adopt(queue.steal_half(stolen))) return process;
  }
  return nullptr;
}

void Scheduler::bind() {
  std::string error;
  binding_version_ = all_.bindings().apply(index_, error);
  if (error.empty()) return;
  const std::string text = "Scheduler " + std::to_string(index_ + 1) + " " + error;
  heap::FragmentAllocator to(2 * text.size() + 8);
  Term words = Term::nil();
  for (size_t i = text.size(); i-- > 0;) words = make_cons(to.allocate(2), Term::small(static_cast<unsigned char>(text[i])), words);
  process::log_event(all_.runtime(), atoms::error, "~s", make_cons(to.allocate(2), words, Term::nil()), Term::none(), Term::none());
}

void Scheduler::even_out() {
  next_balance_ = os::cycle_count() + all_.balance_cycles();
  if (!is_online() || all_.schedulers_in_use() < 2) return;
  Balance::Wish wish;
  if (!all_.balance().look(index_, all_.runtime().clock->monotonic_ns(), [this](uint32_t i) { return all_.scheduler(i).load(); }, wish)) return;
  if (Process* chain = all_.scheduler(wish.from).queue().take(wish.level, wish.weight, wish.also_woken)) queue_.push_front(chain);
}

// A list that nothing was taken from since the last look stands behind a long native, or behind higher ones that always run.
Process* Scheduler::watch_others() {
  Process* found = nullptr;
  for (uint32_t i = 0; i < all_.scheduler_count(); ++i) {
    if (i == index_) continue;
    RunQueue& queue = all_.scheduler(i).queue();
    for (int p = 0; p < 4; ++p) {
      const auto priority = static_cast<process::Priority>(p);
      uint64_t& seen = seen_taken_[4 * i + static_cast<uint32_t>(p)];
      uint32_t stolen;
      if (!found && queue.free_length_of(priority) > 0 && queue.taken_of(priority) == seen) found = adopt(queue.steal_half(stolen, priority));
      seen = queue.taken_of(priority);
    }
  }
  return found;
}

Process* Scheduler::sleep() {
  base::Epochs& epochs = *all_.runtime().epochs;
  all_.helper_done(*this);
  accounts_.enter(base::Microstate::Aux);
  epochs.quiescent(participant_);
  epochs.collect();
  heap::BlockStore::drop();
  large_memory::drop_store();
  const bool returns_memory = see_to_memory();
  accounts_.enter(base::Microstate::Other);
  all_.mark_asleep(index_);
  // Who pushes here from now on sees the mark and wakes us; what was pushed before is seen by this look.
  int64_t next = std::min(all_.timers().next_ns_for_sure(index_), resting_.due_ns());
  if (returns_memory) next = std::min(next, all_.memory_return().due_ns());
  int64_t timeout = -1;
  if (next != std::numeric_limits<int64_t>::max()) timeout = std::max<int64_t>(0, next - all_.runtime().clock->monotonic_ns());
  if (timeout == 0 || !queue_.is_empty_for_sure(!is_online()) || !all_.errands().is_empty_for_sure() || all_.is_stopping()) {
    all_.mark_awake(index_);
    return nullptr;
  }
  bool is_sentinel = is_online() && all_.asleep_online() < all_.schedulers_in_use() && all_.become_sentinel(*this);
  if (is_sentinel) {
    int64_t period = kSentinelNs << std::min(quiet_watches_, 2u);
    timeout = timeout < 0 ? period : std::min(timeout, period);
  }
  epochs.exit(participant_);
  accounts_.enter(base::Microstate::Sleep);
  // Who sleeps last waits for descriptors too.
  Poller::Edges edges;
  if (!is_sentinel && all_.asleep_online() == all_.schedulers_in_use() && all_.poller().begin_idle(this)) {
    if (parker_.begin_elsewhere()) all_.poller().wait_idle(timeout, edges);
    parker_.end_elsewhere();
    keeps_poller_ = edges.count > 0;
    looks_ = 0;
    next_look_ = os::cycle_count() + all_.look_cycles();
    if (keeps_poller_) all_.poller().keep_idle();
    else all_.poller().end_idle(this);
  } else {
    leave_poller();
    parker_.park(timeout);
  }
  accounts_.enter(base::Microstate::Other);
  epochs.enter(participant_);
  bool timed_out = all_.mark_awake(index_);      // a waker would have cleared the mark
  if (edges.count > 0) handle_edges(edges);
  if (!is_sentinel) return nullptr;
  all_.resign_as_sentinel();
  Process* found = timed_out ? watch_others() : nullptr;
  quiet_watches_ = found || !timed_out ? 0 : quiet_watches_ + 1;
  return found;
}

void Scheduler::leave_poller() {
  if (!keeps_poller_) return;
  all_.poller().end_idle(this);
  keeps_poller_ = false;
}

void Scheduler::look_at_edges() {
  next_look_ = os::cycle_count() + all_.look_cycles();
  ++looks_;
  Poller::Edges edges;
  keeps_poller_ = all_.poller().look(this, edges);
  if (edges.count > 0) handle_edges(edges);
}

// At first the poller tells on a slice that is long. Later one is to watch also what stands behind higher priorities.
bool Scheduler::wants_sentinel() const {
  if (keeps_poller_ && looks_ < kLooksBeforeSentinel && all_.poller().watches(this)) return false;
  return all_.lacks_sentinel();
}

// As the poller's thread would. What runs for it comes to this thread, unless it belongs to one that is awake.
void Scheduler::handle_edges(const Poller::Edges& edges) {
  const base::InMicrostate polling(base::Microstate::CheckIo);
  current_thread_kind = ThreadKind::Poller;
  is_polling_ = true;
  all_.poller().tell_edges(edges);
  is_polling_ = false;
  current_thread_kind = ThreadKind::Scheduler;
}

// True: there is something to see to when it is due.
bool Scheduler::see_to_memory() {
  const uint64_t reductions = this->reductions();
  if (reductions - reductions_at_return_ < MemoryReturn::kWorthReductions) return false;
  base::Clock& clock = *all_.runtime().clock;
  if (!all_.memory_return().see_to_it([&] { return clock.monotonic_ns(); }, os::return_free_memory)) return true;
  reductions_at_return_ = reductions;
  return false;
}

void Scheduler::give_all_away() {
  Process* chain = queue_.take_all();
  while (chain) {
    Process* next = chain->queue_next_;
    chain->queue_next_ = nullptr;
    all_.enqueue(*chain);
    chain = next;
  }
}

// --- figures ---

uint64_t Scheduler::reductions() const {
  uint64_t sum = 0;
  for (const auto& of_priority : reductions_) sum += of_priority.load(std::memory_order_relaxed);
  return sum;
}

Load Scheduler::load() const {
  Load load;
  for (int p = 0; p < 4; ++p) {
    const auto priority = static_cast<process::Priority>(p);
    load.reductions[p] = reductions_[p].load(std::memory_order_relaxed);
    load.taken[p] = queue_.taken_of(priority);
    load.waiting[p] = queue_.length_of(priority);
    load.free[p] = queue_.free_length_of(priority);
  }
  load.active_ns = active_ns(all_.runtime().clock->monotonic_ns());
  load.is_online = is_online();
  return load;
}

void Scheduler::set_active(bool active) {
  int64_t now = all_.runtime().clock->monotonic_ns();
  int64_t since = active_since_.load(std::memory_order_relaxed);
  if (!active && since > 0) add(active_ns_, now - since);
  active_since_.store(active ? now : 0, std::memory_order_relaxed);
  process::Runtime& runtime = all_.runtime();
  if (ATH_UNLIKELY(runtime.profiled.load(std::memory_order_relaxed) & process::profile::kSchedulers)) runtime.tracing->scheduler_profiled(index_ + 1, active);
}

int64_t Scheduler::active_ns(int64_t now) const {
  int64_t since = active_since_.load(std::memory_order_relaxed);
  return active_ns_.load(std::memory_order_relaxed) + (since > 0 && now > since ? now - since : 0);
}

}  // namespace athanor::sched
