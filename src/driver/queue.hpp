// SPDX-License-Identifier: Apache-2.0
// What of a driver's output waits: vectors of bytes with the binaries that they are in, which a driver sees as they stand. And the lock
// that a driver may have for it, so that its own threads may work on the queue.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "driver/api.hpp"

// ErlDrvPDL. One count is the port's.
struct erl_drv_port_data_lock {
  std::mutex mutex;
  std::atomic<long> references{1};
};

namespace athanor::driver {

using Pdl = erl_drv_port_data_lock;
long release(Pdl* pdl);                  // what is left

// Holds the lock, where there is one: the driver's own threads may be at what it guards.
class PdlLock {
 public:
  explicit PdlLock(const std::atomic<Pdl*>& pdl) : pdl_(pdl.load(std::memory_order_acquire)) { if (pdl_) pdl_->mutex.lock(); }
  ~PdlLock() { if (pdl_) pdl_->mutex.unlock(); }
  PdlLock(const PdlLock&) = delete;
  PdlLock& operator=(const PdlLock&) = delete;

 private:
  Pdl* const pdl_;
};

// A binary as drivers see it begins at the size of an OffHeapBinary.
inline ErlDrvBinary* binary_of(OffHeapBinary* binary) { return binary ? reinterpret_cast<ErlDrvBinary*>(&binary->size) : nullptr; }
inline OffHeapBinary* off_heap_of(ErlDrvBinary* binary) {
  return reinterpret_cast<OffHeapBinary*>(reinterpret_cast<char*>(binary) - offsetof(OffHeapBinary, size));
}
static_assert(sizeof(OffHeapBinary) - offsetof(OffHeapBinary, size) == offsetof(ErlDrvBinary, orig_bytes));

class Queue {
 public:
  ~Queue() { clear(); }
  enum class End : uint8_t { Back, Front };
  // Bytes with the binary they are in, whose count is shared; without one they are copied.
  void add(End end, const void* bytes, size_t count, OffHeapBinary* binary);
  bool add(End end, const ErlIOVec& vector, size_t skip);   // false: skips more than there is
  bool drop(size_t count);               // from the front; false: there is less
  void clear();
  size_t size() const { return size_; }
  int length() const { return static_cast<int>(vectors_.size() - head_); }
  SysIOVec* vectors() { return vectors_.data() + head_; }
  ErlDrvBinary** binaries() { return binaries_.data() + head_; }

 private:
  void insert(End end, SysIOVec vector, OffHeapBinary* owned);
  std::vector<SysIOVec> vectors_;
  std::vector<ErlDrvBinary*> binaries_;  // a count each
  size_t head_ = 0;                      // both: what is before it has been taken
  size_t size_ = 0;
};

// Output for outputv: the first element is the driver's to use.
class OutputVector {
 public:
  OutputVector() = default;
  ~OutputVector();
  OutputVector(const OutputVector&) = delete;
  OutputVector& operator=(const OutputVector&) = delete;
  bool read(Term data);                  // false: no iodata
  void set(std::string_view bytes);
  ErlIOVec* get();
  size_t size() const { return size_; }

 private:
  void begin();
  void gather(std::string_view bytes);
  void push(const void* bytes, size_t count, OffHeapBinary* owned);
  void finish();
  std::vector<SysIOVec> vectors_;
  std::vector<ErlDrvBinary*> binaries_;  // a count each
  std::string gathered_;                 // small pieces: one binary for all
  std::vector<std::pair<size_t, size_t>> places_;   // of them: element, offset
  size_t size_ = 0;
  ErlIOVec vector_{};
};

}  // namespace athanor::driver
