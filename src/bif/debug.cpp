// SPDX-License-Identifier: Apache-2.0
// erts_debug and other natives that look at the machine, or stand for a feature that a build lacks by design (dtrace tags).
#include <cstdio>
#include <unordered_set>
#include <vector>

#include "bif/bif.hpp"
#include "engine/engine.hpp"
#include "heap/copy.hpp"
#include "heap/literal_area.hpp"
#include "term/print.hpp"
#define ATH_FAMILY "bif/debug.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace erlang {

BifResult bump_reductions_1(Process& self, const Term* args) {
  int64_t count;
  if (!integer::to_int64(args[0], count) ? !is_big(args[0]) || integer::is_negative(args[0]) : count < 1) return self.badarg();
  self.charge(args[0].is_small() ? static_cast<uint64_t>(std::min<int64_t>(args[0].small_value(), 4000)) : 4000);
  return atoms::true_;
}

// OTP: without dynamic tracing these keep nothing and answer so.
BifResult dt_append_vm_tag_data_1(Process&, const Term* args) { return args[0]; }
BifResult dt_prepend_vm_tag_data_1(Process&, const Term* args) { return args[0]; }
BifResult dt_get_tag_0(Process&, const Term*) { return atoms::undefined; }
BifResult dt_get_tag_data_0(Process&, const Term*) { return atoms::undefined; }
BifResult dt_put_tag_1(Process&, const Term*) { return atoms::undefined; }
BifResult dt_restore_tag_1(Process&, const Term*) { return atoms::true_; }
BifResult dt_spread_tag_1(Process&, const Term*) { return atoms::true_; }

BifResult nif_error_1(Process& self, const Term* args) { return self.error(args[0]); }
BifResult nif_error_2(Process& self, const Term* args) { return self.error(args[0]); }

}  // namespace erlang

// error_logger:warning_map/0: what the flag +W says, the last one.
BifResult error_logger::warning_map_0(Process& self, const Term*) {
  Term level = atoms::warning;
  const std::vector<std::string>& arguments = self.runtime().identity.emulator_arguments;
  for (size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
    if (!arguments[i].starts_with("-W")) continue;
    const std::string value = arguments[i].size() > 2 ? arguments[i].substr(2) : i + 1 < arguments.size() ? arguments[i + 1] : "";
    level = value.starts_with("i") ? atoms::info : value.starts_with("e") ? atoms::error : atoms::warning;
  }
  return level;
}

// io:printable_range/0: the +pc flag's default.
BifResult io::printable_range_0(Process& self, const Term*) { return self.runtime().identity.printable_unicode ? atoms::unicode : atoms::latin1; }

namespace erts_debug {

// OTP: a machine with a JIT has nothing to take apart, whatever is asked for.
BifResult disassemble_1(Process&, const Term*) { return atoms::false_; }

BifResult instructions_0(Process& self, const Term*) {
  std::vector<Term> names;
  for (const std::string& name : engine::instruction_names()) {
    std::vector<Term> letters;
    for (char letter : name) letters.push_back(Term::small(letter));
    names.push_back(make_list(self.heap(), letters.data(), letters.size()));
  }
  return make_list(self.heap(), names.data(), names.size());
}

BifResult interpreter_size_0(Process& self, const Term*) { return integer::from_uint64(self.heap(), engine::interpreter_bytes()); }

// OTP: of a machine that does not count its locks.
BifResult lcnt_clear_0(Process&, const Term*) { return atoms::error; }
BifResult lcnt_collect_0(Process&, const Term*) { return atoms::error; }
BifResult lcnt_control_1(Process& self, const Term*) { return self.badarg(); }
BifResult lcnt_control_2(Process& self, const Term*) { return self.badarg(); }

BifResult same_2(Process&, const Term* args) { return boolean(args[0] == args[1]); }

BifResult flat_size_1(Process& self, const Term* args) {
  return integer::from_uint64(self.heap(), heap::told_words(args[0]));
}

// Words with shared subterms counted once; literals are not this process's.
BifResult size_shared_1(Process& self, const Term* args) {
  const heap::LiteralSpace* literals = self.runtime().literals;
  std::unordered_set<Word> seen;
  std::vector<Term> rest{args[0]};
  uint64_t words = 0;
  while (!rest.empty()) {
    Term t = rest.back();
    rest.pop_back();
    if (!t.is_pointer() || is_tuple_of(t, 0) || (literals && literals->contains(t)) || !seen.insert(t.raw).second) continue;
    if (t.is_list_cell()) {
      words += 2;
      rest.push_back(t.head());
      rest.push_back(t.tail());
      continue;
    }
    Word header = box_header(t);
    size_t arity = header_arity(header);
    size_t first = arity + 1;
    switch (header_kind(header)) {
      case BoxedKind::Tuple: first = 1; break;
      case BoxedKind::FlatMap:
      case BoxedKind::HashMap:
      case BoxedKind::HashNode: first = 2; break;
      case BoxedKind::Fun:
        first = 4;
        if (first <= arity) ++words;   // OTP: funs have a word more than here
        break;
      case BoxedKind::SubBinary: first = 4; break;
      default: break;
    }
    words += first > arity ? heap::told_words(t) : arity + 1;   // of what has no parts, as told
    for (size_t i = first; i <= arity; ++i) rest.push_back(t.pointer()[i]);
  }
  return integer::from_uint64(self.heap(), words);
}

BifResult copy_shared_2(Process& self, const Term* args) {
  return heap::copy(args[0], self.heap(), self.runtime().literals);
}

BifResult display_1(Process& self, const Term* args) {
  std::string text = to_text(args[0]) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
  return latin1_list(self.heap(), text);
}

}  // namespace erts_debug
}  // namespace athanor::bif
