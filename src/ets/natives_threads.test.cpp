// SPDX-License-Identifier: Apache-2.0
// The natives of module ets from several threads at once, for the thread sanitizer: rows, counters, walks, fixations, names and deletion.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "base/clock.hpp"
#include "bif/bif.hpp"
#include "ets/table.hpp"
#include "ets/tables.hpp"
#include "match_spec/test_terms.hpp"
#include "process/test_machine.hpp"
#define ATH_FAMILY "ets/ets.def"
#include "bif/declare.inc"

namespace athanor::ets {
namespace {

using process::BifFunction;
using process::Process;
namespace e = athanor::bif::ets;

constexpr int kThreads = 4;

class CountingClock final : public base::Clock {
 public:
  int64_t monotonic_ns() override { return ++ticks_; }
  int64_t system_ns() override { return ++ticks_; }

 private:
  std::atomic<int64_t> ticks_{0};
};

struct ThreadedMachine {
  CountingClock clock;
  std::unique_ptr<AtomTable> atoms{make_atom_table(1 << 16)};
  process::TestMachine base;
  std::unique_ptr<Tables> tables = Tables::create(base.runtime, 8192);
  ThreadedMachine() {
    base.runtime.clock = &clock;
    base.runtime.tables = tables.get();
    base.runtime.terms.atoms = atoms.get();
  }
};

// One thread's process, as a scheduler would run it: a quiescent point between natives.
class Caller {
 public:
  Caller(ThreadedMachine& machine, Process& self) : machine_(machine), self_(self), scope_(machine.base.runtime), participant_(machine.base.epochs.join()) {
    machine_.base.epochs.enter(participant_);
  }
  ~Caller() {
    machine_.base.epochs.exit(participant_);
    machine_.base.epochs.leave(participant_);
  }
  // none(): it raised.
  Term call(BifFunction function, std::initializer_list<Term> given) {
    Term args[4];
    std::copy(given.begin(), given.end(), args);
    for (;;) {
      machine_.base.epochs.quiescent(participant_);
      self_.reductions_left_ = 400;
      self_.pending_ = process::Pending::None;
      Term value = function(self_, args).value;
      if (!value.is_none() || self_.pending_ != process::Pending::Yield) {
        self_.pending_ = process::Pending::None;
        return value;
      }
      for (size_t i = 0; i < given.size(); ++i) args[i] = self_.saved_[i];
      self_.live_ = 0;
    }
  }
  Term term(std::string_view text) { return testing::term_of(self_.heap(), text); }
  Term pair(Term key, Term value) { return athanor::bif::make_tuple(self_.heap(), key, value); }

 private:
  ThreadedMachine& machine_;
  Process& self_;
  process::ThreadScope scope_;
  base::Epochs::Participant* participant_;
};

class EtsThreads : public ::testing::TestWithParam<const char*> {
 protected:
  template <class Work>
  void everybody(Work work) {
    std::vector<Process*> processes;
    for (int i = 0; i < kThreads; ++i) processes.push_back(&machine_.base.spawned());
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        Caller caller(machine_, *processes[static_cast<size_t>(i)]);
        work(caller, i);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  Term make(Term name, std::string_view options) {
    Term args[2] = {name, testing::term_of(owner_.heap(), options)};
    return e::new__2(owner_, args).value;
  }

  ThreadedMachine machine_;
  Process& owner_ = machine_.base.spawned();
};

TEST_P(EtsThreads, RowsComeAndGo) {
  Term table = make(intern("t"), GetParam());
  ASSERT_FALSE(table.is_none());
  everybody([&](Caller& caller, int thread) {
    std::mt19937_64 random(static_cast<uint64_t>(thread) + 1);
    Term all = caller.term("[{{'$1','$2'},[],['$1']}]"), odd = caller.term("[{{'$1','$2'},[{'<','$1',40}],[true]}]");
    Term text = caller.term("[{a,\"some text\"},<<1,2,3>>,1.5]");
    for (int i = 0; i < 1500; ++i) {
      Term key = Term::small(static_cast<int64_t>(random() % 700));
      switch (random() % 12) {
        case 0:
        case 1: EXPECT_EQ(caller.call(e::insert_2, {table, caller.pair(key, Term::small(i))}), atoms::true_); break;
        case 2: caller.call(e::insert_2, {table, caller.pair(key, text)}); break;
        case 3: caller.call(e::delete__2, {table, key}); break;
        case 4: EXPECT_TRUE(caller.call(e::lookup_2, {table, key}).is_list()); break;
        case 5: caller.call(e::update_counter_4, {table, Term::small(100'000), Term::small(1), caller.pair(Term::small(0), Term::small(0))}); break;
        case 6: caller.call(e::next_2, {table, key}); break;
        case 7: if (i % 4 == 0) EXPECT_TRUE(caller.call(e::select_2, {table, all}).is_list()); break;
        case 8: if (i % 8 == 0) caller.call(e::internal_select_delete_2, {table, odd}); break;
        case 9:
          caller.call(e::safe_fixtable_2, {table, atoms::true_});
          caller.call(e::delete__2, {table, key});
          if (i % 16 == 0) EXPECT_TRUE(caller.call(e::internal_delete_all_2, {table, atoms::undefined}).is_small());
          caller.call(e::safe_fixtable_2, {table, atoms::false_});
          break;
        case 10: caller.call(e::info_2, {table, atoms::size}); caller.call(e::info_2, {table, atoms::memory}); break;
        default: if (i % 64 == 0) caller.call(e::internal_delete_all_2, {table, atoms::undefined}); break;
      }
    }
  });
  // What is there is what is counted.
  Caller caller(machine_, owner_);
  Term size = caller.call(e::info_2, {table, atoms::size});
  EXPECT_EQ(athanor::bif::list_length(caller.call(e::select_2, {table, caller.term("[{'_',[],['$_']}]")})), size.small_value());
  EXPECT_EQ(caller.call(e::delete__1, {table}), atoms::true_);
}

INSTANTIATE_TEST_SUITE_P(Kinds, EtsThreads,
                         ::testing::Values("[public]", "[public,{write_concurrency,true}]", "[public,{write_concurrency,auto},{read_concurrency,true}]",
                                           "[public,ordered_set]", "[public,bag,{write_concurrency,true}]", "[public,compressed]"));

class EtsNames : public EtsThreads {};
TEST_P(EtsNames, TablesAreMadeNamedAndDeleted) {
  everybody([&](Caller& caller, int thread) {
    const Term names[3] = {intern("name_a"), intern("name_b"), intern("name_c")};
    Term options = caller.term(GetParam());
    for (int i = 0; i < 400; ++i) {
      Term name = names[(i + thread) % 3], other = names[(i + thread + 1) % 3];
      if (i % 3 == 0) caller.call(e::new__2, {name, options});
      caller.call(e::insert_2, {name, caller.pair(Term::small(i), Term::small(thread))});
      caller.call(e::lookup_2, {name, Term::small(i)});
      Term reference = caller.call(e::whereis_1, {name});
      if (reference.is_boxed()) caller.call(e::member_2, {reference, Term::small(i)});
      if (i % 5 == 0) caller.call(e::rename_2, {name, other});
      if (i % 7 == 0) caller.call(e::delete__1, {other});
    }
    for (Term name : names) caller.call(e::delete__1, {name});
  });
}

INSTANTIATE_TEST_SUITE_P(Names, EtsNames, ::testing::Values("[public,named_table]", "[public,named_table,{write_concurrency,true}]"));

}  // namespace
}  // namespace athanor::ets
