// SPDX-License-Identifier: Apache-2.0
// The natives of module ets, called on processes that run no code. Expected values are the stock VM's.
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "bif/bif.hpp"
#include "ets/table.hpp"
#include "ets/tables.hpp"
#include "match_spec/test_terms.hpp"
#include "process/test_machine.hpp"
#include "term/print.hpp"
#define ATH_FAMILY "ets/ets.def"
#include "bif/declare.inc"
#define ATH_FAMILY "ets/persistent_term.def"
#include "bif/declare.inc"

namespace athanor::ets {
namespace {

using process::BifFunction;
using process::Process;
namespace e = athanor::bif::ets;

class StandingClock final : public base::Clock {
 public:
  int64_t monotonic_ns() override { return 1; }
  int64_t system_ns() override { return 1; }
};

struct EtsMachine {
  StandingClock clock;
  std::unique_ptr<AtomTable> atoms{make_atom_table(1 << 16)};
  process::TestMachine base;
  std::unique_ptr<Tables> tables = Tables::create(base.runtime, 8192);
  EtsMachine() {
    base.runtime.clock = &clock;
    base.runtime.tables = tables.get();
    base.runtime.terms.atoms = atoms.get();
  }
};

class EtsNatives : public ::testing::Test {
 protected:
  // Calls with arguments from text; "T" stands for the table made last.
  std::string call(BifFunction function, std::initializer_list<std::string_view> texts, Process* by = nullptr) {
    Process& self = by ? *by : me_;
    Term args[4];
    size_t count = 0;
    for (std::string_view text : texts) args[count++] = text == "T" ? table_ : testing::term_of(self.heap(), text);
    return answer(self, function, args, count);
  }
  std::string answer(Process& self, BifFunction function, Term* args, size_t count) {
    for (;;) {
      self.reductions_left_ = slice_;
      self.pending_ = process::Pending::None;
      last_ = function(self, args).value;
      if (!last_.is_none()) return to_text(last_);
      if (self.pending_ == process::Pending::Yield) {
        if (++yields_ > 10'000) return "no end";
        EXPECT_EQ(self.live_, count);
        for (size_t i = 0; i < count; ++i) args[i] = self.saved_[i];
        self.live_ = 0;
        continue;
      }
      EXPECT_EQ(self.pending_, process::Pending::Raise);
      self.pending_ = process::Pending::None;
      process::Exception& exception = self.exception();
      std::string text = to_text(exception.value);
      if (!exception.error_info_cause.is_none()) text += " " + to_text(exception.error_info_cause);
      return text;
    }
  }
  void make(std::string_view options, Process* by = nullptr) {
    Process& self = by ? *by : me_;
    Term args[2] = {intern("t"), testing::term_of(self.heap(), options)};
    table_ = e::new__2(self, args).value;
    ASSERT_FALSE(table_.is_none());
  }

  EtsMachine machine_;
  Process& me_ = machine_.base.spawned();
  Process& other_ = machine_.base.spawned();
  Term table_, last_;
  int64_t slice_ = 100;
  int yields_ = 0;
};

TEST_F(EtsNatives, RowsAndErrors) {
  EXPECT_EQ(call(e::lookup_2, {"foo", "1"}), "badarg id");
  EXPECT_EQ(call(e::lookup_2, {"{foo}", "1"}), "badarg type");
  make("[]");
  EXPECT_EQ(call(e::insert_2, {"T", "{a,1}"}), "true");
  EXPECT_EQ(call(e::insert_2, {"T", "x"}), "badarg");
  EXPECT_EQ(call(e::insert_2, {"T", "[{a}|b]"}), "badarg");
  EXPECT_EQ(call(e::insert_2, {"T", "{}"}), "badarg");
  EXPECT_EQ(call(e::insert_2, {"T", "[{b,2},{c,\"three\"}]"}), "true");
  EXPECT_EQ(call(e::insert_new_2, {"T", "[{d,1},{a,7}]"}), "false");
  EXPECT_EQ(call(e::insert_new_2, {"T", "{d,1}"}), "true");
  EXPECT_EQ(call(e::lookup_2, {"T", "c"}), "[{c,\"three\"}]");
  EXPECT_EQ(call(e::lookup_element_3, {"T", "zz", "1"}), "badarg badkey");
  EXPECT_EQ(call(e::lookup_element_3, {"T", "a", "5"}), "badarg");
  EXPECT_EQ(call(e::lookup_element_3, {"T", "a", "2"}), "1");
  EXPECT_EQ(call(e::member_2, {"T", "a"}), "true");
  EXPECT_EQ(call(e::take_2, {"T", "d"}), "[{d,1}]");
  EXPECT_EQ(call(e::delete_object_2, {"T", "{a,7}"}) + call(e::member_2, {"T", "a"}), "truetrue");
  EXPECT_EQ(call(e::delete__2, {"T", "a"}) + call(e::member_2, {"T", "a"}), "truefalse");
  EXPECT_EQ(call(e::insert_2, {"T", "{a}"}, &other_), "badarg access");
  EXPECT_EQ(call(e::info_2, {"T", "size"}, &other_), "2");
  EXPECT_EQ(call(e::next_2, {"T", "qq"}), "badarg");
  EXPECT_EQ(call(e::slot_2, {"T", "256"}) + call(e::slot_2, {"T", "257"}), "'$end_of_table'badarg");
  EXPECT_EQ(call(e::delete__1, {"T"}, &other_), "badarg access");
  EXPECT_EQ(call(e::delete__1, {"T"}), "true");
  EXPECT_EQ(call(e::lookup_2, {"T", "1"}), "badarg id");
  EXPECT_EQ(call(e::info_1, {"T"}), "undefined");
  EXPECT_EQ(machine_.tables->count(), 0u);
}

TEST_F(EtsNatives, CountersAndElements) {
  make("[]");
  call(e::insert_2, {"T", "{a,1}"});
  EXPECT_EQ(call(e::update_counter_3, {"T", "zz", "1"}), "badarg badkey");
  EXPECT_EQ(call(e::update_counter_3, {"T", "a", "{1,1}"}), "badarg keypos");
  EXPECT_EQ(call(e::update_counter_3, {"T", "a", "{9,1}"}), "badarg position");
  EXPECT_EQ(call(e::update_counter_3, {"T", "a", "{x,1}"}), "badarg");
  EXPECT_EQ(call(e::update_counter_4, {"T", "zz", "{3,1}", "{zz,1}"}), "badarg position");
  EXPECT_EQ(call(e::update_counter_4, {"T", "zz", "{2,1}", "{zz,1}"}), "2");
  EXPECT_EQ(call(e::update_counter_3, {"T", "a", "[{2,1},{2,5,3,0}]"}), "[2,0]");
  EXPECT_EQ(call(e::update_counter_3, {"T", "a", "[]"}), "[]");
  EXPECT_EQ(call(e::update_counter_3, {"T", "a", "576460752303423488"}), "576460752303423488");
  EXPECT_EQ(call(e::update_counter_3, {"T", "a", "-1"}), "576460752303423487");
  EXPECT_EQ(call(e::update_element_3, {"T", "a", "{1,x}"}), "badarg keypos");
  EXPECT_EQ(call(e::update_element_3, {"T", "nn", "{2,x}"}), "false");
  EXPECT_EQ(call(e::update_element_3, {"T", "a", "[{2,[x,y]}]"}), "true");
  EXPECT_EQ(call(e::lookup_2, {"T", "a"}), "[{a,[x,y]}]");
}

TEST_F(EtsNatives, Selects) {
  make("[ordered_set]");
  for (const char* row : {"{1,a}", "{2,b}", "{3,a}", "{4,c}"}) call(e::insert_2, {"T", row});
  EXPECT_EQ(call(e::select_2, {"T", "[{{'$1',a},[],['$1']}]"}), "[1,3]");
  EXPECT_EQ(call(e::select_reverse_2, {"T", "[{{'$1','_'},[],['$1']}]"}), "[4,3,2,1]");
  EXPECT_EQ(call(e::match_2, {"T", "{'$1',a}"}), "[[1],[3]]");
  EXPECT_EQ(call(e::match_object_2, {"T", "{3,'_'}"}), "[{3,a}]");
  EXPECT_EQ(call(e::select_count_2, {"T", "[{{'_',a},[],[true]}]"}), "2");
  EXPECT_EQ(call(e::select_2, {"T", "[a]"}), "badarg");
  EXPECT_EQ(call(e::select_2, {"T", "[]"}) + call(e::select_count_2, {"T", "[]"}), "[]0");
  EXPECT_EQ(call(e::select_3, {"T", "[{'_',[],['$_']}]", "0"}), "badarg");
  EXPECT_EQ(call(e::select_1, {"a"}) + call(e::select_1, {"'$end_of_table'"}), "badarg'$end_of_table'");
  std::string seen;
  call(e::select_3, {"T", "[{{'$1','_'},[],['$1']}]", "3"});
  while (is_tuple_of(last_, 2)) {
    seen += to_text(tuple_element(last_, 0));
    Term args[1] = {tuple_element(last_, 1)};
    answer(me_, e::select_1, args, 1);
  }
  EXPECT_EQ(seen, "[1,2,3][4]");
  EXPECT_EQ(call(e::select_replace_2, {"T", "[{{'$1',a},[],[{{x,'$1'}}]}]"}), "badarg");
  EXPECT_EQ(call(e::select_replace_2, {"T", "[{{'$1',a},[],[{{'$1',z}}]}]"}), "2");
  EXPECT_EQ(call(e::internal_select_delete_2, {"T", "[{{'_',z},[],[true]}]"}), "2");
  EXPECT_EQ(call(e::select_2, {"T", "[{'_',[],['$_']}]"}), "[{2,b},{4,c}]");
  EXPECT_EQ(call(e::internal_delete_all_2, {"T", "undefined"}), "2");
}

TEST_F(EtsNatives, LongSelectsYieldAndLoseNothing) {
  for (const char* options : {"[public]", "[bag,{write_concurrency,true}]", "[ordered_set]"}) {
    make(options);
    for (int i = 0; i < 30'000; ++i) {
      Term row[3] = {Term{tuple_header(2)}, Term::small(i), atoms::ok};
      Term args[2] = {table_, Term::boxed(row)};
      ASSERT_EQ(e::insert_2(me_, args).value, atoms::true_);
    }
    yields_ = 0;
    call(e::select_2, {"T", "[{{'$1','_'},[],['$1']}]"});
    EXPECT_EQ(athanor::bif::list_length(last_), 30'000);
    EXPECT_GT(yields_, 10);
    EXPECT_EQ(call(e::match_2, {"T", "{17,'$1'}"}), "[[ok]]");
    EXPECT_EQ(call(e::internal_select_delete_2, {"T", "[{{'_',ok},[],[true]}]"}), "30000");
    EXPECT_EQ(call(e::info_2, {"T", "size"}), "0");
    EXPECT_EQ(call(e::delete__1, {"T"}), "true");
  }
}

TEST_F(EtsNatives, NamesHeirsAndExits) {
  make("[named_table]");
  EXPECT_EQ(table_, intern("t"));
  EXPECT_EQ(call(e::new__2, {"t", "[named_table]"}), "badarg already_exists");
  EXPECT_EQ(call(e::rename_2, {"t", "u"}) + call(e::whereis_1, {"t"}), "uundefined");
  EXPECT_EQ(call(e::insert_2, {"u", "{a,1}"}), "true");
  EXPECT_EQ(call(e::give_away_3, {"u", "x", "1"}), "badarg");
  Term give[3] = {intern("u"), me_.pid(), Term::nil()};
  EXPECT_EQ(answer(me_, e::give_away_3, give, 3), "badarg owner");
  give[1] = other_.pid();
  EXPECT_EQ(answer(me_, e::give_away_3, give, 3), "true");
  machine_.base.settle();
  ASSERT_NE(other_.mailbox().first(), nullptr);
  EXPECT_EQ(to_text(other_.mailbox().first()->parcel.term), "{'ETS-TRANSFER',u," + to_text(me_.pid()) + ",[]}");
  EXPECT_EQ(call(e::insert_2, {"u", "{a,2}"}), "badarg access");
  // The heir gets it at the end of `other`; without one it goes.
  Term* heir = other_.allocate(4);
  heir[0].raw = tuple_header(3);
  heir[1] = atoms::heir;
  heir[2] = me_.pid();
  heir[3] = intern("data");
  Term options[2] = {intern("u"), Term::boxed(heir)};
  EXPECT_EQ(answer(other_, e::setopts_2, options, 2), "true");
  machine_.tables->process_exited(other_, Term::nil());
  EXPECT_EQ(call(e::insert_2, {"u", "{a,2}"}), "true");
  machine_.base.settle();
  EXPECT_EQ(to_text(me_.mailbox().first()->parcel.term), "{'ETS-TRANSFER',u," + to_text(other_.pid()) + ",data}");
  machine_.tables->process_exited(me_, Term::nil());
  EXPECT_EQ(call(e::lookup_2, {"u", "a"}), "badarg id");
  EXPECT_EQ(machine_.tables->count(), 0u);
}

// Less than one step of the work costs.
TEST_F(EtsNatives, WhatIsFreedInTinySlicesEnds) {
  slice_ = 37;
  make("[]");
  EXPECT_EQ(call(e::insert_2, {"T", "[{a,1},{b,2}]"}), "true");
  EXPECT_EQ(call(e::internal_delete_all_2, {"T", "undefined"}), "2");
  EXPECT_EQ(call(e::insert_2, {"T", "{a,1}"}) + call(e::delete__1, {"T"}), "truetrue");
  EXPECT_GT(yields_, 0);
}

// Who comes while a fixed table is being emptied goes on with that, and sees it empty.
TEST_F(EtsNatives, AFixedTableIsEmptiedInSlices) {
  for (std::string_view options : {"[public]", "[public,ordered_set]", "[public,bag,{write_concurrency,true}]"}) {
    make(options);
    for (int64_t i = 1; i <= 20'000; ++i) {
      Term args[2] = {table_, athanor::bif::make_tuple(me_.heap(), Term::small(i), Term::small(i))};
      me_.reductions_left_ = 1000;
      ASSERT_EQ(e::insert_2(me_, args).value, atoms::true_);
    }
    EXPECT_EQ(call(e::safe_fixtable_2, {"T", "true"}), "true");
    Term args[2] = {table_, atoms::undefined};
    me_.reductions_left_ = 100;
    me_.pending_ = process::Pending::None;
    EXPECT_TRUE(e::internal_delete_all_2(me_, args).value.is_none());
    ASSERT_EQ(me_.pending_, process::Pending::Yield);
    Term rest[2] = {me_.saved_[0], me_.saved_[1]};
    me_.live_ = 0;
    yields_ = 0;
    EXPECT_EQ(call(e::info_2, {"T", "size"}, &other_), "0");
    EXPECT_GT(yields_, 1);
    EXPECT_EQ(call(e::lookup_2, {"T", "19999"}, &other_) + call(e::first_1, {"T"}, &other_), "[]'$end_of_table'");
    EXPECT_EQ(call(e::insert_2, {"T", "{5,new}"}, &other_), "true");
    EXPECT_EQ(answer(me_, e::internal_delete_all_2, rest, 2), "20000");   // there is nothing left to do
    EXPECT_EQ(call(e::lookup_2, {"T", "5"}) + call(e::info_2, {"T", "size"}), "[{5,new}]1");
    EXPECT_EQ(call(e::safe_fixtable_2, {"T", "false"}) + call(e::info_2, {"T", "size"}), "true1");

    // Deleted, or no longer fixed, before it is empty.
    for (bool deleted : {false, true}) {
      for (int64_t i = 1; i <= 20'000; ++i) {
        Term object[2] = {table_, athanor::bif::make_tuple(me_.heap(), Term::small(i), Term::small(i))};
        me_.reductions_left_ = 1000;
        ASSERT_EQ(e::insert_2(me_, object).value, atoms::true_);
      }
      EXPECT_EQ(call(e::safe_fixtable_2, {"T", "true"}, &other_), "true");
      me_.reductions_left_ = 100;
      me_.pending_ = process::Pending::None;
      EXPECT_TRUE(e::internal_delete_all_2(me_, args).value.is_none());
      rest[1] = me_.saved_[1];
      me_.live_ = 0;
      if (deleted) EXPECT_EQ(call(e::delete__1, {"T"}), "true");
      else machine_.tables->process_exited(other_, Term::nil());
      answer(me_, e::internal_delete_all_2, rest, 2);
      EXPECT_EQ(call(e::info_2, {"T", "size"}), deleted ? "undefined" : "0");
    }
  }
}

// What is new is laid over what was there where it fits: numbers and short binaries over some of the same kind and size.
TEST_F(EtsNatives, ElementsAreReplacedWhereTheyLie) {
  for (std::string_view options : {"[]", "[ordered_set]", "[compressed]"}) {
    make(options);
    for (std::string_view row : {"{k,1.5,<<\"12345678\">>,3,[l]}", "{k,2.5,<<\"abcdefgh\">>,4,[l]}", "{k,2.5,<<\"abc\">>,4,[l]}", "{k,x,<<\"abcdefghijklmnopqrstuvw\">>,1.5,[l]}",
                                 "{k,123456789012345678901234567890,y,-123456789012345678901234567890,[l]}",
                                 "{k,-123456789012345678901234567890,y,999456789012345678901234567890,[l]}", "{k,{t},[1],#{a => 1},[l]}", "{k,1.5,[2],z,[l]}"}) {
      EXPECT_EQ(call(e::insert_2, {"T", row}), "true");
      EXPECT_EQ(call(e::lookup_2, {"T", "k"}), "[" + to_text(testing::term_of(me_.heap(), row)) + "]");
    }
    EXPECT_EQ(call(e::update_element_3, {"T", "k", "[{2,7.5},{3,<<\"12\">>},{2,8.5}]"}), "true");
    EXPECT_EQ(call(e::update_element_3, {"T", "k", "[{3,<<\"34\">>}]"}), "true");
    EXPECT_EQ(call(e::update_element_3, {"T", "k", "{4,123456789012345678901234567890}"}), "true");
    EXPECT_EQ(call(e::update_counter_3, {"T", "k", "{4,-5}"}), "123456789012345678901234567885");
    EXPECT_EQ(call(e::lookup_2, {"T", "k"}), to_text(testing::term_of(me_.heap(), "[{k,8.5,<<\"34\">>,123456789012345678901234567885,[l]}]")));
    EXPECT_EQ(call(e::update_counter_3, {"T", "k", "{4,-123456789012345678901234567885}"}), "0");
  }
}

TEST_F(EtsNatives, PersistentTerms) {
  namespace p = athanor::bif::persistent_term;
  EXPECT_EQ(call(p::get_1, {"k"}) + call(p::get_2, {"k", "none"}), "badargnone");
  EXPECT_EQ(call(p::put_2, {"k", "{a,[b]}"}), "ok");
  EXPECT_EQ(call(p::put_2, {"k", "{a,[c]}"}), "ok");
  EXPECT_EQ(call(p::get_1, {"k"}) + call(p::get_0, {}), "{a,[c]}[{k,{a,[c]}}]");
  EXPECT_EQ(call(p::erase_1, {"k"}) + call(p::erase_1, {"k"}), "truefalse");
}

}  // namespace
}  // namespace athanor::ets
