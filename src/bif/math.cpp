// SPDX-License-Identifier: Apache-2.0
// Module math: libm with Erlang's rule that a result which is no finite number is badarith.
#include <cmath>

#include "bif/bif.hpp"
#define ATH_FAMILY "bif/math.def"
#include "bif/declare.inc"

namespace athanor::bif::math {
namespace {

// Numbers only; integers beyond the range of floats are badarith.
bool as_double(Term t, double& value) {
  if (t.is_small()) value = static_cast<double>(t.small_value());
  else if (is_float(t)) value = float_value(t);
  else if (is_big(t)) value = integer::to_double(t);
  else return false;
  return true;
}

BifResult finite(Process& self, double value) {
  if (!std::isfinite(value)) return self.badarith();
  return make_float(self.allocate(kFloatWords), value);
}

template <class Function>
BifResult unary(Process& self, const Term* args, Function function) {
  double value;
  if (!as_double(args[0], value)) return self.badarg();
  return std::isfinite(value) ? finite(self, function(value)) : self.badarith();
}

template <class Function>
BifResult binary(Process& self, const Term* args, Function function) {
  double a, b;
  if (!as_double(args[0], a) || !as_double(args[1], b)) return self.badarg();
  return std::isfinite(a) && std::isfinite(b) ? finite(self, function(a, b)) : self.badarith();
}

}  // namespace

BifResult acos_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::acos(v); }); }
BifResult acosh_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::acosh(v); }); }
BifResult asin_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::asin(v); }); }
BifResult asinh_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::asinh(v); }); }
BifResult atan_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::atan(v); }); }
BifResult atanh_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::atanh(v); }); }
BifResult ceil_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::ceil(v); }); }
BifResult cos_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::cos(v); }); }
BifResult cosh_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::cosh(v); }); }
BifResult erf_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::erf(v); }); }
BifResult erfc_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::erfc(v); }); }
BifResult exp_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::exp(v); }); }
BifResult floor_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::floor(v); }); }
BifResult log_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::log(v); }); }
BifResult log10_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::log10(v); }); }
BifResult log2_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::log2(v); }); }
BifResult sin_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::sin(v); }); }
BifResult sinh_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::sinh(v); }); }
BifResult sqrt_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::sqrt(v); }); }
BifResult tan_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::tan(v); }); }
BifResult tanh_1(Process& self, const Term* args) { return unary(self, args, [](double v) { return std::tanh(v); }); }
BifResult atan2_2(Process& self, const Term* args) { return binary(self, args, [](double a, double b) { return std::atan2(a, b); }); }
BifResult fmod_2(Process& self, const Term* args) { return binary(self, args, [](double a, double b) { return std::fmod(a, b); }); }
BifResult pow_2(Process& self, const Term* args) { return binary(self, args, [](double a, double b) { return std::pow(a, b); }); }

}  // namespace athanor::bif::math
