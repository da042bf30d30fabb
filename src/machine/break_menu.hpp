// SPDX-License-Identifier: Apache-2.0
// What Ctrl-C brings up in a program: the stock VM's menu on the standard streams.
#pragma once

#include "process/runtime.hpp"

namespace athanor::machine {

// Holds all schedulers and the poller, shows the menu, does what the keys say, goes on. On a thread that may wait (not a scheduler's).
void show_break_menu(process::Runtime& runtime, process::BreakKeys& keys);

}  // namespace athanor::machine
