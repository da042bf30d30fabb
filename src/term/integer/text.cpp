// SPDX-License-Identifier: Apache-2.0
// Integers as digits; both ways in less than quadratic time.
#include <charconv>
#include <cmath>

#include "term/integer/operand.hpp"

namespace athanor::integer {
namespace {

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  return 99;
}

constexpr char kDigits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

}  // namespace

std::string to_text(Term t, int base) {
  if (t.is_small()) {
    char buffer[72];
    auto end = std::to_chars(buffer, buffer + sizeof buffer, t.small_value(), base).ptr;
    for (char* c = buffer; base > 10 && c != end; ++c) {
      if (*c >= 'a') *c = static_cast<char>(*c - 'a' + 'A');
    }
    return {buffer, end};
  }
  size_t count = limb_count(t);
  Limbs copy = scratch_limbs(count + 1);  // converting destroys them
  mpn_copyi(copy.get(), limbs(t), static_cast<mp_size_t>(count));
  auto room = static_cast<size_t>(static_cast<double>(count) * 64.0 / std::log2(base)) + 4;
  std::string text(room + 1, '-');
  auto* digits = reinterpret_cast<unsigned char*>(text.data()) + 1;
  size_t written = mpn_get_str(digits, base, copy.get(), static_cast<mp_size_t>(count));
  size_t zeros = 0;
  while (zeros + 1 < written && digits[zeros] == 0) ++zeros;
  for (size_t i = 0; i < written; ++i) digits[i] = static_cast<unsigned char>(kDigits[digits[i]]);
  text.resize(written + 1);
  text.erase(is_negative(t) ? 1 : 0, zeros + (is_negative(t) ? 0 : 1));
  return text;
}

Term parse(Allocator& heap, const char* text, size_t length, int base, bool& too_large) {
  too_large = false;
  bool negative = length > 0 && text[0] == '-';
  if (length > 0 && (text[0] == '-' || text[0] == '+')) {
    ++text;
    --length;
  }
  if (length == 0) return Term::none();
  for (size_t i = 0; i < length; ++i) {
    if (digit_value(text[i]) >= base) return Term::none();
  }
  while (length > 1 && text[0] == '0') {
    ++text;
    --length;
  }
  if (length <= 10) {  // even 36^10 fits
    int64_t value = 0;
    for (size_t i = 0; i < length; ++i) value = value * base + digit_value(text[i]);
    return Term::small(negative ? -value : value);
  }
  double bits = static_cast<double>(length) * std::log2(base);
  if (bits > static_cast<double>(kMaxLimbs) * 64.0 + 64.0) {
    too_large = true;
    return Term::none();
  }
  std::unique_ptr<unsigned char[]> digits(new unsigned char[length]);
  for (size_t i = 0; i < length; ++i) digits[i] = static_cast<unsigned char>(digit_value(text[i]));
  Result result(heap, static_cast<size_t>(bits / 64.0) + 2);
  auto count = static_cast<size_t>(mpn_set_str(result.limbs(), digits.get(), length, base));
  Term number = result.finish(count, negative);
  too_large = number.is_none();
  return number;
}

}  // namespace athanor::integer
