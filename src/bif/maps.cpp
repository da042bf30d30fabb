// SPDX-License-Identifier: Apache-2.0
// Module maps. The work is term/map.hpp's; this file holds arguments and errors.
#include <algorithm>
#include <optional>
#include <vector>

#include "bif/bif.hpp"
#include "bif/long_work.hpp"
#include "term/map.hpp"
#include "term/map/building.hpp"
#define ATH_FAMILY "bif/maps.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

constexpr int64_t kUnitsPerReduction = 64;

// The keys or the values of a map as a list.
enum class Part : uint8_t { Keys, Values };
class ListOfMap {
 public:
  ListOfMap(Allocator& heap, Term map, Part part) : left_(map_size(map)), part_(part), iterator_(map) {
    if (left_ != 0) first_ = place_ = heap.allocate(left_ * 2);
  }
  bool step(int64_t& budget) {
    Term key, value;
    for (; left_ > 0; place_ += 2, budget -= 4) {
      if (budget <= 0) return false;
      iterator_.next(key, value);
      place_[0] = part_ == Part::Keys ? key : value;
      place_[1] = --left_ == 0 ? Term::nil() : Term::list_cell(place_ + 2);
    }
    return true;
  }
  Term result() const { return first_ == nullptr ? Term::nil() : Term::list_cell(first_); }

 private:
  size_t left_;
  Part part_;
  map::Iterator iterator_;
  Term* first_ = nullptr;
  Term* place_ = nullptr;
};

BifResult list_of_map(Process& self, const Term* args, Part part) {
  if (!is_map(args[0])) return self.badmap(args[0]);
  return long_work(
      self, args, 1, kUnitsPerReduction, [&] { return ListOfMap(self.heap(), args[0], part); },
      [](ListOfMap& work) -> BifResult { return work.result(); });
}

// A map of a list of pairs, or of keys that all have one value.
class MapOfList {
 public:
  MapOfList(Allocator& heap, Term list, Term value) : heap_(heap), list_(list), value_(value) {}
  bool step(int64_t& budget) {
    if (!building_) {
      for (; list_.is_list_cell(); list_ = list_.tail(), --budget) {
        if (budget <= 0) return false;
        const Term head = list_.head();
        const bool is_pair = value_.is_none();
        if (is_pair && !is_tuple_of(head, 2)) return true;
        pairs_.push_back(is_pair ? tuple_element(head, 0) : head);
        pairs_.push_back(is_pair ? tuple_element(head, 1) : value_);
      }
      if (!list_.is_nil()) return true;
      building_.emplace(heap_, std::move(pairs_), false);
    }
    return building_->step(budget);
  }
  bool is_good() const { return building_.has_value(); }
  Term result() const { return building_->result(); }

 private:
  Allocator& heap_;
  Term list_, value_;      // value_ none(): pairs
  std::vector<Term> pairs_;
  std::optional<map::Building> building_;
};

BifResult map_of_list(Process& self, const Term* args, uint32_t arity) {
  return long_work(
      self, args, arity, kUnitsPerReduction, [&] { return MapOfList(self.heap(), args[0], arity == 2 ? args[1] : Term::none()); },
      [&](MapOfList& work) -> BifResult { return work.is_good() ? BifResult(work.result()) : self.badarg(); });
}

}  // namespace

namespace maps {

BifResult find_2(Process& self, const Term* args) {
  if (!is_map(args[1])) return self.badmap(args[1]);
  Term value = map::get(args[1], args[0]);
  return value.is_none() ? atoms::error : make_tuple(self.heap(), atoms::ok, value);
}
BifResult get_2(Process& self, const Term* args) {
  if (!is_map(args[1])) return self.badmap(args[1]);
  Term value = map::get(args[1], args[0]);
  return value.is_none() ? self.badkey(args[0]) : BifResult(value);
}
BifResult is_key_2(Process& self, const Term* args) {
  if (!is_map(args[1])) return self.badmap(args[1]);
  return boolean(map::find(args[1], args[0]) != nullptr);
}
BifResult put_3(Process& self, const Term* args) {
  if (!is_map(args[2])) return self.badmap(args[2]);
  return map::put(self.heap(), args[2], args[0], args[1]);
}
BifResult update_3(Process& self, const Term* args) {
  if (!is_map(args[2])) return self.badmap(args[2]);
  Term result = map::update(self.heap(), args[2], args[0], args[1]);
  return result.is_none() ? self.badkey(args[0]) : BifResult(result);
}
BifResult remove_2(Process& self, const Term* args) {
  if (!is_map(args[1])) return self.badmap(args[1]);
  return map::remove(self.heap(), args[1], args[0]);
}
BifResult take_2(Process& self, const Term* args) {
  if (!is_map(args[1])) return self.badmap(args[1]);
  Term removed;
  Term rest = map::remove(self.heap(), args[1], args[0], &removed);
  return removed.is_none() ? atoms::error : make_tuple(self.heap(), removed, rest);
}
BifResult merge_2(Process& self, const Term* args) {
  if (!is_map(args[0])) return self.badmap(args[0]);
  if (!is_map(args[1])) return self.badmap(args[1]);
  self.charge((map_size(args[0]) + map_size(args[1])) / 16);
  return map::merge(self.heap(), args[0], args[1]);
}
BifResult from_list_1(Process& self, const Term* args) { return map_of_list(self, args, 1); }
BifResult from_keys_2(Process& self, const Term* args) { return map_of_list(self, args, 2); }
BifResult keys_1(Process& self, const Term* args) { return list_of_map(self, args, Part::Keys); }
BifResult values_1(Process& self, const Term* args) { return list_of_map(self, args, Part::Values); }

}  // namespace maps

namespace erts_internal {

// erts_internal:map_next/3 (Path, Map, iterator | Accumulator): the next piece of an iteration. The path is where it goes on; a piece is
// a chain {K, V, {K, V, … [Path | Map]}}, or pairs put in front of a list, itself behind the path and the map where more is to come.
BifResult map_next_3(Process& self, const Term* args) {
  Term map = args[1];
  if (!is_map(map)) return self.badmap(map);
  if (!args[0].is_small() || args[0].small_value() < 0) return self.badarg();
  const bool is_chain = args[2] == atoms::iterator;
  if (!is_chain && !args[2].is_list()) return self.badarg();
  map::Iterator walk(map, map::Order::Stored);
  if (!walk.go_to(static_cast<uint64_t>(args[0].small_value()))) return self.badarg();

  const size_t piece = is_chain ? 64 : 4096;
  size_t given = 0;
  Term first = is_chain ? atoms::none : args[2];
  Term* rest = &first;                 // where the next link of the chain goes
  Term key, value;
  std::optional<uint64_t> path;
  while (!path && walk.next(key, value)) {
    if (is_chain) {
      Term link = make_tuple(self.heap(), key, value, atoms::none);
      *rest = link;
      rest = &link.pointer()[3];
    } else if (is_flat_map(map)) {
      // Its order is the same in both directions.
      Term cell = cons(self.heap(), make_tuple(self.heap(), key, value), args[2]);
      *rest = cell;
      rest = &cell.pointer()[1];
    } else {
      first = cons(self.heap(), make_tuple(self.heap(), key, value), first);
    }
    if (++given >= piece) path = walk.path();
  }
  self.charge(static_cast<int64_t>(given) / 16);
  if (!path) return first;
  Term where = Term::small(static_cast<int64_t>(*path));
  if (!is_chain) return cons(self.heap(), where, cons(self.heap(), map, first));
  *rest = cons(self.heap(), where, map);
  return first;
}

BifResult map_to_tuple_keys_1(Process& self, const Term* args) {
  if (is_flat_map(args[0])) return args[0].pointer()[2];
  return is_map(args[0]) ? self.badarg() : self.badmap(args[0]);
}

// A list of what hangs on the head of a hashed map: pairs, and inner nodes as tuples of theirs. Inner nodes themselves are no terms that
// programs may hold.
BifResult map_hashmap_children_1(Process& self, const Term* args) {
  if (!is_map(args[0])) return self.badmap(args[0]);
  if (!is_hash_map(args[0])) return self.badarg();
  std::vector<Term*> todo;   // places that hold an inner node
  auto note = [&](Term* place) {
    if (is_kind(*place, BoxedKind::HashNode)) todo.push_back(place);
  };
  const size_t count = header_arity(box_header(args[0])) - 1;
  Term list = Term::nil();
  for (size_t i = count; i-- > 0;) {
    list = cons(self.heap(), args[0].pointer()[2 + i], list);
    note(&list.pointer()[0]);
  }
  while (!todo.empty()) {
    Term* place = todo.back();
    todo.pop_back();
    const Term* children = place->pointer() + 2;
    const size_t children_count = header_arity(box_header(*place)) - 1;
    Term* tuple = self.allocate(children_count + 1);
    tuple[0].raw = tuple_header(children_count);
    *place = Term::boxed(tuple);
    for (size_t i = 0; i < children_count; ++i) {
      tuple[i + 1] = children[i];
      note(&tuple[i + 1]);
    }
  }
  self.charge(static_cast<int64_t>(map_size(args[0])) / 16);
  return list;
}

}  // namespace erts_internal

// erts_debug:map_info/1: the shape of a hashed map. Full nodes are arrays, the others bitmaps (counted by children, from one up);
// leafs are counted by depth. Keys whose hashes are equal to the end are told as leafs of the last depth.
BifResult erts_debug::map_info_1(Process& self, const Term* args) {
  constexpr size_t kColumns = 16;
  if (!is_map(args[0])) return self.badmap(args[0]);
  if (!is_hash_map(args[0])) return self.badarg();
  struct Node {
    Term term;
    size_t depth;
  };
  std::vector<Node> rest{{args[0], 0}};
  uint64_t deepest = 0, arrays = 0, bitmaps = 0, leafs = 0, of_children[kColumns] = {}, of_depth[kColumns] = {};
  while (!rest.empty()) {
    const auto [node, depth] = rest.back();
    rest.pop_back();
    deepest = std::max<uint64_t>(deepest, depth);
    if (node.is_list_cell()) {
      ++leafs;
      ++of_depth[std::min(depth, kColumns - 1)];
      continue;
    }
    const size_t count = header_arity(box_header(node)) - 1;   // after the bitmap
    if (count == kColumns) {
      ++arrays;
    } else {
      ++bitmaps;
      ++of_children[std::clamp<size_t>(count, 1, kColumns) - 1];
    }
    for (size_t i = 0; i < count; ++i) rest.push_back({node.pointer()[2 + i], depth + 1});
  }
  self.charge(leafs / 16);
  auto number = [&](uint64_t value) { return integer::from_uint64(self.heap(), value); };
  auto row = [&](const uint64_t* counts) {
    Term* place = self.allocate(kColumns + 1);
    place[0].raw = tuple_header(kColumns);
    for (size_t i = 0; i < kColumns; ++i) place[i + 1] = Term::small(static_cast<int64_t>(counts[i]));
    return Term::boxed(place);
  };
  const Term items[] = {make_tuple(self.heap(), intern("depth"), number(deepest)),
                        make_tuple(self.heap(), intern("arrays"), number(arrays), Term::nil()),
                        make_tuple(self.heap(), intern("bitmaps"), number(bitmaps), row(of_children)),
                        make_tuple(self.heap(), intern("leafs"), number(leafs), row(of_depth))};
  return make_list(self.heap(), items, 4);
}

}  // namespace athanor::bif
