// SPDX-License-Identifier: Apache-2.0
// Built-ins called in line (guards and bodies), with short ways for small integers and tuples. The slow way is the built-in itself.
#include <algorithm>

#include "engine/interp/cells.hpp"
#include "engine/interp/exceptions.hpp"
#include "engine/interp/ops/handlers.hpp"
#include "term/atom_table.hpp"
#include "term/compare.hpp"
#include "term/context.hpp"
#include "term/integer/few_limbs.hpp"
#include "term/map.hpp"

namespace athanor::engine {

using ir::Kind;

namespace {

// Calls the built-in; gives the address to go on at. The state is synced.
template <int kArity>
const Word* call_guard(Interpreter& vm, const Word* ip, Term* stack_top) {
  const auto& in = ir::at<ir::GuardBif>(ip);
  Term args[3];
  if constexpr (kArity > 0) args[0] = ir::load(in.first, vm.x, stack_top);
  if constexpr (kArity > 1) args[1] = ir::load(in.second, vm.x, stack_top);
  if constexpr (kArity > 2) args[2] = ir::load(in.third, vm.x, stack_top);
  // Where the heap is full, results would be built in fragments until these are many: a collection first makes room for those that follow.
  // Arguments may lie in x registers that are not live: behind those that are they stay for as long.
  if (!has_room(vm.self->heap_.top(), stack_top, integer::few::kWords) && in.live != kUnknownLive) {
    std::copy_n(args, kArity, vm.x + in.live);
    if (!collect(vm, integer::few::kWords, in.live + kArity)) return exit_cell();
    std::copy_n(vm.x + in.live, kArity, args);
    stack_top = vm.self->heap_.stack_top();
  }
  process::BifResult result = in.function(*vm.self, args);
  if (ATH_LIKELY(result.has_value())) {
    // Where the heap is full results are built in fragments: before those get many, a collection.
    if (ATH_UNLIKELY(vm.self->heap_.fragments_ != nullptr) && in.live != kUnknownLive && wants_collection(vm)) {
      if (!collect(vm, 0, in.live, &result.value)) return exit_cell();
      stack_top = vm.self->heap_.stack_top();
    }
    ir::place(in.destination, vm.x, stack_top) = result.value;
    return ip + ir::kWords<ir::GuardBif>;
  }
  if (in.fail != 0) {
    vm.self->pending_ = process::Pending::None;
    return ip + in.fail;
  }
  if (vm.self->pending_ != process::Pending::Raise) {   // none of these may ask for anything else
    vm.self->pending_ = process::Pending::None;
    return raise_as_bif(vm, in.site, mfa_of(*in.row), args, atoms::internal_error);
  }
  if (in.quiet != 0) vm.self->exception().by_program = true;
  return raise_from_bif(vm, in.site, mfa_of(*in.row), args);
}

}  // namespace

ATH_HANDLER(op_guard_bif_0) { ATH_LEAVE(call_guard<0>(*vm, ip, stack_top)); }
ATH_HANDLER(op_guard_bif_1) { ATH_LEAVE(call_guard<1>(*vm, ip, stack_top)); }
ATH_HANDLER(op_guard_bif_2) { ATH_LEAVE(call_guard<2>(*vm, ip, stack_top)); }
ATH_HANDLER(op_guard_bif_3) { ATH_LEAVE(call_guard<3>(*vm, ip, stack_top)); }

#define ATH_SLOW(arity) [[clang::musttail]] return op_guard_bif_##arity(ATH_ARGUMENTS)

namespace {

// Between what small integers need and the built-in: integers of a few limbs, written to the heap here.
using FewLimbs = integer::few::Answer (*)(Term, Term, Term*);
template <FewLimbs kOperation>
ATH_HANDLER(few_limbs) {
  const auto& in = ir::at<ir::GuardBif>(ip);
  if (has_room(heap_top, stack_top, integer::few::kWords)) {
    const integer::few::Answer answer = kOperation(ir::load(in.first, x, stack_top), ir::load(in.second, x, stack_top), heap_top);
    if (ATH_LIKELY(!answer.value.is_none())) {
      heap_top = answer.top;
      ir::place(in.destination, x, stack_top) = answer.value;
      ATH_NEXT(GuardBif);
    }
  }
  ATH_SLOW(2);
}
#define ATH_FEW_LIMBS(operation) [[clang::musttail]] return few_limbs<integer::few::operation>(ATH_ARGUMENTS)

// Sums of tagged words: one operand without its tag.
template <Kind kFirst, Kind kSecond, Kind kDestination>
ATH_HANDLER(add) {
  const auto& in = ir::at<ir::GuardBif>(ip);
  Term a = ir::load<kFirst>(in.first, x, stack_top), b = ir::load<kSecond>(in.second, x, stack_top);
  int64_t sum;
  if (ATH_LIKELY(Term::both_small(a, b)) &&
      ATH_LIKELY(!__builtin_add_overflow(static_cast<int64_t>(a.raw), static_cast<int64_t>(b.raw - 0xF), &sum))) {
    ir::place<kDestination>(in.destination, x, stack_top) = Term{static_cast<Word>(sum)};
    ATH_NEXT(GuardBif);
  }
  ATH_FEW_LIMBS(add);
}
template <Kind kFirst, Kind kSecond, Kind kDestination>
ATH_HANDLER(subtract) {
  const auto& in = ir::at<ir::GuardBif>(ip);
  Term a = ir::load<kFirst>(in.first, x, stack_top), b = ir::load<kSecond>(in.second, x, stack_top);
  int64_t difference;
  if (ATH_LIKELY(Term::both_small(a, b)) &&
      ATH_LIKELY(!__builtin_sub_overflow(static_cast<int64_t>(a.raw), static_cast<int64_t>(b.raw - 0xF), &difference))) {
    ir::place<kDestination>(in.destination, x, stack_top) = Term{static_cast<Word>(difference)};
    ATH_NEXT(GuardBif);
  }
  ATH_FEW_LIMBS(subtract);
}

}  // namespace

#define ATH_CHOOSE_ARITHMETIC(name, body)                                                                                        \
  Handler name(Kind first, Kind second, Kind destination) {                                                                      \
    return with_kind(first, [=](auto a) {                                                                                        \
      return with_kind(second, [=](auto b) {                                                                                     \
        return with_register(destination, [](auto d) -> Handler { return body<decltype(a)::value, decltype(b)::value, decltype(d)::value>; }); \
      });                                                                                                                        \
    });                                                                                                                          \
  }
ATH_CHOOSE_ARITHMETIC(op_add, add)
ATH_CHOOSE_ARITHMETIC(op_subtract, subtract)

#define ATH_OPERANDS()                                                                               \
  const auto& in = ir::at<ir::GuardBif>(ip);                                                         \
  Term a = ir::load(in.first, x, stack_top), b = ir::load(in.second, x, stack_top)
#define ATH_RESULT(value)                                   \
  do {                                                      \
    ir::place(in.destination, x, stack_top) = (value);      \
    ATH_NEXT(GuardBif);                                     \
  } while (0)

ATH_HANDLER(op_multiply) {
  ATH_OPERANDS();
  int64_t product;
  if (Term::both_small(a, b) && !__builtin_mul_overflow(a.small_value(), b.small_value(), &product) && Term::fits_small(product)) {
    ATH_RESULT(Term::small(product));
  }
  ATH_FEW_LIMBS(multiply);
}
ATH_HANDLER(op_divide) {
  ATH_OPERANDS();
  if (Term::both_small(a, b) && b.small_value() != 0) {
    int64_t quotient = a.small_value() / b.small_value();
    if (Term::fits_small(quotient)) ATH_RESULT(Term::small(quotient));
  }
  ATH_SLOW(2);
}
ATH_HANDLER(op_remainder) {
  ATH_OPERANDS();
  if (Term::both_small(a, b) && b.small_value() != 0) ATH_RESULT(Term::small(a.small_value() % b.small_value()));
  ATH_SLOW(2);
}
ATH_HANDLER(op_bit_and) {
  ATH_OPERANDS();
  if (Term::both_small(a, b)) ATH_RESULT(Term{a.raw & b.raw});
  ATH_FEW_LIMBS(bit_and);
}
ATH_HANDLER(op_bit_or) {
  ATH_OPERANDS();
  if (Term::both_small(a, b)) ATH_RESULT(Term{a.raw | b.raw});
  ATH_FEW_LIMBS(bit_or);
}
ATH_HANDLER(op_bit_xor) {
  ATH_OPERANDS();
  if (Term::both_small(a, b)) ATH_RESULT(Term{(a.raw ^ b.raw) | 0xF});
  ATH_FEW_LIMBS(bit_xor);
}
ATH_HANDLER(op_shift_left) {
  ATH_OPERANDS();
  if (Term::both_small(a, b)) {
    int64_t value = a.small_value(), count = b.small_value();
    if (count >= 0 && count < 59) {
      int64_t shifted = static_cast<int64_t>(static_cast<uint64_t>(value) << count);
      if ((shifted >> count) == value && Term::fits_small(shifted)) ATH_RESULT(Term::small(shifted));
    }
  }
  ATH_FEW_LIMBS(shift_left);
}
ATH_HANDLER(op_shift_right) {
  ATH_OPERANDS();
  if (Term::both_small(a, b)) {
    int64_t count = b.small_value();
    if (count >= 0) ATH_RESULT(Term::small(a.small_value() >> (count > 63 ? 63 : count)));
  }
  ATH_FEW_LIMBS(shift_right);
}

ATH_HANDLER(op_element) {
  ATH_OPERANDS();
  if (a.is_small() && is_tuple(b)) {
    uint64_t index = static_cast<uint64_t>(a.small_value()) - 1;
    if (index < tuple_arity(b)) ATH_RESULT(tuple_element(b, index));
  }
  ATH_SLOW(2);
}
ATH_HANDLER(op_map_get) {
  ATH_OPERANDS();
  if (is_map(b)) {
    Term value = map::get(b, a);
    if (!value.is_none()) ATH_RESULT(value);
  }
  ATH_SLOW(2);
}
ATH_HANDLER(op_is_map_key) {
  ATH_OPERANDS();
  if (is_map(b)) ATH_RESULT(boolean(!map::get(b, a).is_none()));
  ATH_SLOW(2);
}

#define ATH_OPERAND()                        \
  const auto& in = ir::at<ir::GuardBif>(ip); \
  Term a = ir::load(in.first, x, stack_top)

ATH_HANDLER(op_absolute) {
  ATH_OPERAND();
  if (a.is_small() && a.small_value() > Term::kSmallMin) ATH_RESULT(Term::small(a.small_value() < 0 ? -a.small_value() : a.small_value()));
  ATH_SLOW(1);
}
ATH_HANDLER(op_head) {
  ATH_OPERAND();
  if (a.is_list_cell()) ATH_RESULT(a.head());
  ATH_SLOW(1);
}
ATH_HANDLER(op_tail) {
  ATH_OPERAND();
  if (a.is_list_cell()) ATH_RESULT(a.tail());
  ATH_SLOW(1);
}
ATH_HANDLER(op_tuple_size) {
  ATH_OPERAND();
  if (is_tuple(a)) ATH_RESULT(Term::small(static_cast<int64_t>(tuple_arity(a))));
  ATH_SLOW(1);
}
ATH_HANDLER(op_self) {
  const auto& in = ir::at<ir::GuardBif>(ip);
  ATH_RESULT(vm->self->pid_);
}
ATH_HANDLER(op_node) {
  const auto& in = ir::at<ir::GuardBif>(ip);
  ATH_RESULT(vm->runtime.terms.node_name);
}

}  // namespace athanor::engine
