// SPDX-License-Identifier: Apache-2.0
// Exceptions: raising, stack traces, unwinding. A raw trace is a term that holds what a printed one needs without file names:
//
//   {Flags, Class, Arguments, ErrorInfo, M1, F1, A1 | Line << 8 | Generation << 32, M2, F2, …}
//
// Arguments: `true`, or the argument list of the first function. It is checked wherever it is read, since programs can pass any
// term in its place.
#pragma once

#include "engine/interp/interpreter.hpp"

namespace athanor::engine {

// Where an exception begins. All functions give the code address to go on at. The process's state is synced.
// An instruction failed.
const Word* raise(Interpreter& vm, const CallSite* site, process::Class klass, Term value);
inline const Word* raise_error(Interpreter& vm, const CallSite* site, Term value) { return raise(vm, site, process::Class::Error, value); }
// {tag, value}
const Word* raise_tagged(Interpreter& vm, const CallSite* site, Term tag, Term value);
// A fun that cannot be called: {badfun, F}, {badarity, {F, Args}}. OTP: a call that would come back is in the trace twice, since its return
// address is on the stack by then; erlang:apply/2, called as a function, is in it.
const Word* raise_uncallable(Interpreter& vm, const CallSite* site, FunCaller caller, Term tag, Term value);
const Word* raise_function_clause(Interpreter& vm, const CallSite* site);
// A function that does not exist was called with these arguments; its caller is on the stack.
const Word* raise_undefined(Interpreter& vm, Mfa mfa, Term arguments);
// A built-in gave Pending::Raise: its exception is in the process. `site` null: it was called as a function, the return address
// is on the stack.
const Word* raise_from_bif(Interpreter& vm, const CallSite* site, Mfa mfa, const Term* args);
// An instruction failed as if it had called this built-in.
const Word* raise_as_bif(Interpreter& vm, const CallSite* site, Mfa mfa, const Term* args, Term value);
// … by apply/2 or apply/3 itself: what it was given cannot be called. OTP: told at the line of the call, unlike other built-ins.
const Word* raise_apply(Interpreter& vm, const CallSite* site, Mfa mfa, const Term* args, Term reason);
Mfa mfa_of(const process::NativeRow& row);
// With error_info given as the whole map (bs_create_bin).
const Word* raise_with_info(Interpreter& vm, const CallSite* site, Term value, Term error_info);
// A raw trace that exists already (raise, raw_raise).
const Word* raise_again(Interpreter& vm, process::Class klass, Term value, Term raw_trace);
process::Class class_of_trace(Term raw_trace);
bool class_of_atom(Term atom, process::Class& klass);
// Hostile code: ends the process with {badfile, {M,F,A}}.
const Word* raise_badfile(Interpreter& vm, const CallSite* site);

// The list programs see.
Term build_stacktrace(process::Process& self, Allocator& to, Term raw_trace);

}  // namespace athanor::engine
