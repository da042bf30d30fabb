// SPDX-License-Identifier: Apache-2.0
// What the break menu and the crash dump tell of a machine that stands still, as text in the stock VM's layout.
#pragma once

#include <string>

#include "process/runtime.hpp"

namespace athanor::machine {

enum class Reader : uint8_t { Person, Viewer };   // of the menu; the release's crashdump_viewer, by its records

std::string memory_report(process::Runtime& runtime);
std::string internal_tables_report(process::Runtime& runtime);
std::string ports_report(process::Runtime& runtime);
// A person sees the objects as well.
std::string ets_report(process::Runtime& runtime, Reader reader);
std::string timers_report(process::Runtime& runtime);
std::string funs_report(process::Runtime& runtime);
std::string nodes_report(process::Runtime& runtime);
std::string modules_report(process::Runtime& runtime, Reader reader);

}  // namespace athanor::machine
