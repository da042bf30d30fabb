// SPDX-License-Identifier: Apache-2.0
// Calls whose target is found at run time: apply, funs, undefined functions.
#include <bit>

#include "engine/interp/cells.hpp"
#include "engine/interp/exceptions.hpp"
#include "process/spawn.hpp"
#include "term/atom_table.hpp"

namespace athanor::engine {

using process::Process;

namespace {

constexpr uint32_t kMaxArguments = 255;

Target raised(const Word* address) { return {address, 0, false}; }

Term argument_list(Interpreter& vm, uint32_t arity) {
  Term list = Term::nil();
  for (uint32_t i = arity; i-- > 0;) list = make_cons(vm.self->allocate(2), vm.x[i], list);
  return list;
}

Mfa apply_mfa(uint32_t arity) { return {atoms::erlang, atoms::apply, arity}; }

// Spreads a proper list over x[0..]; -1: no proper list, -2: too long.
int64_t spread(Interpreter& vm, Term list) {
  int64_t count = 0;
  for (; list.is_list_cell(); list = list.tail()) {
    if (count == kMaxArguments) return -2;
    vm.x[count++] = list.head();
  }
  return list.is_nil() ? count : -1;
}

// The table of all exports lies scattered in memory; what one thread applies is little.
code::Export* find_export(Interpreter& vm, Term module, Term function, uint32_t arity) {
  const uint64_t hash = (module.raw * 31 + function.raw * 7 + (uint64_t{arity} << 6)) * 0x9E3779B97F4A7C15u;
  code::Export*& recent = vm.applied[hash >> (64 - std::countr_zero(kApplied))];
  if (recent && recent->mfa.function == function && recent->mfa.module == module && recent->mfa.arity == arity) return recent;
  code::Export* found = vm.runtime.code->find_export(module, function, arity);
  if (found) recent = found;
  return found;
}

// Module:Function with x[0..arity) as arguments.
Target call_export(Interpreter& vm, Term module, Term function, uint32_t arity) {
  code::Export* exported = find_export(vm, module, function, arity);
  if (!exported) return call_undefined(vm, {module, function, arity});
  return {exported->entry.load(std::memory_order_acquire), arity};
}

}  // namespace

Target apply_list(Interpreter& vm, const CallSite* site) {
  Term module = vm.x[0], function = vm.x[1], args = vm.x[2];
  // apply(erlang, apply, [M, F, A]) is that apply.
  while (module == atoms::erlang && function == atoms::apply && args.is_list_cell()) {
    Term second = args.tail();
    if (!second.is_list_cell() || !second.tail().is_list_cell() || !second.tail().tail().is_nil()) break;
    module = args.head();
    function = second.head();
    args = second.tail().head();
  }
  Term values[3] = {module, function, args};
  if (!module.is_atom() || !function.is_atom()) return raised(raise_apply(vm, site, apply_mfa(3), values, atoms::badarg));
  int64_t arity = spread(vm, args);
  if (arity < 0) return raised(raise_apply(vm, site, apply_mfa(3), values, arity == -1 ? atoms::badarg : atoms::system_limit));
  return call_export(vm, module, function, static_cast<uint32_t>(arity));
}

Target apply_fixed(Interpreter& vm, const CallSite* site, uint32_t arity) {
  Term module = vm.x[arity], function = vm.x[arity + 1];
  if (!module.is_atom() || !function.is_atom()) {
    Term values[3] = {module, function, argument_list(vm, arity)};
    return raised(raise_apply(vm, site, apply_mfa(3), values, atoms::badarg));
  }
  if (module == atoms::erlang && function == atoms::apply && arity == 3) return apply_list(vm, site);
  return call_export(vm, module, function, arity);
}

Target apply_fun_list(Interpreter& vm, const CallSite* site, FunCaller caller) {
  Term fun = vm.x[0], args = vm.x[1];
  int64_t arity = spread(vm, args);
  if (arity < 0) {
    Term values[2] = {fun, args};
    return raised(raise_apply(vm, site, apply_mfa(2), values, arity == -1 ? atoms::badarg : atoms::system_limit));
  }
  return call_fun(vm, site, fun, static_cast<uint32_t>(arity), caller);
}

Target call_fun(Interpreter& vm, const CallSite* site, Term fun, uint32_t arity, FunCaller caller) {
  if (is_local_fun(fun)) {
    if (fun_arity(fun) == arity) {
      const auto* entry = static_cast<const code::FunEntry*>(fun_entry(fun));
      uint32_t count = fun_num_free(fun);
      ATH_ASSERT(arity + count < kMaxRegisters);
      for (uint32_t i = 0; i < count; ++i) vm.x[arity + i] = fun_environment(fun)[i];
      vm.x[arity + count] = fun;   // for op_unloaded_fun
      return {entry->entry.load(std::memory_order_acquire), arity + count + 1};
    }
  } else if (is_export_fun(fun)) {
    const auto* exported = static_cast<const code::Export*>(export_entry(fun));
    if (exported->mfa.arity == arity) return {exported->entry.load(std::memory_order_acquire), arity};
  } else {
    return raised(raise_uncallable(vm, site, caller, atoms::badfun, fun));
  }
  Term list = argument_list(vm, arity);
  Term* place = vm.self->allocate(3);
  place[0].raw = tuple_header(2);
  place[1] = fun;
  place[2] = list;
  return raised(raise_uncallable(vm, site, caller, atoms::badarity, Term::boxed(place)));
}

// ErrorHandler:Name(Module, Function, Arguments) instead of the call.
static Target call_error_handler(Interpreter& vm, Term name, Mfa mfa) {
  Term list = argument_list(vm, mfa.arity);
  code::Export* handler = vm.runtime.code->find_export(vm.self->error_handler_, name, 3);
  if (!handler || !handler->is_defined()) return raised(raise_undefined(vm, mfa, list));
  vm.x[0] = mfa.module;
  vm.x[1] = mfa.function;
  vm.x[2] = list;
  return {handler->entry.load(std::memory_order_acquire), 3};
}

Target call_undefined(Interpreter& vm, Mfa mfa) { return call_error_handler(vm, atoms::undefined_function, mfa); }

Target call_debugger(Interpreter& vm, Mfa mfa) { return call_error_handler(vm, atoms::breakpoint, mfa); }

// The fun's module is not loaded, or (badfun) loaded without it.
Target call_unloaded(Interpreter& vm, const code::FunEntry& entry) {
  Term fun = vm.x[entry.arity + entry.num_free];
  const code::UnloadedFun why = vm.runtime.code->call_unloaded_fun(entry, *vm.self);
  if (why == code::UnloadedFun::Callable) return {entry.entry.load(std::memory_order_acquire), entry.arity + entry.num_free + 1};
  if (why == code::UnloadedFun::Gone) return raised(raise_tagged(vm, nullptr, atoms::badfun, fun));
  Term list = argument_list(vm, entry.arity);
  code::Export* handler = why == code::UnloadedFun::Purging ? vm.runtime.code->find_export(atoms::erts_code_purger, atoms::pending_purge_lambda, 3)
                                                            : vm.runtime.code->find_export(vm.self->error_handler_, atoms::undefined_lambda, 3);
  if (!handler || !handler->is_defined()) return raised(raise_error(vm, nullptr, atoms::undef));
  if (why == code::UnloadedFun::Purging) vm.self->reductions_left_ = 0;   // suspended: it waits at the handler's entry
  vm.x[0] = entry.module;
  vm.x[1] = fun;
  vm.x[2] = list;
  return {handler->entry.load(std::memory_order_acquire), 3};
}

#define ATH_TAIL_TARGET(expression)                   \
  do {                                                \
    ATH_SYNC();                                       \
    Target target = (expression);                     \
    ATH_RELOAD();                                     \
    if (!target.is_call) ATH_GO(target.entry);        \
    ATH_ENTER(target.entry, target.live);             \
  } while (0)

ATH_HANDLER(op_cell_apply_list) { ATH_TAIL_TARGET(apply_list(*vm, nullptr)); }
ATH_HANDLER(op_cell_apply_fun_list) { ATH_TAIL_TARGET(apply_fun_list(*vm, nullptr, FunCaller::Apply)); }
ATH_HANDLER(op_undefined) { ATH_TAIL_TARGET(call_undefined(*vm, cell_at<ExportCell>(ip).exported->mfa)); }
ATH_HANDLER(op_unloaded_fun) { ATH_TAIL_TARGET(call_unloaded(*vm, *cell_at<FunCell>(ip).entry)); }

}  // namespace athanor::engine
