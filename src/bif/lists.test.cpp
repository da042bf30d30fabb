// SPDX-License-Identifier: Apache-2.0
// What differential programs cannot show of natives of lists: where things lie in memory.
#include <gtest/gtest.h>

#include "bif/bif.hpp"
#include "process/oracle_case.hpp"

#define ATH_FAMILY "bif/lists.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

TEST(Lists, AnEmptyTupleHasNoElementWhateverLiesBehindIt) {
  athanor::testing::NativeBench bench;
  process::Process& self = *bench.self;
  self.reductions_left_ = 1000;
  Term* place = self.allocate(4);
  place[0].raw = tuple_header(0);
  place[1] = atoms::ok;
  place[2] = Term::boxed(place);
  place[3] = Term::nil();
  const Term args[] = {atoms::ok, Term::small(1), Term::list_cell(place + 2)};
  EXPECT_EQ(lists::keymember_3(self, args).value, atoms::false_);
  EXPECT_EQ(lists::keyfind_3(self, args).value, atoms::false_);
}

}  // namespace
}  // namespace athanor::bif
