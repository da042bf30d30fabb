// SPDX-License-Identifier: Apache-2.0
// Type tests, comparisons, selections.
#include <algorithm>

#include "engine/interp/ops/handlers.hpp"
#include "term/binary.hpp"
#include "term/atom_table.hpp"
#include "term/compare.hpp"

namespace athanor::engine {

using ir::Kind;

namespace {
bool is_boolean(Term t) { return t == atoms::true_ || t == atoms::false_; }
}  // namespace

#define ATH_TYPE_TEST(name, condition)                             \
  template <Kind kSource>                                          \
  static ATH_HANDLER(name##_of) {                                  \
    const auto& in = ir::at<ir::Test>(ip);                         \
    Term t = ir::load<kSource>(in.source, x, stack_top);           \
    if (condition) ATH_NEXT(Test);                                 \
    ATH_FAIL(in.fail);                                             \
  }                                                                \
  ATH_CHOOSE_REGISTER(name, name##_of)

ATH_TYPE_TEST(op_is_integer, ATH_LIKELY(t.is_small()) || is_big(t))
ATH_TYPE_TEST(op_is_float, is_float(t))
ATH_TYPE_TEST(op_is_number, t.is_small() || is_number(t))
ATH_TYPE_TEST(op_is_atom, t.is_atom())
ATH_TYPE_TEST(op_is_pid, is_pid(t))
ATH_TYPE_TEST(op_is_reference, is_reference(t))
ATH_TYPE_TEST(op_is_port, is_port(t))
ATH_TYPE_TEST(op_is_nil, t.is_nil())
ATH_TYPE_TEST(op_is_binary, binary::is_binary(t))
ATH_TYPE_TEST(op_is_bitstring, is_bitstring(t))
ATH_TYPE_TEST(op_is_list, t.is_list())
ATH_TYPE_TEST(op_is_nonempty_list, t.is_list_cell())
ATH_TYPE_TEST(op_is_tuple, is_tuple(t))
ATH_TYPE_TEST(op_is_function, is_fun(t))
ATH_TYPE_TEST(op_is_boolean, is_boolean(t))
ATH_TYPE_TEST(op_is_map, is_map(t))

namespace {

template <Kind kSource>
ATH_HANDLER(test_arity) {
  const auto& in = ir::at<ir::TestArity>(ip);
  Term t = ir::load<kSource>(in.source, x, stack_top);
  if (t.is_boxed() && box_header(t) == in.header) ATH_NEXT(TestArity);
  ATH_FAIL(in.fail);
}
// Of what is known to be a tuple.
template <Kind kSource>
ATH_HANDLER(test_arity_proven) {
  const auto& in = ir::at<ir::TestArity>(ip);
  if (box_header(ir::load<kSource>(in.source, x, stack_top)) == in.header) ATH_NEXT(TestArity);
  ATH_FAIL(in.fail);
}
template <Kind kSource>
ATH_HANDLER(is_tagged_tuple) {
  const auto& in = ir::at<ir::TestTagged>(ip);
  Term t = ir::load<kSource>(in.source, x, stack_top);
  if (t.is_boxed() && box_header(t) == in.header && t.pointer()[1].raw == in.tag) ATH_NEXT(TestTagged);
  ATH_FAIL(in.fail);
}

template <Kind kSource>
ATH_HANDLER(is_immediate) {
  const auto& in = ir::at<ir::Compare>(ip);
  if (ir::load<kSource>(in.first, x, stack_top).raw == in.second) ATH_NEXT(Compare);
  ATH_FAIL(in.fail);
}
template <Kind kSource>
ATH_HANDLER(is_not_immediate) {
  const auto& in = ir::at<ir::Compare>(ip);
  if (ir::load<kSource>(in.first, x, stack_top).raw != in.second) ATH_NEXT(Compare);
  ATH_FAIL(in.fail);
}

}  // namespace

ATH_CHOOSE_REGISTER(op_test_arity, test_arity)
ATH_CHOOSE_REGISTER(op_test_arity_proven, test_arity_proven)
ATH_CHOOSE_REGISTER(op_is_tagged_tuple, is_tagged_tuple)
ATH_CHOOSE_REGISTER(op_is_immediate, is_immediate)
ATH_CHOOSE_REGISTER(op_is_not_immediate, is_not_immediate)

ATH_HANDLER(op_is_function_2) {
  const auto& in = ir::at<ir::TestFunction>(ip);
  Term fun = ir::place(in.source, x, stack_top), arity = ir::load(in.arity, x, stack_top);
  bool matches = false;
  if (arity.is_small()) {
    if (is_local_fun(fun)) matches = fun_arity(fun) == arity.small_value();
    else if (is_export_fun(fun)) matches = export_entry(fun)->mfa.arity == arity.small_value();
  }
  if (matches) ATH_NEXT(TestFunction);
  ATH_FAIL(in.fail);
}

#define ATH_COMPARE(name, condition)                                                            \
  ATH_HANDLER(name) {                                                                           \
    const auto& in = ir::at<ir::Compare>(ip);                                                   \
    Term a = ir::place(in.first, x, stack_top), b = ir::load(in.second, x, stack_top);          \
    if (condition) ATH_NEXT(Compare);                                                           \
    ATH_FAIL(in.fail);                                                                          \
  }
static ATH_COMPARE(is_equal_exact_slow, equal_exact(a, b))
static ATH_COMPARE(is_not_equal_exact_slow, !equal_exact(a, b))
ATH_COMPARE(op_is_equal, equal(a, b))
ATH_COMPARE(op_is_not_equal, !equal(a, b))

namespace {

template <Kind kFirst, Kind kSecond>
ATH_HANDLER(is_less) {
  const auto& in = ir::at<ir::Compare>(ip);
  Term a = ir::load<kFirst>(in.first, x, stack_top), b = ir::load<kSecond>(in.second, x, stack_top);
  bool holds = ATH_LIKELY(Term::both_small(a, b)) ? static_cast<int64_t>(a.raw) < static_cast<int64_t>(b.raw) : compare_fast(a, b) < 0;
  if (holds) ATH_NEXT(Compare);
  ATH_FAIL(in.fail);
}
template <Kind kFirst, Kind kSecond>
ATH_HANDLER(is_greater_or_equal) {
  const auto& in = ir::at<ir::Compare>(ip);
  Term a = ir::load<kFirst>(in.first, x, stack_top), b = ir::load<kSecond>(in.second, x, stack_top);
  bool holds = ATH_LIKELY(Term::both_small(a, b)) ? static_cast<int64_t>(a.raw) >= static_cast<int64_t>(b.raw) : compare_fast(a, b) >= 0;
  if (holds) ATH_NEXT(Compare);
  ATH_FAIL(in.fail);
}

}  // namespace

// The same word is the same term; an immediate equals no other word. What is left is compared out of line.
template <Kind kFirst, Kind kSecond, bool kWanted>
ATH_HANDLER(is_same) {
  const auto& in = ir::at<ir::Compare>(ip);
  Term a = ir::load<kFirst>(in.first, x, stack_top), b = ir::load<kSecond>(in.second, x, stack_top);
  bool same = a == b;
  if (!same && ATH_UNLIKELY(!a.is_immediate() && !b.is_immediate())) {
    [[clang::musttail]] return (kWanted ? is_equal_exact_slow : is_not_equal_exact_slow)(ATH_ARGUMENTS);
  }
  if (same == kWanted) ATH_NEXT(Compare);
  ATH_FAIL(in.fail);
}
template <Kind kFirst, Kind kSecond>
constexpr Handler is_equal_exact = is_same<kFirst, kSecond, true>;
template <Kind kFirst, Kind kSecond>
constexpr Handler is_not_equal_exact = is_same<kFirst, kSecond, false>;

#define ATH_CHOOSE_COMPARE(name, body)                                                                          \
  Handler name(Kind first, Kind second) {                                                                       \
    if (first == Kind::Y) {                                                                                     \
      return second == Kind::Y ? body<Kind::Y, Kind::Y> : second == Kind::X ? body<Kind::Y, Kind::X> : body<Kind::Y, Kind::Constant>; \
    }                                                                                                           \
    return second == Kind::Y ? body<Kind::X, Kind::Y> : second == Kind::X ? body<Kind::X, Kind::X> : body<Kind::X, Kind::Constant>;   \
  }
ATH_CHOOSE_COMPARE(op_is_equal_exact, is_equal_exact)
ATH_CHOOSE_COMPARE(op_is_not_equal_exact, is_not_equal_exact)
ATH_CHOOSE_COMPARE(op_is_less, is_less)
ATH_CHOOSE_COMPARE(op_is_greater_or_equal, is_greater_or_equal)

// --- selections. Rows: value, offset of its target ---
namespace {

template <Kind kSource>
ATH_HANDLER(select_linear) {
  const auto& in = ir::at<ir::SelectLinear>(ip);
  Word value = ir::load<kSource>(in.source, x, stack_top).raw;
  const Word* row = ir::tail<ir::SelectLinear>(ip);
  for (uint32_t i = 0; i < in.count; ++i, row += 2) {
    if (row[0] == value) ATH_FAIL(static_cast<int64_t>(row[1]));
  }
  ATH_FAIL(in.fail);
}

}  // namespace

ATH_CHOOSE_REGISTER(op_select_linear, select_linear)

// Rows ascend by value's word.
ATH_HANDLER(op_select_binary) {
  const auto& in = ir::at<ir::SelectLinear>(ip);
  Word value = ir::place(in.source, x, stack_top).raw;
  const Word* rows = ir::tail<ir::SelectLinear>(ip);
  uint32_t low = 0, high = in.count;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (rows[2 * middle] == value) ATH_FAIL(static_cast<int64_t>(rows[2 * middle + 1]));
    if (rows[2 * middle] < value) low = middle + 1;
    else high = middle;
  }
  ATH_FAIL(in.fail);
}

// Values that are no immediates: floats, big integers.
ATH_HANDLER(op_select_exact) {
  const auto& in = ir::at<ir::SelectLinear>(ip);
  Term value = ir::place(in.source, x, stack_top);
  const Word* row = ir::tail<ir::SelectLinear>(ip);
  for (uint32_t i = 0; i < in.count; ++i, row += 2) {
    if (equal_exact(value, Term{row[0]})) ATH_FAIL(static_cast<int64_t>(row[1]));
  }
  ATH_FAIL(in.fail);
}

// Small integers close together.
ATH_HANDLER(op_select_table) {
  const auto& in = ir::at<ir::SelectTable>(ip);
  Term value = ir::place(in.source, x, stack_top);
  if (value.is_small()) {
    uint64_t index = static_cast<uint64_t>(value.small_value()) - static_cast<uint64_t>(in.first);
    if (index < in.count) ATH_FAIL(static_cast<int64_t>(ir::tail<ir::SelectTable>(ip)[index]));
  }
  ATH_FAIL(in.fail);
}

// select_tuple_arity: rows hold headers; what is no tuple fails.
ATH_HANDLER(op_select_arity) {
  const auto& in = ir::at<ir::SelectLinear>(ip);
  Term tuple = ir::place(in.source, x, stack_top);
  if (tuple.is_boxed()) {
    Word header = box_header(tuple);
    const Word* row = ir::tail<ir::SelectLinear>(ip);
    for (uint32_t i = 0; i < in.count; ++i, row += 2) {
      if (row[0] == header) ATH_FAIL(static_cast<int64_t>(row[1]));
    }
  }
  ATH_FAIL(in.fail);
}

}  // namespace athanor::engine
