// SPDX-License-Identifier: Apache-2.0
#include "term/known_references.hpp"

#include "term/magic_reference.hpp"

namespace athanor {

bool MagicObject::try_retain() {
  uint64_t count = references.load(std::memory_order_relaxed);
  while (count != 0 && !references.compare_exchange_weak(count, count + 1, std::memory_order_acquire, std::memory_order_relaxed)) {}
  return count != 0;
}

void MagicObject::end() {
  if (KnownReferences* shown = known.load(std::memory_order_acquire)) shown->forget(*this);
  delete this;
}

void KnownReferences::note(Term reference) {
  const Term* box = reference.pointer();
  MagicObject* object = magic_object_of_box(box);
  const Words words{box[1].raw, box[2].raw};
  std::lock_guard lock(mutex_);
  if (!objects_.try_emplace(words, object).second) return;
  shown_.emplace(object, words);
  object->known.store(this, std::memory_order_release);
}

Term KnownReferences::find(Allocator& heap, const Word words[2]) {
  MagicObject* object = nullptr;
  {
    std::lock_guard lock(mutex_);
    auto found = objects_.find({words[0], words[1]});
    if (found == objects_.end() || !found->second->try_retain()) return Term::none();
    object = found->second;
  }
  return make_magic_box(heap, words[0], words[1], object);   // with the count just taken
}

void KnownReferences::forget(MagicObject& object) {
  std::lock_guard lock(mutex_);
  const auto [begin, end] = shown_.equal_range(&object);
  for (auto item = begin; item != end; ++item) objects_.erase(item->second);
  shown_.erase(begin, end);
}

}  // namespace athanor
