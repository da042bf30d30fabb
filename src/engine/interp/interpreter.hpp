// SPDX-License-Identifier: Apache-2.0
// The interpreter of one scheduler thread: registers, the process that runs, and how handlers are written.
//
// A handler has the machine state in its parameters. Whatever may allocate through the process, collect, raise or look at the stack
// is called between ATH_SYNC (state into the process) and ATH_RELOAD (state back).
#pragma once

#include "code/code_server.hpp"
#include "engine/bit_syntax.hpp"
#include "engine/frame.hpp"
#include "engine/ir/instructions.hpp"
#include "process/executor.hpp"
#include "process/process.hpp"

namespace athanor::engine {

constexpr uint32_t kMaxRegisters = 1024;
constexpr uint32_t kApplied = 512;                    // a power of two
constexpr uint32_t kUnknownLive = ~0u;                // of an instruction that says nothing of live x registers: no safepoint
constexpr uint32_t kScratchRegister = kMaxRegisters;   // where lowering puts constants for instructions that read a register

Mfa current_function(process::Process& process);   // engine.cpp

// How a fun is called: to come back, at the end of a function, or by erlang:apply/2 as a function.
enum class FunCaller : uint8_t { Body, Tail, Apply };

class Interpreter final : public process::Executor {
 public:
  explicit Interpreter(process::Runtime& runtime) : runtime(runtime) {}
  process::Outcome run(process::Process& process) override;
  void run_dirty(process::Process& process) override;
  Mfa current_function(process::Process& process) override { return engine::current_function(process); }
  void prepare_call(process::Process& process, Term module, Term function, Term args_list) override;

  process::Runtime& runtime;
  process::Process* self = nullptr;
  process::Outcome outcome = process::Outcome::Yielded;
  Term exit_reason;                                  // for the exiting cell
  Term x[kMaxRegisters + 8];
  double floats[kMaxRegisters];
  bit_syntax::BuildState build;                      // the binary that bs_put_* write to; none across safepoints
  code::Export* applied[kApplied] = {};              // what apply has found of late, by a hash of the name: exports stay
  uint64_t stress_draw = 1;                          // preset `stress`: which safepoints collect
};

// --- leaving and entering a process's state ---
#define ATH_SYNC()                                        \
  do {                                                    \
    vm->self->heap_.set_top(heap_top);                    \
    vm->self->heap_.set_stack_top(stack_top);             \
    vm->self->reductions_left_ = reductions;              \
  } while (0)
#define ATH_RELOAD()                                      \
  do {                                                    \
    heap_top = vm->self->heap_.top();                     \
    stack_top = vm->self->heap_.stack_top();              \
    reductions = vm->self->reductions_left_;              \
  } while (0)

#define ATH_ARGUMENTS ip, x, heap_top, stack_top, reductions, vm
#define ATH_DISPATCH() [[clang::musttail]] return (*reinterpret_cast<const Handler*>(ip))(ATH_ARGUMENTS)
#define ATH_GO(address)  \
  do {                   \
    ip = (address);      \
    ATH_DISPATCH();      \
  } while (0)
#define ATH_NEXT(Type) ATH_GO(ip + ir::kWords<ir::Type>)
#define ATH_FAIL(offset) ATH_GO(ip + (offset))
// `expression` gives a code address to go on at (a catch handler, an entry, a cell) after changing the process's state.
#define ATH_LEAVE(expression)             \
  do {                                    \
    ATH_SYNC();                           \
    const Word* ath_next = (expression);  \
    ATH_RELOAD();                         \
    ATH_GO(ath_next);                     \
  } while (0)
// Entering a function: one reduction; a slice that is used up ends here, with the arguments saved.
#define ATH_ENTER(address, arity)                            \
  do {                                                       \
    const Word* ath_entry = (address);                       \
    if (ATH_UNLIKELY(--reductions <= 0)) {                   \
      ATH_SYNC();                                            \
      yield_at(*vm, ath_entry, (arity));                     \
      return;                                                \
    }                                                        \
    ATH_GO(ath_entry);                                       \
  } while (0)

#define ATH_HANDLER(name) void name([[maybe_unused]] ATH_ENGINE_PARAMETERS)

// Room for `words` more words with the reserve behind them?
inline bool has_room(const Term* heap_top, const Term* stack_top, size_t words) {
  return ATH_LIKELY(reinterpret_cast<const char*>(stack_top) - reinterpret_cast<const char*>(heap_top) >=
                    static_cast<ptrdiff_t>((words + Allocator::kReserveWords) * sizeof(Term)));
}

// --- services (interpreter.cpp); the process's state is synced ---
// Saves x[0..live) and the address; outcome Yielded.
void yield_at(Interpreter& vm, const Word* ip, uint32_t live);
void save_registers(Interpreter& vm, const Word* ip, uint32_t live);
// Collects at a safepoint so that `words` fit. x[0..live) and `extra` (may be null) are roots beside the process's own.
// False: the process must end (max_heap_size); go to leave_exiting.
bool collect(Interpreter& vm, size_t words, uint32_t live, Term* extra = nullptr);
// As collect, where the heap has no room, or fragments have grown.
bool ensure_room(Interpreter& vm, size_t words, uint32_t live, Term* extra = nullptr);
bool wants_collection(Interpreter& vm);   // asked once at a safepoint
// Ends the process with vm.exit_reason; none: with the reason that is held already.
const Word* exit_cell();
const Word* exit_with(Interpreter& vm, Term reason);

}  // namespace athanor::engine
