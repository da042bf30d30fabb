// SPDX-License-Identifier: Apache-2.0
// Module re's natives over regex.hpp. What needs conversions of Unicode, or global matches, goes on in re.erl (urun, grun, ucompile).
#define ATH_FAMILY "bif/re.def"
#include "bif/bif.hpp"
#include "bif/declare.inc"

#include "bif/iodata.hpp"
#include "bif/regex.hpp"
#include "code/module.hpp"

namespace athanor::bif {

namespace {

code::Export* export_of(Term module, const char* function, uint32_t arity) {
  return static_cast<code::Export*>(current_term_context->host->export_of({module, intern(function), arity}));
}

std::string_view text_of(const iodata::Flat& flat) { return {reinterpret_cast<const char*>(flat.bytes()), flat.size()}; }

Term pattern_tuple(Allocator& heap, const regex::Compiled& pattern, bool unicode, std::string_view key) {
  const Term bytes = athanor::binary::from_text(heap, key);
  return make_tuple(heap, atoms::re_pattern, Term::small(pattern.capture_count), Term::small(unicode), Term::small(pattern.crlf_is_newline), bytes);
}

Term error_pair(Allocator& heap, const regex::CompileError& error) {
  const Term text = latin1_list(heap, error.text);
  return make_tuple(heap, text, Term::small(error.offset));
}

// {re_pattern, Groups, Unicode, Crlf, Key}; false: something else.
bool is_pattern(Term t) {
  return is_tuple_of(t, 5) && tuple_element(t, 0) == atoms::re_pattern && tuple_element(t, 1).is_small() &&
         tuple_element(t, 2).is_small() && tuple_element(t, 3).is_small() && athanor::binary::is_binary(tuple_element(t, 4));
}

BifResult compile(Process& self, Term source, Term option_list) {
  regex::Options options;
  if (!regex::parse_options(option_list, options) || options.run_only) return self.badarg_because(atoms::badopt);
  if (options.unicode && !is_bitstring(source)) return self.trap(export_of(atoms::re, "ucompile", 2), {source, option_list});
  iodata::Flat flat;
  if (flat.read(source) != iodata::Measured::Ok) return self.badarg();
  self.charge(flat.size() / 32 + 1);
  const std::string key = regex::make_key(options.compile, text_of(flat));
  regex::CompileError error;
  const regex::Compiled* pattern = regex::compiled(key, error);
  if (pattern == nullptr) return make_tuple(self.heap(), atoms::error, error_pair(self.heap(), error));
  return make_tuple(self.heap(), atoms::ok, pattern_tuple(self.heap(), *pattern, options.unicode, key));
}

BifResult finish(Process& self, const regex::Options& options, regex::Ran ran) {
  if (options.run & regex::kReportErrors) {
    if (ran == regex::Ran::MatchLimit) return make_tuple(self.heap(), atoms::error, atoms::match_limit);
    if (ran == regex::Ran::DepthLimit) return make_tuple(self.heap(), atoms::error, atoms::match_limit_recursion);
  }
  if (ran == regex::Ran::BadSubject) return self.badarg();
  if (ran == regex::Ran::Failed) return self.error(atoms::internal_error);
  return atoms::nomatch;
}

// Where a run finds its pattern, or an answer that replaces the run.
struct Prepared {
  std::string made_key;      // owns the key where it is not the term's
  athanor::binary::Scratch scratch;
  std::string_view key;
};

BifResult run(Process& self, Term subject, Term pattern_term, Term option_list, bool first, bool quick) {
  regex::Options options;
  if (!regex::parse_options(option_list, options)) return self.badarg_because(atoms::badopt);
  const bool global = (options.run & regex::kGlobal) != 0;
  const bool lists = options.capture && options.capture_type == atoms::list;
  // Lists of characters are made, and given, in re.erl where they are Unicode.
  const auto needs_conversion = [&](bool patterns_too) {
    return !is_bitstring(subject) || (patterns_too && !is_bitstring(pattern_term)) || (lists && !global);
  };
  const auto convert = [&] { return self.trap(export_of(atoms::re, "urun", 3), {subject, pattern_term, option_list}); };
  Prepared prepared;
  regex::CompileError error;
  const bool precompiled = is_tuple_of(pattern_term, 5);
  if (precompiled) {
    if (options.compile_only || !is_pattern(pattern_term)) return self.badarg();
    if (tuple_element(pattern_term, 2).small_value() != 0 && needs_conversion(false)) return convert();
    if (global) {
      const Term rest = make_tuple(self.heap(), option_list, atoms::false_);
      return self.trap(export_of(atoms::re, "grun", 3), {subject, pattern_term, rest});
    }
    prepared.key = athanor::binary::bytes_of(tuple_element(pattern_term, 4), prepared.scratch);
    uint32_t flags;
    std::string_view source;
    if (!regex::is_key(prepared.key, flags, source)) return self.badarg();
    constexpr uint32_t kLines = regex::kNewlineMask | regex::kBsrAnyCrLf | regex::kBsrUnicode;
    if (options.compile & kLines) {   // line ends of this run differ from the pattern's
      if (options.compile & regex::kNewlineMask) flags &= ~static_cast<uint32_t>(regex::kNewlineMask);
      if (options.compile & (regex::kBsrAnyCrLf | regex::kBsrUnicode)) flags &= ~static_cast<uint32_t>(regex::kBsrAnyCrLf | regex::kBsrUnicode);
      prepared.made_key = regex::make_key(flags | (options.compile & kLines), source);
      prepared.key = prepared.made_key;
    }
  } else {
    if (!is_bitstring(pattern_term) && !pattern_term.is_list()) return self.badarg();
    if (options.unicode && needs_conversion(true)) return convert();
    iodata::Flat flat;
    if (flat.read(pattern_term) != iodata::Measured::Ok) return self.badarg();
    prepared.made_key = regex::make_key(options.compile, text_of(flat));
    prepared.key = prepared.made_key;
  }
  regex::Compiled* pattern = regex::compiled(prepared.key, error);
  if (pattern == nullptr) {
    if (precompiled || !(options.run & regex::kReportErrors)) return self.badarg();
    return make_tuple(self.heap(), atoms::error, make_tuple(self.heap(), atoms::compile, error_pair(self.heap(), error)));
  }
  if (global) {
    const Term compiled = pattern_tuple(self.heap(), *pattern, options.unicode, prepared.key);
    const Term rest = make_tuple(self.heap(), option_list, boolean(options.compile_only), pattern_term);
    return self.trap(export_of(atoms::re, "grun", 3), {subject, compiled, rest});
  }
  regex::Captures captures;
  if (!captures.read(options, *pattern)) return self.badarg();
  iodata::Flat flat;
  if (flat.read(subject) != iodata::Measured::Ok) return self.badarg();
  const std::string_view text = text_of(flat);
  const regex::RunResult result = regex::run(*pattern, text, options, !first, quick);
  self.charge(1 + (text.size() - std::min(text.size(), static_cast<size_t>(options.offset))) / 2048);
  if (result.ran == regex::Ran::QuickLimit) {
    self.charge(1000);
    return self.trap(export_of(atoms::erts_internal, "ath_re_run", 4), {subject, pattern_term, option_list, boolean(first)});
  }
  if (result.ran != regex::Ran::Match) return finish(self, options, result.ran);
  return captures.build(self, subject, text, result);
}

}  // namespace

namespace re {

BifResult version_0(Process& self, const Term*) { return athanor::binary::from_text(self.heap(), regex::version()); }
BifResult compile_1(Process& self, const Term* args) { return compile(self, args[0], Term::nil()); }
BifResult compile_2(Process& self, const Term* args) { return compile(self, args[0], args[1]); }
BifResult run_2(Process& self, const Term* args) { return run(self, args[0], args[1], Term::nil(), true, true); }
BifResult run_3(Process& self, const Term* args) { return run(self, args[0], args[1], args[2], true, true); }

BifResult internal_run_4(Process& self, const Term* args) {
  if (args[3] != atoms::true_ && args[3] != atoms::false_) return self.badarg();
  return run(self, args[0], args[1], args[2], args[3] == atoms::true_, true);
}

BifResult inspect_2(Process& self, const Term* args) {
  if (!is_pattern(args[0]) || args[1] != atoms::namelist) return self.badarg();
  athanor::binary::Scratch scratch;
  regex::CompileError error;
  const regex::Compiled* pattern = regex::compiled(athanor::binary::bytes_of(tuple_element(args[0], 4), scratch), error);
  if (pattern == nullptr) return self.badarg();
  std::vector<Term> names;
  for (size_t i = 0; i < pattern->names.size(); ++i) {
    if (i != 0 && pattern->dup_names && pattern->names[i].first == pattern->names[i - 1].first) continue;
    names.push_back(athanor::binary::from_text(self.heap(), pattern->names[i].first));
  }
  return make_tuple(self.heap(), atoms::namelist, make_list(self.heap(), names.data(), names.size()));
}

}  // namespace re

namespace erts_internal {

BifResult ath_re_run_4(Process& self, const Term* args) {
  return run(self, args[0], args[1], args[2], args[3] == atoms::true_, false);
}

}  // namespace erts_internal
}  // namespace athanor::bif
