// SPDX-License-Identifier: Apache-2.0
// Equality of terms, == and =:=. Apart from the order because it can stop at the first difference and compares hashed
// maps node by node: their shape is a function of their keys.
#include <cstring>

#include "term/binary.hpp"
#include "term/compare.hpp"
#include "term/identifier.hpp"
#include "term/integer.hpp"
#include "term/work_stack.hpp"

namespace athanor {
namespace {

enum class Mode : uint32_t { Value, Exact };

struct Span {  // `count` pairs still to be compared
  const Term* a;
  const Term* b;
  size_t count;
  Mode mode;
};
using Stack = WorkStack<Span, 16>;

bool equal_numbers(Term a, Term b, Mode mode) {
  if (is_float(a)) {
    if (is_float(b)) return float_value(a) == float_value(b);
    return mode == Mode::Value && is_integer(b) && integer::compare_with_double(b, float_value(a)) == 0;
  }
  if (is_float(b)) return mode == Mode::Value && integer::compare_with_double(a, float_value(b)) == 0;
  if (!is_big(a) || !is_big(b) || box_header(a) != box_header(b)) return false;
  size_t limbs = header_arity(box_header(a));
  for (size_t i = 1; i <= limbs; ++i) {
    if (a.pointer()[i].raw != b.pointer()[i].raw) return false;
  }
  return true;
}

bool equal_maps(Term a, Term b, Mode mode, Stack& stack) {
  const Term* x = a.pointer();
  const Term* y = b.pointer();
  if (x[0].raw != y[0].raw || x[1].raw != y[1].raw) return false;  // kind, size, places taken at the root
  size_t arity = header_arity(x[0].raw);
  if (is_hash_map(a)) {
    stack.push({x + 2, y + 2, arity - 1, mode});
    return true;
  }
  stack.push({x + 3, y + 3, map_size(a), mode});
  if (!(x[2] == y[2])) stack.push({x + 2, y + 2, 1, Mode::Exact});
  return true;
}

// Both boxed and not the same word; pushes what they hold.
bool equal_boxes(Term a, Term b, Mode mode, Stack& stack) {
  const Term* x = a.pointer();
  const Term* y = b.pointer();
  BoxedKind kind = header_kind(x->raw);
  switch (kind) {
    case BoxedKind::Tuple:
      if (x->raw != y->raw) return false;
      if (size_t arity = header_arity(x->raw); arity != 0) stack.push({x + 1, y + 1, arity, mode});
      return true;
    case BoxedKind::PositiveBig:
    case BoxedKind::NegativeBig:
    case BoxedKind::Float:
      return equal_numbers(a, b, mode);
    case BoxedKind::FlatMap:
    case BoxedKind::HashMap:
      return equal_maps(a, b, mode, stack);
    case BoxedKind::HashNode:
      if (x[0].raw != y[0].raw || x[1].raw != y[1].raw) return false;
      stack.push({x + 2, y + 2, header_arity(x->raw) - 1, mode});
      return true;
    case BoxedKind::Fun: {
      if (x->raw != y->raw) return false;
      const FunHead *f = fun_entry(a), *g = fun_entry(b);
      if (f != g && !(f->module == g->module && f->index == g->index && f->old_uniq == g->old_uniq)) return false;
      if (fun_num_free(a) != fun_num_free(b)) return false;
      if (size_t count = fun_num_free(a); count != 0) stack.push({fun_environment(a), fun_environment(b), count, mode});
      return true;
    }
    case BoxedKind::Export: {
      if (x->raw != y->raw) return false;
      const Mfa &f = export_entry(a)->mfa, &g = export_entry(b)->mfa;
      return f.module == g.module && f.function == g.function && f.arity == g.arity;
    }
    case BoxedKind::HeapBinary:
    case BoxedKind::BinaryRef:
    case BoxedKind::SubBinary:
      return is_bitstring(b) && binary::equal(a, b);
    case BoxedKind::MatchContext:
      return false;
    case BoxedKind::Reference:
    case BoxedKind::MagicReference:
    case BoxedKind::ExternalReference:
      return is_reference(b) && compare_references(a, b) == 0;
    case BoxedKind::ExternalPid:
    case BoxedKind::ExternalPort:
      return x[0].raw == y[0].raw && x[1].raw == y[1].raw && x[2].raw == y[2].raw;
    case BoxedKind::kCount:
      break;
  }
  ATH_ASSERT(!"equal: unknown kind");
  return false;
}

bool run(Term a, Term b, Mode mode) {
  Stack stack;
  for (;;) {
    // Lists are walked here: only their heads go deeper.
    while (a.is_list_cell() && b.is_list_cell() && !(a == b)) {
      Term x = a.head(), y = b.head();
      if (!(x == y)) {
        if (x.is_immediate() && y.is_immediate()) return false;
        stack.push({a.pointer() + 1, b.pointer() + 1, 1, mode});
        a = x;
        b = y;
        // A hashed map's leaf is a cell too; its key counts exactly, see below.
        continue;
      }
      a = a.tail();
      b = b.tail();
    }
    if (!(a == b)) {
      if (a.is_boxed() && b.is_boxed()) {
        bool in_map = boxed_kind(a) == BoxedKind::HashMap || boxed_kind(a) == BoxedKind::HashNode;
        if (!equal_boxes(a, b, mode, stack)) return false;
        if (in_map && mode == Mode::Value) {
          // Leaves under Value: compare keys exactly first, then the values.
          Span nodes = stack.pop();
          for (size_t i = 0; i < nodes.count; ++i) {
            Term x = nodes.a[i], y = nodes.b[i];
            if (x == y) continue;
            if (x.is_list_cell() != y.is_list_cell()) return false;
            if (x.is_list_cell()) {
              stack.push({x.pointer() + 1, y.pointer() + 1, 1, Mode::Value});
              stack.push({x.pointer(), y.pointer(), 1, Mode::Exact});
            } else {
              stack.push({nodes.a + i, nodes.b + i, 1, Mode::Value});
            }
          }
        }
      } else if (!is_number(a) || !is_number(b) || !equal_numbers(a, b, mode)) {
        return false;
      }
    }
    for (;;) {
      if (stack.empty()) return true;
      Span& span = stack.top();
      if (span.count == 0) {
        stack.pop();
        continue;
      }
      a = *span.a++;
      b = *span.b++;
      mode = span.mode;
      if (--span.count == 0) stack.pop();
      if (!(a == b)) break;
    }
  }
}

}  // namespace

bool equal_slow(Term a, Term b) { return run(a, b, Mode::Value); }

// What keys of tables and maps mostly are, tuples of immediates and short binaries, needs no stack.
bool equal_exact_slow(Term a, Term b) {
  if (!a.is_boxed() || !b.is_boxed()) return run(a, b, Mode::Exact);
  const Term* x = a.pointer();
  const Term* y = b.pointer();
  if (x->raw != y->raw) {
    if (header_kind(x->raw) == BoxedKind::Tuple || header_kind(y->raw) == BoxedKind::Tuple) return false;
  } else if (header_kind(x->raw) == BoxedKind::Tuple) {
    const size_t arity = header_arity(x->raw);
    for (size_t i = 1; i <= arity; ++i) {
      if (x[i] == y[i]) continue;
      if (x[i].is_immediate() || y[i].is_immediate()) return false;
      if (i == arity && x[i].is_boxed() && y[i].is_boxed()) return run(x[i], y[i], Mode::Exact);
      return run(a, b, Mode::Exact);
    }
    return true;
  } else if (header_kind(x->raw) == BoxedKind::HeapBinary) {
    return x[1].raw == y[1].raw && std::memcmp(x + 2, y + 2, x[1].raw) == 0;
  }
  return run(a, b, Mode::Exact);
}

}  // namespace athanor
