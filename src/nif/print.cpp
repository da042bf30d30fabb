// SPDX-License-Identifier: Apache-2.0
// printf with %T for terms.
#include "term/print.hpp"

#include <cstdarg>
#include <cstdint>
#include <cstring>
#include <string>

#include "nif/env.hpp"

namespace athanor::nif {

namespace {

constexpr size_t kMaxTermBytes = 100000;   // OTP: the limit of a printed term

// One conversion: the text between % and its letter, the length modifier apart.
struct Conversion {
  std::string head;      // "%-8.*"
  std::string length;    // "", "h", "hh", "l", "ll", "z", "j", "t", "L"
  char letter = 0;
};

const char* parse(const char* at, Conversion& conversion) {
  conversion.head = "%";
  while (*at && std::strchr("-+ #0123456789.*'", *at)) conversion.head += *at++;
  while (*at && std::strchr("hlLzjtq", *at)) conversion.length += *at++;
  conversion.letter = *at ? *at++ : 0;
  return at;
}

template <class... Arguments>
void put(std::string& out, const std::string& format, Arguments... arguments) {
  char small[128];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
  const int size = std::snprintf(small, sizeof small, format.c_str(), arguments...);
  if (size < 0) return;
  if (static_cast<size_t>(size) < sizeof small) {
    out.append(small, static_cast<size_t>(size));
    return;
  }
  std::string large(static_cast<size_t>(size) + 1, 0);
  std::snprintf(large.data(), large.size(), format.c_str(), arguments...);
#pragma GCC diagnostic pop
  out.append(large.data(), static_cast<size_t>(size));
}

void format(std::string& out, const char* text, va_list arguments) {
  while (*text) {
    const char* percent = std::strchr(text, '%');
    if (!percent) {
      out += text;
      return;
    }
    out.append(text, static_cast<size_t>(percent - text));
    Conversion conversion;
    text = parse(percent + 1, conversion);
    // Each * takes an int of its own.
    for (size_t star; (star = conversion.head.find('*')) != std::string::npos;) {
      conversion.head.replace(star, 1, std::to_string(va_arg(arguments, int)));
    }
    const std::string spec = conversion.head + conversion.length + conversion.letter;
    const std::string& length = conversion.length;
    switch (conversion.letter) {
      case 'd':
      case 'i':
        if (length == "l" || length == "z" || length == "t" || length == "j") put(out, spec, va_arg(arguments, long));
        else if (length == "ll" || length == "q") put(out, spec, va_arg(arguments, long long));
        else put(out, spec, va_arg(arguments, int));
        break;
      case 'o':
      case 'u':
      case 'x':
      case 'X':
        if (length == "l" || length == "z" || length == "t" || length == "j") put(out, spec, va_arg(arguments, unsigned long));
        else if (length == "ll" || length == "q") put(out, spec, va_arg(arguments, unsigned long long));
        else put(out, spec, va_arg(arguments, unsigned));
        break;
      case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': case 'a': case 'A':
        if (length == "L") put(out, spec, va_arg(arguments, long double));
        else put(out, spec, va_arg(arguments, double));
        break;
      case 'c': put(out, spec, va_arg(arguments, int)); break;
      case 's': put(out, spec, va_arg(arguments, const char*)); break;
      case 'p': put(out, spec, va_arg(arguments, void*)); break;
      case 'T': {
        const Term term = term_of(va_arg(arguments, ERL_NIF_TERM));
        const std::string printed = term.is_none() ? "#{no term}" : to_text(term, kMaxTermBytes);
        put(out, conversion.head + "s", printed.c_str());
        break;
      }
      case '%': out += '%'; break;
      default: out.append(percent, static_cast<size_t>(text - percent)); break;
    }
  }
}

}  // namespace
}  // namespace athanor::nif

using namespace athanor::nif;

namespace {
std::string formatted(const void* caller, const char* text, va_list arguments) {
  std::string out;
  if (athanor::process::Runtime* runtime = machine_of_caller(caller)) {
    Entry entry(*runtime);
    format(out, text, arguments);
  } else if (std::strstr(text, "%T")) {
    misuse("enif_fprintf", "the calling thread belongs to no machine, and %T was asked for");
  } else {
    format(out, text, arguments);
  }
  return out;
}

int copy_to(const std::string& text, char* buffer, size_t size) {
  if (size > 0) {
    const size_t kept = text.size() < size ? text.size() : size - 1;
    std::memcpy(buffer, text.data(), kept);
    buffer[kept] = 0;
  }
  return static_cast<int>(text.size());
}
}  // namespace

int enif_vfprintf(FILE* file, const char* text, va_list arguments) {
  const std::string out = formatted(__builtin_return_address(0), text, arguments);
  return std::fwrite(out.data(), 1, out.size(), file) == out.size() ? static_cast<int>(out.size()) : -1;
}
int enif_fprintf(FILE* file, const char* text, ...) {
  va_list arguments;
  va_start(arguments, text);
  const std::string out = formatted(__builtin_return_address(0), text, arguments);
  va_end(arguments);
  return std::fwrite(out.data(), 1, out.size(), file) == out.size() ? static_cast<int>(out.size()) : -1;
}
int enif_vsnprintf(char* buffer, size_t size, const char* text, va_list arguments) {
  return copy_to(formatted(__builtin_return_address(0), text, arguments), buffer, size);
}
int enif_snprintf(char* buffer, size_t size, const char* text, ...) {
  va_list arguments;
  va_start(arguments, text);
  const std::string out = formatted(__builtin_return_address(0), text, arguments);
  va_end(arguments);
  return copy_to(out, buffer, size);
}
