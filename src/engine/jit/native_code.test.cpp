// SPDX-License-Identifier: Apache-2.0
// Native functions among interpreted ones: whatever the interpreter alone gives, in as many reductions and
// slices, the mixture must give.
#include "engine/jit/native_code.hpp"

#include <gtest/gtest.h>

#include "engine/jit/test_spike.hpp"

namespace athanor::engine::jit {
namespace {

class NativeCodeTest : public testing::Test {
 protected:
  // The same call by the interpreter alone and with native code in it.
  void expect_same(const char* name, const Arguments& arguments, const std::string& text, std::initializer_list<const char*> natives,
                   int64_t reductions = 4000) {
    Answer interpreted = spike.call(name, arguments, reductions);
    for (const char* native : natives) ASSERT_TRUE(spike.make_native(native)) << native;
    Answer mixed = spike.call(name, arguments, reductions);
    EXPECT_EQ(interpreted.text, text);
    EXPECT_EQ(mixed.text, text);
    EXPECT_EQ(mixed.reductions, interpreted.reductions);
    EXPECT_EQ(mixed.slices, interpreted.slices);
    for (const char* native : natives) EXPECT_TRUE(is_native(native)) << native;
  }
  bool is_native(const char* name) {
    code::Function* found = spike.named(name);
    return found && found->lowered.load()->native && found->entry.load() == found->lowered.load()->native->entry;
  }
  static Arguments one(Term value) {
    return [value](Allocator&) { return std::vector<Term>{value}; };
  }
  static Term list(Allocator& to, std::initializer_list<int64_t> numbers) {
    Term result = Term::nil();
    for (auto n = std::rbegin(numbers); n != std::rend(numbers); ++n) result = make_cons(to.allocate(2), Term::small(*n), result);
    return result;
  }
  std::string trace_of(process::Process& self) {
    return to_text(current_stacktrace(self, self.heap(), 64), size_t{1} << 16);
  }

  Spike spike;
};

TEST_F(NativeCodeTest, IsCalledByInterpretedCodeAndByItself) {
  expect_same("fibs", [](Allocator& to) { return std::vector<Term>{list(to, {0, 1, 2, 10, 15})}; }, "[0,1,1,55,610]", {"fib"});
}

TEST_F(NativeCodeTest, IsPreemptedByReductions) {
  expect_same("fib", one(Term::small(15)), "610", {"fib"}, 7);
}

TEST_F(NativeCodeTest, LeavesWhatItCannotDoToTheHandler) {
  // fib(a) is no small integer: the subtraction raises badarith, caught by nobody.
  for (bool native : {false, true}) {
    if (native) {
      ASSERT_TRUE(spike.make_native("fib"));
    }
    process::Process& self = spike.start("fib", one(intern("a")));
    ASSERT_TRUE(process::begin_run(self));
    self.reductions_left_ = 4000;
    EXPECT_EQ(spike.interpreter->run(self), process::Outcome::Exited);
  }
}

const char* const kTrace =
    "[{spike_module,fails,1,[{file,\"spike_module.erl\"},{line,16}]},"
    "{spike_module,wraps,1,[{file,\"spike_module.erl\"},{line,19}]},"
    "{spike_module,nested,1,[{file,\"spike_module.erl\"},{line,22}]},";

TEST_F(NativeCodeTest, ExceptionsPassThroughItToACatchOfInterpretedCode) {
  expect_same("caught", one(Term::small(7)), std::string("{error,{badmatch,7},") + kTrace +
              "{spike_module,caught,1,[{file,\"spike_module.erl\"},{line,25}]}]}", {"wraps"});
}

TEST_F(NativeCodeTest, CatchesWhatInterpretedCodeRaises) {
  expect_same("caught_in_native", one(Term::small(7)), std::string("{'EXIT',{{badmatch,7},") + kTrace +
              "{spike_module,caught_in_native,1,[{file,\"spike_module.erl\"},{line,28}]}]}}", {"caught_in_native"});
}

TEST_F(NativeCodeTest, RaisesAndCatchesInBothEngines) {
  Answer interpreted = spike.call("caught_in_both", Term::small(7), 5);
  spike.make_some_native();
  Answer mixed = spike.call("caught_in_both", Term::small(7), 5);
  EXPECT_EQ(mixed.text, interpreted.text);
  EXPECT_EQ(mixed.reductions, interpreted.reductions);
  EXPECT_NE(mixed.text.find("{spike_module,caught_in_both,1,[{file,\"spike_module.erl\"},{line,31}]}"), std::string::npos) << mixed.text;
  EXPECT_EQ(spike.call("caught_in_both", intern("ok")).text, "{[{wrapped,ok}],{wrapped,ok}}");
}

TEST_F(NativeCodeTest, ItsYRegistersAreRootsOfCollections) {
  auto arguments = [](Allocator& to) {
    Term* place = to.allocate(3);
    place[0].raw = tuple_header(2);
    place[1] = list(to, {1, 2, 3});
    place[2] = list(to, {4, 5});
    return std::vector<Term>{Term::small(20000), Term::boxed(place)};
  };
  expect_same("keeps", arguments, "{{1},{[1,2,3],[4,5]}}", {"keeps"});
  uint64_t before = spike.machine.runtime.collections.load();
  EXPECT_EQ(spike.call("keeps", arguments, 100).text, "{{1},{[1,2,3],[4,5]}}");
  EXPECT_GT(spike.machine.runtime.collections.load(), before + 5);
}

TEST_F(NativeCodeTest, ItsFramesShowInStackTraces) {
  process::Process* stopped[2];
  std::string traces[2];
  for (bool native : {false, true}) {
    if (native) {
      ASSERT_TRUE(spike.make_native("fib"));
    }
    process::Process& self = *(stopped[native] = &spike.start("fibs", [](Allocator& to) { return std::vector<Term>{list(to, {20})}; }));
    Answer answer;
    ASSERT_FALSE(spike.slice(self, answer, 1000));
    traces[native] = trace_of(self);
    EXPECT_EQ(to_text(current_function(self).function, 64), "fib");
    while (!spike.slice(self, answer, 1000)) {}
    EXPECT_EQ(answer.text, "[6765]");
  }
  EXPECT_EQ(traces[0], traces[1]);
  EXPECT_NE(traces[1].find("{spike_module,fib,1,[{file,\"spike_module.erl\"},{line,9}]}"), std::string::npos) << traces[1];
  EXPECT_NE(traces[1].find("{spike_module,fibs,1,[{file,\"spike_module.erl\"},{line,13}]}"), std::string::npos) << traces[1];
}

TEST_F(NativeCodeTest, IsWithdrawnWhileItsFramesAreOnAStack) {
  ASSERT_TRUE(spike.make_native("fib"));
  process::Process& self = spike.start("fib", one(Term::small(20)));
  Answer answer;
  ASSERT_FALSE(spike.slice(self, answer, 500));
  withdraw(spike.function("fib", 1));
  EXPECT_FALSE(is_native("fib"));
  EXPECT_EQ(spike.memory.blocks(), 1u);   // its frames return into it
  while (!spike.slice(self, answer, 500)) {}
  EXPECT_EQ(answer.text, "6765");
}

TEST_F(NativeCodeTest, IsNotPublishedOverAnEntryThatLeadsElsewhere) {
  code::Function& fib = spike.function("fib", 1);
  ASSERT_TRUE(ir::lower(spike.machine.runtime, fib));
  const FixedCell breakpoint{&kNoSite, op_returned_to_test};
  code::replace_entry(fib, fib.entry.load(), breakpoint.address());
  EXPECT_FALSE(spike.make_native("fib"));
  EXPECT_EQ(fib.entry.load(), breakpoint.address());
  EXPECT_EQ(spike.call("fib", Term::small(20)).text, "20");   // the breakpoint's answer
}

TEST_F(NativeCodeTest, GoesWithItsGenerationWhenThatIsPurged) {
  ASSERT_TRUE(spike.make_native("fib"));
  ASSERT_TRUE(spike.make_native("wraps"));
  code::ModuleCode& old = spike.code();
  process::Process& self = spike.start("fib", one(Term::small(20)));
  Answer answer;
  ASSERT_FALSE(spike.slice(self, answer, 500));
  ASSERT_TRUE(spike.server->remove_current(intern("spike_module")));
  EXPECT_TRUE(refers_to(self, old));
  while (!spike.slice(self, answer, 500)) {}
  EXPECT_EQ(answer.text, "6765");
  EXPECT_EQ(spike.memory.blocks(), 2u);
  ASSERT_TRUE(spike.server->purge(intern("spike_module")));
  for (int i = 0; i < 4; ++i) {
    spike.machine.epochs.quiescent(spike.machine.participant);
    spike.machine.epochs.collect();
  }
  EXPECT_EQ(spike.memory.blocks(), 0u);
  spike.load();   // a new generation begins with the interpreter
  EXPECT_EQ(spike.call("fib", Term::small(15)).text, "610");
}

}  // namespace
}  // namespace athanor::engine::jit
