// SPDX-License-Identifier: Apache-2.0
// Building terms in an environment.
#include <climits>
#include <cmath>
#include <cstdarg>
#include <cstring>

#include "base/utf8.hpp"
#include "bif/bif.hpp"
#include "heap/copy.hpp"
#include "nif/scheduled.hpp"
#include "nif/term_checks.hpp"
#include "process/send.hpp"
#include "term/atom_table.hpp"

using namespace athanor;
using namespace athanor::nif;

namespace {
constexpr size_t kMaxAtomCharacters = 255;
}

// --- numbers ---

ERL_NIF_TERM enif_make_int(ErlNifEnv*, int value) { return raw_of(Term::small(value)); }
ERL_NIF_TERM enif_make_uint(ErlNifEnv*, unsigned value) { return raw_of(Term::small(value)); }
ERL_NIF_TERM enif_make_long(ErlNifEnv* env, long value) {
  check(env, __func__);
  return raw_of(Term::fits_small(value) ? Term::small(value) : integer::from_int64(*env->heap, value));
}
ERL_NIF_TERM enif_make_ulong(ErlNifEnv* env, unsigned long value) {
  check(env, __func__);
  return raw_of(integer::from_uint64(*env->heap, value));
}
ERL_NIF_TERM enif_make_double(ErlNifEnv* env, double value) {
  check(env, __func__);
  if (!std::isfinite(value)) return enif_make_badarg(env);
  return raw_of(make_float(env->heap->allocate(kFloatWords), value));
}

// --- atoms ---

ERL_NIF_TERM enif_make_atom_len(ErlNifEnv* env, const char* name, size_t length) {
  if (length > kMaxAtomCharacters) return enif_make_badarg(env);
  Entry entry(env, __func__);
  const Term atom = intern(athanor::base::utf8_of_latin1({name, length}));
  return atom.is_none() ? enif_make_badarg(env) : raw_of(atom);
}
ERL_NIF_TERM enif_make_atom(ErlNifEnv* env, const char* name) { return enif_make_atom_len(env, name, std::strlen(name)); }

int enif_make_existing_atom_len(ErlNifEnv* env, const char* name, size_t length, ERL_NIF_TERM* into, ErlNifCharEncoding encoding) {
  Entry entry(env, __func__);
  if (encoding != ERL_NIF_LATIN1 || length > kMaxAtomCharacters) return 0;
  const Term atom = atom_table().find(athanor::base::utf8_of_latin1({name, length}));
  if (atom.is_none()) return 0;
  *into = raw_of(atom);
  return 1;
}
int enif_make_existing_atom(ErlNifEnv* env, const char* name, ERL_NIF_TERM* into, ErlNifCharEncoding encoding) {
  return enif_make_existing_atom_len(env, name, std::strlen(name), into, encoding);
}

// --- tuples and lists ---

ERL_NIF_TERM enif_make_tuple_from_array(ErlNifEnv* env, const ERL_NIF_TERM items[], unsigned count) {
  check(env, __func__);
  check_terms(*env, items, count, __func__);
  Term* place = env->heap->allocate(size_t{count} + 1);
  place[0].raw = tuple_header(count);
  for (unsigned i = 0; i < count; ++i) place[i + 1] = term_of(items[i]);
  return raw_of(Term::boxed(place));
}

ERL_NIF_TERM enif_make_tuple(ErlNifEnv* env, unsigned count, ...) {
  check(env, __func__);
  Term* place = env->heap->allocate(size_t{count} + 1);
  place[0].raw = tuple_header(count);
  va_list items;
  va_start(items, count);
  for (unsigned i = 0; i < count; ++i) place[i + 1] = term_of(va_arg(items, ERL_NIF_TERM));
  va_end(items);
  check_terms(*env, place + 1, count, __func__);
  return raw_of(Term::boxed(place));
}

ERL_NIF_TERM enif_make_list_cell(ErlNifEnv* env, ERL_NIF_TERM head, ERL_NIF_TERM tail) {
  check(env, __func__);
  const ERL_NIF_TERM parts[2] = {head, tail};
  check_terms(*env, parts, 2, __func__);
  return raw_of(make_cons(env->heap->allocate(2), term_of(head), term_of(tail)));
}

ERL_NIF_TERM enif_make_list_from_array(ErlNifEnv* env, const ERL_NIF_TERM items[], unsigned count) {
  check(env, __func__);
  check_terms(*env, items, count, __func__);
  return raw_of(bif::make_list(*env->heap, terms_of(items), count));
}

ERL_NIF_TERM enif_make_list(ErlNifEnv* env, unsigned count, ...) {
  check(env, __func__);
  if (count == 0) return raw_of(Term::nil());
  Term* cells = env->heap->allocate(size_t{2} * count);
  va_list items;
  va_start(items, count);
  for (unsigned i = 0; i < count; ++i) {
    const Term item = term_of(va_arg(items, ERL_NIF_TERM));
    check_terms(*env, &item, 1, __func__);
    make_cons(cells + 2 * i, item, i + 1 < count ? Term::list_cell(cells + 2 * (i + 1)) : Term::nil());
  }
  va_end(items);
  return raw_of(Term::list_cell(cells));
}

int enif_make_reverse_list(ErlNifEnv* env, ERL_NIF_TERM term, ERL_NIF_TERM* into) {
  check(env, __func__);
  Term list = term_of(term), reversed = Term::nil();
  if (bif::list_length(list) < 0) return 0;
  for (; list.is_list_cell(); list = list.tail()) reversed = bif::cons(*env->heap, list.head(), reversed);
  if (!list.is_nil()) return 0;
  *into = raw_of(reversed);
  return 1;
}

ERL_NIF_TERM enif_make_string_len(ErlNifEnv* env, const char* text, size_t length, ErlNifCharEncoding encoding) {
  check(env, __func__);
  if (encoding != ERL_NIF_LATIN1) return enif_make_badarg(env);
  return raw_of(bif::latin1_list(*env->heap, {text, length}));
}
ERL_NIF_TERM enif_make_string(ErlNifEnv* env, const char* text, ErlNifCharEncoding encoding) {
  return enif_make_string_len(env, text, std::strlen(text), encoding);
}

// --- the rest ---

ERL_NIF_TERM enif_make_ref(ErlNifEnv* env) {
  check(env, __func__);
  return raw_of(process::make_reference(*env->runtime, *env->heap));
}

ERL_NIF_TERM enif_make_copy(ErlNifEnv* env, ERL_NIF_TERM term) {
  Entry entry(env, __func__);
  // Nobody asks an environment of its own whether it refers to literals of purged code: it gets copies of them.
  return raw_of(heap::copy(term_of(term), *env->heap, env->kind == EnvKind::Process ? env->runtime->literals : nullptr));
}

ERL_NIF_TERM enif_make_unique_integer(ErlNifEnv* env, ErlNifUniqueInteger properties) {
  check(env, __func__);
  process::Counters& counters = env->runtime->counters;
  const bool positive = properties & ERL_NIF_UNIQUE_POSITIVE;
  if (properties & ERL_NIF_UNIQUE_MONOTONIC) {
    const uint64_t value = counters.unique_monotonic.fetch_add(1, std::memory_order_relaxed);
    return raw_of(positive ? integer::from_uint64(*env->heap, value) : integer::from_int64(*env->heap, static_cast<int64_t>(value) + Term::kSmallMin));
  }
  const uint64_t value = counters.unique_positive.fetch_add(1, std::memory_order_relaxed);
  return raw_of(positive ? integer::from_uint64(*env->heap, value) : integer::from_int64(*env->heap, static_cast<int64_t>(value) + Term::kSmallMin));
}
