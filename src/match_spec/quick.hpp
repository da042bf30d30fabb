// SPDX-License-Identifier: Apache-2.0
// Guard functions that need no memory and no process.
#pragma once

#include "match_spec/program.hpp"
#include "term/binary.hpp"
#include "term/compare.hpp"
#include "term/context.hpp"
#include "term/map.hpp"

namespace athanor::match_spec {

// none(): ask the function itself (it may fail).
inline Term quick_call(Quick quick, const Term* a) {
  switch (quick) {
    case Quick::None: return Term::none();
    case Quick::Equal: return boolean(equal(a[0], a[1]));
    case Quick::NotEqual: return boolean(!equal(a[0], a[1]));
    case Quick::ExactEqual: return boolean(equal_exact(a[0], a[1]));
    case Quick::ExactNotEqual: return boolean(!equal_exact(a[0], a[1]));
    case Quick::Less: return boolean(compare_fast(a[0], a[1]) < 0);
    case Quick::LessEqual: return boolean(compare_fast(a[0], a[1]) <= 0);
    case Quick::Greater: return boolean(compare_fast(a[0], a[1]) > 0);
    case Quick::GreaterEqual: return boolean(compare_fast(a[0], a[1]) >= 0);
    case Quick::IsAtom: return boolean(a[0].is_atom());
    case Quick::IsFloat: return boolean(is_float(a[0]));
    case Quick::IsInteger: return boolean(is_integer(a[0]));
    case Quick::IsList: return boolean(a[0].is_list());
    case Quick::IsNumber: return boolean(is_number(a[0]));
    case Quick::IsPid: return boolean(is_pid(a[0]));
    case Quick::IsPort: return boolean(is_port(a[0]));
    case Quick::IsReference: return boolean(is_reference(a[0]));
    case Quick::IsTuple: return boolean(is_tuple(a[0]));
    case Quick::IsMap: return boolean(is_map(a[0]));
    case Quick::IsBinary: return boolean(binary::is_binary(a[0]));
    case Quick::IsFunction: return boolean(is_fun(a[0]));
    case Quick::Element: {
      if (!a[0].is_small() || !is_tuple(a[1])) return Term::none();
      int64_t index = a[0].small_value();
      if (index < 1 || static_cast<uint64_t>(index) > tuple_arity(a[1])) return Term::none();
      return tuple_element(a[1], static_cast<size_t>(index - 1));
    }
    case Quick::Head: return a[0].is_list_cell() ? a[0].head() : Term::none();
    case Quick::Tail: return a[0].is_list_cell() ? a[0].tail() : Term::none();
    case Quick::Not: return a[0] == atoms::true_ ? atoms::false_ : a[0] == atoms::false_ ? atoms::true_ : Term::none();
    case Quick::Xor: {
      bool booleans = (a[0] == atoms::true_ || a[0] == atoms::false_) && (a[1] == atoms::true_ || a[1] == atoms::false_);
      return booleans ? boolean(!(a[0] == a[1])) : Term::none();
    }
    case Quick::Add:
    case Quick::Subtract: {
      if (!Term::both_small(a[0], a[1])) return Term::none();
      int64_t left = a[0].small_value(), right = a[1].small_value();
      int64_t value = quick == Quick::Add ? left + right : left - right;
      return Term::fits_small(value) ? Term::small(value) : Term::none();
    }
    case Quick::MapGet: return is_map(a[1]) ? map::get(a[1], a[0]) : Term::none();
    case Quick::IsMapKey: return is_map(a[1]) ? boolean(map::find(a[1], a[0]) != nullptr) : Term::none();
  }
  return Term::none();
}

}  // namespace athanor::match_spec
