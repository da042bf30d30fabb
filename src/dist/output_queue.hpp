// SPDX-License-Identifier: Apache-2.0
// Messages waiting to go out on a connection. Order is kept between a sender and the other side, not between senders: a large message
// goes out fragment by fragment in turns with those of others, and only what its own sender has said after it waits for its end.
//
//   ready_: front is next ──one frame──► done, or back to the end
//   held_[sender]: what a sender with a message under way has sent since
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <unordered_map>

#include "dist/outgoing.hpp"

namespace athanor::dist {

class OutputQueue {
 public:
  void push(std::unique_ptr<Outgoing> message);
  bool is_empty() const { return ready_.empty(); }
  size_t bytes() const { return bytes_; }
  // What others have to wait for: of a large message one fragment, since it goes out in turns with theirs.
  size_t weight() const { return weight_; }
  // Of what processes said as they ended: nobody waits for its way out.
  size_t last_word_bytes() const { return last_word_bytes_; }
  // Left of the large messages of one sender.
  size_t large_bytes_of(uint64_t sender) const {
    auto found = large_.find(sender);
    return found == large_.end() ? 0 : found->second;
  }
  void next_frame(io::FrameBatch& batch);   // not when empty
  uint64_t last_sender() const { return last_sender_; }   // of the last frame

 private:
  static size_t weight_of(const Outgoing& message) { return std::min(message.bytes_left(), kFragmentBytes); }
  AtomCacheOut cache_;
  std::deque<std::unique_ptr<Outgoing>> ready_;
  std::unordered_map<uint64_t, std::deque<std::unique_ptr<Outgoing>>> held_;   // an entry for each sender with a started message
  uint64_t last_sequence_ = 0;
  std::unordered_map<uint64_t, size_t> large_;   // bytes left of messages that are more than one fragment
  uint64_t last_sender_ = 0;
  size_t bytes_ = 0, weight_ = 0, last_word_bytes_ = 0;
};

}  // namespace athanor::dist
