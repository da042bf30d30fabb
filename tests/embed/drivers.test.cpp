// SPDX-License-Identifier: Apache-2.0
// Drivers in libraries that do what they must not, and machines that end while they are in use.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "athanor/machine.hpp"
#include "athanor/release.hpp"

namespace {

athanor::MachineOptions with_driver(const std::string& code) {
  athanor::MachineOptions options;
  options.schedulers = 2;
  options.dirty_io_schedulers = 2;
  options.use_standard_streams = false;
  athanor::ReleaseInfo release = athanor::find_release("", "");
  options.arguments = {"-root", release.root, "-bindir", release.bin_dir, "-progname", "embedded", "--", "-home", "/", "--", "-noshell", "-noinput",
                       "-eval", "logger:set_primary_config(level, none), process_flag(trap_exit, true), Dir = \"" ATH_DRIVER_DIR "\", " + code};
  return options;
}

TEST(Drivers, WrongHandlesAreAnswered) {
  athanor::Machine machine(with_driver(
      "ok = erl_ddll:load(Dir, \"misuse_drv\"),"
      "Old = open_port({spawn_driver, \"misuse_drv\"}, []), erlang:port_close(Old), receive {'EXIT', Old, normal} -> ok end,"
      "P = open_port({spawn_driver, \"misuse_drv first\"}, []), open_port({spawn_driver, \"misuse_drv second\"}, []),"
      "[0] = erlang:port_control(P, 1, []), [0] = erlang:port_control(P, 2, []), [0] = erlang:port_control(P, 3, []),"
      "[0] = erlang:port_control(P, 5, []), [0] = erlang:port_control(P, 4, []), receive {P, {data, \"thread\"}} -> ok end,"
      "halt(0)."));
  ASSERT_TRUE(machine.boot()) << machine.error();
  EXPECT_EQ(machine.wait(), 0);
}

TEST(Drivers, APortMayDieInItsStart) {
  athanor::Machine machine(with_driver("ok = erl_ddll:load(Dir, \"misuse_drv\"), P = open_port({spawn_driver, \"misuse_drv dies\"}, []),"
                                       "receive {'EXIT', P, died} -> ok end, 0 = erl_ddll:info(\"misuse_drv\", port_count), halt(0)."));
  ASSERT_TRUE(machine.boot()) << machine.error();
  EXPECT_EQ(machine.wait(), 0);
}

TEST(Drivers, BelongToOneMachine) {
  auto first = std::make_unique<athanor::Machine>(with_driver(
      "ok = erl_ddll:load(Dir, \"misuse_drv\"), open_port({spawn_driver, \"misuse_drv\"}, []), spawn(fun() -> halt(1) end), timer:sleep(infinity)."));
  ASSERT_TRUE(first->boot()) << first->error();
  EXPECT_EQ(first->wait(), 1);   // it has loaded the driver, and is still there
  athanor::Machine second(with_driver("{error, loaded_by_another_machine} = erl_ddll:load(Dir, \"misuse_drv\"), halt(2)."));
  ASSERT_TRUE(second.boot()) << second.error();
  EXPECT_EQ(second.wait(), 2);
  first.reset();
  athanor::Machine third(with_driver("ok = erl_ddll:load(Dir, \"misuse_drv\"), halt(3)."));
  ASSERT_TRUE(third.boot()) << third.error();
  EXPECT_EQ(third.wait(), 3);
}

TEST(Drivers, MayBeInUseWhenTheirMachineGoes) {
  auto machine = std::make_unique<athanor::Machine>(with_driver(
      "ok = erl_ddll:load(Dir, \"misuse_drv\"), [open_port({spawn_driver, \"misuse_drv\"}, []) || _ <- lists:seq(1, 10)], halt(4, [{flush, false}])."));
  ASSERT_TRUE(machine->boot()) << machine->error();
  EXPECT_EQ(machine->wait(), 4);
  machine.reset();
}

// A thread of a driver's own that is in a call when the machine ends: the end waits for it, and the next call is refused.
TEST(Drivers, MayHaveThreadsWithinTheirMachineWhenItGoes) {
  for (int i = 0; i < 10; ++i) {
    athanor::Machine machine(with_driver(
        "ok = erl_ddll:load(Dir, \"misuse_drv\"), P = open_port({spawn_driver, \"misuse_drv\"}, []), [0] = erlang:port_control(P, 6, []), halt(5, [{flush, false}])."));
    ASSERT_TRUE(machine.boot()) << machine.error();
    EXPECT_EQ(machine.wait(), 5);
  }
}

}  // namespace
