// SPDX-License-Identifier: Apache-2.0
// What is known of the processors, and which scheduler is bound to which of them.
//
//   any thread: set_type, set_topology, update ──► a new plan, version grows
//   each scheduler, between two slices, when version is not what it saw: apply ──► its own thread is bound or let go
//
// Only processors that the program may use are planned for; schedulers beyond their number stay unbound.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "sched/topology.hpp"

namespace athanor::sched {

struct ProcessorFigures {
  int configured = 1, online = 1, available = 1, quota = 0;   // quota 0: none
  std::vector<int> allowed;                                   // logical ids
  bool operator==(const ProcessorFigures&) const = default;
};

class Bindings {
 public:
  enum class Which : uint8_t { Used, Detected, Defined };
  struct Options {
    BindType type = BindType::Unbound;
    Topology defined;
    bool skips_detection = false;   // until an update is asked for
  };

  Bindings(uint32_t schedulers, Options options);

  // --- any thread ---
  ProcessorFigures figures() const;
  Topology topology(Which which) const;           // empty: undefined
  BindType type() const;
  // The type before in `type`. False: there is no topology to bind by.
  bool set_type(BindType& type);
  // A checked one; empty: the detected one is used again. Gives the one used before.
  Topology set_topology(Topology defined);
  bool update();                                  // looks at the system again: has anything changed?
  std::vector<int> bound() const;                 // logical id of each scheduler's processor; -1: none

  // --- a scheduler's thread ---
  uint32_t version() const { return version_.load(std::memory_order_acquire); }
  // Binds this thread as planned; the version it did it for. What went wrong is in `error` ("failed to bind to cpu 3: einval").
  uint32_t apply(uint32_t index, std::string& error);

 private:
  // Under mutex_.
  const Topology& detected() const;
  const Topology& used() const { return defined_.empty() ? detected() : defined_; }
  void plan();

  mutable std::mutex mutex_;                      // of all but version_
  ProcessorFigures figures_;
  mutable Topology detected_;
  mutable bool has_looked_;                       // for detected_; nobody may ever ask, and the system tells it file by file
  Topology defined_;
  BindType type_;
  std::vector<int> plan_;                         // by scheduler
  std::vector<int> bound_;
  std::vector<bool> is_applied_;                  // has its thread ever done so? One that has no thread will
  std::atomic<uint32_t> version_{1};
};

}  // namespace athanor::sched
