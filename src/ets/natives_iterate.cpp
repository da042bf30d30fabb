// SPDX-License-Identifier: Apache-2.0
// ets:first/1, next/2, last/1, prev/2, slot/2; the walk of info(_, binary).
#include "ets/access.hpp"
#include "heap/flat_block.hpp"
#include "heap/off_heap.hpp"
#define ATH_FAMILY "ets/ets.def"
#include "bif/declare.inc"

namespace athanor::bif::ets {
namespace {

using athanor::ets::Access;
using athanor::ets::Hold;
using athanor::ets::Right;
using athanor::ets::Storage;

BifResult key_or_end(Term key) { return key.is_none() ? atoms::dollar_end_of_table : key; }

// OTP: an ordered table has neighbours for every key, there or not, but for what stands for its end.
bool is_no_place(Access& access, Term key) { return key == atoms::dollar_end_of_table && access.table().is_ordered(); }

BifResult first(Process& self, const Term* args, Storage::Rows shown) {
  Access access(self, args[0], Right::Read, Hold::Moment);
  if (!access) return access.failure(args, 1);
  return key_or_end(access.storage().first(self.heap(), shown));
}

BifResult next(Process& self, const Term* args, Storage::Rows shown) {
  Access access(self, args[0], Right::Read, Hold::Moment);
  if (!access) return access.failure(args, 2);
  if (is_no_place(access, args[1])) return self.badarg();
  bool unknown_key = false;
  Term key = access.storage().next(args[1], self.heap(), unknown_key, shown);
  return unknown_key ? self.badarg() : key_or_end(key);
}

}  // namespace

BifResult first_1(Process& self, const Term* args) { return first(self, args, Storage::Rows::Alive); }
BifResult next_2(Process& self, const Term* args) { return next(self, args, Storage::Rows::Alive); }

BifResult last_1(Process& self, const Term* args) {
  Access access(self, args[0], Right::Read, Hold::Moment);
  if (!access) return access.failure(args, 1);
  return key_or_end(access.storage().last(self.heap()));
}


BifResult prev_2(Process& self, const Term* args) {
  Access access(self, args[0], Right::Read, Hold::Moment);
  if (!access) return access.failure(args, 2);
  if (is_no_place(access, args[1])) return self.badarg();
  bool unknown_key = false;
  Term key = access.storage().previous(args[1], self.heap(), unknown_key);
  return unknown_key ? self.badarg() : key_or_end(key);
}

BifResult slot_2(Process& self, const Term* args) {
  Access access(self, args[0], Right::Read, Hold::Shared);
  if (!access) return access.failure(args, 2);
  if (!args[1].is_small() || args[1].small_value() < 0) return self.badarg();
  Term objects;
  if (!access.storage().slot(static_cast<size_t>(args[1].small_value()), self.heap(), objects)) return self.badarg();
  return key_or_end(objects);
}

}  // namespace athanor::bif::ets

namespace athanor::bif {

// What erts_internal:ets_info_binary/1 walks a table with; OTP: there compressed keys stay compressed.
BifResult erts_internal::ets_raw_first_1(Process& self, const Term* args) { return ets::first(self, args, athanor::ets::Storage::Rows::All); }
BifResult erts_internal::ets_raw_next_2(Process& self, const Term* args) { return ets::next(self, args, athanor::ets::Storage::Rows::All); }

// [{Identity, Bytes, References}] of the large binaries in the rows of a key.
BifResult erts_internal::ets_lookup_binary_info_2(Process& self, const Term* args) {
  using namespace athanor::ets;
  KeyAccess access(self, args[0], args[1], Right::Read);
  if (!access) return access.failure(args, 2);
  Term list = Term::nil();
  auto whole = [&](uint64_t number) { return athanor::integer::from_uint64(self.heap(), number); };
  auto show = [&](Term* box) {
    if (header_kind(box[0].raw) != BoxedKind::BinaryRef) return;
    const OffHeapBinary* binary = heap::off_heap_binary(box);
    Term item = make_tuple(self.heap(), whole(reinterpret_cast<Word>(binary)), whole(binary->size), whole(binary->references.load(std::memory_order_relaxed)));
    list = cons(self.heap(), item, list);
  };
  for (Row* row = access.first_of_key(); row; row = access.next_of_key(row)) {
    if (row->counts) heap::each_off_heap_box(row->memory(), row->words, show);
  }
  return list;
}

}  // namespace athanor::bif
