// SPDX-License-Identifier: Apache-2.0
// Between lists and binaries, and parts of binaries: module erlang.
#define ATH_FAMILY "bif/binaries.def"
#include "bif/bif.hpp"
#include "bif/declare.inc"

#include <algorithm>
#include <vector>

#include "bif/binary_part.hpp"
#include "bif/iodata.hpp"
#include "bif/long_work.hpp"
#include "term/byte_sink.hpp"

namespace athanor::bif {

namespace bits = athanor::binary;

namespace {

BifResult part(Process& self, Term bitstring, Term position, Term length) {
  uint64_t start, count;
  if (!is_bitstring(bitstring) || !part_of(position, length, bits::bit_size(bitstring) / 8, start, count)) return self.badarg();
  return bits::part(self.heap(), bitstring, start * 8, count * 8);
}

constexpr int64_t kCellsPerReduction = 16;

// The bytes [start, start + count) of a bitstring as a list, and in its end the bits behind them, if there are any.
class ListBytes {
 public:
  static constexpr size_t words(uint64_t count) { return 2 * count + 2 + bits::kSubBinaryWords; }

  ListBytes(Allocator& heap, Term bitstring, uint64_t start, uint64_t count, unsigned last_bits) : from_(bits::bits_of(bitstring)), count_(count) {
    if (last_bits != 0) tail_ = cons(heap, bits::part(heap, bitstring, (start + count) * 8, last_bits), tail_);
    from_.bit_offset += start * 8;
    if (count != 0) first_ = heap.allocate(count * 2);
  }
  bool step(int64_t& budget) {
    const uint8_t* at = from_.bytes + from_.bit_offset / 8;
    const unsigned shift = from_.bit_offset % 8;
    const uint64_t end = std::min(count_, done_ + static_cast<uint64_t>(std::max<int64_t>(budget, 0)));
    budget -= static_cast<int64_t>(end - done_);
    Term* cell = first_ + 2 * done_;
    const auto put = [&cell](unsigned byte) {
      cell[0] = Term::small(byte);
      cell[1] = Term::list_cell(cell + 2);
      cell += 2;
    };
    if (shift == 0) {
      for (uint64_t i = done_; i < end; ++i) put(at[i]);
    } else {
      for (uint64_t i = done_; i < end; ++i) put((at[i] << shift | at[i + 1] >> (8 - shift)) & 0xFF);
    }
    done_ = end;
    if (done_ != count_) return false;
    if (count_ != 0) cell[-1] = tail_;
    return true;
  }
  Term result() const { return count_ == 0 ? tail_ : Term::list_cell(first_); }

 private:
  bits::Bits from_;
  uint64_t count_, done_ = 0;
  Term* first_ = nullptr;
  Term tail_ = Term::nil();
};

BifResult list_bytes(Process& self, const Term* args, uint32_t arity, uint64_t start, uint64_t count, unsigned last_bits = 0) {
  if (self.continuation_ == nullptr) {
    if (const size_t words = process::room_lacking(self, ListBytes::words(count)); words != 0) return process::make_room(self, words, args, arity);
  }
  return long_work(
      self, args, arity, kCellsPerReduction, [&] { return ListBytes(self.heap(), args[0], start, count, last_bits); },
      [](ListBytes& work) -> BifResult { return work.result(); });
}

BifResult iolist_answer(Process& self, const iodata::Flattening& work) {
  if (work.measured() == iodata::Measured::TooLarge) return self.system_limit();
  if (work.measured() == iodata::Measured::Malformed) return self.badarg();
  return work.result();
}

}  // namespace

BifResult flatten(Process& self, const Term* args, uint32_t arity, iodata::Grain grain) {
  return long_work(
      self, args, arity, kCellsPerReduction, [&] { return iodata::Flattening(self.heap(), args[0], grain); },
      [&](iodata::Flattening& work) { return iolist_answer(self, work); });
}

namespace erlang {

BifResult binary_part_3(Process& self, const Term* args) { return part(self, args[0], args[1], args[2]); }

BifResult binary_part_2(Process& self, const Term* args) {
  if (!is_tuple_of(args[1], 2)) return self.badarg();
  return part(self, args[0], tuple_element(args[1], 0), tuple_element(args[1], 1));
}

BifResult binary_to_list_1(Process& self, const Term* args) {
  if (!is_bitstring(args[0])) return self.badarg();
  const uint64_t size = bits::bit_size(args[0]);
  if (size % 8 != 0) return self.badarg();
  return list_bytes(self, args, 1, 0, size / 8);
}

// erlang:binary_to_list/3: positions from 1, both ends included.
BifResult binary_to_list_3(Process& self, const Term* args) {
  if (!is_bitstring(args[0]) || !Term::both_small(args[1], args[2])) return self.badarg();
  const int64_t start = args[1].small_value(), stop = args[2].small_value();
  const auto bytes = static_cast<int64_t>(bits::bit_size(args[0]) / 8);
  if (start < 1 || stop < start || stop > bytes || bits::bit_size(args[0]) % 8 != 0) return self.badarg();
  const auto count = static_cast<uint64_t>(stop - start + 1);
  return list_bytes(self, args, 3, static_cast<uint64_t>(start - 1), count);
}

BifResult bitstring_to_list_1(Process& self, const Term* args) {
  if (!is_bitstring(args[0])) return self.badarg();
  const uint64_t size = bits::bit_size(args[0]);
  return list_bytes(self, args, 1, 0, size / 8, size % 8);
}

BifResult list_to_binary_1(Process& self, const Term* args) {
  if (!args[0].is_list()) return self.badarg();
  return flatten(self, args, 1, iodata::Grain::Bytes);
}

BifResult iolist_to_binary_1(Process& self, const Term* args) {
  if (is_bitstring(args[0])) {
    if (bits::bit_size(args[0]) % 8 != 0) return self.badarg();
    return args[0];
  }
  return list_to_binary_1(self, args);
}

BifResult list_to_bitstring_1(Process& self, const Term* args) {
  if (!args[0].is_list()) return self.badarg();
  return flatten(self, args, 1, iodata::Grain::Bits);
}

BifResult iolist_size_1(Process& self, const Term* args) {
  if (!args[0].is_list() && !is_bitstring(args[0])) return self.badarg();
  return long_work(
      self, args, 1, kCellsPerReduction,
      [&] { return iodata::Flattening(self.heap(), args[0], iodata::Grain::Bytes, iodata::Flattening::Goal::Size); },
      [&](iodata::Flattening& work) -> BifResult {
        return work.measured() == iodata::Measured::Ok ? integer::from_uint64(self.heap(), work.bytes()) : iolist_answer(self, work);
      });
}

namespace {

// Large binaries are kept, what lies between them is gathered.
class Vectoring {
 public:
  Vectoring(Allocator& heap, Term data) : heap_(heap), walk_(data) {}
  bool step(int64_t& budget) {
    const iodata::Walked walked = walk_.go_on(
        budget,
        [&](int64_t byte) {
          gathered_.push(static_cast<uint8_t>(byte));
          return byte >= 0 && byte <= 255;
        },
        [&](Term t) {
          const bits::Bits from = bits::bits_of(t);
          if (from.bit_size % 8 != 0) return iodata::Take::Stop;
          if (from.bit_size / 8 >= kKeepBytes && from.is_aligned()) {
            flush();
            parts_.push_back(t);
          } else if (from.bit_size != 0) {
            bits::copy_bits(from.bytes, from.bit_offset, gathered_.extend(from.bit_size / 8), 0, from.bit_size);
            budget -= static_cast<int64_t>(from.bit_size / 64);
          }
          return iodata::Take::Next;
        });
    if (walked == iodata::Walked::Paused) return false;
    is_good_ = walked == iodata::Walked::Whole;
    flush();
    return true;
  }
  bool is_good() const { return is_good_; }
  const std::vector<Term>& parts() const { return parts_; }

 private:
  static constexpr uint64_t kKeepBytes = 256;
  void flush() {
    if (gathered_.size() != 0) parts_.push_back(gathered_.take(heap_));
  }
  Allocator& heap_;
  iodata::Walk walk_;
  ByteSink gathered_;
  std::vector<Term> parts_;
  bool is_good_ = false;
};

}  // namespace

BifResult iolist_to_iovec_1(Process& self, const Term* args) {
  const Term data = args[0];
  if (is_bitstring(data)) {
    const uint64_t size = bits::bit_size(data);
    if (size % 8 != 0) return self.badarg();
    return size == 0 ? Term::nil() : cons(self.heap(), data, Term::nil());
  }
  if (!data.is_list()) return self.badarg();
  return long_work(
      self, args, 1, kCellsPerReduction, [&] { return Vectoring(self.heap(), data); },
      [&](Vectoring& work) -> BifResult {
        return work.is_good() ? BifResult(make_list(self.heap(), work.parts().data(), work.parts().size())) : self.badarg();
      });
}

BifResult split_binary_2(Process& self, const Term* args) {
  if (!is_bitstring(args[0]) || !args[1].is_small() || args[1].small_value() < 0) return self.badarg();
  const uint64_t size = bits::bit_size(args[0]);
  const auto at = static_cast<uint64_t>(args[1].small_value());
  if (at > size / 8) return self.badarg();
  Term first = bits::part(self.heap(), args[0], 0, at * 8);
  Term second = bits::part(self.heap(), args[0], at * 8, size - at * 8);
  return make_tuple(self.heap(), first, second);
}

}  // namespace erlang
}  // namespace athanor::bif
