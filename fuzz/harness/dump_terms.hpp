// SPDX-License-Identifier: Apache-2.0
// The terms of a crash dump by their addresses, as its sections =proc_heap, =literals and =binary give them, and whether they are those that a machine has.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include <absl/container/flat_hash_set.h>

#include "harness/dump_lines.hpp"
#include "term/term.hpp"

namespace athanor::fuzz {

using DumpBinaries = std::unordered_map<uint64_t, std::string>;   // =binary: bytes by address

class DumpHeap {
 public:
  // `literals`: null for these themselves.
  DumpHeap(const DumpBinaries& binaries, const DumpHeap* literals) : binaries_(binaries), literals_(literals) {}
  void add(std::string_view line);   // ADDRESS:term
  // All that lines refer to is there, and of the kind that is asked for. The functions below end the program where something is wrong.
  void check() const;
  void check(const DumpWord& word, std::string_view where) const;
  void expect(const DumpWord& word, Term term) const;

 private:
  struct Pair {
    const DumpWord* word;
    Term term;
  };
  const DumpLine* find(uint64_t address) const;
  const DumpLine& line_at(uint64_t address, const char* what) const;
  std::string_view bytes_of(const DumpLine& line) const;
  void expect_line(const DumpLine& line, Term term, std::vector<Pair>& rest) const;
  void collect_leaves(const DumpLine& line, std::vector<const DumpLine*>& leaves) const;

  const DumpBinaries& binaries_;
  const DumpHeap* const literals_;
  std::unordered_map<uint64_t, DumpLine> lines_;
  mutable absl::flat_hash_set<std::pair<uint64_t, Word>> found_;   // what has been compared: what is shared, once
};

}  // namespace athanor::fuzz
