// SPDX-License-Identifier: Apache-2.0
// Lengths of packets, and the dispatch to what parses them (HTTP is in packet_http.cpp).
#include "bif/packet_parser.hpp"

#include <cstring>

#include "bif/packet_http.hpp"

namespace athanor::bif::packet {

namespace {

uint32_t big(const uint8_t* bytes, int count) {
  uint32_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | bytes[i];
  return value;
}

int64_t with_header(int64_t header, int64_t payload, const Limits& limits) {
  if (payload < 0 || (limits.packet_size != 0 && payload > limits.packet_size) || header + payload > INT32_MAX) return kInvalid;
  return header + payload;
}

int64_t line_length(const uint8_t* bytes, size_t count, const Limits& limits) {
  const void* end = count == 0 ? nullptr : std::memchr(bytes, static_cast<uint8_t>(limits.line_delimiter), count);
  const size_t size = end == nullptr ? count : static_cast<size_t>(static_cast<const uint8_t*>(end) - bytes) + 1;
  if (limits.packet_size != 0 && size > limits.packet_size) return kInvalid;
  if (limits.line_length != 0 && (size > limits.line_length || (end == nullptr && size == limits.line_length))) return limits.line_length;
  return end == nullptr ? kMore : static_cast<int64_t>(size);
}

int64_t asn1_length(const uint8_t* bytes, size_t count, const Limits& limits) {
  if (count < 2) return kMore;
  size_t at = 1;
  if ((bytes[0] & 0x1F) == 0x1F) {   // long tag
    while (at < count && (bytes[at] & 0x80)) ++at;
    if (count - at < 2) return kMore;
    ++at;
  }
  const unsigned first = bytes[at++];
  if (!(first & 0x80)) return with_header(static_cast<int64_t>(at), first, limits);
  const unsigned octets = first & 0x7F;
  if (count - at < octets) return kMore;
  if (octets > 4) return kInvalid;
  return with_header(static_cast<int64_t>(at + octets), big(bytes + at, static_cast<int>(octets)), limits);
}

// A start line ends at its newline; a header ends at one that no blank follows.
int64_t http_length(const uint8_t* bytes, size_t count, const Limits& limits, bool in_headers) {
  const auto* text = reinterpret_cast<const char*>(bytes);
  if ((count == 1 && text[0] == '\n') || (count == 2 && text[0] == '\r' && text[1] == '\n')) return static_cast<int64_t>(count);
  // OTP: line_length serves as packet_size for old users.
  const uint32_t most = limits.packet_size != 0 ? limits.packet_size : limits.line_length;
  for (size_t from = 0;;) {
    const void* found = from < count ? std::memchr(text + from, '\n', count - from) : nullptr;
    if (found == nullptr) return most != 0 && count >= most ? kInvalid : kMore;
    const size_t size = static_cast<size_t>(static_cast<const char*>(found) - text) + 1;
    const bool too_long = most != 0 && size > most;
    if (!in_headers) return too_long ? kInvalid : static_cast<int64_t>(size);
    if (size == count) return too_long ? kInvalid : kMore;
    if ((text[size] != ' ' && text[size] != '\t') || size <= 2) return too_long ? kInvalid : static_cast<int64_t>(size);
    from = size;
  }
}

Term parse_ssl(Allocator& heap, const uint8_t* packet, size_t size) {
  uint8_t* out;
  Term data;
  int64_t type = packet[0];
  const uint8_t* version = packet + 1;
  if ((packet[0] & 0x80) && packet[2] == 1) {   // a version 2 hello, shown as version 3's
    type = 22;
    version = packet + 3;
    data = athanor::binary::make_uninitialised(heap, size - 3 + 4, &out);
    out[0] = 1;
    for (int i = 0; i < 3; ++i) out[1 + i] = static_cast<uint8_t>((size - 3) >> (16 - 8 * i));
    std::memcpy(out + 4, packet + 3, size - 3);
  } else {
    data = athanor::binary::from_bytes(heap, packet + 5, size - 5);
  }
  const Term number = make_tuple(heap, Term::small(version[0]), Term::small(version[1]));
  return make_tuple(heap, atoms::ssl_tls, Term::nil(), Term::small(type), number, data);
}

}  // namespace

bool kind_of(Term type, Kind& kind) {
  if (type == Term::small(0) || type == atoms::raw) kind = Kind::Raw;
  else if (type == Term::small(1)) kind = Kind::One;
  else if (type == Term::small(2)) kind = Kind::Two;
  else if (type == Term::small(4)) kind = Kind::Four;
  else if (type == atoms::asn1) kind = Kind::Asn1;
  else if (type == atoms::sunrm) kind = Kind::SunRm;
  else if (type == atoms::cdr) kind = Kind::Cdr;
  else if (type == atoms::fcgi) kind = Kind::Fcgi;
  else if (type == atoms::line) kind = Kind::Line;
  else if (type == atoms::tpkt) kind = Kind::Tpkt;
  else if (type == atoms::http) kind = Kind::Http;
  else if (type == atoms::httph) kind = Kind::HttpHeader;
  else if (type == atoms::http_bin) kind = Kind::HttpBin;
  else if (type == atoms::httph_bin) kind = Kind::HttpHeaderBin;
  else if (type == atoms::ssl_tls) kind = Kind::SslTls;
  else return false;
  return true;
}

int64_t length(Kind kind, const uint8_t* bytes, size_t count, const Limits& limits, bool& in_headers) {
  const auto counted = [&](int octets, uint32_t mask) {
    return count < static_cast<size_t>(octets) ? kMore : with_header(octets, big(bytes, octets) & mask, limits);
  };
  switch (kind) {
    case Kind::Raw: return static_cast<int64_t>(count);
    case Kind::One: return counted(1, 0xFF);
    case Kind::Two: return counted(2, 0xFFFF);
    case Kind::Four: return counted(4, 0xFFFFFFFF);
    case Kind::SunRm: return counted(4, 0x7FFFFFFF);   // the high bit marks the last record
    case Kind::Line: return line_length(bytes, count, limits);
    case Kind::Asn1: return asn1_length(bytes, count, limits);
    case Kind::Cdr:
      if (count < 12) return kMore;
      if (std::memcmp(bytes, "GIOP", 4) != 0) return kInvalid;
      return with_header(12, (bytes[6] & 1) ? __builtin_bswap32(big(bytes + 8, 4)) : big(bytes + 8, 4), limits);
    case Kind::Fcgi:
      if (count < 8) return kMore;
      if (bytes[0] != 1) return kInvalid;
      return with_header(8, static_cast<int64_t>(big(bytes + 4, 2)) + bytes[6], limits);
    case Kind::Tpkt:
      if (count < 4) return kMore;
      if (bytes[0] != 3) return kInvalid;
      return with_header(4, static_cast<int64_t>(big(bytes + 2, 2)) - 4, limits);
    case Kind::SslTls:
      if (count < 5) return kMore;
      if ((bytes[0] & 0x80) && bytes[2] == 1) return with_header(5, static_cast<int64_t>(big(bytes, 2) & 0x7FFF) - 3, limits);
      return with_header(5, big(bytes + 3, 2), limits);
    case Kind::HttpHeader:
    case Kind::HttpHeaderBin: in_headers = true; [[fallthrough]];
    case Kind::Http:
    case Kind::HttpBin: return http_length(bytes, count, limits, in_headers);
  }
  return kInvalid;
}

Body body(Kind kind, const uint8_t* packet, size_t size) {
  switch (kind) {
    case Kind::One: return {1, size - 1};
    case Kind::Two: return {2, size - 2};
    case Kind::Four: return {4, size - 4};
    case Kind::Fcgi: return {0, size - packet[6]};   // without the padding
    default: return {0, size};
  }
}

Term parse(Allocator& heap, Kind kind, const uint8_t* packet, size_t size, bool& in_headers) {
  const std::string_view text(reinterpret_cast<const char*>(packet), size);
  switch (kind) {
    case Kind::Http:
    case Kind::HttpHeader: return parse_http(heap, text, false, in_headers);
    case Kind::HttpBin:
    case Kind::HttpHeaderBin: return parse_http(heap, text, true, in_headers);
    case Kind::SslTls: return parse_ssl(heap, packet, size);
    default: return Term::none();
  }
}

}  // namespace athanor::bif::packet
