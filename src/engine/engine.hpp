// SPDX-License-Identifier: Apache-2.0
// The engine's door: what machine/ joins and what built-ins may ask of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "code/code_server.hpp"
#include "process/executor.hpp"

namespace athanor::engine {

code::EngineStubs make_stubs();
process::Executor* make_executor(process::Runtime& runtime);
// What turns functions into machine code with their call of this number (Runtime::jit); it outlives all code. `perf_map`: their names and
// places are written to /tmp/perf-PID.map, where Linux's perf looks for them.
std::shared_ptr<jit::Jit> make_jit(uint32_t calls_before, bool perf_map = false);

// Stack trace of a process as erlang:process_info(current_stacktrace) gives it: list of {M,F,A,[{file,F},{line,L}]} in
// `to`. Owner's thread only. max_depth as backtrace_depth.
Term current_stacktrace(process::Process& process, Allocator& to, uint32_t max_depth);
Mfa current_function(process::Process& process);
// Its stack with the values on it, as process_info(backtrace) tells it.
std::string backtrace_text(process::Process& process);
// Does its continuation or stack refer to this generation of code? (check_process_code) Funs on its heap do not count, as on the
// stock VM: a purge turns them into unloaded ones.
bool refers_to(process::Process& process, const code::ModuleCode& code);
// Internal functions reachable as exports by trap (erlang:apply/3's tail form and the like) are natives in bif/.
// Fun application seen from a BIF: BIFs trap to erlang:apply/2.

// The instructions that the interpreter knows, as listings name them, with the kinds of their operands; and how far its handlers reach.
std::vector<std::string> instruction_names();
size_t interpreter_bytes();

}  // namespace athanor::engine
