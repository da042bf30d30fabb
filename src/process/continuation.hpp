// SPDX-License-Identifier: Apache-2.0
// What a built-in that gave up its slice needs to go on: kept by its process, made over to the built-in when it is called again.
//
//   first call ──work for what is left of the slice──► done: an answer
//                                                 └──► self.suspend(continuation, args, arity): the slice ends
//   next slice: the same built-in, the same arguments, self.take_continuation() gives what was kept
//
// It may hold terms and addresses inside of the heap: a process that has one is not collected until its built-in has answered
// (its memory grows by what the built-in builds, no more). It must leave the heap in a state that can be walked: every word written.
//
// Or the built-in knows by now how much it will build, and holds nothing of the heap yet: make_room(self, words, args, arity, continuation)
// collects and calls it again at once.
#pragma once

namespace athanor::process {

class Continuation {
 public:
  virtual ~Continuation() = default;
  bool holds_addresses = true;   // inside of the heap: false while it waits for the room it asked for
};

}  // namespace athanor::process
