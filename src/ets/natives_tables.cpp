// SPDX-License-Identifier: Apache-2.0
// Natives of module ets that concern whole tables: new, delete, rename, give_away, setopts, safe_fixtable, all.
#include <algorithm>
#include <bit>
#include <shared_mutex>

#include "bif/magic.hpp"
#include "bif/time.hpp"
#include "code/code_server.hpp"
#include "ets/access.hpp"
#include "process/process_table.hpp"
#define ATH_FAMILY "ets/ets.def"
#include "bif/declare.inc"

namespace athanor::bif::ets {
namespace {

using athanor::ets::Access;
using athanor::ets::Discarded;
using athanor::ets::Emptying;
using athanor::ets::Hold;
using athanor::ets::Protection;
using athanor::ets::Right;
using athanor::ets::Table;
using athanor::ets::TableOptions;
using athanor::ets::Tables;
using athanor::ets::TableType;

Tables& tables_of(Process& self) { return *self.runtime().tables; }

Term identifier_of(Process& self, Table& table) {
  return table.options.is_named ? table.name : table.make_reference(self.heap());
}

bool read_boolean(Term t, bool& value) {
  value = t == atoms::true_;
  return value || t == atoms::false_;
}

// What {write_concurrency, _} and {decentralized_counters, _} say is weighed only at the end: the type may come later.
struct Given {
  TableOptions options;
  Term heir_data;
  bool decentralized_by_default = false;
  int decentralized = -1;
};

bool read_write_concurrency(Term t, Given& given) {
  TableOptions& o = given.options;
  o.write_concurrency = t != atoms::false_;
  o.write_concurrency_auto = t == atoms::auto_;
  o.explicit_locks = 0;
  if (t == atoms::auto_) {
    given.decentralized_by_default = true;
  } else if (t == atoms::true_) {
    if (o.type != TableType::OrderedSet) given.decentralized_by_default = false;
  } else if (t != atoms::false_) {
    if (!is_tuple_of(t, 2) || tuple_element(t, 0) != atoms::debug_hash_fixed_number_of_locks) return false;
    Term count = tuple_element(t, 1);
    if (!count.is_small() || count.small_value() < 1 || count.small_value() > 32768) return false;
    o.explicit_locks = std::bit_floor(static_cast<uint32_t>(count.small_value()));
    given.decentralized_by_default = true;
  }
  return true;
}

bool read_pair(Term name, Term value, Given& given) {
  TableOptions& o = given.options;
  if (name == atoms::keypos) {
    if (!value.is_small() || value.small_value() < 1) return false;
    o.key_position = static_cast<size_t>(value.small_value());
    return true;
  }
  if (name == atoms::write_concurrency) return read_write_concurrency(value, given);
  if (name == atoms::read_concurrency) return read_boolean(value, o.read_concurrency);
  if (name == atoms::decentralized_counters) {
    bool decentralized = false;
    if (!read_boolean(value, decentralized)) return false;
    given.decentralized = decentralized;
    return true;
  }
  if (name != atoms::heir || value != atoms::none) return false;
  o.heir = Term::none();
  return true;
}

bool read_option(Term option, Given& given) {
  TableOptions& o = given.options;
  if (option == atoms::set || option == atoms::protected_) return true;   // OTP: they do not undo an earlier choice
  if (option == atoms::bag) o.type = TableType::Bag;
  else if (option == atoms::duplicate_bag) o.type = TableType::DuplicateBag;
  else if (option == atoms::ordered_set) {
    o.type = TableType::OrderedSet;
    given.decentralized_by_default = true;
  }
  else if (option == atoms::public_) o.protection = Protection::Public;
  else if (option == atoms::private_) o.protection = Protection::Private;
  else if (option == atoms::named_table) o.is_named = true;
  else if (option == atoms::compressed) o.compressed = true;
  else if (is_tuple_of(option, 2)) return read_pair(tuple_element(option, 0), tuple_element(option, 1), given);
  else if (is_tuple_of(option, 3) && tuple_element(option, 0) == atoms::heir && tuple_element(option, 1).is_local_pid()) {
    o.heir = tuple_element(option, 1);
    given.heir_data = tuple_element(option, 2);
  }
  else return false;
  return true;
}

// A heir that is no more is none.
Term living(Process& self, Term pid) {
  return pid.is_none() || !self.runtime().processes->find(pid) ? Term::none() : pid;
}

// Frees what a deleted table held, in slices. Where the last of them is used up the answer comes in the next, which costs nothing more.
BifResult free_in_slices(Process& self, const Term* args, size_t arity, Discarded* discarded, Term result) {
  bool done = discarded->is_empty(), is_over = false;
  while (!is_over && !done) {
    done = discarded->free_some(500);
    is_over = self.charge(60);
  }
  if (done && !is_over) return result;
  Term carried = make_tuple(self.heap(), make_magic_reference(self, discarded), result);
  return arity == 1 ? self.yield({carried}) : self.yield({args[0], carried});
}

// Empties a fixed table in slices. Between them nobody sees what is left of it: who comes along does a part of the work and comes again, also
// where who began it was ended.
BifResult empty_in_slices(Process& self, const Term* args, Emptying* emptying, Term result) {
  bool done = false, is_over = false;
  while (!is_over && !done) {
    athanor::ets::Garbage garbage;
    {
      athanor::ets::WholeTable whole(emptying->table);
      done = emptying->table.empty_some(500, garbage);
    }
    while (!garbage.free_some(1000)) {}
    is_over = self.charge(60);
  }
  if (done) return result;
  Term carried = make_tuple(self.heap(), make_magic_reference(self, emptying), result);
  return self.yield({args[0], carried});
}

Emptying* carried_emptying(Term t) { return is_tuple_of(t, 2) ? magic_as<Emptying>(tuple_element(t, 0)) : nullptr; }
Discarded* carried_discarded(Term t) { return is_tuple_of(t, 2) ? magic_as<Discarded>(tuple_element(t, 0)) : nullptr; }

}  // namespace

BifResult new__2(Process& self, const Term* args) {
  if (!args[0].is_atom()) return self.badarg();
  Given given;
  Term list = args[1];
  for (; list.is_list_cell(); list = list.tail()) {
    if (!read_option(list.head(), given)) return self.badarg();
  }
  if (!list.is_nil()) return self.badarg();
  TableOptions& o = given.options;
  o.compressed |= self.runtime().identity.ets_compressed;
  bool ordered = o.type == TableType::OrderedSet;
  if (ordered && o.explicit_locks > 0) return self.badarg();
  if (o.protection == Protection::Private) o.write_concurrency = o.write_concurrency_auto = false;
  bool decentralized = given.decentralized >= 0 ? given.decentralized == 1 : given.decentralized_by_default;
  o.decentralized_counters = decentralized && o.write_concurrency;
  o.heir = living(self, o.heir);
  Table* table = tables_of(self).make(self, args[0], o, given.heir_data);
  if (!table) return self.badarg_because(atoms::already_exists);
  // By now another process may have renamed it.
  Term identifier = o.is_named ? args[0] : table->make_reference(self.heap());
  table->release();
  return identifier;
}

BifResult delete__1(Process& self, const Term* args) {
  if (Discarded* discarded = carried_discarded(args[0])) return free_in_slices(self, args, 1, discarded, atoms::true_);
  auto* discarded = new Discarded;
  Table* table = nullptr;
  {
    Access access(self, args[0], Right::Write, Hold::Shared);
    if (!access) {
      discarded->release();
      return access.failure(args, 1);
    }
    table = &access.table();
    table->retain();
  }
  bool removed = tables_of(self).remove(*table, discarded->storage);
  table->release();
  if (!removed) {
    discarded->release();
    return self.badarg_because(atoms::id);
  }
  BifResult result = free_in_slices(self, args, 1, discarded, atoms::true_);
  discarded->release();
  return result;
}

// ets:internal_delete_all/2 (Table, undefined): empties it and counts. From outside it happens at once.
BifResult internal_delete_all_2(Process& self, const Term* args) {
  if (Discarded* discarded = carried_discarded(args[1])) return free_in_slices(self, args, 2, discarded, tuple_element(args[1], 1));
  if (Emptying* emptying = carried_emptying(args[1])) return empty_in_slices(self, args, emptying, tuple_element(args[1], 1));
  athanor::ets::Held<Discarded> discarded;
  athanor::ets::Held<Emptying> emptying;
  Term count;
  {
    Access access(self, args[0], Right::Write, Hold::Exclusive);
    if (!access) return access.failure(args, 2);
    Table& table = access.table();
    count = Term::small(access.storage().count());
    if (access.storage().is_fixed()) {
      table.is_emptying = true;
      emptying = athanor::ets::Held<Emptying>(new Emptying(table));
    } else {
      discarded = athanor::ets::Held<Discarded>(new Discarded);
      discarded.get()->storage = std::move(table.storage);
      table.storage = table.make_storage();
    }
  }
  return emptying ? empty_in_slices(self, args, emptying.get(), count) : free_in_slices(self, args, 2, discarded.get(), count);
}

BifResult whereis_1(Process& self, const Term* args) {
  if (!args[0].is_atom()) return self.badarg();
  Table* table = tables_of(self).find_named(args[0]);
  if (!table) return atoms::undefined;
  return table->make_reference(self.heap());
}

BifResult rename_2(Process& self, const Term* args) {
  Table* table = nullptr;
  {
    Access access(self, args[0], Right::Write, Hold::Shared);
    if (!access) return access.failure(args, 2);
    if (!args[1].is_atom()) return self.badarg();
    table = &access.table();
    table->retain();
  }
  Tables::Renamed renamed = tables_of(self).rename(*table, args[1]);
  bool named = table->options.is_named;
  table->release();
  if (renamed == Tables::Renamed::Gone) return self.badarg_because(atoms::id);
  if (renamed == Tables::Renamed::Taken) return self.badarg();
  return named ? args[1] : args[0];
}

BifResult give_away_3(Process& self, const Term* args) {
  Table* table = nullptr;
  {
    Access access(self, args[0], Right::Write, Hold::Shared);
    if (!access) return access.failure(args, 3);
    if (!args[1].is_local_pid() || !self.runtime().processes->find(args[1])) return self.badarg();
    if (access.table().owner != self.pid()) return self.badarg_because(atoms::not_owner);
    if (args[1] == self.pid()) return self.badarg_because(atoms::owner);
    table = &access.table();
    table->retain();
  }
  bool given = tables_of(self).give_away(*table, self.pid(), args[1], args[2]);
  table->release();
  return given ? BifResult(atoms::true_) : self.badarg();
}

BifResult setopts_2(Process& self, const Term* args) {
  Access access(self, args[0], Right::Write, Hold::Exclusive);
  if (!access) return access.failure(args, 2);
  bool has_heir = false, has_protection = false;
  Term heir, heir_data;
  Protection protection = Protection::Protected;
  auto read = [&](Term option) {
    if (!is_tuple(option) || tuple_arity(option) < 2) return false;
    Term name = tuple_element(option, 0), value = tuple_element(option, 1);
    if (name == atoms::heir && !has_heir) {
      has_heir = true;
      if (is_tuple_of(option, 2) && value == atoms::none) return true;
      if (!is_tuple_of(option, 3) || !value.is_local_pid()) return false;
      heir = value;
      heir_data = tuple_element(option, 2);
      return true;
    }
    if (name != atoms::protection || has_protection || !is_tuple_of(option, 2)) return false;
    has_protection = true;
    if (value == atoms::public_) protection = Protection::Public;
    else if (value == atoms::private_) protection = Protection::Private;
    else return value == atoms::protected_;
    return true;
  };
  bool good = true;
  if (is_tuple(args[1])) {
    good = read(args[1]);
  } else {
    Term list = args[1];
    for (; good && list.is_list_cell(); list = list.tail()) good = read(list.head());
    good = good && list.is_nil();
  }
  Table& table = access.table();
  if (!good || table.owner != self.pid()) return self.badarg();
  athanor::ets::KeptTerm old_data;
  if (has_heir) {
    table.heir = living(self, heir);
    old_data = std::move(table.heir_data);
    if (!table.heir.is_none()) table.heir_data = athanor::ets::KeptTerm(heir_data);
  }
  if (has_protection) table.protection = protection;
  access.close();
  return atoms::true_;
}

BifResult safe_fixtable_2(Process& self, const Term* args) {
  // What was deleted while it was fixed leaves the buckets when the last fixation goes.
  Access access(self, args[0], Right::Read, args[1] == atoms::false_ ? Hold::Exclusive : Hold::Structure);
  if (!access) return access.failure(args, 2);
  Table& table = access.table();
  Word pid = self.pid().raw;
  if (args[1] == atoms::true_) {
    if (!table.storage->is_fixed()) {
      table.fixed_since_monotonic_ns = erlang_monotonic_ns(self.runtime());
      table.fixed_since_system_ns = table.fixed_since_monotonic_ns + erlang_time_offset_ns(self.runtime());
    }
    // One fixation of the storage a process, however often it asks.
    if (table.fixers[pid]++ == 0) {
      table.storage->fix();
      tables_of(self).fixed_by(self.pid(), table);
    }
    return atoms::true_;
  }
  if (args[1] != atoms::false_) return self.badarg();
  auto place = table.fixers.find(pid);
  if (place != table.fixers.end() && --place->second == 0) {
    table.fixers.erase(place);
    table.storage->unfix(access.garbage);
    tables_of(self).unfixed_by(self.pid(), table);
  }
  return atoms::true_;
}

BifResult all_0(Process& self, const Term*) {
  Term list = Term::nil();
  for (Table* table : tables_of(self).all()) {   // newest first
    Term identifier;
    {
      std::shared_lock lock(table->lock);
      identifier = identifier_of(self, *table);
    }
    table->release();
    list = cons(self.heap(), identifier, list);
  }
  return list;
}

// Each scheduler answers {Ref, Tables} for those it made; here the first answers for all.
BifResult internal_request_all_0(Process& self, const Term* args) {
  const process::NativeRow* info = self.runtime().code->native(atoms::erlang, atoms::system_info, 1);
  Term schedulers = Term::small(1);
  if (info) schedulers = info->function(self, &atoms::schedulers).value;
  if (!schedulers.is_small()) return Term::none();
  Term reference = process::make_reference(self.runtime(), self.heap());
  Term list = all_0(self, args).value;
  for (int64_t i = 0; i < schedulers.small_value(); ++i) {
    process::send_message(self.runtime(), self.pid(), make_tuple(self.heap(), reference, i == 0 ? list : Term::nil()), self.pid());
  }
  return reference;
}

}  // namespace athanor::bif::ets

namespace athanor::bif {

// erts_internal:ets_super_user/1: may read and write every table (used by the tools that dump them).
BifResult erts_internal::ets_super_user_1(Process& self, const Term* args) {
  if (args[0] != atoms::true_ && args[0] != atoms::false_) return self.badarg();
  self.extra().tables = args[0] == atoms::true_ ? &self : nullptr;
  return atoms::ok;
}

}  // namespace athanor::bif
