// SPDX-License-Identifier: Apache-2.0
// The mailbox: an outer queue that any thread pushes to, an inner queue of messages that the owner alone walks.
//
//   senders ──push──► incoming_ (stack, lock-free) ──fetch (owner; reverses)──► first_ … save_ … last_
//
// Signals that are no message are handled during fetch, in order. A closed mailbox refuses signals.
#pragma once

#include <atomic>
#include <memory>

#include "process/signal.hpp"

namespace athanor::process {

class Mailbox {
 public:
  // Any thread. False: closed (the process has exited); the caller keeps the signal. `was_empty`: first since the last
  // take, so the caller wakes the receiver.
  bool push(Signal* signal, bool& was_empty) {
    Signal* head = incoming_.load(std::memory_order_relaxed);
    do {
      if (head == closed()) return false;
      signal->next = head;
    } while (!incoming_.compare_exchange_weak(head, signal, std::memory_order_acq_rel, std::memory_order_relaxed));
    was_empty = head == nullptr;
    return true;
  }
  bool is_closed() const { return incoming_.load(std::memory_order_relaxed) == closed(); }
  bool has_incoming() const { Signal* s = incoming_.load(std::memory_order_acquire); return s != nullptr && s != closed(); }
  // Owner. All signals pushed so far, oldest first, linked by next; null when none.
  Signal* take_incoming();
  // Owner, at exit: refuses from now on; gives what was there, oldest first.
  Signal* close();

  // --- inner queue of messages; owner only ---
  Signal* peek() const { return *save_; }            // message under the receive cursor, or null at the end
  void advance() { save_ = &(*save_)->next; }        // it did not match
  Signal* remove_current();                          // it matched; the cursor goes back to the first
  void restart() { save_ = &first_; }
  void skip_to_end() { save_ = last_; }              // the next receive looks only at what comes from now on
  void append(Signal* message);
  void destroy_all();                                // owner, after close: frees the inner queue
  size_t count() const { return count_; }
  Signal* first() const { return first_; }
  // Receive markers: `mark` notes the end of the queue (a reference was just made), `use` starts the scan there. OTP: at most eight.
  void mark_reserve();                               // recv_marker_reserve
  void mark_settle(uint64_t age);                    // the signal that mark_reserve sent after what had arrived comes by
  void mark_bind(const uint64_t reference[2]);       // the reserved mark now belongs to this reference
  void mark_clear(const uint64_t reference[2]);
  void mark_use(const uint64_t reference[2]);

 private:
  static Signal* closed() { return reinterpret_cast<Signal*>(1); }
  std::atomic<Signal*> incoming_{nullptr};
  Signal* first_ = nullptr;
  Signal** last_ = &first_;
  Signal** save_ = &first_;
  size_t count_ = 0;
  enum class MarkState : uint8_t { Unused, Reserved, Bound };
  struct Mark {
    uint64_t reference[2];
    Signal** place;
    uint32_t age;             // larger: made later
    MarkState state;
  };
  struct Marks {
    Mark all[8] = {};
    uint32_t made = 0;
  };
  Mark* bound_to(const uint64_t reference[2]);
  std::unique_ptr<Marks> marks_;   // made with the first mark: a process that never calls another has none
};

}  // namespace athanor::process
