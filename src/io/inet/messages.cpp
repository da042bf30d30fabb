// SPDX-License-Identifier: Apache-2.0
#include "io/inet/messages.hpp"

namespace athanor::io::inet {

namespace {

// A list whose end is `tail`, one element a byte.
Term byte_list(Allocator& heap, std::string_view bytes, Term tail) {
  if (bytes.empty()) return tail;
  Term* cells = heap.allocate(2 * bytes.size());
  for (size_t i = bytes.size(); i-- > 0;) tail = make_cons(cells + 2 * i, Term::small(static_cast<uint8_t>(bytes[i])), tail);
  return tail;
}

Term binary_term(Allocator& heap, const Piece& piece) {
  // Sharing pays where most of the buffer is told; else the rest of it would be held for nothing.
  if (piece.size <= binary::kHeapBinaryMax || piece.size * 4 < piece.bytes->capacity * 3) return binary::from_text(heap, piece.view());
  piece.bytes->retain();
  if (piece.begin == 0) return binary::from_off_heap(heap, piece.bytes, piece.size);
  Term whole = binary::from_off_heap(heap, piece.bytes, piece.begin + piece.size);
  return binary::part(heap, whole, piece.begin * 8, piece.size * 8);
}

}  // namespace

Term data_term(Allocator& heap, const Options& options, const Piece& piece) {
  if (options.mode == kListMode || options.header > piece.size) return byte_list(heap, piece.view(), Term::nil());
  Piece rest = {piece.bytes, piece.begin + options.header, piece.size - options.header};
  Term tail = binary_term(heap, rest);
  return byte_list(heap, piece.view().substr(0, options.header), tail);
}

size_t data_words(const Options& options, size_t bytes) {
  if (options.mode == kListMode) return 2 * bytes;
  return 2 * options.header + (bytes <= binary::kHeapBinaryMax ? binary::heap_binary_words(bytes) : binary::kBinaryRefWords + binary::kSubBinaryWords);
}

void send_async_ok(Port& port, Term to, uint16_t id) { send_tagged(port, to, atoms::inet_async, Term::small(id), atoms::ok); }

void send_async_error(Port& port, Term to, uint16_t id, Term reason) {
  heap::FragmentAllocator heap(8);
  Term message = bif::make_tuple(heap, atoms::inet_async, port.id(), Term::small(id), error_tuple_of(heap, reason));
  port.send_term(to, heap, message);
}

void send_async_value(Port& port, Term to, uint16_t id, Term value) {
  heap::FragmentAllocator heap(8);
  Term message = bif::make_tuple(heap, atoms::inet_async, port.id(), Term::small(id), bif::make_tuple(heap, atoms::ok, value));
  port.send_term(to, heap, message);
}

void send_reply_ok(Port& port, Term to) { send_tagged(port, to, atoms::inet_reply, atoms::ok); }

void send_reply_error(Port& port, Term to, Term reason) {
  heap::FragmentAllocator heap(8);
  Term message = bif::make_tuple(heap, atoms::inet_reply, port.id(), error_tuple_of(heap, reason));
  port.send_term(to, heap, message);
}

}  // namespace athanor::io::inet
