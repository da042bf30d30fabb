// SPDX-License-Identifier: Apache-2.0
#include "heap/heap.hpp"

#include <algorithm>

#include "heap/block.hpp"
#include "heap/off_heap.hpp"

namespace athanor::heap {

Heap::~Heap() { release(); }

void Heap::release() {
  off_heap_release_all(off_heap_);
  off_heap_release_all(old_off_heap_);
  Fragment::destroy_chain(fragments_);
  give_block(start_, block_words());
  give_block(old_start_, static_cast<size_t>(old_end_ - old_start_));
  fragments_ = nullptr;
  fragment_words_ = 0;
  start_ = end_ = high_water_ = old_start_ = old_top_ = old_end_ = top_ = limit_ = nullptr;
}

void Heap::create_block(size_t words) {
  start_ = take_block(words);
  end_ = start_ + words;
  top_ = high_water_ = start_;
  limit_ = end_;
}

void Heap::adopt(Fragment* fragments) {
  if (!fragments) return;
  Fragment* last = fragments;
  for (Fragment* f = fragments; f; f = f->next) {
    off_heap_append(off_heap_, f->off_heap);
    fragment_words_ += f->used;
    last = f;
  }
  // Behind the head: that is the one grow() goes on filling.
  if (fragments_) {
    last->next = fragments_->next;
    fragments_->next = fragments;
  } else {
    fragments_ = fragments;
    last->capacity = last->used;   // grow() must not write into a message's fragment that is counted already
    fragments->capacity = fragments->used;
  }
}

Term* Heap::grow(size_t words) {
  Fragment* head = fragments_;
  if (!head || head->capacity - head->used < words) {
    size_t capacity = std::max<size_t>(words, std::clamp<size_t>(fragment_words_, 64, size_t{1} << 16));
    head = Fragment::create(capacity);
    head->next = fragments_;
    fragments_ = head;
  }
  Term* place = head->memory() + head->used;
  head->used += static_cast<uint32_t>(words);
  fragment_words_ += static_cast<uint32_t>(words);
  return place;
}

}  // namespace athanor::heap
