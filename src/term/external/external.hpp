// SPDX-License-Identifier: Apache-2.0
// The external term format both ways: term_to_binary, binary_to_term, literals, distribution. Iterative; hostile bytes
// give an error, never undefined behaviour.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "term/allocator.hpp"

namespace athanor::external {

// Distribution: atoms that stand in a message's header, by index.
class AtomIndex {
 public:
  virtual ~AtomIndex() = default;
  virtual int index_of(Term atom) = 0;   // negative: it has no place there, its text is written
};

struct EncodeOptions {
  int minor_version = 1;
  int compression_level = 0;  // 0 none, 1..9
  bool deterministic = false;
  bool with_version = true;   // leading byte 131
  AtomIndex* atoms = nullptr;
};
void encode(Term t, const EncodeOptions& options, std::string& out);
size_t encoded_size(Term t, const EncodeOptions& options);  // erlang:external_size

struct DecodeOptions {
  bool safe = false;           // no new atoms, external funs must exist
  bool with_version = true;
  const Term* atoms = nullptr; // what indices of atoms mean; null: there are none
  size_t atom_count = 0;
};
struct Decoded {
  Term term;         // none() where the bytes are malformed
  size_t used = 0;   // bytes read
};
// The atom of this text; none() where it is no UTF-8, too long, or the table is full.
Term checked_atom(std::string_view utf8);
Decoded decode(Allocator& heap, const uint8_t* bytes, size_t count, const DecodeOptions& options);

}  // namespace athanor::external
