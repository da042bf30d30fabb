// SPDX-License-Identifier: Apache-2.0
// phash2 and phash: the hashes that are the same in every release and on every machine. What looks arbitrary here is
// what programs have stored: it must never change.
#include "term/binary.hpp"
#include "term/hash.hpp"
#include "term/hash_mix.hpp"
#include "term/identifier.hpp"
#include "term/map.hpp"
#include "term/work_stack.hpp"

namespace athanor {
namespace hashing {

uint32_t add_bytes(const uint8_t* bytes, size_t count, uint32_t start) {
  const auto word = [](const uint8_t* p) {
    return p[0] | static_cast<uint32_t>(p[1]) << 8 | static_cast<uint32_t>(p[2]) << 16 | static_cast<uint32_t>(p[3]) << 24;
  };
  uint32_t a = golden(1), b = golden(1), c = start;
  size_t left = count;
  for (; left >= 12; left -= 12, bytes += 12) {
    a += word(bytes);
    b += word(bytes + 4);
    c += word(bytes + 8);
    mix(a, b, c);
  }
  c += static_cast<uint32_t>(count);
  uint32_t* sums[3] = {&a, &b, &c};
  for (size_t i = 0; i < left; ++i) {
    size_t place = i < 8 ? i : i + 1;  // the low byte of c holds the length
    *sums[place / 4] += static_cast<uint32_t>(bytes[i]) << (8 * (place % 4));
  }
  mix(a, b, c);
  return c;
}

uint32_t add_bitstring(uint32_t hash, Term bitstring, bool truncate_size) {
  uint32_t start = golden(13) + hash;
  binary::Bits bits = binary::bits_of(bitstring);
  if (bits.bit_size == 0) return start;
  size_t count = bits.bit_size / 8;
  auto rest = static_cast<uint32_t>(bits.bit_size % 8);
  const uint8_t* bytes = bits.bytes;
  binary::Scratch scratch;
  if (!bits.is_aligned()) {
    uint8_t* copy = scratch.reserve(count + 1);
    copy[count] = 0;
    binary::copy_bits(bits.bytes, bits.bit_offset, copy, 0, bits.bit_size);
    bytes = copy;
  }
  // OTP: phash2 sees only the low 32 bits of a size.
  size_t hashed = truncate_size ? count & 0xFFFFFFFFu : count;
  hash = add_bytes(bytes, hashed, start);
  if (rest != 0) hash = add(hash, rest, bytes[count] >> (8 - rest), golden(15));
  return hash;
}

}  // namespace hashing

using namespace hashing;

namespace {

// Marks on the stack of phash2: no terms, their low bits are 00.
constexpr Word kMapEnd = 4;
constexpr Word kPairEnd = 8;

uint32_t add_small(uint32_t hash, int64_t value) {
  constexpr int64_t kLimit = int64_t{1} << 27;
  if (value >= -kLimit && value < kLimit) {
    auto low = static_cast<uint32_t>(value);
    if (value < 0) hash = add(hash, 0u - low, golden(1));  // OTP: negative numbers are mixed twice
    return add(hash, low, golden(1));
  }
  auto magnitude = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  return add(hash, static_cast<uint32_t>(magnitude), static_cast<uint32_t>(magnitude >> 32), value < 0 ? golden(10) : golden(11));
}

uint32_t first_reference_number(Term t) {
  size_t word = boxed_kind(t) == BoxedKind::ExternalReference ? 3 : 1;
  return static_cast<uint32_t>(t.pointer()[word].raw);
}

class Phash2 {
 public:
  uint32_t run(Term t) {
    for (;;) {
      if (visit(t)) continue;
      for (;;) {
        if (stack_.empty()) return hash_;
        Word word = stack_.pop();
        if (word == kMapEnd) {
          hash_ = add(static_cast<uint32_t>(stack_.pop()), pairs_, golden(19));
          pairs_ = static_cast<uint32_t>(stack_.pop());
        } else if (word == kPairEnd) {
          pairs_ ^= hash_;
          hash_ = 0;
        } else {
          t = Term{word};
          break;
        }
      }
    }
  }

 private:
  // Adds the term; true where `t` was replaced by what is to be added next.
  bool visit(Term& t) {
    if (t.is_list_cell()) return list(t);
    if (t.is_boxed()) return boxed(t);
    if (t.is_small()) {
      hash_ = add_small(hash_, t.small_value());
    } else if (t.is_atom()) {
      uint32_t atom = atom_table().hash(t);
      hash_ = hash_ == 0 ? atom : add(hash_, atom, golden(3));
    } else if (t.is_nil()) {
      hash_ = hash_ == 0 ? 3468870702u : add(hash_, 2, golden(2));
    } else if (t.is_local_pid()) {
      hash_ = add(hash_, pid_id(t), golden(5));
    } else {
      hash_ = add(hash_, static_cast<uint32_t>(port_id(t)), static_cast<uint32_t>(port_id(t) >> 32), golden(6));
    }
    return false;
  }

  bool list(Term& t) {
    uint32_t packed = 0;
    int count = 0;
    while (t.is_list_cell() && is_byte(t.head())) {
      packed = (packed << 8) + static_cast<uint32_t>(t.head().small_value());
      if (++count == 4) {
        hash_ = add(hash_, packed, golden(4));
        packed = 0;
        count = 0;
      }
      t = t.tail();
    }
    if (count > 0) hash_ = add(hash_, packed, golden(4));
    if (t.is_list_cell()) {
      stack_.push(t.tail().raw);
      t = t.head();
    }
    return true;
  }

  bool elements(Term& t, const Term* first, size_t count) {
    for (size_t i = count; i-- > 1;) stack_.push(first[i].raw);
    t = first[0];
    return true;
  }

  void begin_map(size_t size) {
    hash_ = add(hash_, static_cast<uint32_t>(size), golden(16));
    if (size == 0) return;
    // The order of the pairs must not count: each is hashed by itself and all are xored.
    stack_.push(pairs_);
    stack_.push(hash_);
    stack_.push(kMapEnd);
    hash_ = 0;
    pairs_ = 0;
  }
  void push_pair(Term key, Term value) {
    stack_.push(kPairEnd);
    stack_.push(value.raw);
    stack_.push(key.raw);
  }
  void push_children(const Term* first, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      if (first[i].is_list_cell()) push_pair(first[i].head(), first[i].tail());
      else stack_.push(first[i].raw);
    }
  }

  bool boxed(Term& t) {
    const Term* box = t.pointer();
    size_t arity = header_arity(box->raw);
    switch (header_kind(box->raw)) {
      case BoxedKind::Tuple:
        hash_ = add(hash_, static_cast<uint32_t>(arity), golden(9));
        return arity != 0 && elements(t, box + 1, arity);
      case BoxedKind::PositiveBig:
      case BoxedKind::NegativeBig:
        hash_ = add_big(hash_, t);
        return false;
      case BoxedKind::Float: {
        Word bits = float_bits(t);
        hash_ = add(hash_, static_cast<uint32_t>(bits >> 32), static_cast<uint32_t>(bits), golden(12));
        return false;
      }
      case BoxedKind::FlatMap: {
        size_t size = map_size(t);
        begin_map(size);
        for (size_t i = size; i-- > 0;) push_pair(tuple_element(box[2], i), box[3 + i]);
        return false;
      }
      case BoxedKind::HashMap:
        begin_map(map_size(t));
        push_children(box + 2, arity - 1);
        return false;
      case BoxedKind::HashNode:
        push_children(box + 2, arity - 1);
        return false;
      case BoxedKind::Fun: {
        const FunHead* fun = fun_entry(t);
        size_t free_count = fun_num_free(t);
        hash_ = add(hash_, static_cast<uint32_t>(free_count), atom_table().hash(fun->module), golden(1));
        hash_ = add(hash_, fun->index, fun->old_uniq, golden(1));
        return free_count != 0 && elements(t, fun_environment(t), free_count);
      }
      case BoxedKind::Export: {
        const Mfa& mfa = export_entry(t)->mfa;
        hash_ = add(hash_, mfa.arity, atom_table().hash(mfa.module), golden(1));
        hash_ = add(hash_, atom_table().hash(mfa.function), golden(14));
        return false;
      }
      case BoxedKind::HeapBinary:
      case BoxedKind::BinaryRef:
      case BoxedKind::SubBinary:
      case BoxedKind::MatchContext:
        hash_ = add_bitstring(hash_, t, true);
        return false;
      case BoxedKind::Reference:
      case BoxedKind::MagicReference:
      case BoxedKind::ExternalReference:
        hash_ = add(hash_, first_reference_number(t), golden(7));
        return false;
      case BoxedKind::ExternalPid:
        hash_ = add(hash_, pid_id(t), golden(5));
        return false;
      case BoxedKind::ExternalPort:
        hash_ = add(hash_, static_cast<uint32_t>(port_id(t)), static_cast<uint32_t>(port_id(t) >> 32), golden(6));
        return false;
      case BoxedKind::kCount:
        break;
    }
    ATH_ASSERT(!"phash2: unknown kind");
    return false;
  }

  uint32_t hash_ = 0;
  uint32_t pairs_ = 0;
  WorkStack<Word, 64> stack_;
};

// --- phash: a polynomial over primes just above 2^28 ---
constexpr uint32_t kPrime[15] = {0,         268440163, 268439161, 268435459, 268436141, 268438633, 268437017, 268438039,
                                 268437511, 268439627, 268440479, 268440577, 268440581, 268440593, 268440611};

class Phash {
 public:
  uint32_t run(Term t) {
    for (;;) {
      if (visit(t)) continue;
      for (;;) {
        if (stack_.empty()) return hash_;
        Frame& frame = stack_.top();
        if (frame.kind == Elements && frame.count != 0) {
          t = *frame.next++;
          --frame.count;
          break;
        }
        Frame done = stack_.pop();
        if (done.kind == Tail) {
          t = done.term;
          if (t.is_list_cell()) break;
          stack_.push({ListEnd, 0, 0, nullptr, Term{}});
          break;
        }
        if (done.kind == ListEnd) hash_ *= kPrime[8];
        if (done.kind == Elements && done.is_tuple) hash_ = hash_ * kPrime[9] + done.is_tuple - 1;
      }
    }
  }

 private:
  enum Kind : uint32_t { Elements, Tail, ListEnd };
  struct Frame {
    Kind kind;
    uint32_t is_tuple;  // arity + 1, or 0
    size_t count;
    const Term* next;
    Term term;
  };

  void bytes_of_word(uint64_t word, int count, uint32_t prime) {
    for (int i = 0; i < count; ++i, word >>= 8) hash_ = hash_ * prime + static_cast<uint8_t>(word);
  }
  void atom(Term t) { hash_ = hash_ * kPrime[1] + atom_table().hash(t); }
  void port(uint64_t id) {
    if (id >> 32 != 0) bytes_of_word(id >> 32, 4, kPrime[11]);
    bytes_of_word(id, 4, kPrime[9]);
    hash_ *= kPrime[10];
  }

  bool visit(Term& t) {
    if (t.is_list_cell()) {
      while (is_byte(t.head())) {
        hash_ = hash_ * kPrime[2] + static_cast<uint32_t>(t.head().small_value());
        t = t.tail();
        if (!t.is_list_cell()) {
          stack_.push({ListEnd, 0, 0, nullptr, Term{}});
          return true;
        }
      }
      stack_.push({Tail, 0, 0, nullptr, t.tail()});
      t = t.head();
      return true;
    }
    if (t.is_boxed()) return boxed(t);
    if (t.is_small()) {
      int64_t value = t.small_value();
      auto magnitude = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
      bytes_of_word(magnitude, magnitude >> 32 != 0 ? 8 : 4, kPrime[2]);
      hash_ *= value < 0 ? kPrime[4] : kPrime[3];
    } else if (t.is_atom()) {
      atom(t);
    } else if (t.is_nil()) {
      hash_ = hash_ * kPrime[3] + 1;
    } else if (t.is_local_pid()) {
      bytes_of_word(pid_id(t), 4, kPrime[5]);
      hash_ *= kPrime[6];
    } else {
      port(port_id(t));
    }
    return false;
  }

  void bitstring(Term t) {
    binary::Bits bits = binary::bits_of(t);
    size_t count = bits.bit_size / 8;
    auto rest = static_cast<uint32_t>(bits.bit_size % 8);
    const uint8_t* bytes = bits.bytes;
    binary::Scratch scratch;
    if (!bits.is_aligned()) {
      uint8_t* copy = scratch.reserve(count + 1);
      copy[count] = 0;
      binary::copy_bits(bits.bytes, bits.bit_offset, copy, 0, bits.bit_size);
      bytes = copy;
    }
    for (size_t i = 0; i < count; ++i) hash_ = hash_ * kPrime[1] + bytes[i];
    if (rest != 0) hash_ = (hash_ * kPrime[1] + (bytes[count] >> (8 - rest))) * kPrime[12] + rest;
    hash_ = hash_ * kPrime[4] + static_cast<uint32_t>(count);
  }

  bool boxed(Term& t) {
    const Term* box = t.pointer();
    size_t arity = header_arity(box->raw);
    switch (header_kind(box->raw)) {
      case BoxedKind::Tuple:
        stack_.push({Elements, static_cast<uint32_t>(arity + 1), arity, box + 1, Term{}});
        return false;
      case BoxedKind::PositiveBig:
      case BoxedKind::NegativeBig:
        for (size_t i = 1; i <= arity; ++i) {
          bool half = i == arity && box[i].raw >> 32 == 0;
          bytes_of_word(box[i].raw, half ? 4 : 8, kPrime[2]);
        }
        hash_ *= header_kind(box->raw) == BoxedKind::NegativeBig ? kPrime[4] : kPrime[3];
        return false;
      case BoxedKind::Float: {
        Word bits = float_bits(t);
        hash_ = hash_ * kPrime[6] + (static_cast<uint32_t>(bits) ^ static_cast<uint32_t>(bits >> 32));
        return false;
      }
      case BoxedKind::FlatMap:
      case BoxedKind::HashMap:
        hash_ = hash_ * kPrime[13] + kPrime[14] + phash2(t);
        return false;
      case BoxedKind::Fun: {
        const FunHead* fun = fun_entry(t);
        size_t free_count = fun_num_free(t);
        hash_ = hash_ * kPrime[10] + static_cast<uint32_t>(free_count);
        atom(fun->module);
        hash_ = hash_ * kPrime[2] + fun->index;
        hash_ = hash_ * kPrime[2] + fun->old_uniq;
        stack_.push({Elements, 0, free_count, fun_environment(t), Term{}});
        return false;
      }
      case BoxedKind::Export: {
        const Mfa& mfa = export_entry(t)->mfa;
        hash_ = hash_ * kPrime[11] + mfa.arity;
        atom(mfa.module);
        atom(mfa.function);
        return false;
      }
      case BoxedKind::HeapBinary:
      case BoxedKind::BinaryRef:
      case BoxedKind::SubBinary:
      case BoxedKind::MatchContext:
        bitstring(t);
        return false;
      case BoxedKind::Reference:
      case BoxedKind::MagicReference:
      case BoxedKind::ExternalReference:
        bytes_of_word(first_reference_number(t), 4, kPrime[9]);
        hash_ *= kPrime[10];
        return false;
      case BoxedKind::ExternalPid:
        bytes_of_word(pid_id(t), 4, kPrime[5]);
        hash_ *= kPrime[6];
        return false;
      case BoxedKind::ExternalPort:
        port(port_id(t));
        return false;
      case BoxedKind::HashNode:
      case BoxedKind::kCount:
        break;
    }
    ATH_ASSERT(!"phash: unknown kind");
    return false;
  }

  uint32_t hash_ = 0;
  WorkStack<Frame> stack_;
};

}  // namespace

uint32_t phash2(Term t) { return Phash2().run(t); }
uint32_t phash(Term t) { return Phash().run(t); }

}  // namespace athanor
