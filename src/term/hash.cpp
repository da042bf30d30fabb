// SPDX-License-Identifier: Apache-2.0
// The hash that shapes maps of more than 32 keys, and the hash for our own tables. Both must take every bit that
// counts for =:= as input: maps rehash with another salt where two keys collide.
#include "term/hash.hpp"

#include "term/binary.hpp"
#include "term/hash_mix.hpp"
#include "term/work_stack.hpp"

namespace athanor {

using namespace hashing;

namespace {

constexpr Word kTailMark = 4;  // on the stack before the tail of an improper list or the nil of a proper one

uint32_t stir(uint32_t hash, uint32_t kind) {
  hash ^= kind;
  return (hash << 17) ^ (hash >> 15);
}

// Atoms by their text, where the stock VM takes their index: ours must not hang on the order in which atoms were made.
uint32_t add_atom(uint32_t hash, Term atom) {
  std::string_view text = atom_text(atom);
  return add_bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size(), hash + golden(3));
}

uint32_t add_atom_hash(uint32_t hash, Term atom) { return add(hash, atom_table().hash(atom), atom_table().order_prefix(atom), golden(3)); }

uint32_t add_node(uint32_t hash, const Node* node, uint32_t kind) {
  return add(add_atom(hash, node->name), node->creation, kind);
}

uint32_t add_immediate(uint32_t hash, Term t) {
  if (t.is_atom()) return add_atom(hash, t);
  return add_word(hash, t.raw);
}

// A table may take less of an atom than a map: rows whose keys hash alike lie in one chain, and their keys are compared.
enum class Atoms : uint8_t { ByText, ByHash };

template <Atoms kAtoms>
class TermHash {
 public:
  explicit TermHash(uint32_t start) : hash_(start) {}

  uint32_t run(Term t) {
    for (;;) {
      if (visit(t)) continue;
      for (;;) {
        if (stack_.empty()) return hash_;
        Word word = stack_.pop();
        if (word != kTailMark) {
          t = Term{word};
          break;
        }
        hash_ = stir(hash_, golden(18));
      }
    }
  }

 private:
  bool visit(Term& t) {
    if (t.is_list_cell()) return list(t);
    if (t.is_boxed()) return boxed(t);
    hash_ = kAtoms == Atoms::ByHash && t.is_atom() ? add_atom_hash(hash_, t) : add_immediate(hash_, t);
    return false;
  }

  bool list(Term& t) {
    uint32_t packed = 0, count = 0;
    while (t.is_list_cell() && is_byte(t.head())) {
      packed = (packed << 8) + static_cast<uint32_t>(t.head().small_value());
      if (++count == 4) {
        hash_ = add(hash_, packed, golden(4));
        packed = count = 0;
      }
      t = t.tail();
    }
    if (count > 0) hash_ = add(hash_, packed, count, golden(22));
    if (t.is_list_cell()) {
      hash_ = stir(hash_, golden(17));
      stack_.push(t.tail().raw);
      if (!t.tail().is_list_cell()) stack_.push(kTailMark);
      t = t.head();
    }
    return true;
  }

  bool elements(Term& t, const Term* first, size_t count) {
    for (size_t i = count; i-- > 1;) stack_.push(first[i].raw);
    t = first[0];
    return true;
  }

  void children(const Term* first, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      if (first[i].is_list_cell()) {
        stack_.push(first[i].tail().raw);
        stack_.push(first[i].head().raw);
      } else {
        stack_.push(first[i].raw);
      }
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
        hash_ = add(hash_, static_cast<uint32_t>(bits), static_cast<uint32_t>(bits >> 32), golden(12));
        return false;
      }
      case BoxedKind::FlatMap: {
        size_t size = map_size(t);
        hash_ = add(hash_, static_cast<uint32_t>(size), golden(16));
        for (size_t i = size; i-- > 0;) {
          stack_.push(box[3 + i].raw);
          stack_.push(tuple_element(box[2], i).raw);
        }
        return false;
      }
      case BoxedKind::HashMap:
        hash_ = add(hash_, static_cast<uint32_t>(map_size(t)), golden(16));
        children(box + 2, arity - 1);
        return false;
      case BoxedKind::HashNode:
        children(box + 2, arity - 1);
        return false;
      case BoxedKind::Fun: {
        const FunHead* fun = fun_entry(t);
        size_t free_count = fun_num_free(t);
        hash_ = add(add_atom(hash_, fun->module), static_cast<uint32_t>(free_count), golden(20));
        hash_ = add(hash_, fun->index, fun->old_uniq, golden(21));
        return free_count != 0 && elements(t, fun_environment(t), free_count);
      }
      case BoxedKind::Export: {
        const Mfa& mfa = export_entry(t)->mfa;
        hash_ = add(add_atom(add_atom(hash_, mfa.module), mfa.function), mfa.arity, golden(14));
        return false;
      }
      case BoxedKind::HeapBinary:
      case BoxedKind::BinaryRef:
      case BoxedKind::SubBinary:
      case BoxedKind::MatchContext:
        hash_ = add_bitstring(hash_, t, false);
        return false;
      case BoxedKind::Reference:
      case BoxedKind::MagicReference:
        hash_ = add(hash_, static_cast<uint32_t>(box[1].raw), golden(7));
        hash_ = add(hash_, static_cast<uint32_t>(box[1].raw >> 32), static_cast<uint32_t>(box[2].raw), golden(8));
        return false;
      case BoxedKind::ExternalReference: {
        hash_ = add_node(hash_, reinterpret_cast<const Node*>(box[1].raw), golden(7));
        for (size_t i = 3; i <= arity; ++i) {
          if (i > 3 && box[i].raw == 0) continue;  // references that differ in trailing zeros are equal
          hash_ = add(hash_, static_cast<uint32_t>(box[i].raw), static_cast<uint32_t>(box[i].raw >> 32), golden(8));
        }
        return false;
      }
      case BoxedKind::ExternalPid:
      case BoxedKind::ExternalPort: {
        uint32_t kind = header_kind(box->raw) == BoxedKind::ExternalPid ? golden(5) : golden(6);
        hash_ = add_node(hash_, reinterpret_cast<const Node*>(box[1].raw), kind);
        hash_ = add(hash_, static_cast<uint32_t>(box[2].raw), static_cast<uint32_t>(box[2].raw >> 32), kind);
        return false;
      }
      case BoxedKind::kCount:
        break;
    }
    ATH_ASSERT(!"map_hash: unknown kind");
    return false;
  }

  uint32_t hash_;
  WorkStack<Word> stack_;
};

// --- our own tables ---
uint64_t fold(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  Wide product = static_cast<Wide>(a ^ 0xA0761D6478BD642Fu) * (b ^ 0xE7037ED1A0B428DBu);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t fold_atom(uint64_t hash, Term atom) {
  AtomTable& table = atom_table();
  return fold(hash, table.hash(atom) | static_cast<uint64_t>(table.order_prefix(atom)) << 32);
}

uint64_t fold_bitstring(uint64_t hash, Term t) {
  binary::Bits bits = binary::bits_of(t);
  hash = fold(hash, bits.bit_size ^ (uint64_t{13} << 56));
  binary::Scratch scratch;
  size_t count = (bits.bit_size + 7) / 8;
  const uint8_t* bytes = bits.bytes + bits.bit_offset / 8;
  if (!bits.is_aligned() || bits.bit_size % 8 != 0) {
    uint8_t* copy = scratch.reserve(count);
    if (count != 0) copy[count - 1] = 0;
    binary::copy_bits(bits.bytes, bits.bit_offset, copy, 0, bits.bit_size);
    bytes = copy;
  }
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    uint64_t word;
    __builtin_memcpy(&word, bytes + i, 8);
    hash = fold(hash, word);
  }
  uint64_t rest = 0;
  for (int shift = 0; i < count; ++i, shift += 8) rest |= static_cast<uint64_t>(bytes[i]) << shift;
  return fold(hash, rest);
}

// Hashes one term without what it holds; pushes that.
uint64_t fold_boxed(uint64_t hash, Term t, WorkStack<Term>& stack) {
  const Term* box = t.pointer();
  size_t arity = header_arity(box->raw);
  BoxedKind kind = header_kind(box->raw);
  uint64_t tag = (static_cast<uint64_t>(kind) << 56) | 2;
  const auto push = [&](const Term* first, size_t count) {
    for (size_t i = count; i-- > 0;) stack.push(first[i]);
  };
  switch (kind) {
    case BoxedKind::Tuple:
      push(box + 1, arity);
      return fold(hash, tag ^ arity);
    case BoxedKind::PositiveBig:
    case BoxedKind::NegativeBig:
      for (size_t i = 1; i <= arity; ++i) hash = fold(hash, box[i].raw);
      return fold(hash, tag);
    case BoxedKind::Float:
      return fold(fold(hash, tag), float_bits(t));
    case BoxedKind::FlatMap:
      push(box + 3, map_size(t));
      push(tuple_elements(box[2]), map_size(t));
      return fold(hash, tag ^ map_size(t));
    case BoxedKind::HashMap:
      push(box + 2, arity - 1);
      return fold(hash, tag ^ map_size(t));
    case BoxedKind::HashNode:
      push(box + 2, arity - 1);
      return fold(hash, tag ^ box[1].raw);
    case BoxedKind::Fun:
      hash = fold_atom(fold(hash, tag), fun_entry(t)->module);
      push(fun_environment(t), fun_num_free(t));
      return fold(hash, fun_entry(t)->index | static_cast<uint64_t>(fun_entry(t)->old_uniq) << 32);
    case BoxedKind::Export: {
      const Mfa& mfa = export_entry(t)->mfa;
      return fold_atom(fold_atom(fold(hash, tag ^ mfa.arity), mfa.module), mfa.function);
    }
    case BoxedKind::HeapBinary:
    case BoxedKind::BinaryRef:
    case BoxedKind::SubBinary:
    case BoxedKind::MatchContext:
      return fold_bitstring(hash, t);
    case BoxedKind::Reference:
    case BoxedKind::MagicReference:
      return fold(fold(hash, box[1].raw), box[2].raw ^ (uint64_t{17} << 56));
    case BoxedKind::ExternalReference:
      hash = fold(hash, tag);
      for (size_t i = 3; i <= arity; ++i) {
        if (i == 3 || box[i].raw != 0) hash = fold(hash, box[i].raw);
      }
      return hash;
    case BoxedKind::ExternalPid:
    case BoxedKind::ExternalPort:
      return fold(fold(hash, tag), box[2].raw);
    case BoxedKind::kCount:
      break;
  }
  ATH_ASSERT(!"internal_hash: unknown kind");
  return 0;
}

}  // namespace

uint32_t map_hash(Term key, uint32_t salt) {
  uint32_t hash = salt == 0 ? 0 : add(0, salt, 1, golden(22));
  hash ^= kInternalHashStart;
  if (key.is_immediate()) return add_immediate(hash, key);
  return TermHash<Atoms::ByText>(hash).run(key);
}

uint32_t table_hash_slow(Term key) {
  if (key.is_atom()) return atom_table().hash(key);
  if (key.is_immediate()) return add_word(kInternalHashStart, key.raw);
  if (!is_tuple(key)) return TermHash<Atoms::ByHash>(kInternalHashStart).run(key);
  const Term* element = tuple_elements(key);
  const size_t arity = tuple_arity(key);
  uint32_t hash = add(kInternalHashStart, static_cast<uint32_t>(arity), golden(9));
  for (size_t i = 0; i < arity; ++i) {
    if (element[i].is_pointer()) return TermHash<Atoms::ByHash>(kInternalHashStart).run(key);
    hash = element[i].is_atom() ? add_atom_hash(hash, element[i]) : add_word(hash, element[i].raw);
  }
  return hash;
}

uint64_t internal_hash(Term t) {
  uint64_t hash = 0x9E3779B97F4A7C15u;
  if (t.is_atom()) return fold_atom(hash, t);
  if (t.is_immediate()) return fold(hash, t.raw);
  WorkStack<Term> stack;
  stack.push(t);
  do {
    t = stack.pop();
    while (t.is_list_cell()) {
      Term head = t.head();
      t = t.tail();
      hash = fold(hash, 1);
      if (head.is_small()) {
        hash = fold(hash, head.raw);
      } else {
        stack.push(t);
        t = head;
      }
    }
    if (t.is_boxed()) hash = fold_boxed(hash, t, stack);
    else hash = t.is_atom() ? fold_atom(hash, t) : fold(hash, t.raw);
  } while (!stack.empty());
  return hash;
}

}  // namespace athanor
