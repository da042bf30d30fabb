// SPDX-License-Identifier: Apache-2.0
// Matching bitstrings. What holds no match context ends the process (badfile); what does not match goes to the fail label.
#include "engine/bit_syntax.hpp"
#include "engine/interp/cells.hpp"
#include "engine/interp/exceptions.hpp"
#include "engine/interp/ops/handlers.hpp"

namespace athanor::engine {

static ATH_HANDLER(start_new_match) {
  const auto& in = ir::at<ir::BitsStart>(ip);
  Term source = ir::place(in.source, x, stack_top);
  ATH_SYNC();
  Term context = bit_syntax::start_match(vm->self->heap_, source);
  if (context.is_none()) {
    if (in.fail == 0) ATH_GO(raise_badfile(*vm, in.site));   // no_fail: the compiler has proven it
    ATH_FAIL(in.fail);
  }
  bool alive = !wants_collection(*vm) || collect(*vm, 0, in.live, &context);
  ATH_RELOAD();
  if (!alive) ATH_GO(exit_cell());
  ir::place(in.destination, x, stack_top) = context;
  ATH_NEXT(BitsStart);
}
// A context stays as it is: functions that match on pass theirs to themselves.
ATH_HANDLER(op_bits_start) {
  const auto& in = ir::at<ir::BitsStart>(ip);
  Term source = ir::place(in.source, x, stack_top);
  if (ATH_UNLIKELY(!is_match_context(source))) [[clang::musttail]] return start_new_match(ATH_ARGUMENTS);
  ir::place(in.destination, x, stack_top) = source;
  ATH_NEXT(BitsStart);
}
// bs_start_match4 with `resume`: it is a context already.
ATH_HANDLER(op_bits_start_resume) {
  const auto& in = ir::at<ir::BitsStart>(ip);
  Term context = ir::place(in.source, x, stack_top);
  if (ATH_UNLIKELY(!is_match_context(context))) ATH_LEAVE(raise_badfile(*vm, in.site));
  ir::place(in.destination, x, stack_top) = context;
  ATH_NEXT(BitsStart);
}

#define ATH_CONTEXT(Type)                                                                        \
  const auto& in = ir::at<ir::Type>(ip);                                                         \
  Term context = ir::place(in.context, x, stack_top);                                            \
  if (ATH_UNLIKELY(!is_match_context(context))) ATH_LEAVE(raise_badfile(*vm, in.site))

// A value read from the context, which may have been built on the heap.
#define ATH_GET(expression)                                                        \
  do {                                                                             \
    ATH_SYNC();                                                                    \
    Term value = (expression);                                                     \
    heap_top = vm->self->heap_.top();                                              \
    if (value.is_none()) ATH_FAIL(in.fail);                                        \
    if (ATH_UNLIKELY(vm->self->heap_.fragments_ != nullptr) && in.live != kUnknownLive && wants_collection(*vm)) { \
      bool alive = collect(*vm, 0, in.live, &value);                               \
      ATH_RELOAD();                                                                \
      if (!alive) ATH_GO(exit_cell());                                             \
    }                                                                              \
    ir::place(in.destination, x, stack_top) = value;                               \
    ATH_NEXT(BitsGet);                                                             \
  } while (0)

ATH_HANDLER(op_bits_integer) {
  ATH_CONTEXT(BitsGet);
  uint64_t bits;
  if (!bit_syntax::field_bits(ir::load(in.size, x, stack_top), in.unit, bits)) ATH_FAIL(in.fail);
  ATH_GET(bit_syntax::get_integer(vm->self->heap_, context, bits, in.flags));
}
// The size in bits is in `unit`, at most 56 bits: the result is small.
ATH_HANDLER(op_bits_integer_fixed) {
  ATH_CONTEXT(BitsGet);
  Term value = bit_syntax::get_integer(vm->self->heap_, context, in.unit, in.flags);
  if (value.is_none()) ATH_FAIL(in.fail);
  ir::place(in.destination, x, stack_top) = value;
  ATH_NEXT(BitsGet);
}
// As many of them in a row. The first that does not fit fails; those before it are read then, as by instructions of their own.
ATH_HANDLER(op_bits_integers) {
  ATH_CONTEXT(BitsIntegers);
  const Word* field = ir::tail<ir::BitsIntegers>(ip);
  const Word* end = field + in.count;
  bit_syntax::Context& c = bit_syntax::context_of(context);
  uint64_t position = c.position;
  const uint64_t limit = c.end;
  const uint8_t* data = c.data;
  for (; field < end; ++field) {
    uint64_t bits = *field & 0xFF;
    auto flags = static_cast<uint32_t>(*field >> 8) & 0xFF;
    Term value = bit_syntax::get_integer_quick(position, limit, data, bits, flags);
    if (ATH_UNLIKELY(value.is_none())) {
      c.position = position;
      value = bit_syntax::get_integer_slow(vm->self->heap_, c, bits, flags);
      if (value.is_none()) ATH_FAIL(in.fail);
      position = c.position;
    }
    ir::place(static_cast<ir::Register>(*field >> 32), x, stack_top) = value;
  }
  c.position = position;
  ATH_GO(end);
}
ATH_HANDLER(op_bits_float) {
  ATH_CONTEXT(BitsGet);
  uint64_t bits;
  if (!bit_syntax::field_bits(ir::load(in.size, x, stack_top), in.unit, bits)) ATH_FAIL(in.fail);
  ATH_GET(bit_syntax::get_float(vm->self->heap_, context, bits, in.flags));
}
ATH_HANDLER(op_bits_binary) {
  ATH_CONTEXT(BitsGet);
  uint64_t bits;
  if (!bit_syntax::field_bits(ir::load(in.size, x, stack_top), in.unit, bits)) ATH_FAIL(in.fail);
  ATH_GET(bit_syntax::get_binary(vm->self->heap_, context, bits));
}
ATH_HANDLER(op_bits_binary_all) {
  ATH_CONTEXT(BitsGet);
  ATH_GET(bit_syntax::get_rest(vm->self->heap_, context, in.unit));
}
ATH_HANDLER(op_bits_skip) {
  ATH_CONTEXT(BitsGet);
  uint64_t bits;
  if (!bit_syntax::field_bits(ir::load(in.size, x, stack_top), in.unit, bits) || !bit_syntax::skip_bits(context, bits)) ATH_FAIL(in.fail);
  ATH_NEXT(BitsGet);
}
ATH_HANDLER(op_bits_skip_all) {
  ATH_CONTEXT(BitsGet);
  if (!bit_syntax::skip_rest(context, in.unit)) ATH_FAIL(in.fail);
  ATH_NEXT(BitsGet);
}
ATH_HANDLER(op_bits_utf8) {
  ATH_CONTEXT(BitsGet);
  Term value = bit_syntax::get_utf8(context);
  if (value.is_none()) ATH_FAIL(in.fail);
  ir::place(in.destination, x, stack_top) = value;
  ATH_NEXT(BitsGet);
}
ATH_HANDLER(op_bits_utf16) {
  ATH_CONTEXT(BitsGet);
  Term value = bit_syntax::get_utf16(context, in.flags);
  if (value.is_none()) ATH_FAIL(in.fail);
  ir::place(in.destination, x, stack_top) = value;
  ATH_NEXT(BitsGet);
}
ATH_HANDLER(op_bits_utf32) {
  ATH_CONTEXT(BitsGet);
  Term value = bit_syntax::get_utf32(context, in.flags);
  if (value.is_none()) ATH_FAIL(in.fail);
  ir::place(in.destination, x, stack_top) = value;
  ATH_NEXT(BitsGet);
}

ATH_HANDLER(op_bits_test_tail) {
  ATH_CONTEXT(BitsTest);
  if (!bit_syntax::test_tail(context, in.number)) ATH_FAIL(in.fail);
  ATH_NEXT(BitsTest);
}
ATH_HANDLER(op_bits_test_unit) {
  const auto& in = ir::at<ir::BitsTest>(ip);
  Term source = ir::place(in.context, x, stack_top);
  if (ATH_UNLIKELY(!is_match_context(source) && !is_bitstring(source))) ATH_LEAVE(raise_badfile(*vm, in.site));
  if (!bit_syntax::test_unit(source, static_cast<uint32_t>(in.number))) ATH_FAIL(in.fail);
  ATH_NEXT(BitsTest);
}
ATH_HANDLER(op_bits_match_string) {
  ATH_CONTEXT(BitsTest);
  if (!bit_syntax::match_string(context, in.number, in.bytes)) ATH_FAIL(in.fail);
  ATH_NEXT(BitsTest);
}

ATH_HANDLER(op_bits_get_tail) {
  ATH_CONTEXT(BitsMove);
  ATH_SYNC();
  Term tail = bit_syntax::get_tail(vm->self->heap_, context);
  bool alive = !wants_collection(*vm) || collect(*vm, 0, in.live, &tail);
  ATH_RELOAD();
  if (!alive) ATH_GO(exit_cell());
  ir::place(in.other, x, stack_top) = tail;
  ATH_NEXT(BitsMove);
}
static ATH_HANDLER(get_large_position) {
  ATH_CONTEXT(BitsMove);
  ATH_SYNC();
  Term position = bit_syntax::get_position(vm->self->heap_, context);
  heap_top = vm->self->heap_.top();
  ir::place(in.other, x, stack_top) = position;
  ATH_NEXT(BitsMove);
}
ATH_HANDLER(op_bits_get_position) {
  const auto& in = ir::at<ir::BitsMove>(ip);
  Term context = ir::place(in.context, x, stack_top);
  if (ATH_UNLIKELY(!is_match_context(context) || bit_syntax::context_of(context).position > static_cast<uint64_t>(Term::kSmallMax))) {
    [[clang::musttail]] return get_large_position(ATH_ARGUMENTS);
  }
  ir::place(in.other, x, stack_top) = Term::small(static_cast<int64_t>(bit_syntax::context_of(context).position));
  ATH_NEXT(BitsMove);
}
ATH_HANDLER(op_bits_set_position) {
  ATH_CONTEXT(BitsMove);
  bit_syntax::set_position(context, ir::place(in.other, x, stack_top));
  ATH_NEXT(BitsMove);
}

}  // namespace athanor::engine
