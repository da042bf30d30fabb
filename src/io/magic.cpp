// SPDX-License-Identifier: Apache-2.0
#include "io/magic.hpp"

#include "process/send.hpp"
#include "term/magic_reference.hpp"

namespace athanor::io {

Term make_magic_reference(Allocator& heap, const uint64_t words[2], MagicObject* object) {
  object->retain();
  return make_magic_box(heap, words[0], words[1], object);
}

Term make_magic_reference(process::Runtime& runtime, Allocator& heap, MagicObject* object) {
  uint64_t words[3];
  process::reference_words(process::make_reference(runtime, heap), words);
  return make_magic_reference(heap, words, object);
}

Term make_magic_reference(process::Process& self, MagicObject* object) { return make_magic_reference(self.runtime(), self.heap(), object); }

MagicObject* magic_object_of(Term reference) {
  if (!is_kind(reference, BoxedKind::MagicReference)) return nullptr;
  return reinterpret_cast<MagicObject*>(reference.pointer()[4].raw);
}

}  // namespace athanor::io
