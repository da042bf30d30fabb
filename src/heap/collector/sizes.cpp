// SPDX-License-Identifier: Apache-2.0
// The growth sequence of heaps: each size is the sum of the two before it up to a million words, then steps of 20 %.
#include <algorithm>
#include <array>

#include "heap/collector/collector.hpp"

namespace athanor::heap {

namespace {
struct Sizes {
  std::array<size_t, 160> words{};
  size_t count = 0;
  constexpr Sizes() {
    words[count++] = 12;
    words[count++] = 38;
    while (words[count - 1] < 1'000'000) {
      words[count] = words[count - 1] + words[count - 2] + 1;
      ++count;
    }
    while (count < words.size()) {
      words[count] = words[count - 1] + words[count - 1] / 5;
      ++count;
    }
  }
};
constexpr Sizes kSizes;
static_assert(kSizes.words[5] == 233);
}  // namespace

size_t next_heap_size(size_t words) {
  const size_t* end = kSizes.words.data() + kSizes.count;
  const size_t* found = std::lower_bound(kSizes.words.data(), end, words);
  return found == end ? words : *found;
}

}  // namespace athanor::heap
