// SPDX-License-Identifier: Apache-2.0
// The last calls of a process through exports, with its sends, receives and timeouts: process_flag(save_calls, N).
#pragma once

#include <cstddef>
#include <vector>

#include "term/boxed.hpp"

namespace athanor::process {

class SavedCalls {
 public:
  explicit SavedCalls(size_t most) : most_(most) {}
  size_t most() const { return most_; }
  void note(Mfa mfa) {
    if (calls_.size() < most_) return calls_.push_back(mfa);
    calls_[oldest_] = mfa;
    oldest_ = oldest_ + 1 == most_ ? 0 : oldest_ + 1;
  }
  void note(Term event) { note(Mfa{Term::none(), event, 0}); }   // send, receive, timeout
  // The oldest is 0. Without a module: an event.
  size_t count() const { return calls_.size(); }
  const Mfa& call(size_t index) const { return calls_[(oldest_ + index) % calls_.size()]; }

 private:
  const size_t most_;
  size_t oldest_ = 0;
  std::vector<Mfa> calls_;
};

}  // namespace athanor::process
