// SPDX-License-Identifier: Apache-2.0
// Frames, jumps, calls, returns.
#include <algorithm>
#include <string_view>

#include "engine/interp/cells.hpp"
#include "engine/interp/exceptions.hpp"
#include "engine/interp/ops/handlers.hpp"
#include "engine/ir/lowering/lowered.hpp"

namespace athanor::engine {

// The first call of a function: it is lowered, and its entry no longer leads here.
ATH_HANDLER(op_lower) {
  code::Function& function = *cell_at<FunctionCell>(ip).function;
  const Word* entry = ir::lower(vm->runtime, function);
  if (ATH_UNLIKELY(!entry)) {
    CallSite site{&function, 0};
    ATH_LEAVE(raise_badfile(*vm, &site));
  }
  ATH_GO(entry);
}

ATH_HANDLER(op_jump) { ATH_FAIL(ir::at<ir::Jump>(ip).target); }
ATH_HANDLER(op_skip_site) { ATH_NEXT(AtSite); }
// Where something jumps back to. The compiler makes no loops of jumps, whose registers would have to be known here for a slice to end:
// hostile code that runs in such a circle is ended.
ATH_HANDLER(op_loop_head) {
  constexpr int64_t kRoundsAtMost = 1'000'000;   // since the slice was used up
  if (ATH_UNLIKELY(--reductions < -kRoundsAtMost)) ATH_LEAVE(raise_badfile(*vm, ir::at<ir::AtSite>(ip).site));
  ATH_NEXT(AtSite);
}
ATH_HANDLER(op_function_clause) { ATH_LEAVE(raise_function_clause(*vm, ir::at<ir::FunctionClause>(ip).site)); }
ATH_HANDLER(op_unexecutable) { ATH_LEAVE(raise_badfile(*vm, ir::at<ir::Unexecutable>(ip).site)); }

#define ATH_ENSURE(words, live)                            \
  do {                                                     \
    if (ATH_UNLIKELY(!has_room(heap_top, stack_top, (words)))) { \
      ATH_SYNC();                                          \
      bool alive = collect(*vm, (words), (live));          \
      ATH_RELOAD();                                        \
      if (!alive) ATH_GO(exit_cell());                     \
    }                                                      \
  } while (0)

#ifdef ATH_STRESS
#undef ATH_ENSURE
#define ATH_ENSURE(words, live)                 \
  do {                                          \
    ATH_SYNC();                                 \
    bool alive = collect(*vm, (words), (live)); \
    ATH_RELOAD();                               \
    if (!alive) ATH_GO(exit_cell());            \
  } while (0)
#endif

// y registers start as nil: the collector and the stack's walkers see no garbage.
ATH_HANDLER(op_allocate) {
  const auto& in = ir::at<ir::Allocate>(ip);
  ATH_ENSURE(in.slots + in.words, in.live);
  stack_top -= in.slots;
  for (uint32_t i = 0; i < in.slots; ++i) stack_top[i] = Term::nil();
  ATH_NEXT(Allocate);
}
ATH_HANDLER(op_test_heap) {
  const auto& in = ir::at<ir::TestHeap>(ip);
  ATH_ENSURE(in.words, in.live);
  ATH_NEXT(TestHeap);
}
ATH_HANDLER(op_deallocate) {
  stack_top += ir::at<ir::Deallocate>(ip).slots;
  ATH_NEXT(Deallocate);
}
ATH_HANDLER(op_return) {
  const Word* back = reinterpret_cast<const Word*>(stack_top->raw);
  ++stack_top;
  ATH_GO(back);
}
ATH_HANDLER(op_deallocate_return) {
  stack_top += ir::at<ir::DeallocateReturn>(ip).slots;
  const Word* back = reinterpret_cast<const Word*>(stack_top->raw);
  ++stack_top;
  ATH_GO(back);
}

#define ATH_PUSH_RETURN(Type) *--stack_top = Term{reinterpret_cast<Word>(ip + ir::kWords<ir::Type>)}
#define ATH_ENTRY(callee) (callee)->entry.load(std::memory_order_acquire)

ATH_HANDLER(op_call) {
  const auto& in = ir::at<ir::Call>(ip);
  ATH_PUSH_RETURN(Call);
  ATH_ENTER(ATH_ENTRY(in.callee), in.arity);
}
ATH_HANDLER(op_call_only) {
  const auto& in = ir::at<ir::CallTail>(ip);
  ATH_ENTER(ATH_ENTRY(in.callee), in.arity);
}
ATH_HANDLER(op_call_last) {
  const auto& in = ir::at<ir::CallTail>(ip);
  stack_top += in.slots;
  ATH_ENTER(ATH_ENTRY(in.callee), in.arity);
}
ATH_HANDLER(op_call_external) {
  const auto& in = ir::at<ir::CallExternal>(ip);
  ATH_PUSH_RETURN(CallExternal);
  ATH_ENTER(ATH_ENTRY(in.callee), in.arity);
}
ATH_HANDLER(op_call_external_only) {
  const auto& in = ir::at<ir::CallExternalTail>(ip);
  ATH_ENTER(ATH_ENTRY(in.callee), in.arity);
}
ATH_HANDLER(op_call_external_last) {
  const auto& in = ir::at<ir::CallExternalTail>(ip);
  stack_top += in.slots;
  ATH_ENTER(ATH_ENTRY(in.callee), in.arity);
}

// A native called by an instruction: its arguments stay in registers until it has answered.
ATH_HANDLER(op_call_bif) {
  const auto& in = ir::at<ir::CallBif>(ip);
  const Word* after = ip + ir::kWords<ir::CallBif>;
  if (ATH_UNLIKELY(--reductions <= 0)) {
    *--stack_top = Term{reinterpret_cast<Word>(after)};
    ATH_SYNC();
    yield_at(*vm, native_entry(*in.row, {}), in.arity);
    return;
  }
  ATH_SYNC();
  vm->self->ip_ = after;
  process::BifResult result = in.function(*vm->self, x);
  if (ATH_UNLIKELY(!result.has_value())) {
    const Word* next = continue_native(*vm, *in.row, in.site, after);
    if (!next) return;
    ATH_RELOAD();
    ATH_GO(next);
  }
  x[0] = result.value;
  bool alive = ATH_LIKELY(!wants_collection(*vm->self)) || collect(*vm, 0, 1);
  ATH_RELOAD();
  if (ATH_UNLIKELY(!alive)) ATH_GO(exit_cell());
  ATH_GO(after);
}
// In tail position. The frame goes first where the native has more to do; an exception still shows this function.
ATH_HANDLER(op_call_bif_last) {
  const auto& in = ir::at<ir::CallBif>(ip);
  if (ATH_UNLIKELY(--reductions <= 0)) {
    stack_top += in.slots;
    ATH_SYNC();
    yield_at(*vm, native_entry(*in.row, {}), in.arity);
    return;
  }
  ATH_SYNC();
  vm->self->ip_ = ip + ir::kWords<ir::CallBif>;
  process::BifResult result = in.function(*vm->self, x);
  if (ATH_UNLIKELY(!result.has_value())) {
    if (vm->self->pending_ != process::Pending::Raise) vm->self->heap_.set_stack_top(stack_top + in.slots);
    const Word* next = continue_native(*vm, *in.row, in.site, nullptr);
    if (!next) return;
    ATH_RELOAD();
    ATH_GO(next);
  }
  x[0] = result.value;
  bool alive = ATH_LIKELY(!wants_collection(*vm->self)) || collect(*vm, 0, 1);
  ATH_RELOAD();
  if (ATH_UNLIKELY(!alive)) ATH_GO(exit_cell());
  stack_top += in.slots;
  const Word* back = reinterpret_cast<const Word*>(stack_top->raw);
  ++stack_top;
  ATH_GO(back);
}

// Calls of what is found at run time: an exception is raised in the caller's frame, so the frame changes after that.
#define ATH_CALL_TARGET(Type, expression)                \
  do {                                                   \
    ATH_SYNC();                                          \
    Target target = (expression);                        \
    ATH_RELOAD();                                        \
    if (ATH_UNLIKELY(!target.is_call)) ATH_GO(target.entry); \
    ATH_PUSH_RETURN(Type);                               \
    ATH_ENTER(target.entry, target.live);                \
  } while (0)
#define ATH_TAIL_CALL_TARGET(expression)                 \
  do {                                                   \
    ATH_SYNC();                                          \
    Target target = (expression);                        \
    ATH_RELOAD();                                        \
    if (ATH_UNLIKELY(!target.is_call)) ATH_GO(target.entry); \
    stack_top += in.slots;                               \
    ATH_ENTER(target.entry, target.live);                \
  } while (0)

// OTP: erlang:error/1,2,3, exit/1 and throw/1 applied last still show the applying function: its frame stays for the trace.
static bool raises_always(const Word* entry) {
  const NativeCell* cell = native_cell_at(entry);
  if (!cell || std::string_view(cell->row->module) != "erlang") return false;
  const std::string_view name = cell->row->name;
  return name == "error" || ((name == "exit" || name == "throw") && cell->row->arity == 1);
}
#define ATH_TAIL_APPLY(expression)                       \
  do {                                                   \
    ATH_SYNC();                                          \
    Target target = (expression);                        \
    ATH_RELOAD();                                        \
    if (ATH_UNLIKELY(!target.is_call)) ATH_GO(target.entry); \
    if (ATH_UNLIKELY(raises_always(target.entry))) {     \
      ATH_PUSH_RETURN(Apply);                            \
    } else {                                             \
      stack_top += in.slots;                             \
    }                                                    \
    ATH_ENTER(target.entry, target.live);                \
  } while (0)

ATH_HANDLER(op_apply) {
  const auto& in = ir::at<ir::Apply>(ip);
  ATH_CALL_TARGET(Apply, apply_fixed(*vm, in.site, in.arity));
}
ATH_HANDLER(op_apply_last) {
  const auto& in = ir::at<ir::Apply>(ip);
  ATH_TAIL_APPLY(apply_fixed(*vm, in.site, in.arity));
}
ATH_HANDLER(op_apply_list) {
  const auto& in = ir::at<ir::Apply>(ip);
  ATH_CALL_TARGET(Apply, apply_list(*vm, in.site));
}
ATH_HANDLER(op_apply_list_last) {
  const auto& in = ir::at<ir::Apply>(ip);
  ATH_TAIL_APPLY(apply_list(*vm, in.site));
}
ATH_HANDLER(op_apply_fun_list) {
  const auto& in = ir::at<ir::Apply>(ip);
  ATH_CALL_TARGET(Apply, apply_fun_list(*vm, in.site));
}
ATH_HANDLER(op_apply_fun_list_last) {
  const auto& in = ir::at<ir::Apply>(ip);
  ATH_TAIL_CALL_TARGET(apply_fun_list(*vm, in.site));
}

ATH_HANDLER(op_call_fun) {
  const auto& in = ir::at<ir::CallFun>(ip);
  Term fun = ir::place(in.fun, x, stack_top);
  if (ATH_LIKELY(is_local_fun(fun) && fun_arity(fun) == in.arity)) {
    const auto* entry = static_cast<const code::FunEntry*>(fun_entry(fun));
    uint32_t count = fun_num_free(fun);
    ATH_ASSERT(in.arity + count < kMaxRegisters);
    for (uint32_t i = 0; i < count; ++i) x[in.arity + i] = fun_environment(fun)[i];
    x[in.arity + count] = fun;   // for op_unloaded_fun
    ATH_PUSH_RETURN(CallFun);
    ATH_ENTER(ATH_ENTRY(entry), in.arity + count + 1);
  }
  ATH_CALL_TARGET(CallFun, call_fun(*vm, in.site, fun, in.arity));
}
ATH_HANDLER(op_call_fun_last) {
  const auto& in = ir::at<ir::CallFun>(ip);
  Term fun = ir::place(in.fun, x, stack_top);
  if (ATH_LIKELY(is_local_fun(fun) && fun_arity(fun) == in.arity)) {
    const auto* entry = static_cast<const code::FunEntry*>(fun_entry(fun));
    uint32_t count = fun_num_free(fun);
    ATH_ASSERT(in.arity + count < kMaxRegisters);
    for (uint32_t i = 0; i < count; ++i) x[in.arity + i] = fun_environment(fun)[i];
    x[in.arity + count] = fun;   // for op_unloaded_fun
    stack_top += in.slots;
    ATH_ENTER(ATH_ENTRY(entry), in.arity + count + 1);
  }
  ATH_TAIL_CALL_TARGET(call_fun(*vm, in.site, fun, in.arity));
}

}  // namespace athanor::engine
