// SPDX-License-Identifier: Apache-2.0
#include "io/socket/arguments.hpp"

#include <climits>

#include "term/map.hpp"

namespace athanor::io::socket {

bool read_int(Term term, int& value) {
  if (!term.is_small() || term.small_value() < INT_MIN || term.small_value() > INT_MAX) return false;
  value = static_cast<int>(term.small_value());
  return true;
}

bool read_unsigned(Term term, unsigned& value) {
  if (!term.is_small() || term.small_value() < 0 || term.small_value() > UINT_MAX) return false;
  value = static_cast<unsigned>(term.small_value());
  return true;
}

bool read_boolean(Term term, bool& value) {
  value = term == atoms::true_;
  return value || term == atoms::false_;
}

bool read_latin1(Term list, std::string& text) {
  text.clear();
  for (; list.is_list_cell(); list = list.tail()) {
    Term item = list.head();
    if (!item.is_small() || item.small_value() < 0 || item.small_value() > 255) return false;
    text += static_cast<char>(item.small_value());
  }
  return list.is_nil();
}

bool read_boolean_in(Term map, Term key, bool otherwise) {
  bool value;
  Term found = map::get(map, key);
  return !found.is_none() && read_boolean(found, value) ? value : otherwise;
}

Term make_map(Allocator& heap, std::initializer_list<std::pair<Term, Term>> pairs) {
  Term flat[40];
  ATH_ASSERT(pairs.size() <= 20);
  size_t count = 0;
  for (auto [key, value] : pairs) {
    if (value.is_none()) continue;
    flat[2 * count] = key;
    flat[2 * count + 1] = value;
    ++count;
  }
  return map::from_pairs(heap, flat, count);
}

Term ok(Allocator& heap, Term value) { return bif::make_tuple(heap, atoms::ok, value); }
Term failed(Allocator& heap, Term reason) { return bif::make_tuple(heap, atoms::error, reason); }
Term invalid(Allocator& heap, Term what) { return bif::make_tuple(heap, atoms::invalid, what); }
Term failed_invalid(Allocator& heap, Term what) { return failed(heap, invalid(heap, what)); }
BifResult raise_invalid(Process& self, Term what) { return self.error(invalid(self.heap(), what)); }

BifResult not_an_int(Process& self, Term term) {
  if (!is_integer(term)) return self.badarg();
  return invalid(self.heap(), bif::make_tuple(self.heap(), atoms::integer_range, term));
}

}  // namespace athanor::io::socket
