// SPDX-License-Identifier: Apache-2.0
#include "heap/fragment.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/block_cache.hpp"
#include "heap/off_heap.hpp"

namespace athanor::heap {

Fragment* Fragment::create(size_t words) {
  ATH_ASSERT(words < UINT32_MAX);
  void* memory = base::take_block(sizeof(Fragment) + words * sizeof(Term));
  ATH_ASSERT(memory != nullptr && "out of memory");
  auto* fragment = new (memory) Fragment;
  fragment->capacity = fragment->taken = static_cast<uint32_t>(words);
  return fragment;
}

void Fragment::destroy_chain(Fragment* first) {
  // Lists may run through several fragments of the chain: first the counts, then the memory.
  for (Fragment* f = first; f; f = f->next) off_heap_release_all(f->off_heap);
  while (first) {
    Fragment* next = first->next;
#ifdef ATH_STRESS
    std::memset(static_cast<void*>(first->memory()), 0xDE, first->taken * sizeof(Term));
#endif
    base::give_block(first, sizeof(Fragment) + first->taken * sizeof(Term));
    first = next;
  }
}

// limit_ lies kReserveWords behind the memory: the reserve is for stacks, and a fragment has none.
FragmentAllocator::FragmentAllocator(size_t words_hint) {
  if (words_hint == 0) return;
  first_ = Fragment::create(words_hint);
  top_ = first_->memory();
  limit_ = top_ + words_hint + kReserveWords;
}

FragmentAllocator::~FragmentAllocator() { Fragment::destroy_chain(take()); }

ScratchAllocator::~ScratchAllocator() {
  off_heap_release_all(off_heap_);
  off_heap_ = {};
}

void FragmentAllocator::seal() {
  if (first_) first_->used = static_cast<uint32_t>(top_ - first_->memory());
}

Term* FragmentAllocator::grow(size_t words) {
  seal();
  size_t next_words = std::max<size_t>(words, first_ ? std::min<size_t>(size_t{2} * first_->capacity, size_t{1} << 16) : 32);
  Fragment* fragment = Fragment::create(next_words);
  fragment->next = first_;
  first_ = fragment;
  top_ = fragment->memory() + words;
  limit_ = fragment->memory() + next_words + kReserveWords;
  return fragment->memory();
}

Fragment* FragmentAllocator::take() {
  seal();
  Fragment* chain = first_;
  if (chain) {
    chain->off_heap = off_heap_;
  } else {
    ATH_DCHECK(off_heap_.first == nullptr);
  }
  off_heap_ = {};
  first_ = nullptr;
  top_ = limit_ = nullptr;
  return chain;
}

}  // namespace athanor::heap
