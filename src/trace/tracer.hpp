// SPDX-License-Identifier: Apache-2.0
// Who is told, and how what he is told looks.
#pragma once

#include <string>

#include "process/process.hpp"
#include "process/tracing.hpp"
#include "trace/module_tracers.hpp"

namespace athanor::trace {

namespace flag = process::trace_flag;

// A trace flag's bits, `all` included; 0: no such flag.
uint32_t flag_of(Term name);
// [Flag …] as trace_info tells them.
Term flag_list(Allocator& heap, uint32_t flags);

struct FlagOptions {
  uint32_t flags = 0;
  TracerHandle tracer;            // none(): not given
  bool cpu_timestamp = false;
  bool is_bad = false;            // no such option
};
// The third argument of erlang:trace/3.
FlagOptions parse_flags(process::Runtime& runtime, Term list);
// {tracer, Pid | Port}, {tracer, Module, State}; `tag` is tracer or meta. none(): no tracer, or one whose module has no library.
TracerHandle parse_tracer(process::Runtime& runtime, Term option, Term tag);
TracerHandle module_tracer(process::Runtime& runtime, Term module, Term state);
// As trace_info/2 tells it: Pid | Port | {Module, State}.
Term tracer_term(process::Runtime& runtime, Allocator& heap, Term tracer);

// Is there somebody to tell about `tracee`, and of this event? Remove: the tracer is gone; Discard: it does not want to hear of it, or
// is the tracee itself. A module is asked: whether it wants the event, or with trace_status whether it goes on at all.
enum class Told : uint8_t { Yes, Discard, Remove };
Told look(process::Runtime& runtime, Term tracer, Term tracee, Term event = atoms::trace_status);
inline bool is_alive(process::Runtime& runtime, Term tracer) { return look(runtime, tracer, atoms::undefined) != Told::Remove; }

struct Event {
  Term subject;                   // who did it, or a label
  Term tag;
  Term data;
  Term extra;                     // none(): no such element
  Term result;                    // of a match spec; true or none(): no such element
};
// What a message of these flags is stamped with; one of the three must be set.
Term time_stamp(process::Runtime& runtime, Allocator& heap, uint32_t flags);
// {trace | trace_ts, Subject, Tag, Data …} in the form that `flags` ask for; a module is called, without being asked. `from`: who runs
// now, whose signals keep their order.
void tell(process::Runtime& runtime, Term tracer, uint32_t flags, const Event& event, Term from);
// {seq_trace, Label, Data} likewise.
void tell_sequential(process::Runtime& runtime, Term tracer, uint32_t timestamp_flags, Term label, Term data, Term from);

// The process's tracer, or none(); forgets one that is gone. Modules are asked for their status by living_tracer_of alone.
Term tracer_of(process::Process& self);
Term living_tracer_of(process::Process& self);
// Sets what a process is traced for; flags of 0 take the tracer away. Owner's thread, or before it runs.
void set_flags(process::Process& self, uint32_t flags, Term tracer);

}  // namespace athanor::trace
