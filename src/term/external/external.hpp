// SPDX-License-Identifier: Apache-2.0
// The external term format both ways: term_to_binary, binary_to_term, literals, distribution. Iterative; hostile bytes
// give an error, never undefined behaviour.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "term/allocator.hpp"
#include "term/byte_sink.hpp"
#include "term/work_stack.hpp"

namespace athanor::external {

// Distribution: atoms that stand in a message's header, by index.
class AtomIndex {
 public:
  virtual ~AtomIndex() = default;
  virtual int index_of(Term atom) = 0;   // negative: it has no place there, its text is written
};

// Bytes of a large binary that stand at this place of what was written, without having been copied there. It holds a count of the binary.
struct SharedBytes {
  size_t at;
  OffHeapBinary* binary;
  const uint8_t* bytes;
  size_t count;
};

// What of a container is still to be written.
struct EncodeFrame {
  enum class Kind : uint32_t { Elements, Cells, FlatPairs, Nodes, SortedPairs, Value, FunEnd, Bits };
  using Pairs = std::vector<std::pair<Term, Term>>;
  Kind kind;
  uint32_t length;     // Cells: heads written; Bits: offset of the first
  const Term* next;    // elements, values, children; Bits: their bytes
  const Term* keys;
  size_t count;        // left to be written; FunEnd: place of the size; Bits: how many
  Term term;           // Cells: rest of the list; Value: the value; FunEnd: how much was written before the size (raw)
  Pairs* sorted;
};
using EncodeStack = WorkStack<EncodeFrame, 16>;
struct EncodeProgress {
  size_t size = 0;             // bytes so far, those that are shared too
  bool is_too_large = false;   // something was met whose size does not go into the four bytes that the format has for it
};

inline constexpr size_t kSharedFrom = 8192;
struct EncodeOptions {
  int minor_version = 1;
  int compression_level = 0;  // 0 none, 1..9
  bool deterministic = false;
  bool with_version = true;   // leading byte 131
  AtomIndex* atoms = nullptr;
  std::vector<SharedBytes>* shared = nullptr;   // where given, binaries of so many bytes and more are noted here in place of being copied
  size_t shared_from = kSharedFrom;
};
// False: a part of it is larger than the format can say; what was written is of no use.
bool encode(Term t, const EncodeOptions& options, std::string& out);
bool encode(Term t, const EncodeOptions& options, ByteSink& out);   // not compressed
size_t encoded_size(Term t, const EncodeOptions& options);  // erlang:external_size
bool is_representable(Term t);   // false: as for encode()

// Encoding, or only counting the bytes, in steps. `budget` is what may be done now, about a unit a byte or a term; it is lowered by
// what was done. Between two steps the term must stay where it is.
enum class EncodeGoal : uint8_t { Bytes, Size };
class Encoding {
 public:
  Encoding(Term t, const EncodeOptions& options, EncodeGoal goal = EncodeGoal::Bytes);
  Encoding(Encoding&&) noexcept;
  ~Encoding();
  bool step(int64_t& budget);          // true: complete
  size_t size() const { return progress_.size; }
  bool is_representable() const { return !progress_.is_too_large; }   // once complete; false as for encode()
  ByteSink& bytes() { return out_; }   // EncodeGoal::Bytes, once complete

 private:
  class Deflation;
  bool compress(int64_t& budget);

  EncodeOptions options_;
  EncodeGoal goal_;
  ByteSink out_;
  size_t start_ = 0;                   // of the term in out_: behind the version
  EncodeProgress progress_;
  bool is_walked_ = false;
  EncodeStack stack_;
  std::unique_ptr<Deflation> deflation_;
};

struct DecodeOptions {
  bool safe = false;           // no new atoms, external funs must exist
  bool with_version = true;
  const Term* atoms = nullptr; // what indices of atoms mean; null: there are none
  size_t atom_count = 0;
  OffHeapBinary* source = nullptr;   // whose bytes these are: binaries that are most of it share them
  size_t room = SIZE_MAX;      // words free where the term is to be built: one that may take more is sized first
};
struct Decoded {
  Term term;         // none() where the bytes are malformed
  size_t used = 0;   // bytes read
};
// The atom of this text; none() where it is no UTF-8, too long, or the table is full.
Term checked_atom(std::string_view utf8);
Decoded decode(Allocator& heap, const uint8_t* bytes, size_t count, const DecodeOptions& options);

}  // namespace athanor::external
