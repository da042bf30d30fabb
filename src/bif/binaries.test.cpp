// SPDX-License-Identifier: Apache-2.0
// Natives of binaries, packets, Unicode and regular expressions against what the stock VM answered.
#include <gtest/gtest.h>

#include "bif/bif.hpp"
#include "process/collect.hpp"
#include "process/oracle_case.hpp"
#include "term/compare.hpp"
#include "term/print.hpp"

#define ATH_FAMILY "bif/binaries.def"
#include "bif/declare.inc"
#define ATH_FAMILY "bif/binary.def"
#include "bif/declare.inc"
#define ATH_FAMILY "bif/checksums.def"
#include "bif/declare.inc"
#define ATH_FAMILY "bif/external.def"
#include "bif/declare.inc"
#define ATH_FAMILY "bif/packet.def"
#include "bif/declare.inc"
#define ATH_FAMILY "bif/re.def"
#include "bif/declare.inc"
#define ATH_FAMILY "bif/unicode.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

struct Row {
  std::string_view module, function;
  size_t arity;
  process::BifFunction body;
};
#define BIF(module, name, arity, kind, first, last) {#module, #name, arity, &module::name##_##arity},
const Row kRows[] = {
#include "bif/binaries.def"
#include "bif/binary.def"
#include "bif/checksums.def"
#include "bif/external.def"
#include "bif/packet.def"
#include "bif/re.def"
#include "bif/unicode.def"
};
#undef BIF

const char* const kCases[] = {
#include "bif/binaries_cases.inc"
};

TEST(Binaries, AnswerAsTheStockVm) {
  athanor::testing::NativeBench bench;
  Process& self = *bench.self;
  constexpr size_t kRoom = 1 << 16;   // nothing here asks for more: what a case holds is no root
  for (const char* hex : kCases) {
    ASSERT_TRUE(process::collect_garbage(self, kRoom, true));
    const athanor::testing::OracleCase one = athanor::testing::read_case(bench, hex);
    const Row* row = nullptr;
    for (const Row& candidate : kRows) {
      if (candidate.module == one.module && candidate.function == one.function && candidate.arity == one.args.size()) row = &candidate;
    }
    ASSERT_NE(row, nullptr) << one.module << ":" << one.function << "/" << one.args.size();
    // With an empty slice each call does the least it can, then yields.
    self.reductions_left_ = 0;
    BifResult result = row->body(self, one.args.data());
    while (self.pending_ == process::Pending::Yield) {
      self.pending_ = process::Pending::None;
      self.live_ = 0;
      self.reductions_left_ = 0;
      result = row->body(self, one.args.data());
    }
    const process::Pending pending = self.pending_;
    self.pending_ = process::Pending::None;
    ASSERT_NE(pending, process::Pending::Room) << one.module << ":" << one.function;
    if (pending == process::Pending::Trap) continue;   // goes on in Erlang
    const Term outcome = result.has_value() ? bench.ok(result.value) : bench.error(self.exception().value);
    EXPECT_TRUE(equal_exact(outcome, one.outcome)) << one.module << ":" << one.function << to_text(one.arguments) << "\n  want "
                                                   << to_text(one.outcome) << "\n  got  " << to_text(outcome);
  }
}

}  // namespace
}  // namespace athanor::bif
