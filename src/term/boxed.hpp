// SPDX-License-Identifier: Apache-2.0
// The boxed kinds and their layouts. A box starts with a header word:
//
//   arity (words that follow) << 8 | kind << 2 | 00
//
// The collector copies arity + 1 words and scans those that BoxedKind's row says are terms. Flat sizes are
// the stock VM's where programs can see them (erts_debug:flat_size/1).
#pragma once

#include <cstdint>

#include "term/term.hpp"

namespace athanor {

// BOXED_KIND(Name, Scan): Scan says which words behind the header are terms:
//   All: every one; None: none; From(n): those from word n (header is word 0) to the end; Range: see collector.
#define ATH_BOXED_KINDS(X)                                                              \
  X(Tuple, All)             /* elements */                                              \
  X(PositiveBig, None)      /* 64-bit limbs, least significant first, no leading 0 */   \
  X(NegativeBig, None)      /* magnitude likewise */                                    \
  X(Float, None)            /* one double */                                            \
  X(FlatMap, From1Skip1)    /* [1] size (raw), [2] keys tuple, [3..] values */          \
  X(HashMap, From2)         /* root: [1] size | bitmap << 48 (raw), [2..] children; see term/map.hpp */\
  X(HashNode, From2)        /* inner: [1] bitmap (raw), [2..] children: nodes, or leaves [key | value] */               \
  X(Fun, From4)             /* [1] FunEntry*, [2] arity | num_free << 8, [3] creator pid (term), [4..] environment */ \
  X(Export, None)           /* [1] Export* */                                           \
  X(HeapBinary, None)       /* [1] size in bytes, [2..] bytes */                        \
  X(BinaryRef, None)        /* off-heap: [1] bytes [2] next [3] OffHeapBinary* [4] data [5] flags */ \
  X(SubBinary, Last)        /* [1] bytes [2] byte offset [3] bits (bit offset | bit size << 8 | writable << 16) [4] base */ \
  X(MatchContext, Last)     /* [1] bit offset (position) [2] end bit [3] data [4] base binary; offsets count from data's first bit */ \
  X(Reference, None)        /* [1] number0 | number1 << 32 [2] number2 [3, optional] pid word: an alias */ \
  X(MagicReference, None)   /* [1] [2] as above, [3] next [4] MagicObject* : ref that owns a native object */ \
  X(ExternalPid, None)      /* [1] Node* [2] id | serial << 32 */                       \
  X(ExternalPort, None)     /* [1] Node* [2] id (64 bits) */                            \
  X(ExternalReference, None)/* [1] Node* [2] count of 32-bit numbers [3..] numbers, two a word */

enum class BoxedKind : uint8_t {
#define X(name, scan) name,
  ATH_BOXED_KINDS(X)
#undef X
  kCount
};

constexpr Word make_header(BoxedKind kind, size_t arity) {
  return (static_cast<Word>(arity) << 8) | (static_cast<Word>(kind) << 2);
}
constexpr BoxedKind header_kind(Word header) { return static_cast<BoxedKind>((header >> 2) & 0x3F); }
constexpr size_t header_arity(Word header) { return header >> 8; }

inline Word box_header(Term boxed) { return boxed.pointer()->raw; }
inline BoxedKind boxed_kind(Term boxed) { return header_kind(box_header(boxed)); }
inline bool is_kind(Term t, BoxedKind kind) { return t.is_boxed() && boxed_kind(t) == kind; }

// --- tuples ---
constexpr Word tuple_header(size_t arity) { return make_header(BoxedKind::Tuple, arity); }
inline bool is_tuple(Term t) { return is_kind(t, BoxedKind::Tuple); }
inline bool is_tuple_of(Term t, size_t arity) { return t.is_boxed() && box_header(t) == tuple_header(arity); }
inline size_t tuple_arity(Term t) { return header_arity(box_header(t)); }
inline Term* tuple_elements(Term t) { return t.pointer() + 1; }  // zero-based
inline Term tuple_element(Term t, size_t zero_based) { return t.pointer()[1 + zero_based]; }

// --- numbers ---
inline bool is_big(Term t) {
  return t.is_boxed() && (boxed_kind(t) == BoxedKind::PositiveBig || boxed_kind(t) == BoxedKind::NegativeBig);
}
inline bool is_integer(Term t) { return t.is_small() || is_big(t); }
inline bool is_float(Term t) { return is_kind(t, BoxedKind::Float); }
inline bool is_number(Term t) { return is_integer(t) || is_float(t); }
constexpr size_t kFloatWords = 2;
inline double float_value(Term t) { return __builtin_bit_cast(double, t.pointer()[1].raw); }
inline Term make_float(Term* place, double value) {  // writes kFloatWords words
  place[0].raw = make_header(BoxedKind::Float, 1);
  place[1].raw = __builtin_bit_cast(Word, value);
  return Term::boxed(place);
}

// --- maps (see term/map.hpp) ---
inline bool is_flat_map(Term t) { return is_kind(t, BoxedKind::FlatMap); }
inline bool is_hash_map(Term t) { return is_kind(t, BoxedKind::HashMap); }
inline bool is_map(Term t) { return is_flat_map(t) || is_hash_map(t); }
inline size_t map_size(Term t) { return t.pointer()[1].raw & 0xFFFFFFFFFFFFu; }  // both kinds

// --- binaries (see term/binary.hpp) ---
inline bool is_bitstring(Term t) {
  if (!t.is_boxed()) return false;
  BoxedKind k = boxed_kind(t);
  return k == BoxedKind::HeapBinary || k == BoxedKind::BinaryRef || k == BoxedKind::SubBinary;
}
inline bool is_match_context(Term t) { return is_kind(t, BoxedKind::MatchContext); }

// --- funs ---
struct Mfa {
  Term module, function;
  uint32_t arity = 0;
};
// What the term layer must know of code: code::Export and code::FunEntry derive from these.
struct ExportHead {
  Mfa mfa;
};
struct FunHead {
  Term module;
  uint32_t arity = 0;      // of the fun as called, without environment
  uint32_t num_free = 0;
  uint32_t index = 0;
  uint32_t old_uniq = 0;
  uint8_t uniq[16] = {};   // the module's MD5
};
inline bool is_local_fun(Term t) { return is_kind(t, BoxedKind::Fun); }
inline bool is_export_fun(Term t) { return is_kind(t, BoxedKind::Export); }
inline bool is_fun(Term t) { return is_local_fun(t) || is_export_fun(t); }
inline FunHead* fun_entry(Term t) { return reinterpret_cast<FunHead*>(t.pointer()[1].raw); }
inline uint32_t fun_arity(Term t) { return static_cast<uint32_t>(t.pointer()[2].raw & 0xFF); }
inline uint32_t fun_num_free(Term t) { return static_cast<uint32_t>(t.pointer()[2].raw >> 8); }
inline Term fun_creator(Term t) { return t.pointer()[3]; }
inline Term* fun_environment(Term t) { return t.pointer() + 4; }
constexpr size_t fun_words(size_t num_free) { return 4 + num_free; }
inline ExportHead* export_entry(Term t) { return reinterpret_cast<ExportHead*>(t.pointer()[1].raw); }
constexpr size_t kExportFunWords = 2;

// --- identifiers ---
inline bool is_pid(Term t) { return t.is_local_pid() || is_kind(t, BoxedKind::ExternalPid); }
inline bool is_port(Term t) { return t.is_local_port() || is_kind(t, BoxedKind::ExternalPort); }
inline bool is_local_reference(Term t) {
  return t.is_boxed() && (boxed_kind(t) == BoxedKind::Reference || boxed_kind(t) == BoxedKind::MagicReference);
}
inline bool is_reference(Term t) { return is_local_reference(t) || is_kind(t, BoxedKind::ExternalReference); }
constexpr size_t kReferenceWords = 3;
constexpr size_t kAliasReferenceWords = 4;
constexpr size_t kMagicReferenceWords = 5;

inline Term make_cons(Term* place, Term head, Term tail) {  // writes two words
  place[0] = head;
  place[1] = tail;
  return Term::list_cell(place);
}

}  // namespace athanor
