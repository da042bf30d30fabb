// SPDX-License-Identifier: Apache-2.0
// The order of all terms. What is still to be compared stands on an explicit stack; hashed maps, whose order is not
// that of their keys, keep the state of their comparison there.
#include "term/compare.hpp"

#include <cstring>
#include <memory>
#include <vector>

#include "term/binary.hpp"
#include "term/identifier.hpp"
#include "term/integer.hpp"
#include "term/map.hpp"
#include "term/work_stack.hpp"

namespace athanor {
namespace {

enum class Mode : uint32_t { Value, Exact };

enum class Rank { Number, Atom, Reference, Fun, Port, Pid, Tuple, Map, Nil, List, Bitstring };

Rank rank_of(Term t) {
  if (t.is_list_cell()) return Rank::List;
  if (!t.is_boxed()) {
    if (t.is_small()) return Rank::Number;
    if (t.is_atom()) return Rank::Atom;
    if (t.is_nil()) return Rank::Nil;
    return t.is_local_pid() ? Rank::Pid : Rank::Port;
  }
  switch (boxed_kind(t)) {
    case BoxedKind::Tuple: return Rank::Tuple;
    case BoxedKind::PositiveBig:
    case BoxedKind::NegativeBig:
    case BoxedKind::Float: return Rank::Number;
    case BoxedKind::FlatMap:
    case BoxedKind::HashMap:
    case BoxedKind::HashNode: return Rank::Map;
    case BoxedKind::Fun:
    case BoxedKind::Export: return Rank::Fun;
    case BoxedKind::Reference:
    case BoxedKind::MagicReference:
    case BoxedKind::ExternalReference: return Rank::Reference;
    case BoxedKind::ExternalPid: return Rank::Pid;
    case BoxedKind::ExternalPort: return Rank::Port;
    default: return Rank::Bitstring;
  }
}

template <class T>
int order(T a, T b) {
  return a == b ? 0 : a < b ? -1 : 1;
}

int compare_numbers(Term a, Term b, Mode mode) {
  bool a_float = is_float(a), b_float = is_float(b);
  if (a_float && b_float) return order(float_value(a), float_value(b));
  if (!a_float && !b_float) return integer::compare(a, b);
  if (mode == Mode::Exact) return a_float ? 1 : -1;
  return a_float ? -integer::compare_with_double(b, float_value(a)) : integer::compare_with_double(a, float_value(b));
}

// Two hashed maps of one size. The smaller is the one that has the least key the other lacks; with the same keys the
// values under the least key where they differ decide.
class MapComparison {
 public:
  MapComparison(Term a, Term b, Mode mode)
      : mode_(mode), a_(a, map::Order::Stored), b_(b, map::Order::Stored) {
    if (!same_keys(a, b)) {
      collect_missing(a, b, -1);
      collect_missing(b, a, 1);
      phase_ = Phase::LeastKey;
    }
  }
  // Takes the result of the comparison it asked for last. True: now compare x with y; false: done, see result().
  bool resume(int result_of_last, Term& x, Term& y, Mode& mode) {
    if (phase_ == Phase::Values) {
      if (asked_ && result_of_last != 0) candidates_.push_back({key_, result_of_last});
      Term key, x_value, y_key, y_value;
      while (a_.next(key, x_value) && b_.next(y_key, y_value)) {
        if (x_value == y_value) continue;
        key_ = key;
        x = x_value;
        y = y_value;
        mode = mode_;
        asked_ = true;
        return true;
      }
      phase_ = Phase::LeastKey;
      asked_ = false;
    }
    if (asked_) {
      if (result_of_last < 0) best_ = next_;
      ++next_;
    }
    asked_ = true;
    if (next_ >= candidates_.size()) return false;
    x = candidates_[next_].key;
    y = candidates_[best_].key;
    mode = Mode::Exact;
    return true;
  }
  int result() const { return candidates_.empty() ? 0 : candidates_[best_].result; }

 private:
  enum class Phase { Values, LeastKey };
  struct Candidate {
    Term key;
    int result;
  };

  static bool same_keys(Term a, Term b) {
    map::Iterator x(a, map::Order::Stored), y(b, map::Order::Stored);
    Term x_key, y_key, value;
    while (x.next(x_key, value) && y.next(y_key, value)) {
      if (!equal_exact(x_key, y_key)) return false;
    }
    return true;
  }
  void collect_missing(Term from, Term in, int result) {
    map::Iterator all(from, map::Order::Stored);
    Term key, value;
    while (all.next(key, value)) {
      if (map::find(in, key) == nullptr) candidates_.push_back({key, result});
    }
  }

  Mode mode_;
  Phase phase_ = Phase::Values;
  bool asked_ = false;
  map::Iterator a_, b_;
  Term key_;
  std::vector<Candidate> candidates_;
  size_t best_ = 0, next_ = 1;
};

struct Frame {
  const Term* a;  // spans of elements still to be compared …
  const Term* b;
  size_t count;
  Mode mode;
  MapComparison* map;  // … or a comparison of maps under way
};

class Comparison {
 public:
  ~Comparison() {
    while (!stack_.empty()) drop();
  }

  int run(Term a, Term b, Mode mode) {
    for (;;) {
      mode_ = mode;
      int result = a == b ? 0 : visit(a, b);
      for (;;) {
        // A difference settles everything up to the map whose keys or values are being looked at.
        while (result != 0 && !stack_.empty() && stack_.top().map == nullptr) stack_.pop();
        if (stack_.empty()) return result;
        Frame& frame = stack_.top();
        if (frame.map != nullptr) {
          if (frame.map->resume(result, a, b, mode)) break;
          result = frame.map->result();
          drop();
          continue;
        }
        if (frame.count == 0) {
          stack_.pop();
          continue;
        }
        a = *frame.a++;
        b = *frame.b++;
        mode = frame.mode;
        if (--frame.count == 0) stack_.pop();
        if (!(a == b)) break;
      }
    }
  }

 private:
  void drop() { delete stack_.pop().map; }
  void push(const Term* a, const Term* b, size_t count, Mode mode) {
    if (count != 0) stack_.push({a, b, count, mode, nullptr});
  }

  // Compares as far as it goes without looking inside; pushes the rest.
  int visit(Term a, Term b) {
    while (a.is_list_cell() && b.is_list_cell()) {
      Term x = a.head(), y = b.head();
      if (!(x == y)) {
        if (!Term::both_small(x, y)) {
          push(a.pointer() + 1, b.pointer() + 1, 1, mode_);
          if (!x.is_list_cell() || !y.is_list_cell()) return visit_unlike(x, y);
          a = x;
          b = y;
          continue;
        }
        return x.small_value() < y.small_value() ? -1 : 1;
      }
      a = a.tail();
      b = b.tail();
      if (a == b) return 0;
    }
    return visit_unlike(a, b);
  }

  int visit_unlike(Term a, Term b) {  // not both lists
    Rank rank = rank_of(a), other = rank_of(b);
    if (rank != other) return rank < other ? -1 : 1;
    switch (rank) {
      case Rank::Number: return compare_numbers(a, b, mode_);
      case Rank::Atom: return compare_atoms(a, b);
      case Rank::Reference: return compare_references(a, b);
      case Rank::Fun: return visit_funs(a, b);
      case Rank::Port: return compare_ports(a, b);
      case Rank::Pid: return compare_pids(a, b);
      case Rank::Tuple: {
        size_t arity = tuple_arity(a);
        if (arity != tuple_arity(b)) return arity < tuple_arity(b) ? -1 : 1;
        push(tuple_elements(a), tuple_elements(b), arity, mode_);
        return 0;
      }
      case Rank::Map: return visit_maps(a, b);
      case Rank::Nil:
      case Rank::List: return 0;
      case Rank::Bitstring: return binary::compare(a, b);
    }
    return 0;
  }

  int visit_funs(Term a, Term b) {
    bool local = is_local_fun(a);
    if (local != is_local_fun(b)) return local ? -1 : 1;
    if (!local) {
      const Mfa &f = export_entry(a)->mfa, &g = export_entry(b)->mfa;
      if (int r = compare_atoms(f.module, g.module); r != 0) return r;
      if (int r = compare_atoms(f.function, g.function); r != 0) return r;
      return order(f.arity, g.arity);
    }
    const FunHead *f = fun_entry(a), *g = fun_entry(b);
    if (int r = compare_atoms(f->module, g->module); r != 0) return r;
    if (int r = order(f->index, g->index); r != 0) return r;
    if (int r = order(f->old_uniq, g->old_uniq); r != 0) return r;
    if (int r = order(fun_num_free(a), fun_num_free(b)); r != 0) return r;
    push(fun_environment(a), fun_environment(b), fun_num_free(a), mode_);
    return 0;
  }

  int visit_maps(Term a, Term b) {
    size_t size = map_size(a);
    if (size != map_size(b)) return size < map_size(b) ? -1 : 1;
    if (is_hash_map(a) && is_hash_map(b)) {
      stack_.push({nullptr, nullptr, 0, mode_, new MapComparison(a, b, mode_)});
      return 0;
    }
    const Term* x = a.pointer();
    const Term* y = b.pointer();
    push(x + 3, y + 3, size, mode_);
    if (!(x[2] == y[2])) push(tuple_elements(x[2]), tuple_elements(y[2]), size, Mode::Exact);
    return 0;
  }

  Mode mode_ = Mode::Value;
  WorkStack<Frame, 16> stack_;
};

uint64_t first_bytes(const Term* box) {   // of a heap binary of eight bytes at least
  uint64_t word;
  std::memcpy(&word, box + 2, sizeof word);
  return __builtin_bswap64(word);
}

int compare_heap_binaries(const Term* a, const Term* b) {
  const size_t size = a[1].raw, other = b[1].raw, common = size < other ? size : other;
  if (common >= 8) {
    const uint64_t x = first_bytes(a), y = first_bytes(b);
    if (x != y) return x < y ? -1 : 1;
  }
  if (common != 0) {
    if (const int result = std::memcmp(a + 2, b + 2, common); result != 0) return result < 0 ? -1 : 1;
  }
  return order(size, other);
}

constexpr int kOpen = 2;   // not decided: more has to be known than two words say

// Of two different words.
int compare_leaves(Term a, Term b) {
  if (Term::both_small(a, b)) return a.small_value() < b.small_value() ? -1 : 1;
  if (a.is_atom() && b.is_atom()) return compare_atoms(a, b);
  if (a.is_boxed() && b.is_boxed()) {
    const BoxedKind kind = boxed_kind(a);
    if (kind != boxed_kind(b)) return kOpen;
    if (kind == BoxedKind::HeapBinary) return compare_heap_binaries(a.pointer(), b.pointer());
    if (kind == BoxedKind::Float) return order(float_value(a), float_value(b));
  }
  return kOpen;
}

// What ends most comparisons: tuples and lists that differ, if at all, in leaves. No stack is needed as long as what may hold more is the last there is.
// Where it stays open, the rest of `a` and `b` decides.
int compare_without_stack(Term& a, Term& b) {
  for (;;) {
    if (a.is_list_cell() && b.is_list_cell()) {
      const int result = a.head() == b.head() ? 0 : compare_leaves(a.head(), b.head());
      if (result != 0) return result;
      a = a.tail();
      b = b.tail();
    } else if (is_tuple(a) && is_tuple(b)) {
      const size_t arity = tuple_arity(a);
      if (arity != tuple_arity(b)) return arity < tuple_arity(b) ? -1 : 1;
      if (arity == 0) return 0;
      const Term *p = tuple_elements(a), *q = tuple_elements(b);
      for (size_t left = arity - 1; left != 0; --left, ++p, ++q) {
        const int result = *p == *q ? 0 : compare_leaves(*p, *q);
        if (result != 0) return result;
      }
      a = *p;
      b = *q;
    } else {
      return compare_leaves(a, b);
    }
    if (a == b) return 0;
  }
}

int run(Term a, Term b, Mode mode) {
  if (a == b) return 0;
  const int result = compare_without_stack(a, b);
  return result != kOpen ? result : Comparison().run(a, b, mode);
}

}  // namespace

int compare(Term a, Term b) { return run(a, b, Mode::Value); }
int compare_exact(Term a, Term b) { return run(a, b, Mode::Exact); }

}  // namespace athanor
