// SPDX-License-Identifier: Apache-2.0
// Frames, jumps, calls, returns.
#include <algorithm>
#include <atomic>
#include <string_view>

#include "engine/interp/breakpoints.hpp"
#include "engine/interp/cells.hpp"
#include "engine/interp/exceptions.hpp"
#include "engine/interp/ops/handlers.hpp"
#include "engine/ir/lowering/lowered.hpp"
#include "engine/jit/jit.hpp"
#include "heap/collector/stress.hpp"
#include "process/tracing.hpp"

namespace athanor::engine {

using ir::Kind;

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

// At a function's entry, while it is interpreted. Threads that count at once may lose a call.
static ATH_HANDLER(make_native) {
  vm->runtime.jit->compile(vm->runtime, const_cast<code::Function&>(*call_site(ip)->function));
  ATH_NEXT(CountCall);
}
ATH_HANDLER(op_count_call) {
  std::atomic_ref<uint32_t> left(const_cast<uint32_t&>(ir::at<ir::CountCall>(ip).left));
  const uint32_t calls = left.load(std::memory_order_relaxed);
  if (calls != 0) {
    left.store(calls - 1, std::memory_order_relaxed);
    if (ATH_UNLIKELY(calls == 1)) [[clang::musttail]] return make_native(ATH_ARGUMENTS);
  }
  ATH_NEXT(CountCall);
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

namespace {

inline void push_frame(Term*& stack_top, uint32_t slots) {
  stack_top -= slots;
  for (uint32_t i = 0; i < slots; ++i) stack_top[i] = Term::nil();
}
// No: it has to collect first. Called once at a safepoint.
inline bool fits(Interpreter* vm, const Term* heap_top, const Term* stack_top, size_t words) {
  return has_room(heap_top, stack_top, words) && !heap::stress_collects(vm->stress_draw, vm->self->heap_, heap_top, stack_top);
}

// Out of line, so that the ways without a collection save no registers. `Instruction` has slots, words, live.
template <class Instruction>
constexpr bool kHasFrame = requires(Instruction in) { in.slots; };
template <class Instruction, Handler kThen>
ATH_HANDLER(collect_first) {
  const auto& in = ir::at<Instruction>(ip);
  size_t words = in.words;
  if constexpr (kHasFrame<Instruction>) words += in.slots;
  ATH_SYNC();
  bool alive = collect(*vm, words, in.live);
  ATH_RELOAD();
  if (!alive) ATH_GO(exit_cell());
  [[clang::musttail]] return kThen(ATH_ARGUMENTS);
}

// y registers start as nil: the collector and the stack's walkers see no garbage.
ATH_HANDLER(allocate_now) {
  push_frame(stack_top, ir::at<ir::Allocate>(ip).slots);
  ATH_NEXT(Allocate);
}
template <uint32_t kSlots>
ATH_HANDLER(allocate) {
  const auto& in = ir::at<ir::Allocate>(ip);
  if (ATH_UNLIKELY(!fits(vm, heap_top, stack_top, kSlots + in.words))) [[clang::musttail]] return collect_first<ir::Allocate, allocate_now>(ATH_ARGUMENTS);
  push_frame(stack_top, kSlots);
  ATH_NEXT(Allocate);
}
// With a first y register filled from an x register.
ATH_HANDLER(allocate_move_now) {
  const auto& in = ir::at<ir::AllocateMove>(ip);
  push_frame(stack_top, in.slots);
  ir::y_at(stack_top, in.destination) = ir::x_at(x, in.source);
  ATH_NEXT(AllocateMove);
}
template <uint32_t kSlots>
ATH_HANDLER(allocate_move) {
  const auto& in = ir::at<ir::AllocateMove>(ip);
  if (ATH_UNLIKELY(!fits(vm, heap_top, stack_top, kSlots + in.words))) [[clang::musttail]] return collect_first<ir::AllocateMove, allocate_move_now>(ATH_ARGUMENTS);
  push_frame(stack_top, kSlots);
  ir::y_at(stack_top, in.destination) = ir::x_at(x, in.source);
  ATH_NEXT(AllocateMove);
}
ATH_HANDLER(test_heap_now) { ATH_NEXT(TestHeap); }

}  // namespace

ATH_HANDLER(op_allocate) {
  const auto& in = ir::at<ir::Allocate>(ip);
  if (ATH_UNLIKELY(!fits(vm, heap_top, stack_top, in.slots + in.words))) [[clang::musttail]] return collect_first<ir::Allocate, allocate_now>(ATH_ARGUMENTS);
  [[clang::musttail]] return allocate_now(ATH_ARGUMENTS);
}
ATH_HANDLER(op_allocate_0) { [[clang::musttail]] return allocate<0>(ATH_ARGUMENTS); }
ATH_HANDLER(op_allocate_1) { [[clang::musttail]] return allocate<1>(ATH_ARGUMENTS); }
ATH_HANDLER(op_allocate_2) { [[clang::musttail]] return allocate<2>(ATH_ARGUMENTS); }
ATH_HANDLER(op_allocate_3) { [[clang::musttail]] return allocate<3>(ATH_ARGUMENTS); }
ATH_HANDLER(op_allocate_4) { [[clang::musttail]] return allocate<4>(ATH_ARGUMENTS); }
ATH_HANDLER(op_allocate_move) {
  const auto& in = ir::at<ir::AllocateMove>(ip);
  if (ATH_UNLIKELY(!fits(vm, heap_top, stack_top, in.slots + in.words))) {
    [[clang::musttail]] return collect_first<ir::AllocateMove, allocate_move_now>(ATH_ARGUMENTS);
  }
  [[clang::musttail]] return allocate_move_now(ATH_ARGUMENTS);
}
ATH_HANDLER(op_allocate_move_1) { [[clang::musttail]] return allocate_move<1>(ATH_ARGUMENTS); }
ATH_HANDLER(op_allocate_move_2) { [[clang::musttail]] return allocate_move<2>(ATH_ARGUMENTS); }
ATH_HANDLER(op_allocate_move_3) { [[clang::musttail]] return allocate_move<3>(ATH_ARGUMENTS); }
ATH_HANDLER(op_allocate_move_4) { [[clang::musttail]] return allocate_move<4>(ATH_ARGUMENTS); }
ATH_HANDLER(op_test_heap) {
  const auto& in = ir::at<ir::TestHeap>(ip);
  if (ATH_UNLIKELY(!fits(vm, heap_top, stack_top, in.words))) [[clang::musttail]] return collect_first<ir::TestHeap, test_heap_now>(ATH_ARGUMENTS);
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

namespace {
// The value moves into place, the frame of `slots` goes.
template <Kind kSource>
ATH_HANDLER(move_return) {
  const auto& in = ir::at<ir::MoveReturn>(ip);
  ir::x_at(x, in.destination) = ir::load<kSource>(in.source, x, stack_top);
  stack_top += in.slots;
  const Word* back = reinterpret_cast<const Word*>(stack_top->raw);
  ++stack_top;
  ATH_GO(back);
}
}  // namespace
Handler op_move_return(Kind source) {
  return with_kind(source, [](auto s) -> Handler { return move_return<decltype(s)::value>; });
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
// With the last moves before it; registers are read and written in the program's order.
namespace {

enum class Way { Call, Only, Last };
#define ATH_CALL_BY_WAY(Type)                                          \
  do {                                                                 \
    if constexpr (kWay == Way::Call) ATH_PUSH_RETURN(Type);            \
    if constexpr (kWay == Way::Last) stack_top += in.slots;            \
    ATH_ENTER(ATH_ENTRY(in.callee), in.arity);                         \
  } while (0)

template <Way kWay, Kind kSource>
ATH_HANDLER(move_call) {
  const auto& in = ir::at<ir::MoveCall>(ip);
  ir::x_at(x, in.destination) = ir::load<kSource>(in.source, x, stack_top);
  ATH_CALL_BY_WAY(MoveCall);
}
template <Way kWay, Kind kSource, Kind kDestination, Kind kSource2>
ATH_HANDLER(move_two_call) {
  const auto& in = ir::at<ir::MoveTwoCall>(ip);
  ir::place<kDestination>(in.destination, x, stack_top) = ir::load<kSource>(in.source, x, stack_top);
  ir::x_at(x, in.destination_2) = ir::load<kSource2>(in.source_2, x, stack_top);
  ATH_CALL_BY_WAY(MoveTwoCall);
}
template <Way kWay>
Handler choose_move_call(Kind source) {
  return with_kind(source, [](auto s) -> Handler { return move_call<kWay, decltype(s)::value>; });
}
template <Way kWay>
Handler choose_move_two_call(Kind source, Kind destination, Kind source_2) {
  return with_register(source, [=](auto s) {
    return with_register(destination, [=](auto d) {
      return with_register(source_2, [](auto s2) -> Handler { return move_two_call<kWay, decltype(s)::value, decltype(d)::value, decltype(s2)::value>; });
    });
  });
}

}  // namespace

Handler op_move_call(Kind source) { return choose_move_call<Way::Call>(source); }
Handler op_move_call_only(Kind source) { return choose_move_call<Way::Only>(source); }
Handler op_move_call_last(Kind source) { return choose_move_call<Way::Last>(source); }
Handler op_move_two_call(Kind source, Kind destination, Kind source_2) { return choose_move_two_call<Way::Call>(source, destination, source_2); }
Handler op_move_two_call_only(Kind source, Kind destination, Kind source_2) { return choose_move_two_call<Way::Only>(source, destination, source_2); }
Handler op_move_two_call_last(Kind source, Kind destination, Kind source_2) { return choose_move_two_call<Way::Last>(source, destination, source_2); }

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
#define ATH_CALL_BIF(bif, name)                                                  \
  do {                                                                           \
    const auto& in = ir::at<ir::CallBif>(ip);                                    \
    const Word* after = ip + ir::kWords<ir::CallBif>;                            \
    if (ATH_UNLIKELY(--reductions <= 0)) {                                       \
      *--stack_top = Term{reinterpret_cast<Word>(after)};                        \
      ATH_SYNC();                                                                \
      yield_at(*vm, kRetryNative.address(), in.arity);                           \
      return;                                                                    \
    }                                                                            \
    ATH_SYNC();                                                                  \
    vm->self->ip_ = after;                                                       \
    process::BifResult result = (bif)(*vm->self, x);                             \
    if (ATH_UNLIKELY(!result.has_value())) {                                     \
      const Word* next = continue_native(*vm, *in.row, in.site, after, name);    \
      if (!next) return;                                                         \
      ATH_RELOAD();                                                              \
      ATH_GO(next);                                                              \
    }                                                                            \
    x[0] = result.value;                                                         \
    bool alive = ATH_LIKELY(!wants_collection(*vm)) || collect(*vm, 0, 1); \
    ATH_RELOAD();                                                                \
    if (ATH_UNLIKELY(!alive)) ATH_GO(exit_cell());                               \
    ATH_GO(after);                                                               \
  } while (0)
ATH_HANDLER(op_call_bif) { ATH_CALL_BIF(in.callee->call.load(std::memory_order_relaxed), &in.callee->mfa); }
// `Pid ! Message` is no call of erlang:send/2 that could be traced.
ATH_HANDLER(op_send) {
  // OTP: among the last calls it counts as one of send/2.
  if (ATH_UNLIKELY(vm->self->trace_flags_ & process::trace_flag::kSavesCalls)) vm->self->extra().saved_calls->note(Mfa{atoms::erlang, atoms::send, 2});
  ATH_CALL_BIF(in.function, nullptr);
}
// In tail position, with the end of the frame behind it for a native that has more to do. OTP: the caller's frame stays meanwhile and is in
// the trace of an exception.
ATH_HANDLER(op_call_bif_last) {
  const auto& in = ir::at<ir::CallBif>(ip);
  if (ATH_UNLIKELY(--reductions <= 0)) {
    *--stack_top = Term{reinterpret_cast<Word>(ip + ir::kWords<ir::CallBif>)};
    ATH_SYNC();
    yield_at(*vm, kRetryNative.address(), in.arity);
    return;
  }
  ATH_SYNC();
  vm->self->ip_ = ip + ir::kWords<ir::CallBif>;
  process::BifResult result = in.callee->call.load(std::memory_order_relaxed)(*vm->self, x);
  if (ATH_UNLIKELY(!result.has_value())) {
    const Word* next = continue_native(*vm, *in.row, in.site, ip + ir::kWords<ir::CallBif>, &in.callee->mfa);
    if (!next) return;
    ATH_RELOAD();
    ATH_GO(next);
  }
  x[0] = result.value;
  bool alive = ATH_LIKELY(!wants_collection(*vm)) || collect(*vm, 0, 1);
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
  const NativeCell* cell = native_cell_at(behind_breakpoint(entry));
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
  ATH_CALL_TARGET(Apply, apply_fun_list(*vm, in.site, FunCaller::Body));
}
ATH_HANDLER(op_apply_fun_list_last) {
  const auto& in = ir::at<ir::Apply>(ip);
  ATH_TAIL_CALL_TARGET(apply_fun_list(*vm, in.site, FunCaller::Tail));
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
  ATH_CALL_TARGET(CallFun, call_fun(*vm, in.site, fun, in.arity, FunCaller::Body));
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
  ATH_TAIL_CALL_TARGET(call_fun(*vm, in.site, fun, in.arity, FunCaller::Tail));
}

}  // namespace athanor::engine
