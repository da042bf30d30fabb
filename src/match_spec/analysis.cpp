// SPDX-License-Identifier: Apache-2.0
#include "match_spec/analysis.hpp"

#include "term/compare.hpp"
#include "term/context.hpp"
#include "term/map.hpp"
#include "term/work_stack.hpp"

namespace athanor::match_spec {

int64_t variable_number(Term t) {
  if (!t.is_atom()) return -1;
  std::string_view text = atom_text(t);
  if (text.size() < 2 || text.size() > 18 || text[0] != '$') return -1;
  if (text[1] == '0') return text.size() == 2 ? 0 : -1;
  int64_t number = 0;
  for (char c : text.substr(1)) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

namespace {

enum class Maps : uint8_t { Allowed, Refused };

bool has_no_variables(Term pattern, Maps maps) {
  WorkStack<Term> rest;
  rest.push(pattern);
  while (!rest.empty()) {
    Term t = rest.pop();
    for (; t.is_list_cell(); t = t.tail()) {
      Term head = t.head();
      if (head.is_pointer()) rest.push(head);
      else if (head == atoms::underscore || variable_number(head) >= 0) return false;
    }
    if (t.is_atom()) {
      if (t == atoms::underscore || variable_number(t) >= 0) return false;
    } else if (is_tuple(t)) {
      for (size_t i = 0; i < tuple_arity(t); ++i) rest.push(tuple_element(t, i));
    } else if (is_map(t)) {
      if (maps == Maps::Refused) return false;
      map::Iterator iterator(t);
      Term key, value;
      while (iterator.next(key, value)) {
        rest.push(key);
        rest.push(value);
      }
    }
  }
  return true;
}

}  // namespace

bool is_ground(Term pattern) { return has_no_variables(pattern, Maps::Allowed); }

bool matches_equal_only(Term pattern) { return has_no_variables(pattern, Maps::Refused); }

bool contains_map(Term pattern) {
  WorkStack<Term> rest;
  rest.push(pattern);
  while (!rest.empty()) {
    Term t = rest.pop();
    for (; t.is_list_cell(); t = t.tail()) {
      if (t.head().is_pointer()) rest.push(t.head());
    }
    if (is_map(t)) return true;
    if (!is_tuple(t)) continue;
    for (size_t i = 0; i < tuple_arity(t); ++i) {
      if (tuple_element(t, i).is_pointer()) rest.push(tuple_element(t, i));
    }
  }
  return false;
}

Term key_of_head(Term head, size_t key_position) {
  if (!is_tuple(head) || tuple_arity(head) < key_position) return Term::none();
  return tuple_element(head, key_position - 1);
}

namespace {

// Does the expression `body` give what the pattern `head` matched? In constant mode it stands for itself.
bool same_value(Term head, Term body, bool constant) {
  struct Pair { Term head, body; };
  WorkStack<Pair> rest;
  rest.push({head, body});
  while (!rest.empty()) {
    Pair pair = rest.pop();
    if (!constant && is_tuple_of(pair.body, 2) && tuple_element(pair.body, 0) == atoms::const_) {
      if (!is_ground(pair.head) || contains_map(pair.head) || !equal_exact(pair.head, tuple_element(pair.body, 1))) return false;
      continue;
    }
    if (pair.head.is_list_cell()) {
      if (!pair.body.is_list_cell()) return false;
      rest.push({pair.head.tail(), pair.body.tail()});
      rest.push({pair.head.head(), pair.body.head()});
    } else if (is_tuple(pair.head)) {
      Term built = pair.body;
      if (!constant) {   // a tuple is built by {{…}}
        if (!is_tuple_of(built, 1)) return false;
        built = tuple_element(built, 0);
      }
      if (!is_tuple_of(built, tuple_arity(pair.head))) return false;
      for (size_t i = 0; i < tuple_arity(pair.head); ++i) rest.push({tuple_element(pair.head, i), tuple_element(built, i)});
    } else if (is_map(pair.head)) {
      return false;   // a map in a head matches larger maps
    } else {
      if (pair.head == atoms::underscore || pair.head == atoms::dollar || pair.head == atoms::dollar_dollar) return false;
      if (constant && variable_number(pair.head) >= 0) return false;
      if (!equal_exact(pair.head, pair.body)) return false;
    }
  }
  return true;
}

}  // namespace

bool keeps_key(Term clause, size_t key_position) {
  if (!is_tuple_of(clause, 3)) return false;
  Term body = tuple_element(clause, 2);
  if (!body.is_list_cell() || !body.tail().is_nil()) return false;
  Term result = body.head();
  if (result == atoms::dollar) return true;
  if (!is_tuple(result)) return false;
  Term key = key_of_head(tuple_element(clause, 0), key_position);
  if (key.is_none()) return false;
  bool constant = is_tuple_of(result, 2) && tuple_element(result, 0) == atoms::const_;
  if (!constant && !is_tuple_of(result, 1)) return false;
  Term new_key = key_of_head(tuple_element(result, constant ? 1 : 0), key_position);
  if (new_key.is_none()) return false;
  if (same_value(key, new_key, constant)) return true;
  return !constant && is_tuple_of(new_key, 3) && tuple_element(new_key, 0) == atoms::element &&
         tuple_element(new_key, 1) == Term::small(static_cast<int64_t>(key_position)) && tuple_element(new_key, 2) == atoms::dollar;
}

}  // namespace athanor::match_spec
