// SPDX-License-Identifier: Apache-2.0
// The engine as the scheduler sees it, and the scheduler as the engine's slices see it.
#pragma once

#include "process/process.hpp"

namespace athanor::process {

enum class Outcome : uint8_t {
  Yielded,   // slice used up, still runnable
  Waiting,   // in receive, nothing matched (ip_ set to the receive loop); receive timer set if any
  Dirty,     // dirty_job_ is to run in a dirty pool
  Exited,    // exit_process has finished: never touch it again
};

class Executor {
 public:
  virtual ~Executor() = default;
  // Runs the process on the calling thread until it stops. reductions_left_ is set by the caller.
  virtual Outcome run(Process& process) = 0;
  // Runs process.dirty_job_ on a dirty thread; the process is then runnable again and continues with its result.
  virtual void run_dirty(Process& process) = 0;
  // Where the process stands; the thread owns it.
  virtual Mfa current_function(Process& process) = 0;
  // Prepares a new process to call module:function(args…) where args is a list on its heap.
  virtual void prepare_call(Process& process, Term module, Term function, Term args_list) = 0;
};
// One per scheduler thread; made by the engine.
using MakeExecutor = Executor* (*)(Runtime& runtime);

constexpr int64_t kReductionsPerSlice = 4000;

}  // namespace athanor::process
