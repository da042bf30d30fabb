// SPDX-License-Identifier: Apache-2.0
// Patterns of module binary: one (by the C library's two-way search) or several (Aho-Corasick).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "term/off_heap_binary.hpp"

namespace athanor::bif::search {

struct Found {
  size_t start = 0;
  size_t length = 0;
};

// Immutable once made: shared between processes behind binary:compile_pattern/1's reference.
class Pattern : public MagicObject {
 public:
  explicit Pattern(std::vector<std::string> needles);   // none empty, at least one
  bool is_single() const { return single_; }
  // First match in text at or behind `from`: leftmost, and the longest that starts there.
  bool find(std::string_view text, size_t from, Found& found) const;

 private:
  struct State {
    uint32_t fail = 0;      // state of the longest proper suffix
    uint32_t depth = 0;     // bytes from the root
    uint32_t output = 0;    // length of the longest needle that ends here; 0: none
  };
  void build(const std::vector<std::string>& needles);
  uint32_t step(uint32_t state, uint8_t byte) const;
  uint32_t edge(uint32_t state, uint8_t byte) const;   // kNone: no such edge

  static constexpr uint32_t kNone = UINT32_MAX;
  bool single_;
  std::string needle_;                                  // single
  std::vector<State> states_;
  uint16_t classes_[256] = {};                          // 0: occurs in no needle
  uint32_t class_count_ = 1;
  std::vector<uint32_t> table_;                         // states × classes, complete; empty where that would be large
  std::unordered_map<uint64_t, uint32_t> edges_;        // then: state << 8 | byte
};

}  // namespace athanor::bif::search
