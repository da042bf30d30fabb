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

// Walks on from `list` up to the first element that is the one (`is_it`), at most a piece. What is left.
template <class IsIt>
Term find_in_piece(Term list, int64_t& walked, Term& found, IsIt is_it) {
  int64_t left = kCellsPerPiece;
  for (; list.is_list_cell() && left > 0; list = list.tail(), --left) {
    const Term element = list.head();
    if (ATH_LIKELY(!is_it(element))) continue;
    found = element;
    break;
  }
  walked = kCellsPerPiece - left;
  return list;
}

// Tuples of `position` elements at least. One mostly has as many as the one before it.
class HasPosition {
 public:
  explicit HasPosition(size_t position) : position_(position) {}
  bool operator()(Term element) {
    if (!element.is_boxed()) return false;
    const Word header = box_header(element);
    if (ATH_LIKELY(header == last_)) return true;
    if (header_kind(header) != BoxedKind::Tuple || header_arity(header) < position_) return false;
    last_ = header;
    return true;
  }

 private:
  size_t position_;
  Word last_ = ~Word{0};   // no header: that of {} is 0
};

// Cells that are allocated together: walking them once more to count them costs less than to allocate each.
constexpr size_t kCellsTogether = 256;
// Cells for which room is made together, by a collection where there is none: else all that is built would be moved once more from fragments.
constexpr size_t kCellsWithRoom = size_t{1} << 19;
size_t cells_ahead(Term list, size_t most) {
  size_t count = 0;
  for (; count < most && list.is_list_cell(); list = list.tail()) ++count;
  return count;
}
// Of the next cells of `list`, as many as there should be room for; 0 where there is.
size_t words_lacking(Process& self, Term list) { return process::room_lacking(self, 2 * cells_ahead(list, kCellsWithRoom)); }

enum class KeyAnswer : uint8_t { Tuple, Boolean, Value };

// lists:keyfind/3 and its kin: keys compare with ==.
BifResult key_search(Process& self, const Term* args, KeyAnswer answer) {
  if (!args[1].is_small() || args[1].small_value() < 1) return self.badarg();
  auto position = static_cast<size_t>(args[1].small_value());
  Term key = args[0], list = args[2];
  for (;;) {
    int64_t walked = 0;
    Term found;
    HasPosition has_position(position);
    const auto key_of = [position](Term tuple) { return tuple.pointer()[position]; };
    // What is immediate and no number equals itself alone.
    if (key.is_immediate() && !key.is_small()) {
      list = find_in_piece(list, walked, found, [&](Term element) { return has_position(element) && key_of(element) == key; });
    } else {
      list = find_in_piece(list, walked, found, [&](Term element) {
        if (!has_position(element)) return false;
        const Term other = key_of(element);
        return other == key || (!(other.is_immediate() && key.is_immediate()) && equal(key, other));
      });
    }
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
    for (size_t count; budget > 0 && (count = cells_ahead(rest, kCellsTogether)) != 0; budget -= static_cast<int64_t>(count)) {
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
  if (self.continuation_ == nullptr) {
    if (const size_t words = words_lacking(self, args[0]); words != 0) return process::make_room(self, words, args, 2);
  }
  return long_work(
      self, args, 2, kCellsPerReduction, [&] { return AppendWork(self.heap(), args[0], args[1]); },
      [&](AppendWork& work) -> BifResult { return work.rest.is_nil() && !work.whole.is_none() ? BifResult(work.whole) : self.badarg(); });
}

// Moves the cells of `list` in front of `tail`, the first first; as far as there is room.
struct ReverseWork {
  ReverseWork(Process& self, Term list, Term tail) : self(self), rest(list), reversed(tail) {}
  bool step(int64_t& budget) {
    for (size_t count; budget > 0 && (count = cells_ahead(rest, kCellsTogether)) != 0; budget -= static_cast<int64_t>(count)) {
      if (!self.has_room(2 * count)) return true;
      Term* place = self.allocate(2 * count) + 2 * count;   // filled from its end: the result is in order
      for (size_t i = 0; i < count; ++i, rest = rest.tail()) {
        place -= 2;
        reversed = make_cons(place, rest.head(), reversed);
      }
    }
    return !rest.is_list_cell();
  }
  Process& self;
  Term rest, reversed;
};

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
  if (self.continuation_ == nullptr) {
    if (const size_t words = words_lacking(self, args[0]); words != 0) return process::make_room(self, words, args, 2);
  }
  return long_work(
      self, args, 2, kCellsPerReduction, [&] { return ReverseWork(self, args[0], args[1]); },
      [&](ReverseWork& work) -> BifResult {
        if (work.rest.is_nil()) return work.reversed;
        if (!work.rest.is_list_cell()) return self.badarg();
        const Term rest[] = {work.rest, work.reversed};
        return process::make_room(self, words_lacking(self, work.rest), rest, 2);
      });
}

BifResult member_2(Process& self, const Term* args) {
  Term list = args[1];
  for (;;) {
    int64_t walked = 0;
    Term found;
    const Term wanted = args[0];
    if (wanted.is_immediate()) {
      list = find_in_piece(list, walked, found, [wanted](Term element) { return element == wanted; });
    } else {
      list = find_in_piece(list, walked, found, [wanted](Term element) { return element == wanted || (!element.is_immediate() && equal_exact(element, wanted)); });
    }
    bool used_up = self.charge(static_cast<uint64_t>(walked / kCellsPerReduction));
    if (!found.is_none()) return atoms::true_;
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
