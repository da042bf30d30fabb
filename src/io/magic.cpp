// SPDX-License-Identifier: Apache-2.0
#include "io/magic.hpp"

#include "process/send.hpp"

namespace athanor::io {

Term make_magic_reference(process::Process& self, MagicObject* object) {
  Allocator& heap = self.heap();
  Term plain = process::make_reference(self.runtime(), heap);
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

MagicObject* magic_object_of(Term reference) {
  if (!is_kind(reference, BoxedKind::MagicReference)) return nullptr;
  return reinterpret_cast<MagicObject*>(reference.pointer()[4].raw);
}

}  // namespace athanor::io
