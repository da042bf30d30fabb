// SPDX-License-Identifier: Apache-2.0
// Translated functions among interpreted ones: the same answers in as many reductions and slices, however short those are.
#include "engine/jit/x64/translator.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "engine/jit/jit.hpp"
#include "engine/jit/test_spike.hpp"

namespace athanor::engine::jit {
namespace {

struct Call {
  const char* name;
  Arguments arguments;
};

Term numbers(Allocator& to, int64_t count) {
  Term list = Term::nil();
  while (count > 0) list = make_cons(to.allocate(2), Term::small(count--), list);
  return list;
}

std::vector<Call> calls() {
  auto one = [](Term value) { return [value](Allocator&) { return std::vector<Term>{value}; }; };
  auto list = [](int64_t count) { return [count](Allocator& to) { return std::vector<Term>{numbers(to, count)}; }; };
  auto garbage = [](int64_t count) { return [count](Allocator& to) { return std::vector<Term>{Term::small(count), numbers(to, 3)}; }; };
  return {{"fib", one(Term::small(14))}, {"fib", one(Term::small(-3))}, {"fibs", list(8)}, {"fails", one(intern("ok"))}, {"wraps", one(intern("ok"))},
          {"nested", one(intern("ok"))}, {"caught", one(Term::small(7))}, {"caught", list(3)}, {"caught_in_native", one(Term::small(7))},
          {"caught_in_both", one(Term::small(7))}, {"caught_in_both", one(intern("ok"))}, {"keeps", garbage(2000)}, {"garbage", garbage(333)}};
}

TEST(TranslatorTest, AnswersAsTheInterpreterDoes) {
  Spike spike;
  std::vector<std::vector<Answer>> expected;
  const int64_t lengths[] = {2, 7, 50, 4000};
  for (const Call& call : calls()) {
    expected.emplace_back();
    for (int64_t length : lengths) expected.back().push_back(spike.call(call.name, call.arguments, length));
  }
  code::ModuleCode& code = spike.code();
  for (size_t i = 0; i < code.function_count; ++i) {
    if (code.functions[i].mfa.function == atoms::module_info) continue;
    ASSERT_TRUE(spike.make_native(code.functions[i])) << i;
  }
  size_t at = 0;
  for (const Call& call : calls()) {
    for (size_t l = 0; l < std::size(lengths); ++l) {
      const Answer answer = spike.call(call.name, call.arguments, lengths[l]);
      EXPECT_EQ(answer.text, expected[at][l].text) << call.name;
      EXPECT_EQ(answer.reductions, expected[at][l].reductions) << call.name << " in slices of " << lengths[l];
      EXPECT_EQ(answer.slices, expected[at][l].slices) << call.name << " in slices of " << lengths[l];
    }
    ++at;
  }
}

// Lowered with a counter at its entry, a function becomes native by being called.
TEST(JitTest, TranslatesWhatIsCalledOften) {
  Jit jit(20);   // outlives the code
  Spike spike;
  spike.machine.runtime.jit = &jit;
  EXPECT_EQ(spike.call("fib", Term::small(3)).text, "2");
  EXPECT_EQ(jit.functions(), 0u);
  EXPECT_EQ(spike.call("fib", Term::small(15)).text, "610");
  EXPECT_EQ(jit.functions(), 1u);
  code::Function& fib = spike.function("fib", 1);
  EXPECT_EQ(fib.entry.load(), fib.lowered.load()->native->entry);
  EXPECT_EQ(fib.exported->entry.load(), fib.lowered.load()->native->entry);
  EXPECT_EQ(spike.call("fib", Term::small(15)).text, "610");
}

TEST(JitTest, NamesItsCodeForPerf) {
  const std::string path = "/tmp/perf-" + std::to_string(::getpid()) + ".map";
  {
    Jit jit(1, true);
    Spike spike;
    spike.machine.runtime.jit = &jit;
    EXPECT_EQ(spike.call("fib", Term::small(3)).text, "2");
  }
  std::ifstream map(path);
  std::string address, size, name;
  ASSERT_TRUE(map >> address >> size >> name);
  EXPECT_EQ(name, "spike_module:fib/1");
  EXPECT_GT(std::stoul(size, nullptr, 16), 100u);
  std::remove(path.c_str());
}

}  // namespace
}  // namespace athanor::engine::jit
