// SPDX-License-Identifier: Apache-2.0
// The order without a stack and with one: a term in front of a pair of which the first is a list goes the long way.
#include "term/compare.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "term/binary.hpp"
#include "term/integer.hpp"
#include "term/testing.hpp"

namespace athanor {
namespace {

using testing::TestContext;
using testing::TestHeap;

class OrderWithoutStack : public ::testing::Test {
 protected:
  Term tuple(std::vector<Term> elements) {
    Term* place = heap.allocate(elements.size() + 1);
    place[0].raw = tuple_header(elements.size());
    std::copy(elements.begin(), elements.end(), place + 1);
    return Term::boxed(place);
  }
  Term list(std::vector<Term> elements, Term tail = Term::nil()) {
    for (size_t i = elements.size(); i-- > 0;) tail = make_cons(heap.allocate(2), elements[i], tail);
    return tail;
  }
  Term real(double value) { return make_float(heap.allocate(kFloatWords), value); }
  static int sign(int order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }
  TestContext context;
  TestHeap heap;
};

TEST_F(OrderWithoutStack, IsTheOneWithAStack) {
  const Term big = integer::shift_left(heap, Term::small(1), 70), less = integer::negate(heap, big);
  std::vector<Term> leaves = {Term::small(-1), Term::small(0), Term::small(1), real(0.0), real(-0.0), real(1.0), real(1.5), big, less, real(1180591620717411303424.0),
                              intern("a"), intern("ab"), intern("b"), Term::nil(), tuple({}), Term::local_pid(7),
                              binary::from_text(heap, ""), binary::from_text(heap, "abcdefgh1"), binary::from_text(heap, "abcdefgh2"), binary::from_text(heap, "abc")};
  std::vector<Term> terms = leaves;
  for (size_t i = 0; i < leaves.size(); ++i) {
    const Term x = leaves[i], y = leaves[(i * 7 + 3) % leaves.size()];
    for (Term each : {tuple({x}), tuple({x, y}), tuple({y, x}), tuple({Term::small(1), x}), tuple({Term::small(1), tuple({x, y})}), tuple({tuple({x}), y}),
                      list({x}), list({x, y}), list({Term::small(1), x}), list({x}, y), list({list({x}), y}), list({tuple({x, y}), y}), tuple({list({x, y}), x})}) {
      terms.push_back(each);
    }
  }
  for (Term a : terms) {
    for (Term b : terms) {
      const Term long_a = tuple({list({a}), Term::small(1)}), long_b = tuple({list({b}), Term::small(1)});
      ASSERT_EQ(sign(compare(a, b)), sign(compare(long_a, long_b)));
      ASSERT_EQ(sign(compare(a, b)), -sign(compare(b, a)));
      ASSERT_EQ(compare(a, b) == 0, equal(a, b));
      ASSERT_EQ(sign(compare_exact(a, b)), sign(compare_exact(long_a, long_b)));
      // What goes before and is equal changes nothing.
      ASSERT_EQ(sign(compare(list({a, a}), list({a, b}))), sign(compare(a, b)));
      ASSERT_EQ(sign(compare(tuple({b, a, a}), tuple({b, b, a}))), sign(compare(a, b)));
    }
  }
}

}  // namespace
}  // namespace athanor
