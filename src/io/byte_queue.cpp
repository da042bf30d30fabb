// SPDX-License-Identifier: Apache-2.0
#include "io/byte_queue.hpp"

#include <cstring>

namespace athanor::io {

static constexpr size_t kGatherBytes = 2048;   // shorter pieces are copied into one of ours
static constexpr size_t kPieceBytes = 4096;

void ByteQueue::append(std::string_view bytes) {
  size_ += bytes.size();
  // A piece that somebody shares stays as it is.
  if (!pieces_.empty() && pieces_.back().ours && pieces_.back().bytes->references.load(std::memory_order_acquire) == 1) {
    Piece& last = pieces_.back();
    size_t part = std::min(bytes.size(), last.bytes->capacity - last.end);
    std::memcpy(last.bytes->data() + last.end, bytes.data(), part);
    last.end += part;
    last.bytes->size = last.end;
    bytes.remove_prefix(part);
  }
  if (bytes.empty()) return;
  OffHeapBinary* piece = OffHeapBinary::create(std::max(bytes.size(), kPieceBytes));
  std::memcpy(piece->data(), bytes.data(), bytes.size());
  piece->size = bytes.size();
  pieces_.push_back({piece, 0, bytes.size(), true});
}

void ByteQueue::append_binary(Term binary) {
  binary::Scratch scratch;
  std::string_view bytes = binary::bytes_of(binary, scratch);
  Term base = binary;
  if (is_kind(base, BoxedKind::SubBinary)) base = base.pointer()[4];
  if (bytes.size() < kGatherBytes || !is_kind(base, BoxedKind::BinaryRef)) { append(bytes); return; }
  auto* shared = reinterpret_cast<OffHeapBinary*>(base.pointer()[3].raw);
  auto* first = reinterpret_cast<const uint8_t*>(bytes.data());
  if (first < shared->data() || first + bytes.size() > shared->data() + shared->capacity) { append(bytes); return; }
  // The owner of a writable binary may move it when it grows: such bytes are copied.
  if (base.pointer()[5].raw != 0) { append(bytes); return; }
  append_shared(shared, bytes);
}

void ByteQueue::append_shared(OffHeapBinary* binary, std::string_view bytes) {
  binary->retain();
  const auto begin = static_cast<size_t>(reinterpret_cast<const uint8_t*>(bytes.data()) - binary->data());
  pieces_.push_back({binary, begin, begin + bytes.size(), false});
  size_ += bytes.size();
}

void ByteQueue::skip(size_t bytes) {
  size_ -= bytes;
  while (bytes > 0) {
    Piece& piece = pieces_.front();
    size_t part = std::min(bytes, piece.end - piece.begin);
    piece.begin += part;
    bytes -= part;
    if (piece.begin == piece.end) {
      piece.bytes->release();
      pieces_.pop_front();
    }
  }
}

void ByteQueue::read(uint8_t* to, size_t bytes) {
  while (bytes > 0) {
    std::string_view piece = head().substr(0, bytes);
    std::memcpy(to, piece.data(), piece.size());
    to += piece.size();
    bytes -= piece.size();
    skip(piece.size());
  }
}

void ByteQueue::clear() {
  for (Piece& piece : pieces_) piece.bytes->release();
  pieces_.clear();
  size_ = 0;
}

std::string_view ByteQueue::head() const {
  if (pieces_.empty()) return {};
  const Piece& piece = pieces_.front();
  return {reinterpret_cast<const char*>(piece.bytes->data()) + piece.begin, piece.end - piece.begin};
}

Term ByteQueue::head_binary(Allocator& heap) const {
  const Piece& piece = pieces_.front();
  piece.bytes->retain();
  Term whole = binary::from_off_heap(heap, piece.bytes, piece.end);
  return piece.begin == 0 ? whole : binary::part(heap, whole, piece.begin * 8, (piece.end - piece.begin) * 8);
}

int64_t ByteQueue::find(uint8_t byte) const {
  size_t before = 0;
  for (const Piece& piece : pieces_) {
    const uint8_t* begin = piece.bytes->data() + piece.begin;
    size_t length = piece.end - piece.begin;
    if (const void* found = std::memchr(begin, byte, length)) {
      return static_cast<int64_t>(before + static_cast<size_t>(static_cast<const uint8_t*>(found) - begin));
    }
    before += length;
  }
  return -1;
}

int ByteQueue::pieces(struct iovec* out, int maximum) const {
  int count = 0;
  for (const Piece& piece : pieces_) {
    if (count == maximum) break;
    out[count++] = {piece.bytes->data() + piece.begin, piece.end - piece.begin};
  }
  return count;
}

}  // namespace athanor::io
