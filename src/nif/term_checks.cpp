// SPDX-License-Identifier: Apache-2.0
#include "nif/term_checks.hpp"

namespace athanor::nif {

namespace {

bool is_in(const heap::Fragment* fragment, const Term* at) {
  for (; fragment; fragment = fragment->next) {
    const Term* memory = const_cast<heap::Fragment*>(fragment)->memory();
    // The one that is built in has not noted what is used.
    if (at >= memory && at < memory + fragment->taken) return true;
  }
  return false;
}

bool is_in(const heap::Heap& heap, const Term* at) {
  return (at >= heap.start() && at < heap.end()) || (at >= heap.old_start_ && at < heap.old_end_) || is_in(heap.fragments_, at);
}

bool belongs(const Env& env, Term term) {
  if (!term.is_pointer()) return true;
  const Term* at = term.pointer();
  if (env.runtime->literals->contains(at)) return true;
  if (!env.process) return static_cast<const OwnEnv&>(env).builder.contains(at);
  return is_in(env.process->heap(), at) || is_in(env.process->late_fragments_, at);
}

}  // namespace

void check_terms_slowly(const Env& env, const Term* terms, size_t count, const char* function) {
  for (size_t i = 0; i < count; ++i) {
    if (terms[i].is_none()) misuse(function, "a term is 0, which is what functions return that could not make one");
    if (!is_word_of_a_term(terms[i])) misuse(function, "a word is no term");
    if (!belongs(env, terms[i])) misuse(function, "a term belongs to another environment (enif_make_copy), or to a call that is over");
  }
}

}  // namespace athanor::nif
