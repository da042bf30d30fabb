// SPDX-License-Identifier: Apache-2.0
// What the lower layers tell the tracer (src/trace), and the flags that say whether they need to. A process that nobody traces has
// Process::trace_flags_ == 0: the word is tested where something unlikely is looked for anyway.
#pragma once

#include <atomic>
#include <cstdint>

#include "process/process.hpp"

namespace athanor::code {
struct Breakpoint;
struct ModuleCode;
}

namespace athanor::process {

// X(Name, atom): in the order in which trace_info(Pid, flags) tells them, last first.
#define ATH_TRACE_FLAGS(X)                                                                                                      \
  X(Timestamp, timestamp) X(StrictTimestamp, strict_monotonic_timestamp) X(MonotonicTimestamp, monotonic_timestamp)             \
  X(Send, send) X(Receive, receive) X(SetOnSpawn, set_on_spawn) X(Call, call) X(Procs, procs)                                  \
  X(SetOnFirstSpawn, set_on_first_spawn) X(SetOnLink, set_on_link) X(SetOnFirstLink, set_on_first_link) X(Running, running)     \
  X(Exiting, exiting) X(GarbageCollection, garbage_collection) X(Arity, arity) X(ReturnTo, return_to) X(Silent, silent)         \
  X(SchedulerId, scheduler_id) X(Ports, ports) X(RunningPorts, running_ports) X(RunningProcs, running_procs)

namespace trace_flag {
enum Place : uint32_t {
#define X(name, atom) k##name##Place,
  ATH_TRACE_FLAGS(X)
#undef X
  kCount
};
#define X(name, atom) constexpr uint32_t k##name = 1u << k##name##Place;
ATH_TRACE_FLAGS(X)
#undef X
constexpr uint32_t kAll = (1u << kCount) - 1;         // what programs set
// Ours, beside them in the word.
constexpr uint32_t kSavesCalls = 1u << 26;            // Extra::saved_calls
constexpr uint32_t kAsksTracer = 1u << 27;            // the tracer is a module: asked for its status before each slice
constexpr uint32_t kReturnCells = 1u << 28;           // return cells with exception_trace or return_to may lie on the stack
constexpr uint32_t kToken = 1u << 29;                 // a sequential trace token is held
constexpr uint32_t kSensitive = 1u << 30;             // process_flag(sensitive, true): no events
constexpr uint32_t kTimed = 1u << 31;                 // call_time keeps a clock for it
constexpr uint32_t kTellsRuns = kRunning | kRunningProcs | kExiting | kTimed | kAsksTracer;   // Tracing::ran is to be called
}  // namespace trace_flag

inline bool is_traced(const Process& process, uint32_t flag) {
  return (process.trace_flags_ & (flag | trace_flag::kSensitive)) == flag;
}

// What a port is traced for: with the port's lock, the flags to look at them before.
struct PortTrace {
  std::atomic<uint32_t> flags{0};
  Term tracer;
  bool is_traced(uint32_t flag) const { return (flags.load(std::memory_order_relaxed) & flag) != 0; }
};

// What system_profile/2 tells of.
namespace profile {
constexpr uint32_t kProcesses = 1, kPorts = 2, kSchedulers = 4, kExclusive = 8;
}

// Return cells that a breakpoint puts on the stack (engine/interp/breakpoints.hpp).
struct ReturnCells {
  enum class Tells : uint8_t { Nothing, Return, ReturnAndException };
  Tells own = Tells::Nothing, meta = Tells::Nothing;   // to the process's tracer, to the meta tracer
  bool tells_return_to = false, times = false;
  Term meta_tracer;          // one word, as all tracers are
  uint64_t timed_before = 0; // which timed function was running before; 0: none
};

struct SpawnOptions;

class Tracing {
 public:
  virtual ~Tracing() = default;
  std::atomic<bool> in_use{false};   // some process was or is traced: set once

  // --- events of the running process; the caller has seen a flag ---
  virtual void sent(Process& self, Term to, Term message) = 0;              // before it is sent
  virtual void received(Process& self, const Signal& message) = 0;          // it joins the queue
  virtual void told(Process& self, Term what, Term data, Term extra = Term::none()) = 0;   // flag procs
  virtual void ran(Process& self, Term what, bool is_exiting) = 0;          // in, out, …: flags running, exiting; also call_time's clock
  virtual void collects(Process& self, Term what, size_t words) = 0;
  // `child` is not running yet. `parent` may be null. Inherited flags are set here.
  virtual void spawned(Process* parent, Process& child, Term module, Term function, Term args, const SpawnOptions& options, Term monitor) = 0;
  virtual void linking(Process& self, Term other) = 0;                      // before the signal goes: set_on_link
  // system_monitor: after a collection that took this long; after a slice that began in `in`.
  virtual void collected(Process& self, int64_t ns) = 0;
  virtual void ran_long(Process& self, int64_t ms, Mfa in) = 0;
  virtual void ended(Process& self) = 0;                                    // frees what was kept for it
  virtual void save_calls(Process& self, uint32_t most) = 0;                // process_flag(save_calls, N): begins anew; 0 ends it

  // --- events of ports; with the port's lock ---
  virtual void port_created(PortTrace& trace) = 0;                          // what new ports begin with
  virtual void port_told(Term port, PortTrace& trace, Term what, Term data, Term extra = Term::none()) = 0;
  virtual void port_gone(PortTrace& trace) = 0;

  // --- system_profile; Runtime::profiled has been looked at ---
  // Becomes runnable, or stops to be: by the thread that makes it so, before any other can see it.
  virtual void profiled(Process& process, bool active) = 0;
  virtual void port_profiled(Term port, bool active) = 0;
  virtual void scheduler_profiled(uint32_t id, bool active) = 0;

  // --- sequential trace; the process holds a token ---
  virtual Term token_of_send(Process& self, Term to, Term message) = 0;     // the token as it travels, on self's heap; none(): none travels
  virtual void token_received(Process& self, const Signal& message) = 0;    // the message is taken; also where it has no token
  virtual Term token_of_exit(Process& self, Term to, Term reason) = 0;      // likewise, with the exit signal to a linked process
  // A child whose parent is of another node takes the token over. Request and reply are shown as messages, as are the arguments; gives
  // the token of the reply, on the child's heap.
  virtual Term token_of_remote_spawn(Process& child, Term token, Term parent, Term request, Term reply) = 0;
  // No child was made. The token of the reply, in `memory`.
  virtual Term token_of_refusal(Term token, Term parent, Term request, Term reply, Allocator& memory) = 0;

  // system_flag(sequential_tracer | reset_seq_trace, Value): the value before; none(): badarg. sequence_tracer(): {sequential_tracer, T}'s T.
  virtual Term change_sequences(Process& self, Term flag, Term value) = 0;
  virtual Term sequence_tracer(Allocator& heap) = 0;

  // --- breakpoints; the process's state is synced ---
  virtual ReturnCells called(Process& self, code::Breakpoint& point, const Term* args) = 0;
  virtual void returned(Process& self, Mfa mfa, Term tracer, Term value) = 0;
  virtual void raised(Process& self, Mfa mfa, Term tracer, Term klass, Term value) = 0;
  virtual void returned_to(Process& self, const Mfa* mfa) = 0;              // null: unknown
  virtual void time_returned(Process& self, uint64_t timed_before) = 0;
  // Code became current. Without the code server's lock.
  virtual void loaded(code::ModuleCode& code) = 0;
};

}  // namespace athanor::process
