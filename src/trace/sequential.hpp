// SPDX-License-Identifier: Apache-2.0
// Sequential trace: the token {Flags, Label, Serial, From, Last} that a process holds and its messages carry.
#pragma once

#include "process/process.hpp"

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

}  // namespace athanor::trace
