// SPDX-License-Identifier: Apache-2.0
// The calling convention that interpreted and native code share.
//
// A code address points at a word that holds a Handler; what follows are that instruction's operands. Calling anything, returning to
// anything, resuming anything is the same act: load the word, jump to it with the machine state in registers. Native code is reached
// through a cell whose word is its machine address and whose convention is Handler's, so crossings cost nothing.
//
//   call:    *--stack_top = return address;  ip = entry->load();  jump *ip
//   return:  ip = *stack_top++;              jump *ip
//   frame:   stack_top[0..n-1] = y0..y(n-1), stack_top[n] = return address into the caller
//   catch:   a y register holds Term::catch_mark(handler code address)
//   The word before every return address points at its CallSite (function and line), for stack traces and the collector.
#pragma once

#include <cstdint>

#include "code/module.hpp"
#include "term/term.hpp"

namespace athanor::engine {

class Interpreter;   // per scheduler thread: x registers, float registers, the process that runs

// Six arguments in registers; every handler ends in a tail call to the next.
#define ATH_ENGINE_PARAMETERS                                                                               \
  const ::athanor::Word *ip, ::athanor::Term *x, ::athanor::Term *heap_top, ::athanor::Term *stack_top, \
      int64_t reductions, ::athanor::engine::Interpreter *vm
using Handler = void (*)(ATH_ENGINE_PARAMETERS);

struct CallSite {
  const code::Function* function;
  uint32_t line_item;   // index into BeamFile::lines; 0: unknown
  // OTP: of a built-in that was called as a function (by a fun, by apply, a few always) the place is where it would go on: the line that
  // begins right behind the call, if one does.
  uint32_t line_behind = 0;
};
inline const CallSite* call_site(const Word* return_address) { return reinterpret_cast<const CallSite*>(return_address[-1]); }

}  // namespace athanor::engine
