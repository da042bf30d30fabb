// SPDX-License-Identifier: Apache-2.0
#include "sched/timer_wheel.hpp"

#include <algorithm>
#include <limits>

#include "base/assert.hpp"

namespace athanor::sched {

struct TimerWheel::Chunk {
  static constexpr uint32_t kNodes = 256;
  Chunk* next = nullptr;               // among the roomy ones
  Chunk* previous = nullptr;
  Timer* free = nullptr;
  uint32_t place = 0;
  uint32_t used = 0;
  Timer nodes[kNodes];
};

TimerWheel::TimerWheel(int64_t now_ns) : elapsed_(std::max<int64_t>(0, now_ns / kTickNs)) {}

TimerWheel::~TimerWheel() {
  for (const Place& place : places_) {
    if (!place.chunk) continue;
    for (Timer& timer : place.chunk->nodes)
      if (timer.kind == TimerKind::Message) heap::discard(timer.message);
    delete place.chunk;
  }
}

size_t TimerWheel::nodes() const { return (places_.size() - vacant_.size()) * Chunk::kNodes; }

void TimerWheel::list_as_roomy(Chunk* chunk) {
  chunk->previous = nullptr;
  chunk->next = roomy_;
  if (roomy_) roomy_->previous = chunk;
  roomy_ = chunk;
}

void TimerWheel::unlist(Chunk* chunk) {
  (chunk->previous ? chunk->previous->next : roomy_) = chunk->next;
  if (chunk->next) chunk->next->previous = chunk->previous;
}

TimerWheel::Chunk* TimerWheel::make_chunk() {
  if (vacant_.empty()) {
    vacant_.push_back(static_cast<uint32_t>(places_.size()));
    places_.emplace_back();
  }
  auto* chunk = new Chunk;
  chunk->place = vacant_.back();
  vacant_.pop_back();
  Place& place = places_[chunk->place];
  place.chunk = chunk;
  for (uint32_t i = Chunk::kNodes; i-- > 0;) {
    Timer& timer = chunk->nodes[i];
    timer.index = chunk->place * Chunk::kNodes + i;
    timer.generation = place.first_generation;
    timer.next = chunk->free;
    chunk->free = &timer;
  }
  list_as_roomy(chunk);
  return chunk;
}

void TimerWheel::end_chunk(Chunk* chunk) {
  unlist(chunk);
  uint32_t last = 0;
  for (const Timer& timer : chunk->nodes) last = std::max(last, timer.generation);
  places_[chunk->place] = {nullptr, (last + 1) & kGenerationMask};
  vacant_.push_back(chunk->place);
  delete chunk;
}

Timer* TimerWheel::allocate() {
  Chunk* chunk = roomy_ ? roomy_ : make_chunk();
  if (chunk == empty_) empty_ = nullptr;
  Timer* timer = chunk->free;
  chunk->free = timer->next;
  timer->next = nullptr;
  ++chunk->used;
  if (!chunk->free) unlist(chunk);
  return timer;
}

void TimerWheel::release(Timer* timer) {
  ATH_DCHECK(!timer->linked);
  timer->kind = TimerKind::Free;
  timer->message = {};
  timer->generation = (timer->generation + 1) & kGenerationMask;
  Chunk* chunk = places_[timer->index / Chunk::kNodes].chunk;
  if (!chunk->free) list_as_roomy(chunk);
  timer->next = chunk->free;
  chunk->free = timer;
  if (--chunk->used > 0) return;
  if (empty_) end_chunk(chunk);
  else empty_ = chunk;
}

Timer* TimerWheel::find(uint32_t index, uint32_t generation) {
  if (index / Chunk::kNodes >= places_.size()) return nullptr;
  Chunk* chunk = places_[index / Chunk::kNodes].chunk;
  if (!chunk) return nullptr;
  Timer* timer = &chunk->nodes[index % Chunk::kNodes];
  return timer->kind != TimerKind::Free && timer->generation == generation ? timer : nullptr;
}

void TimerWheel::add(Timer* timer) {
  timer->order = created_++;
  timer->tick = tick_of(timer->deadline_ns);
  link(timer);
  ++count_;
}

// The level is that of the highest digit (base 64) in which the tick differs from the time worked off.
void TimerWheel::link(Timer* timer) {
  int64_t tick = std::max(timer->tick, elapsed_ + 1);     // what is due already fires with the next tick looked at
  timer->tick = tick;
  uint64_t difference = static_cast<uint64_t>(tick) ^ static_cast<uint64_t>(elapsed_);
  int level = std::min((63 - __builtin_clzll(difference | 1)) / kSlotBits, kLevels - 1);
  int slot = static_cast<int>((tick >> (level * kSlotBits)) & (kSlots - 1));
  timer->level = static_cast<uint8_t>(level);
  timer->slot = static_cast<uint8_t>(slot);
  timer->linked = true;
  Timer*& first = slots_[level][slot];
  timer->previous = nullptr;
  timer->next = first;
  if (first) first->previous = timer;
  first = timer;
  occupied_[level] |= uint64_t{1} << slot;
}

void TimerWheel::remove(Timer* timer) {
  ATH_DCHECK(timer->linked);
  Timer*& first = slots_[timer->level][timer->slot];
  if (timer->previous) timer->previous->next = timer->next;
  else first = timer->next;
  if (timer->next) timer->next->previous = timer->previous;
  if (!first) occupied_[timer->level] &= ~(uint64_t{1} << timer->slot);
  timer->next = timer->previous = nullptr;
  timer->linked = false;
  --count_;
}

Timer* TimerWheel::take_slot(int level, int slot) {
  Timer* first = slots_[level][slot];
  slots_[level][slot] = nullptr;
  occupied_[level] &= ~(uint64_t{1} << slot);
  return first;
}

// The occupied slot that comes first. Slots of a level lie ahead of the time worked off within the level's current turn,
// and every slot of a lower level comes before those of a higher one.
bool TimerWheel::next_slot(int& level, int& slot, int64_t& start) const {
  for (level = 0; level < kLevels; ++level) {
    if (!occupied_[level]) continue;
    int shift = level * kSlotBits;
    slot = __builtin_ctzll(occupied_[level]);
    int64_t turn = (elapsed_ >> shift) >> kSlotBits << kSlotBits;
    start = (turn + slot) << shift;
    return true;
  }
  return false;
}

int64_t TimerWheel::next_ns() const {
  int level, slot;
  int64_t start;
  if (!next_slot(level, slot, start)) return std::numeric_limits<int64_t>::max();
  if (start > std::numeric_limits<int64_t>::max() / kTickNs) return std::numeric_limits<int64_t>::max();
  return start * kTickNs;
}

Timer* TimerWheel::advance(int64_t now_ns) {
  int64_t now = now_ns / kTickNs;      // rounds down: a tick counts when it is over
  std::vector<Timer*> due;
  int level, slot;
  int64_t start;
  while (next_slot(level, slot, start) && start <= now) {
    elapsed_ = start;
    Timer* at = take_slot(level, slot);
    while (at) {
      Timer* next = at->next;
      at->next = at->previous = nullptr;
      at->linked = false;
      if (at->tick <= start) {
        due.push_back(at);
        --count_;
      } else {
        link(at);                      // falls to a lower level
      }
      at = next;
    }
  }
  if (now > elapsed_) elapsed_ = now;
  if (due.empty()) return nullptr;
  std::sort(due.begin(), due.end(), [](const Timer* a, const Timer* b) {
    return a->deadline_ns != b->deadline_ns ? a->deadline_ns < b->deadline_ns : a->order < b->order;
  });
  for (size_t i = 0; i + 1 < due.size(); ++i) due[i]->next = due[i + 1];
  due.back()->next = nullptr;
  return due.front();
}

}  // namespace athanor::sched
