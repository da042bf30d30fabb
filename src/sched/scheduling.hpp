// SPDX-License-Identifier: Apache-2.0
// Scheduling: the machine's scheduler threads, dirty pools, timers and poller. Owns every thread of the machine.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/microstates.hpp"
#include "process/executor.hpp"
#include "process/runtime.hpp"
#include "sched/bindings.hpp"
#include "sched/blocks.hpp"

namespace athanor::sched {

struct SchedulingOptions {
  uint32_t schedulers = 0;          // 0: as many as CPUs (cgroup quota heeded)
  uint32_t schedulers_online = 0;
  uint32_t dirty_cpu = 0;           // 0: as schedulers
  uint32_t dirty_cpu_online = 0;
  uint32_t dirty_io = 10;
  bool schedulers_poll = true;      // one without work waits for descriptors, too
  bool stress = false;              // tiny slices
  Bindings::Options binding;        // of schedulers to processors
};

// system_monitor/2's wishes.
struct SystemMonitor {
  uint64_t pid_raw = 0;                                // Term; 0: nobody
  uint64_t long_gc_ms = 0, long_schedule_ms = 0, large_heap_words = 0;
  bool busy_port = false, busy_dist_port = false;
};

// Machine-wide settings of system_flag/2 and its kin. Any thread.
struct SystemSettings {
  std::atomic<int64_t> last_exact_reductions{0};       // statistics/1: since the last call
  std::atomic<uint32_t> trace_control_word{0};
  static constexpr int64_t kDefaultLoopLimit = 32768;
  std::atomic<bool> internal_state_available{false};   // erts_debug:set_internal_state/2 may be used
  std::atomic<int64_t> binary_loop_limit{kDefaultLoopLimit}, re_loop_limit{kDefaultLoopLimit}, unicode_loop_limit{kDefaultLoopLimit};
  std::mutex monitor_mutex;
  SystemMonitor monitor;                               // guarded by monitor_mutex
};

class Scheduling : public process::Waker {
 public:
  SystemSettings settings;
  // Fills in runtime.clock, chance, timers, waker, scheduling.
  static std::unique_ptr<Scheduling> create(process::Runtime& runtime, const SchedulingOptions& options, process::MakeExecutor make_executor);
  virtual ~Scheduling() = default;
  virtual void start() = 0;         // threads begin
  // No slice begins any more, and scheduler threads end once theirs is over. Any thread.
  virtual void begin_stop() {}
  // Scheduler threads joined: no process runs any more. Dirty threads, timers and the poller go on. Not on a thread of the machine.
  virtual void stop_schedulers() {}
  virtual void stop() = 0;          // all threads joined; processes are left as they are
  // Holds every scheduler between two slices and the poller between two callbacks; returns when none of them is inside one. Dirty threads go
  // on. For who looks at all processes at once (break menu, crash dump). Not on a thread of the machine; calls nest.
  virtual void pause() {}
  virtual void resume() {}
  virtual uint32_t scheduler_count() const = 0;
  virtual uint32_t schedulers_online() const = 0;
  virtual uint32_t dirty_cpu_count() const = 0;
  virtual uint32_t dirty_io_count() const = 0;
  virtual void set_schedulers_online(uint32_t count) = 0;
  virtual uint32_t dirty_cpu_online() const = 0;
  virtual void set_dirty_cpu_online(uint32_t count) = 0;
  enum class Kind : uint8_t { Normal, DirtyCpu, DirtyIo };
  struct Counts { uint32_t total, online, active; };
  virtual Counts counts(Kind) const { return {1, 1, 1}; }   // active: online, and not blocked
  // Normal or All schedulers but one cease to run until as often unblocked by the same process, or until that ends.
  virtual void block(Term /*pid*/, Blocked /*which*/) {}
  virtual void unblock(Term /*pid*/, Blocked /*which*/) {}
  virtual void forget_blocker(Term /*pid*/) {}
  virtual Blocked blocked() const { return Blocked::No; }
  virtual std::vector<Term> blockers(Blocked /*which*/) { return {}; }
  // Has each that may no longer run stopped? False: this process, which is the caller, is made runnable when they have.
  virtual bool wait_until_settled(Term /*pid*/) { return true; }
  // 1.. for scheduler threads, 0 elsewhere.
  virtual uint32_t current_scheduler_id() const = 0;
  // Runs the job on this thread when the slice it is in has ended: so what a process asks for many times in a slice is done in one go. False:
  // the thread is in no slice, and nothing will be done.
  struct SliceJob {
    void (*run)(void* subject);
    void* subject;
  };
  virtual bool after_slice(SliceJob) { return false; }
  virtual uint32_t awake_schedulers() const = 0;   // that have work
  virtual uint32_t run_queue_length() const = 0;
  virtual std::vector<uint32_t> run_queue_lengths() const = 0;
  // Waiting and running, a scheduler.
  virtual std::vector<uint32_t> active_tasks() const = 0;
  virtual uint32_t dirty_queue_length(bool io) const = 0;
  virtual uint32_t dirty_busy(bool io) const = 0;
  virtual uint64_t total_reductions() const = 0;
  virtual uint64_t context_switches() const = 0;
  virtual uint64_t balance_rounds() const { return 0; }   // how often schedulers with work looked whether it is even
  // {active ns, total ns} since measuring was switched on: schedulers, then dirty CPU, then dirty IO, ids counting on. Empty: off.
  virtual void set_wall_time_measuring(bool on) = 0;
  struct WallTime { uint32_t id; int64_t active_ns, total_ns; };
  virtual std::vector<WallTime> wall_times() const = 0;
  // Microstate accounting. Nanoseconds of each thread there is; whether it was on before.
  struct ThreadMicrostates {
    enum Kind : uint8_t { Scheduler, DirtyCpu, DirtyIo, Poll } kind;
    uint32_t id;
    std::array<int64_t, base::kMicrostates> ns;
  };
  virtual std::vector<ThreadMicrostates> microstates() { return {}; }
  enum class MicrostateChange : uint8_t { Off, On, Reset };
  virtual bool change_microstates(MicrostateChange) { return false; }
  // Processors, and schedulers' bindings to them; told to the schedulers by look_at_bindings.
  virtual Bindings& bindings() = 0;
  virtual void look_at_bindings() {}
  virtual size_t timer_count() const = 0;
  virtual size_t polled_descriptors() const = 0;
  virtual std::optional<size_t> polled_by_schedulers() const { return {}; }   // those of them that one without work waits for; none: it waits for none

  // --- poller: readiness of descriptors (edge: asked for once, told once) ---
  enum : uint32_t { kReadable = 1, kWritable = 2 };
  // `callback(argument, ready)` runs on some thread of the machine, once; ask again for more. Any thread.
  virtual void poll(int descriptor, uint32_t interest, void (*callback)(void*, uint32_t), void* argument) = 0;
  virtual void stop_polling(int descriptor) = 0;   // after it returns no callback for it runs or will run

  // --- edges: a descriptor watched without a question each time ---
  // Each time a watched descriptor becomes ready, the handler runs on the poller's thread. It is told the key alone and looks up
  // what that names: an event may come late, after unwatch_edges. kHangUp: the other side will send no more.
  enum : uint32_t { kHangUp = 8 };
  using EdgeHandler = void (*)(process::Runtime& runtime, uint64_t key, uint32_t ready);
  virtual void set_edge_handler(EdgeHandler) {}                     // before any is watched
  // Begins or changes what is watched (kReadable, kWritable); what is ready now counts as an edge. key: 1 .. 2^63 - 1. Any thread.
  virtual void watch_edges(int /*descriptor*/, uint64_t /*key*/, uint32_t /*interest*/) {}
  virtual void unwatch_edges(int /*descriptor*/) {}                 // does not wait

  // Runs a job on a dirty IO thread (closing files, waiting for children). Any thread.
  virtual void run_in_background(void (*job)(void*), void* argument) = 0;
};

}  // namespace athanor::sched
