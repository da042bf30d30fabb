// SPDX-License-Identifier: Apache-2.0
// Bytes from a driver to its port's owner: {Port, {data, Data}}, by lines where the port was opened so.
#include <algorithm>
#include <cstring>

#include "bif/bif.hpp"
#include "driver/handle.hpp"

namespace athanor::driver {

namespace {

// Data as the port gives it: a binary or a list, with the header's bytes in front. `make` builds the binary.
template <class MakeBinary>
void send(io::Port& port, std::string_view header, size_t bytes, MakeBinary make) {
  heap::FragmentAllocator heap(16 + header.size() * 2);
  Term data = make(heap);
  for (size_t i = header.size(); i-- > 0;) data = bif::cons(heap, Term::small(static_cast<uint8_t>(header[i])), data);
  port.count_input(header.size() + bytes);
  const Term message = bif::make_tuple(heap, port.id(), bif::make_tuple(heap, atoms::data, data));
  port.send_term(port.owner(), heap, message);
}

Term plain(io::Port& port, Allocator& heap, const char* bytes, size_t count) {
  if (!port.is_binary()) return bif::latin1_list(heap, {bytes, count});
  return bytes ? binary::from_bytes(heap, bytes, count) : Term::nil();
}

int output(ForeignPort& foreign, std::string_view header, const char* bytes, size_t count) {
  if (!foreign.takes_output()) return 0;
  io::Port& port = foreign.port();
  if (io::Framing* lines = foreign.lines()) {
    std::string all(header);
    if (count != 0) all.append(bytes, count);
    lines->feed(all, [&](io::Framing::Piece piece, std::string_view line) { port.send_piece(piece, line); });
    return 0;
  }
  send(port, header, count, [&](Allocator& heap) { return plain(port, heap, bytes, count); });
  return 0;
}

// A part of an off-heap binary, which the message shares.
Term shared(Allocator& heap, OffHeapBinary* binary, const char* bytes, size_t count) {
  if (count <= binary::kHeapBinaryMax) return binary::from_bytes(heap, bytes, count);
  binary->retain();
  const Term made = binary::from_off_heap(heap, binary, count);
  made.pointer()[4].raw = reinterpret_cast<Word>(bytes);
  return made;
}

}  // namespace

Term binary_part(Allocator& heap, ErlDrvBinary* binary, size_t offset, size_t count) { return shared(heap, off_heap_of(binary), binary->orig_bytes + offset, count); }

}  // namespace athanor::driver

using namespace athanor;
using namespace athanor::driver;

int driver_output2(ErlDrvPort raw, char* header, ErlDrvSizeT header_size, char* bytes, ErlDrvSizeT count) {
  Handle port(raw, ATH_DRIVER_CALL);
  return port ? output(*port.operator->(), {header, header_size}, bytes, count) : -1;
}

int driver_output(ErlDrvPort raw, char* bytes, ErlDrvSizeT count) {
  Handle port(raw, ATH_DRIVER_CALL);
  return port ? output(*port.operator->(), {}, bytes, count) : -1;
}

int driver_output_binary(ErlDrvPort raw, char* header, ErlDrvSizeT header_size, ErlDrvBinary* binary, ErlDrvSizeT offset, ErlDrvSizeT count) {
  Handle port(raw, ATH_DRIVER_CALL);
  if (!port) return -1;
  if (!port->takes_output()) return 0;
  if (!binary || offset + count < count || offset + count > static_cast<ErlDrvSizeT>(binary->orig_size)) return -1;
  if (!port->port().is_binary() || port->lines()) return output(*port.operator->(), {header, header_size}, binary->orig_bytes + offset, count);
  send(port->port(), {header, header_size}, count, [&](Allocator& heap) { return binary_part(heap, binary, offset, count); });
  return 0;
}

// OTP: the elements after the first `skip` bytes, each a binary of its own, of which the last is the list's tail; or bytes.
int driver_outputv(ErlDrvPort raw, char* header, ErlDrvSizeT header_size, ErlIOVec* vector, ErlDrvSizeT skip) {
  Handle port(raw, ATH_DRIVER_CALL);
  if (!port) return -1;
  if (vector->size <= skip) return output(*port.operator->(), {header, header_size}, nullptr, 0);
  if (!port->takes_output()) return 0;
  io::Port& to = port->port();
  send(to, {header, header_size}, vector->size - skip, [&](Allocator& heap) {
    int first = 0;
    do {   // OTP: an empty first element goes, too
      if (vector->iov[first].iov_len > skip) break;
      skip -= vector->iov[first++].iov_len;
    } while (skip > 0);
    Term list = Term::nil();
    for (int i = vector->vsize; i-- > first;) {
      const size_t from = i == first ? skip : 0, count = vector->iov[i].iov_len - from;
      const char* const bytes = static_cast<char*>(vector->iov[i].iov_base) + from;
      ErlDrvBinary* const binary = vector->binv ? vector->binv[i] : nullptr;
      if (!to.is_binary()) {
        for (size_t k = count; k-- > 0;) list = bif::cons(heap, Term::small(static_cast<uint8_t>(bytes[k])), list);
      } else {
        const Term part = binary ? shared(heap, off_heap_of(binary), bytes, count) : athanor::binary::from_bytes(heap, bytes, count);
        list = list.is_nil() ? part : bif::cons(heap, part, list);
      }
    }
    return list;
  });
  return 0;
}

ErlDrvSizeT driver_vec_to_buf(ErlIOVec* vector, char* into, ErlDrvSizeT room) {
  ErlDrvSizeT written = 0;
  for (int i = 0; i < vector->vsize && written < room; ++i) {
    const size_t count = std::min<size_t>(vector->iov[i].iov_len, room - written);
    if (count != 0) std::memcpy(into + written, vector->iov[i].iov_base, count);
    written += count;
  }
  return written;
}
