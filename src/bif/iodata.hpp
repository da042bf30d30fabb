// SPDX-License-Identifier: Apache-2.0
// iodata seen as one run of bytes (or bits): walked without recursion and in steps, so that a long one holds no scheduler up.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "term/allocator.hpp"
#include "term/binary.hpp"
#include "term/boxed.hpp"
#include "term/work_stack.hpp"

namespace athanor::bif::iodata {

enum class Grain : uint8_t { Bytes, Bits };         // Bits: bitstrings of any size may occur
enum class Measured : uint8_t { Ok, Malformed, TooLarge };

constexpr uint64_t kMaxBytes = uint64_t{1} << 40;   // larger cannot be built: system_limit

// --- in one go, for what is short or runs where nothing waits behind it ---
struct Size {
  uint64_t bits = 0;
  uint64_t cells = 0;   // list cells seen: the work
};
Measured measure(Term data, Grain grain, Size& size);

// Writes what measure() accepted; `out` has room for size.bits (a last partial byte included).
void copy_to(Term data, uint8_t* out, uint64_t bits);

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

// The walk over iodata, in steps: byte-sized integers and bitstrings in order. A cell costs a unit of the budget.
enum class Take : uint8_t { Next, Again, Stop };                  // Again: the same bitstring once more, there is more to do with it
enum class Walked : uint8_t { Whole, Paused, Malformed };

class Walk {
 public:
  explicit Walk(Term data) : at_(data) {}
  // After Walked::Whole: once more.
  void restart(Term data) { at_ = data; }

  // Calls on_integer(value), which answers whether the value is good, and on_bitstring(term), which answers a Take and may lower the
  // budget. Malformed: one of them refused, or a term came that has no place in iodata.
  template <class OnInteger, class OnBitstring>
  Walked go_on(int64_t& budget, OnInteger on_integer, OnBitstring on_bitstring) {
    for (;;) {
      if (budget <= 0) return Walked::Paused;
      if (at_.is_list_cell()) {
        --budget;
        const Term head = at_.head();
        if (head.is_small()) {
          if (!on_integer(head.small_value())) return Walked::Malformed;
          at_ = at_.tail();
        } else if (head.is_list_cell()) {
          if (const Term tail = at_.tail(); !tail.is_nil()) rest_.push(tail);
          at_ = head;
        } else if (is_bitstring(head)) {
          const Take take = on_bitstring(head);
          if (take == Take::Stop) return Walked::Malformed;
          if (take == Take::Next) at_ = at_.tail();
        } else if (head.is_nil()) {
          at_ = at_.tail();
        } else {
          return Walked::Malformed;
        }
        continue;
      }
      if (!at_.is_nil()) {
        const Take take = is_bitstring(at_) ? on_bitstring(at_) : Take::Stop;
        if (take == Take::Stop) return Walked::Malformed;
        if (take == Take::Again) continue;
      }
      at_ = Term::nil();
      if (rest_.empty()) return Walked::Whole;
      at_ = rest_.pop();
    }
  }

 private:
  Term at_;
  WorkStack<Term, 16> rest_;
};

// The whole walk: byte-sized integers and bitstrings in order; false from either function, or a term that has no place in iodata, ends it
// with false. Integers are not range-checked here.
template <class OnInteger, class OnBitstring>
bool walk(Term data, OnInteger on_integer, OnBitstring on_bitstring, uint64_t* cells = nullptr) {
  int64_t budget = INT64_MAX;
  const Walked walked = Walk(data).go_on(budget, on_integer, [&](Term part) { return on_bitstring(part) ? Take::Next : Take::Stop; });
  if (cells != nullptr) *cells += static_cast<uint64_t>(INT64_MAX - budget);
  return walked == Walked::Whole;
}

// All bytes in order, given to take(bytes, count).
class Feed {
 public:
  explicit Feed(Term data) : walk_(data) {}
  template <class TakeBytes>
  Walked go_on(int64_t& budget, TakeBytes take) {
    const auto flush = [&] {
      if (held_ != 0) take(gathered_, held_);
      held_ = 0;
    };
    const Walked walked = walk_.go_on(
        budget,
        [&](int64_t byte) {
          if (byte < 0 || byte > 255) return false;
          if (held_ == sizeof gathered_) flush();
          gathered_[held_++] = static_cast<uint8_t>(byte);
          return true;
        },
        [&](Term part) {
          const athanor::binary::Bits bits = athanor::binary::bits_of(part);
          if (!bits.is_whole_bytes()) return Take::Stop;
          flush();
          const size_t size = bits.bit_size / 8, count = std::min(size - offset_, bits.is_aligned() ? kPieceBytes : sizeof gathered_);
          const uint64_t from = bits.bit_offset + offset_ * 8;
          if (bits.is_aligned()) {
            take(bits.bytes + from / 8, count);
          } else {
            athanor::binary::copy_bits(bits.bytes, from, gathered_, 0, count * 8);
            take(gathered_, count);
          }
          budget -= static_cast<int64_t>(count);
          offset_ += count;
          if (offset_ < size) return Take::Again;
          offset_ = 0;
          return Take::Next;
        });
    if (walked == Walked::Whole) flush();
    return walked;
  }

 private:
  static constexpr size_t kPieceBytes = size_t{1} << 16;
  Walk walk_;
  size_t offset_ = 0;           // into the binary under way
  uint8_t gathered_[512];
  size_t held_ = 0;
};

// Measures iodata, then makes one binary or bitstring of it, in steps.
class Flattening {
 public:
  enum class Goal : uint8_t { Whole, Size };
  Flattening(Allocator& heap, Term data, Grain grain, Goal goal = Goal::Whole)
      : heap_(heap), data_(data), grain_(grain), goal_(goal), walk_(data) {}
  bool step(int64_t& budget);
  Measured measured() const { return measured_; }
  uint64_t bytes() const { return size_; }   // Goal::Size
  Term result() const { return result_; }   // where measured() is Ok

 private:
  bool measure(int64_t& budget);
  bool copy(int64_t& budget);

  Allocator& heap_;
  Term data_;
  Grain grain_;
  Goal goal_;
  bool is_measured_ = false;
  Measured measured_ = Measured::Ok;
  Walk walk_;
  uint64_t size_ = 0;           // Goal::Whole: bits; Goal::Size: bytes
  uint8_t* out_ = nullptr;
  uint64_t at_ = 0;             // bits written
  uint64_t offset_ = 0;         // bits of the bitstring under way that are written
  Term result_;
};

}  // namespace athanor::bif::iodata
