// SPDX-License-Identifier: Apache-2.0
// erlang:decode_packet/3 over packet_parser.hpp.
#define ATH_FAMILY "bif/packet.def"
#include "bif/bif.hpp"
#include "bif/declare.inc"

#include "bif/packet_parser.hpp"

namespace athanor::bif::erlang {

namespace {

bool read_limits(Term options, packet::Kind kind, packet::Limits& limits) {
  for (; options.is_list_cell(); options = options.tail()) {
    const Term option = options.head();
    uint64_t value;
    if (!is_tuple_of(option, 2) || !integer::to_uint64(tuple_element(option, 1), value) || value > UINT32_MAX) return false;
    const Term key = tuple_element(option, 0);
    if (key == atoms::packet_size) limits.packet_size = static_cast<uint32_t>(value);
    else if (key == atoms::line_length) limits.line_length = static_cast<uint32_t>(value);
    else if (key == atoms::line_delimiter && kind == packet::Kind::Line && value <= 255) limits.line_delimiter = static_cast<char>(value);
    else return false;
  }
  return options.is_nil();
}

}  // namespace

BifResult decode_packet_3(Process& self, const Term* args) {
  packet::Kind kind;
  packet::Limits limits;
  if (!packet::kind_of(args[0], kind)) return self.badarg_because(atoms::badopt);
  if (!is_bitstring(args[1]) || !read_limits(args[2], kind, limits)) return self.badarg();
  athanor::binary::Scratch scratch;
  const uint64_t total_bits = athanor::binary::bit_size(args[1]);
  const std::string_view text = athanor::binary::bytes_of(args[1], scratch);   // odd bits at the end go into the rest
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  Allocator& heap = self.heap();
  bool in_headers = false;
  const int64_t size = packet::length(kind, bytes, text.size(), limits, in_headers);
  if (size < 0) return make_tuple(heap, atoms::error, atoms::invalid);
  const auto length = static_cast<uint64_t>(size);
  if (size == packet::kMore || length > text.size()) {
    return make_tuple(heap, atoms::more, size == packet::kMore ? atoms::undefined : Term::small(size));
  }
  Term result = packet::parse(heap, kind, bytes, length, in_headers);
  if (result.is_none()) {
    const packet::Body body = packet::body(kind, bytes, length);
    result = athanor::binary::part(heap, args[1], body.start * 8, body.size * 8);
  }
  self.charge(length / 1024);
  const Term rest = athanor::binary::part(heap, args[1], length * 8, total_bits - length * 8);
  return make_tuple(heap, atoms::ok, result, rest);
}

}  // namespace athanor::bif::erlang
