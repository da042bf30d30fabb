// SPDX-License-Identifier: Apache-2.0
// Messages of the inet drivers, built in fragments.
#pragma once

#include "bif/bif.hpp"
#include "io/inet/options.hpp"
#include "io/port.hpp"

namespace athanor::io::inet {

inline Term error_tuple_of(Allocator& heap, Term reason) { return bif::make_tuple(heap, atoms::error, reason); }

// {Tag, S}, {Tag, S, What}, …
template <class... Rest>
void send_tagged(Port& port, Term to, Term tag, Rest... rest) {
  heap::FragmentAllocator heap(3 + sizeof...(rest));
  Term message = bif::make_tuple(heap, tag, port.id(), rest...);
  port.send_term(to, heap, message);
}

// {inet_async, S, Id, ok | {error, Reason} | {ok, Value}}: what became of a request that was given a number.
void send_async_ok(Port& port, Term to, uint16_t id);
void send_async_error(Port& port, Term to, uint16_t id, Term reason);
void send_async_value(Port& port, Term to, uint16_t id, Term immediate);
// {inet_reply, S, ok | {error, Reason}}: what became of output.
void send_reply_ok(Port& port, Term to);
void send_reply_error(Port& port, Term to, Term reason);

// Bytes that lie in a buffer, maybe to be shared by the message.
struct Piece {
  OffHeapBinary* bytes;
  size_t begin, size;
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes->data()) + begin, size}; }
};

// The data as the socket's mode and header option ask for it: a list, a binary, or [H1, …, Hn | Binary].
Term data_term(Allocator& heap, const Options& options, const Piece& piece);
size_t data_words(const Options& options, size_t bytes);   // room worth asking for at first

}  // namespace athanor::io::inet
