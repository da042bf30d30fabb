// SPDX-License-Identifier: Apache-2.0
// Float registers. What is not finite is badarith.
#include <cmath>

#include "engine/interp/cells.hpp"
#include "engine/interp/exceptions.hpp"
#include "engine/interp/ops/handlers.hpp"
#include "term/atom_table.hpp"
#include "term/integer.hpp"

namespace athanor::engine {

ATH_HANDLER(op_float_load) {
  const auto& in = ir::at<ir::FloatLoad>(ip);
  Term t = ir::load(in.source, x, stack_top);
  if (ATH_UNLIKELY(!is_float(t))) ATH_LEAVE(raise_badfile(*vm, in.site));
  vm->floats[in.index] = float_value(t);
  ATH_NEXT(FloatLoad);
}
// fconv: any number; badarith for what is none or too large.
ATH_HANDLER(op_float_convert) {
  const auto& in = ir::at<ir::FloatLoad>(ip);
  Term t = ir::load(in.source, x, stack_top);
  double value;
  if (t.is_small()) value = static_cast<double>(t.small_value());
  else if (is_float(t)) value = float_value(t);
  else if (is_big(t) && std::isfinite(value = integer::to_double(t))) {}
  else ATH_LEAVE(raise_error(*vm, in.site, atoms::badarith));
  vm->floats[in.index] = value;
  ATH_NEXT(FloatLoad);
}
ATH_HANDLER(op_float_store) {
  const auto& in = ir::at<ir::FloatStore>(ip);
  Term* place;
  if (has_room(heap_top, stack_top, kFloatWords)) {
    place = heap_top;
    heap_top += kFloatWords;
  } else {
    ATH_SYNC();
    place = vm->self->allocate(kFloatWords);
    heap_top = vm->self->heap_.top();
  }
  ir::place(in.destination, x, stack_top) = make_float(place, vm->floats[in.index]);
  ATH_NEXT(FloatStore);
}
ATH_HANDLER(op_float_move) {
  const auto& in = ir::at<ir::FloatOperation>(ip);
  vm->floats[in.destination] = vm->floats[in.first];
  ATH_NEXT(FloatOperation);
}
ATH_HANDLER(op_float_negate) {
  const auto& in = ir::at<ir::FloatOperation>(ip);
  vm->floats[in.destination] = 0.0 - vm->floats[in.first];   // OTP: of 0.0 this makes 0.0, which -X of a float in a register of terms does not
  ATH_NEXT(FloatOperation);
}

#define ATH_FLOAT_OPERATION(name, op)                                                       \
  ATH_HANDLER(name) {                                                                       \
    const auto& in = ir::at<ir::FloatOperation>(ip);                                        \
    double value = vm->floats[in.first] op vm->floats[in.second];                           \
    if (ATH_UNLIKELY(!std::isfinite(value))) ATH_LEAVE(raise_error(*vm, in.site, atoms::badarith)); \
    vm->floats[in.destination] = value;                                                     \
    ATH_NEXT(FloatOperation);                                                               \
  }
ATH_FLOAT_OPERATION(op_float_add, +)
ATH_FLOAT_OPERATION(op_float_subtract, -)
ATH_FLOAT_OPERATION(op_float_multiply, *)
ATH_FLOAT_OPERATION(op_float_divide, /)

}  // namespace athanor::engine
