// SPDX-License-Identifier: Apache-2.0
// The Erlang/OTP release that code comes from: Athanor ships none.
#pragma once

#include <string>

namespace athanor {

struct ReleaseInfo {
  std::string root;           // …/erlang
  std::string erts_version;   // "13.1.5"
  int otp = 0;                // 25
  std::string bin_dir;        // the release's helper programs
  std::string error;          // not empty: none was found; says where was looked and what to install
};

// `root` empty: ATHANOR_OTP_ROOT, then the first `erl` on PATH outside `own_bin_dir`, then the distribution's place.
ReleaseInfo find_release(const std::string& root, const std::string& own_bin_dir);

// Does an Erlang module of this name come with Athanor (lib/)?
bool has_own_module(const std::string& name);

}  // namespace athanor
