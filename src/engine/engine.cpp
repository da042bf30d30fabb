// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.hpp"

#include "engine/interp/bound_native.hpp"
#include "engine/interp/cells.hpp"
#include "engine/interp/exceptions.hpp"
#include "engine/interp/raw_trace.hpp"
#include "term/atom_table.hpp"

namespace athanor::engine {

code::EngineStubs make_stubs() {
  code::EngineStubs stubs;
  stubs.native_entry = native_entry;
  stubs.lowering_entry = lowering_entry;
  stubs.undefined_entry = undefined_entry;
  stubs.unloaded_fun_entry = unloaded_fun_entry;
  stubs.make_breakpoint_cell = make_breakpoint_cell;
  return stubs;
}

namespace {
// OTP: a dirty native that is done goes on in a function of erts_internal, or in its continuation.
Mfa function_of(const process::Process& process, const process::NativeRow& row) {
  const bool is_bound = row.function == nullptr;
  if (process.dirty_done_) {
    if (process.pending_ == process::Pending::Trap) return process.trap_target_->mfa;
    const bool has_value = process.pending_ == process::Pending::None;
    const char* const name = is_bound ? has_value ? "dirty_nif_finalizer" : "dirty_nif_exception" : has_value ? "dirty_bif_result" : "dirty_bif_exception";
    return {atoms::erts_internal, intern(name), 1};
  }
  Mfa mfa = mfa_of(row);
  if (is_bound) mfa.arity = static_cast<const BoundRow&>(row).own_arity;
  return mfa;
}
}  // namespace

Mfa current_function(process::Process& process) {
  const Word* ip = process.ip_;
  if (!ip) return process.initial_call_;
  if (const NativeCell* native = native_cell_at(ip)) return function_of(process, *native->row);
  if (ip == kHibernated.address()) return {atoms::erlang, atoms::hibernate, 3};
  if (const CallSite* site = call_site(ip); site && site->function) return site->function->mfa;
  for (const Term* p = process.heap().stack_top(); p < process.heap().end(); ++p) {
    if (!is_address(*p)) continue;
    const CallSite* site = call_site(reinterpret_cast<const Word*>(p->raw));
    if (site && site->function) return site->function->mfa;
  }
  return process.initial_call_;
}

Term current_stacktrace(process::Process& process, Allocator& to, uint32_t max_depth) {
  Frames frames(max_depth);
  const Word* ip = process.ip_;
  if (ip) {
    if (const NativeCell* native = native_cell_at(ip)) frames.add_mfa(mfa_of(*native->row));
    else if (ip == kHibernated.address()) frames.add_mfa({atoms::erlang, atoms::hibernate, 3});
    else frames.add_site(call_site(ip));
    frames.scan(process.heap().stack_top(), process.heap().end(), ip);
  }
  if (frames.count() == 0) frames.add_mfa(process.initial_call_);
  return build_stacktrace(process, to, make_raw_trace(to, 0, process::Class::Error, atoms::true_, Term::nil(), &frames));
}

bool refers_to(process::Process& process, const code::ModuleCode& code) {
  auto is_ours = [&](const Word* address) {
    const CallSite* site = call_site(address);
    return site && site->function && site->function->code == &code;
  };
  if (process.ip_ && is_ours(process.ip_)) return true;
  for (const Term* p = process.heap().stack_top(); p < process.heap().end(); ++p) {
    if (is_address(*p) && is_ours(reinterpret_cast<const Word*>(p->raw))) return true;
  }
  return false;
}

}  // namespace athanor::engine
