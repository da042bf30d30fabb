// SPDX-License-Identifier: Apache-2.0
// ets:first/1, next/2, last/1, prev/2, slot/2; the walk of info(_, binary).
#include "ets/access.hpp"
#include "heap/off_heap.hpp"
#define ATH_FAMILY "ets/ets.def"
#include "bif/declare.inc"

namespace athanor::bif::ets {
namespace {

using athanor::ets::Access;
using athanor::ets::Hold;
using athanor::ets::Right;

BifResult key_or_end(Term key) { return key.is_none() ? atoms::dollar_end_of_table : key; }

}  // namespace

BifResult first_1(Process& self, const Term* args) {
  Access access(self, args[0], Right::Read, Hold::Shared);
  if (!access) return access.failure();
  return key_or_end(access.storage().first(self.heap()));
}

BifResult last_1(Process& self, const Term* args) {
  Access access(self, args[0], Right::Read, Hold::Shared);
  if (!access) return access.failure();
  return key_or_end(access.storage().last(self.heap()));
}

BifResult next_2(Process& self, const Term* args) {
  Access access(self, args[0], Right::Read, Hold::Shared);
  if (!access) return access.failure();
  bool unknown_key = false;
  Term key = access.storage().next(args[1], self.heap(), unknown_key);
  return unknown_key ? self.badarg() : key_or_end(key);
}

BifResult prev_2(Process& self, const Term* args) {
  Access access(self, args[0], Right::Read, Hold::Shared);
  if (!access) return access.failure();
  bool unknown_key = false;
  Term key = access.storage().previous(args[1], self.heap(), unknown_key);
  return unknown_key ? self.badarg() : key_or_end(key);
}

BifResult slot_2(Process& self, const Term* args) {
  Access access(self, args[0], Right::Read, Hold::Shared);
  if (!access) return access.failure();
  if (!args[1].is_small() || args[1].small_value() < 0) return self.badarg();
  Term objects;
  if (!access.storage().slot(static_cast<size_t>(args[1].small_value()), self.heap(), objects)) return self.badarg();
  return key_or_end(objects);
}

}  // namespace athanor::bif::ets

namespace athanor::bif {

// What erts_internal:ets_info_binary/1 walks a table with; OTP: there compressed keys stay compressed.
BifResult erts_internal::ets_raw_first_1(Process& self, const Term* args) { return ets::first_1(self, args); }
BifResult erts_internal::ets_raw_next_2(Process& self, const Term* args) { return ets::next_2(self, args); }

// [{Identity, Bytes, References}] of the large binaries in the rows of a key.
BifResult erts_internal::ets_lookup_binary_info_2(Process& self, const Term* args) {
  using namespace athanor::ets;
  Access access(self, args[0], Right::Read, Hold::Shared);
  if (!access) return access.failure();
  const uint64_t hash = access.hash_of(args[1]);
  KeyLock lock(access.key_mutex(hash), false);
  Term list = Term::nil();
  for (Row* row = access.storage().find(args[1], hash); row; row = access.storage().next_same(row)) {
    for (Term* box = row->off_heap; box; box = reinterpret_cast<Term*>(heap::off_heap_next(box))) {
      if (header_kind(box[0].raw) != BoxedKind::BinaryRef) continue;
      const OffHeapBinary* binary = heap::off_heap_binary(box);
      auto whole = [&](uint64_t number) { return athanor::integer::from_uint64(self.heap(), number); };
      Term item = make_tuple(self.heap(), whole(reinterpret_cast<Word>(binary)), whole(binary->size), whole(binary->references.load(std::memory_order_relaxed)));
      list = cons(self.heap(), item, list);
    }
  }
  return list;
}

}  // namespace athanor::bif
