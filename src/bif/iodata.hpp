// SPDX-License-Identifier: Apache-2.0
// iodata seen as one run of bytes (or bits): measured, then copied, without recursion.
#pragma once

#include <cstdint>
#include <vector>

#include "term/allocator.hpp"
#include "term/binary.hpp"
#include "term/boxed.hpp"

namespace athanor::bif::iodata {

enum class Grain : uint8_t { Bytes, Bits };         // Bits: bitstrings of any size may occur
enum class Measured : uint8_t { Ok, Malformed, TooLarge };

constexpr uint64_t kMaxBytes = uint64_t{1} << 40;   // larger cannot be built: system_limit

struct Size {
  uint64_t bits = 0;
  uint64_t cells = 0;   // list cells seen: the work
};
Measured measure(Term data, Grain grain, Size& size);

// Writes what measure() accepted; `out` has room for size.bits (a last partial byte included).
void copy_to(Term data, uint8_t* out, uint64_t bits);

// All of it as one binary or bitstring. none(): malformed or too large (see `result`). Data that is a binary is copied too.
Term to_bitstring(Allocator& heap, Term data, Grain grain, Measured& result, uint64_t* work = nullptr);

// Contiguous bytes of iodata: a binary's own where it is aligned, else a copy. Valid until the next safepoint.
class Flat {
 public:
  Measured read(Term data);
  const uint8_t* bytes() const { return bytes_; }
  size_t size() const { return size_; }

 private:
  const uint8_t* bytes_ = nullptr;
  size_t size_ = 0;
  athanor::binary::Scratch scratch_;
};

// Calls byte(value) for byte-sized integers and bits(term) for bitstrings, in order; false from either, or a term that has no
// place in iodata, ends the walk with false. Integers are not range-checked here.
template <class OnInteger, class OnBitstring>
bool walk(Term data, OnInteger on_integer, OnBitstring on_bitstring, uint64_t* cells = nullptr) {
  std::vector<Term> rest;
  uint64_t count = 0;
  for (;;) {
    while (data.is_list_cell()) {
      ++count;
      const Term head = data.head();
      data = data.tail();
      if (head.is_small()) {
        if (!on_integer(head.small_value())) return false;
      } else if (head.is_list_cell()) {
        if (!data.is_nil()) rest.push_back(data);
        data = head;
      } else if (is_bitstring(head)) {
        if (!on_bitstring(head)) return false;
      } else if (!head.is_nil()) {
        return false;
      }
    }
    if (!data.is_nil() && !(is_bitstring(data) && on_bitstring(data))) return false;
    if (rest.empty()) break;
    data = rest.back();
    rest.pop_back();
  }
  if (cells != nullptr) *cells += count;
  return true;
}

}  // namespace athanor::bif::iodata
