// SPDX-License-Identifier: Apache-2.0
// Small functions written by hand: what the verifier lets through and what it refuses.
#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>

#include "beam/beam_file.hpp"
#include "beam/opcodes.hpp"
#include "term/context.hpp"

namespace athanor::beam {
namespace {

struct Op { uint32_t tag, value; };
constexpr Op u(uint32_t n) { return {0, n}; }
constexpr Op a(uint32_t n) { return {2, n}; }
constexpr Op x(uint32_t n) { return {3, n}; }
constexpr Op y(uint32_t n) { return {4, n}; }
constexpr Op f(uint32_t n) { return {5, n}; }

// Atoms: 1 the module, 2 a function's name. Imports: 0 erlang:error/1, 1 m:f/1, 2 erlang:exit/2.
class VerifierTest : public testing::Test {
 public:
  void SetUp() override {
    context_.atoms = atoms_.get();
    current_term_context = &context_;
    file_.atoms = {Term::nil(), intern("m"), intern("f")};
    file_.module = file_.atoms[1];
    file_.imports = {{atoms::erlang, atoms::error, 1}, {file_.atoms[1], file_.atoms[2], 1}, {atoms::erlang, atoms::exit, 2}};
    file_.lines = {{0, 0}};
    file_.label_count = 20;
  }
  void TearDown() override { current_term_context = nullptr; }

  VerifierTest& op(Opcode opcode, std::initializer_list<Op> operands = {}) {
    code_.push_back(static_cast<uint8_t>(opcode));
    for (Op o : operands) {
      if (o.value < 16) {
        code_.push_back(static_cast<uint8_t>(o.value << 4 | o.tag));
      } else {
        code_.push_back(static_cast<uint8_t>((o.value >> 8) << 5 | 8 | o.tag));
        code_.push_back(static_cast<uint8_t>(o.value));
      }
    }
    return *this;
  }
  // Begins function f/arity with labels `first` and `first + 1`.
  VerifierTest& function(uint32_t first, uint32_t arity) {
    ++file_.function_count;
    return op(Opcode::label, {u(first)}).op(Opcode::func_info, {a(1), a(2), u(arity)}).op(Opcode::label, {u(first + 1)});
  }
  // Empty: the code is good.
  std::string verdict() {
    op(Opcode::int_code_end);
    file_.code = code_.data();
    file_.code_bytes = static_cast<uint32_t>(code_.size());
    auto verified = verify(file_);
    return verified ? "" : verified.error().message;
  }

  std::unique_ptr<AtomTable> atoms_{make_atom_table(1 << 16)};
  TermContext context_;
  BeamFile file_;
  std::vector<uint8_t> code_;
};
#define EXPECT_REFUSED(text) EXPECT_NE(verdict().find(text), std::string::npos)

TEST_F(VerifierTest, FramesAndCallsInOrder) {
  function(1, 1).op(Opcode::allocate, {u(1), u(1)}).op(Opcode::move, {x(0), y(0)}).op(Opcode::call, {u(1), f(2)});
  op(Opcode::move, {y(0), x(0)}).op(Opcode::call_last, {u(1), f(2), u(1)});
  EXPECT_EQ(verdict(), "");
  ASSERT_EQ(file_.functions.size(), 1u);
  EXPECT_EQ(file_.functions[0].entry_label, 2u);
  EXPECT_EQ(file_.functions[0].code_begin, 0u);
  EXPECT_EQ(file_.functions[0].code_end, code_.size() - 1);
}
TEST_F(VerifierTest, RegistersAreWrittenBeforeTheyAreRead) {
  function(1, 1).op(Opcode::move, {x(1), x(0)}).op(Opcode::return_);
  EXPECT_REFUSED("an x register that holds no term is read");
}
TEST_F(VerifierTest, CallsLeaveOnlyTheResult) {
  function(1, 2).op(Opcode::allocate, {u(0), u(2)}).op(Opcode::call, {u(2), f(2)}).op(Opcode::move, {x(1), x(0)});
  op(Opcode::deallocate, {u(0)}).op(Opcode::return_);
  EXPECT_REFUSED("an x register that holds no term is read");
}
TEST_F(VerifierTest, CollectorSeesNoUnwrittenSlot) {
  function(1, 1).op(Opcode::allocate, {u(1), u(1)}).op(Opcode::call, {u(1), f(2)}).op(Opcode::deallocate, {u(1)}).op(Opcode::return_);
  EXPECT_REFUSED("a y register was not written before a collection");
}
TEST_F(VerifierTest, LiveRegistersHoldTerms) {
  function(1, 1).op(Opcode::test_heap, {u(2), u(2)}).op(Opcode::return_);
  EXPECT_REFUSED("a live x register holds no term");
}
TEST_F(VerifierTest, FramesAreGivenUpAsTheyWereMade) {
  function(1, 1).op(Opcode::allocate, {u(2), u(1)}).op(Opcode::deallocate, {u(1)}).op(Opcode::return_);
  EXPECT_REFUSED("a frame of another size is given up");
}
TEST_F(VerifierTest, ReturnNeedsTheFrameGone) {
  function(1, 1).op(Opcode::allocate_zero, {u(2), u(1)}).op(Opcode::return_);
  EXPECT_REFUSED("a function is left with a frame");
}
TEST_F(VerifierTest, SlotsStayInsideTheFrame) {
  function(1, 1).op(Opcode::allocate, {u(1), u(1)}).op(Opcode::move, {x(0), y(1)}).op(Opcode::deallocate, {u(1)}).op(Opcode::return_);
  EXPECT_REFUSED("outside the frame");
}
TEST_F(VerifierTest, TrimSaysWhatStays) {
  function(1, 1).op(Opcode::allocate_zero, {u(3), u(1)}).op(Opcode::trim, {u(1), u(1)}).op(Opcode::deallocate, {u(2)}).op(Opcode::return_);
  EXPECT_REFUSED("more is trimmed");
}
TEST_F(VerifierTest, CatchesNest) {
  function(1, 1).op(Opcode::allocate_zero, {u(2), u(1)}).op(Opcode::try_, {y(0), f(5)}).op(Opcode::try_, {y(1), f(6)});
  op(Opcode::try_end, {y(0)}).op(Opcode::try_end, {y(1)}).op(Opcode::deallocate, {u(2)}).op(Opcode::return_);
  op(Opcode::label, {u(5)}).op(Opcode::try_case, {y(0)}).op(Opcode::deallocate, {u(2)}).op(Opcode::return_);
  op(Opcode::label, {u(6)}).op(Opcode::try_case, {y(1)}).op(Opcode::jump, {f(5)});
  EXPECT_REFUSED("closed out of turn");
}
TEST_F(VerifierTest, OpenCatchIsNoTerm) {
  function(1, 1).op(Opcode::allocate_zero, {u(1), u(1)}).op(Opcode::catch_, {y(0), f(5)}).op(Opcode::move, {y(0), x(0)});
  op(Opcode::label, {u(5)}).op(Opcode::catch_end, {y(0)}).op(Opcode::deallocate, {u(1)}).op(Opcode::return_);
  EXPECT_REFUSED("an open catch is read");
}
TEST_F(VerifierTest, CatchAndItsHandler) {
  function(1, 1).op(Opcode::allocate, {u(1), u(1)}).op(Opcode::catch_, {y(0), f(5)}).op(Opcode::call, {u(1), f(2)});
  op(Opcode::label, {u(5)}).op(Opcode::catch_end, {y(0)}).op(Opcode::deallocate, {u(1)}).op(Opcode::return_);
  EXPECT_EQ(verdict(), "");
}
TEST_F(VerifierTest, TheMarkOfAnExceptionIsNoTerm) {
  function(1, 1).op(Opcode::allocate_zero, {u(1), u(1)}).op(Opcode::catch_, {y(0), f(5)});
  op(Opcode::label, {u(5)}).op(Opcode::call, {u(1), f(2)}).op(Opcode::catch_end, {y(0)}).op(Opcode::deallocate, {u(1)}).op(Opcode::return_);
  EXPECT_REFUSED("the mark of an exception is taken for a term");
}
TEST_F(VerifierTest, CatchEndNeedsAValue) {
  function(1, 1).op(Opcode::allocate_zero, {u(1), u(1)}).op(Opcode::catch_, {y(0), f(5)}).op(Opcode::test_heap, {u(2), u(0)});
  op(Opcode::label, {u(5)}).op(Opcode::catch_end, {y(0)}).op(Opcode::deallocate, {u(1)}).op(Opcode::return_);
  EXPECT_REFUSED("the end of a catch without a value");
}
TEST_F(VerifierTest, JumpsStayInTheirFunction) {
  function(1, 1).op(Opcode::jump, {f(4)});
  function(3, 1).op(Opcode::return_);
  EXPECT_REFUSED("function");
}
TEST_F(VerifierTest, CallsGoToEntriesOfTheirArity) {
  function(1, 2).op(Opcode::call_only, {u(1), f(2)});
  EXPECT_REFUSED("a call goes to no function of its arity");
}
TEST_F(VerifierTest, ImportsAreCalledWithTheirArity) {
  function(1, 2).op(Opcode::call_ext_only, {u(2), u(1)});
  EXPECT_REFUSED("another number of arguments than the import");
}
TEST_F(VerifierTest, JumpsBackBringWhatTheWayFromAboveBrought) {
  function(1, 2).op(Opcode::label, {u(5)}).op(Opcode::test_heap, {u(2), u(1)}).op(Opcode::jump, {f(5)});
  EXPECT_REFUSED("a jump back brings less");
}
TEST_F(VerifierTest, FunctionClauseIsRaisedWithAllArguments) {
  function(1, 2).op(Opcode::is_atom, {f(1), x(0)}).op(Opcode::test_heap, {u(2), u(1)}).op(Opcode::is_atom, {f(1), x(0)}).op(Opcode::return_);
  EXPECT_REFUSED("a jump back brings less");
}
TEST_F(VerifierTest, WaitingKeepsNoRegister) {
  function(1, 1).op(Opcode::allocate, {u(0), u(1)});
  op(Opcode::label, {u(5)}).op(Opcode::loop_rec, {f(6), x(0)}).op(Opcode::remove_message).op(Opcode::deallocate, {u(0)}).op(Opcode::return_);
  op(Opcode::label, {u(6)}).op(Opcode::wait, {f(5)});
  EXPECT_EQ(verdict(), "");
}
// What the compiler does with a message needs no care; what only hand-made code does is noted, for the engine.
class MessageTest : public VerifierTest {
 public:
  VerifierTest& loop() {
    function(1, 1).op(Opcode::allocate_zero, {u(1), u(1)});
    return op(Opcode::label, {u(5)}).op(Opcode::loop_rec, {f(6), x(0)});
  }
  bool keeps_messages() {
    op(Opcode::label, {u(6)}).op(Opcode::wait, {f(5)});
    EXPECT_EQ(verdict(), "");
    return file_.functions.at(0).keeps_messages;
  }
};
TEST_F(MessageTest, OnesThatMatchMayBeKept) {
  loop().op(Opcode::is_atom, {f(7), x(0)}).op(Opcode::move, {x(0), y(0)}).op(Opcode::remove_message).op(Opcode::call, {u(1), f(2)});
  op(Opcode::deallocate, {u(1)}).op(Opcode::return_).op(Opcode::label, {u(7)}).op(Opcode::loop_rec_end, {f(5)});
  EXPECT_FALSE(keeps_messages());
}
TEST_F(MessageTest, OnesLeftInTheQueueMayNot) {
  loop().op(Opcode::move, {x(0), y(0)}).op(Opcode::loop_rec_end, {f(5)});
  EXPECT_TRUE(keeps_messages());
}
TEST_F(MessageTest, NorBeGivenToOthers) {
  loop().op(Opcode::call, {u(1), f(2)}).op(Opcode::loop_rec_end, {f(5)});
  EXPECT_TRUE(keeps_messages());
}
TEST_F(MessageTest, TheCursorStaysWithThem) {
  loop().op(Opcode::timeout).op(Opcode::loop_rec_end, {f(5)});
  EXPECT_TRUE(keeps_messages());
}
TEST_F(VerifierTest, WhatAGuardWouldHaveWrittenMayBeReadWhereItFails) {
  function(1, 1).op(Opcode::allocate, {u(1), u(1)}).op(Opcode::bif1, {f(5), u(1), x(0), y(0)});
  op(Opcode::label, {u(5)}).op(Opcode::move, {y(0), x(0)}).op(Opcode::deallocate, {u(1)}).op(Opcode::return_);
  EXPECT_EQ(verdict(), "");
}
TEST_F(VerifierTest, ErrorsMayBeSharedBetweenFrames) {
  function(1, 1).op(Opcode::is_atom, {f(5), x(0)}).op(Opcode::allocate_zero, {u(1), u(1)}).op(Opcode::is_pid, {f(5), x(0)});
  op(Opcode::deallocate, {u(1)}).op(Opcode::return_).op(Opcode::label, {u(5)}).op(Opcode::call_ext, {u(1), u(0)});
  EXPECT_EQ(verdict(), "");
}
TEST_F(VerifierTest, ExitOfAnotherProcessReturns) {
  function(1, 2).op(Opcode::call_ext, {u(2), u(2)});
  EXPECT_REFUSED("a call without a frame");
}
TEST_F(VerifierTest, ManyRegistersTakeTheWideSets) {
  function(1, 1).op(Opcode::move, {x(0), x(200)}).op(Opcode::move, {x(200), x(0)}).op(Opcode::return_);
  EXPECT_EQ(verdict(), "");
}
TEST_F(VerifierTest, RefusedOpcodesAreNamed) {
  ++file_.function_count;
  op(static_cast<Opcode>(71), {u(1)});
  EXPECT_REFUSED("put 71");
}
TEST_F(VerifierTest, InstructionsAsText) {
  function(1, 1).op(Opcode::call_ext_only, {u(1), u(1)});
  EXPECT_EQ(verdict(), "");
  EXPECT_NE(disassemble(file_, file_.functions[0]).find("call_ext_only 1 m:f/1"), std::string::npos);
}

}  // namespace
}  // namespace athanor::beam
