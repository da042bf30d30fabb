// SPDX-License-Identifier: Apache-2.0
// Floats as text and back.
#include <string>

#include "bif/bif.hpp"
#include "term/float_text.hpp"
#define ATH_FAMILY "bif/conversions.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

// erlang:float_to_list/2: the last of {decimals,N}, {scientific,N}, short wins; compact goes with decimals.
bool format(double value, Term options, float_text::Text& text) {
  enum class Form { Scientific, Decimals, Short } form = Form::Scientific;
  int64_t digits = float_text::kDefaultDecimals;
  bool compact = false;
  for (; options.is_list_cell(); options = options.tail()) {
    Term option = options.head();
    if (option == atoms::compact) {
      compact = true;
    } else if (option == atoms::short_) {
      form = Form::Short;
    } else if (is_tuple_of(option, 2) && tuple_element(option, 1).is_small()) {
      digits = tuple_element(option, 1).small_value();
      if (tuple_element(option, 0) == atoms::decimals) form = Form::Decimals;
      else if (tuple_element(option, 0) == atoms::scientific) form = Form::Scientific;
      else return false;
      if (digits < 0) return false;
    } else {
      return false;
    }
  }
  if (!options.is_nil()) return false;
  if (form == Form::Decimals) return float_text::fixed(value, digits, compact, text);
  if (form == Form::Scientific) return float_text::scientific(value, digits, text);
  float_text::shortest(value, text);
  return true;
}

bool text_of(const Term* args, Term options, float_text::Text& text) {
  return is_float(args[0]) && format(float_value(args[0]), options, text);
}

BifResult parsed(Process& self, std::string_view text) {
  double value;
  if (!float_text::parse(text, value)) return self.badarg();
  return make_float(self.allocate(kFloatWords), value);
}

}  // namespace

namespace erlang {

BifResult float_to_list_1(Process& self, const Term* args) {
  float_text::Text text;
  return text_of(args, Term::nil(), text) ? BifResult(latin1_list(self.heap(), text.view())) : self.badarg();
}
BifResult float_to_list_2(Process& self, const Term* args) {
  float_text::Text text;
  return text_of(args, args[1], text) ? BifResult(latin1_list(self.heap(), text.view())) : self.badarg();
}
BifResult float_to_binary_1(Process& self, const Term* args) {
  float_text::Text text;
  return text_of(args, Term::nil(), text) ? BifResult(athanor::binary::from_text(self.heap(), text.view())) : self.badarg();
}
BifResult float_to_binary_2(Process& self, const Term* args) {
  float_text::Text text;
  return text_of(args, args[1], text) ? BifResult(athanor::binary::from_text(self.heap(), text.view())) : self.badarg();
}
BifResult list_to_float_1(Process& self, const Term* args) {
  std::string text;
  if (!args[0].is_list() || !iolist_to_string(args[0], text)) return self.badarg();
  return parsed(self, text);
}
BifResult binary_to_float_1(Process& self, const Term* args) {
  if (!athanor::binary::is_binary(args[0])) return self.badarg();
  athanor::binary::Scratch scratch;
  return parsed(self, athanor::binary::bytes_of(args[0], scratch));
}

}  // namespace erlang

// string:list_to_float/1: {Float, Rest} | {error, no_float | not_a_list}: the longest prefix that is a float.
BifResult string::list_to_float_1(Process& self, const Term* args) {
  if (!args[0].is_list()) return make_tuple(self.heap(), atoms::error, atoms::not_a_list);
  Term at = args[0];
  std::string text;
  auto character = [](Term t) -> int64_t { return t.is_list_cell() && t.head().is_small() ? t.head().small_value() : -1; };
  auto take = [&] { text.push_back(static_cast<char>(character(at))); at = at.tail(); };
  auto digits = [&] {
    size_t before = text.size();
    while (character(at) >= '0' && character(at) <= '9') take();
    return text.size() - before;
  };
  auto no_float = [&] { return make_tuple(self.heap(), atoms::error, atoms::no_float); };
  if (character(at) == '+' || character(at) == '-') take();
  if (digits() == 0 || (character(at) != '.' && character(at) != ',')) return no_float();   // OTP: a comma will do
  text.push_back('.');
  at = at.tail();
  if (digits() == 0) return no_float();
  if (character(at) == 'e' || character(at) == 'E') {
    Term before = at;
    size_t size = text.size();
    take();
    if (character(at) == '+' || character(at) == '-') take();
    if (digits() == 0) {
      at = before;
      text.resize(size);
    }
  }
  double value;
  if (!float_text::parse(text, value)) return no_float();
  return make_tuple(self.heap(), make_float(self.allocate(kFloatWords), value), at);
}

}  // namespace athanor::bif
