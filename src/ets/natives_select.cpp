// SPDX-License-Identifier: Apache-2.0
// ets:select and its relatives. A continuation of the user is a tuple of the stock VM's shape (ets:repair_continuation/2 looks
// inside): {Table, Slot, Limit, Compiled, Rest, Count} for hashed tables, {Table, LastKey, Range, Limit, Compiled, Rest, Reverse,
// Count} for ordered ones. A paused walk is [Walk | Results] in place of the spec.
#include <algorithm>

#include "bif/magic.hpp"
#include "ets/select.hpp"
#include "heap/copy.hpp"
#include "match_spec/analysis.hpp"
#define ATH_FAMILY "ets/ets.def"
#include "bif/declare.inc"

namespace athanor::bif::ets {
namespace {

using athanor::ets::Access;
using athanor::ets::Call;
using athanor::ets::Hold;
using athanor::ets::KeyRange;
using athanor::ets::Right;
using athanor::ets::SelectMode;
using athanor::ets::Table;
using athanor::ets::PausedWalk;
using athanor::ets::Walk;

Term reversed(Process& self, Term list) {
  Term result = Term::nil();
  for (; list.is_list_cell(); list = list.tail()) result = cons(self.heap(), list.head(), result);
  return result;
}

Term continuation(Process& self, Walk& walk, Term rest, size_t rest_count) {
  Allocator& heap = self.heap();
  // OTP: of an ordered table its name, if it has one: what follows is of the table that has the name then.
  const bool by_name = walk.table->is_ordered() && walk.table->options.is_named;
  const Term identifier = by_name ? walk.table->current_name() : walk.table->make_reference(heap);
  Term compiled = make_magic_reference(self, walk.program.get());
  Term limit = Term::small(static_cast<int64_t>(walk.limit)), count = Term::small(static_cast<int64_t>(rest_count));
  if (!walk.table->is_ordered()) {
    Term slot = Term::small(walk.at_end ? -1 : static_cast<int64_t>(walk.position.bucket));
    return make_tuple(heap, identifier, slot, limit, compiled, rest, count);
  }
  Term range = Term::nil();
  if (walk.range.kind != KeyRange::All) {
    Term key = heap::copy(walk.range.key, heap, nullptr);
    range = cons(heap, Term::small(static_cast<int64_t>(walk.range.elements)), key);
  }
  Term last_key = heap::copy(walk.position.last_key, heap, nullptr);
  return make_tuple(heap, identifier, last_key, range, limit, compiled, rest, Term::small(walk.backwards ? 1 : 0), count);
}

// The answer of a walk that has come to its end or limit.
BifResult answer(Process& self, Walk& walk, Term list) {
  if (walk.mode != SelectMode::Collect) return Term::small(static_cast<int64_t>(walk.count));
  if (walk.limit == 0) return walk.in_order ? reversed(self, list) : list;
  if (walk.count == 0) return atoms::dollar_end_of_table;
  Term chunk = list, rest = Term::nil();
  size_t rest_count = 0;
  if (walk.count > walk.limit) {   // hashed: a whole bucket was shown; OTP: the newest results are kept for later, turned round but the first time
    rest_count = walk.count - walk.limit;
    std::vector<Term> items;
    for (; items.size() < rest_count; chunk = chunk.tail()) items.push_back(chunk.head());
    if (walk.resumed) std::reverse(items.begin(), items.end());
    rest = make_list(self.heap(), items.data(), items.size());
  } else if (walk.in_order) {
    chunk = reversed(self, list);
  }
  bool more = !walk.at_end || rest_count > 0;
  return make_tuple(self.heap(), chunk, more ? continuation(self, walk, rest, rest_count) : atoms::dollar_end_of_table);
}

// `paused`: where the walk lies if it was paused before; then `identifier` is nothing that the table was just found by.
BifResult run(Process& self, Call call, Walk& walk, PausedWalk* paused, Term identifier, Term list) {
  bool pauses = false;
  if (!athanor::ets::go_on(self, call, walk, paused ? Term::nil() : identifier, list, pauses)) return Term::none();
  if (!pauses) return answer(self, walk, list);
  walk.keep();
  athanor::ets::Held<PausedWalk> made(paused ? nullptr : new PausedWalk(std::move(walk)));
  Term again[3] = {call.args[0], call.arity > 1 ? call.args[1] : Term::nil(), call.arity > 2 ? call.args[2] : Term::nil()};
  Term reference = make_magic_reference(self, paused ? paused : made.get());
  again[call.carrier] = make_tuple(self.heap(), cons(self.heap(), reference, list), identifier);
  if (call.arity == 1) return self.yield({again[0]});
  if (call.arity == 2) return self.yield({again[0], again[1]});
  return self.yield({again[0], again[1], again[2]});
}

// A paused walk: {[Walk | Results], Identifier}. No user can make one: a walk is never shown.
PausedWalk* paused_walk_of(Term t, Term& list, Term& identifier) {
  if (!is_tuple_of(t, 2) || !tuple_element(t, 0).is_list_cell()) return nullptr;
  Term pair = tuple_element(t, 0);
  auto* walk = magic_as<PausedWalk>(pair.head());
  list = pair.tail();
  identifier = tuple_element(t, 1);
  return walk;
}

struct Wish {
  SelectMode mode = SelectMode::Collect;
  bool reverse = false;
};

// `result`, unless the caller may not touch the table: that is told first.
BifResult unless_refused(Process& self, Call call, Right right, BifResult result) {
  Access access(self, call.args[0], right, Hold::Shared);
  if (!access) return access.failure(call.args, call.arity);
  return result;
}

BifResult start(Process& self, const Term* args, uint32_t arity, Term spec, Wish wish) {
  Term list, identifier;
  const Call call{args, arity, 1};
  if (PausedWalk* paused = paused_walk_of(args[1], list, identifier)) return run(self, call, paused->walk, paused, identifier, list);
  const Right right = wish.mode == SelectMode::Delete || wish.mode == SelectMode::Replace ? Right::Write : Right::Read;
  auto refused_or = [&](BifResult result) { return unless_refused(self, call, right, result); };
  Term cause;
  Walk walk;
  walk.table = athanor::ets::find_table(self, args[0], cause);
  if (!walk.table) return self.badarg_because(cause);
  if (arity == 3) {
    if (!args[2].is_small() || args[2].small_value() < 1) return refused_or(self.badarg());
    walk.limit = static_cast<size_t>(args[2].small_value());
  }
  if (wish.mode == SelectMode::Replace && walk.table->options.type == athanor::ets::TableType::Bag) {
    return refused_or(self.badarg_because(atoms::table_type));
  }
  Term nothing = walk.limit > 0 ? atoms::dollar_end_of_table : wish.mode == SelectMode::Collect ? Term::nil() : Term::small(0);
  if (spec.is_nil()) return refused_or(nothing);
  walk.program = athanor::ets::Held<match_spec::Program>(compile_for_table(self, spec));
  if (!walk.program) return refused_or(self.badarg());
  if (wish.mode == SelectMode::Replace) {
    for (Term clause = spec; clause.is_list_cell(); clause = clause.tail()) {
      if (!match_spec::keeps_key(clause.head(), walk.table->options.key_position)) return refused_or(self.badarg());
    }
  }
  if (!athanor::ets::restrict_keys(walk, spec)) return refused_or(nothing);
  walk.mode = wish.mode;
  if (walk.table->is_ordered() && wish.mode == SelectMode::Collect) {
    // A list is built back to front, so the whole of it is collected against its order; a chunk is turned round.
    walk.backwards = wish.reverse == (walk.limit > 0);
    walk.in_order = walk.limit > 0;
  }
  return run(self, call, walk, nullptr, args[0], Term::nil());
}

// {Pattern, [], [Result]} as a spec of one clause.
Term spec_of(Process& self, Term pattern, Term result) {
  Allocator& heap = self.heap();
  return cons(heap, make_tuple(heap, pattern, Term::nil(), cons(heap, result, Term::nil())), Term::nil());
}

bool read_small(Term t, int64_t least, int64_t& value) {
  if (!t.is_small()) return false;
  value = t.small_value();
  return value >= least;
}

// Goes on from what continuation() made; users may hand in anything.
BifResult resume(Process& self, const Term* args) {
  if (args[0] == atoms::dollar_end_of_table) return args[0];
  Term list, identifier;
  const Call call{args, 1, 0};
  if (PausedWalk* paused = paused_walk_of(args[0], list, identifier)) return run(self, call, paused->walk, paused, identifier, list);
  bool ordered = is_tuple_of(args[0], 8);
  if (!ordered && !is_tuple_of(args[0], 6)) return self.badarg();
  const Term* part = tuple_elements(args[0]);
  const Term limit = part[ordered ? 3 : 2], compiled = part[ordered ? 4 : 3], rest = part[ordered ? 5 : 4], got = part[ordered ? 7 : 5];
  auto* program = magic_as<match_spec::Program>(compiled);
  int64_t limit_value = 0, got_value = 0, slot = -1, reverse = 0, elements = 0;
  bool good = program && rest.is_list() && read_small(limit, 1, limit_value) && read_small(got, 0, got_value);
  if (ordered) good = good && read_small(part[6], 0, reverse) && (part[2].is_nil() || (part[2].is_list_cell() && read_small(part[2].head(), 0, elements)));
  else good = good && read_small(part[1], -1, slot);
  good = good && list_length(rest) == got_value;
  Walk walk;
  {
    Access access(self, part[0], Right::Read, Hold::Shared);
    if (!access) return access.failure(args, 1);
    if (!good || access.table().is_ordered() != ordered) return self.badarg();
    walk.table = &access.table();
  }
  program->retain();
  walk.resumed = true;
  walk.program = athanor::ets::Held<match_spec::Program>(program);
  walk.limit = static_cast<size_t>(limit_value);
  walk.count = static_cast<size_t>(got_value);
  if (ordered) {
    walk.backwards = reverse != 0;
    walk.in_order = true;
    walk.position.last_key = part[1];
    if (part[2].is_list_cell()) {
      Term key = part[2].tail();
      if (elements > 0 && (!is_tuple(key) || static_cast<size_t>(elements) > tuple_arity(key))) return self.badarg();
      walk.range = {elements > 0 ? KeyRange::Prefix : KeyRange::Exact, key, static_cast<size_t>(elements)};
    }
  } else {
    walk.position.bucket = slot < 0 ? SIZE_MAX : static_cast<size_t>(slot);
  }
  return run(self, call, walk, nullptr, part[0], rest);
}

}  // namespace

BifResult select_1(Process& self, const Term* args) { return resume(self, args); }
BifResult select_2(Process& self, const Term* args) { return start(self, args, 2, args[1], {}); }
BifResult select_3(Process& self, const Term* args) { return start(self, args, 3, args[1], {}); }
BifResult select_reverse_1(Process& self, const Term* args) { return resume(self, args); }
BifResult select_reverse_2(Process& self, const Term* args) { return start(self, args, 2, args[1], {.reverse = true}); }
BifResult select_reverse_3(Process& self, const Term* args) { return start(self, args, 3, args[1], {.reverse = true}); }
BifResult select_count_2(Process& self, const Term* args) { return start(self, args, 2, args[1], {.mode = SelectMode::Count}); }
BifResult select_replace_2(Process& self, const Term* args) { return start(self, args, 2, args[1], {.mode = SelectMode::Replace}); }
BifResult internal_select_delete_2(Process& self, const Term* args) {
  return start(self, args, 2, args[1], {.mode = SelectMode::Delete});
}
BifResult match_1(Process& self, const Term* args) { return resume(self, args); }
BifResult match_2(Process& self, const Term* args) {
  return start(self, args, 2, spec_of(self, args[1], atoms::dollar_dollar), {});
}
BifResult match_3(Process& self, const Term* args) {
  return start(self, args, 3, spec_of(self, args[1], atoms::dollar_dollar), {});
}
BifResult match_object_1(Process& self, const Term* args) { return resume(self, args); }
BifResult match_object_2(Process& self, const Term* args) { return start(self, args, 2, spec_of(self, args[1], atoms::dollar), {}); }
BifResult match_object_3(Process& self, const Term* args) { return start(self, args, 3, spec_of(self, args[1], atoms::dollar), {}); }

}  // namespace athanor::bif::ets
