// SPDX-License-Identifier: Apache-2.0
// Messages waiting to go out on a connection. Order is kept between a sender and the other side, not between senders: a large message
// goes out fragment by fragment in turns with those of others, and only what its own sender has said after it waits for its end.
//
//   ready_: front is next ──one frame──► done, or back to the end
//   held_[sender]: what a sender with a message under way has sent since
#pragma once

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
  std::string next_frame();   // not when empty

 private:
  AtomCacheOut cache_;
  std::deque<std::unique_ptr<Outgoing>> ready_;
  std::unordered_map<uint64_t, std::deque<std::unique_ptr<Outgoing>>> held_;   // an entry for each sender with a started message
  uint64_t last_sequence_ = 0;
  size_t bytes_ = 0;
};

}  // namespace athanor::dist
