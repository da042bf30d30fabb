// SPDX-License-Identifier: Apache-2.0
// Operators and guard functions on numbers, and comparisons of any terms.
#include <cmath>

#include "bif/bif.hpp"
#include "term/compare.hpp"
#define ATH_FAMILY "bif/arithmetic.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

// erlang: float results that are no finite number are badarith.
BifResult float_result(Process& self, double value) {
  if (!std::isfinite(value)) return self.badarith();
  return make_float(self.allocate(kFloatWords), value);
}

BifResult integer_result(Process& self, Term value) {
  if (value.is_none()) return self.system_limit();
  return value;
}

// False: not a number, or an integer beyond the range of floats.
bool as_double(Term t, double& value) {
  if (t.is_small()) { value = static_cast<double>(t.small_value()); return true; }
  if (is_float(t)) { value = float_value(t); return true; }
  if (!is_big(t)) return false;
  value = integer::to_double(t);
  return std::isfinite(value);
}

using IntegerOperation = Term (*)(Allocator&, Term, Term);
template <class FloatOperation>
BifResult arithmetic(Process& self, const Term* args, IntegerOperation integers, FloatOperation floats) {
  if (is_integer(args[0]) && is_integer(args[1])) return integer_result(self, integers(self.heap(), args[0], args[1]));
  double a, b;
  if (!as_double(args[0], a) || !as_double(args[1], b)) return self.badarith();
  return float_result(self, floats(a, b));
}

BifResult bitwise(Process& self, const Term* args, IntegerOperation operation) {
  if (!is_integer(args[0]) || !is_integer(args[1])) return self.badarith();
  return integer_result(self, operation(self.heap(), args[0], args[1]));
}

BifResult shift(Process& self, const Term* args, bool left) {
  if (!is_integer(args[0]) || !is_integer(args[1])) return self.badarith();
  if (args[1].is_small()) {
    int64_t bits = args[1].small_value();
    return integer_result(self, integer::shift_left(self.heap(), args[0], left ? bits : -bits));
  }
  bool grows = integer::is_negative(args[1]) != left;
  if (args[0] == Term::small(0)) return args[0];
  if (grows) return self.system_limit();
  return Term::small(integer::is_negative(args[0]) ? -1 : 0);
}

bool boolean_value(Term t, bool& value) {
  value = t == atoms::true_;
  return value || t == atoms::false_;
}

template <class Operation>
BifResult logic(Process& self, const Term* args, Operation operation) {
  bool a, b;
  if (!boolean_value(args[0], a) || !boolean_value(args[1], b)) return self.badarg();
  return boolean(operation(a, b));
}

// round, trunc, floor, ceil: integers stay; floats give the integer the function picks.
template <class Operation>
BifResult to_integer(Process& self, Term t, Operation operation) {
  if (is_integer(t)) return t;
  if (!is_float(t)) return self.badarg();
  return integer_result(self, integer::from_double(self.heap(), operation(float_value(t))));
}

}  // namespace

namespace erlang {

BifResult plus_2(Process& self, const Term* args) { return arithmetic(self, args, integer::add, [](double a, double b) { return a + b; }); }
BifResult minus_2(Process& self, const Term* args) { return arithmetic(self, args, integer::subtract, [](double a, double b) { return a - b; }); }
BifResult times_2(Process& self, const Term* args) { return arithmetic(self, args, integer::multiply, [](double a, double b) { return a * b; }); }
BifResult divide_2(Process& self, const Term* args) {
  double a, b;
  if (!as_double(args[0], a) || !as_double(args[1], b) || b == 0) return self.badarith();
  return float_result(self, a / b);
}
BifResult identity_1(Process& self, const Term* args) { return is_number(args[0]) ? BifResult(args[0]) : self.badarith(); }
BifResult negate_1(Process& self, const Term* args) {
  if (is_integer(args[0])) return integer_result(self, integer::negate(self.heap(), args[0]));
  if (!is_float(args[0])) return self.badarith();
  return float_result(self, -float_value(args[0]));
}
BifResult div__2(Process& self, const Term* args) {
  if (args[1] == Term::small(0)) return self.badarith();
  return bitwise(self, args, integer::divide);
}
BifResult rem_2(Process& self, const Term* args) {
  if (args[1] == Term::small(0)) return self.badarith();
  return bitwise(self, args, integer::remainder);
}
BifResult band_2(Process& self, const Term* args) { return bitwise(self, args, integer::bit_and); }
BifResult bor_2(Process& self, const Term* args) { return bitwise(self, args, integer::bit_or); }
BifResult bxor_2(Process& self, const Term* args) { return bitwise(self, args, integer::bit_xor); }
BifResult bnot_1(Process& self, const Term* args) {
  if (!is_integer(args[0])) return self.badarith();
  return integer_result(self, integer::bit_not(self.heap(), args[0]));
}
BifResult bsl_2(Process& self, const Term* args) { return shift(self, args, true); }
BifResult bsr_2(Process& self, const Term* args) { return shift(self, args, false); }

BifResult abs_1(Process& self, const Term* args) {
  if (is_float(args[0])) return float_value(args[0]) < 0 ? float_result(self, -float_value(args[0])) : BifResult(args[0]);   // OTP: -0.0 stays
  if (!is_integer(args[0])) return self.badarg();
  return integer::is_negative(args[0]) ? integer_result(self, integer::negate(self.heap(), args[0])) : BifResult(args[0]);
}
BifResult float__1(Process& self, const Term* args) {
  if (is_float(args[0])) return args[0];
  double value;
  if (!as_double(args[0], value)) return self.badarg();
  return make_float(self.allocate(kFloatWords), value);
}
BifResult round_1(Process& self, const Term* args) { return to_integer(self, args[0], [](double v) { return std::round(v); }); }
BifResult trunc_1(Process& self, const Term* args) { return to_integer(self, args[0], [](double v) { return std::trunc(v); }); }
BifResult floor_1(Process& self, const Term* args) { return to_integer(self, args[0], [](double v) { return std::floor(v); }); }
BifResult ceil_1(Process& self, const Term* args) { return to_integer(self, args[0], [](double v) { return std::ceil(v); }); }

BifResult and__2(Process& self, const Term* args) { return logic(self, args, [](bool a, bool b) { return a && b; }); }
BifResult or__2(Process& self, const Term* args) { return logic(self, args, [](bool a, bool b) { return a || b; }); }
BifResult xor__2(Process& self, const Term* args) { return logic(self, args, [](bool a, bool b) { return a != b; }); }
BifResult not__1(Process& self, const Term* args) {
  bool value;
  if (!boolean_value(args[0], value)) return self.badarg();
  return boolean(!value);
}

BifResult less_2(Process&, const Term* args) { return boolean(compare(args[0], args[1]) < 0); }
BifResult less_or_equal_2(Process&, const Term* args) { return boolean(compare(args[0], args[1]) <= 0); }
BifResult greater_2(Process&, const Term* args) { return boolean(compare(args[0], args[1]) > 0); }
BifResult greater_or_equal_2(Process&, const Term* args) { return boolean(compare(args[0], args[1]) >= 0); }
BifResult equal_2(Process&, const Term* args) { return boolean(athanor::equal(args[0], args[1])); }
BifResult not_equal_2(Process&, const Term* args) { return boolean(!athanor::equal(args[0], args[1])); }
BifResult equal_exact_2(Process&, const Term* args) { return boolean(athanor::equal_exact(args[0], args[1])); }
BifResult not_equal_exact_2(Process&, const Term* args) { return boolean(!athanor::equal_exact(args[0], args[1])); }
BifResult max_2(Process&, const Term* args) { return compare(args[0], args[1]) >= 0 ? args[0] : args[1]; }
BifResult min_2(Process&, const Term* args) { return compare(args[0], args[1]) <= 0 ? args[0] : args[1]; }

}  // namespace erlang

// erts_internal:cmp_term/2: the order that maps keep their keys in (integers before floats).
BifResult erts_internal::cmp_term_2(Process&, const Term* args) { return Term::small(compare_exact(args[0], args[1])); }

}  // namespace athanor::bif
