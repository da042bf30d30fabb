// SPDX-License-Identifier: Apache-2.0
// ets:info/1,2.
#include <algorithm>

#include "code/code_server.hpp"
#include "ets/access.hpp"
#define ATH_FAMILY "ets/ets.def"
#include "bif/declare.inc"

namespace athanor::bif::ets {
namespace {

using athanor::ets::Access;
using athanor::ets::Hold;
using athanor::ets::Protection;
using athanor::ets::Right;
using athanor::ets::Table;
using athanor::ets::TableType;

Term type_atom(TableType type) {
  switch (type) {
    case TableType::Set: return atoms::set;
    case TableType::Bag: return atoms::bag;
    case TableType::DuplicateBag: return atoms::duplicate_bag;
    case TableType::OrderedSet: return atoms::ordered_set;
  }
  return atoms::undefined;
}

Term write_concurrency(Process& self, const Table& table) {
  if (table.options.explicit_locks > 0 && table.options.write_concurrency) {
    return make_tuple(self.heap(), atoms::debug_hash_fixed_number_of_locks, Term::small(table.options.explicit_locks));
  }
  if (table.options.write_concurrency && table.options.write_concurrency_auto) return atoms::auto_;
  return boolean(table.options.write_concurrency);
}

Term statistics(Process& self, Access& access) {
  athanor::ets::ChainStatistics s;
  if (!access.storage().statistics(s)) return atoms::false_;
  auto real = [&](double value) { return make_float(self.allocate(kFloatWords), value); };
  auto whole = [](size_t value) { return Term::small(static_cast<int64_t>(value)); };
  return make_tuple(self.heap(), whole(s.buckets), real(s.average), real(s.deviation), real(s.expected), whole(s.shortest),
                    whole(s.longest), whole(s.dead), whole(std::max<size_t>(access.table().hash_locks().count, 1)));
}

Term safe_fixed(Process& self, Table& table, bool monotonic) {
  if (!table.storage->is_fixed()) return atoms::false_;
  Allocator& heap = self.heap();
  Term who = Term::nil();
  for (auto [pid, count] : table.fixers) who = cons(heap, make_tuple(heap, Term{pid}, Term::small(count)), who);
  Term when;
  if (monotonic) {
    when = athanor::integer::from_int64(heap, table.fixed_since_monotonic_ns);
  } else {
    int64_t us = table.fixed_since_system_ns / 1000;
    when = make_tuple(heap, Term::small(us / 1'000'000'000'000), Term::small(us / 1'000'000 % 1'000'000), Term::small(us % 1'000'000));
  }
  return make_tuple(heap, when, who);
}

// none(): no such item.
Term item(Process& self, Access& access, Term what) {
  Table& table = access.table();
  if (what == atoms::size) return Term::small(access.storage().count());
  if (what == atoms::type) return type_atom(table.options.type);
  if (what == atoms::memory) return Term::small(table.memory_words());
  if (what == atoms::owner) return table.owner;
  if (what == atoms::heir) return table.heir.is_none() ? atoms::none : table.heir;
  if (what == atoms::protection) {
    return table.protection == Protection::Public ? atoms::public_ : table.protection == Protection::Private ? atoms::private_ : atoms::protected_;
  }
  if (what == atoms::write_concurrency) return write_concurrency(self, table);
  if (what == atoms::read_concurrency) return boolean(table.options.read_concurrency);
  if (what == atoms::decentralized_counters) return boolean(table.options.decentralized_counters);
  if (what == atoms::compressed) return boolean(table.options.compressed);
  if (what == atoms::name) return table.name;
  if (what == atoms::keypos) return Term::small(static_cast<int64_t>(table.options.key_position));
  if (what == atoms::node) return self.runtime().terms.node_name;
  if (what == atoms::named_table) return boolean(table.options.is_named);
  if (what == atoms::id) return table.make_reference(self.heap());
  if (what == atoms::fixed) return boolean(access.storage().is_fixed());
  if (what == atoms::safe_fixed) return safe_fixed(self, table, false);
  if (what == atoms::safe_fixed_monotonic_time) return safe_fixed(self, table, true);
  if (what == atoms::stats) return statistics(self, access);
  return Term::none();
}

// info looks into everything: statistics and fixations want the table still.
BifResult failed(Access& access, const Term* args, uint32_t arity) {
  if (access.cause() == atoms::id) return atoms::undefined;
  return access.failure(args, arity);
}

}  // namespace

BifResult info_1(Process& self, const Term* args) {
  static constexpr Term kItems[] = {
      atoms::protection, atoms::keypos, atoms::type, atoms::named_table, atoms::node, atoms::size, atoms::name, atoms::heir, atoms::owner,
      atoms::memory, atoms::compressed, atoms::write_concurrency, atoms::read_concurrency, atoms::decentralized_counters, atoms::id,
  };
  Access access(self, args[0], Right::Info, Hold::Shared);
  if (!access) return failed(access, args, 1);
  Term list = Term::nil();
  for (Term what : kItems) list = cons(self.heap(), make_tuple(self.heap(), what, item(self, access, what)), list);
  return list;
}

BifResult info_2(Process& self, const Term* args) {
  bool whole = args[1] == atoms::stats;
  Access access(self, args[0], Right::Info, whole ? Hold::Exclusive : Hold::Shared);
  if (!access) return failed(access, args, 2);
  if (args[1] == atoms::binary) {
    access.close();
    return self.trap(self.runtime().code->export_of(atoms::erts_internal, intern("ets_info_binary"), 1), {args[0]});
  }
  if (args[1] == atoms::data) return self.error(atoms::notsup);   // printing to the terminal: for debugging the stock VM itself
  Term value = item(self, access, args[1]);
  return value.is_none() ? self.badarg() : BifResult(value);
}

}  // namespace athanor::bif::ets
