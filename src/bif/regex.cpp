// SPDX-License-Identifier: Apache-2.0
// Compiling and running patterns with PCRE2. Each thread keeps the patterns it used lately, so nothing is shared or locked; what
// Erlang holds is only a pattern's source and options.
#define PCRE2_CODE_UNIT_WIDTH 8
#include "bif/regex.hpp"

#include <pcre2.h>

#include <cstring>
#include <list>
#include <unordered_map>

#include "bif/utf8.hpp"

namespace athanor::bif::regex {

namespace {

constexpr std::string_view kMagic = "ATHRE\1";
constexpr size_t kHeaderBytes = kMagic.size() + 4;
constexpr size_t kCachedPatterns = 128;
constexpr uint32_t kUsesBeforeJit = 3;       // compiling to machine code costs more than a few matches
constexpr uint32_t kQuickLimit = 100000;     // on a scheduler: some milliseconds
constexpr uint32_t kMatchLimit = 10000000;   // OTP: the stock VM's default

constexpr uint32_t kGroupDepth = 798;         // OTP: deeper groups overflow PCRE 8.44's workspace

// The C locale's tables with Latin-1 letters added: OTP compiles PCRE with those.
struct Tables {
  static constexpr int kClassOffset = 512, kTypeOffset = 512 + 320;
  const uint8_t* bytes = nullptr;
  Tables() {
    const uint8_t* made = pcre2_maketables(nullptr);
    auto* t = const_cast<uint8_t*>(made);
    enum { kUpper = 96, kLower = 128, kWord = 160, kGraph = 192, kPrint = 224, kPunct = 256, kControl = 288 };
    const auto set = [t](int klass, int c) { t[kClassOffset + klass + c / 8] = static_cast<uint8_t>(t[kClassOffset + klass + c / 8] | 1 << c % 8); };
    for (int c = 0x80; c <= 0xFF; ++c) {
      const bool upper = c >= 0xC0 && c <= 0xDE && c != 0xD7;
      const bool lower = (c >= 0xDF && c != 0xF7) || c == 0xAA || c == 0xB5 || c == 0xBA;
      if (upper) {
        t[c] = t[256 + c] = static_cast<uint8_t>(c + 32);
        set(kUpper, c);
      }
      if (lower) set(kLower, c);
      if (c >= 0xE0 && c != 0xF7 && c != 0xFF) t[256 + c] = static_cast<uint8_t>(c - 32);
      if (upper || lower) {
        set(kWord, c);
        t[kTypeOffset + c] = t[kTypeOffset + (upper ? 'Z' : 'z')];
      }
      if (c <= 0x9F) {
        set(kControl, c);
      } else {
        set(kGraph, c);
        set(kPrint, c);
        if (!upper && !lower) set(kPunct, c);
      }
    }
    set(kControl, 0x7F);
    bytes = made;
  }
  ~Tables() { pcre2_maketables_free(nullptr, bytes); }
};

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

// What a thread keeps. No state of the machine: all of it follows from the patterns.
struct ThreadCache {
  Tables tables;
  struct Entry {
    std::unique_ptr<Compiled> pattern;
    std::list<const std::string*>::iterator place;
  };
  std::unordered_map<std::string, Entry, TextHash, std::equal_to<>> patterns;
  std::list<const std::string*> keys;   // of them, the one used last first
  pcre2_match_context* match_context = pcre2_match_context_create(nullptr);
  pcre2_jit_stack* jit_stack = nullptr;

  ~ThreadCache() {
    patterns.clear();
    pcre2_match_context_free(match_context);
    pcre2_jit_stack_free(jit_stack);
  }
  Compiled* find(std::string_view key) {
    auto found = patterns.find(key);
    if (found == patterns.end()) return nullptr;
    keys.splice(keys.begin(), keys, found->second.place);
    return found->second.pattern.get();
  }
  Compiled* add(std::string_view key, std::unique_ptr<Compiled> pattern) {
    if (patterns.size() == kCachedPatterns) {
      patterns.erase(patterns.find(*keys.back()));
      keys.pop_back();
    }
    auto place = patterns.emplace(std::string(key), Entry{std::move(pattern), {}}).first;
    keys.push_front(&place->first);
    place->second.place = keys.begin();
    return place->second.pattern.get();
  }
};

ThreadCache& cache() {
  static thread_local ThreadCache current;
  return current;
}

struct FlagRow {
  uint32_t flag;
  uint32_t option;
};
constexpr FlagRow kFlags[] = {
    {kUtf, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF},   // never undefined behaviour, whatever the subject
    {kAnchored, PCRE2_ANCHORED}, {kCaseless, PCRE2_CASELESS}, {kDollarEndOnly, PCRE2_DOLLAR_ENDONLY}, {kDotAll, PCRE2_DOTALL},
    {kExtended, PCRE2_EXTENDED}, {kFirstLine, PCRE2_FIRSTLINE}, {kMultiLine, PCRE2_MULTILINE},
    {kNoAutoCapture, PCRE2_NO_AUTO_CAPTURE}, {kDupNames, PCRE2_DUPNAMES}, {kUngreedy, PCRE2_UNGREEDY},
    {kNoStartOptimize, PCRE2_NO_START_OPTIMIZE}, {kUcp, PCRE2_UCP}, {kNeverUtf, PCRE2_NEVER_UTF},
};
constexpr uint32_t kNewlines[] = {PCRE2_NEWLINE_LF, PCRE2_NEWLINE_CR, PCRE2_NEWLINE_LF, PCRE2_NEWLINE_CRLF, PCRE2_NEWLINE_ANY, PCRE2_NEWLINE_ANYCRLF};

// Takes (*UTF8) and (*UTF) out of the verbs that start a pattern: they become the flag.
bool take_utf_verb(std::string& source) {
  for (size_t at = 0; source.compare(at, 2, "(*") == 0;) {
    const size_t end = source.find(')', at);
    if (end == std::string::npos) return false;
    const std::string_view verb(source.data() + at + 2, end - at - 2);
    if (verb == "UTF8" || verb == "UTF") {
      source.erase(at, end + 1 - at);
      return true;
    }
    at = end + 1;
  }
  return false;
}

// Patterns that PCRE 8.44 takes and PCRE2 does not: a hyphen behind a class escape, \8 without such a group, an escape that means
// nothing in a class and is its letter there, \c before what cannot be printed. False: no such.
bool make_acceptable(std::string& source, int code, size_t offset) {
  if (offset == 0 || offset > source.size()) return false;
  if (code == PCRE2_ERROR_CLASS_INVALID_RANGE && offset < source.size() && source[offset] == '-') {
    source.insert(offset, 1, '\\');
    return true;
  }
  if (code == PCRE2_ERROR_BAD_SUBPATTERN_REFERENCE && source[offset - 1] == '\\' && offset < source.size() &&
      (source[offset] == '8' || source[offset] == '9')) {
    source.erase(offset - 1, 1);
    return true;
  }
  if (code == PCRE2_ERROR_ESCAPE_INVALID_IN_CLASS) {
    const size_t backslash = source[offset - 1] == '\\' ? offset - 1 : offset - 2;
    if (backslash >= source.size() || source[backslash] != '\\') return false;
    source.erase(backslash, 1);
    return true;
  }
  if (code == PCRE2_ERROR_BACKSLASH_C_SYNTAX) {
    for (size_t at = offset; at-- > 0 && at + 3 >= offset;) {
      if (source.compare(at, 2, "\\c") != 0 || at + 2 >= source.size()) continue;
      const auto control = static_cast<unsigned char>(source[at + 2]);
      if (control > 127) return false;
      constexpr std::string_view kDigits = "0123456789abcdef";
      const char text[] = {'\\', 'x', kDigits[(control ^ 0x40u) >> 4], kDigits[(control ^ 0x40u) & 15]};
      source.replace(at, 3, text, sizeof(text));
      return true;
    }
  }
  return false;
}

pcre2_code* compile_source(uint32_t flags, std::string_view original, CompileError& error) {
  std::string source(original.substr(0, original.find('\0')));   // OTP: a zero byte ends the pattern
  const std::string shown = source;
  uint32_t options = 0;
  if (take_utf_verb(source)) flags |= kUtf;
  for (const FlagRow& row : kFlags) {
    if (flags & row.flag) options |= row.option;
  }
  // PCRE2's table of first bytes leaves out Latin-1 letters above 127, which \w takes here; PCRE without pcre_study has no such table.
  if ((flags & kUtf) && !(flags & kUcp) && source.find("\\w") != std::string::npos) options |= PCRE2_NO_START_OPTIMIZE;
  const uint32_t newline = (flags & kNewlineMask) >> kNewlineShift;
  if (newline >= std::size(kNewlines) || ((flags & kBsrAnyCrLf) && (flags & kBsrUnicode))) {
    error = {"inconsistent NEWLINE options", 0};
    return nullptr;
  }
  pcre2_compile_context* context = pcre2_compile_context_create(nullptr);
  pcre2_set_newline(context, kNewlines[newline]);
  pcre2_set_bsr(context, flags & kBsrAnyCrLf ? PCRE2_BSR_ANYCRLF : PCRE2_BSR_UNICODE);
  pcre2_set_character_tables(context, cache().tables.bytes);
  pcre2_set_parens_nest_limit(context, kGroupDepth);
  pcre2_set_compile_extra_options(context, PCRE2_EXTRA_ALLOW_LOOKAROUND_BSK);
  pcre2_code* code = nullptr;
  int first_error = 0;
  size_t first_offset = 0;
  bool lenient = false;
  for (size_t attempts = 0; attempts < original.size() + 4; ++attempts) {
    int number;
    PCRE2_SIZE offset;
    code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(source.data()), source.size(), options, &number, &offset, context);
    if (code != nullptr) break;
    if (attempts == 0) {
      first_error = number;
      first_offset = offset;
    }
    if (number == PCRE2_ERROR_UNKNOWN_ESCAPE && !lenient) {   // \y is y
      lenient = true;
      pcre2_set_compile_extra_options(context, PCRE2_EXTRA_ALLOW_LOOKAROUND_BSK | PCRE2_EXTRA_BAD_ESCAPE_IS_LITERAL);
    } else if (!make_acceptable(source, number, offset)) {
      // An edited source has other offsets; the first error is as good as this one unless it was one we mended.
      if (attempts > 0 && !(first_error == PCRE2_ERROR_CLASS_INVALID_RANGE || first_error == PCRE2_ERROR_UNKNOWN_ESCAPE)) number = first_error;
      error = translate_error(number, attempts == 0 ? first_offset : offset, attempts == 0 ? shown : source);
      break;
    }
  }
  pcre2_compile_context_free(context);
  return code;
}

void read_names(Compiled& pattern) {
  uint32_t count = 0, entry_bytes = 0;
  PCRE2_SPTR table = nullptr;
  pcre2_pattern_info(pattern.code, PCRE2_INFO_NAMECOUNT, &count);
  pcre2_pattern_info(pattern.code, PCRE2_INFO_NAMEENTRYSIZE, &entry_bytes);
  pcre2_pattern_info(pattern.code, PCRE2_INFO_NAMETABLE, &table);
  for (uint32_t i = 0; i < count; ++i, table += entry_bytes) {
    pattern.names.emplace_back(reinterpret_cast<const char*>(table + 2), table[0] << 8 | table[1]);
  }
}

std::unique_ptr<Compiled> make_compiled(uint32_t flags, std::string_view source, CompileError& error) {
  pcre2_code* code = compile_source(flags, source, error);
  if (code == nullptr) return nullptr;
  auto pattern = std::make_unique<Compiled>();
  pattern->code = code;
  pattern->flags = flags;
  pattern->match_data = pcre2_match_data_create_from_pattern(code, nullptr);
  uint32_t newline = 0, options = 0;
  pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &pattern->capture_count);
  pcre2_pattern_info(code, PCRE2_INFO_NEWLINE, &newline);
  pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options);
  pattern->utf = (options & PCRE2_UTF) != 0;
  pattern->dup_names = (flags & kDupNames) != 0;
  pattern->crlf_is_newline = newline == PCRE2_NEWLINE_CRLF || newline == PCRE2_NEWLINE_ANY || newline == PCRE2_NEWLINE_ANYCRLF;
  read_names(*pattern);
  return pattern;
}

}  // namespace

Compiled::~Compiled() {
  pcre2_match_data_free(match_data);
  pcre2_code_free(code);
}

std::string make_key(uint32_t flags, std::string_view source) {
  std::string key(kMagic);
  for (int shift = 0; shift < 32; shift += 8) key.push_back(static_cast<char>(flags >> shift));
  return key.append(source);
}

bool is_key(std::string_view bytes, uint32_t& flags, std::string_view& source) {
  if (bytes.size() < kHeaderBytes || !bytes.starts_with(kMagic)) return false;
  flags = 0;
  for (int i = 3; i >= 0; --i) flags = flags << 8 | static_cast<uint8_t>(bytes[kMagic.size() + static_cast<size_t>(i)]);
  source = bytes.substr(kHeaderBytes);
  return true;
}

Compiled* compiled(std::string_view key, CompileError& error) {
  ThreadCache& c = cache();
  if (Compiled* known = c.find(key)) return known;
  uint32_t flags;
  std::string_view source;
  if (!is_key(key, flags, source)) return nullptr;
  std::unique_ptr<Compiled> pattern = make_compiled(flags, source, error);
  return pattern == nullptr ? nullptr : c.add(key, std::move(pattern));
}

std::string_view version() {
  static const std::string text = [] {
    char buffer[64] = {};
    pcre2_config(PCRE2_CONFIG_VERSION, buffer);
    return std::string(buffer);
  }();
  return text;
}

RunResult run(Compiled& pattern, std::string_view subject, const Options& options, bool checked, bool quick) {
  const auto offset = static_cast<size_t>(options.offset);
  if (offset > subject.size()) return {Ran::Failed};
  if (pattern.utf && !checked) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(subject.data());
    if (!is_valid_utf8(bytes, subject.size())) return {Ran::BadSubject};
    if (offset < subject.size() && (bytes[offset] & 0xC0) == 0x80) return {Ran::BadSubject};
  }
  ThreadCache& c = cache();
  const bool limited = options.match_limit >= 0 || options.depth_limit >= 0;   // only the interpreter counts as PCRE 8.44 does
  if (!pattern.jit_tried && !limited && ++pattern.uses >= kUsesBeforeJit) {
    pattern.jit_tried = true;
    if (pcre2_jit_compile(pattern.code, PCRE2_JIT_COMPLETE) == 0 && c.jit_stack == nullptr) {
      c.jit_stack = pcre2_jit_stack_create(32 * 1024, 1024 * 1024, nullptr);
      pcre2_jit_stack_assign(c.match_context, nullptr, c.jit_stack);
    }
  }
  const uint32_t asked = options.match_limit >= 0 ? static_cast<uint32_t>(options.match_limit) : kMatchLimit;
  const bool cut = quick && asked > kQuickLimit;
  pcre2_set_match_limit(c.match_context, cut ? kQuickLimit : asked);
  pcre2_set_depth_limit(c.match_context, options.depth_limit >= 0 ? static_cast<uint32_t>(options.depth_limit) : kMatchLimit);
  uint32_t bits = limited ? PCRE2_NO_JIT : 0;
  if (options.run & kRunAnchored) bits |= PCRE2_ANCHORED;
  if (options.run & kNotEmpty) bits |= PCRE2_NOTEMPTY;
  if (options.run & kNotEmptyAtStart) bits |= PCRE2_NOTEMPTY_ATSTART;
  if (options.run & kNotBol) bits |= PCRE2_NOTBOL;
  if (options.run & kNotEol) bits |= PCRE2_NOTEOL;
  const auto* text = reinterpret_cast<PCRE2_SPTR>(subject.data() == nullptr ? "" : subject.data());
  int code = pcre2_match(pattern.code, text, subject.size(), offset, bits, pattern.match_data, c.match_context);
  if (code == PCRE2_ERROR_JIT_STACKLIMIT) {
    code = pcre2_match(pattern.code, text, subject.size(), offset, bits | PCRE2_NO_JIT, pattern.match_data, c.match_context);
  }
  if (code > 0) return {Ran::Match, code, pcre2_get_ovector_pointer(pattern.match_data)};
  switch (code) {
    case PCRE2_ERROR_NOMATCH:
    case PCRE2_ERROR_RECURSELOOP: return {Ran::NoMatch};
    case PCRE2_ERROR_MATCHLIMIT: return {cut ? Ran::QuickLimit : Ran::MatchLimit};
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT: return {Ran::DepthLimit};
    default: return {code <= PCRE2_ERROR_UTF8_ERR1 && code >= PCRE2_ERROR_UTF8_ERR21 ? Ran::BadSubject : Ran::Failed};
  }
}

}  // namespace athanor::bif::regex
