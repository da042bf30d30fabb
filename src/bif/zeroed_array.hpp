// SPDX-License-Identifier: Apache-2.0
// An array of words that are all 0 at first, as large as a program asks for: what is never touched takes no memory, and making it takes no time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <type_traits>

namespace athanor::bif {

template <class T>
class ZeroedArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  ZeroedArray() = default;
  ~ZeroedArray() { std::free(memory_); }
  ZeroedArray(const ZeroedArray&) = delete;
  ZeroedArray& operator=(const ZeroedArray&) = delete;

  // False: there is no memory. Once.
  bool create(size_t count) {
    if (count > (SIZE_MAX - alignof(T)) / sizeof(T)) return false;
    memory_ = std::calloc(count * sizeof(T) + alignof(T), 1);
    const uintptr_t address = reinterpret_cast<uintptr_t>(memory_) + alignof(T) - 1;
    items_ = reinterpret_cast<T*>(address - address % alignof(T));
    return memory_ != nullptr;
  }
  T& operator[](size_t index) { return items_[index]; }

 private:
  void* memory_ = nullptr;
  T* items_ = nullptr;
};

}  // namespace athanor::bif
