// SPDX-License-Identifier: Apache-2.0
// Calendars, time units and timers; expected values and errors are the stock VM's.
#include "bif/time.hpp"

#include <gtest/gtest.h>

#include "bif/bif.hpp"
#include "process/process_table.hpp"
#include "sched/scheduling.hpp"
#include "term/print.hpp"

#define ATH_FAMILY "bif/time.def"
#include "bif/declare.inc"
#define ATH_FAMILY "bif/timers.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

class TimeTest : public testing::Test {
 protected:
  void SetUp() override {
    setenv("TZ", "UTC", 1);
    atoms_.reset(make_atom_table(100'000));
    runtime_.terms.atoms = atoms_.get();
    runtime_.terms.node_name = atoms::nonode_at_nohost;
    runtime_.epochs = &epochs_;
    runtime_.literals = &literals_;
    scope_ = std::make_unique<process::ThreadScope>(runtime_);
    table_ = std::make_unique<process::ProcessTable>(16);
    runtime_.processes = table_.get();
    scheduling_ = sched::Scheduling::create(runtime_, {}, [](process::Runtime&) -> process::Executor* { return nullptr; });
    runtime_.start_monotonic_ns = runtime_.clock->monotonic_ns();
    runtime_.time_offset_ns = runtime_.clock->system_ns() - kErlangStartNs;
    self_ = table_->create(runtime_);
    self_->heap().create_block(1000);
  }
  void TearDown() override {
    table_.reset();
    scheduling_.reset();
  }
  template <class... Terms>
  std::string call(process::BifFunction function, Terms... terms) {
    Term args[] = {terms...};
    BifResult result = function(*self_, args);
    if (result.has_value()) return to_text(result.value);
    const process::Exception& e = self_->exception();
    return to_text(e.value) + (e.error_info_cause.is_none() ? "" : " " + to_text(e.error_info_cause));
  }
  Term date_time(int64_t y, int64_t mo, int64_t d, int64_t h, int64_t mi, int64_t s) {
    auto& heap = self_->heap();
    return make_tuple(heap, make_tuple(heap, Term::small(y), Term::small(mo), Term::small(d)),
                      make_tuple(heap, Term::small(h), Term::small(mi), Term::small(s)));
  }

  base::Epochs epochs_;
  heap::LiteralSpace literals_;
  std::unique_ptr<AtomTable> atoms_;
  process::Runtime runtime_;
  std::unique_ptr<process::ThreadScope> scope_;
  std::unique_ptr<process::ProcessTable> table_;
  std::unique_ptr<sched::Scheduling> scheduling_;
  Process* self_;
};

TEST_F(TimeTest, Calendars) {
  auto from = erlang::posixtime_to_universaltime_1;
  EXPECT_EQ(call(from, Term::small(-1)), "{{1969,12,31},{23,59,59}}");
  EXPECT_EQ(call(from, Term::small(int64_t{1} << 50)), "{{35680317,9,25},{18,57,4}}");
  EXPECT_EQ(call(from, integer::from_int64(self_->heap(), int64_t{1} << 60)), "{{36534630048,5,13},{13,56,16}}");
  EXPECT_EQ(call(from, atoms::ok), "badarg");
  auto to = erlang::universaltime_to_posixtime_1;
  EXPECT_EQ(call(to, date_time(1600, 1, 1, 0, 0, 0)), "-11676096000");
  EXPECT_EQ(call(to, date_time(1599, 1, 1, 0, 0, 0)), "badarg");
  EXPECT_EQ(call(to, date_time(2024, 2, 29, 12, 0, 1)), "1709208001");
  EXPECT_EQ(call(to, date_time(2024, 2, 30, 0, 0, 0)), "badarg");
  EXPECT_EQ(call(to, date_time(2024, 2, 29, 23, 59, 60)), "badarg");
  auto local = erlang::localtime_to_universaltime_2;
  EXPECT_EQ(call(local, date_time(1970, 1, 1, 0, 0, 0), atoms::undefined), "{{1970,1,1},{0,0,0}}");
  EXPECT_EQ(call(local, date_time(1901, 1, 1, 0, 0, 0), atoms::undefined), "badarg");
  EXPECT_EQ(call(local, date_time(1970, 1, 1, 0, 0, 0), atoms::ok), "badarg");
  EXPECT_EQ(call(erlang::universaltime_to_localtime_1, date_time(1902, 1, 1, 0, 0, 0)), "{{1902,1,1},{0,0,0}}");
}

// Every day of 1600..2400 there and back.
TEST_F(TimeTest, DaysGoThereAndBack) {
  for (int64_t seconds = -11676096000; seconds < 13569465600; seconds += 86400 + 3661) {
    Term arg = Term::small(seconds);
    Term there = erlang::posixtime_to_universaltime_1(*self_, &arg).value;
    Term back = erlang::universaltime_to_posixtime_1(*self_, &there).value;
    ASSERT_EQ(back, arg);
  }
}

TEST_F(TimeTest, UnitsRoundDown) {
  auto& heap = self_->heap();
  EXPECT_EQ(in_time_unit(heap, -1, atoms::second), Term::small(-1));
  EXPECT_EQ(in_time_unit(heap, -1'000'000, atoms::millisecond), Term::small(-1));
  EXPECT_EQ(in_time_unit(heap, 1'999'999, atoms::millisecond), Term::small(1));
  EXPECT_EQ(in_time_unit(heap, 5, Term::small(0)), Term::none());
  EXPECT_EQ(in_time_unit(heap, 5, atoms::ok), Term::none());
  Term huge = integer::shift_left(heap, Term::small(1), 70);
  EXPECT_EQ(to_text(in_time_unit(heap, 3, huge)), "3541774862152");
  EXPECT_EQ(to_text(in_time_unit(heap, -3, huge)), "-3541774862153");
}

TEST_F(TimeTest, ClocksAgree) {
  Term mono = erlang::monotonic_time_0(*self_, nullptr).value, offset = erlang::time_offset_0(*self_, nullptr).value;
  Term system = erlang::system_time_0(*self_, nullptr).value;
  int64_t m, o, s;
  ASSERT_TRUE(integer::to_int64(mono, m) && integer::to_int64(offset, o) && integer::to_int64(system, s));
  EXPECT_LT(m, -576460751000000000);
  EXPECT_LE(m + o, s);
  EXPECT_LT(std::abs(s - runtime_.clock->system_ns()), 1'000'000'000);
  Term first = erlang::now_0(*self_, nullptr).value, second = erlang::now_0(*self_, nullptr).value;
  EXPECT_NE(to_text(first), to_text(second));
}

TEST_F(TimeTest, TimersAndTheirErrors) {
  auto& heap = self_->heap();
  Term me = self_->pid(), x = atoms::ok;
  auto start = erlang::start_timer_3;
  EXPECT_EQ(call(start, Term::small(-1), me, x), "badarg time");
  EXPECT_EQ(call(start, x, me, x), "badarg time");
  EXPECT_EQ(call(start, Term::small(9'300'000'000'000), me, x), "badarg time");
  EXPECT_EQ(call(start, Term::small(1), Term::small(1), x), "badarg");
  EXPECT_EQ(call(start, Term::small(1), Term::nil(), x), "badarg");
  EXPECT_EQ(call(erlang::start_timer_4, Term::small(1), me, x, cons(heap, x, Term::nil())), "badarg badopt");
  Term args[] = {Term::small(1000), me, x};
  for (int64_t ms : {int64_t{1000}, int64_t{8'000'000'000'000}}) {
    args[0] = Term::small(ms);
    Term reference = start(*self_, args).value;
    for (auto function : {erlang::read_timer_1, erlang::cancel_timer_1}) {
      int64_t left = std::stoll(call(function, reference));
      EXPECT_LE(left, ms);
      EXPECT_GT(left, ms - 500);   // time goes on
    }
    EXPECT_EQ(call(erlang::cancel_timer_1, reference), "false");
  }
  Term no_info = cons(heap, make_tuple(heap, atoms::info, atoms::false_), Term::nil());
  EXPECT_EQ(call(erlang::cancel_timer_2, start(*self_, args).value, no_info), "ok");
  EXPECT_EQ(call(erlang::read_timer_2, start(*self_, args).value, no_info), "badarg");
  EXPECT_EQ(call(erlang::cancel_timer_1, x), "badarg");
  // Absolute: Erlang monotonic milliseconds.
  Term absolute = cons(heap, make_tuple(heap, atoms::abs, atoms::true_), Term::nil());
  Term later[] = {in_time_unit(heap, erlang_monotonic_ns(runtime_) + 5'000'000'000, atoms::millisecond), me, x, absolute};
  Term reference = erlang::start_timer_4(*self_, later).value;
  int64_t left = std::stoll(call(erlang::read_timer_1, reference));
  EXPECT_GE(left, 4500);
  EXPECT_LE(left, 5000);
}

}  // namespace
}  // namespace athanor::bif
