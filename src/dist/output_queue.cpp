// SPDX-License-Identifier: Apache-2.0
#include "dist/output_queue.hpp"

namespace athanor::dist {

void OutputQueue::push(std::unique_ptr<Outgoing> message) {
  bytes_ += message->bytes_left();
  weight_ += weight_of(*message);
  if (message->is_last_word()) last_word_bytes_ += message->bytes_left();
  if (message->bytes_left() > kWholeBytes) {
    message->is_large = true;
    large_[message->sender()] += message->bytes_left();
  }
  if (!held_.empty()) {
    if (auto held = held_.find(message->sender()); held != held_.end()) {
      held->second.push_back(std::move(message));
      return;
    }
  }
  ready_.push_back(std::move(message));
}

void OutputQueue::next_frame(io::FrameBatch& batch) {
  std::unique_ptr<Outgoing> message = std::move(ready_.front());
  ready_.pop_front();
  const bool was_started = message->is_started();
  const size_t before = message->bytes_left();
  weight_ -= weight_of(*message);
  message->next_frame(cache_, was_started ? 0 : ++last_sequence_, batch);
  const size_t sent = before - message->bytes_left();
  bytes_ -= sent;
  if (message->is_last_word()) last_word_bytes_ -= sent;
  weight_ += weight_of(*message);
  const uint64_t sender = last_sender_ = message->sender();
  if (message->is_large) {
    auto left = large_.find(sender);
    if ((left->second -= sent) == 0) large_.erase(left);
  }
  if (!message->is_done()) {
    if (!was_started) {
      // What the same sender has queued behind it must not overtake it.
      auto& held = held_[sender];
      for (auto at = ready_.begin(); at != ready_.end();) {
        if ((*at)->sender() != sender) { ++at; continue; }
        held.push_back(std::move(*at));
        at = ready_.erase(at);
      }
    }
    ready_.push_back(std::move(message));
  } else if (was_started) {
    // Now what waited for it; another large one among them holds back the rest again.
    auto held = held_.extract(sender);
    for (auto& waiting : held.mapped()) ready_.push_back(std::move(waiting));
  }
}

}  // namespace athanor::dist
