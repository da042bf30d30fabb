// SPDX-License-Identifier: Apache-2.0
#include "harness/term_source.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "bif/bif.hpp"
#include "process/send.hpp"
#include "process/runtime.hpp"
#include "term/atom_table.hpp"
#include "term/binary.hpp"
#include "term/integer.hpp"
#include "term/map.hpp"

namespace athanor::fuzz {

namespace {

constexpr int kMaxDepth = 8;

// Integers at which something ends.
Term boundary(Allocator& heap, uint8_t which) {
  static constexpr int kBits[] = {7, 8, 15, 16, 20, 21, 27, 28, 31, 32, 47, 59, 60, 63};
  const size_t bit = which % (std::size(kBits) + 4);
  const int64_t around = (which / (std::size(kBits) + 4)) % 3 - 1;
  Term power = bit < std::size(kBits) ? integer::shift_left(heap, Term::small(1), kBits[bit])
                                      : integer::shift_left(heap, Term::small(1), int64_t{64} << (2 * (bit - std::size(kBits))));
  Term value = integer::add(heap, power, Term::small(around));
  return which & 0x80 ? integer::negate(heap, value) : value;
}

// {Module, Name, Arity} of something that exists.
Term export_fun(process::Process& self, Term module, Term name, uint32_t arity) {
  Term* place = self.allocate(2);
  place[0].raw = make_header(BoxedKind::Export, 1);
  place[1].raw = reinterpret_cast<Word>(self.runtime().terms.host->export_of(Mfa{module, name, arity}));
  return Term::boxed(place);
}

}  // namespace

uint64_t TermSource::number(int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | byte();
  return value;
}

std::string_view TermSource::bytes(size_t count) {
  count = std::min(count, static_cast<size_t>(end_ - at_));
  std::string_view result(reinterpret_cast<const char*>(at_), count);
  at_ += count;
  return result;
}

Term TermSource::list(process::Process& self, const std::vector<std::string_view>& words, const std::vector<Term>& variables, size_t count, Term tail,
                      int depth) {
  std::vector<Term> items;
  for (size_t i = 0; i < count; ++i) items.push_back(term(self, words, variables, depth + 1));
  return bif::make_list(self.heap(), items.data(), items.size(), tail);
}

Term TermSource::term(process::Process& self, const std::vector<std::string_view>& words, const std::vector<Term>& variables, int depth) {
  Allocator& heap = self.heap();
  if (at_ == end_ || depth > kMaxDepth) return Term::small(0);
  const uint8_t kind = byte();
  switch (kind % 32) {
    default: return words.empty() ? atoms::true_ : intern(words[byte() % words.size()]);   // 0 .. 7
    case 8: return Term::atom(static_cast<uint32_t>(number(2) % static_cast<uint32_t>(atoms::Index::kPredefinedCount)));
    case 9: return Term::small(static_cast<int8_t>(byte()));
    case 10: return boundary(heap, byte());
    case 11: return integer::from_int64(heap, static_cast<int64_t>(number(8)));
    case 12: {
      double value;
      const uint64_t bits = number(8);
      std::memcpy(&value, &bits, sizeof value);
      return make_float(heap.allocate(kFloatWords), std::isfinite(value) ? value : 1.5);
    }
    case 13: {
      const std::string_view magnitude = bytes(byte());
      return integer::from_bytes(heap, reinterpret_cast<const uint8_t*>(magnitude.data()), magnitude.size(), true, (kind & 32) != 0);
    }
    case 14: return binary::from_text(heap, bytes(byte() % 64));
    case 15: {   // large: a few bytes again and again
      const size_t count = number(2) & 0x3FFF;
      const std::string_view pattern = bytes(1 + byte() % 16);
      std::string text;
      while (text.size() < count && !pattern.empty()) text += pattern;
      return binary::from_text(heap, text);
    }
    case 16: return binary::from_text(heap, bytes(number(2)));
    case 17: {   // a part of another, in bits
      const Term whole = term(self, words, variables, depth + 1);
      if (!is_bitstring(whole)) return whole;
      const uint64_t bits = binary::bit_size(whole);
      const uint64_t from = std::min<uint64_t>(byte(), bits);
      return binary::part(heap, whole, from, std::min<uint64_t>(kind & 32 ? byte() : number(2), bits - from));
    }
    case 18: return Term::nil();
    case 19: return list(self, words, variables, byte() % 8, Term::nil(), depth);
    case 20: {
      const Term tail = term(self, words, variables, depth + 1);
      return list(self, words, variables, 1 + byte() % 3, tail, depth);
    }
    case 21:
    case 22: {
      std::vector<Term> elements;
      const size_t arity = byte() % 7;
      for (size_t i = 0; i < arity; ++i) elements.push_back(term(self, words, variables, depth + 1));
      Term* place = heap.allocate(arity + 1);
      place[0].raw = tuple_header(arity);
      for (size_t i = 0; i < arity; ++i) place[i + 1] = elements[i];
      return Term::boxed(place);
    }
    case 23: {
      std::vector<Term> pairs;
      const size_t count = kind & 32 ? byte() % 48 : byte() % 5;
      for (size_t i = 0; i < count * 2; ++i) pairs.push_back(term(self, words, variables, depth + 1));
      return map::from_pairs(heap, pairs.data(), count);
    }
    case 24:
    case 25:
    case 26: return variables.empty() ? Term::nil() : variables[byte() % variables.size()];
    case 27: return kind & 32 ? Term::local_pid(byte()) : self.pid();
    case 28: {
      if (kind & 32) return Term::local_port(byte());
      return process::make_reference(self.runtime(), heap);
    }
    case 29: return export_fun(self, atoms::erlang, words.empty() ? atoms::self : intern(words[byte() % words.size()]), byte() % 4);
    case 30: {   // a string
      const std::string_view text = bytes(byte());
      return bif::latin1_list(heap, text);
    }
    case 31: {   // code points
      std::vector<Term> items;
      for (size_t count = byte() % 32; count > 0; --count) items.push_back(Term::small(static_cast<int64_t>(number(kind & 32 ? 3 : 2))));
      return bif::make_list(heap, items.data(), items.size());
    }
  }
}

}  // namespace athanor::fuzz
