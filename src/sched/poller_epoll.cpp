// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "sched/poller.hpp"
#include "sched/schedulers.hpp"
#include "sched/scheduling.hpp"
#include "sched/thread_kind.hpp"

namespace athanor::sched {

namespace {
constexpr uint32_t kReadable = Scheduling::kReadable, kWritable = Scheduling::kWritable, kError = kPollError;
thread_local const Poller* current_poller = nullptr;   // on its own thread
constexpr uint64_t kIdleKey = (uint64_t{1} << 63) - 1;   // of idle_event_; ports' numbers are far below
constexpr uint64_t kEventKey = 0, kReadyKey = 1, kLimitKey = 2;   // what outer_ contains
constexpr long kKeptNs = 2'000'000;                      // how long who keeps the place need not look
constexpr int64_t kShortNs = 100'000;                    // a limit set as long ago is worth a call to be dropped: it would wake a thread for nothing
uint64_t tag(int descriptor, uint32_t generation) { return (uint64_t{generation} << 32) | static_cast<uint32_t>(descriptor); }
bool is_tag(uint64_t data) { return data >> 63 != 0; }
uint32_t ready_of(const epoll_event& event) {
  uint32_t ready = 0;
  if (event.events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) ready |= kReadable;
  if (event.events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) ready |= kWritable;
  if (event.events & EPOLLERR) ready |= kError;
  if (!is_tag(event.data.u64) && (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))) ready |= Scheduling::kHangUp;
  return ready;
}
bool drain(int event) {   // false: it had nothing
  uint64_t ignored;
  return read(event, &ignored, sizeof ignored) == sizeof ignored;
}
// Nanoseconds where the system can, else milliseconds, rounded up.
int wait_for(int epoll, epoll_event* events, int most, int64_t timeout_ns) {
  timespec limit{static_cast<time_t>(timeout_ns / 1'000'000'000), static_cast<long>(timeout_ns % 1'000'000'000)};
  const int count = epoll_pwait2(epoll, events, most, timeout_ns < 0 ? nullptr : &limit, nullptr);
  if (count >= 0 || errno == EINTR) return count;   // an old system does not know it, a sandbox may forbid it
  const int64_t ms = (timeout_ns + 999'999) / 1'000'000;
  return epoll_wait(epoll, events, most, timeout_ns < 0 ? -1 : static_cast<int>(std::min<int64_t>(ms, INT32_MAX)));
}
void add(int epoll, int descriptor, uint64_t data) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = data;
  ATH_ASSERT(epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0);
}
}  // namespace

Poller::Poller(Schedulers& all, process::Runtime& runtime, const base::MicrostateSwitch& microstates, bool schedulers_poll)
    : all_(all), runtime_(runtime), schedulers_poll_(schedulers_poll), accounts_(microstates) {}

Poller::~Poller() {
  for (int descriptor : {epoll_, outer_, event_, idle_event_, limit_}) {
    if (descriptor >= 0) close(descriptor);
  }
}

size_t Poller::watched() const {
  std::lock_guard lock(mutex_);
  return watched_.size() + static_cast<size_t>(edges_.load(std::memory_order_relaxed));
}

void Poller::start() {
  if (epoll_ >= 0) return;
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  outer_ = epoll_create1(EPOLL_CLOEXEC);
  event_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  idle_event_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  limit_ = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  ATH_ASSERT(epoll_ >= 0 && outer_ >= 0 && event_ >= 0 && idle_event_ >= 0 && limit_ >= 0);
  add(epoll_, idle_event_, kIdleKey);
  add(outer_, event_, kEventKey);
  add(outer_, epoll_, kReadyKey);
  add(outer_, limit_, kLimitKey);
  started_.store(true, std::memory_order_release);
  ATH_ASSERT(thread_.start("ath poller", [](void* self) { static_cast<Poller*>(self)->work(); }, this));
}

void Poller::wake() {
  uint64_t one = 1;
  [[maybe_unused]] ssize_t written = write(event_, &one, sizeof one);
}

bool Poller::arm(int descriptor, Watched& watched) {
  epoll_event event{};
  event.events = EPOLLONESHOT;
  if (watched.read.callback) event.events |= EPOLLIN | EPOLLRDHUP;
  if (watched.write.callback) event.events |= EPOLLOUT;
  event.data.u64 = tag(descriptor, watched.generation);
  int operation = watched.is_added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (epoll_ctl(epoll_, operation, descriptor, &event) != 0) {
    // The number was closed and used again behind our back, or we know of it what epoll does not.
    operation = errno == EEXIST ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(epoll_, operation, descriptor, &event) != 0) return false;
  }
  watched.is_added = true;
  return true;
}

void Poller::poll(int descriptor, uint32_t interest, PollCallback callback, void* argument) {
  std::lock_guard lock(mutex_);
  if (stopping_) return;
  start();
  Watched& watched = watched_[descriptor];
  if (watched.generation == 0) watched.generation = next_generation_++ | 0x80000000u;
  if (watched.is_joint) watched.read = watched.write = {};
  watched.is_joint = interest == (kReadable | kWritable);
  if (interest & kReadable) watched.read = {callback, argument};
  if (interest & kWritable) watched.write = {callback, argument};
  if (interest & kError) watched.error = {callback, argument};
  watched.is_always_ready = !arm(descriptor, watched);
  if (watched.is_always_ready) {                       // also a bad descriptor: reading it tells the caller so
    always_ready_.push_back({descriptor, watched.generation});
    wake();
  }
}

void Poller::stop_polling(int descriptor) {
  std::unique_lock lock(mutex_);
  auto found = watched_.find(descriptor);
  if (found != watched_.end()) {
    epoll_event none{};
    if (found->second.is_added) epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, &none);
    watched_.erase(found);
  }
  if (current_poller == this) return;
  finished_.wait(lock, [&] { return running_descriptor_ != descriptor; });
}

void Poller::watch_edges(int descriptor, uint64_t key, uint32_t interest) {
  if (!started_.load(std::memory_order_acquire)) {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    start();
  }
  epoll_event event{};
  event.events = EPOLLET | EPOLLRDHUP;
  if (interest & kReadable) event.events |= EPOLLIN;
  if (interest & kWritable) event.events |= EPOLLOUT;
  event.data.u64 = key;                                // the highest bit tells it from a tag
  if (epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event) == 0) return;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0) edges_.fetch_add(1, std::memory_order_relaxed);
}

void Poller::unwatch_edges(int descriptor) {
  epoll_event none{};
  if (started_.load(std::memory_order_acquire) && epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, &none) == 0) {
    edges_.fetch_sub(1, std::memory_order_relaxed);
  }
}

// Held while paused, as every callback.
void Poller::tell_edge(uint64_t key, uint32_t ready) {
  {
    std::unique_lock lock(mutex_);
    resumed_.wait(lock, [&] { return !paused_ || stopping_; });
    ++running_edges_;
  }
  edge_handler_(runtime_, key, ready);
  bool is_awaited;
  {
    std::lock_guard lock(mutex_);
    is_awaited = --running_edges_ == 0 && paused_;
  }
  if (is_awaited) finished_.notify_all();
}

// --- a scheduler that waits here ---

bool Poller::begin_idle(const void* who) {
  if (!has_edges() || !started_.load(std::memory_order_acquire)) return false;
  std::lock_guard lock(mutex_);
  if (stopping_ || idle_ == Idle::Waited) return false;
  if (idle_ == Idle::Kept) {
    if (keeper_ != who) return false;
    watched_keeper_.store(nullptr, std::memory_order_relaxed);
    if (is_limit_set_ && runtime_.clock->monotonic_ns() - limit_set_ns_ >= kShortNs) drop_limit();
    idle_ = Idle::Waited;
    return true;
  }
  epoll_event none{};
  none.data.u64 = kReadyKey;
  if (epoll_ctl(outer_, EPOLL_CTL_MOD, epoll_, &none) != 0) return false;
  idle_ = Idle::Waited;
  keeper_ = who;
  return true;
}

void Poller::wait_idle(int64_t timeout_ns, Edges& edges) {
  epoll_event events[Edges::kMost];
  const int count = wait_for(epoll_, events, Edges::kMost, timeout_ns);
  edges.count = 0;
  bool has_handed = false;
  for (int i = 0; i < count; ++i) {
    const uint64_t data = events[i].data.u64;
    if (data == kIdleKey) {
      drain(idle_event_);
    } else if (is_tag(data)) {
      std::lock_guard lock(mutex_);
      handed_.push_back({data, ready_of(events[i])});
      has_handed = true;
    } else {
      edges.of[edges.count++] = {data, ready_of(events[i])};
    }
  }
  if (has_handed) wake();
}

void Poller::set_limit() {
  const itimerspec limit{{0, 0}, {0, kKeptNs}};
  is_limit_set_ = timerfd_settime(limit_, 0, &limit, nullptr) == 0;
  limit_set_ns_ = runtime_.clock->monotonic_ns();
}

void Poller::drop_limit() {
  const itimerspec never{};
  if (timerfd_settime(limit_, 0, &never, nullptr) == 0) is_limit_set_ = false;
}

void Poller::keep_idle() {
  std::lock_guard lock(mutex_);
  idle_ = Idle::Kept;
  if (!is_limit_set_ || runtime_.clock->monotonic_ns() - limit_set_ns_ >= kShortNs) set_limit();
  if (is_limit_set_) watched_keeper_.store(keeper_, std::memory_order_relaxed);
  else release_idle();
}

bool Poller::look(const void* who, Edges& edges) {
  {
    std::lock_guard lock(mutex_);
    if (idle_ != Idle::Kept || keeper_ != who) return false;
    set_limit();
    if (!is_limit_set_) {
      release_idle();
      return false;
    }
  }
  wait_idle(0, edges);
  return true;
}

void Poller::end_idle(const void* who) {
  std::lock_guard lock(mutex_);
  if (keeper_ == who) release_idle();
}

// What became ready meanwhile is told to the poller's thread.
void Poller::release_idle() {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kReadyKey;
  idle_ = Idle::Free;
  keeper_ = nullptr;
  watched_keeper_.store(nullptr, std::memory_order_relaxed);
  epoll_ctl(outer_, EPOLL_CTL_MOD, epoll_, &event);
}

void Poller::wake_idle() {
  const uint64_t one = 1;
  [[maybe_unused]] ssize_t written = write(idle_event_, &one, sizeof one);
}

void Poller::tell_edges(const Edges& edges) {
  for (int i = 0; i < edges.count; ++i) tell_edge(edges.of[i].key, edges.of[i].ready);
}

void Poller::answer(int descriptor, uint32_t generation, uint32_t ready) {
  Answer answers[3];
  int count = 0;
  {
    std::unique_lock lock(mutex_);
    resumed_.wait(lock, [&] { return !paused_ || stopping_; });
    auto found = watched_.find(descriptor);
    if (found == watched_.end() || found->second.generation != generation) return;
    Watched& watched = found->second;
    uint32_t asked = (watched.read.callback ? kReadable : 0) | (watched.write.callback ? kWritable : 0) | (watched.error.callback ? kError : 0);
    ready &= asked;
    if (ready == 0) return;
    if (ready & kError) {
      answers[count++] = {watched.error, kError};
      watched.error = {};
    }
    if (watched.is_joint && (ready & (kReadable | kWritable))) {
      answers[count++] = {watched.read, ready & (kReadable | kWritable)};
      watched.read = watched.write = {};
      watched.is_joint = false;
    } else {
      if (ready & kReadable) answers[count++] = {watched.read, kReadable};
      if (ready & kWritable) answers[count++] = {watched.write, kWritable};
      if (ready & kReadable) watched.read = {};
      if (ready & kWritable) watched.write = {};
    }
    if (watched.read.callback || watched.write.callback || watched.error.callback) arm(descriptor, watched);
    running_descriptor_ = descriptor;
  }
  for (int i = 0; i < count; ++i) {
    if (i > 0) {                                       // the first callback may have stopped it all
      std::lock_guard lock(mutex_);
      auto found = watched_.find(descriptor);
      if (found == watched_.end() || found->second.generation != generation) break;
    }
    answers[i].question.callback(answers[i].question.argument, answers[i].ready);
  }
  {
    std::lock_guard lock(mutex_);
    running_descriptor_ = -1;
  }
  finished_.notify_all();
}

void Poller::work() {
  process::ThreadScope scope(runtime_);
  current_poller = this;
  current_thread_kind = ThreadKind::Poller;
  base::MicrostateAccounts::current = &accounts_;
  base::Epochs::Participant* participant = runtime_.epochs->join();
  for (;;) {
    accounts_.enter(base::Microstate::Sleep);
    epoll_event events[3];
    const int count = epoll_wait(outer_, events, 3, -1);
    accounts_.enter(base::Microstate::CheckIo);
    if (count < 0 && errno != EINTR) break;
    runtime_.epochs->enter(participant);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u64 == kEventKey) drain(event_);
      else if (events[i].data.u64 == kReadyKey) handle_ready();
      else handle_limit();
    }
    std::vector<std::pair<int, uint32_t>> always;
    std::vector<Handed> handed;
    bool stop;
    {
      std::lock_guard lock(mutex_);
      always.swap(always_ready_);
      handed.swap(handed_);
      stop = stopping_;
    }
    if (!stop) {
      for (auto [descriptor, generation] : always) answer(descriptor, generation, kReadable | kWritable);
      for (const Handed& one : handed) answer(static_cast<int>(static_cast<uint32_t>(one.tag)), static_cast<uint32_t>(one.tag >> 32), one.ready);
    }
    runtime_.epochs->exit(participant);
    if (stop) break;
  }
  runtime_.epochs->leave(participant);
}

// Whoever keeps the place is at something long; this thread polls now, and what waits behind it may be run elsewhere.
void Poller::handle_limit() {
  {
    std::lock_guard lock(mutex_);
    if (!drain(limit_)) return;                        // set anew meanwhile
    is_limit_set_ = false;
    if (idle_ != Idle::Kept) return;
    release_idle();
  }
  all_.help_who_waits();
}

void Poller::handle_ready() {
  epoll_event events[64];
  const int count = epoll_wait(epoll_, events, 64, 0);
  for (int i = 0; i < count; ++i) {
    const uint64_t data = events[i].data.u64;
    if (data == kIdleKey) {
      // Left over, unless a scheduler waits for it now.
      std::lock_guard lock(mutex_);
      if (idle_ != Idle::Waited) drain(idle_event_);
    } else if (is_tag(data)) {
      answer(static_cast<int>(static_cast<uint32_t>(data)), static_cast<uint32_t>(data >> 32), ready_of(events[i]));
    } else {
      tell_edge(data, ready_of(events[i]));
    }
  }
}

void Poller::pause() {
  std::unique_lock lock(mutex_);
  paused_ = true;
  finished_.wait(lock, [&] { return running_descriptor_ < 0 && running_edges_ == 0; });
}

void Poller::resume() {
  std::lock_guard lock(mutex_);
  paused_ = false;
  resumed_.notify_all();
}

void Poller::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    resumed_.notify_all();
    if (epoll_ < 0) return;
    wake();
  }
  thread_.join();
}

}  // namespace athanor::sched
