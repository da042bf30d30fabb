// SPDX-License-Identifier: Apache-2.0
// Hierarchical timing wheel: 8 levels of 64 slots, one millisecond a tick. Setting, cancelling: constant time. A timer fires
// at the first tick that is not before its deadline; equal ticks fire by (deadline, creation). Not thread-safe.
// Nodes lie in chunks; a chunk whose nodes are all free goes back to the system, but for one that is kept for the next timer.
#pragma once

#include <cstdint>
#include <vector>

#include "heap/copy.hpp"
#include "term/term.hpp"

namespace athanor::sched {

enum class TimerKind : uint8_t { Free, Receive, Message, Callback };

// What fires. Also the node of the wheel's lists.
struct Timer {
  Timer* next = nullptr;
  Timer* previous = nullptr;
  uint64_t order = 0;             // of creation within the wheel
  int64_t deadline_ns = 0;
  int64_t tick = 0;
  TimerKind kind = TimerKind::Free;
  uint8_t level = 0, slot = 0;
  uint16_t wheel = 0;             // whose node this is (timers.cpp)
  bool linked = false;
  uint32_t generation = 0;        // of the node: a handle with another one is stale
  uint32_t index = 0;             // of the node in its wheel
  uint32_t receive_generation = 0;
  Term to;                        // pid (Receive); pid or atom (Message)
  uint64_t reference[2] = {0, 0};
  heap::Parcel message;
  void (*function)(void*) = nullptr;
  void* argument = nullptr;
  Timer* chain_next = nullptr;    // in its bucket of references (timers.cpp)
  Timer* pid_next = nullptr;      // among the timers of its shard that send to one pid
  Timer* pid_previous = nullptr;
  bool indexed = false;           // found by reference; who takes it out of the index owns what becomes of it
};

class TimerWheel {
 public:
  explicit TimerWheel(int64_t now_ns);
  ~TimerWheel();                       // discards messages
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  Timer* allocate();                   // kind to be set by the caller; deadline_ns too, then add
  void release(Timer* timer);          // unlinked; its handle becomes stale
  void add(Timer* timer);
  void remove(Timer* timer);           // linked
  Timer* find(uint32_t index, uint32_t generation);   // null: stale

  // Unlinks what is due and gives it in order of firing, linked by next.
  Timer* advance(int64_t now_ns);
  // When to look again: not later than the earliest deadline's tick. INT64_MAX: no timer.
  int64_t next_ns() const;
  size_t count() const { return count_; }
  size_t nodes() const;                // used and free

  static constexpr uint32_t kGenerationMask = 0xFFFFFF;   // what a handle has room for
  static constexpr int64_t kTickNs = 1'000'000;
  static int64_t tick_of(int64_t deadline_ns) {        // rounds up: never early
    if (deadline_ns <= 0) return 0;
    return deadline_ns / kTickNs + (deadline_ns % kTickNs != 0);
  }

 private:
  static constexpr int kLevels = 8, kSlotBits = 6, kSlots = 1 << kSlotBits;
  struct Chunk;
  // A place for a chunk; the generations of its nodes go on where those of the chunk before it ended.
  struct Place {
    Chunk* chunk = nullptr;
    uint32_t first_generation = 0;
  };
  Chunk* make_chunk();
  void end_chunk(Chunk* chunk);
  void list_as_roomy(Chunk* chunk);
  void unlist(Chunk* chunk);
  void link(Timer* timer);
  Timer* take_slot(int level, int slot);
  bool next_slot(int& level, int& slot, int64_t& start) const;

  int64_t elapsed_;                    // ticks worked off
  uint64_t created_ = 0;
  size_t count_ = 0;
  uint64_t occupied_[kLevels] = {};    // bit a slot
  Timer* slots_[kLevels][kSlots] = {};
  std::vector<Place> places_;
  std::vector<uint32_t> vacant_;       // places without a chunk
  Chunk* roomy_ = nullptr;             // chunks with a free node
  Chunk* empty_ = nullptr;             // the one with nothing but free nodes that is kept; among the roomy ones
};

}  // namespace athanor::sched
