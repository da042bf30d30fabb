// SPDX-License-Identifier: Apache-2.0
// Terms from the bytes of an input: each begins with a byte that says of what kind it is. Any bytes are some term, so that mutations stay
// meaningful; where they end, everything is the integer 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "process/process.hpp"

namespace athanor::fuzz {

class TermSource {
 public:
  TermSource(const uint8_t* bytes, size_t count) : at_(bytes), end_(bytes + count) {}

  bool is_empty() const { return at_ == end_; }
  uint8_t byte() { return at_ == end_ ? 0 : *at_++; }
  uint64_t number(int bytes);
  // The next `count` bytes, or what is left.
  std::string_view bytes(size_t count);
  std::string_view rest() { return bytes(static_cast<size_t>(end_ - at_)); }

  // On the heap of the process. `words`: atoms that matter for what is fuzzed; `variables`: earlier terms that may be used again.
  Term term(process::Process& self, const std::vector<std::string_view>& words, const std::vector<Term>& variables, int depth = 0);

 private:
  Term list(process::Process& self, const std::vector<std::string_view>& words, const std::vector<Term>& variables, size_t count, Term tail, int depth);

  const uint8_t* at_;
  const uint8_t* end_;
};

}  // namespace athanor::fuzz
