// SPDX-License-Identifier: Apache-2.0
// What the running process does to others: links, monitors, aliases, exit signals, suspension, requests that the other answers.
// The natives in bif/ check arguments of their own and call these.
#pragma once

#include "process/monitors.hpp"
#include "process/process.hpp"
#include "process/signal.hpp"

namespace athanor::process {

// erlang:link/1, unlink/1: true, or the error raised (badarg for what is no pid or port; noproc).
BifResult link(Process& self, Term target);
BifResult unlink(Process& self, Term target);
void link_made(Process& self, Term port);   // by the port that self has just opened; it has its side

struct MonitorOptions {
  AliasMode alias = AliasMode::None;
  Term tag;                              // none: 'DOWN'
};
// Reads [{alias, A}, {tag, T}]; false: bad option.
bool parse_monitor_options(Term list, MonitorOptions& options);
// The time offset changed: {'CHANGE', Reference, time_offset, clock_service, Offset} to every process that monitors it. Any thread.
void tell_time_offset(Runtime& runtime);
// erlang:monitor/2,3: the reference, or the error raised (badarg, cause badtype).
BifResult monitor(Process& self, Term type, Term target, const MonitorOptions& options);
// True: was monitoring. False: no such monitor (any more). BadArgument: no reference, or not ours to end.
// `multiple`: messages may have been sent several times (time_offset).
enum class Demonitored : uint8_t { True, False, BadArgument };
Demonitored demonitor(Process& self, Term reference, bool& multiple);

// erlang:alias/1; `reply`: ends with the first message.
Term make_alias(Process& self, bool reply);
bool unalias(Process& self, Term reference);   // false: was no active alias of this process

// erlang:exit/2 (strange where `target` is the process itself: then it ends before the call returns) and exit_signal/2.
BifResult exit_signal(Process& self, Term target, Term reason, bool exit2);

// erts_internal:suspend_process/2 and erlang:resume_process/1.
struct SuspendRequest {
  bool counts = true;                    // false: only told of a suspension that there is already
  const uint64_t* reference = nullptr;   // 3 words: {Ref, counts} answers once it is suspended; null: nobody waits
  Term tag{};                            // none, or {Tag, suspended | exited | badarg} is sent ({asynchronous, Tag})
};
enum class Suspended : uint8_t { Sent, Already, NoProcess };   // Already: counted, nothing was to be told
Suspended suspend(Process& self, Term target, const SuspendRequest& request);
bool is_suspending(Process& self, Term target);
bool resume(Process& self, Term target);       // false: was not suspending it
// The machine itself holds a process up: `self` goes on (once it has given up its slice) after resume_held.
void suspend_self(Process& self);
void resume_held(Runtime& runtime, Term pid);
size_t suspending_count(Process& self);
void suspending_at(Process& self, size_t index, Term& target, uint32_t& count);

// Runs `callback` on the thread that owns `target`, in order with other signals; also when `target` is exiting (is_exiting(self) then).
// The callback may read signal.from, reference, number, parcel; it owns nothing. It must neither collect nor move the heap of `target`
// (it may run inside a receive): what has to collect notes that and waits for a safepoint. `priority`: as deliver() takes it. False: no such
// process, callback never runs.
bool request(Runtime& runtime, Term target, SignalKind kind, Term from, const uint64_t* reference, heap::Parcel argument, uint64_t number,
             void (*callback)(Process& target, Signal& signal), Priority priority = Priority::Low);
// Sends {Ref, Result} to `to`; `reference` are three words.
void reply(Runtime& runtime, Term to, const uint64_t* reference, Term result);

// Starts the end of `self` (kExiting; exit_reason_). The engine, or begin_run, works it off: see state.hpp.
void start_exit(Process& self, Term reason);

}  // namespace athanor::process
