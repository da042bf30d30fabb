// SPDX-License-Identifier: Apache-2.0
// Schedulers that all have work even it out: what each of them has to do, what it can do, and who is to take from whom.
//
//   what a scheduler gives to a level = the reductions a second that it runs of this level and those below (those above come first)
//   fair share of a level             = all its processes, running and waiting, divided as the schedulers give to it
//
// So a queue whose high ones always run gives nothing to its normal ones, and others take them; a thread that the system runs seldom has fewer
// of everything. A scheduler takes what it lacks, never pushes; what is less than a process adds up from look to look, so that of three that
// always run on two schedulers each gets two thirds. Figures are renewed each kPeriodNs by whoever comes by first.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace athanor::sched {

// Priorities that share turns are one level (run_queue.hpp).
enum class Level : uint8_t { Max, High, Shared };
constexpr int kLevels = 3;

// Of one scheduler, by priority; all but `waiting` and `free` only grow.
struct Load {
  uint64_t reductions[4] = {};
  uint64_t taken[4] = {};          // how many left the queue
  uint32_t waiting[4] = {};
  uint32_t free[4] = {};           // of these, those that others may take
  int64_t active_ns = 0;           // with work
  bool is_online = false;
};

class Balance {
 public:
  static constexpr int64_t kPeriodNs = 10'000'000;
  static constexpr double kMemory = 0.75;          // what a period weighs in the next
  static constexpr double kClearly = 1.0 / 16;     // of the fair share of who has too much: less is noise
  static constexpr double kMostTaken = 64;         // processes at a time
  static constexpr double kLongWaitNs = 1'000'000; // who waits for so long is taken though it was just woken

  struct Wish {
    uint32_t from = 0;
    Level level = Level::Shared;
    double weight = 0;             // of normal processes; a low one weighs an eighth
    bool also_woken = false;       // not only who used up his slice: those that talk come back to their like anyway
  };
  using See = std::function<Load(uint32_t index)>;

  explicit Balance(uint32_t schedulers) : rows_(schedulers) {}
  // Scheduler `index`, once a period: what it should take now. False: nothing. Any thread, and never waits for another.
  bool look(uint32_t index, int64_t now_ns, const See& see, Wish& wish);
  // How often figures were renewed.
  uint64_t rounds() const { return rounds_.load(std::memory_order_relaxed); }

 private:
  struct Row {
    Load seen;
    double reductions[4] = {}, taken[4] = {};      // of late
    double active_ns = 0;
    double load[kLevels] = {}, gives[kLevels] = {};
    double free[kLevels] = {};                     // part of load
    double owed[kLevels] = {};                     // lacked at past looks and not yet taken
    bool counts = false;                           // was there for long enough to be judged
  };
  void renew(int64_t now_ns, const See& see);
  void judge(Row& row);
  bool choose(uint32_t index, Level level, Wish& wish);
  bool waits_long(const Row& row, Level level) const;

  std::mutex mutex_;               // of all below
  std::vector<Row> rows_;
  int64_t renewed_ns_ = 0;         // 0: never
  std::atomic<uint64_t> rounds_{0};
};

}  // namespace athanor::sched
