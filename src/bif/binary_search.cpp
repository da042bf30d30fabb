// SPDX-License-Identifier: Apache-2.0
// Searching binaries for one or several needles.
#include "bif/binary_search.hpp"

#include <cstring>

namespace athanor::bif::search {

namespace {
constexpr size_t kMaxTable = size_t{1} << 20;   // entries
}

Pattern::Pattern(std::vector<std::string> needles) : single_(needles.size() == 1) {
  if (single_) needle_ = std::move(needles[0]);
  else build(needles);
}

uint32_t Pattern::edge(uint32_t state, uint8_t byte) const {
  const auto found = edges_.find(uint64_t{state} << 8 | byte);
  return found == edges_.end() ? kNone : found->second;
}

void Pattern::build(const std::vector<std::string>& needles) {
  states_.emplace_back();
  // The trie, in order of insertion; then breadth first for the suffix links.
  struct Edge { uint32_t from; uint8_t byte; uint32_t to; };
  std::vector<Edge> by_creation;
  for (const std::string& needle : needles) {
    uint32_t at = 0;
    for (const char c : needle) {
      const auto byte = static_cast<uint8_t>(c);
      uint32_t next = edge(at, byte);
      if (next == kNone) {
        next = static_cast<uint32_t>(states_.size());
        states_.push_back({0, states_[at].depth + 1, 0});
        edges_.emplace(uint64_t{at} << 8 | byte, next);
        by_creation.push_back({at, byte, next});
        if (classes_[byte] == 0) classes_[byte] = static_cast<uint16_t>(class_count_++);
      }
      at = next;
    }
    states_[at].output = states_[at].depth;
  }
  std::vector<std::vector<Edge>> by_depth;
  for (const Edge& e : by_creation) {
    const size_t depth = states_[e.to].depth;
    if (by_depth.size() < depth) by_depth.resize(depth);
    by_depth[depth - 1].push_back(e);
  }
  for (const auto& level : by_depth) {
    for (const Edge& e : level) {
      State& state = states_[e.to];
      if (e.from != 0) {
        uint32_t suffix = states_[e.from].fail;
        uint32_t next;
        while ((next = edge(suffix, e.byte)) == kNone && suffix != 0) suffix = states_[suffix].fail;
        state.fail = next == kNone ? 0 : next;
      }
      if (state.output == 0) state.output = states_[state.fail].output;
    }
  }
  if (states_.size() * class_count_ > kMaxTable) return;
  table_.resize(states_.size() * class_count_);
  for (const auto& [key, to] : edges_) table_[(key >> 8) * class_count_ + classes_[key & 0xFF]] = to;
  // A missing edge goes where the suffix goes; a state's suffix is nearer to the root, so its row is complete.
  for (const auto& level : by_depth) {
    for (const Edge& e : level) {
      uint32_t* row = &table_[size_t{e.to} * class_count_];
      const uint32_t* suffix = &table_[size_t{states_[e.to].fail} * class_count_];
      for (uint32_t c = 1; c < class_count_; ++c) {
        if (row[c] == 0) row[c] = suffix[c];
      }
    }
  }
  edges_.clear();
}

uint32_t Pattern::step(uint32_t state, uint8_t byte) const {
  if (!table_.empty()) return table_[size_t{state} * class_count_ + classes_[byte]];
  if (classes_[byte] == 0) return 0;
  for (;;) {
    const uint32_t next = edge(state, byte);
    if (next != kNone) return next;
    if (state == 0) return 0;
    state = states_[state].fail;
  }
}

bool Pattern::find(std::string_view text, size_t from, Found& found) const {
  if (single_) {
    if (text.size() - from < needle_.size()) return false;
    const void* at = needle_.size() == 1 ? std::memchr(text.data() + from, needle_[0], text.size() - from)
                                         : memmem(text.data() + from, text.size() - from, needle_.data(), needle_.size());
    if (at == nullptr) return false;
    found = {static_cast<size_t>(static_cast<const char*>(at) - text.data()), needle_.size()};
    return true;
  }
  uint32_t state = 0;
  bool have = false;
  for (size_t i = from; i < text.size(); ++i) {
    state = step(state, static_cast<uint8_t>(text[i]));
    if (state == 0 && !have) continue;
    const State& here = states_[state];
    // Nothing that is still open starts at or before what was found.
    if (have && i + 1 - here.depth > found.start) return true;
    if (here.output != 0) {
      const size_t start = i + 1 - here.output;
      if (!have || start <= found.start) {
        found = {start, here.output};
        have = true;
      }
    }
  }
  return have;
}

}  // namespace athanor::bif::search
