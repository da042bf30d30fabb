// SPDX-License-Identifier: Apache-2.0
// Timers: receive timeouts, erlang:start_timer/send_after, timers of the machine itself. Hierarchical wheels; implemented in sched/.
#pragma once

#include <vector>

#include "process/process.hpp"

namespace athanor::process {

class Timers {
 public:
  virtual ~Timers() = default;
  // Receive timeout of the running process: a Timeout signal with its generation at the deadline. Handle != 0.
  virtual uint64_t set_receive_timer(Process& self, int64_t deadline_ns) = 0;
  virtual void cancel_receive_timer(Process& self) = 0;

  // erlang:start_timer & co. The parcel is the whole message to deliver to `to` (local pid or atom). `reference`: words of the
  // timer's reference. `self`: who started it (timers to a pid go when that process ends).
  virtual void start(const uint64_t reference[2], int64_t deadline_ns, Term to, heap::Parcel message) = 0;
  // Milliseconds left (rounded up) or -1 when unknown. Any thread.
  virtual int64_t cancel(const uint64_t reference[2]) = 0;
  virtual int64_t read(const uint64_t reference[2]) = 0;
  virtual void process_exited(Process& self) = 0;   // drops timers that would send to its pid

  // Those of erlang:start_timer & co. that have not fired, the earliest first: of a machine that stands still, for its crash dump.
  struct Waiting { Term to, message; int64_t left_ms; };
  virtual std::vector<Waiting> waiting() = 0;

  // Deadline-driven callbacks for the machine (poller, tests).
  virtual void call_at(int64_t deadline_ns, void (*function)(void*), void* argument) = 0;
};

}  // namespace athanor::process
