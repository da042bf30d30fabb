// SPDX-License-Identifier: Apache-2.0
// Fresh and appendable binaries for bit syntax construction.
#include "engine/bit_syntax_append.hpp"

#include "term/integer.hpp"

namespace athanor::engine::bit_syntax {

namespace {

Term make_sub_binary(Allocator& heap, Term base, uint64_t bits, bool writable) {
  Term* box = heap.allocate(binary::kSubBinaryWords);
  box[0].raw = make_header(BoxedKind::SubBinary, binary::kSubBinaryWords - 1);
  box[1].raw = bits / 8;
  box[2].raw = 0;
  box[3].raw = (bits & 7) << 8 | (writable ? kSubBinaryWritable : 0);
  box[4] = base;
  return Term::boxed(box);
}

// The BinaryRef box behind an appendable sub-binary of `bits` bits, or null.
Term* appendable(Term source, uint64_t bits) {
  if (boxed_kind(source) != BoxedKind::SubBinary) return nullptr;
  const Term* sub = source.pointer();
  if ((sub[3].raw & kSubBinaryWritable) == 0 || sub[2].raw != 0 || (sub[3].raw & 0xFF) != 0) return nullptr;
  if (!is_kind(sub[4], BoxedKind::BinaryRef)) return nullptr;
  Term* ref = sub[4].pointer();
  if ((ref[5].raw & kWritable) == 0 || ref[1].raw != (bits + 7) / 8) return nullptr;
  OffHeapBinary* bytes = reinterpret_cast<OffHeapBinary*>(ref[3].raw);
  return bytes->references.load(std::memory_order_acquire) == 1 ? ref : nullptr;
}

// Makes room for `total` bits behind an appendable's reference; false: it must not move, or there is no memory for so many.
bool grow(Allocator& heap, Term* ref, uint64_t total) {
  const size_t bytes = (total + 7) / 8;
  OffHeapBinary* shared = reinterpret_cast<OffHeapBinary*>(ref[3].raw);
  if (bytes > shared->capacity) {
    if (ref[5].raw & kHasContexts) return false;
    const size_t before = shared->capacity;
    OffHeapBinary* grown = OffHeapBinary::reallocate_or_null(shared, bytes * 2);
    if (grown == nullptr) grown = OffHeapBinary::reallocate_or_null(shared, bytes);
    if (grown == nullptr) return false;
    shared = grown;
    heap.off_heap().bytes += shared->capacity - before;
    ref[3].raw = reinterpret_cast<Word>(shared);
    ref[4].raw = reinterpret_cast<Word>(shared->data());
  }
  if (total % 8 != 0) shared->data()[bytes - 1] = bytes > ref[1].raw ? 0 : shared->data()[bytes - 1];
  ref[1].raw = bytes;
  shared->size = bytes;
  return true;
}

bool to_bits(Term size, uint64_t unit, uint64_t& bits, Failure& failure) {
  if (!is_integer(size) || integer::is_negative(size)) {
    failure = {atoms::badarg, Term::none()};
    return false;
  }
  uint64_t count;
  if (!integer::to_uint64(size, count) || __builtin_mul_overflow(count, unit, &bits) || bits > kMaxBits) {
    failure = {atoms::system_limit, Term::none()};
    return false;
  }
  return true;
}

Term append_for(process::Process& self, BuildState& state, Term source, Term size, uint32_t unit, bool in_place, Failure& failure) {
  uint64_t bits;
  if (!to_bits(size, 1, bits, failure)) return Term::none();
  Term what;
  Term result = append_bits(self, state, source, bits, unit, in_place, what);
  if (result.is_none()) failure = {what == atoms::size ? atoms::system_limit : atoms::badarg, Term::none()};
  return result;
}

}  // namespace

Term new_bits(Allocator& heap, BuildState& state, uint64_t bits) {
  uint8_t* data;
  Term result = binary::make_uninitialised_or_none(heap, (bits + 7) / 8, &data);
  if (result.is_none()) return result;
  if (bits % 8 != 0) {
    data[bits / 8] = 0;
    result = make_sub_binary(heap, result, bits, false);
  }
  state = {data, 0, bits};
  return result;
}

Term append_bits(process::Process& self, BuildState& state, Term source, uint64_t bits, uint32_t unit, bool in_place, Term& what) {
  Allocator& heap = self.heap();
  if (!is_bitstring(source)) {
    what = atoms::type;
    return Term::none();
  }
  const uint64_t used = binary::bit_size(source);
  if (unit > 1 && used % unit != 0) {
    what = atoms::unit;
    return Term::none();
  }
  if (bits == 0) {
    state = {};
    return source;
  }
  const uint64_t total = used + bits;
  if (bits > kMaxBits || total > kMaxBits) {
    what = atoms::size;
    return Term::none();
  }
  if (Term* ref = appendable(source, used); ref != nullptr && grow(heap, ref, total)) {
    state = {reinterpret_cast<uint8_t*>(ref[4].raw), used, total};
    Term* sub = source.pointer();
    if (in_place) {
      sub[1].raw = total / 8;
      sub[3].raw = (total & 7) << 8 | kSubBinaryWritable;
      return source;
    }
    sub[3].raw &= ~kSubBinaryWritable;
    return make_sub_binary(heap, Term::boxed(ref), total, true);
  }
  // Not ours to extend: a new one with room to grow.
  const size_t bytes = (total + 7) / 8;
  OffHeapBinary* shared = OffHeapBinary::create_or_null(bytes * 2 < 256 ? 256 : bytes * 2);
  if (shared == nullptr) shared = OffHeapBinary::create_or_null(bytes);
  if (shared == nullptr) {
    what = atoms::size;
    return Term::none();
  }
  shared->size = bytes;
  const binary::Bits from = binary::bits_of(source);
  if (total % 8 != 0) shared->data()[bytes - 1] = 0;
  if (((from.bit_offset | used) & 7) == 0) {
    if (used != 0) std::memcpy(shared->data(), from.bytes + from.bit_offset / 8, used / 8);
  } else {
    shared->data()[used / 8] = 0;
    binary::copy_bits(from.bytes, from.bit_offset, shared->data(), 0, used);
  }
  self.charge(used >> 13);
  Term base = binary::from_off_heap(heap, shared, bytes);
  base.pointer()[5].raw = kWritable;
  state = {shared->data(), used, total};
  return make_sub_binary(heap, base, total, true);
}

Term init(process::Process& self, BuildState& state, Term size, uint32_t unit_bits, Failure& failure) {
  uint64_t bits;
  if (!to_bits(size, unit_bits, bits, failure)) return Term::none();
  const Term result = new_bits(self.heap(), state, bits);
  if (result.is_none()) failure = {atoms::system_limit, Term::none()};
  return result;
}

Term append(process::Process& self, BuildState& state, Term source, Term size, uint32_t unit, Failure& failure) {
  return append_for(self, state, source, size, unit, false, failure);
}

Term private_append(process::Process& self, BuildState& state, Term source, Term size, uint32_t, Failure& failure) {
  return append_for(self, state, source, size, 1, true, failure);
}

Term init_writable(process::Process& self, Term size) {
  size_t capacity = 1024;
  if (size.is_small() && size.small_value() >= 0) capacity = static_cast<size_t>(size.small_value());
  if (capacity > kMaxBits / 8) capacity = 1024;  // a hint only
  OffHeapBinary* shared = OffHeapBinary::create_or_null(capacity);
  if (shared == nullptr) shared = OffHeapBinary::create(1024);
  shared->size = 0;
  Term base = binary::from_off_heap(self.heap(), shared, 0);
  base.pointer()[5].raw = kWritable;
  return make_sub_binary(self.heap(), base, 0, true);
}

}  // namespace athanor::engine::bit_syntax
