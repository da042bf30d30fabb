// SPDX-License-Identifier: Apache-2.0
// Links and monitors as OTP's test suites look at them.
#pragma once

#include "process/process.hpp"

namespace athanor::dist {

enum class Relation : uint8_t { Link, Monitor };

// The records of a local process, a local port (links alone) or a node; `undefined`: there is none of that name; badarg: none of these.
process::BifResult relations_list(process::Process& self, Term of, Relation relation);

}  // namespace athanor::dist
