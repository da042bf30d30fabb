// SPDX-License-Identifier: Apache-2.0
// ets:first/1, next/2, last/1, prev/2, slot/2.
#include "ets/access.hpp"
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
