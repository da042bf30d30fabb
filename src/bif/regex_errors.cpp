// SPDX-License-Identifier: Apache-2.0
// Errors of PCRE2 told as PCRE 8.44, the stock VM's, tells them: programs and their tests show the texts and offsets.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "bif/regex.hpp"

namespace athanor::bif::regex {

namespace {

struct Row {
  int code;          // of PCRE2
  const char* text;  // OTP: of PCRE 8.44
};
constexpr Row kTexts[] = {
    {PCRE2_ERROR_END_BACKSLASH, "\\ at end of pattern"},
    {PCRE2_ERROR_END_BACKSLASH_C, "\\c at end of pattern"},
    {PCRE2_ERROR_UNKNOWN_ESCAPE, "unrecognized character follows \\"},
    {PCRE2_ERROR_QUANTIFIER_OUT_OF_ORDER, "numbers out of order in {} quantifier"},
    {PCRE2_ERROR_QUANTIFIER_TOO_BIG, "number too big in {} quantifier"},
    {PCRE2_ERROR_MISSING_SQUARE_BRACKET, "missing terminating ] for character class"},
    {PCRE2_ERROR_ESCAPE_INVALID_IN_CLASS, "invalid escape sequence in character class"},
    {PCRE2_ERROR_CLASS_RANGE_ORDER, "range out of order in character class"},
    {PCRE2_ERROR_QUANTIFIER_INVALID, "nothing to repeat"},
    {PCRE2_ERROR_INVALID_AFTER_PARENS_QUERY, "unrecognized character after (? or (?-"},
    {PCRE2_ERROR_POSIX_CLASS_NOT_IN_CLASS, "POSIX named classes are supported only within a class"},
    {PCRE2_ERROR_POSIX_NO_SUPPORT_COLLATING, "POSIX collating elements are not supported"},
    {PCRE2_ERROR_MISSING_CLOSING_PARENTHESIS, "missing )"},
    {PCRE2_ERROR_BAD_SUBPATTERN_REFERENCE, "reference to non-existent subpattern"},
    {PCRE2_ERROR_MISSING_COMMENT_CLOSING, "missing ) after comment"},
    {PCRE2_ERROR_PARENTHESES_NEST_TOO_DEEP, "regular expression is too complicated"},
    {PCRE2_ERROR_PATTERN_TOO_LARGE, "regular expression is too large"},
    {PCRE2_ERROR_HEAP_FAILED, "failed to get memory"},
    {PCRE2_ERROR_UNMATCHED_CLOSING_PARENTHESIS, "unmatched parentheses"},
    {PCRE2_ERROR_MISSING_CONDITION_CLOSING, "missing )"},
    {PCRE2_ERROR_LOOKBEHIND_NOT_FIXED_LENGTH, "lookbehind assertion is not fixed length"},
    {PCRE2_ERROR_ZERO_RELATIVE_REFERENCE, "a numbered reference must not be zero"},
    {PCRE2_ERROR_TOO_MANY_CONDITION_BRANCHES, "conditional group contains more than two branches"},
    {PCRE2_ERROR_CONDITION_ASSERTION_EXPECTED, "assertion expected after (?( or (?(?C)"},
    {PCRE2_ERROR_BAD_RELATIVE_REFERENCE, "digit expected after (?+"},
    {PCRE2_ERROR_UNKNOWN_POSIX_CLASS, "unknown POSIX class name"},
    {PCRE2_ERROR_CODE_POINT_TOO_BIG, "character value in \\x{} or \\o{} is too large"},
    {PCRE2_ERROR_LOOKBEHIND_INVALID_BACKSLASH_C, "\\C not allowed in lookbehind assertion"},
    {PCRE2_ERROR_UNSUPPORTED_ESCAPE_SEQUENCE, "PCRE does not support \\L, \\l, \\N{name}, \\U, or \\u"},
    {PCRE2_ERROR_CALLOUT_NUMBER_TOO_BIG, "number after (?C is > 255"},
    {PCRE2_ERROR_MISSING_CALLOUT_CLOSING, "closing ) for (?C expected"},
    {PCRE2_ERROR_ESCAPE_INVALID_IN_VERB, "(*VERB) not recognized or malformed"},
    {PCRE2_ERROR_UNRECOGNIZED_AFTER_QUERY_P, "unrecognized character after (?P"},
    {PCRE2_ERROR_MISSING_NAME_TERMINATOR, "syntax error in subpattern name (missing terminator)"},
    {PCRE2_ERROR_DUPLICATE_SUBPATTERN_NAME, "two named subpatterns have the same name"},
    {PCRE2_ERROR_INVALID_SUBPATTERN_NAME, "group name must start with a non-digit"},
    {PCRE2_ERROR_MALFORMED_UNICODE_PROPERTY, "malformed \\P or \\p sequence"},
    {PCRE2_ERROR_UNKNOWN_UNICODE_PROPERTY, "unknown property name after \\P or \\p"},
    {PCRE2_ERROR_SUBPATTERN_NAME_TOO_LONG, "subpattern name is too long (maximum 32 characters)"},
    {PCRE2_ERROR_TOO_MANY_NAMED_SUBPATTERNS, "too many named subpatterns (maximum 10000)"},
    {PCRE2_ERROR_CLASS_INVALID_RANGE, "invalid range in character class"},
    {PCRE2_ERROR_OCTAL_BYTE_TOO_BIG, "octal value is greater than \\377 in 8-bit non-UTF-8 mode"},
    {PCRE2_ERROR_DEFINE_TOO_MANY_BRANCHES, "DEFINE group contains more than one branch"},
    {PCRE2_ERROR_BACKSLASH_O_MISSING_BRACE, "missing opening brace after \\o"},
    {PCRE2_ERROR_BACKSLASH_G_SYNTAX,
     "\\g is not followed by a braced, angle-bracketed, or quoted name/number or by a plain number"},
    {PCRE2_ERROR_PARENS_QUERY_R_MISSING_CLOSING, "(?R or (?[+-]digits must be followed by )"},
    {PCRE2_ERROR_VERB_ARGUMENT_NOT_ALLOWED, "an argument is not allowed for (*ACCEPT), (*FAIL), or (*COMMIT)"},
    {PCRE2_ERROR_VERB_UNKNOWN, "(*VERB) not recognized or malformed"},
    {PCRE2_ERROR_SUBPATTERN_NUMBER_TOO_BIG, "number is too big"},
    {PCRE2_ERROR_SUBPATTERN_NAME_EXPECTED, "subpattern name expected"},
    {PCRE2_ERROR_INVALID_OCTAL, "non-octal character in \\o{} (closing brace missing?)"},
    {PCRE2_ERROR_SUBPATTERN_NAMES_MISMATCH, "different names for subpatterns of the same number are not allowed"},
    {PCRE2_ERROR_MARK_MISSING_ARGUMENT, "(*MARK) must have an argument"},
    {PCRE2_ERROR_INVALID_HEXADECIMAL, "non-hex character in \\x{} (closing brace missing?)"},
    {PCRE2_ERROR_BACKSLASH_C_SYNTAX, "\\c must be followed by an ASCII character"},
    {PCRE2_ERROR_BACKSLASH_K_SYNTAX, "\\k is not followed by a braced, angle-bracketed, or quoted name"},
    {PCRE2_ERROR_BACKSLASH_N_IN_CLASS, "\\N is not supported in a class"},
    {PCRE2_ERROR_UNICODE_DISALLOWED_CODE_POINT, "disallowed Unicode code point (>= 0xd800 && <= 0xdfff)"},
    {PCRE2_ERROR_UTF_IS_DISABLED, "setting UTF is disabled by the application"},
    {PCRE2_ERROR_VERB_NAME_TOO_LONG, "name is too long in (*MARK), (*PRUNE), (*SKIP), or (*THEN)"},
    {PCRE2_ERROR_PATTERN_TOO_COMPLICATED, "regular expression is too complicated"},
};
constexpr const char* kAfterQuery = "unrecognized character after (? or (?-";

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// Index of the ) that closes the group opened at `open`, or npos.
size_t closing_of(std::string_view source, size_t open) {
  int depth = 0;
  bool in_class = false;
  for (size_t i = open; i < source.size(); ++i) {
    const char c = source[i];
    if (c == '\\') ++i;
    else if (in_class) in_class = c != ']';
    else if (c == '[') in_class = true;
    else if (c == '(') ++depth;
    else if (c == ')' && --depth == 0) return i;
  }
  return std::string_view::npos;
}

// Does the source end inside (?flags, before anything says what group it is?
bool ends_in_query(std::string_view source) {
  const size_t at = source.rfind("(?");
  if (at == std::string_view::npos) return false;
  for (size_t i = at + 2; i < source.size(); ++i) {
    if (std::string_view("imsxJUX-").find(source[i]) == std::string_view::npos) return false;
  }
  return true;
}

}  // namespace

CompileError translate_error(int code, size_t offset, std::string_view source) {
  CompileError error;
  error.offset = static_cast<int64_t>(offset);
  if (code < 0) {   // PCRE2's errors of UTF-8
    error.text = "invalid UTF-8 string";
    return error;
  }
  for (const Row& row : kTexts) {
    if (row.code == code) error.text = row.text;
  }
  if (*error.text == '\0') error.text = "internal error";
  switch (code) {
    case PCRE2_ERROR_MISSING_CLOSING_PARENTHESIS:
      if (offset == source.size() && ends_in_query(source)) error.text = kAfterQuery;
      else if (offset == source.size() && source.ends_with("(?(")) error.text = "assertion expected after (?( or (?(?C)";
      break;
    case PCRE2_ERROR_DUPLICATE_SUBPATTERN_NAME:
    case PCRE2_ERROR_UNKNOWN_UNICODE_PROPERTY:
    case PCRE2_ERROR_MALFORMED_UNICODE_PROPERTY:
    case PCRE2_ERROR_BACKSLASH_K_SYNTAX:
    case PCRE2_ERROR_UNSUPPORTED_ESCAPE_SEQUENCE:
    case PCRE2_ERROR_CLASS_INVALID_RANGE: --error.offset; break;
    case PCRE2_ERROR_BACKSLASH_G_SYNTAX:
      --error.offset;
      if (offset == source.size()) error.text = "a numbered reference must not be zero";
      break;
    case PCRE2_ERROR_SUBPATTERN_NAME_EXPECTED:
      if (offset == source.size()) error.text = "syntax error in subpattern name (missing terminator)";
      break;
    case PCRE2_ERROR_BAD_SUBPATTERN_REFERENCE: {
      // PCRE2 points at the name or number, PCRE 8.44 behind it, or behind a whole condition.
      size_t at = offset;
      if (at < source.size() && source[at] == '(') {
        while (at < source.size() && source[at] != ')') ++at;
        if (at < source.size()) ++at;
      } else {
        while (at < source.size() && is_word(source[at])) ++at;
      }
      error.offset = static_cast<int64_t>(at);
      break;
    }
    case PCRE2_ERROR_LOOKBEHIND_NOT_FIXED_LENGTH: {
      const size_t at = closing_of(source, offset);
      if (at != std::string_view::npos) error.offset = static_cast<int64_t>(at);
      break;
    }
    default: break;
  }
  return error;
}

}  // namespace athanor::bif::regex
