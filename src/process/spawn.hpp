// SPDX-License-Identifier: Apache-2.0
// Making and ending processes.
#pragma once

#include <optional>

#include "process/process.hpp"

namespace athanor::process {

// Who asked from another node, with the words of its reference. `before_run` is called when the child is complete, before it runs.
struct RemoteParent {
  Term parent, group_leader;
  heap::Parcel* first_message = nullptr; // taken over where the child is made; its token is `token`
  uint64_t reference[3] = {0, 0, 0};
  Term token;                            // of the sequential trace, or none()
  void (*before_run)(Process& child, void* argument) = nullptr;
  void* argument = nullptr;
};
// spawn_request: the answer {Tag, Reference, ok, Pid} reaches the parent before anything that the child says.
struct SpawnRequest {
  Term tag;
  bool is_answered = true;
  Term reference;                        // the monitor's, or one made by spawn
};
struct SpawnOptions {
  Term given = Term::nil();              // as the program wrote them: for the sequential trace
  SpawnRequest* request = nullptr;
  bool link = false;
  bool monitor = false;
  Term monitor_tag{};                    // {monitor, [{tag, T}, {alias, A}]}
  Term monitor_alias{};                  // atom or none
  Priority priority = Priority::Normal;
  uint32_t min_heap_words = 0;
  uint32_t min_binary_heap_words = 0;    // the machine's where that is more
  uint32_t fullsweep_after = 0; bool fullsweep_set = false;
  std::optional<MaxHeap> max_heap{};     // none: the machine's
  std::optional<bool> off_heap_messages{};   // none: the machine's
  uint32_t scheduler = 0;                // 0: any
  bool system_process = false;
  const RemoteParent* remote = nullptr;  // in the parent's stead
  std::optional<Mfa> initial_call{};     // of one that begins elsewhere than where it was asked to
};
struct Spawned {
  Term pid;          // none(): out of processes
  Term monitor;      // reference where asked for
};
// erlang:spawn_opt: a process that will call M:F with the list `args`. `parent` null: the machine itself (first processes).
Spawned spawn(Runtime& runtime, Process* parent, Term module, Term function, Term args, const SpawnOptions& options);
// fun given with its arguments as a list
Spawned spawn_fun(Runtime& runtime, Process& parent, Term fun, Term args, const SpawnOptions& options);

// Ends the running process: closes the mailbox, tells links and monitors, gives up name, tables, ports (exit hooks), frees.
// Long relation lists are worked off in slices: false = call again, with none() (the reason is kept). See state.hpp.
bool exit_process(Process& self, Term reason);
// Of one that is to end while its native runs on a dirty thread (kDirtySignals is ours): all of that but for the mailbox and the memory.
// False: call again.
bool leave_beside_native(Process& self);

// The exit reason of an exception that nothing caught, with `stacktrace` in its symbolic form; errors and throws are told to the logger.
Term report_uncaught(Process& self, Class klass, Term value, Term stacktrace);

// What a process does next when the engine finds pending signals (handled in order). True: a message was appended, or the
// process is to look again.
bool handle_signals(Process& self);

}  // namespace athanor::process
