// SPDX-License-Identifier: Apache-2.0
// Bit syntax against what the stock VM built and matched, and the cost of appending.
#include "engine/bit_syntax.hpp"

#include <gtest/gtest.h>

#include "process/oracle_case.hpp"
#include "term/compare.hpp"
#include "term/print.hpp"

namespace athanor::engine::bit_syntax {
namespace {

using athanor::testing::NativeBench;
using process::Process;

const char* const kCases[] = {
#include "engine/bit_syntax_cases.inc"
};

uint64_t number(Term t) { return static_cast<uint64_t>(t.small_value()); }

// <<0:Prefix, Segment>>, by bs_create_bin and by the older opcodes.
Term build(NativeBench& bench, Term prefix, SegmentType type, Term value, Term size, uint32_t flags) {
  Process& self = *bench.self;
  const uint32_t unit = 1;
  Segment segments[2] = {{SegmentType::Integer, 1, unit, 0, Term::small(0), prefix}, {type, 2, unit, flags, value, size}};
  Failure failure;
  const Term created = create(self, segments, failure);
  if (created.is_none()) return bench.error(failure.reason);
  BuildState state;
  const Term old = init(self, state, Term::small(static_cast<int64_t>(binary::bit_size(created))), 1, failure);
  bool good = put_integer(state, Term::small(0), prefix, unit, 0, failure);
  switch (type) {
    case SegmentType::Integer: good &= put_integer(state, value, size, unit, flags, failure); break;
    case SegmentType::Float: good &= put_float(state, value, size, unit, flags, failure); break;
    case SegmentType::Binary: good &= put_binary(state, value, size, unit, failure); break;
    case SegmentType::Utf8: good &= put_utf8(state, value, failure); break;
    case SegmentType::Utf16: good &= put_utf16(state, value, flags, failure); break;
    case SegmentType::Utf32: good &= put_utf32(state, value, flags, failure); break;
    default: good = false;
  }
  EXPECT_TRUE(good && equal_exact(created, old)) << to_text(created) << " and " << to_text(old);
  return bench.ok(created);
}

Term run(NativeBench& bench, const std::string& function, const std::vector<Term>& a) {
  using S = SegmentType;
  const auto flags_at = [&](size_t i) { return static_cast<uint32_t>(number(a[i])); };
  if (function == "put_int") return build(bench, a[0], S::Integer, a[1], a[2], flags_at(3));
  if (function == "put_float") return build(bench, a[0], S::Float, a[1], a[2], flags_at(3));
  if (function == "put_bin") return build(bench, a[0], S::Binary, a[1], a[2], 0);
  if (function == "put_bin_all") return build(bench, a[0], S::Binary, a[1], atoms::all, 0);
  if (function == "put_utf8") return build(bench, a[0], S::Utf8, a[1], atoms::undefined, 0);
  if (function == "put_utf16") return build(bench, a[0], S::Utf16, a[1], atoms::undefined, flags_at(2));
  if (function == "put_utf32") return build(bench, a[0], S::Utf32, a[1], atoms::undefined, flags_at(2));
  Allocator& heap = bench.self->heap();
  const Term context = start_match(heap, a[1]);
  EXPECT_TRUE(skip_bits(context, number(a[0])));
  const uint64_t before = context_of(context).position;
  Term got;
  bool with_rest = false;
  if (function == "get_int") got = get_integer(heap, context, number(a[2]), flags_at(3));
  else if (function == "get_float") got = get_float(heap, context, number(a[2]), flags_at(3));
  else if (function == "get_bin") got = get_binary(heap, context, number(a[2]));
  else with_rest = true;
  if (function == "get_utf8") got = get_utf8(context);
  if (function == "get_utf16") got = get_utf16(context, flags_at(2));
  if (function == "get_utf32") got = get_utf32(context, flags_at(2));
  if (got.is_none()) {
    EXPECT_EQ(context_of(context).position, before);
    return bench.ok(atoms::nomatch);
  }
  if (with_rest) got = bench.pair(got, Term::small(static_cast<int64_t>(context_of(context).rest())));
  return bench.ok(got);
}

TEST(BitSyntax, DoesAsTheStockVm) {
  NativeBench bench;
  for (const char* hex : kCases) {
    const athanor::testing::OracleCase one = athanor::testing::read_case(bench, hex);
    const Term outcome = run(bench, one.function, one.args);
    EXPECT_TRUE(equal_exact(outcome, one.outcome)) << one.function << to_text(one.arguments) << "\n  want " << to_text(one.outcome)
                                                   << "\n  got  " << to_text(outcome);
  }
}

Term append_byte(Process& self, Term to, int byte) {
  Segment segments[2] = {{SegmentType::Append, 1, 8, 0, to, atoms::all}, {SegmentType::Integer, 2, 1, 0, Term::small(byte), Term::small(8)}};
  Failure failure;
  return create(self, segments, failure);
}

TEST(BitSyntax, AppendingMovesTheBytesSeldom) {
  NativeBench bench;
  Term all = binary::from_bytes(bench.self->heap(), nullptr, 0);
  std::string expected;
  int moves = 0;
  const uint8_t* place = nullptr;
  for (int i = 0; i < 20000; ++i) {
    all = append_byte(*bench.self, all, i);
    expected.push_back(static_cast<char>(i));
    if (binary::bits_of(all).bytes != place) ++moves;
    place = binary::bits_of(all).bytes;
  }
  binary::Scratch scratch;
  EXPECT_EQ(binary::bytes_of(all, scratch), expected);
  EXPECT_LT(moves, 12);
}

TEST(BitSyntax, AppendingToAnOldVersionLeavesTheNewOneAlone) {
  NativeBench bench;
  Process& self = *bench.self;
  const Term base = append_byte(self, binary::from_text(self.heap(), "ab"), 'c');
  const Term one = append_byte(self, base, '1');
  const Term two = append_byte(self, base, '2');
  binary::Scratch scratch;
  EXPECT_EQ(binary::bytes_of(base, scratch), "abc");
  EXPECT_EQ(binary::bytes_of(one, scratch), "abc1");
  EXPECT_EQ(binary::bytes_of(two, scratch), "abc2");
}

TEST(BitSyntax, AContextKeepsItsBytesWhileTheBinaryGrows) {
  NativeBench bench;
  Process& self = *bench.self;
  Term all = append_byte(self, binary::from_text(self.heap(), "ab"), 'c');
  const Term context = start_match(self.heap(), all);
  for (int i = 0; i < 2000; ++i) all = append_byte(self, all, 'x');
  EXPECT_EQ(get_integer(self.heap(), context, 24, 0), Term::small(0x616263));
}

TEST(BitSyntax, FailuresNameTheSegment) {
  NativeBench bench;
  Segment segments[2] = {{SegmentType::Integer, 1, 1, 0, Term::small(1), Term::small(8)},
                         {SegmentType::Binary, 2, 8, 0, binary::from_text(bench.self->heap(), "a"), Term::small(2)}};
  Failure failure;
  ASSERT_TRUE(create(*bench.self, segments, failure).is_none());
  EXPECT_EQ(failure.reason, atoms::badarg);
  EXPECT_EQ(to_text(failure.cause), "{2,binary,short,<<\"a\">>}");
}

}  // namespace
}  // namespace athanor::engine::bit_syntax
