// SPDX-License-Identifier: Apache-2.0
// Modules and drivers whose code came from libraries, in the order of their coming: system_info(taints). Any thread.
#pragma once

#include <algorithm>
#include <mutex>
#include <vector>

#include "term/term.hpp"

namespace athanor::process {

class Taints {
 public:
  void add(Term name) {
    std::lock_guard lock(mutex_);
    if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.push_back(name);
  }
  std::vector<Term> all() const {
    std::lock_guard lock(mutex_);
    return names_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Term> names_;
};

}  // namespace athanor::process
