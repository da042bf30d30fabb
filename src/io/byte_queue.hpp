// SPDX-License-Identifier: Apache-2.0
// A queue of bytes made of shared binaries: large pieces are queued without copying, small ones are gathered.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <deque>
#include <string_view>

#include "term/binary.hpp"

namespace athanor::io {

class ByteQueue {
 public:
  ByteQueue() = default;
  ~ByteQueue() { clear(); }
  ByteQueue(const ByteQueue&) = delete;
  ByteQueue& operator=(const ByteQueue&) = delete;

  void append(std::string_view bytes);   // copies
  void append_binary(Term binary);       // shares what lies off the heap
  void append_shared(OffHeapBinary* binary, std::string_view bytes);   // bytes of this binary, which stay as they are
  void skip(size_t bytes);               // at most size()
  void read(uint8_t* to, size_t bytes);  // copies out and removes
  void clear();
  size_t size() const { return size_; }
  // The first piece; it stays until skipped.
  std::string_view head() const;
  Term head_binary(Allocator& heap) const;   // as a binary that shares the bytes
  int64_t find(uint8_t byte) const;          // position, or -1
  // Fills in the first pieces for a gathering write; how many.
  int pieces(struct iovec* out, int maximum) const;

 private:
  struct Piece { OffHeapBinary* bytes; size_t begin, end; bool ours; };
  std::deque<Piece> pieces_;
  size_t size_ = 0;
};

}  // namespace athanor::io
