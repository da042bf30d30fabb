// SPDX-License-Identifier: Apache-2.0
#include "io/magic.hpp"

#include "process/send.hpp"

namespace athanor::io {

Term make_magic_reference(Allocator& heap, const uint64_t words[2], MagicObject* object) {
  Term* box = heap.allocate(kMagicReferenceWords);
  box[0].raw = make_header(BoxedKind::MagicReference, kMagicReferenceWords - 1);
  box[1].raw = words[0];
  box[2].raw = words[1];
  box[3].raw = reinterpret_cast<Word>(heap.off_heap().first);
  box[4].raw = reinterpret_cast<Word>(object);
  heap.off_heap().first = box;
  object->retain();
  return Term::boxed(box);
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
