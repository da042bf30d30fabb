// SPDX-License-Identifier: Apache-2.0
// Pids, ports, references and funs as text; hashes of terms.
#include <charconv>
#include <vector>

#include "bif/bif.hpp"
#include "bif/identifier_text.hpp"
#include "term/hash.hpp"
#include "term/print.hpp"
#define ATH_FAMILY "bif/identifiers.def"
#include "bif/declare.inc"

namespace athanor::bif {

std::vector<uint64_t> identifier_numbers(Term list, std::string_view prefix) {
  std::string text;
  std::vector<uint64_t> numbers;
  if (!list.is_list() || !iolist_to_string(list, text)) return numbers;
  std::string_view rest = text;
  if (rest.substr(0, prefix.size()) != prefix || rest.back() != '>') return numbers;
  rest = rest.substr(prefix.size(), rest.size() - prefix.size() - 1);
  while (true) {
    uint64_t number = 0;
    auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc() || end == rest.data()) return {};
    numbers.push_back(number);
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    if (rest.empty()) return numbers;
    if (rest.front() != '.') return {};
    rest.remove_prefix(1);
  }
}

}  // namespace athanor::bif

namespace athanor::bif::erlang {
namespace {

BifResult text_of(Process& self, Term t, bool right_kind) {
  if (!right_kind) return self.badarg();
  return latin1_list(self.heap(), to_text(t));
}

}  // namespace

BifResult pid_to_list_1(Process& self, const Term* args) { return text_of(self, args[0], is_pid(args[0])); }
BifResult port_to_list_1(Process& self, const Term* args) { return text_of(self, args[0], is_port(args[0])); }
BifResult ref_to_list_1(Process& self, const Term* args) {
  if (is_kind(args[0], BoxedKind::MagicReference)) current_term_context->host->note_shown(args[0]);
  return text_of(self, args[0], is_reference(args[0]));
}
BifResult fun_to_list_1(Process& self, const Term* args) {
  if (!is_fun(args[0])) return self.badarg();
  return code_point_list(self.heap(), to_text(args[0]));
}

BifResult phash2_1(Process&, const Term* args) { return Term::small(athanor::phash2(args[0]) & ((1u << 27) - 1)); }

// erlang:phash2/2, phash/2: the range is 1 .. 2^32.
static bool range_of(Term t, uint64_t& range) {
  return integer::to_uint64(t, range) && range >= 1 && range <= (uint64_t{1} << 32);
}
BifResult phash2_2(Process& self, const Term* args) {
  uint64_t range;
  if (!range_of(args[1], range)) return self.badarg();
  return Term::small(static_cast<int64_t>(athanor::phash2(args[0]) % range));
}
BifResult phash_2(Process& self, const Term* args) {
  uint64_t range;
  if (!range_of(args[1], range)) return self.badarg();
  return Term::small(static_cast<int64_t>(1 + athanor::phash(args[0]) % range));
}

}  // namespace athanor::bif::erlang
