// SPDX-License-Identifier: Apache-2.0
// Bytes read from a stream and not yet told: in an off-heap binary that messages may share. Holds no memory while it is empty.
//
//   bytes_: [ told | begin_ … waiting … end_ | room up to limit_ ]
//
// limit_ is what one read may fill and how long a line may get; it grows when a packet is known to be longer. The memory grows with what
// arrives, at most to twice that, never by what a header claims.
#pragma once

#include "io/inet/messages.hpp"

namespace athanor::io::inet {

class ReceiveBuffer {
 public:
  ReceiveBuffer() = default;
  ~ReceiveBuffer() { clear(); }
  ReceiveBuffer(const ReceiveBuffer&) = delete;
  ReceiveBuffer& operator=(const ReceiveBuffer&) = delete;

  bool exists() const { return bytes_ != nullptr; }
  size_t size() const { return end_ - begin_; }
  bool empty() const { return size() == 0; }
  const uint8_t* data() const { return bytes_->data() + begin_; }
  size_t limit() const { return limit_; }

  void begin(size_t limit);                 // when there is none
  void begin_whole(size_t limit);           // all of it at once: `limit` is no claim of the other side
  size_t room() const { return limit_ > end_ ? limit_ - end_ : 0; }   // behind what waits, without moving it
  void expect(size_t bytes);                // a packet of this length begins here: limit() lets it in
  // Where to read to: at most `wanted` bytes, fewer if so many have not yet come. Then filled().
  std::pair<uint8_t*, size_t> place(size_t wanted);
  void filled(size_t bytes) { end_ += bytes; }
  void push_front(std::string_view bytes);  // unrecv
  // The first bytes, for a message; then consume().
  Piece piece(size_t offset, size_t bytes) const { return {bytes_, begin_ + offset, bytes}; }
  void fit();                               // gives back room that will not be used, before its bytes are shared
  void consume(size_t bytes);
  void clear();

 private:
  bool is_shared() const { return bytes_->references.load(std::memory_order_acquire) != 1; }
  void restart();                           // waiting bytes go to the front

  OffHeapBinary* bytes_ = nullptr;
  size_t begin_ = 0, end_ = 0, limit_ = 0;
};

}  // namespace athanor::io::inet
