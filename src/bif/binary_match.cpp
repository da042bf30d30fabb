// SPDX-License-Identifier: Apache-2.0
// Searching natives of module binary: match, matches, split, compile_pattern.
#define ATH_FAMILY "bif/binary.def"
#include "bif/bif.hpp"
#include "bif/declare.inc"

#include <vector>

#include "bif/binary_part.hpp"
#include "bif/binary_search.hpp"
#include "bif/magic.hpp"

namespace athanor::bif::binary {

namespace bits = athanor::binary;

namespace {

// Holds a count of a pattern while it is used.
class PatternHold {
 public:
  PatternHold() = default;
  ~PatternHold() { if (pattern_ != nullptr) pattern_->release(); }
  PatternHold(const PatternHold&) = delete;
  PatternHold& operator=(const PatternHold&) = delete;
  void adopt(search::Pattern* pattern) { pattern_ = pattern; }
  const search::Pattern& operator*() const { return *pattern_; }
  search::Pattern* get() const { return pattern_; }

 private:
  search::Pattern* pattern_ = nullptr;
};

bool add_needle(Term t, std::vector<std::string>& needles) {
  if (!is_bitstring(t)) return false;
  const uint64_t size = bits::bit_size(t);
  if (size == 0 || size % 8 != 0) return false;
  bits::Scratch scratch;
  needles.emplace_back(bits::bytes_of(t, scratch));
  return true;
}

// OTP: the tags name the algorithms of the stock VM.
Term tag_of(const search::Pattern& pattern) { return pattern.is_single() ? atoms::bm : intern("ac"); }

bool read_pattern(Term t, PatternHold& hold) {
  if (is_tuple_of(t, 2)) {
    auto* pattern = magic_as<search::Pattern>(tuple_element(t, 1));
    if (pattern == nullptr || tuple_element(t, 0) != tag_of(*pattern)) return false;
    pattern->retain();
    hold.adopt(pattern);
    return true;
  }
  std::vector<std::string> needles;
  if (t.is_list_cell()) {
    for (; t.is_list_cell(); t = t.tail()) {
      if (!add_needle(t.head(), needles)) return false;
    }
    if (!t.is_nil()) return false;
  } else if (!add_needle(t, needles)) {
    return false;
  }
  hold.adopt(new search::Pattern(std::move(needles)));
  return true;
}

struct Options {
  Term scope_start, scope_length;   // none(): everything
  bool global = false, trim = false, trim_all = false;
};

bool read_options(Term list, bool for_split, Options& options) {
  for (; list.is_list_cell(); list = list.tail()) {
    const Term option = list.head();
    if (is_tuple_of(option, 2) && tuple_element(option, 0) == atoms::scope && is_tuple_of(tuple_element(option, 1), 2)) {
      options.scope_start = tuple_element(tuple_element(option, 1), 0);
      options.scope_length = tuple_element(tuple_element(option, 1), 1);
    } else if (for_split && option == atoms::global) {
      options.global = true;
    } else if (for_split && option == atoms::trim) {
      options.trim = true;
    } else if (for_split && option == atoms::trim_all) {
      options.trim_all = true;
    } else {
      return false;
    }
  }
  return list.is_nil();
}

// What every search starts from.
struct Search {
  bits::Scratch scratch;
  std::string_view subject;   // up to the end of the scope
  size_t from = 0;
  size_t size = 0;            // of the whole subject
  PatternHold pattern;
  Options options;
  bool find(search::Found& found) const { return from < subject.size() && (*pattern).find(subject, from, found); }
};

bool prepare(Term subject, Term pattern, Term options, bool for_split, Search& s) {
  if (!is_bitstring(subject) || bits::bit_size(subject) % 8 != 0) return false;
  if (!read_options(options, for_split, s.options)) return false;
  s.subject = bits::bytes_of(subject, s.scratch);
  s.size = s.subject.size();
  if (!s.options.scope_start.is_none()) {
    uint64_t start, count;
    if (!part_of(s.options.scope_start, s.options.scope_length, s.subject.size(), start, count)) return false;
    s.from = start;
    s.subject = s.subject.substr(0, start + count);
  }
  return s.from >= s.subject.size() || read_pattern(pattern, s.pattern);   // OTP: where nothing is searched no pattern is looked at
}

Term place(Allocator& heap, const search::Found& found) {
  return make_tuple(heap, Term::small(static_cast<int64_t>(found.start)), Term::small(static_cast<int64_t>(found.length)));
}

BifResult match(Process& self, Term subject, Term pattern, Term options) {
  Search s;
  if (!prepare(subject, pattern, options, false, s)) return self.badarg();
  search::Found found;
  const bool any = s.find(found);
  self.charge((any ? found.start - s.from : s.subject.size() - s.from) / 4096);
  return any ? place(self.heap(), found) : atoms::nomatch;
}

BifResult matches(Process& self, Term subject, Term pattern, Term options) {
  Search s;
  if (!prepare(subject, pattern, options, false, s)) return self.badarg();
  std::vector<Term> all;
  self.charge((s.subject.size() - s.from) / 4096);
  for (search::Found found; s.find(found); s.from = found.start + found.length) all.push_back(place(self.heap(), found));
  self.charge(all.size() / 16);
  return make_list(self.heap(), all.data(), all.size());
}

BifResult split(Process& self, Term subject, Term pattern, Term options) {
  Search s;
  if (!prepare(subject, pattern, options, true, s)) return self.badarg();
  self.charge((s.subject.size() - s.from) / 4096);
  std::vector<search::Found> parts;
  size_t start = 0;
  for (search::Found found; s.find(found); s.from = start) {
    parts.push_back({start, found.start - start});
    start = found.start + found.length;
    if (!s.options.global) break;
  }
  parts.push_back({start, s.size - start});
  if (s.options.trim || s.options.trim_all) {
    while (!parts.empty() && parts.back().length == 0) parts.pop_back();
  }
  std::vector<Term> terms;
  terms.reserve(parts.size());
  for (const search::Found& part : parts) {
    if (s.options.trim_all && part.length == 0) continue;
    terms.push_back(bits::part(self.heap(), subject, part.start * 8, part.length * 8));
  }
  self.charge(terms.size() / 16);
  return make_list(self.heap(), terms.data(), terms.size());
}

}  // namespace

BifResult compile_pattern_1(Process& self, const Term* args) {
  PatternHold hold;
  if (is_tuple(args[0]) || !read_pattern(args[0], hold)) return self.badarg();
  const Term reference = make_magic_reference(self, hold.get());
  return make_tuple(self.heap(), tag_of(*hold), reference);
}

BifResult match_2(Process& self, const Term* args) { return match(self, args[0], args[1], Term::nil()); }
BifResult match_3(Process& self, const Term* args) { return match(self, args[0], args[1], args[2]); }
BifResult matches_2(Process& self, const Term* args) { return matches(self, args[0], args[1], Term::nil()); }
BifResult matches_3(Process& self, const Term* args) { return matches(self, args[0], args[1], args[2]); }
BifResult split_2(Process& self, const Term* args) { return split(self, args[0], args[1], Term::nil()); }
BifResult split_3(Process& self, const Term* args) { return split(self, args[0], args[1], args[2]); }

}  // namespace athanor::bif::binary
