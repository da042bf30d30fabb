// SPDX-License-Identifier: Apache-2.0
// catch, try, raising. A handler is reached with x0 none, x1 value, x2 raw trace, x3 class.
#include "engine/interp/exceptions.hpp"

#include "engine/interp/cells.hpp"
#include "engine/interp/ops/handlers.hpp"
#include "engine/interp/raw_trace.hpp"
#include "term/atom_table.hpp"

namespace athanor::engine {

ATH_HANDLER(op_catch) {
  const auto& in = ir::at<ir::Catch>(ip);
  ir::y_at(stack_top, in.y) = Term::catch_mark(ip + in.handler_at);
  ++vm->self->catches_;
  ATH_NEXT(Catch);
}
ATH_HANDLER(op_try_end) {
  const auto& in = ir::at<ir::CatchEnd>(ip);
  ir::y_at(stack_top, in.y) = Term::nil();
  --vm->self->catches_;
  ATH_NEXT(CatchEnd);
}
ATH_HANDLER(op_try_case) {
  const auto& in = ir::at<ir::CatchEnd>(ip);
  ir::y_at(stack_top, in.y) = Term::nil();
  --vm->self->catches_;
  // Also reached from above, where the compiler knows that a call does not return. It is wrong of list_to_bitstring([[] | <<>>]); there is no
  // exception to tell of then.
  if (ATH_UNLIKELY(!x[0].is_none())) x[1] = x[2] = x[3] = Term::nil();
  x[0] = x[3];
  ATH_NEXT(CatchEnd);
}

namespace {
// What `catch Expr` gives for an exception.
Term caught(Interpreter& vm) {
  process::Process& self = *vm.self;
  if (vm.x[3] == atoms::throw_) return vm.x[1];
  Term reason = vm.x[1];
  if (vm.x[3] == atoms::error) {
    Term trace = build_stacktrace(self, self.heap(), vm.x[2]);
    Term* place = self.allocate(3);
    place[0].raw = tuple_header(2);
    place[1] = reason;
    place[2] = trace;
    reason = Term::boxed(place);
  }
  Term* place = self.allocate(3);
  place[0].raw = tuple_header(2);
  place[1] = atoms::EXIT_;
  place[2] = reason;
  return Term::boxed(place);
}
}  // namespace

ATH_HANDLER(op_catch_end) {
  const auto& in = ir::at<ir::CatchEnd>(ip);
  ir::y_at(stack_top, in.y) = Term::nil();
  --vm->self->catches_;
  if (x[0].is_none()) {
    ATH_SYNC();
    x[0] = caught(*vm);
    bool alive = !wants_collection(*vm) || collect(*vm, 0, 1);
    ATH_RELOAD();
    if (!alive) ATH_GO(exit_cell());
  }
  ATH_NEXT(CatchEnd);
}

ATH_HANDLER(op_raise_tagged) {
  const auto& in = ir::at<ir::RaiseValue>(ip);
  Term value = ir::load(in.value, x, stack_top);
  ATH_LEAVE(raise_tagged(*vm, in.site, in.tag, value));
}
ATH_HANDLER(op_raise_atom) {
  const auto& in = ir::at<ir::RaiseValue>(ip);
  ATH_LEAVE(raise_error(*vm, in.site, in.tag));
}
ATH_HANDLER(op_raise) {
  const auto& in = ir::at<ir::RaiseTrace>(ip);
  Term trace = ir::load(in.trace, x, stack_top), value = ir::load(in.value, x, stack_top);
  ATH_LEAVE(raise_again(*vm, class_of_trace(trace), value, trace));
}
// erlang:raise/3 with the trace as it was caught. badarg is a value here.
ATH_HANDLER(op_raw_raise) {
  process::Class klass;
  if (!class_of_atom(x[0], klass)) {
    x[0] = atoms::badarg;
    ATH_NEXT(AtSite);
  }
  ATH_LEAVE(raise_again(*vm, klass, x[1], passed_on(vm->self->heap(), x[2])));
}
ATH_HANDLER(op_build_stacktrace) {
  ATH_SYNC();
  x[0] = build_stacktrace(*vm->self, vm->self->heap(), x[0]);
  ATH_RELOAD();
  ATH_NEXT(AtSite);
}

}  // namespace athanor::engine
