// SPDX-License-Identifier: Apache-2.0
// What a built-in that gave up its slice needs to go on: kept by its process, made over to the built-in when it is called again.
//
//   first call ──work for what is left of the slice──► done: an answer
//                                                 └──► self.suspend(continuation, args, arity): the slice ends
//   next slice: the same built-in, the same arguments, self.take_continuation() gives what was kept
//
// It may hold terms and addresses inside of the heap: a process that has one is not collected until its built-in has answered
// (its memory grows by what the built-in builds, no more). It must leave the heap in a state that can be walked: every word written.
#pragma once

namespace athanor::process {

class Continuation {
 public:
  virtual ~Continuation() = default;
};

}  // namespace athanor::process
