// SPDX-License-Identifier: Apache-2.0
// References that own a native object: making them and taking the object out again.
#pragma once

#include "process/process.hpp"

namespace athanor::io {

// The reference holds one count of its own; the caller keeps his.
Term make_magic_reference(process::Process& self, MagicObject* object);
Term make_magic_reference(process::Runtime& runtime, Allocator& heap, MagicObject* object);
// Another box of a reference already given out: `words` are those behind its header.
Term make_magic_reference(Allocator& heap, const uint64_t words[2], MagicObject* object);
MagicObject* magic_object_of(Term reference);   // null: no magic reference

// The object if it is of this kind.
template <class T>
T* magic_as(Term reference) {
  return dynamic_cast<T*>(magic_object_of(reference));
}

}  // namespace athanor::io
