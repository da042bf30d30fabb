// SPDX-License-Identifier: Apache-2.0
// Room on a heap for what a built-in is about to build, where it knows how much that is.
#pragma once

#include <algorithm>
#include <memory>

#include "process/continuation.hpp"
#include "process/process.hpp"

namespace athanor::process {

// Words that can be built before fragments are.
inline size_t room_of(Process& self) {
  const size_t free = self.heap().free_words();
  return free - std::min(free, Allocator::kReserveWords);
}

// What to ask make_room for where `words` are going to be built; 0: they fit, or the first kMostRoom of them do.
inline constexpr size_t kMostRoom = size_t{1} << 28;
inline size_t room_lacking(Process& self, size_t words) {
  const size_t wanted = std::min(words, kMostRoom);
  return self.has_room(wanted) ? 0 : wanted;
}

// What comes would not fit into the heap: called again with `args` there is room for `words`. Better than fragments for what is large and of a known
// size. `kept`: of a built-in that found out in long work; called again take_continuation() gives it. It must hold neither terms nor addresses of the heap.
inline BifResult make_room(Process& self, size_t words, const Term* args, uint32_t arity, std::unique_ptr<Continuation> kept = nullptr) {
  if (kept) kept->holds_addresses = false;
  const BifResult result = self.suspend(std::move(kept), args, arity);
  self.room_wanted_ = static_cast<uint32_t>(std::min(words, kMostRoom));
  self.pending_ = Pending::Room;   // not at the end of the slice: at once
  return result;
}

}  // namespace athanor::process
