// SPDX-License-Identifier: Apache-2.0
// Match specs against what the stock VM (OTP 25) answers to erlang:match_spec_test/3.
#include <gtest/gtest.h>

#include <string>

#include "match_spec/analysis.hpp"
#include "match_spec/machine.hpp"
#include "match_spec/test_terms.hpp"
#include "term/compare.hpp"
#include "term/print.hpp"
#include "term/testing.hpp"

namespace athanor::match_spec {
namespace {

using athanor::testing::term_of;

// Every guard function exists; what the machine does not do by itself fails, but for length/1 and '*'/2.
enum class Stub : uintptr_t { Fails = 8, Length = 16, Times = 24 };
struct Functions final : GuardFunctions {
  GuardFunction find(Term name, uint32_t) const override {
    Stub stub = name == atoms::length ? Stub::Length : name == atoms::times ? Stub::Times : Stub::Fails;
    return reinterpret_cast<GuardFunction>(stub);
  }
};
struct TestEnvironment final : Environment {
  explicit TestEnvironment(Allocator& heap) : heap_(heap) {}
  Allocator& heap() override { return heap_; }
  Term self() override { return Term::local_pid(9); }
  Term action(Action action, const Term*, uint32_t) override { return action == Action::GetSeqToken ? Term::nil() : Term::none(); }
  Term call(GuardFunction function, const Term* a) override {
    auto stub = static_cast<Stub>(reinterpret_cast<uintptr_t>(function));
    if (stub == Stub::Times && Term::both_small(a[0], a[1])) return Term::small(a[0].small_value() * a[1].small_value());
    if (stub != Stub::Length) return Term::none();
    int64_t length = 0;
    Term t = a[0];
    for (; t.is_list_cell(); t = t.tail()) ++length;
    return t.is_nil() ? Term::small(length) : Term::none();
  }
  Allocator& heap_;
};

class MatchSpec : public ::testing::Test {
 protected:
  // The result, or the problems, as text.
  std::string test(std::string_view subject, std::string_view spec, bool trace = false) {
    Options options;
    options.dialect = trace ? Dialect::Trace : Dialect::Table;
    options.fake_destructive = true;
    options.call_trace = options.trace_actions = trace;
    std::vector<Problem> problems;
    Term spec_term = term_of(heap_, spec);
    Program* program = compile(spec_term, options, Functions(), &problems);
    if (!program) {
      EXPECT_EQ(compile(spec_term, options, Functions(), nullptr), nullptr);
      std::string told;
      for (const Problem& problem : problems) told += problem.text + ";";
      return told;
    }
    EXPECT_TRUE(problems.empty());
    Term against = term_of(heap_, subject);
    TestEnvironment environment(heap_);
    Outcome outcome;
    if (trace) {
      std::vector<Term> arguments;
      for (; against.is_list_cell(); against = against.tail()) arguments.push_back(against.head());
      outcome = run_on_arguments(*program, environment, arguments.data(), arguments.size(), Result::Shares);
    } else {
      outcome = run(*program, environment, against, Result::Copied);
    }
    program->release();
    std::string text = outcome.value.is_none() ? "no" : to_text(outcome.value);
    if (outcome.flags & kReturnTrace) text += " return_trace";
    if (outcome.flags & kExceptionTrace) text += " exception_trace";
    return text;
  }

  athanor::testing::TestContext context_;
  athanor::testing::TestHeap heap_;
};

TEST_F(MatchSpec, MatchesHeads) {
  EXPECT_EQ(test("{a,1}", "[{{a,'$1'},[],['$1']}]"), "1");
  EXPECT_EQ(test("{a,1}", "[{{b,'$1'},[],['$1']}]"), "no");
  EXPECT_EQ(test("{a,1}", "[{{b,'$1'},[],['$1']},{{'$1','_'},[],['$1']}]"), "a");
  EXPECT_EQ(test("{a,a}", "[{{'$1','$1'},[],['$1']}]"), "a");
  EXPECT_EQ(test("{a,b}", "[{{'$1','$1'},[],['$1']}]"), "no");
  EXPECT_EQ(test("{1,1.0}", "[{{'$1','$1'},[],['$1']}]"), "no");
  EXPECT_EQ(test("{a,[1,2,3|x]}", "[{{a,[1,'$2'|'$3']},[],['$$']}]"), "[2,[3|x]]");
  EXPECT_EQ(test("{a,[[1],{2}],c}", "[{{a,[['$1'|[]],{'$2'}],'$3'},[],['$$']}]"), "[1,2,c]");
  EXPECT_EQ(test("{a,#{k => 1,l => {2}}}", "[{{a,#{l => {'$1'}}},[],['$1']}]"), "2");
  EXPECT_EQ(test("{a,#{k => 1}}", "[{{a,#{l => '$1'}},[],['$1']}]"), "no");
  EXPECT_EQ(test("{#{x => 1},b}", "[{{#{x => '$1'},'$2'},[],['$$']}]"), "[1,b]");
  EXPECT_EQ(test("{a,b}", "[{'$1',[],['$1']}]"), "{a,b}");
  // Parts that are data.
  EXPECT_EQ(test("{a,{b,[1,2.0|{c}],\"text\"},c}", "[{{'$1',{b,[1,2.0|{c}],\"text\"},'_'},[],['$1']}]"), "a");
  EXPECT_EQ(test("{a,{b,[1,2.0|{c}],\"text\"},c}", "[{{'$1',{b,[1,2|{c}],\"text\"},'_'},[],['$1']}]"), "no");
  EXPECT_EQ(test("{a,{b,[1,2,3]},c}", "[{{a,{b,[1,2|'_']},'$1'},[],['$1']}]"), "c");
  EXPECT_EQ(test("{a,[x,{1,#{k => {v},l => 2}}]}", "[{{'$1',[x,{1,#{k => {v}}}]},[],['$1']}]"), "a");
  EXPECT_EQ(test("{{{{{{1,[2]}}}}},b}", "[{{{{{{{1,[2]}}}}},'$1'},[],['$1']}]"), "b");
  EXPECT_EQ(test("{{{{{{1,[2]}}}}},b}", "[{{{{{{{1,['$1']}}}}},b},[],['$1']}]"), "2");
  EXPECT_EQ(test("{12345678901234567890,b}", "[{{12345678901234567890,'$1'},[],['$1']}]"), "b");
  EXPECT_EQ(test("{b,a}", "[{{'$1','$0'},[],['$$']}]"), "[a,b]");
  EXPECT_EQ(test("{a,b}", "[{{'$1','$700'},[],['$$']}]"), "[a,b]");
}

TEST_F(MatchSpec, EvaluatesGuards) {
  EXPECT_EQ(test("{a,5}", "[{{'_','$1'},[{'>','$1',3},{is_integer,'$1'}],[{{'$1',{{x}}}}]}]"), "{5,{x}}");
  EXPECT_EQ(test("{a,5}", "[{{'_','$1'},[{'>','$1',7}],[yes]}]"), "no");
  EXPECT_EQ(test("{a,5}", "[{{'_','$1'},[{'or',{'>','$1',7},{is_atom,a}}],[yes]}]"), "yes");
  EXPECT_EQ(test("{a,5}", "[{{'_','$1'},[{'orelse',{'<','$1',7},{hd,a}}],[yes]}]"), "yes");
  EXPECT_EQ(test("{a,5}", "[{{'_','$1'},[{'andalso',{'<','$1',7},{hd,a}}],[yes]}]"), "no");
  EXPECT_EQ(test("{a,5}", "[{{'_','$1'},[{'and',{'<','$1',7},5}],[yes]}]"), "no");
  EXPECT_EQ(test("{a,5}", "[{{'_','$1'},[{'not',{'==','$1',5.0}}],[yes]}]"), "no");
  EXPECT_EQ(test("{a,[1,2]}", "[{{'_','$1'},[{'=:=',{length,'$1'},2}],[{'+',{length,'$1'},40}]}]"), "42");
  EXPECT_EQ(test("{a,5}", "[{{'_','$1'},[{'==',{element,2,'$_'},5}],[{'*','$1','$1'}]}]"), "25");
  EXPECT_EQ(test("{a,5}", "[{'_',[true,{const,false}],[yes]}]"), "no");
}

TEST_F(MatchSpec, BuildsResults) {
  EXPECT_EQ(test("{a}", "[{{'$1'},[],[bar,{const,{x}},{{'$1'}},#{a => {hd,'$1'}}]}]"), "#{a=>'EXIT'}");
  EXPECT_EQ(test("{a,b}", "[{{'$1','$2'},[],[['$2','$1',{{c,d}}|'$2']]}]"), "[b,a,{c,d}|b]");
  EXPECT_EQ(test("{a,b}", "[{{'$1','$2'},[],[{{'$_','$1',[{const,{'$1'}}]}}]}]"), "{{a,b},a,[{'$1'}]}");
  EXPECT_EQ(test("{a,b}", "[{{'$1','$2'},[],[#{'$1' => '$2',c => {{1,2}}}]}]"), "#{a=>b,c=>{1,2}}");
  EXPECT_EQ(test("{a,b}", "[{'_',[],[{{}}]}]"), "{}");
  EXPECT_EQ(test("{a,b}", "[{'_',[],[{self}]}]"), to_text(Term::local_pid(9)));
  EXPECT_EQ(test("{a,b}", "[{'_',[],[{{{'andalso',true,false},{'orelse',x,true},{'and',true,x}}}]}]"), "{false,'EXIT','EXIT'}");
}

TEST_F(MatchSpec, TellsProblemsInTheStockWords) {
  EXPECT_EQ(test("{a}", "[{{a},[],[]}]"), "Body clause does not return anything.;");
  EXPECT_EQ(test("{a}", "[{{a},[{foo,1}],[{{a,x,{b}}},{message,1},'$2']}]"),
            "Function foo/1 does_not_exist.;Function b/0 does_not_exist.;"
            "Special form 'message' used in wrong dialect.;Variable $2 is unbound.;");
  EXPECT_EQ(test("{a}", "[{{a},[],[x]}|x]"), "Match programs are not in a proper list.;");
  EXPECT_EQ(test("{a,b}", "[{{'$1','$700'},[],['$$','$_',{'==','$700'},{f,'$701'}]}]"),
            "Function '=='/1 does_not_exist.;Function f/1 does_not_exist.;");
  EXPECT_EQ(test("{a,b}", "[{{'$1','_'},[{const,true,a}|b],['$$']},a]"), "Match program part is not a tuple of arity 3.;");
  EXPECT_EQ(test("{a,b}", "[{{'$1','_'},[{'and'},{'or',1},{a,{a},b},{{{a}}}],[{self},{self,1},{'andalso'},{is_integer,1}]}]"),
            "Special form 'and' called without arguments in {and}.;Function a/2 does_not_exist.;Function a/0 does_not_exist.;"
            "Special form 'self' called with arguments in {self,1}.;"
            "Special form 'andalso' called without arguments in {andalso}.;");
}

TEST_F(MatchSpec, TracesCalls) {
  EXPECT_EQ(test("[a]", "[{[a],[],[{message,foo},{return_trace},{exception_trace}]}]", true), "foo return_trace exception_trace");
  EXPECT_EQ(test("[a]", "[{[b],[],[{message,foo}]}]", true), "no");
  EXPECT_EQ(test("[a,b]", "[{[a,b],[],[]}]", true), "true");
  EXPECT_EQ(test("[a,b]", "[{'$1',[],[{message,'$1'}]}]", true), "[a,b]");
  EXPECT_EQ(test("[a,b]", "[{['_','$1'],[],[{message,'$_'}]}]", true), "[a,b]");
  EXPECT_EQ(test("[]", "[{[],[],[{message,{get_seq_token}}]}]", true), "[]");
  EXPECT_EQ(test("[a]", "[{'_',[],[{message,{enable_trace,foo}}]}]", true), "'EXIT'");
}

TEST_F(MatchSpec, DepthCostsNoStack) {
  constexpr int kDepth = 200'000;
  Term head = intern("$1"), body = head;
  for (int i = 0; i < kDepth; ++i) {
    head = make_cons(heap_.allocate(2), head, Term::nil());
    Term* inner = heap_.allocate(2);
    inner[0].raw = tuple_header(1);
    inner[1] = body;
    Term* outer = heap_.allocate(2);
    outer[0].raw = tuple_header(1);
    outer[1] = Term::boxed(inner);
    body = Term::boxed(outer);
  }
  Term* clause = heap_.allocate(4);
  clause[0].raw = tuple_header(3);
  clause[1] = head;
  clause[2] = Term::nil();
  clause[3] = make_cons(heap_.allocate(2), body, Term::nil());
  Term spec = make_cons(heap_.allocate(2), Term::boxed(clause), Term::nil());
  Program* program = compile(spec, {}, Functions(), nullptr);
  ASSERT_NE(program, nullptr);
  TestEnvironment environment(heap_);
  Term value = run(*program, environment, head, Result::Copied).value;
  ASSERT_TRUE(is_tuple_of(value, 1));
  program->release();
}

TEST_F(MatchSpec, AnalysesKeys) {
  auto keeps = [&](std::string_view clause) { return keeps_key(term_of(heap_, clause), 1); };
  EXPECT_TRUE(keeps("{{'$1','_'},[],[{{'$1',x}}]}"));
  EXPECT_TRUE(keeps("{{'$1','_'},[],['$_']}"));
  EXPECT_TRUE(keeps("{{{a,'$1'},'_'},[],[{{{{a,'$1'}},x}}]}"));
  EXPECT_TRUE(keeps("{{'_','_'},[],[{{{element,1,'$_'},x}}]}"));
  EXPECT_TRUE(keeps("{{k,'_'},[],[{const,{k,x}}]}"));
  EXPECT_FALSE(keeps("{{'$1','_'},[],[{{x,'$1'}}]}"));
  EXPECT_FALSE(keeps("{{'$1','_'},[],[{const,{'$1',1}}]}"));
  EXPECT_FALSE(keeps("{'_',[],[{{a}}]}"));
}

}  // namespace
}  // namespace athanor::match_spec
