// SPDX-License-Identifier: Apache-2.0
// Maps and their iterators. An iterator of a small map walks the map itself; of a large one, an array of its pairs.
#include "term/map.hpp"

#include <cstdlib>
#include <vector>

#include "nif/term_checks.hpp"

using namespace athanor;
using namespace athanor::nif;

ERL_NIF_TERM enif_make_new_map(ErlNifEnv* env) {
  check(env, __func__);
  return raw_of(map::empty(*env->heap));
}

int enif_get_map_size(ErlNifEnv*, ERL_NIF_TERM term, size_t* size) {
  if (!is_map(term_of(term))) return 0;
  *size = map_size(term_of(term));
  return 1;
}

int enif_get_map_value(ErlNifEnv* env, ERL_NIF_TERM term, ERL_NIF_TERM key, ERL_NIF_TERM* value) {
  Entry entry(env, __func__);
  if (!is_map(term_of(term))) return 0;
  const Term found = map::get(term_of(term), term_of(key));
  if (found.is_none()) return 0;
  *value = raw_of(found);
  return 1;
}

int enif_make_map_put(ErlNifEnv* env, ERL_NIF_TERM term, ERL_NIF_TERM key, ERL_NIF_TERM value, ERL_NIF_TERM* into) {
  Entry entry(env, __func__);
  if (!is_map(term_of(term))) return 0;
  const ERL_NIF_TERM parts[3] = {term, key, value};
  check_terms(*env, parts, 3, __func__);
  *into = raw_of(map::put(*env->heap, term_of(term), term_of(key), term_of(value)));
  return 1;
}

int enif_make_map_update(ErlNifEnv* env, ERL_NIF_TERM term, ERL_NIF_TERM key, ERL_NIF_TERM value, ERL_NIF_TERM* into) {
  Entry entry(env, __func__);
  if (!is_map(term_of(term))) return 0;
  const ERL_NIF_TERM parts[3] = {term, key, value};
  check_terms(*env, parts, 3, __func__);
  const Term updated = map::update(*env->heap, term_of(term), term_of(key), term_of(value));
  if (updated.is_none()) return 0;
  *into = raw_of(updated);
  return 1;
}

int enif_make_map_remove(ErlNifEnv* env, ERL_NIF_TERM term, ERL_NIF_TERM key, ERL_NIF_TERM* into) {
  Entry entry(env, __func__);
  if (!is_map(term_of(term))) return 0;
  *into = raw_of(map::remove(*env->heap, term_of(term), term_of(key)));
  return 1;
}

int enif_make_map_from_arrays(ErlNifEnv* env, ERL_NIF_TERM keys[], ERL_NIF_TERM values[], size_t count, ERL_NIF_TERM* into) {
  Entry entry(env, __func__);
  check_terms(*env, keys, count, __func__);
  check_terms(*env, values, count, __func__);
  std::vector<Term> pairs(2 * count);
  for (size_t i = 0; i < count; ++i) {
    pairs[2 * i] = term_of(keys[i]);
    pairs[2 * i + 1] = term_of(values[i]);
  }
  const Term made = map::from_unique_pairs(*env->heap, pairs.data(), count);
  if (made.is_none()) return 0;
  *into = raw_of(made);
  return 1;
}

// --- iterators: `idx` 0 is before the first pair, 1..size at one, size + 1 behind the last ---

int enif_map_iterator_create(ErlNifEnv* env, ERL_NIF_TERM term, ErlNifMapIterator* iterator, ErlNifMapIteratorEntry first) {
  Entry entry(env, __func__);
  const Term t = term_of(term);
  if (!is_map(t)) return 0;
  iterator->map = term;
  iterator->size = map_size(t);
  if (first == ERL_NIF_MAP_ITERATOR_FIRST) iterator->idx = 1;
  else if (first == ERL_NIF_MAP_ITERATOR_LAST) iterator->idx = iterator->size;
  else return 0;
  if (is_flat_map(t)) {
    iterator->u.flat.ks = reinterpret_cast<ERL_NIF_TERM*>(tuple_elements(t.pointer()[2]));
    iterator->u.flat.vs = reinterpret_cast<ERL_NIF_TERM*>(t.pointer() + 3);
    return 1;
  }
  auto* pairs = static_cast<ERL_NIF_TERM*>(std::malloc(2 * iterator->size * sizeof(ERL_NIF_TERM)));
  if (!pairs) return 0;
  map::Iterator walk(t, map::Order::Stored);
  Term key, value;
  for (size_t i = 0; walk.next(key, value); ++i) {
    pairs[2 * i] = raw_of(key);
    pairs[2 * i + 1] = raw_of(value);
  }
  iterator->u.hash.wstack = nullptr;
  iterator->u.hash.kv = pairs;
  return 1;
}

void enif_map_iterator_destroy(ErlNifEnv*, ErlNifMapIterator* iterator) {
  if (is_hash_map(term_of(iterator->map))) std::free(iterator->u.hash.kv);
  iterator->map = raw_of(Term::nil());
}

int enif_map_iterator_is_head(ErlNifEnv*, ErlNifMapIterator* iterator) { return iterator->idx == 0; }
int enif_map_iterator_is_tail(ErlNifEnv*, ErlNifMapIterator* iterator) { return iterator->idx > iterator->size; }

int enif_map_iterator_next(ErlNifEnv*, ErlNifMapIterator* iterator) {
  if (iterator->idx <= iterator->size) ++iterator->idx;
  return iterator->idx <= iterator->size;
}

int enif_map_iterator_prev(ErlNifEnv*, ErlNifMapIterator* iterator) {
  if (iterator->idx > 0) --iterator->idx;
  return iterator->idx > 0;
}

int enif_map_iterator_get_pair(ErlNifEnv*, ErlNifMapIterator* iterator, ERL_NIF_TERM* key, ERL_NIF_TERM* value) {
  if (iterator->idx == 0 || iterator->idx > iterator->size) return 0;
  const size_t index = iterator->idx - 1;
  if (is_flat_map(term_of(iterator->map))) {
    *key = iterator->u.flat.ks[index];
    *value = iterator->u.flat.vs[index];
  } else {
    *key = iterator->u.hash.kv[2 * index];
    *value = iterator->u.hash.kv[2 * index + 1];
  }
  return 1;
}
