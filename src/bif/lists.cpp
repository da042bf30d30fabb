// SPDX-License-Identifier: Apache-2.0
// Lists. Long ones are worked off in pieces: the built-in yields with its remaining arguments.
#include <unordered_map>
#include <vector>

#include "bif/bif.hpp"
#include "bif/long_work.hpp"
#include "term/compare.hpp"
#include "term/hash.hpp"
#define ATH_FAMILY "bif/lists.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

constexpr int64_t kCellsPerPiece = 8192;      // walked before the slice is looked at
constexpr int64_t kCellsPerReduction = 16;

// Walks on from `list` while `visit` (cell) says so, at most a piece. What is left.
template <class Visit>
Term walk_piece(Term list, int64_t& walked, Visit visit) {
  int64_t count = 0;
  while (list.is_list_cell() && count < kCellsPerPiece) {
    ++count;
    if (!visit(list.head())) break;
    list = list.tail();
  }
  walked = count;
  return list;
}

// What ends most comparisons: two words that are the same, or an immediate and another.
bool same(Term a, Term b) { return a == b || (!(a.is_immediate() || b.is_immediate()) && equal_exact(a, b)); }
bool same_key(Term a, Term b) { return a == b || (!(a.is_immediate() && b.is_immediate()) && equal(a, b)); }

// Cells that are allocated together: walking them once more to count them costs less than to allocate each.
constexpr size_t kCellsTogether = 256;
size_t cells_ahead(Term list) {
  size_t count = 0;
  for (; count < kCellsTogether && list.is_list_cell(); list = list.tail()) ++count;
  return count;
}

enum class KeyAnswer : uint8_t { Tuple, Boolean, Value };

// lists:keyfind/3 and its kin: keys compare with ==.
BifResult key_search(Process& self, const Term* args, KeyAnswer answer) {
  if (!args[1].is_small() || args[1].small_value() < 1) return self.badarg();
  auto position = static_cast<size_t>(args[1].small_value());
  Term key = args[0], list = args[2];
  for (;;) {
    int64_t walked = 0;
    Term found;
    list = walk_piece(list, walked, [&](Term element) {
      if (is_tuple(element) && tuple_arity(element) >= position && same_key(key, tuple_element(element, position - 1))) {
        found = element;
        return false;
      }
      return true;
    });
    bool used_up = self.charge(static_cast<uint64_t>(walked / kCellsPerReduction));
    if (!found.is_none()) {
      if (answer == KeyAnswer::Boolean) return atoms::true_;
      return answer == KeyAnswer::Tuple ? found : make_tuple(self.heap(), atoms::value, found);
    }
    if (list.is_nil()) return atoms::false_;
    if (!list.is_list_cell()) return self.badarg();
    if (used_up) return self.yield({args[0], args[1], list});
  }
}

// Copies `list` in front of `tail`, a budget of one a cell.
struct AppendWork {
  AppendWork(Allocator& heap, Term list, Term tail) : heap(heap), rest(list), tail(tail) {}
  bool step(int64_t& budget) {
    for (size_t count; budget > 0 && (count = cells_ahead(rest)) != 0; budget -= static_cast<int64_t>(count)) {
      Term* place = heap.allocate(2 * count);
      if (last != nullptr) last[1] = Term::list_cell(place);
      else whole = Term::list_cell(place);
      for (size_t i = 0; i < count; ++i, place += 2, rest = rest.tail()) {
        place[0] = rest.head();
        place[1] = Term::list_cell(place + 2);
      }
      last = place - 2;
      last[1] = tail;
    }
    return !rest.is_list_cell();
  }
  Allocator& heap;
  Term rest, tail;      // rest: not copied yet
  Term whole;           // what is copied, in front of the tail
  Term* last = nullptr; // cell of it
};

BifResult append_lists(Process& self, const Term* args) {
  if (args[0].is_nil()) return args[1];
  return long_work(
      self, args, 2, kCellsPerReduction, [&] { return AppendWork(self.heap(), args[0], args[1]); },
      [&](AppendWork& work) -> BifResult { return work.rest.is_nil() && !work.whole.is_none() ? BifResult(work.whole) : self.badarg(); });
}

// erlang:'--'/2: removes the first equal (=:=) element of `list` for each element of `removed`.
BifResult subtract_lists(Process& self, Term list, Term removed) {
  int64_t list_count = list_length(list), removed_count = list_length(removed);
  if (list_count < 0 || removed_count < 0) return self.badarg();
  self.charge(static_cast<uint64_t>((list_count + removed_count) / kCellsPerReduction));
  if (list_count == 0 || removed_count == 0) return list;
  std::unordered_multimap<uint64_t, Term> hashed;
  std::vector<Term> few;
  bool use_hash = removed_count > 8;
  if (use_hash) hashed.reserve(static_cast<size_t>(removed_count));
  for (Term at = removed; at.is_list_cell(); at = at.tail()) {
    if (use_hash) hashed.emplace(internal_hash(at.head()), at.head());
    else few.push_back(at.head());
  }
  std::vector<Term> kept;
  Term tail = Term::nil();
  for (Term at = list; at.is_list_cell(); at = at.tail()) {
    if (use_hash ? hashed.empty() : few.empty()) { tail = at; break; }   // the rest stays as it is
    bool remove = false;
    if (use_hash) {
      auto [begin, end] = hashed.equal_range(internal_hash(at.head()));
      for (auto it = begin; it != end; ++it) {
        if (equal_exact(it->second, at.head())) { hashed.erase(it); remove = true; break; }
      }
    } else {
      for (size_t i = 0; i < few.size(); ++i) {
        if (equal_exact(few[i], at.head())) { few.erase(few.begin() + static_cast<long>(i)); remove = true; break; }
      }
    }
    if (!remove) kept.push_back(at.head());
  }
  return make_list(self.heap(), kept.data(), kept.size(), tail);
}

}  // namespace

namespace erlang {
BifResult plus_plus_2(Process& self, const Term* args) { return append_lists(self, args); }
BifResult append_2(Process& self, const Term* args) { return append_lists(self, args); }
BifResult minus_minus_2(Process& self, const Term* args) { return subtract_lists(self, args[0], args[1]); }
BifResult subtract_2(Process& self, const Term* args) { return subtract_lists(self, args[0], args[1]); }
}  // namespace erlang

namespace lists {

BifResult reverse_2(Process& self, const Term* args) {
  Term list = args[0], reversed = args[1];
  for (int64_t walked = 0; list.is_list_cell();) {
    const size_t count = cells_ahead(list);
    Term* place = self.allocate(2 * count) + 2 * count;   // filled from its end: the result is in order
    for (size_t i = 0; i < count; ++i, list = list.tail()) {
      place -= 2;
      reversed = make_cons(place, list.head(), reversed);
    }
    walked += static_cast<int64_t>(count);
    if (walked < kCellsPerPiece && list.is_list_cell()) continue;
    if (self.charge(static_cast<uint64_t>(walked / kCellsPerReduction)) && list.is_list_cell()) return self.yield({list, reversed});
    walked = 0;
  }
  return list.is_nil() ? BifResult(reversed) : self.badarg();
}

BifResult member_2(Process& self, const Term* args) {
  Term list = args[1];
  for (;;) {
    int64_t walked = 0;
    bool found = false;
    list = walk_piece(list, walked, [&](Term element) { found = same(element, args[0]); return !found; });
    bool used_up = self.charge(static_cast<uint64_t>(walked / kCellsPerReduction));
    if (found) return atoms::true_;
    if (list.is_nil()) return atoms::false_;
    if (!list.is_list_cell()) return self.badarg();
    if (used_up) return self.yield({args[0], list});
  }
}

BifResult keyfind_3(Process& self, const Term* args) { return key_search(self, args, KeyAnswer::Tuple); }
BifResult keymember_3(Process& self, const Term* args) { return key_search(self, args, KeyAnswer::Boolean); }
BifResult keysearch_3(Process& self, const Term* args) { return key_search(self, args, KeyAnswer::Value); }

}  // namespace lists
}  // namespace athanor::bif
