// SPDX-License-Identifier: Apache-2.0
// Athanor as a library: several machines in one program, each with its own state and its own end.
#include <gtest/gtest.h>

#include <memory>

#include "athanor/machine.hpp"
#include "athanor/release.hpp"

namespace {

athanor::MachineOptions evaluating(const std::string& code) {
  athanor::MachineOptions options;
  options.schedulers = 2;
  options.dirty_io_schedulers = 2;
  options.use_standard_streams = false;
  athanor::ReleaseInfo release = athanor::find_release("", "");
  options.arguments = {"-root", release.root, "-bindir", release.bin_dir, "-progname", "embedded", "--", "-home", "/", "--",
                       "-noshell", "-noinput", "-eval", code};
  return options;
}

TEST(TwoMachines, RunBesideEachOtherAndEndWithTheirOwnStatus) {
  athanor::Machine first(evaluating("halt(3)."));
  athanor::Machine second(evaluating("S = lists:sum(lists:seq(1, 1000)), halt(S div 100100)."));
  ASSERT_TRUE(first.boot()) << first.error();
  ASSERT_TRUE(second.boot()) << second.error();
  EXPECT_EQ(second.wait(), 5);
  EXPECT_EQ(first.wait(), 3);
}

TEST(TwoMachines, AreDestroyedInAnyOrderAndMadeAgain) {
  auto first = std::make_unique<athanor::Machine>(evaluating("register(same_name, self()), timer:sleep(infinity)."));
  ASSERT_TRUE(first->boot()) << first->error();
  {
    athanor::Machine second(evaluating("register(same_name, self()), halt(7)."));
    ASSERT_TRUE(second.boot()) << second.error();
    EXPECT_EQ(second.wait(), 7);
  }
  first.reset();   // while its processes still run
  athanor::Machine third(evaluating("halt(9)."));
  ASSERT_TRUE(third.boot()) << third.error();
  EXPECT_EQ(third.wait(), 9);
}

TEST(TwoMachines, TellWhatIsMissing) {
  athanor::MachineOptions options = evaluating("halt(0).");
  options.otp_root = "/nonexistent/erlang";
  athanor::Machine machine(options);
  EXPECT_FALSE(machine.boot());
  EXPECT_NE(machine.error().find("/nonexistent/erlang"), std::string::npos) << machine.error();
}

TEST(TwoMachines, NeedNotBoot) { athanor::Machine machine(athanor::MachineOptions{}); }

}  // namespace
