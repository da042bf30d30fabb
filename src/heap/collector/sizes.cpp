// SPDX-License-Identifier: Apache-2.0
// The growth sequence of heaps: each size is the sum of the two before it up to a million words, then steps of 20 %.
#include <array>
#include <bit>

#include "heap/collector/collector.hpp"

namespace athanor::heap {

namespace {
struct Sizes {
  std::array<size_t, 160> words{};
  size_t count = 0;
  std::array<uint8_t, 65> first{};   // by the width of a number: the first size that could hold one so wide
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
    for (size_t width = 1; width < first.size(); ++width) {
      first[width] = first[width - 1];
      while (first[width] < count && words[first[width]] < size_t{1} << (width - 1)) ++first[width];
    }
  }
};
constexpr Sizes kSizes;
static_assert(kSizes.words[5] == 233);
}  // namespace

// Asked by every collection: a few sizes are as wide as the number, so that looking at these takes less than a search among all.
size_t next_heap_size(size_t words) {
  for (size_t i = kSizes.first[static_cast<size_t>(std::bit_width(words))]; i < kSizes.count; ++i) {
    if (kSizes.words[i] >= words) return kSizes.words[i];
  }
  return words;
}

}  // namespace athanor::heap
