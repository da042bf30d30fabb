// SPDX-License-Identifier: Apache-2.0
// What the verifier knows at one place of a function: its frame, which registers hold terms, which catches are open. States
// meet at labels; only what every way brings along is kept.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace athanor::beam {

// A set of register numbers below 64 * kWords. Nearly all code does with one word.
template <size_t kWords>
struct RegisterSet {
  static constexpr uint32_t kLimit = 64 * kWords;
  std::array<uint64_t, kWords> words{};

  bool has(uint32_t n) const { return words[n / 64] >> (n % 64) & 1; }
  void add(uint32_t n) { words[n / 64] |= uint64_t{1} << (n % 64); }
  void remove(uint32_t n) { words[n / 64] &= ~(uint64_t{1} << (n % 64)); }
  static RegisterSet first(uint32_t count) {
    RegisterSet set;
    for (size_t i = 0; i < kWords; ++i, count = count > 64 ? count - 64 : 0) set.words[i] = count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
    return set;
  }
  void keep(const RegisterSet& other) {
    for (size_t i = 0; i < kWords; ++i) words[i] &= other.words[i];
  }
  bool contains(const RegisterSet& other) const {
    for (size_t i = 0; i < kWords; ++i) {
      if (other.words[i] & ~words[i]) return false;
    }
    return true;
  }
  bool has_first(uint32_t count) const { return contains(first(count)); }
  void shift_down(uint32_t by) {
    for (uint32_t i = 0; i < kLimit; ++i) {
      bool bit = i + by < kLimit && has(i + by);
      if (bit) add(i); else remove(i);
    }
  }
  friend bool operator==(const RegisterSet&, const RegisterSet&) = default;
};
template <>
inline void RegisterSet<1>::shift_down(uint32_t by) { words[0] = by < 64 ? words[0] >> by : 0; }

constexpr int32_t kNoFrame = -1;
constexpr int32_t kUndecidedFrame = -2;      // ways with frames of different sizes met: it can neither be given up nor called from
constexpr uint32_t kNoCatches = 0;
constexpr uint32_t kMixedCatches = UINT32_MAX;   // ways with different open catches met: none can be closed any more

template <size_t kWords>
struct CodeState {
  bool is_reachable = false;
  bool is_matching = false;        // x registers may hold parts of the message under the receive cursor, which is not ours yet
  bool has_parts = false;          // so may y registers
  bool has_mark = false;           // x0 may be no term, but what says to catch_end that an exception came
  bool is_collectable = false;     // every slot of the frame was written, though `y` no longer shows it
  int32_t frame = kNoFrame;        // slots, or one of the above
  uint32_t catches = kNoCatches;   // innermost open catch in CatchChains
  RegisterSet<kWords> x, y;        // hold a term (y: or an open catch)
};

// Open catches as lists that share their tails.
class CatchChains {
 public:
  CatchChains() : nodes_{{0, 0}} {}
  uint32_t opened(uint32_t chain, uint32_t y) {
    nodes_.push_back({chain, y});
    return static_cast<uint32_t>(nodes_.size() - 1);
  }
  uint32_t innermost(uint32_t chain) const { return nodes_[chain].y; }
  uint32_t closed(uint32_t chain) const { return nodes_[chain].outer; }
  bool holds(uint32_t chain, uint32_t y) const {
    for (; chain != kNoCatches; chain = nodes_[chain].outer) {
      if (nodes_[chain].y == y) return true;
    }
    return false;
  }
  bool same(uint32_t a, uint32_t b) const {
    if (a == kMixedCatches || b == kMixedCatches) return a == b;
    for (; a != b; a = nodes_[a].outer, b = nodes_[b].outer) {
      if (a == kNoCatches || b == kNoCatches || nodes_[a].y != nodes_[b].y) return false;
    }
    return true;
  }
  template <class Set>
  void remove_from(Set& y, uint32_t chain) const {
    if (chain == kMixedCatches) return;   // taken out when they were mixed
    for (; chain != kNoCatches; chain = nodes_[chain].outer) y.remove(nodes_[chain].y);
  }
  void clear() { nodes_.resize(1); }

 private:
  struct Node { uint32_t outer, y; };
  std::vector<Node> nodes_;
};

template <size_t kWords>
bool is_collectable(const CodeState<kWords>& state) {
  if (state.is_collectable) return true;
  return state.frame >= 0 ? state.y.has_first(static_cast<uint32_t>(state.frame)) : state.frame == kNoFrame;
}

// Another way leads to the same place.
template <size_t kWords>
void merge(CodeState<kWords>& into, const CodeState<kWords>& other, const CatchChains& chains) {
  if (!into.is_reachable) {
    into = other;
    return;
  }
  into.is_matching |= other.is_matching;
  into.has_parts |= other.has_parts;
  into.has_mark |= other.has_mark;
  into.is_collectable = is_collectable(into) && is_collectable(other);
  auto y = other.y;
  if (!chains.same(into.catches, other.catches)) {
    chains.remove_from(into.y, into.catches);
    chains.remove_from(y, other.catches);
    into.catches = kMixedCatches;
  }
  if (into.frame != other.frame) into.frame = kUndecidedFrame;
  into.x.keep(other.x);
  into.y.keep(y);
}

// May control come from `from` to a place where `at` was taken for granted already?
template <size_t kWords>
bool fits(const CodeState<kWords>& from, const CodeState<kWords>& at, const CatchChains& chains) {
  if (!at.is_reachable || !from.x.contains(at.x)) return false;
  if ((from.is_matching && !at.is_matching) || (from.has_parts && !at.has_parts)) return false;   // see exposes_message
  if (from.has_mark && !at.has_mark) return false;
  if (is_collectable(at) && !is_collectable(from)) return false;
  if (at.frame != kUndecidedFrame && from.frame != at.frame) return false;
  auto y = from.y;
  if (at.catches == kMixedCatches) chains.remove_from(y, from.catches);
  else if (!chains.same(from.catches, at.catches)) return false;
  return y.contains(at.y);
}

}  // namespace athanor::beam
