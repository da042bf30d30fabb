// SPDX-License-Identifier: Apache-2.0
#include "process/mailbox.hpp"

namespace athanor::process {

namespace {
Signal* reversed(Signal* newest) {
  Signal* oldest = nullptr;
  while (newest) {
    Signal* next = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = next;
  }
  return oldest;
}
enum MarkState : uint8_t { kUnused, kReserved, kBound };
}  // namespace

Signal* Mailbox::take_incoming() {
  Signal* head = incoming_.load(std::memory_order_relaxed);
  if (head == nullptr || head == closed()) return nullptr;
  // Only close() stores closed(), and only the owner calls either.
  return reversed(incoming_.exchange(nullptr, std::memory_order_acq_rel));
}

Signal* Mailbox::close() {
  Signal* head = incoming_.exchange(closed(), std::memory_order_acq_rel);
  return head == closed() ? nullptr : reversed(head);
}

void Mailbox::append(Signal* message) {
  message->next = nullptr;
  *last_ = message;
  last_ = &message->next;
  ++count_;
}

Signal* Mailbox::remove_current() {
  Signal* message = *save_;
  ATH_DCHECK(message != nullptr);
  *save_ = message->next;
  if (last_ == &message->next) last_ = save_;
  for (Mark& mark : marks_) {
    if (mark.state != kUnused && mark.place == &message->next) mark.place = save_;
  }
  --count_;
  save_ = &first_;
  message->next = nullptr;
  return message;
}

void Mailbox::destroy_all() {
  Signal* message = first_;
  while (message) {
    Signal* next = message->next;
    Signal::destroy(message);
    message = next;
  }
  first_ = nullptr;
  last_ = save_ = &first_;
  count_ = 0;
  for (Mark& mark : marks_) mark.state = kUnused;
}

void Mailbox::mark_reserve() {
  // A reservation that was never bound is given up first, then an unused mark is taken, then the first.
  Mark* chosen = nullptr;
  for (Mark& mark : marks_) {
    if (mark.state == kReserved) chosen = &mark;
  }
  for (Mark& mark : marks_) {
    if (!chosen && mark.state == kUnused) chosen = &mark;
  }
  if (!chosen) {   // the older one goes: marks_[0] is kept the older
    marks_[0] = marks_[1];
    chosen = &marks_[1];
  }
  chosen->place = last_;
  chosen->state = kReserved;
}

void Mailbox::mark_bind(const uint64_t reference[2]) {
  for (Mark& mark : marks_) {
    if (mark.state != kReserved) continue;
    mark.reference[0] = reference[0];
    mark.reference[1] = reference[1];
    mark.state = kBound;
    return;
  }
}

void Mailbox::mark_clear(const uint64_t reference[2]) {
  for (Mark& mark : marks_) {
    if (mark.state == kBound && mark.reference[0] == reference[0] && mark.reference[1] == reference[1]) mark.state = kUnused;
  }
}

void Mailbox::mark_use(const uint64_t reference[2]) {
  for (const Mark& mark : marks_) {
    if (mark.state == kBound && mark.reference[0] == reference[0] && mark.reference[1] == reference[1]) {
      save_ = mark.place;
      return;
    }
  }
}

}  // namespace athanor::process
