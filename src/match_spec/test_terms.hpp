// SPDX-License-Identifier: Apache-2.0
// For unit tests: terms from Erlang text (atoms, integers, floats, strings, lists, tuples, maps). Trusts its input.
#pragma once

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "term/allocator.hpp"
#include "term/boxed.hpp"
#include "term/context.hpp"
#include "term/integer.hpp"
#include "term/map.hpp"

namespace athanor::testing {

class TermText {
 public:
  TermText(Allocator& heap, std::string_view text) : heap_(heap), rest_(text) {}
  Term parse() {
    skip();
    char c = rest_.front();
    if (c == '{') return tuple();
    if (c == '[') return list();
    if (c == '#') return map();
    if (c == '"') return string();
    if (c == '\'') {
      size_t end = rest_.find('\'', 1);
      Term atom = intern(rest_.substr(1, end - 1));
      rest_.remove_prefix(end + 1);
      return atom;
    }
    size_t end = rest_.find_first_of(",|]}= \n");
    std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(word.size());
    if (c != '-' && (c < '0' || c > '9')) return intern(word);
    bool too_large = false;
    if (word.find('.') == word.npos) return integer::parse(heap_, word.data(), word.size(), 10, too_large);
    double value = 0;
    std::from_chars(word.data(), word.data() + word.size(), value);
    return make_float(heap_.allocate(kFloatWords), value);
  }

 private:
  void skip() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == ',' || rest_.front() == '\n')) rest_.remove_prefix(1);
  }
  bool take(char c) {
    skip();
    if (rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  Term tuple() {
    std::vector<Term> elements;
    for (rest_.remove_prefix(1); !take('}');) elements.push_back(parse());
    Term* place = heap_.allocate(elements.size() + 1);
    place[0].raw = tuple_header(elements.size());
    for (size_t i = 0; i < elements.size(); ++i) place[i + 1] = elements[i];
    return Term::boxed(place);
  }
  Term list() {
    std::vector<Term> items;
    Term tail = Term::nil();
    for (rest_.remove_prefix(1); !take(']');) {
      if (take('|')) tail = parse();
      else items.push_back(parse());
    }
    for (size_t i = items.size(); i-- > 0;) tail = make_cons(heap_.allocate(2), items[i], tail);
    return tail;
  }
  Term string() {
    size_t end = rest_.find('"', 1);
    Term list = Term::nil();
    for (size_t i = end; i-- > 1;) list = make_cons(heap_.allocate(2), Term::small(rest_[i]), list);
    rest_.remove_prefix(end + 1);
    return list;
  }
  Term map() {
    std::vector<Term> pairs;
    for (rest_.remove_prefix(2); !take('}');) {
      pairs.push_back(parse());
      skip();
      rest_.remove_prefix(2);   // =>
      pairs.push_back(parse());
    }
    return map::from_pairs(heap_, pairs.data(), pairs.size() / 2);
  }

  Allocator& heap_;
  std::string_view rest_;
};

inline Term term_of(Allocator& heap, std::string_view text) { return TermText(heap, text).parse(); }

}  // namespace athanor::testing
