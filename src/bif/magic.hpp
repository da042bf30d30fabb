// SPDX-License-Identifier: Apache-2.0
// New references that own a native object, for natives that keep state or give out handles.
#pragma once

#include "process/process.hpp"
#include "process/send.hpp"
#include "term/magic_reference.hpp"

namespace athanor::bif {

// The reference takes a count of its own; the caller keeps his.
inline Term make_magic_reference(process::Runtime& runtime, Allocator& heap, MagicObject* object) {
  uint64_t words[3];
  process::reference_words(process::make_reference(runtime, heap), words);
  object->retain();
  return make_magic_box(heap, words[0], words[1], object);
}
inline Term make_magic_reference(process::Process& self, MagicObject* object) { return make_magic_reference(self.runtime(), self.heap(), object); }

}  // namespace athanor::bif
