// SPDX-License-Identifier: Apache-2.0
// Between lists and binaries, and parts of binaries: module erlang.
#define ATH_FAMILY "bif/binaries.def"
#include "bif/bif.hpp"
#include "bif/declare.inc"

#include <cstring>
#include <string>
#include <vector>

#include "bif/binary_part.hpp"
#include "bif/iodata.hpp"

namespace athanor::bif {

namespace bits = athanor::binary;

Term byte_list(Allocator& heap, Term bitstring, uint64_t start, uint64_t count, Term tail) {
  if (count == 0) return tail;
  const bits::Bits from = bits::bits_of(bitstring);
  const uint64_t offset = from.bit_offset + start * 8;
  const uint8_t* at = from.bytes + offset / 8;
  const unsigned shift = offset % 8;
  Term* place = heap.allocate(count * 2);
  for (uint64_t i = 0; i < count; ++i) {
    const unsigned byte = shift == 0 ? at[i] : ((at[i] << shift) | (at[i + 1] >> (8 - shift))) & 0xFF;
    place[2 * i] = Term::small(byte);
    place[2 * i + 1] = i + 1 == count ? tail : Term::list_cell(place + 2 * i + 2);
  }
  return Term::list_cell(place);
}

namespace {

BifResult part(Process& self, Term bitstring, Term position, Term length) {
  uint64_t start, count;
  if (!is_bitstring(bitstring) || !part_of(position, length, bits::bit_size(bitstring) / 8, start, count)) return self.badarg();
  return bits::part(self.heap(), bitstring, start * 8, count * 8);
}

BifResult flatten(Process& self, Term data, iodata::Grain grain) {
  iodata::Measured measured;
  uint64_t work = 0;
  const Term result = iodata::to_bitstring(self.heap(), data, grain, measured, &work);
  if (measured == iodata::Measured::TooLarge) return self.system_limit();
  if (measured == iodata::Measured::Malformed) return self.badarg();
  self.charge(work);
  return result;
}

}  // namespace

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
  self.charge(size / 8 / 32);
  return byte_list(self.heap(), args[0], 0, size / 8, Term::nil());
}

// erlang:binary_to_list/3: positions from 1, both ends included.
BifResult binary_to_list_3(Process& self, const Term* args) {
  if (!is_bitstring(args[0]) || !Term::both_small(args[1], args[2])) return self.badarg();
  const int64_t start = args[1].small_value(), stop = args[2].small_value();
  const auto bytes = static_cast<int64_t>(bits::bit_size(args[0]) / 8);
  if (start < 1 || stop < start || stop > bytes || bits::bit_size(args[0]) % 8 != 0) return self.badarg();
  const auto count = static_cast<uint64_t>(stop - start + 1);
  self.charge(count / 32);
  return byte_list(self.heap(), args[0], static_cast<uint64_t>(start - 1), count, Term::nil());
}

BifResult bitstring_to_list_1(Process& self, const Term* args) {
  if (!is_bitstring(args[0])) return self.badarg();
  const uint64_t size = bits::bit_size(args[0]);
  Term tail = Term::nil();
  if (size % 8 != 0) tail = cons(self.heap(), bits::part(self.heap(), args[0], size - size % 8, size % 8), tail);
  self.charge(size / 8 / 32);
  return byte_list(self.heap(), args[0], 0, size / 8, tail);
}

BifResult list_to_binary_1(Process& self, const Term* args) {
  if (!args[0].is_list()) return self.badarg();
  return flatten(self, args[0], iodata::Grain::Bytes);
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
  return flatten(self, args[0], iodata::Grain::Bits);
}

BifResult iolist_size_1(Process& self, const Term* args) {
  if (!args[0].is_list() && !is_bitstring(args[0])) return self.badarg();
  iodata::Size size;
  switch (iodata::measure(args[0], iodata::Grain::Bytes, size)) {
    case iodata::Measured::Ok: break;
    case iodata::Measured::Malformed: return self.badarg();
    case iodata::Measured::TooLarge: return self.system_limit();
  }
  self.charge(size.cells / 16);
  return integer::from_uint64(self.heap(), size.bits / 8);
}

// erlang:iolist_to_iovec/1: large binaries are kept, what lies between them is gathered.
BifResult iolist_to_iovec_1(Process& self, const Term* args) {
  constexpr uint64_t kKeepBytes = 256;
  const Term data = args[0];
  if (is_bitstring(data)) {
    const uint64_t size = bits::bit_size(data);
    if (size % 8 != 0) return self.badarg();
    return size == 0 ? Term::nil() : cons(self.heap(), data, Term::nil());
  }
  if (!data.is_list()) return self.badarg();
  std::vector<Term> parts;
  std::string gathered;
  const auto flush = [&] {
    if (gathered.empty()) return;
    parts.push_back(bits::from_text(self.heap(), gathered));
    gathered.clear();
  };
  uint64_t cells = 0;
  const bool good = iodata::walk(
      data,
      [&](int64_t byte) {
        gathered.push_back(static_cast<char>(byte));
        return byte >= 0 && byte <= 255;
      },
      [&](Term t) {
        const bits::Bits from = bits::bits_of(t);
        if (from.bit_size % 8 != 0) return false;
        if (from.bit_size / 8 >= kKeepBytes && from.is_aligned()) {
          flush();
          parts.push_back(t);
          return true;
        }
        const size_t before = gathered.size();
        gathered.resize(before + from.bit_size / 8);
        bits::copy_bits(from.bytes, from.bit_offset, reinterpret_cast<uint8_t*>(gathered.data()) + before, 0, from.bit_size);
        return true;
      },
      &cells);
  if (!good) return self.badarg();
  flush();
  self.charge(cells / 8);
  return make_list(self.heap(), parts.data(), parts.size());
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
