// SPDX-License-Identifier: Apache-2.0
// What the end of a process has to do that takes longer than a slice, as freeing a large table: an exit hook leaves it in Extra::exit_work, and the process,
// which is in nobody's way any more, goes on with it slice by slice before it tells its links and monitors.
#pragma once

#include <memory>

namespace athanor::process {

class ExitWork {
 public:
  virtual ~ExitWork() = default;
  virtual bool step() = 0;          // some of it; true: all is done
  std::unique_ptr<ExitWork> next;   // comes after it
};

}  // namespace athanor::process
