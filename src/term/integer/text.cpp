// SPDX-License-Identifier: Apache-2.0
// Integers as digits; both ways in less than quadratic time.
#include <algorithm>
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

// Digits of one step, whose power of the base fits into a limb: of numbers that a few steps read.
constexpr size_t step_digits(int base) { return base <= 10 ? 18 : 12; }
constexpr size_t kFewDigits = 154;   // of 512 bits to the base 10
constexpr size_t kFewLimbs = 13;     // for so many digits of any base

// The digits are valid. Limbs written.
size_t read_few(const char* text, size_t length, int base, mp_limb_t* limbs) {
  size_t count = 0;
  while (length > 0) {
    const size_t digits = std::min(length, step_digits(base));
    mp_limb_t value = 0, power = 1;
    for (size_t i = 0; i < digits; ++i) {
      value = value * static_cast<mp_limb_t>(base) + static_cast<mp_limb_t>(digit_value(text[i]));
      power *= static_cast<mp_limb_t>(base);
    }
    for (size_t i = 0; i < count; ++i) {
      const unsigned __int128 sum = static_cast<unsigned __int128>(limbs[i]) * power + value;
      limbs[i] = static_cast<mp_limb_t>(sum);
      value = static_cast<mp_limb_t>(sum >> 64);
    }
    if (value != 0) limbs[count++] = value;
    text += digits;
    length -= digits;
  }
  return count;
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
  if (length <= kFewDigits) {
    mp_limb_t limbs[kFewLimbs];
    return from_limbs(heap, limbs, read_few(text, length, base, limbs), negative);
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
