// SPDX-License-Identifier: Apache-2.0
#include "harness/calls.hpp"

#include "heap/copy.hpp"
#include "process/dictionary.hpp"
#include "term/print.hpp"

namespace athanor::fuzz {

namespace {

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

void make_calls(Bench& machine, const Family& family, TermSource& source, const Calls& calls) {
  for (size_t i = 0; i < calls.most && !source.is_empty(); ++i) {
    const process::NativeRow& row = *family.natives[source.byte() % family.natives.size()];
    process::Process& self = machine.process();
    const std::vector<Term> variables = variables_of(self);
    Term arguments[8];
    for (uint8_t a = 0; a < row.arity; ++a) arguments[a] = source.term(self, family.words, variables);
    const Ended ended = machine.call(machine.entry_of(row), arguments, row.arity, calls.limits);
    if (ended == Ended::Gone || ended == Ended::Waits || ended == Ended::Unfinished) continue;
    if (machine.process().heap().total_words() > kMostWords) break;   // what doubles and doubles again is not what is looked for
    const Term answer = machine.answer();
    if (heap::flat_words(answer, nullptr) < kMostPrinted) (void)to_text(answer, 300);
    process::dictionary_put(machine.process(), Term::small(static_cast<int64_t>(i % kVariables)), answer);
    machine.run_others(calls.slices_of_others, 100);
  }
}

}  // namespace athanor::fuzz
