// SPDX-License-Identifier: Apache-2.0
// Option lists of re:compile and re:run, and what is to be captured.
#include "bif/iodata.hpp"
#include "bif/regex.hpp"

namespace athanor::bif::regex {

namespace {

bool to_count(Term t, int64_t& value) {
  if (!t.is_small() || t.small_value() < 0 || t.small_value() > INT32_MAX) return false;
  value = t.small_value();
  return true;
}

bool newline(Term t, uint32_t& code) {
  if (t == atoms::cr) code = 1;
  else if (t == atoms::lf) code = 2;
  else if (t == atoms::crlf) code = 3;
  else if (t == atoms::any) code = 4;
  else if (t == atoms::anycrlf) code = 5;
  else return false;
  return true;
}

bool pair_option(Term key, Term value, Options& o) {
  if (key == atoms::capture) {
    o.capture = true;
    o.capture_values = value;
    o.capture_type = atoms::index;
    o.run_only = true;
    return true;
  }
  if (key == atoms::offset) {
    o.run_only = true;
    return to_count(value, o.offset);
  }
  if (key == atoms::match_limit) {
    o.run_only = true;
    return to_count(value, o.match_limit);
  }
  if (key == atoms::match_limit_recursion) {
    o.run_only = true;
    return to_count(value, o.depth_limit);
  }
  uint32_t code;
  if (key != atoms::newline || !newline(value, code)) return false;
  o.compile |= code << kNewlineShift;
  return true;
}

struct Row {
  Term atom;
  uint32_t compile, run;
};
constexpr Row kCompileOnly[] = {
    {atoms::unicode, kUtf, 0}, {atoms::caseless, kCaseless, 0}, {atoms::dollar_endonly, kDollarEndOnly, 0},
    {atoms::dotall, kDotAll, 0}, {atoms::extended, kExtended, 0}, {atoms::firstline, kFirstLine, 0},
    {atoms::multiline, kMultiLine, 0}, {atoms::no_auto_capture, kNoAutoCapture, 0}, {atoms::dupnames, kDupNames, 0},
    {atoms::ungreedy, kUngreedy, 0}, {atoms::no_start_optimize, kNoStartOptimize, 0}, {atoms::ucp, kUcp, 0},
    {atoms::never_utf, kNeverUtf, 0},
};
constexpr Row kRunOnly[] = {
    {atoms::notempty, 0, kNotEmpty}, {atoms::notempty_atstart, 0, kNotEmptyAtStart}, {atoms::notbol, 0, kNotBol},
    {atoms::noteol, 0, kNotEol}, {atoms::report_errors, 0, kReportErrors}, {atoms::global, 0, kGlobal},
};
constexpr Row kEither[] = {
    {atoms::anchored, kAnchored, kRunAnchored}, {atoms::bsr_anycrlf, kBsrAnyCrLf, 0}, {atoms::bsr_unicode, kBsrUnicode, 0},
};

template <size_t kCount>
bool take(const Row (&rows)[kCount], Term option, Options& o) {
  for (const Row& row : rows) {
    if (row.atom != option) continue;
    o.compile |= row.compile;
    o.run |= row.run;
    return true;
  }
  return false;
}

}  // namespace

bool parse_options(Term list, Options& o) {
  for (; list.is_list_cell(); list = list.tail()) {
    const Term option = list.head();
    if (is_tuple_of(option, 2)) {
      if (!pair_option(tuple_element(option, 0), tuple_element(option, 1), o)) return false;
    } else if (is_tuple_of(option, 3) && tuple_element(option, 0) == atoms::capture) {
      o.capture = true;
      o.run_only = true;
      o.capture_values = tuple_element(option, 1);
      o.capture_type = tuple_element(option, 2);
    } else if (take(kCompileOnly, option, o)) {
      o.compile_only = true;
    } else if (take(kRunOnly, option, o)) {
      o.run_only = true;
    } else if (!take(kEither, option, o)) {
      return false;
    }
  }
  o.unicode = (o.compile & kUtf) != 0;
  return list.is_nil();
}

void Captures::add_name(std::string_view name, const Compiled& pattern) {
  Item item;
  for (const auto& [known, group] : pattern.names) {
    if (known == name) item.groups.push_back(group);
  }
  items_.push_back(std::move(item));
}

bool Captures::read_values(Term values, const Compiled& pattern) {
  if (values == atoms::all) return true;
  if (values == atoms::none || values.is_nil()) {
    form_ = Form::None;
    return true;
  }
  if (values == atoms::all_but_first) {
    first_group_ = 1;
    return true;
  }
  has_items_ = true;
  if (values == atoms::first) {
    items_.push_back({{0}});
    return true;
  }
  if (values == atoms::all_names) {
    if (pattern.names.empty()) form_ = Form::None;
    for (size_t i = 0; i < pattern.names.size(); ++i) {
      if (i == 0 || !pattern.dup_names || pattern.names[i].first != pattern.names[i - 1].first) {
        if (pattern.dup_names) add_name(pattern.names[i].first, pattern);
        else items_.push_back({{pattern.names[i].second}});
      }
    }
    return true;
  }
  for (; values.is_list_cell(); values = values.tail()) {
    const Term value = values.head();
    if (value.is_small() && value.small_value() >= INT32_MIN && value.small_value() <= INT32_MAX) {
      items_.push_back({{static_cast<int>(value.small_value())}});
    } else if (value.is_atom()) {
      add_name(atom_text(value), pattern);
    } else {
      iodata::Flat name;
      if (name.read(value) != iodata::Measured::Ok) return false;
      std::string_view text(reinterpret_cast<const char*>(name.bytes()), name.size());
      add_name(text.substr(0, text.find('\0')), pattern);
    }
  }
  return values.is_nil();
}

bool Captures::read(const Options& options, const Compiled& pattern) {
  if (!options.capture) return true;
  if (options.capture_type == atoms::index) form_ = Form::Index;
  else if (options.capture_type == atoms::list) form_ = Form::List;
  else if (options.capture_type == atoms::binary) form_ = Form::Binary;
  else return false;
  return read_values(options.capture_values, pattern);
}

Term Captures::build(Process& self, Term subject_term, std::string_view subject, const RunResult& result) const {
  if (form_ == Form::None) return atoms::match;
  Allocator& heap = self.heap();
  // Parts of a large binary share it.
  const bool shares = is_bitstring(subject_term) && subject.size() > athanor::binary::kHeapBinaryMax;
  const auto one = [&](int group) -> Term {
    const bool set = group >= 0 && group < result.groups && result.places[2 * group] != SIZE_MAX;
    const size_t start = set ? result.places[2 * group] : 0;
    // \K in a look-ahead may put the start behind the end. OTP: the length is negative then.
    const size_t end = set ? result.places[2 * group + 1] : 0;
    if (form_ == Form::Index) {
      return make_tuple(heap, Term::small(set ? static_cast<int64_t>(start) : -1), Term::small(static_cast<int64_t>(end - start)));
    }
    const std::string_view text = end > start ? subject.substr(start, end - start) : std::string_view();
    if (form_ == Form::List) return latin1_list(heap, text);
    return shares ? athanor::binary::part(heap, subject_term, start * 8, text.size() * 8) : athanor::binary::from_text(heap, text);
  };
  std::vector<Term> terms;
  if (!has_items_) {
    for (int group = first_group_; group < result.groups; ++group) terms.push_back(one(group));
  }
  for (const Item& item : items_) {
    int chosen = item.groups.size() == 1 ? item.groups[0] : -1;
    for (size_t i = 0; item.groups.size() > 1 && i < item.groups.size(); ++i) {
      const int group = item.groups[i];
      if (group < result.groups && result.places[2 * group] != SIZE_MAX) {
        chosen = group;
        break;
      }
    }
    terms.push_back(one(chosen));
  }
  return make_tuple(heap, atoms::match, make_list(heap, terms.data(), terms.size()));
}

}  // namespace athanor::bif::regex
