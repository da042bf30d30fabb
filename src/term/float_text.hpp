// SPDX-License-Identifier: Apache-2.0
// Floats as text and back, as the natives of module erlang need them. Independent of the locale.
#pragma once

#include <string>
#include <string_view>

namespace athanor::float_text {

// list_to_float: [+-]digits.digits[e[+-]digits]; false: no such text, or too large.
bool parse(std::string_view text, double& value);

constexpr int kDefaultDecimals = 20;
constexpr size_t kMaxText = 255;  // OTP: longer texts are badarg
// "%.*e". false: more than kMaxText characters, or decimals < 0.
bool scientific(double value, int64_t decimals, std::string& text);
// {decimals, N}; compact: without trailing zeros.
bool fixed(double value, int64_t decimals, bool compact, std::string& text);

// The shortest text is float_to_short_text of term/print.hpp.

}  // namespace athanor::float_text
