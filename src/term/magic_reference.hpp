// SPDX-License-Identifier: Apache-2.0
// Magic references: ones that own a native object. The box: two words of numbers, its place in the list of off-heap boxes, its object.
#pragma once

#include <type_traits>
#include <typeinfo>

#include "term/allocator.hpp"
#include "term/boxed.hpp"
#include "term/off_heap_binary.hpp"

namespace athanor {

// The box takes over one count of the object.
inline Term make_magic_box(Allocator& heap, Word first, Word second, MagicObject* object) {
  Term* box = heap.allocate(kMagicReferenceWords);
  box[0].raw = make_header(BoxedKind::MagicReference, kMagicReferenceWords - 1);
  box[1].raw = first;
  box[2].raw = second;
  box[3].raw = reinterpret_cast<Word>(heap.off_heap().first);
  box[4].raw = reinterpret_cast<Word>(object);
  heap.off_heap().first = box;
  return Term::boxed(box);
}

inline MagicObject* magic_object_of_box(const Term* box) { return reinterpret_cast<MagicObject*>(box[4].raw); }

// The object behind a magic reference if it is of this kind, else null.
template <class T>
T* magic_as(Term reference) {
  if (!is_kind(reference, BoxedKind::MagicReference)) return nullptr;
  MagicObject* object = magic_object_of_box(reference.pointer());
  if constexpr (std::is_final_v<T>) return typeid(*object) == typeid(T) ? static_cast<T*>(object) : nullptr;
  else return dynamic_cast<T*>(object);
}

}  // namespace athanor
