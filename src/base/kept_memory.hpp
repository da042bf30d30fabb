// SPDX-License-Identifier: Apache-2.0
// Memory that was given up and is kept to be taken again. What is kept where, what fits and whom the rest goes to is its user's; made for a constinit
// thread_local: nothing is freed at its end.
#pragma once

#include <algorithm>
#include <cstddef>

namespace athanor::base {

template <size_t kMostPieces, size_t kMostBytes>
struct KeptMemory {
  struct Piece {
    void* place;
    size_t bytes;
  };
  Piece pieces[kMostPieces];   // the oldest first
  size_t count;
  size_t bytes;
  bool is_open;                // its user's: a closed one is given nothing

  // Could it be kept, with nothing beside it?
  static constexpr bool may_keep(size_t more) { return more <= kMostBytes; }
  Piece remove(size_t index) {
    const Piece found = pieces[index];
    std::copy(pieces + index + 1, pieces + count, pieces + index);
    --count;
    bytes -= found.bytes;
    return found;
  }
  // One that it may keep. The oldest make room for it: `give_back(piece)`.
  template <class GiveBack>
  void add(void* place, size_t more, GiveBack give_back) {
    while (count == kMostPieces || bytes + more > kMostBytes) give_back(remove(0));
    pieces[count++] = {place, more};
    bytes += more;
  }
  template <class GiveBack>
  void drop(GiveBack give_back) {
    for (size_t i = 0; i < count; ++i) give_back(pieces[i]);
    count = bytes = 0;
  }
};

}  // namespace athanor::base
