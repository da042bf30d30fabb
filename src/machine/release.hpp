// SPDX-License-Identifier: Apache-2.0
// Finding the OTP release: code is data to the machine.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace athanor::machine {

struct Release {
  std::string root;               // …/erlang
  std::string erts_version;       // "13.1.5"
  int otp = 0;                    // 25
  std::string preloaded_dir;      // where the preloaded modules' .beam files are
  std::string bin_dir;            // helper programs: inet_gethost, erl_child_setup, epmd
};

// Looks into ATHANOR_OTP_ROOT, behind the first `erl` on PATH that is not ours (`own_bin_dir`), into the distribution's place. `root` not
// empty: there only. Error: where was looked and what to install.
base::Result<Release> find_release(const std::string& root, const std::string& own_bin_dir);

// Modules that the machine loads before any process runs, in the release's order.
const std::vector<const char*>& preloaded_modules(int otp);

}  // namespace athanor::machine
