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
  if (marks_) {
    for (Mark& mark : marks_->all) {
      if (mark.state != MarkState::Unused && mark.place == &message->next) mark.place = save_;
    }
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
  marks_.reset();
}

void Mailbox::mark_reserve() {
  // A reservation that was never bound is given up first, then an unused mark is taken, then the oldest.
  if (!marks_) marks_ = std::make_unique<Marks>();
  Mark* chosen = nullptr;
  const auto rank = [](const Mark& mark) { return mark.state == MarkState::Reserved ? 0 : mark.state == MarkState::Unused ? 1 : 2; };
  for (Mark& mark : marks_->all) {
    if (!chosen || rank(mark) < rank(*chosen) || (rank(mark) == 2 && rank(*chosen) == 2 && mark.age < chosen->age)) chosen = &mark;
  }
  chosen->place = last_;
  chosen->age = ++marks_->made;
  chosen->state = MarkState::Reserved;
  if (!has_incoming()) return;
  // What has arrived belongs in front of the mark: a signal to oneself says where that ends. Until it comes by the mark stands too far
  // in front, which costs time and nothing else.
  Signal* signal = Signal::create(SignalKind::Mark);
  signal->number = chosen->age;
  bool was_empty;
  if (!push(signal, was_empty)) Signal::destroy(signal);
}

void Mailbox::mark_settle(uint64_t age) {
  if (!marks_) return;
  for (Mark& mark : marks_->all) {
    if (mark.state != MarkState::Unused && mark.age == age) mark.place = last_;
  }
}

void Mailbox::mark_bind(const uint64_t reference[2]) {
  if (!marks_) return;
  for (Mark& mark : marks_->all) {
    if (mark.state != MarkState::Reserved) continue;
    mark.reference[0] = reference[0];
    mark.reference[1] = reference[1];
    mark.state = MarkState::Bound;
    return;
  }
}

Mailbox::Mark* Mailbox::bound_to(const uint64_t reference[2]) {
  if (!marks_) return nullptr;
  for (Mark& mark : marks_->all) {
    if (mark.state == MarkState::Bound && mark.reference[0] == reference[0] && mark.reference[1] == reference[1]) return &mark;
  }
  return nullptr;
}

void Mailbox::mark_clear(const uint64_t reference[2]) {
  if (Mark* mark = bound_to(reference)) mark->state = MarkState::Unused;
}

void Mailbox::mark_use(const uint64_t reference[2]) {
  if (Mark* mark = bound_to(reference)) save_ = mark->place;
}

}  // namespace athanor::process
