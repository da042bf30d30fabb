// SPDX-License-Identifier: Apache-2.0
// Lists. Long ones are worked off in pieces: the built-in yields with its remaining arguments.
#include <unordered_map>
#include <vector>

#include "bif/bif.hpp"
#include "code/code_server.hpp"
#include "process/runtime.hpp"
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
      if (is_tuple(element) && tuple_arity(element) >= position && equal(key, tuple_element(element, position - 1))) {
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

// Copies `list` in front of `tail`; at once when short.
BifResult append_lists(Process& self, Term list, Term tail) {
  if (list.is_nil()) return tail;
  int64_t length = 0;
  Term rest = walk_piece(list, length, [](Term) { return true; });
  if (!rest.is_list()) return self.badarg();
  if (rest.is_list_cell()) {
    if (list_length(rest) < 0) return self.badarg();
    return self.trap(self.runtime().code->export_of(atoms::erts_internal, atoms::ath_append, 3), {list, Term::nil(), tail});
  }
  self.charge(static_cast<uint64_t>(length / kCellsPerReduction));
  Term* place = self.allocate(static_cast<size_t>(length) * 2);
  Term result = Term::list_cell(place);
  for (Term at = list; at.is_list_cell(); at = at.tail(), place += 2) {
    place[0] = at.head();
    place[1] = at.tail().is_nil() ? tail : Term::list_cell(place + 2);
  }
  return result;
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
BifResult plus_plus_2(Process& self, const Term* args) { return append_lists(self, args[0], args[1]); }
BifResult append_2(Process& self, const Term* args) { return append_lists(self, args[0], args[1]); }
BifResult minus_minus_2(Process& self, const Term* args) { return subtract_lists(self, args[0], args[1]); }
BifResult subtract_2(Process& self, const Term* args) { return subtract_lists(self, args[0], args[1]); }
}  // namespace erlang

// (Rest, Reversed, Tail): reverses Rest onto Reversed, then puts that in front of Tail.
BifResult erts_internal::ath_append_3(Process& self, const Term* args) {
  Term rest = args[0], reversed = args[1];
  while (rest.is_list_cell()) {
    int64_t walked = 0;
    rest = walk_piece(rest, walked, [&](Term element) { reversed = cons(self.heap(), element, reversed); return true; });
    if (self.charge(static_cast<uint64_t>(walked / kCellsPerReduction))) break;
  }
  if (rest.is_list_cell()) return self.yield({rest, reversed, args[2]});
  return self.trap(self.runtime().code->export_of(atoms::lists, atoms::reverse, 2), {reversed, args[2]});
}

namespace lists {

BifResult reverse_2(Process& self, const Term* args) {
  Term list = args[0], reversed = args[1];
  while (list.is_list_cell()) {
    int64_t walked = 0;
    list = walk_piece(list, walked, [&](Term element) { reversed = cons(self.heap(), element, reversed); return true; });
    if (self.charge(static_cast<uint64_t>(walked / kCellsPerReduction)) && list.is_list_cell()) return self.yield({list, reversed});
  }
  return list.is_nil() ? BifResult(reversed) : self.badarg();
}

BifResult member_2(Process& self, const Term* args) {
  Term list = args[1];
  for (;;) {
    int64_t walked = 0;
    bool found = false;
    list = walk_piece(list, walked, [&](Term element) { found = equal_exact(element, args[0]); return !found; });
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
