// SPDX-License-Identifier: Apache-2.0
// Magic references that were shown outside of heaps (external term format, ref_to_list/1): by their numbers they are found again, as long as
// their object lives. OTP: a table's identifier works after a way through another node.
#pragma once

#include <mutex>
#include <unordered_map>

#include "term/allocator.hpp"
#include "term/off_heap_binary.hpp"

namespace athanor {

// Of one machine; outlives all objects that were shown. Any thread.
class KnownReferences {
 public:
  KnownReferences() = default;
  KnownReferences(const KnownReferences&) = delete;
  KnownReferences& operator=(const KnownReferences&) = delete;
  // A MagicReference is being shown.
  void note(Term reference);
  // The reference with these two words, built on `heap`; none(): no such, or its object is gone.
  Term find(Allocator& heap, const Word words[2]);
  // The object's last count is gone. Called by MagicObject::release.
  void forget(MagicObject& object);

 private:
  struct Words {
    Word first, second;
    bool operator==(const Words&) const = default;
  };
  struct Hash {
    size_t operator()(const Words& words) const { return words.first ^ words.second * 0x9E3779B97F4A7C15u; }
  };
  std::mutex mutex_;
  std::unordered_map<Words, MagicObject*, Hash> objects_;
  std::unordered_multimap<MagicObject*, Words> shown_;   // what to erase with an object
};

}  // namespace athanor
