// SPDX-License-Identifier: Apache-2.0
#include "term/external/sizing.hpp"

#include <algorithm>

#include "term/binary.hpp"
#include "term/boxed.hpp"
#include "term/map.hpp"

namespace athanor::external {

namespace {

constexpr size_t kExternalIdentifierWords = 3;
constexpr size_t kMostReferenceWords = 6;
constexpr size_t kHashedWordsPerPair = 5;   // a leaf, its place in a node, its part of the nodes: a third less on average
constexpr size_t kHashedRootWords = 20;

size_t map_words(size_t pairs) {
  return pairs <= map::kFlatMax ? 4 + 2 * pairs : kHashedRootWords + kHashedWordsPerPair * pairs;
}

size_t bitstring_words(size_t bytes) {
  return bytes <= binary::kHeapBinaryMax ? binary::heap_binary_words(bytes) : binary::kBinaryRefWords;
}

}  // namespace

bool Sizing::atom() {
  switch (static_cast<Tag>(in_.byte())) {
    case Tag::Atom:
    case Tag::AtomUtf8: return skip(in_.big_endian(2));
    case Tag::SmallAtom:
    case Tag::SmallAtomUtf8: return skip(in_.byte());
    case Tag::AtomIndex: return skip(1);
    default: return false;
  }
}

// Its module and the two integers behind that are terms as all others.
bool Sizing::fun() {
  constexpr size_t kSizeArityUniqIndex = 4 + 1 + 16 + 4, kInFront = 4;
  if (!skip(kSizeArityUniqIndex)) return false;
  const size_t num_free = in_.word();
  return container(fun_words(num_free), kInFront + num_free);
}

inline bool Sizing::term() {
  switch (static_cast<Tag>(in_.byte())) {
    case Tag::SmallInteger: return skip(1);
    case Tag::Integer: return skip(4);
    case Tag::Nil: return true;
    case Tag::NewFloat: return box(kFloatWords, 8);
    case Tag::Float: return box(kFloatWords, 31);
    case Tag::SmallBig: {
      const size_t bytes = in_.byte();
      return box(1 + (bytes + 7) / 8, 1 + bytes);
    }
    case Tag::LargeBig: {
      const size_t bytes = in_.word();
      return box(1 + (bytes + 7) / 8, 1 + bytes);
    }
    case Tag::SmallAtom:
    case Tag::SmallAtomUtf8: return skip(in_.byte());
    case Tag::Atom:
    case Tag::AtomUtf8: return skip(in_.big_endian(2));
    case Tag::AtomIndex: return skip(1);
    case Tag::SmallTuple: {
      const size_t arity = in_.byte();
      return container(1 + arity, arity);
    }
    case Tag::LargeTuple: {
      const size_t arity = in_.word();
      return container(1 + arity, arity);
    }
    case Tag::String: {
      const size_t length = in_.big_endian(2);
      return box(2 * length, length);
    }
    case Tag::List: {
      const size_t length = in_.word();
      return container(2 * length, length + 1);
    }
    case Tag::Map: {
      const size_t pairs = in_.word();
      return container(map_words(pairs), 2 * pairs);
    }
    case Tag::Binary: {
      const size_t bytes = in_.word();
      return box(bitstring_words(bytes), bytes);
    }
    case Tag::BitBinary: {
      const size_t bytes = in_.word();
      return box(bitstring_words(bytes) + binary::kSubBinaryWords, 1 + bytes);
    }
    case Tag::NewPid: return atom() && box(kExternalIdentifierWords, 4 + 4 + 4);
    case Tag::Pid: return atom() && box(kExternalIdentifierWords, 4 + 4 + 1);
    case Tag::NewPort: return atom() && box(kExternalIdentifierWords, 4 + 4);
    case Tag::V4Port: return atom() && box(kExternalIdentifierWords, 8 + 4);
    case Tag::Port: return atom() && box(kExternalIdentifierWords, 4 + 1);
    case Tag::NewerReference: {
      const size_t numbers = in_.big_endian(2);
      return atom() && box(kMostReferenceWords, 4 + 4 * numbers);
    }
    case Tag::NewReference: {
      const size_t numbers = in_.big_endian(2);
      return atom() && box(kMostReferenceWords, 1 + 4 * numbers);
    }
    case Tag::Reference: return atom() && box(kMostReferenceWords, 4 + 1);
    case Tag::Export: return container(kExportFunWords, 3);
    case Tag::NewFun: return fun();
    case Tag::Compressed: return false;   // only around a whole term
  }
  return false;
}

bool Sizing::step(int64_t& budget) {
  constexpr size_t kTogether = 256;   // terms read before the budget is looked at
  constexpr size_t kTermsPerUnit = 4;
  for (; budget > 0; budget -= kTogether / kTermsPerUnit) {
    for (size_t read = 0; read < kTogether; ++read) {
      const size_t leaves = in_.skip_leaves(std::min(owed_, kTogether));
      owed_ -= leaves;
      read += leaves;
      if (owed_ == 0) return true;
      --owed_;
      if (!term()) return true;
    }
  }
  return false;
}

}  // namespace athanor::external
