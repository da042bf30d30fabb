// SPDX-License-Identifier: Apache-2.0
// Regular expressions behind module re: options, compiled patterns, errors. PCRE2 does the work and is made to look like the
// PCRE 8.44 of the stock VM: Latin-1 tables, its error texts and offsets, its leniency.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bif/bif.hpp"

struct pcre2_real_code_8;
struct pcre2_real_match_data_8;

namespace athanor::bif::regex {

// Compile options: part of a pattern's identity, kept in the binary that Erlang sees. Numbers must not change.
enum CompileFlag : uint32_t {
  kUtf = 1 << 0, kAnchored = 1 << 1, kCaseless = 1 << 2, kDollarEndOnly = 1 << 3, kDotAll = 1 << 4, kExtended = 1 << 5,
  kFirstLine = 1 << 6, kMultiLine = 1 << 7, kNoAutoCapture = 1 << 8, kDupNames = 1 << 9, kUngreedy = 1 << 10,
  kNoStartOptimize = 1 << 11, kUcp = 1 << 12, kNeverUtf = 1 << 13,
  kNewlineShift = 16,   // three bits: 0 default (LF), 1 CR, 2 LF, 3 CRLF, 4 any, 5 CR, LF or CRLF
  kNewlineMask = 7 << kNewlineShift,
  kBsrAnyCrLf = 1 << 19, kBsrUnicode = 1 << 20,
};
// Options of a run.
enum RunFlag : uint32_t {
  kRunAnchored = 1, kNotEmpty = 2, kNotEmptyAtStart = 4, kNotBol = 8, kNotEol = 16, kReportErrors = 32, kGlobal = 64,
};

struct Options {
  uint32_t compile = 0;
  uint32_t run = 0;
  bool compile_only = false;   // has options that only compiling takes
  bool run_only = false;
  bool unicode = false;        // as asked for by the option
  int64_t offset = 0;
  int64_t match_limit = -1, depth_limit = -1;   // -1: not given
  bool capture = false;
  Term capture_values, capture_type;
};
bool parse_options(Term list, Options& options);   // false: badopt

struct CompileError {
  const char* text = "";
  int64_t offset = 0;
};

// A pattern ready to run. Owned by the calling thread's cache.
struct Compiled {
  ~Compiled();
  pcre2_real_code_8* code = nullptr;
  pcre2_real_match_data_8* match_data = nullptr;
  uint32_t flags = 0;
  uint32_t capture_count = 0;
  bool utf = false;
  bool dup_names = false;
  bool crlf_is_newline = false;
  bool jit_tried = false;
  uint32_t uses = 0;
  std::vector<std::pair<std::string, int>> names;   // sorted by name
};

// What Erlang keeps as the fifth element of {re_pattern, …}: all that is needed to compile again, anywhere.
std::string make_key(uint32_t flags, std::string_view source);
bool is_key(std::string_view bytes, uint32_t& flags, std::string_view& source);

// The pattern of this key, compiled at most once while it stays in the thread's cache. Valid until the next call on this
// thread. Null: error says why.
Compiled* compiled(std::string_view key, CompileError& error);

// The version re:version/0 tells: PCRE2's own, so that code compiled elsewhere (Elixir's sigils) is compiled anew.
std::string_view version();

// Error of PCRE2 as PCRE 8.44 would have told it.
CompileError translate_error(int code, size_t offset, std::string_view source);

enum class Ran : uint8_t { Match, NoMatch, MatchLimit, DepthLimit, QuickLimit, BadSubject, Failed };
struct RunResult {
  Ran ran = Ran::NoMatch;
  int groups = 0;                   // one more than the highest group set
  const size_t* places = nullptr;   // pairs; SIZE_MAX: unset. Valid until the pattern is used again
};
// `quick`: stop early (QuickLimit) when it takes long. `checked`: the subject is known to be well-formed UTF-8.
RunResult run(Compiled& pattern, std::string_view subject, const Options& options, bool checked, bool quick);

// The answer of re:run for a match; none(): a bad capture specification.
class Captures {
 public:
  bool read(const Options& options, const Compiled& pattern);   // false: badarg
  Term build(Process& self, Term subject_term, std::string_view subject, const RunResult& result) const;

 private:
  enum class Form : uint8_t { Index, List, Binary, None };
  struct Item { std::vector<int> groups; };   // several for a duplicate name: the first one that is set
  bool read_values(Term values, const Compiled& pattern);
  void add_name(std::string_view name, const Compiled& pattern);
  Form form_ = Form::Index;
  int first_group_ = 0;         // without items: all from here
  bool has_items_ = false;
  std::vector<Item> items_;
};

}  // namespace athanor::bif::regex
