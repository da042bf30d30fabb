// SPDX-License-Identifier: Apache-2.0
// driver_select: descriptors that drivers wait for. Unlike a question to the poller a selection stays until it is taken back, so the
// question is asked again after each callback. Callbacks run on a background thread, since they may take as long as they like and the
// poller serves everybody; the poller's own part takes this class's lock only, so that stop_polling may be called with a port's.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

#include "driver/registry.hpp"

namespace athanor::driver {

class ForeignPort;

class Selections {
 public:
  explicit Selections(Drivers& drivers) : drivers_(drivers) {}
  // With the port's lock. 0, or -1.
  int select(ForeignPort& port, int descriptor, int mode, bool on);
  size_t closed_count();                 // descriptors selected here that are closed: mistakes
  void forget(ForeignPort& port);        // it is stopped: whatever it left selected

 private:
  struct Entry {
    Selections* all;
    int descriptor;
    Term readers, writers;               // ports; none(): nobody
    bool is_used = false;                // until ERL_DRV_USE is taken back
    bool is_running = false;             // a job is on its way to the callbacks
    uint32_t ready = 0;
  };
  void ask(Entry& entry);
  static void told(void* raw, uint32_t ready);
  static void run(void* raw);
  void call(Entry& entry, bool to_read);
  static bool is_claimed(const Entry& entry) { return !entry.readers.is_none() || !entry.writers.is_none(); }
  void report_stealing(ForeignPort& thief, Term victim, int descriptor, int mode);

  Drivers& drivers_;
  std::mutex mutex_;
  std::unordered_map<int, std::unique_ptr<Entry>> entries_;   // never taken out: a late event finds its entry
};

}  // namespace athanor::driver
