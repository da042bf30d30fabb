// SPDX-License-Identifier: Apache-2.0
// Receiving: the scan of the mailbox, timeouts, receive markers; sending.
#include "engine/interp/cells.hpp"
#include "engine/interp/exceptions.hpp"
#include "engine/interp/ops/handlers.hpp"
#include "process/send.hpp"
#include "process/spawn.hpp"
#include "process/state.hpp"
#include "process/timers.hpp"
#include "process/tracing.hpp"
#include "term/atom_table.hpp"
#include "term/integer.hpp"

namespace athanor::engine {

using process::Outcome;
using process::Process;

namespace {

// kNeverFires: the timeout was infinity. It is read once: x registers do not survive a wait, and the wait is entered anew after each message.
enum : uint8_t { kNoTimer, kTimerSet, kTimerFired, kNeverFires };

// The message under the cursor, after taking in what has arrived. Null: none, or the process must end (is_exiting).
process::Signal* next_message(Process& self) {
  process::Signal* message = self.mailbox().peek();
  while (!message && self.mailbox().has_incoming()) {
    process::handle_signals(self);
    if (process::is_exiting(self)) return nullptr;
    message = self.mailbox().peek();
  }
  return message;
}

void drop_timer(Process& self) {
  if (self.timer_state_ == kTimerSet) self.runtime().timers->cancel_receive_timer(self);
  self.timer_state_ = kNoTimer;
}

}  // namespace

template <bool kKeeps>
ATH_HANDLER(loop_receive) {
  const auto& in = ir::at<ir::LoopReceive>(ip);
  Process& self = *vm->self;
  process::Signal* message = self.mailbox().peek();
  if (ATH_UNLIKELY(!message)) {
    ATH_SYNC();
    self.ip_ = ip + ir::kWords<ir::LoopReceive>;
    message = next_message(self);
    ATH_RELOAD();
    if (process::is_exiting(self)) ATH_GO(exit_cell());
  }
  // Counted without a message too: code by hand may come back here instead of waiting.
  if (ATH_UNLIKELY(--reductions <= 0)) {
    ATH_SYNC();
    yield_at(*vm, ip, 0);
    return;
  }
  if (ATH_UNLIKELY(!message)) ATH_FAIL(in.fail);
  self.is_matching_ = true;
  if constexpr (kKeeps) self.before_collection();   // the message becomes part of the heap, whether it matches or not
  ir::place(in.destination, x, stack_top) = message->parcel.term;
  ATH_NEXT(LoopReceive);
}

ATH_HANDLER(op_loop_receive) { [[clang::musttail]] return loop_receive<false>(ip, x, heap_top, stack_top, reductions, vm); }
// In functions that may keep parts of a message that stays in the queue (beam::FunctionRow): code by hand only.
ATH_HANDLER(op_loop_receive_keeping) { [[clang::musttail]] return loop_receive<true>(ip, x, heap_top, stack_top, reductions, vm); }

ATH_HANDLER(op_loop_receive_end) {
  vm->self->is_matching_ = false;
  if (ATH_LIKELY(vm->self->mailbox().peek() != nullptr)) vm->self->mailbox().advance();   // null: only in hostile code
  ATH_FAIL(ir::at<ir::Jump>(ip).target);
}

ATH_HANDLER(op_remove_message) {
  Process& self = *vm->self;
  if (ATH_UNLIKELY(!self.mailbox().peek())) ATH_GO(ip + 1);   // only in hostile code
  self.is_matching_ = false;
  process::Signal* message = self.mailbox().remove_current();
  self.heap_.adopt(message->parcel.fragments);
  message->parcel.fragments = nullptr;
  if (ATH_UNLIKELY(self.trace_flags_ & process::trace_flag::kSavesCalls)) self.extra().saved_calls->note(atoms::receive);
  if (ATH_UNLIKELY(message->token.is_pointer() || (self.trace_flags_ & process::trace_flag::kToken))) {
    ATH_SYNC();
    vm->runtime.tracing->token_received(self, *message);
    ATH_RELOAD();
  }
  process::Signal::destroy(message);
  if (self.timer_state_ != kNoTimer) drop_timer(self);
  ATH_GO(ip + 1);
}

// A waiting process goes on at the loop_rec.
ATH_HANDLER(op_wait) {
  const auto& in = ir::at<ir::Wait>(ip);
  ATH_SYNC();
  // What came meanwhile is taken in, so that only more makes the process run again.
  if (vm->self->mailbox().has_incoming()) {
    vm->self->ip_ = ip + in.target;
    process::handle_signals(*vm->self);
    ATH_RELOAD();
    if (process::is_exiting(*vm->self)) ATH_GO(exit_cell());
    ATH_GO(ip + in.target);
  }
  save_registers(*vm, ip + in.target, 0);
  if (wants_collection(*vm)) (void)collect(*vm, 0, 0);
  vm->self->live_ = 0;
  vm->outcome = process::is_exiting(*vm->self) ? Outcome::Yielded : Outcome::Waiting;
}
ATH_HANDLER(op_wait_timeout) {
  const auto& in = ir::at<ir::Wait>(ip);
  Process& self = *vm->self;
  if (self.timer_state_ == kTimerFired) ATH_NEXT(Wait);
  if (self.timer_state_ == kNoTimer) {
    Term timeout = ir::load(in.timeout, x, stack_top);
    if (timeout == Term::small(0)) ATH_NEXT(Wait);
    if (timeout == atoms::infinity) {
      self.timer_state_ = kNeverFires;
    } else {
      uint64_t milliseconds;
      if (!integer::to_uint64(timeout, milliseconds) || milliseconds > UINT32_MAX) {
        self.mailbox().restart();
        ATH_LEAVE(raise_error(*vm, in.site, atoms::timeout_value));
      }
      int64_t now = vm->runtime.clock->monotonic_ns();
      self.timer_state_ = kTimerSet;
      self.receive_timer_ = vm->runtime.timers->set_receive_timer(self, now + static_cast<int64_t>(milliseconds) * 1'000'000);
    }
  }
  [[clang::musttail]] return op_wait(ATH_ARGUMENTS);
}
// OTP: to who traces what is received, a timeout is a message of the clock service.
static void tell_timeout(Interpreter& vm) {
  if (vm.self->trace_flags_ & process::trace_flag::kSavesCalls) vm.self->extra().saved_calls->note(atoms::timeout);
  if (!process::is_traced(*vm.self, process::trace_flag::kReceive)) return;
  process::Signal timeout;
  timeout.parcel.term = atoms::timeout;
  timeout.from = intern("clock_service");
  vm.runtime.tracing->received(*vm.self, timeout);
}

ATH_HANDLER(op_timeout) {
  if (ATH_UNLIKELY(vm->self->trace_flags_ != 0)) {
    ATH_SYNC();
    tell_timeout(*vm);
    ATH_RELOAD();
  }
  drop_timer(*vm->self);
  vm->self->mailbox().restart();
  ATH_GO(ip + 1);
}

// --- receive markers ---
ATH_HANDLER(op_marker_reserve) {
  vm->self->mailbox().mark_reserve();
  ir::place(ir::at<ir::OneRegister>(ip).source, x, stack_top) = atoms::undefined;
  ATH_NEXT(OneRegister);
}
ATH_HANDLER(op_marker_bind) {
  Term reference = ir::place(ir::at<ir::TwoRegisters>(ip).second, x, stack_top);
  if (is_local_reference(reference)) {
    uint64_t words[3];
    process::reference_words(reference, words);
    vm->self->mailbox().mark_bind(words);
  }
  ATH_NEXT(TwoRegisters);
}
ATH_HANDLER(op_marker_clear) {
  Term reference = ir::place(ir::at<ir::OneRegister>(ip).source, x, stack_top);
  if (is_local_reference(reference)) {
    uint64_t words[3];
    process::reference_words(reference, words);
    vm->self->mailbox().mark_clear(words);
  }
  ATH_NEXT(OneRegister);
}
ATH_HANDLER(op_marker_use) {
  Term reference = ir::place(ir::at<ir::OneRegister>(ip).source, x, stack_top);
  if (is_local_reference(reference)) {
    uint64_t words[3];
    process::reference_words(reference, words);
    vm->self->mailbox().mark_use(words);
  }
  ATH_NEXT(OneRegister);
}

}  // namespace athanor::engine
