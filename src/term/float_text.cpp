// SPDX-License-Identifier: Apache-2.0
#include "term/float_text.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>

#include "term/print.hpp"

namespace athanor {
namespace float_text {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

size_t skip_digits(std::string_view text, size_t from) {
  while (from < text.size() && is_digit(text[from])) ++from;
  return from;
}

std::string to_chars(double value, std::chars_format format, int precision) {
  char buffer[1500];  // 309 digits, the point, precision (at most 1000), exponent
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value, format, precision).ptr;
  return {buffer, end};
}

void strip_zeros(std::string& text) {
  size_t end = text.size();
  while (end > 0 && text[end - 1] == '0') --end;
  if (end > 0 && text[end - 1] == '.') ++end;
  text.resize(end);
}

// Where a conversion fails for its range: is the number too small? Decided by the place of its first digit that counts.
bool too_small(std::string_view digits, size_t point, std::string_view exponent) {
  bool negative = !exponent.empty() && exponent[0] == '-';
  if (!exponent.empty() && !is_digit(exponent[0])) exponent.remove_prefix(1);
  int64_t power = 0;
  for (char c : exponent) {
    if (power < int64_t{1} << 50) power = power * 10 + (c - '0');
  }
  size_t first = digits.find_first_of("123456789");
  auto place = static_cast<int64_t>(point) - static_cast<int64_t>(first);
  return place + (negative ? -power : power) < 0;
}

}  // namespace

bool parse(std::string_view text, double& value) {
  bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  size_t point = skip_digits(text, 0);
  // OTP: a comma is taken for the point.
  if (point == 0 || point == text.size() || (text[point] != '.' && text[point] != ',')) return false;
  size_t end = skip_digits(text, point + 1);
  if (end == point + 1) return false;
  std::string_view exponent;
  if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
    size_t digits = end + 1;
    if (digits < text.size() && (text[digits] == '+' || text[digits] == '-')) ++digits;
    size_t last = skip_digits(text, digits);
    if (last == digits) return false;
    exponent = text.substr(end + 1, last - end - 1);
    end = last;
  }
  if (end != text.size()) return false;
  std::string copy;
  if (text[point] == ',') {
    copy = text;
    copy[point] = '.';
    text = copy;
  }
  double magnitude = 0;
  auto error = std::from_chars(text.data(), text.data() + text.size(), magnitude).ec;
  if (error == std::errc::result_out_of_range) {
    if (!too_small(text, point, exponent)) return false;
    magnitude = 0;
  } else if (error != std::errc{} || !std::isfinite(magnitude)) {
    return false;
  }
  value = negative ? -magnitude : magnitude;
  return true;
}

bool scientific(double value, int64_t decimals, std::string& text) {
  // OTP: a negative precision prints six, as printf does.
  if (decimals < 0) decimals = 6;
  if (decimals > static_cast<int64_t>(kMaxText)) return false;
  text = to_chars(value, std::chars_format::scientific, static_cast<int>(decimals));
  return text.size() <= kMaxText;
}

bool fixed(double value, int64_t decimals, bool compact, std::string& text) {
  if (decimals < 0 || decimals > static_cast<int64_t>(kMaxText)) return false;
  constexpr double kMaxExact = 9007199254740992.0;
  static constexpr double kPowers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
                                       1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
  double magnitude = std::fabs(value);
  if (magnitude > kMaxExact || decimals > 18) {
    text = to_chars(value, std::chars_format::fixed, static_cast<int>(decimals));
    if (text.size() > kMaxText) return false;
    if (compact) strip_zeros(text);
    return true;
  }
  // OTP: whole part and fraction are rounded apart, halves away from zero; this differs from printf in the last digit.
  text = std::signbit(value) ? "-" : "";
  if (decimals == 0) {
    text += std::to_string(static_cast<uint64_t>(std::lround(magnitude)));
    return true;
  }
  double power = kPowers[decimals];
  double whole = std::floor(magnitude), fraction = std::round((magnitude - whole) * power);
  auto whole_part = static_cast<uint64_t>(whole);
  auto fraction_part = static_cast<uint64_t>(fraction);
  if (fraction >= power) {
    ++whole_part;
    fraction_part = 0;
  }
  std::string digits = std::to_string(fraction_part);
  text += std::to_string(whole_part);
  text += '.';
  text.append(static_cast<size_t>(decimals) - digits.size(), '0');
  text += digits;
  if (compact) strip_zeros(text);
  return true;
}

}  // namespace float_text

std::string float_to_short_text(double value) {
  std::string text = std::signbit(value) ? "-" : "";
  if (value == 0) return text + "0.0";
  if (!std::isfinite(value)) return text + (std::isnan(value) ? "nan" : "inf");
  char buffer[64];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, std::fabs(value), std::chars_format::scientific).ptr;
  std::string digits;
  const char* c = buffer;
  for (; *c != 'e'; ++c) {
    if (*c != '.') digits += *c;
  }
  int scientific = 0;
  std::from_chars(c[1] == '+' ? c + 2 : c + 1, end, scientific);
  auto count = static_cast<int>(digits.size());
  int last = scientific - count + 1;  // decimal exponent of the last digit

  // OTP: fixed where that is not longer, but never for whole numbers that a float holds inexactly.
  int lower = count == 1 ? -4 : -(count + 2), upper = count == 1 || scientific >= 10 ? 2 : 1;
  bool exact = std::fabs(value) < 9007199254740992.0 || last < 0;
  if (lower <= last && last <= upper && exact) {
    if (last >= 0) return text + digits + std::string(static_cast<size_t>(last), '0') + ".0";
    int whole = count + last;
    if (whole > 0) return text + digits.substr(0, static_cast<size_t>(whole)) + "." + digits.substr(static_cast<size_t>(whole));
    return text + "0." + std::string(static_cast<size_t>(-whole), '0') + digits;
  }
  text += digits[0];
  text += '.';
  text += count == 1 ? "0" : digits.substr(1);
  return text + "e" + std::to_string(scientific);
}

}  // namespace athanor
