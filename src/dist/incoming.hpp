// SPDX-License-Identifier: Apache-2.0
// What comes in: frames to control messages and payloads. Everything is checked; a frame that is not as it should be gives a reason and
// has no effect but on the atom cache, which dies with the connection.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dist/control.hpp"
#include "dist/outgoing.hpp"
#include "heap/copy.hpp"
#include "term/byte_sink.hpp"
#include "term/external/reader.hpp"

namespace athanor::dist {

// A complete message. The control message's terms live in `heap`; the payload is still bytes, which last until the next frame.
struct Incoming {
  Control control;
  const uint8_t* payload = nullptr;
  size_t payload_bytes = 0;
  bool payload_has_version = false;
  OffHeapBinary* binary = nullptr;   // whose bytes the payload is, or null
  std::vector<Term> atoms;

  // Decodes the payload into `heap`; none(): malformed.
  Term decode_payload(Allocator& heap) const;
};

class FrameReader {
 public:
  FrameReader(Term peer, uint64_t flags) : peer_(peer), flags_(flags) {}

  enum class Result : uint8_t { Message, Partial, Malformed };   // Partial: a fragment, or a tick
  // `heap` takes the control message's terms. Malformed: `reason` says why.
  // The message views the frame: a frame that would be gone is refused by the compiler. `binary`: whose bytes the frame is, or null.
  Result read(std::string_view frame, Allocator& heap, Incoming& message, const char*& reason, OffHeapBinary* binary = nullptr);
  Result read(std::string&& frame, Allocator& heap, Incoming& message, const char*& reason) = delete;
  void forget_message() { assembled_.reset(); }   // the one last read is done with

 private:
  struct Sequence {
    uint64_t next_fragment;      // counts down to 1
    std::vector<Term> atoms;
    ByteSink bytes;
  };
  bool read_header(external::Reader& in, std::vector<Term>& atoms);
  Result complete(const uint8_t* bytes, size_t count, bool has_version, Allocator& heap, Incoming& message, const char*& reason);

  const Term peer_;
  const uint64_t flags_;
  std::array<Term, kCacheSlots> cache_{};
  std::map<uint64_t, Sequence> sequences_;
  std::optional<ByteSink> assembled_;   // the message last put together
};

}  // namespace athanor::dist
