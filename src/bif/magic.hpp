// SPDX-License-Identifier: Apache-2.0
// References that own a native object, for natives that keep state or give out handles.
#pragma once

#include <type_traits>
#include <typeinfo>

#include "process/process.hpp"
#include "process/send.hpp"
#include "term/magic_reference.hpp"

namespace athanor::bif {

// The reference takes a count of its own; the caller keeps his.
inline Term make_magic_reference(process::Process& self, MagicObject* object) {
  uint64_t words[3];
  process::reference_words(process::make_reference(self.runtime(), self.heap()), words);
  object->retain();
  return make_magic_box(self.heap(), words[0], words[1], object);
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
