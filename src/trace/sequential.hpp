// SPDX-License-Identifier: Apache-2.0
// Sequential trace: the token {Flags, Label, Serial, From, Last} that a process holds and its messages carry.
#pragma once

#include "process/process.hpp"
#include "process/spawn.hpp"

namespace athanor::trace {

bool has_token(const process::Process& self);
Term token(process::Process& self);                                  // [] where there is none
// erlang:seq_trace/2: the old value; none(): badarg.
Term set_token(process::Process& self, Term component, Term value);
Term token_info(process::Process& self, Term component);             // {Component, Value}, []; none(): badarg
void forget_tokens(process::Process& self);                           // its own, and those of messages in its queue
bool print(process::Process& self, Term message);                    // false: no token

Term token_of_send(process::Process& self, Term to, Term message);
void token_received(process::Process& self, const process::Signal& message);
// As process::Tracing has them; of a spawn on this node.
void token_spawned(process::Process& parent, process::Process& child, Term module, Term function, Term args, const process::SpawnOptions& options, Term monitor);
Term token_of_exit(process::Process& self, Term to, Term reason);
Term token_of_remote_spawn(process::Process& child, Term token, Term parent, Term request, Term reply);
Term token_of_refusal(process::Runtime& runtime, Term token, Term parent, Term request, Term reply, Allocator& memory);

}  // namespace athanor::trace
