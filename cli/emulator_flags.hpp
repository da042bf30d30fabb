// SPDX-License-Identifier: Apache-2.0
// The emulator's flags (+P 1000, +hms 500 …), as erl(1) of the release lists them.
#pragma once

#include <string>
#include <string_view>

namespace athanor::cli {

struct ErlCommand;

// Does a flag (without its +) take the next word? As erlexec has it: only then where its name stands alone.
bool flag_takes_next(std::string_view flag, const std::string* next);
// Where the name of a flag ends: +P2000 and +P 2000 are the same.
size_t flag_name_length(const std::string& flag);
// Heeds one flag; those that tune the stock VM's memory and threads are checked and have no effect. Not empty: what is wrong, in words.
std::string apply_emulator_flag(const std::string& name, const std::string& value, ErlCommand& command);

}  // namespace athanor::cli
