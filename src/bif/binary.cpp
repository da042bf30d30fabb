// SPDX-License-Identifier: Apache-2.0
// Module binary, all but searching (binary_match.cpp).
#define ATH_FAMILY "bif/binary.def"
#include "bif/bif.hpp"
#include "bif/declare.inc"

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "bif/binary_part.hpp"
#include "bif/iodata.hpp"

namespace athanor::bif::binary {

namespace bits = athanor::binary;

namespace {

// Bytes of a whole-byte binary; false: none.
bool bytes_of(Term t, bits::Scratch& scratch, std::string_view& bytes) {
  if (!is_bitstring(t) || bits::bit_size(t) % 8 != 0) return false;
  bytes = bits::bytes_of(t, scratch);
  return true;
}

BifResult byte_at(Process& self, Term binary, int64_t position, bool from_end) {
  bits::Scratch scratch;
  std::string_view bytes;
  if (!bytes_of(binary, scratch, bytes) || bytes.empty()) return self.badarg();
  if (from_end) position = static_cast<int64_t>(bytes.size()) - 1;
  if (position < 0 || static_cast<uint64_t>(position) >= bytes.size()) return self.badarg();
  return Term::small(static_cast<uint8_t>(bytes[static_cast<size_t>(position)]));
}

BifResult copies(Process& self, Term binary, Term count) {
  bits::Scratch scratch;
  std::string_view bytes;
  if (!bytes_of(binary, scratch, bytes) || !is_integer(count) || integer::is_negative(count)) return self.badarg();
  uint64_t total, times;
  if (!integer::to_uint64(count, times)) return self.badarg();
  if (__builtin_mul_overflow(times, bytes.size(), &total) || total > iodata::kMaxBytes) return self.system_limit();
  uint8_t* out;
  Term result = bits::make_uninitialised_or_none(self.heap(), total, &out);
  if (result.is_none()) return self.system_limit();
  if (bytes.size() == 1) {
    std::memset(out, bytes[0], total);
  } else if (total != 0) {
    std::memcpy(out, bytes.data(), bytes.size());
    for (uint64_t done = bytes.size(); done < total;) {
      const uint64_t step = done < total - done ? done : total - done;
      std::memcpy(out + done, out, step);
      done += step;
    }
  }
  self.charge(total >> 14);
  return result;
}

bool is_little(Term endianness, bool& little) {
  if (endianness == atoms::little) little = true;
  else if (endianness == atoms::big) little = false;
  else return false;
  return true;
}

BifResult encode(Process& self, Term number, bool little) {
  if (!is_integer(number) || integer::is_negative(number)) return self.badarg();
  uint64_t small_limb;
  const uint64_t* limbs = &small_limb;
  size_t count = 1;
  if (number.is_small()) {
    small_limb = static_cast<uint64_t>(number.small_value());
  } else {
    limbs = integer::limbs(number);
    count = integer::limb_count(number);
  }
  const uint64_t top = limbs[count - 1];
  const size_t size = (count - 1) * 8 + (top == 0 ? 1 : static_cast<size_t>(71 - __builtin_clzll(top)) / 8);
  uint8_t* out;
  Term result = bits::make_uninitialised(self.heap(), size, &out);
  for (size_t i = 0; i < size; ++i) out[little ? i : size - 1 - i] = static_cast<uint8_t>(limbs[i / 8] >> (i % 8 * 8));
  return result;
}

BifResult decode(Process& self, Term binary, bool little) {
  bits::Scratch scratch;
  std::string_view bytes;
  if (!bytes_of(binary, scratch, bytes)) return self.badarg();
  const Term number = integer::from_bytes(self.heap(), reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), little, false);
  return number.is_none() ? self.system_limit() : BifResult(number);
}

// Length of the longest common start (or end) of the binaries in a list.
BifResult longest_common(Process& self, Term list, bool at_end) {
  if (!list.is_list_cell()) return self.badarg();
  bits::Scratch first_scratch;
  std::string_view first;
  if (!bytes_of(list.head(), first_scratch, first)) return self.badarg();
  size_t common = first.size();
  uint64_t work = 0;
  for (list = list.tail(); list.is_list_cell(); list = list.tail()) {
    bits::Scratch scratch;
    std::string_view other;
    if (!bytes_of(list.head(), scratch, other)) return self.badarg();
    if (other.size() < common) common = other.size();
    size_t i = 0;
    while (i < common && (at_end ? first[first.size() - 1 - i] == other[other.size() - 1 - i] : first[i] == other[i])) ++i;
    common = i;
    work += i;
  }
  if (!list.is_nil()) return self.badarg();
  self.charge(work / 1024);
  return Term::small(static_cast<int64_t>(common));
}

BifResult part(Process& self, Term bitstring, Term position, Term length) {
  uint64_t start, count;
  if (!is_bitstring(bitstring) || !part_of(position, length, bits::bit_size(bitstring) / 8, start, count)) return self.badarg();
  return bits::part(self.heap(), bitstring, start * 8, count * 8);
}

}  // namespace

BifResult at_2(Process& self, const Term* args) {
  if (!args[1].is_small()) return self.badarg();
  return byte_at(self, args[0], args[1].small_value(), false);
}
BifResult first_1(Process& self, const Term* args) { return byte_at(self, args[0], 0, false); }
BifResult last_1(Process& self, const Term* args) { return byte_at(self, args[0], 0, true); }

BifResult copy_1(Process& self, const Term* args) { return copies(self, args[0], Term::small(1)); }
BifResult copy_2(Process& self, const Term* args) { return copies(self, args[0], args[1]); }

BifResult encode_unsigned_1(Process& self, const Term* args) { return encode(self, args[0], false); }
BifResult encode_unsigned_2(Process& self, const Term* args) {
  bool little;
  return is_little(args[1], little) ? encode(self, args[0], little) : self.badarg();
}
BifResult decode_unsigned_1(Process& self, const Term* args) { return decode(self, args[0], false); }
BifResult decode_unsigned_2(Process& self, const Term* args) {
  bool little;
  return is_little(args[1], little) ? decode(self, args[0], little) : self.badarg();
}

BifResult list_to_bin_1(Process& self, const Term* args) {
  if (!args[0].is_list()) return self.badarg();
  return flatten(self, args, 1, iodata::Grain::Bytes);
}

BifResult longest_common_prefix_1(Process& self, const Term* args) { return longest_common(self, args[0], false); }
BifResult longest_common_suffix_1(Process& self, const Term* args) { return longest_common(self, args[0], true); }

BifResult part_3(Process& self, const Term* args) { return part(self, args[0], args[1], args[2]); }
BifResult part_2(Process& self, const Term* args) {
  if (!is_tuple_of(args[1], 2)) return self.badarg();
  return part(self, args[0], tuple_element(args[1], 0), tuple_element(args[1], 1));
}

// binary:referenced_byte_size/1: of the memory behind, however small the part.
BifResult referenced_byte_size_1(Process& self, const Term* args) {
  if (!is_bitstring(args[0])) return self.badarg();
  const Term* box = args[0].pointer();
  if (header_kind(box->raw) == BoxedKind::SubBinary) box = box[4].pointer();
  if (header_kind(box->raw) == BoxedKind::HeapBinary) return Term::small(static_cast<int64_t>(box[1].raw));
  return Term::small(static_cast<int64_t>(reinterpret_cast<OffHeapBinary*>(box[3].raw)->capacity));
}

}  // namespace athanor::bif::binary
