// SPDX-License-Identifier: Apache-2.0
#include "ets/select.hpp"

#include <algorithm>

#include "heap/copy.hpp"
#include "match_spec/analysis.hpp"
#include "term/compare.hpp"

namespace athanor::ets {

void Walk::keep() {
  if (!kept_table) {
    table->retain();
    kept_table = Held<Table>(table);
  }
  if (range_key || range.kind == KeyRange::All) return;
  range_key = KeptTerm(range.key);
  range.key = range_key.term();
}

namespace {

bool is_exact(Term pattern) { return match_spec::is_ground(pattern) && !match_spec::contains_map(pattern); }

using Patterns = absl::InlinedVector<Term, 4>;

void restrict_ordered(Walk& walk, const Patterns& patterns) {
  Term first = patterns.front();
  bool same = std::all_of(patterns.begin(), patterns.end(), [&](Term t) { return is_exact(t) && compare_fast(t, first) == 0; });
  if (same) {
    walk.range = {KeyRange::Exact, first, 0};
  } else if (patterns.size() == 1 && is_tuple(first)) {
    size_t elements = 0;
    while (elements < tuple_arity(first) && is_exact(tuple_element(first, elements))) ++elements;
    if (elements > 0) walk.range = {KeyRange::Prefix, first, elements};
  }
}

class Runner final : public Visitor {
 public:
  Runner(process::Process& self, Walk& walk, Term& list, size_t budget)
      : self_(self), environment_(self), walk_(walk), list_(list), budget_(budget) {}

  bool wants_more() override {
    if (walk_.limit > 0 && walk_.count >= walk_.limit) return false;
    if (used_ >= budget_) return false;
    ++used_;   // an empty bucket costs too
    return true;
  }
  Verdict visit(Row& row) override {
    used_ += 2 + row.words / 32;
    auto mark = environment_.mark();
    bool collects = walk_.mode == SelectMode::Collect;
    const Term object = row.packed ? copy_object(row, self_.heap()) : row.object();
    const auto result = collects && !row.packed ? match_spec::Result::Copied : match_spec::Result::Shares;
    Term value = match_spec::run(*walk_.program, environment_, object, result).value;
    if (collects && !value.is_none()) {
      list_ = make_cons(self_.allocate(2), value, list_);
      ++walk_.count;
      return Verdict::Keep;
    }
    Verdict verdict = Verdict::Keep;
    if (walk_.mode == SelectMode::Replace && !value.is_none() && is_tuple(value)) {
      Row* changed = walk_.table->make_row(value);
      size_t position = walk_.table->options.key_position;
      if (tuple_arity(changed->object()) >= position && compare_fast(changed->key(position), row.key(position)) == 0) {
        changed->hash = row.hash;
        replacement = changed;
        ++walk_.count;
        verdict = Verdict::Replace;
      } else {
        destroy_row(changed);
      }
    } else if (value == atoms::true_ && walk_.mode != SelectMode::Replace) {
      ++walk_.count;
      if (walk_.mode == SelectMode::Delete) verdict = Verdict::Erase;
    }
    environment_.roll_back(mark);
    return verdict;
  }
  size_t used() const { return used_; }

 private:
  process::Process& self_;
  bif::ProcessEnvironment environment_;
  Walk& walk_;
  Term& list_;
  const size_t budget_;
  size_t used_ = 0;
};

}  // namespace

bool restrict_keys(Walk& walk, Term spec) {
  size_t key_position = walk.table->options.key_position;
  Patterns patterns;
  for (; spec.is_list_cell(); spec = spec.tail()) {
    Term head = tuple_element(spec.head(), 0);
    if (head == atoms::underscore || match_spec::variable_number(head) >= 0) return true;
    Term key = match_spec::key_of_head(head, key_position);
    if (!key.is_none()) patterns.push_back(key);
  }
  if (patterns.empty()) return false;
  if (walk.table->is_ordered()) {
    restrict_ordered(walk, patterns);
    return true;
  }
  if (!std::all_of(patterns.begin(), patterns.end(), is_exact)) return true;
  walk.by_keys = true;
  walk.keys = std::move(patterns);
  return true;
}

bool go_on(process::Process& self, Call call, Walk& walk, Term identifier, Term& list, bool& paused) {
  bool write = walk.mode == SelectMode::Delete || walk.mode == SelectMode::Replace;
  paused = false;
  // Eight rows cost a reduction, about; the lock is not held for longer than a slice.
  auto budget = static_cast<size_t>(std::clamp<int64_t>(self.reductions_left_, 200, 4000)) * 8;
  Runner runner(self, walk, list, budget);
  {
    Access access(self, *walk.table, write ? Right::Write : Right::Read, write ? Hold::Walk : Hold::Shared);
    const bool renamed = identifier.is_atom() && access && walk.table->name != identifier;
    if (!access || renamed) {
      (void)(renamed ? self.badarg_because(atoms::id) : access.failure(call.args, call.arity));
      return false;
    }
    if (walk.by_keys) {
      access.storage().walk_keys({walk.keys.data(), walk.keys.size()}, write, runner, access.garbage);
      walk.at_end = true;
    } else {
      walk.at_end = access.storage().walk(walk.position, walk.range, walk.backwards, write, runner, access.garbage);
    }
    bool full = walk.limit > 0 && walk.count >= walk.limit;
    paused = !walk.at_end && !full;
    if (paused && !walk.fixation && !walk.table->is_ordered()) walk.fixation = Held<Fixation>(new Fixation(*walk.table));
    if (!walk.at_end && !walk.position.last_key.is_none()) {
      walk.last_key = KeptTerm(walk.position.last_key);
      walk.position.last_key = walk.last_key.term();
    }
  }
  self.charge(1 + runner.used() / 8);
  if (!paused) Held<Fixation>(std::move(walk.fixation));   // not only once the walk is collected: a fixed table does not grow
  return true;
}

}  // namespace athanor::ets
