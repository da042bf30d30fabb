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

void Text::strip_zeros() {
  while (size_ > 0 && bytes_[size_ - 1] == '0') --size_;
  if (size_ > 0 && bytes_[size_ - 1] == '.') ++size_;
}

bool scientific(double value, int64_t decimals, Text& text) {
  // OTP: a negative precision prints six, as printf does.
  if (decimals < 0) decimals = 6;
  if (decimals > static_cast<int64_t>(kMaxText)) return false;
  text.number(value, std::chars_format::scientific, static_cast<int>(decimals));
  return text.size() <= kMaxText;
}

bool fixed(double value, int64_t decimals, bool compact, Text& text) {
  if (decimals < 0 || decimals > static_cast<int64_t>(kMaxText)) return false;
  constexpr double kMaxExact = 9007199254740992.0;
  static constexpr double kPowers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
                                       1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
  double magnitude = std::fabs(value);
  if (magnitude > kMaxExact || decimals > 18) {
    text.number(value, std::chars_format::fixed, static_cast<int>(decimals));
    if (text.size() > kMaxText) return false;
    if (compact) text.strip_zeros();
    return true;
  }
  // OTP: whole part and fraction are rounded apart, halves away from zero; this differs from printf in the last digit.
  if (std::signbit(value)) text.push('-');
  if (decimals == 0) {
    text.number(static_cast<uint64_t>(std::lround(magnitude)));
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
  text.number(whole_part);
  text.push('.');
  char digits[20];
  const auto count = static_cast<size_t>(std::to_chars(digits, digits + sizeof digits, fraction_part).ptr - digits);
  text.fill(static_cast<size_t>(decimals) - count, '0');
  text.append({digits, count});
  if (compact) text.strip_zeros();
  return true;
}

void shortest(double value, Text& text) {
  if (std::signbit(value)) text.push('-');
  if (value == 0) return text.append("0.0");
  if (!std::isfinite(value)) return text.append(std::isnan(value) ? "nan" : "inf");
  char buffer[64];   // d.ddde±dd
  const char* const end = std::to_chars(buffer, buffer + sizeof buffer, std::fabs(value), std::chars_format::scientific).ptr;
  const char* exponent = end;
  while (exponent[-1] != 'e') --exponent;
  int scientific = 0;
  std::from_chars(*exponent == '+' ? exponent + 1 : exponent, end, scientific);
  buffer[1] = buffer[0];   // over the point
  const bool is_one_digit = exponent - 1 == buffer + 1;
  const std::string_view digits = is_one_digit ? std::string_view{buffer, 1} : std::string_view{buffer + 1, exponent - 1};
  const auto count = static_cast<int>(digits.size());
  const int last = scientific - count + 1;  // decimal exponent of the last digit

  // OTP: fixed where that is not longer, but never for whole numbers that a float holds inexactly.
  const int lower = count == 1 ? -4 : -(count + 2), upper = count == 1 || scientific >= 10 ? 2 : 1;
  const bool exact = std::fabs(value) < 9007199254740992.0 || last < 0;
  if (lower <= last && last <= upper && exact) {
    const int whole = count + last;   // digits in front of the point
    if (last >= 0) {
      text.append(digits);
      text.fill(static_cast<size_t>(last), '0');
      return text.append(".0");
    }
    if (whole > 0) {
      text.append(digits.substr(0, static_cast<size_t>(whole)));
      text.push('.');
      return text.append(digits.substr(static_cast<size_t>(whole)));
    }
    text.append("0.");
    text.fill(static_cast<size_t>(-whole), '0');
    return text.append(digits);
  }
  text.push(digits[0]);
  text.push('.');
  text.append(count == 1 ? "0" : digits.substr(1));
  text.push('e');
  text.number(scientific);
}

}  // namespace float_text

std::string float_to_short_text(double value) {
  float_text::Text text;
  float_text::shortest(value, text);
  return std::string(text.view());
}

}  // namespace athanor
