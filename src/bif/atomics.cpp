// SPDX-License-Identifier: Apache-2.0
// Module atomics: arrays of 64-bit words behind a reference. All operations are sequentially consistent.
#include <atomic>

#include "bif/bif.hpp"
#include "bif/magic.hpp"
#include "bif/zeroed_array.hpp"
#include "term/map.hpp"
#define ATH_FAMILY "bif/atomics.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

struct Atomics final : MagicObject {
  ZeroedArray<std::atomic<uint64_t>> words;
  uint64_t count = 0;
  bool is_signed = false;
};

// The word that `index` (from 1) names, or null.
std::atomic<uint64_t>* word_at(Term reference, Term index, Atomics*& atomics) {
  atomics = magic_as<Atomics>(reference);
  uint64_t position = static_cast<uint64_t>(index.is_small() ? index.small_value() : 0);
  if (!atomics || position < 1 || position > atomics->count) return nullptr;
  return &atomics->words[position - 1];
}

bool to_word(const Atomics& atomics, Term t, uint64_t& word) {
  if (!atomics.is_signed) return athanor::integer::to_uint64(t, word);
  int64_t value = 0;
  bool fits = athanor::integer::to_int64(t, value);
  word = static_cast<uint64_t>(value);
  return fits;
}

bool to_increment(Term t, uint64_t& word) {
  if (ATH_LIKELY(t.is_small())) {
    word = static_cast<uint64_t>(t.small_value());
    return true;
  }
  int64_t value = 0;
  if (!athanor::integer::to_int64(t, value)) return athanor::integer::to_uint64(t, word);
  word = static_cast<uint64_t>(value);
  return true;
}

Term to_term(Process& self, const Atomics& atomics, uint64_t word) {
  if (ATH_LIKELY(word < uint64_t{1} << 58)) return Term::small(static_cast<int64_t>(word));
  return atomics.is_signed ? athanor::integer::from_int64(self.heap(), static_cast<int64_t>(word))
                           : athanor::integer::from_uint64(self.heap(), word);
}

}  // namespace

// erts_internal:atomics_new/2 (Count, Options): bit 0 of the options: signed.
BifResult erts_internal::atomics_new_2(Process& self, const Term* args) {
  uint64_t count = 0, options = 0;
  if (!is_integer(args[0]) || athanor::integer::is_negative(args[0])) return self.badarg();
  bool fits = athanor::integer::to_uint64(args[0], count);
  if (!athanor::integer::to_uint64(args[1], options) || (fits && count == 0)) return self.badarg();
  if (!fits || count > (uint64_t{1} << 40)) return self.system_limit();
  auto* atomics = new Atomics;
  if (!atomics->words.create(count)) {
    atomics->release();
    return self.system_limit();
  }
  atomics->count = count;
  atomics->is_signed = options & 1;
  Term reference = make_magic_reference(self, atomics);
  atomics->release();
  return reference;
}

namespace atomics {

BifResult put_3(Process& self, const Term* args) {
  Atomics* atomics;
  auto* place = word_at(args[0], args[1], atomics);
  uint64_t word;
  if (!place || !to_word(*atomics, args[2], word)) return self.badarg();
  place->store(word);
  return atoms::ok;
}

BifResult get_2(Process& self, const Term* args) {
  Atomics* atomics;
  auto* place = word_at(args[0], args[1], atomics);
  return place ? BifResult(to_term(self, *atomics, place->load())) : self.badarg();
}

BifResult add_3(Process& self, const Term* args) {
  Atomics* atomics;
  auto* place = word_at(args[0], args[1], atomics);
  uint64_t word;
  if (!place || !to_increment(args[2], word)) return self.badarg();
  place->fetch_add(word);
  return atoms::ok;
}

BifResult add_get_3(Process& self, const Term* args) {
  Atomics* atomics;
  auto* place = word_at(args[0], args[1], atomics);
  uint64_t word;
  if (!place || !to_increment(args[2], word)) return self.badarg();
  return to_term(self, *atomics, place->fetch_add(word) + word);
}

BifResult exchange_3(Process& self, const Term* args) {
  Atomics* atomics;
  auto* place = word_at(args[0], args[1], atomics);
  uint64_t word;
  if (!place || !to_word(*atomics, args[2], word)) return self.badarg();
  return to_term(self, *atomics, place->exchange(word));
}

BifResult compare_exchange_4(Process& self, const Term* args) {
  Atomics* atomics;
  auto* place = word_at(args[0], args[1], atomics);
  uint64_t expected, desired;
  if (!place || !to_word(*atomics, args[2], expected) || !to_word(*atomics, args[3], desired)) return self.badarg();
  return place->compare_exchange_strong(expected, desired) ? atoms::ok : to_term(self, *atomics, expected);
}

BifResult info_1(Process& self, const Term* args) {
  auto* atomics = magic_as<Atomics>(args[0]);
  if (!atomics) return self.badarg();
  Allocator& heap = self.heap();
  Term min = atomics->is_signed ? athanor::integer::from_int64(heap, INT64_MIN) : Term::small(0);
  Term max = athanor::integer::from_uint64(heap, atomics->is_signed ? INT64_MAX : UINT64_MAX);
  Term memory = athanor::integer::from_uint64(heap, 40 + 8 * atomics->count);   // OTP: what the stock VM says
  Term pairs[8] = {atoms::size, athanor::integer::from_uint64(heap, atomics->count), atoms::min, min, atoms::max, max,
                   atoms::memory, memory};
  return map::from_pairs(heap, pairs, 4);
}

}  // namespace atomics
}  // namespace athanor::bif
