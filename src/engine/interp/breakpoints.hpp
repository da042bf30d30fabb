// SPDX-License-Identifier: Apache-2.0
// Return cells: what a breakpoint puts on the stack so that the end of the call is seen. A cell's address stands where the return address
// would; its words follow, then the address that the call really goes back to.
//
//   stack_top ─► | kReturnTrace, kExceptionTrace | module | function | arity | tracer | …      tells what the call gave
//                | kReturnTo | …                                                               tells where it went
//                | kReturnTime | timed before | …                                              stops call_time's clock
//
// To walkers of the stack they are frames of nobody: kNoSite stands before each.
#pragma once

#include "engine/interp/cells.hpp"

namespace athanor::engine {

extern const FixedCell kReturnTrace, kExceptionTrace, kReturnTo, kReturnTime;
constexpr size_t kReturnTraceWords = 5, kReturnToWords = 1, kReturnTimeWords = 2;

inline bool is_return_cell(const Word* address) {
  return address == kReturnTrace.address() || address == kExceptionTrace.address() || address == kReturnTo.address() ||
         address == kReturnTime.address();
}
// The first return address from `stack` on that is no return cell's; null: none. `passed_return_to` becomes true where one is passed.
const Word* real_return(const Term* stack, const Term* end, bool& passed_return_to);

// Where a call goes on that finds a breakpoint at this entry; any other entry itself.
const Word* behind_breakpoint(const Word* entry);

// What unwinding passed on its way (exceptions.cpp).
class PassedCells {
 public:
  PassedCells(Interpreter& vm, Term klass, Term value) : vm_(vm), klass_(klass), value_(value) {}
  void pass(const Term* place);   // an address on the stack
  void caught();                  // by the function that was returned to last

 private:
  Interpreter& vm_;
  Term klass_, value_;
  bool passed_return_to_ = false;
  const Word* last_ = nullptr;
};

}  // namespace athanor::engine
