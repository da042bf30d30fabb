// SPDX-License-Identifier: Apache-2.0
// What goes out: a control message and its payload as bytes, cut into frames.
//
//   131 68 header  control payload                      one frame
//   131 69 sequence n header  control payload…          first of n fragments
//   131 70 sequence n-1       …payload                  the others
//   112 131 control 131 payload                         for a node without an atom cache
//
// The body is encoded by whoever sends, without a lock: its atoms are indices into a list of its own. The header, which says what these
// indices mean, is made when the frame goes out, in the order of frames, since it refers to what the other side holds in its cache.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "dist/control.hpp"
#include "io/frame_batch.hpp"
#include "term/external/external.hpp"

namespace athanor::dist {

constexpr size_t kCacheSlots = 2048;
constexpr size_t kSlotsInSegment = 256;
constexpr size_t kMaxHeaderAtoms = 255;
constexpr size_t kFragmentBytes = 64 * 1024;
constexpr size_t kWholeBytes = kFragmentBytes + kFragmentBytes / 4;   // what is a little longer than a fragment is not cut for its rest's sake

inline size_t cache_slot(Term atom) { return (atom.raw >> 6) % kCacheSlots; }

// Who holds what in the atom cache of the other side. Empty for a new connection.
class AtomCacheOut {
 public:
  // Appends count, flags and references for these atoms, and remembers what the other side has learnt.
  void write_header(const std::vector<Term>& atoms, std::string& out);

 private:
  std::array<Term, kCacheSlots> slots_{};
};

class Outgoing {
 public:
  // Encodes for a peer with these flags, which must understand the control message (lowered).
  Outgoing(const Control& control, uint64_t peer_flags, uint64_t sender);
  ~Outgoing();
  Outgoing(const Outgoing&) = delete;
  Outgoing& operator=(const Outgoing&) = delete;

  uint64_t sender() const { return sender_; }
  size_t bytes_left() const { return bytes_ - sent_; }
  bool is_done() const { return is_started_ && sent_ == bytes_; }
  bool is_started() const { return is_started_; }
  // A message or reason that the external format cannot say: not to be sent. The payload is the atom system_limit then.
  bool is_too_large() const { return is_too_large_; }
  bool is_large = false;      // the queue's
  bool is_last_word() const { return is_last_word_; }   // its sender ends: nobody waits for its way out
  // Adds the next frame; `sequence` tells fragmented messages under way apart.
  void next_frame(AtomCacheOut& cache, uint64_t sequence, io::FrameBatch& batch);

 private:
  size_t first_bytes() const { return std::max(control_bytes_, kFragmentBytes); }   // the control message stays in one piece
  void append_body(size_t count, io::FrameBatch& batch);                            // the next bytes of it

  uint64_t sender_;
  bool has_header_, may_fragment_;
  bool is_started_ = false, is_last_word_ = false, is_too_large_ = false;
  void write_payload(const Control& control, const external::EncodeOptions& options);
  uint64_t fragments_left_ = 0, sequence_ = 0;
  size_t control_bytes_ = 0, bytes_ = 0, sent_ = 0;
  size_t flat_sent_ = 0, shared_begun_ = 0, shared_sent_ = 0;   // of sink_; entries of shared_ gone; bytes of the next entry gone
  std::vector<Term> atoms_;
  ByteSink sink_;                                  // the body, but for
  std::vector<external::SharedBytes> shared_;      // bytes that stand in between
};

}  // namespace athanor::dist
