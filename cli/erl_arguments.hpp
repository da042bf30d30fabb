// SPDX-License-Identifier: Apache-2.0
// The command line of `erl`, as erlexec and the stock emulator read it: emulator flags (+X), init's flags, variables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "athanor/machine.hpp"
#include "cli/scheduler_flags.hpp"

namespace athanor::cli {

struct ErlCommand {
  MachineOptions options;
  SchedulerFlags schedulers;
  bool detached = false;
  bool start_epmd = false;          // -sname or -name without `-start_epmd false` or `-no_epmd`
  std::string epmd_command;         // -epmd; empty: the release's
  bool print_version = false;       // +V
  enum class Shown : uint8_t { No, Lines, Quoted } shown = Shown::No;   // print the emulator's arguments, no more
  std::optional<std::vector<std::string>> manual_arguments;   // -man: the rest is man's
  std::string error;                // not empty: the command line is refused, in words
};

// `arguments` without the program's name. `own_path`: absolute path of this `erl`. Sets variables that -env names.
ErlCommand read_erl_arguments(const std::vector<std::string>& arguments, const std::string& own_path);

// Boots and runs; the exit status. Shared by `erl` and `athanor erl`.
int run_erl(const std::vector<std::string>& arguments, const std::string& own_path);

std::string own_executable();   // absolute path of the running program

}  // namespace athanor::cli
