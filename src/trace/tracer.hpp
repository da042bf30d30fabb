// SPDX-License-Identifier: Apache-2.0
// Who is told, and how what he is told looks.
#pragma once

#include <string>

#include "process/process.hpp"
#include "process/tracing.hpp"

namespace athanor::trace {

namespace flag = process::trace_flag;

// A trace flag's bits, `all` included; 0: no such flag.
uint32_t flag_of(Term name);
// [Flag …] as trace_info tells them.
Term flag_list(Allocator& heap, uint32_t flags);

struct FlagOptions {
  uint32_t flags = 0;
  Term tracer;                    // none(): not given. A local pid or port
  bool cpu_timestamp = false;
  enum class Fault : uint8_t { None, BadOption, NoTracerModule } fault = Fault::None;
};
// The third argument of erlang:trace/3.
FlagOptions parse_flags(Term list);
// {tracer, Pid | Port}, {tracer, Module, State}; `tag` is tracer or meta. Fills tracer, or says what is wrong.
void parse_tracer(Term option, Term tag, FlagOptions& out);

// Is there somebody to tell about `tracee`? Remove: the tracer is gone; Discard: a tracer is not told of itself.
enum class Told : uint8_t { Yes, Discard, Remove };
Told look(process::Runtime& runtime, Term tracer, Term tracee);
inline bool is_alive(process::Runtime& runtime, Term tracer) { return look(runtime, tracer, Term::none()) != Told::Remove; }

struct Event {
  Term subject;                   // who did it, or a label
  Term tag;
  Term data;
  Term extra;                     // none(): no such element
  Term result;                    // of a match spec; true or none(): no such element
};
// {trace | trace_ts, Subject, Tag, Data …} in the form that `flags` ask for. `from`: who runs now, whose signals keep their order.
void tell(process::Runtime& runtime, Term tracer, uint32_t flags, const Event& event, Term from);
// {seq_trace, Label, Data} likewise.
void tell_sequential(process::Runtime& runtime, Term tracer, uint32_t timestamp_flags, Term label, Term data, Term from);

// The process's tracer, or none(); forgets one that is gone.
Term tracer_of(process::Process& self);
// Sets what a process is traced for; flags of 0 take the tracer away. Owner's thread, or before it runs.
void set_flags(process::Process& self, uint32_t flags, Term tracer);

}  // namespace athanor::trace
