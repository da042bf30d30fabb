// SPDX-License-Identifier: Apache-2.0
// WorkStack: the explicit stack of the iterative walks over terms. Lives in the caller's frame while it is small.
#pragma once

#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "base/assert.hpp"

namespace athanor {

template <class T, size_t kInline = 32>
class WorkStack {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  WorkStack() = default;
  WorkStack(const WorkStack&) = delete;
  WorkStack& operator=(const WorkStack&) = delete;
  // The walk goes on elsewhere; `other` is empty after it.
  WorkStack(WorkStack&& other) noexcept : count_(other.count_), capacity_(other.capacity_) {
    if (other.items_ == other.inline_items()) {
      std::memcpy(storage_, other.storage_, count_ * sizeof(T));
    } else {
      items_ = other.items_;
    }
    other.items_ = other.inline_items();
    other.count_ = 0;
    other.capacity_ = kInline;
  }
  ~WorkStack() {
    if (items_ != inline_items()) std::free(items_);
  }
  void push(const T& item) {
    if (ATH_UNLIKELY(count_ == capacity_)) grow();
    items_[count_++] = item;
  }
  T pop() { return items_[--count_]; }
  T& top() { return items_[count_ - 1]; }
  T& operator[](size_t index) { return items_[index]; }
  bool empty() const { return count_ == 0; }
  size_t count() const { return count_; }
  void shrink(size_t count) { count_ = count; }
  T* data() { return items_; }

 private:
  T* inline_items() { return reinterpret_cast<T*>(storage_); }
  void grow() {
    size_t capacity = capacity_ * 2;
    auto* items = static_cast<T*>(std::malloc(capacity * sizeof(T)));
    ATH_ASSERT(items != nullptr);
    std::memcpy(static_cast<void*>(items), static_cast<const void*>(items_), count_ * sizeof(T));
    if (items_ != inline_items()) std::free(items_);
    items_ = items;
    capacity_ = capacity;
  }

  alignas(T) unsigned char storage_[kInline * sizeof(T)];
  T* items_ = inline_items();
  size_t count_ = 0;
  size_t capacity_ = kInline;
};

}  // namespace athanor
