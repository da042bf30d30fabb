// SPDX-License-Identifier: Apache-2.0
// References that own a native object, for natives that keep state or give out handles.
#pragma once

#include <type_traits>
#include <typeinfo>

#include "process/process.hpp"
#include "process/send.hpp"

namespace athanor::bif {

// The reference takes a count of its own; the caller keeps his.
inline Term make_magic_reference(process::Process& self, MagicObject* object) {
  Allocator& heap = self.heap();
  const Term plain = process::make_reference(self.runtime(), heap);
  Term* box = heap.allocate(kMagicReferenceWords);
  box[0].raw = make_header(BoxedKind::MagicReference, kMagicReferenceWords - 1);
  box[1] = plain.pointer()[1];
  box[2] = plain.pointer()[2];
  box[3].raw = reinterpret_cast<Word>(heap.off_heap().first);
  box[4].raw = reinterpret_cast<Word>(object);
  heap.off_heap().first = box;
  object->retain();
  return Term::boxed(box);
}

// The object behind a magic reference if it is of this kind, else null.
template <class T>
T* magic_as(Term reference) {
  if (!is_kind(reference, BoxedKind::MagicReference)) return nullptr;
  auto* object = reinterpret_cast<MagicObject*>(reference.pointer()[4].raw);
  if constexpr (std::is_final_v<T>) return typeid(*object) == typeid(T) ? static_cast<T*>(object) : nullptr;
  else return dynamic_cast<T*>(object);
}

}  // namespace athanor::bif
