// SPDX-License-Identifier: Apache-2.0
#include "engine/interp/breakpoints.hpp"

#include "code/breakpoint.hpp"
#include "engine/interp/exceptions.hpp"
#include "engine/interp/raw_trace.hpp"
#include "process/tracing.hpp"

namespace athanor::engine {

using process::Process;
namespace trace_flag = process::trace_flag;

namespace {

const Word* real_entry(const code::Breakpoint& point) {
  if (point.function) return point.real.load(std::memory_order_acquire);
  const code::Export& exported = *point.exported;
  if (const code::Function* function = exported.function.load(std::memory_order_acquire)) return function->entry.load(std::memory_order_acquire);
  return exported.native && !exported.native->is_nif ? exported.native_entry : exported.undefined_entry;
}

Mfa mfa_at(const Term* words) {
  return {words[0], words[1], static_cast<uint32_t>(words[2].small_value())};
}

const Mfa* mfa_of_address(const Word* address) {
  const CallSite* site = address ? call_site(address) : nullptr;
  return site && site->function ? &site->function->mfa : nullptr;
}

Term* push_address(Term* stack_top, const FixedCell& cell) {
  *--stack_top = Term{reinterpret_cast<Word>(cell.address())};
  return stack_top;
}

Term* push_return_trace(Term* stack_top, process::ReturnCells::Tells tells, Mfa mfa, Term tracer) {
  if (tells == process::ReturnCells::Tells::Nothing) return stack_top;
  *--stack_top = tracer;
  *--stack_top = Term::small(mfa.arity);
  *--stack_top = mfa.function;
  *--stack_top = mfa.module;
  return push_address(stack_top, tells == process::ReturnCells::Tells::ReturnAndException ? kExceptionTrace : kReturnTrace);
}

// There is room. OTP: where the call goes is told after what it gave; one clock's cell is enough where another cell stands on top.
void push_cells(Process& self, const process::ReturnCells& cells, Mfa mfa) {
  Term* stack_top = self.heap().stack_top();
  if (cells.tells_return_to) stack_top = push_address(stack_top, kReturnTo);
  stack_top = push_return_trace(stack_top, cells.own, mfa, atoms::true_);
  stack_top = push_return_trace(stack_top, cells.meta, mfa, cells.meta_tracer);
  if (cells.times && !is_return_cell(reinterpret_cast<const Word*>(stack_top->raw))) {
    *--stack_top = Term::small(static_cast<int64_t>(cells.timed_before));
    stack_top = push_address(stack_top, kReturnTime);
  }
  self.heap().set_stack_top(stack_top);
  self.trace_flags_ |= trace_flag::kReturnCells;
}

// False: the process must end.
bool tell_call(Interpreter& vm, code::Breakpoint& point) {
  Process& self = *vm.self;
  self.ip_ = point.address;
  process::ReturnCells cells = vm.runtime.tracing->called(self, point, vm.x);
  bool passed_return_to = false;
  (void)real_return(self.heap().stack_top(), self.heap().end(), passed_return_to);
  cells.tells_return_to &= !passed_return_to;   // one tells it already
  if (!ensure_room(vm, 2 * kReturnTraceWords + kReturnToWords + kReturnTimeWords, point.mfa.arity)) return false;
  push_cells(self, cells, point.mfa);
  return true;
}

}  // namespace

const Word* real_return(const Term* stack, const Term* end, bool& passed_return_to) {
  while (stack < end) {
    const auto* address = reinterpret_cast<const Word*>(stack->raw);
    if (address == kReturnTrace.address() || address == kExceptionTrace.address()) {
      stack += kReturnTraceWords;
    } else if (address == kReturnTime.address()) {
      stack += kReturnTimeWords;
    } else if (address == kReturnTo.address()) {
      passed_return_to = true;
      stack += kReturnToWords;
    } else {
      return address;
    }
  }
  return nullptr;
}

void PassedCells::pass(const Term* place) {
  const auto* address = reinterpret_cast<const Word*>(place->raw);
  if (!is_return_cell(address)) {
    last_ = address;
    return;
  }
  if (address == kReturnTo.address()) passed_return_to_ = true;
  if (address != kExceptionTrace.address()) return;
  Term tracer = place[4] == atoms::true_ ? Term::none() : place[4];
  vm_.runtime.tracing->raised(*vm_.self, mfa_at(place + 1), tracer, klass_, value_);
}

void PassedCells::caught() {
  if (passed_return_to_ && process::is_traced(*vm_.self, trace_flag::kReturnTo)) vm_.runtime.tracing->returned_to(*vm_.self, mfa_of_address(last_));
}

// An entry with a breakpoint. Where it does not matter for this process, three loads and a jump.
static ATH_HANDLER(op_breakpoint) {
  code::Breakpoint& point = *cell_at<BreakpointCell>(ip).breakpoint;
  const uint32_t watched = point.watched.load(std::memory_order_acquire);
  if ((watched & code::Breakpoint::kAlways) || ((watched & code::Breakpoint::kTraced) && process::is_traced(*vm->self, trace_flag::kCall)) ||
      ((watched & code::Breakpoint::kSaved) && (vm->self->trace_flags_ & trace_flag::kSavesCalls))) {
    ATH_SYNC();
    const bool alive = tell_call(*vm, point);
    ATH_RELOAD();
    if (ATH_UNLIKELY(!alive)) ATH_GO(exit_cell());
  }
  if (watched & code::Breakpoint::kDiverts) {
    ATH_SYNC();
    const Target target = call_debugger(*vm, point.mfa);
    ATH_RELOAD();
    if (!target.is_call) ATH_GO(target.entry);
    ATH_ENTER(target.entry, target.live);
  }
  ATH_GO(real_entry(point));
}

// The value is in x0; what the tracer builds may ask for a collection.
#define ATH_END_CELL(words, statement)                                     \
  do {                                                                     \
    ATH_SYNC();                                                            \
    statement;                                                             \
    vm->self->heap_.set_stack_top(stack_top + (words));                    \
    const bool alive = !wants_collection(*vm) || collect(*vm, 0, 1); \
    ATH_RELOAD();                                                          \
    if (ATH_UNLIKELY(!alive)) ATH_GO(exit_cell());                         \
    const Word* back = reinterpret_cast<const Word*>(stack_top->raw);      \
    ++stack_top;                                                           \
    ATH_GO(back);                                                          \
  } while (0)

static ATH_HANDLER(op_return_trace) {
  ATH_END_CELL(kReturnTraceWords - 1,
               vm->runtime.tracing->returned(*vm->self, mfa_at(stack_top), stack_top[3] == atoms::true_ ? Term::none() : stack_top[3], x[0]));
}
// A handler of its own, since a cell is known by its address alone.
static ATH_HANDLER(op_exception_trace) { [[clang::musttail]] return op_return_trace(ATH_ARGUMENTS); }
static ATH_HANDLER(op_return_to) {
  bool passed = false;
  const Word* back_to = real_return(stack_top, vm->self->heap_.end(), passed);
  ATH_END_CELL(0, if (process::is_traced(*vm->self, trace_flag::kReturnTo)) vm->runtime.tracing->returned_to(*vm->self, mfa_of_address(back_to)));
}
static ATH_HANDLER(op_return_time) {
  ATH_END_CELL(kReturnTimeWords - 1, vm->runtime.tracing->time_returned(*vm->self, static_cast<uint64_t>(stack_top[0].small_value())));
}

const FixedCell kReturnTrace{&kNoSite, op_return_trace};
const FixedCell kExceptionTrace{&kNoSite, op_exception_trace};
const FixedCell kReturnTo{&kNoSite, op_return_to};
const FixedCell kReturnTime{&kNoSite, op_return_time};

const Word* behind_breakpoint(const Word* entry) {
  return *reinterpret_cast<const Handler*>(entry) == op_breakpoint ? real_entry(*cell_at<BreakpointCell>(entry).breakpoint) : entry;
}

void make_breakpoint_cell(code::Breakpoint& breakpoint) {
  auto cell = std::make_shared<BreakpointCell>(BreakpointCell{&kNoSite, op_breakpoint, &breakpoint, CallSite{breakpoint.function, 0}});
  if (breakpoint.function) cell->site = &cell->place;
  breakpoint.address = address_of(*cell);
  breakpoint.cell = std::move(cell);
}

}  // namespace athanor::engine
