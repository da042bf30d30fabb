// SPDX-License-Identifier: Apache-2.0
// Packets as erlang:decode_packet/3 and the {packet, Type} options of ports and sockets know them: where one ends, what it says.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bif/bif.hpp"

namespace athanor::bif::packet {

enum class Kind : uint8_t { Raw, One, Two, Four, Asn1, SunRm, Cdr, Fcgi, Line, Tpkt, Http, HttpHeader, HttpBin, HttpHeaderBin, SslTls };
bool kind_of(Term type, Kind& kind);   // 0 | 1 | 2 | 4 | raw | http | …; false: none of these

struct Limits {
  uint32_t packet_size = 0;   // 0: none
  uint32_t line_length = 0;   // longer lines are cut; 0: none
  char line_delimiter = '\n';
};

constexpr int64_t kMore = 0;       // the length cannot be told yet
constexpr int64_t kInvalid = -1;
// Bytes of the packet at `bytes`, header included; may be more than `count`. `in_headers`: HTTP, the start line is behind us.
int64_t length(Kind kind, const uint8_t* bytes, size_t count, const Limits& limits, bool& in_headers);

// The part of a whole packet that is handed on as bytes.
struct Body { size_t start, size; };
Body body(Kind kind, const uint8_t* packet, size_t size);

// What a whole packet says, for HTTP and SslTls; none(): the body is handed on as bytes. `in_headers` as above, advanced.
Term parse(Allocator& heap, Kind kind, const uint8_t* packet, size_t size, bool& in_headers);

}  // namespace athanor::bif::packet
