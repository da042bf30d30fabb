// SPDX-License-Identifier: Apache-2.0
// How many schedulers of each kind: +S, +SP, +SDcpu, +SDPcpu, +SDio. Later flags of a kind replace earlier ones; percentages come last.
#pragma once

#include <string>

#include "athanor/machine.hpp"

namespace athanor::cli {

class SchedulerFlags {
 public:
  SchedulerFlags();

  static bool is_one(const std::string& name);
  // Not empty: what is wrong, in words.
  std::string apply(const std::string& name, const std::string& value);
  // After the last flag.
  std::string finish(MachineOptions& options) const;

 private:
  struct Counts {
    long all = 1, online = 1;
  };
  std::string read_counts(const std::string& value, const char* what, long most, Counts& counts) const;

  Counts usual_;                     // of what the system has, and what of it this program may use
  Counts normal_, dirty_cpu_;
  Counts percent_{100, 100}, dirty_percent_{100, 100};
  long dirty_io_ = 10;
};

}  // namespace athanor::cli
