// SPDX-License-Identifier: Apache-2.0
#include "sched/timers.hpp"

#include <algorithm>
#include <limits>
#include <mutex>
#include <tuple>

#include "process/process_table.hpp"
#include "process/send.hpp"

namespace athanor::sched {

using process::Process;

namespace {
// wheel (12 bits) | node (28) | generation (24), never 0 because wheels count from 1 here.
uint64_t handle_of(const Timer& timer) {
  return (uint64_t{timer.wheel + 1u} << 52) | (uint64_t{timer.index} << 24) | timer.generation;
}
bool is_same(const uint64_t a[2], const uint64_t b[2]) { return a[0] == b[0] && a[1] == b[1]; }
size_t bucket_of(const uint64_t reference[2], size_t buckets) {
  return ((reference[0] ^ (reference[1] << 7)) * 0xD6E8FEB86659FD93u >> 32) & (buckets - 1);
}
int64_t left_ms(const Timer& timer, int64_t now_ns) {
  return std::max<int64_t>(0, TimerWheel::tick_of(timer.deadline_ns) - TimerWheel::tick_of(now_ns));
}
}  // namespace

Timers::Timers(process::Runtime& runtime, TimerHost& host, uint32_t wheels)
    : runtime_(runtime), host_(host), wheel_count_(wheels), wheels_(new Wheel[wheels]) {
  int64_t now = runtime.clock->monotonic_ns();
  for (uint32_t i = 0; i < wheels; ++i) {
    wheels_[i].wheel = std::make_unique<TimerWheel>(now);
    wheels_[i].next_ns.store(std::numeric_limits<int64_t>::max(), std::memory_order_relaxed);
  }
  for (Shard& shard : shards_) shard.buckets.resize(kLeastBuckets);
}

Timers::~Timers() = default;

void Timers::update(Wheel& wheel) {
  wheel.next_ns.store(wheel.wheel->next_ns(), std::memory_order_relaxed);
  wheel.count.store(wheel.wheel->count(), std::memory_order_relaxed);
}

size_t Timers::count() const {
  size_t total = 0;
  for (uint32_t i = 0; i < wheel_count_; ++i) total += wheels_[i].count.load(std::memory_order_relaxed);
  return total;
}

Timer* Timers::allocate(uint32_t wheel, TimerKind kind, int64_t deadline_ns) {
  std::lock_guard guard(wheels_[wheel].lock);
  Timer* timer = wheels_[wheel].wheel->allocate();
  timer->wheel = static_cast<uint16_t>(wheel);
  timer->kind = kind;
  timer->deadline_ns = deadline_ns;
  return timer;
}

void Timers::add(Timer* timer) {
  uint32_t index = timer->wheel;
  Wheel& wheel = wheels_[index];
  bool is_earliest;
  {
    std::lock_guard guard(wheel.lock);
    int64_t before = wheel.next_ns.load(std::memory_order_relaxed);
    wheel.wheel->add(timer);
    update(wheel);
    is_earliest = wheel.next_ns.load(std::memory_order_relaxed) < before;
  }
  if (is_earliest && host_.current_wheel() != index) host_.wheel_wants_attention(index);
}

// --- receive timers ---

uint64_t Timers::set_receive_timer(Process& self, int64_t deadline_ns) {
  uint32_t index = host_.current_wheel();
  if (index >= wheel_count_) index = 0;
  Wheel& wheel = wheels_[index];
  uint64_t handle;
  bool is_earliest;
  {
    std::lock_guard guard(wheel.lock);
    Timer* timer = wheel.wheel->allocate();
    timer->wheel = static_cast<uint16_t>(index);
    timer->kind = TimerKind::Receive;
    timer->deadline_ns = deadline_ns;
    timer->to = self.pid();
    timer->receive_generation = ++self.timer_generation_;
    int64_t before = wheel.next_ns.load(std::memory_order_relaxed);
    wheel.wheel->add(timer);
    update(wheel);
    is_earliest = wheel.next_ns.load(std::memory_order_relaxed) < before;
    handle = handle_of(*timer);
  }
  if (is_earliest && host_.current_wheel() != index) host_.wheel_wants_attention(index);
  self.receive_timer_ = handle;
  return handle;
}

void Timers::cancel_receive_timer(Process& self) {
  uint64_t handle = self.receive_timer_;
  if (handle == 0) return;
  self.receive_timer_ = 0;
  ++self.timer_generation_;
  Wheel& wheel = wheels_[(handle >> 52) - 1];
  std::lock_guard guard(wheel.lock);
  Timer* timer = wheel.wheel->find((handle >> 24) & 0xFFFFFFF, static_cast<uint32_t>(handle & TimerWheel::kGenerationMask));
  if (!timer || !timer->linked) return;           // fired: its signal is stale now
  wheel.wheel->remove(timer);
  wheel.wheel->release(timer);
  update(wheel);
}

// --- timers with a reference ---

void Timers::resize(Shard& shard, size_t buckets) {
  std::vector<Timer*> other(buckets);
  for (Timer* at : shard.buckets) {
    while (at) {
      Timer* next = at->chain_next;
      Timer*& place = other[bucket_of(at->reference, buckets)];
      at->chain_next = place;
      place = at;
      at = next;
    }
  }
  shard.buckets.swap(other);
}

void Timers::insert(Shard& shard, Timer* timer) {
  if (shard.count >= shard.buckets.size()) resize(shard, shard.buckets.size() * 2);
  Timer*& place = shard.buckets[bucket_of(timer->reference, shard.buckets.size())];
  timer->chain_next = place;
  place = timer;
  timer->indexed = true;
  ++shard.count;
  if (!timer->to.is_local_pid()) return;
  pid_counter(timer->to).fetch_add(1, std::memory_order_relaxed);
  Timer*& first = shard.pids[timer->to.pid_number() % 64];
  timer->pid_previous = nullptr;
  timer->pid_next = first;
  if (first) first->pid_previous = timer;
  first = timer;
}

Timer* Timers::find(Shard& shard, const uint64_t reference[2]) {
  Timer* at = shard.buckets[bucket_of(reference, shard.buckets.size())];
  while (at && !is_same(at->reference, reference)) at = at->chain_next;
  return at;
}

void Timers::take_out(Shard& shard, Timer* timer) {
  Timer** place = &shard.buckets[bucket_of(timer->reference, shard.buckets.size())];
  while (*place != timer) place = &(*place)->chain_next;
  *place = timer->chain_next;
  timer->chain_next = nullptr;
  timer->indexed = false;
  --shard.count;
  if (shard.buckets.size() > kLeastBuckets && shard.count < shard.buckets.size() / 8) resize(shard, shard.buckets.size() / 2);
  if (!timer->to.is_local_pid()) return;
  pid_counter(timer->to).fetch_sub(1, std::memory_order_relaxed);
  if (timer->pid_previous) timer->pid_previous->pid_next = timer->pid_next;
  else shard.pids[timer->to.pid_number() % 64] = timer->pid_next;
  if (timer->pid_next) timer->pid_next->pid_previous = timer->pid_previous;
  timer->pid_next = timer->pid_previous = nullptr;
}

bool Timers::take_from_wheel(Timer* timer) {
  Wheel& wheel = wheels_[timer->wheel];
  heap::Parcel message;
  {
    std::lock_guard guard(wheel.lock);
    if (!timer->linked) return false;
    message = timer->message;
    timer->message = {};
    wheel.wheel->remove(timer);
    wheel.wheel->release(timer);
    update(wheel);
  }
  heap::discard(message);
  return true;
}

void Timers::start(const uint64_t reference[2], int64_t deadline_ns, Term to, heap::Parcel message) {
  uint32_t index = host_.current_wheel();
  Timer* timer = allocate(index < wheel_count_ ? index : 0, TimerKind::Message, deadline_ns);
  timer->reference[0] = reference[0];
  timer->reference[1] = reference[1];
  timer->to = to;
  timer->message = message;
  Shard& shard = shard_of(reference);
  {
    // Into the wheel under the shard's lock: a cancel from elsewhere finds both or neither.
    std::lock_guard guard(shard.lock);
    insert(shard, timer);
    add(timer);
  }
  // Its receiver may have ended just before: what process_exited did not see goes now.
  if (to.is_local_pid() && !runtime_.processes->find(to)) cancel(reference);
}

int64_t Timers::cancel(const uint64_t reference[2]) {
  int64_t now = runtime_.clock->monotonic_ns();
  Shard& shard = shard_of(reference);
  std::lock_guard guard(shard.lock);
  Timer* timer = find(shard, reference);
  if (!timer) return -1;
  int64_t left = left_ms(*timer, now);
  take_out(shard, timer);
  take_from_wheel(timer);
  return left;
}

int64_t Timers::read(const uint64_t reference[2]) {
  int64_t now = runtime_.clock->monotonic_ns();
  Shard& shard = shard_of(reference);
  std::lock_guard guard(shard.lock);
  Timer* timer = find(shard, reference);
  return timer ? left_ms(*timer, now) : -1;
}

void Timers::process_exited(Process& self) {
  cancel_receive_timer(self);
  Term pid = self.pid();
  if (pid_counter(pid).load(std::memory_order_relaxed) == 0) return;
  for (Shard& shard : shards_) {
    std::lock_guard guard(shard.lock);
    for (Timer* at = shard.pids[pid.pid_number() % 64]; at;) {
      Timer* next = at->pid_next;
      if (at->to == pid) {
        take_out(shard, at);
        take_from_wheel(at);
      }
      at = next;
    }
  }
}

std::vector<Timers::Waiting> Timers::waiting() {
  std::vector<const Timer*> found;
  for (Shard& shard : shards_) {
    std::lock_guard guard(shard.lock);
    for (const Timer* timer : shard.buckets) {
      for (; timer; timer = timer->chain_next) found.push_back(timer);
    }
  }
  auto key = [](const Timer* timer) { return std::tuple(timer->deadline_ns, timer->wheel, timer->order); };
  std::sort(found.begin(), found.end(), [&](const Timer* a, const Timer* b) { return key(a) < key(b); });
  const int64_t now = runtime_.clock->monotonic_ns();
  std::vector<Waiting> out;
  for (const Timer* timer : found) out.push_back({timer->to, timer->message.term, left_ms(*timer, now)});
  return out;
}

void Timers::call_at(int64_t deadline_ns, void (*function)(void*), void* argument) {
  uint32_t index = host_.current_wheel();
  Timer* timer = allocate(index < wheel_count_ ? index : 0, TimerKind::Callback, deadline_ns);
  timer->function = function;
  timer->argument = argument;
  add(timer);
}

// --- firing ---

int64_t Timers::next_ns_for_sure(uint32_t index) {
  std::lock_guard guard(wheels_[index].lock);
  return next_ns(index);
}

void Timers::fire(uint32_t index, int64_t now_ns) {
  Wheel& wheel = wheels_[index];
  Timer* due;
  {
    std::lock_guard guard(wheel.lock);
    due = wheel.wheel->advance(now_ns);
    update(wheel);
  }
  while (due) {
    Timer* next = due->next;
    deliver(due);
    due = next;
  }
}

// The node is unlinked: only this thread and, through the index, a canceller know it; the canceller leaves it to us.
void Timers::deliver(Timer* timer) {
  TimerKind kind = timer->kind;
  Term to = timer->to;
  uint32_t generation = timer->receive_generation;
  auto function = timer->function;
  auto argument = timer->argument;
  heap::Parcel message = timer->message;
  bool is_mine = true;
  if (kind == TimerKind::Message) {
    Shard& shard = shard_of(timer->reference);
    std::lock_guard guard(shard.lock);
    is_mine = timer->indexed;
    if (is_mine) take_out(shard, timer);
  }
  {
    Wheel& wheel = wheels_[timer->wheel];
    std::lock_guard guard(wheel.lock);
    wheel.wheel->release(timer);
  }
  if (kind == TimerKind::Callback) {
    function(argument);
  } else if (kind == TimerKind::Receive) {
    process::Signal* signal = process::Signal::create(process::SignalKind::Timeout);
    signal->number = generation;
    process::deliver(runtime_, to, signal);
  } else if (!is_mine) {
    heap::discard(message);
  } else {
    Term receiver = to.is_atom() ? runtime_.registry->find(to) : to;
    // To a port by its own name only: its driver started it.
    if (receiver.is_local_pid() || to.is_local_port()) process::send_parcel(runtime_, receiver, message);
    else heap::discard(message);
  }
}

}  // namespace athanor::sched
