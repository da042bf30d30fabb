// SPDX-License-Identifier: Apache-2.0
// What a term is and holds. None of these builds anything; only those that read an atom's text need the machine.
#include <climits>
#include <cstring>

#include "bif/bif.hpp"
#include "nif/env.hpp"
#include "term/compare.hpp"
#include "term/hash.hpp"
#include "term/map.hpp"

using namespace athanor;
using namespace athanor::nif;

int enif_is_atom(ErlNifEnv*, ERL_NIF_TERM term) { return term_of(term).is_atom(); }
int enif_is_ref(ErlNifEnv*, ERL_NIF_TERM term) { return is_reference(term_of(term)); }
int enif_is_fun(ErlNifEnv*, ERL_NIF_TERM term) { return is_fun(term_of(term)); }
int enif_is_pid(ErlNifEnv*, ERL_NIF_TERM term) { return is_pid(term_of(term)); }
int enif_is_port(ErlNifEnv*, ERL_NIF_TERM term) { return is_port(term_of(term)); }
int enif_is_list(ErlNifEnv*, ERL_NIF_TERM term) { return term_of(term).is_list(); }
int enif_is_empty_list(ErlNifEnv*, ERL_NIF_TERM term) { return term_of(term).is_nil(); }
int enif_is_tuple(ErlNifEnv*, ERL_NIF_TERM term) { return is_tuple(term_of(term)); }
int enif_is_map(ErlNifEnv*, ERL_NIF_TERM term) { return is_map(term_of(term)); }
int enif_is_number(ErlNifEnv*, ERL_NIF_TERM term) { return is_number(term_of(term)); }
int enif_is_binary(ErlNifEnv*, ERL_NIF_TERM term) { return binary::is_binary(term_of(term)); }

ErlNifTermType enif_term_type(ErlNifEnv*, ERL_NIF_TERM term) {
  const Term t = term_of(term);
  if (t.is_atom()) return ERL_NIF_TERM_TYPE_ATOM;
  if (is_integer(t)) return ERL_NIF_TERM_TYPE_INTEGER;
  if (t.is_list()) return ERL_NIF_TERM_TYPE_LIST;
  if (is_pid(t)) return ERL_NIF_TERM_TYPE_PID;
  if (is_port(t)) return ERL_NIF_TERM_TYPE_PORT;
  if (is_tuple(t)) return ERL_NIF_TERM_TYPE_TUPLE;
  if (is_float(t)) return ERL_NIF_TERM_TYPE_FLOAT;
  if (is_map(t)) return ERL_NIF_TERM_TYPE_MAP;
  if (is_fun(t)) return ERL_NIF_TERM_TYPE_FUN;
  if (is_reference(t)) return ERL_NIF_TERM_TYPE_REFERENCE;
  if (is_bitstring(t)) return ERL_NIF_TERM_TYPE_BITSTRING;
  misuse(__func__, "the argument is no term");
}

int enif_is_identical(ERL_NIF_TERM lhs, ERL_NIF_TERM rhs) {
  if (lhs == rhs) return 1;
  Entry entry(ATH_NIF_MACHINE());
  return equal_exact(term_of(lhs), term_of(rhs));
}

int enif_compare(ERL_NIF_TERM lhs, ERL_NIF_TERM rhs) {
  if (lhs == rhs) return 0;
  Entry entry(ATH_NIF_MACHINE());
  return compare(term_of(lhs), term_of(rhs));
}

ErlNifUInt64 enif_hash(ErlNifHash type, ERL_NIF_TERM term, ErlNifUInt64 salt) {
  Entry entry(ATH_NIF_MACHINE());
  switch (type) {
    case ERL_NIF_INTERNAL_HASH: return map_hash(term_of(term), static_cast<uint32_t>(salt));
    // OTP: the range of erlang:phash2/1.
    case ERL_NIF_PHASH2: return phash2(term_of(term)) & ((1u << 27) - 1);
  }
  return 0;
}

// --- numbers ---

namespace {
template <class Number>
int get_number(ERL_NIF_TERM term, Number* into) {
  const Term t = term_of(term);
  if constexpr (std::is_signed_v<Number>) {
    int64_t value;
    if (!integer::to_int64(t, value) || value < std::numeric_limits<Number>::min() || value > std::numeric_limits<Number>::max()) return 0;
    *into = static_cast<Number>(value);
  } else {
    uint64_t value;
    if (!integer::to_uint64(t, value) || value > std::numeric_limits<Number>::max()) return 0;
    *into = static_cast<Number>(value);
  }
  return 1;
}
}  // namespace

int enif_get_int(ErlNifEnv*, ERL_NIF_TERM term, int* into) { return get_number(term, into); }
int enif_get_uint(ErlNifEnv*, ERL_NIF_TERM term, unsigned* into) { return get_number(term, into); }
int enif_get_long(ErlNifEnv*, ERL_NIF_TERM term, long* into) { return get_number(term, into); }
int enif_get_ulong(ErlNifEnv*, ERL_NIF_TERM term, unsigned long* into) { return get_number(term, into); }

int enif_get_double(ErlNifEnv*, ERL_NIF_TERM term, double* into) {
  if (!is_float(term_of(term))) return 0;
  *into = float_value(term_of(term));
  return 1;
}

// --- lists and tuples ---

int enif_get_list_cell(ErlNifEnv*, ERL_NIF_TERM term, ERL_NIF_TERM* head, ERL_NIF_TERM* tail) {
  const Term t = term_of(term);
  if (!t.is_list_cell()) return 0;
  *head = raw_of(t.head());
  *tail = raw_of(t.tail());
  return 1;
}

int enif_get_list_length(ErlNifEnv*, ERL_NIF_TERM term, unsigned* length) {
  if (!term_of(term).is_list()) return 0;
  const int64_t count = bif::list_length(term_of(term));
  if (count < 0 || count > UINT_MAX) return 0;
  *length = static_cast<unsigned>(count);
  return 1;
}

int enif_get_tuple(ErlNifEnv*, ERL_NIF_TERM tuple, int* arity, const ERL_NIF_TERM** array) {
  const Term t = term_of(tuple);
  if (!is_tuple(t)) return 0;
  *arity = static_cast<int>(tuple_arity(t));
  *array = reinterpret_cast<const ERL_NIF_TERM*>(tuple_elements(t));
  return 1;
}

// OTP: bytes written with the final 0; minus the room where the list is longer; 0 where it is no Latin-1 string.
int enif_get_string(ErlNifEnv*, ERL_NIF_TERM list, char* buffer, unsigned size, ErlNifCharEncoding encoding) {
  if (size < 1 || encoding != ERL_NIF_LATIN1) return 0;
  Term rest = term_of(list);
  unsigned count = 0;
  for (; rest.is_list_cell(); rest = rest.tail()) {
    const Term character = rest.head();
    if (!character.is_small() || character.small_value() < 0 || character.small_value() > 255) {
      buffer[count] = 0;
      return 0;
    }
    if (count + 1 == size) {
      buffer[count] = 0;
      return -static_cast<int>(size);
    }
    buffer[count++] = static_cast<char>(character.small_value());
  }
  buffer[count] = 0;
  return rest.is_nil() ? static_cast<int>(count + 1) : 0;
}

// --- atoms ---

namespace {
// The name as Latin-1; false: it has other characters.
bool latin1_name(Term atom, std::string& out) {
  const std::string_view text = atom_text(atom);
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      out.push_back(text[i]);
    } else if (byte == 0xC2 || byte == 0xC3) {
      out.push_back(static_cast<char>((byte & 3) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3F)));
    } else {
      return false;
    }
  }
  return true;
}
}  // namespace

int enif_get_atom(ErlNifEnv* env, ERL_NIF_TERM atom, char* buffer, unsigned size, ErlNifCharEncoding encoding) {
  Entry entry(env, __func__);
  std::string name;
  if (encoding != ERL_NIF_LATIN1 || !term_of(atom).is_atom() || !latin1_name(term_of(atom), name) || name.size() >= size) return 0;
  std::memcpy(buffer, name.c_str(), name.size() + 1);
  return static_cast<int>(name.size() + 1);
}

int enif_get_atom_length(ErlNifEnv* env, ERL_NIF_TERM atom, unsigned* length, ErlNifCharEncoding encoding) {
  Entry entry(env, __func__);
  std::string name;
  if (encoding != ERL_NIF_LATIN1 || !term_of(atom).is_atom() || !latin1_name(term_of(atom), name)) return 0;
  *length = static_cast<unsigned>(name.size());
  return 1;
}
