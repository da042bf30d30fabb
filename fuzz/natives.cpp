// SPDX-License-Identifier: Apache-2.0
// Hostile arguments of natives: a few calls in a row, whose answers may be arguments of later ones. Which natives, the name of the program says:
// it is linked once and called fuzz_text, fuzz_re, fuzz_zlib … (harness/families.cpp).
//
//   an input:  [reductions a slice] { [which native] its arguments, as TermSource reads them }
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "harness/bench.hpp"
#include "harness/families.hpp"
#include "harness/term_source.hpp"
#include "heap/copy.hpp"
#include "process/dictionary.hpp"
#include "term/print.hpp"

namespace {

using namespace athanor;
using namespace athanor::fuzz;

const Family* chosen = nullptr;
constexpr size_t kCalls = 12;
constexpr size_t kVariables = 8;
constexpr size_t kMostWords = 1 << 20;   // of a heap
constexpr size_t kMostPrinted = 2000;   // words: digits of large integers take long

// Answers live in the process's dictionary: a collection moves them.
std::vector<Term> variables_of(process::Process& self) {
  std::vector<Term> variables;
  for (size_t i = 0; i < kVariables; ++i) {
    const Term value = process::dictionary_get(self, Term::small(static_cast<int64_t>(i)));
    if (!value.is_none()) variables.push_back(value);
  }
  return variables;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char*** arguments) {
  std::string_view name = (*arguments)[0];
  if (const char* given = std::getenv("ATHANOR_FUZZ_FAMILY")) name = given;
  name.remove_prefix(name.rfind('/') == name.npos ? 0 : name.rfind('/') + 1);
  if (name.starts_with("fuzz_")) name.remove_prefix(5);
  chosen = family(name);
  if (chosen) return 0;
  std::fprintf(stderr, "there is no family of natives called %.*s\n", static_cast<int>(name.size()), name.data());
  std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t count) {
  Bench& machine = bench({harmless_natives()});
  if (chosen->prepare) chosen->prepare(machine);
  TermSource source(bytes, count);
  Bench::Limits limits;
  // Many short slices, or a few of the usual length: the work is the same.
  static constexpr int64_t kReductions[] = {1, 7, 50, 400, 4000, 4000};
  limits.reductions = kReductions[source.byte() % std::size(kReductions)];
  limits.slices = 400;
  for (size_t i = 0; i < kCalls && !source.is_empty(); ++i) {
    const process::NativeRow& row = *chosen->natives[source.byte() % chosen->natives.size()];
    process::Process& self = machine.process();
    const std::vector<Term> variables = variables_of(self);
    Term arguments[8];
    for (uint8_t a = 0; a < row.arity; ++a) arguments[a] = source.term(self, chosen->words, variables);
    const Ended ended = machine.call(machine.entry_of(row), arguments, row.arity, limits);
    if (ended == Ended::Gone || ended == Ended::Waits || ended == Ended::Unfinished) continue;
    if (machine.process().heap().total_words() > kMostWords) break;   // what doubles and doubles again is not what is looked for
    const Term answer = machine.answer();
    if (heap::flat_words(answer, nullptr) < kMostPrinted) (void)to_text(answer, 300);
    process::dictionary_put(machine.process(), Term::small(static_cast<int64_t>(i % kVariables)), answer);
    machine.run_others(4, 100);
  }
  machine.clear();
  return 0;
}
