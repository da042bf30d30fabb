// SPDX-License-Identifier: Apache-2.0
// ByteSink: bytes that become a binary. Short ones stay in the object; longer ones grow in an off-heap binary, which is then the
// result: nothing is copied at the end, and growing lets the system move pages instead of bytes.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "term/binary.hpp"

namespace athanor {

class ByteSink {
 public:
  ByteSink() = default;
  ByteSink(const ByteSink&) = delete;
  ByteSink& operator=(const ByteSink&) = delete;
  ByteSink(ByteSink&& other) noexcept : size_(other.size_), capacity_(other.capacity_), binary_(other.binary_) {
    if (binary_ == nullptr) std::memcpy(short_, other.short_, size_);
    other.forget();
  }
  ~ByteSink() {
    if (binary_ != nullptr) binary_->release();
  }

  size_t size() const { return size_; }
  uint8_t* data() { return binary_ == nullptr ? short_ : binary_->data(); }
  OffHeapBinary* binary() const { return binary_; }   // that the bytes are in; null: they are few
  std::string_view view() { return {reinterpret_cast<const char*>(data()), size_}; }
  void push(uint8_t byte) {
    if (ATH_UNLIKELY(size_ == capacity_)) grow(1);
    data()[size_++] = byte;
  }
  void append(const void* bytes, size_t count) {
    if (count != 0) std::memcpy(extend(count), bytes, count);
  }
  // Room for `count` more bytes, which count as written.
  uint8_t* extend(size_t count) {
    if (ATH_UNLIKELY(capacity_ - size_ < count)) grow(count);
    uint8_t* place = data() + size_;
    size_ += count;
    return place;
  }
  // Room for `count` bytes and perhaps more, up to `end`, to write to without asking each time; then set_end.
  uint8_t* room(size_t count, uint8_t*& end) {
    if (ATH_UNLIKELY(capacity_ - size_ < count)) grow(count);
    end = data() + capacity_;
    return data() + size_;
  }
  void set_end(const uint8_t* end) { size_ = static_cast<size_t>(end - data()); }
  void resize(size_t size) {
    if (size > size_) extend(size - size_);
    else size_ = size;
  }
  // Gives back room that will not be used, where it is much.
  void fit() {
    if (binary_ == nullptr || capacity_ - size_ <= size_ / 8) return;
    binary_ = OffHeapBinary::reallocate(binary_, size_);
    capacity_ = binary_->size = size_;
  }
  // All of it as a binary on `heap`; the sink is empty after it.
  Term take(Allocator& heap) {
    const size_t size = size_;
    if (size <= binary::kHeapBinaryMax || binary_ == nullptr) {
      const Term copy = binary::from_bytes(heap, data(), size);
      if (binary_ != nullptr) binary_->release();
      forget();
      return copy;
    }
    fit();
    OffHeapBinary* whole = binary_;
    whole->size = size;
    forget();
    return binary::from_off_heap(heap, whole, size);
  }

 private:
  static constexpr size_t kShort = 256;

  void forget() {
    size_ = 0;
    capacity_ = kShort;
    binary_ = nullptr;
  }
  void grow(size_t count) {
    const size_t wanted = size_ + count;
    const size_t capacity = wanted < 2 * capacity_ ? 2 * capacity_ : wanted;
    if (binary_ == nullptr) {
      OffHeapBinary* binary = OffHeapBinary::create(capacity);
      std::memcpy(binary->data(), short_, size_);
      binary_ = binary;
    } else {
      binary_ = OffHeapBinary::reallocate(binary_, capacity);
    }
    binary_->size = capacity;
    capacity_ = capacity;
  }

  size_t size_ = 0, capacity_ = kShort;
  OffHeapBinary* binary_ = nullptr;
  uint8_t short_[kShort];
};

}  // namespace athanor
