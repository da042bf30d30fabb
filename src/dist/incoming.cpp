// SPDX-License-Identifier: Apache-2.0
#include "dist/incoming.hpp"

#include "term/external/external.hpp"
#include "term/external/tags.hpp"

namespace athanor::dist {
namespace {

constexpr uint8_t kHeader = 68, kFirstFragment = 69, kFragment = 70, kPassThrough = 112;

external::DecodeOptions options_for(const std::vector<Term>& atoms, bool has_version) {
  static constexpr Term kNoAtoms[1] = {};
  external::DecodeOptions options;
  options.with_version = has_version;
  if (!has_version) options.atoms = atoms.empty() ? kNoAtoms : atoms.data();
  options.atom_count = atoms.size();
  return options;
}

}  // namespace

Term Incoming::decode_payload(Allocator& heap) const {
  external::DecodeOptions options = options_for(atoms, payload_has_version);
  options.source = binary;
  external::Decoded decoded = external::decode(heap, payload, payload_bytes, options);
  return decoded.used == payload_bytes ? decoded.term : Term::none();
}

bool FrameReader::read_header(external::Reader& in, std::vector<Term>& atoms) {
  const size_t count = in.byte();
  atoms.clear();
  if (count == 0) return in.ok();
  const uint8_t* flags = in.take(count / 2 + 1);
  if (flags == nullptr) return false;
  auto half = [&](size_t index) { return (flags[index / 2] >> (4 * (index % 2))) & 15u; };
  const bool is_long = (half(count) & 1) != 0;
  for (size_t i = 0; i < count; ++i) {
    Term& slot = cache_[(half(i) & 7) * kSlotsInSegment + in.byte()];
    if (half(i) & 8) {
      const size_t bytes = in.big_endian(is_long ? 2 : 1);
      const uint8_t* text = in.take(bytes);
      if (text == nullptr) return false;
      Term atom = external::checked_atom({reinterpret_cast<const char*>(text), bytes});
      if (atom.is_none()) return false;
      slot = atom;
    }
    if (!in.ok() || slot.is_none()) return false;
    atoms.push_back(slot);
  }
  return true;
}

FrameReader::Result FrameReader::complete(const uint8_t* bytes, size_t count, bool has_version, Allocator& heap, Incoming& message, const char*& reason) {
  external::Decoded decoded = external::decode(heap, bytes, count, options_for(message.atoms, has_version));
  reason = "the control message is no term";
  if (decoded.term.is_none()) return Result::Malformed;
  reason = "invalid control message";
  if (!parse_control(decoded.term, peer_, message.control)) return Result::Malformed;
  message.payload = bytes + decoded.used;
  message.payload_bytes = count - decoded.used;
  message.payload_has_version = has_version;
  reason = "a payload is missing or too much";
  if ((message.control.row().payload == Payload::None) != (message.payload_bytes == 0)) return Result::Malformed;
  return Result::Message;
}

FrameReader::Result FrameReader::read(std::string_view frame, Allocator& heap, Incoming& message, const char*& reason, OffHeapBinary* binary) {
  if (frame.empty()) return Result::Partial;   // a tick
  message.control.kind = ControlKind::Nothing;
  message.binary = binary;
  external::Reader in(reinterpret_cast<const uint8_t*>(frame.data()), frame.size());
  const uint8_t* start = reinterpret_cast<const uint8_t*>(frame.data());
  uint8_t first = in.byte();
  if (first == kPassThrough) {
    message.atoms.clear();
    return complete(start + 1, frame.size() - 1, true, heap, message, reason);
  }
  reason = "no distribution header";
  if (first != external::kVersion || (flags_ & kHeaderAtomCache) == 0) return Result::Malformed;
  const uint8_t kind = in.byte();
  uint64_t sequence_number = 0, fragment = 1;
  if (kind == kFirstFragment || kind == kFragment) {
    sequence_number = in.big_endian(8);
    fragment = in.big_endian(8);
    reason = "bad fragment";
    if (!in.ok() || fragment == 0 || (flags_ & kFragments) == 0) return Result::Malformed;
  } else if (kind != kHeader) {
    return Result::Malformed;
  }
  if (kind != kFragment) {
    reason = "bad atom cache references";
    if (!read_header(in, message.atoms)) return Result::Malformed;
    if (fragment == 1) return complete(start + in.used(), in.left(), false, heap, message, reason);
    auto [place, is_new] = sequences_.try_emplace(sequence_number);
    reason = "a fragmented message began twice";
    if (!is_new) return Result::Malformed;
    Sequence& sequence = place->second;
    sequence.next_fragment = fragment - 1;
    sequence.atoms = message.atoms;
    sequence.bytes.append(start + in.used(), in.left());
    return Result::Partial;
  }
  auto found = sequences_.find(sequence_number);
  reason = "a fragment out of order";
  if (found == sequences_.end() || found->second.next_fragment != fragment) return Result::Malformed;
  found->second.bytes.append(start + in.used(), in.left());
  if (--found->second.next_fragment != 0) return Result::Partial;
  assembled_.reset();
  assembled_.emplace(std::move(found->second.bytes));
  assembled_->fit();
  message.atoms = std::move(found->second.atoms);
  sequences_.erase(found);
  message.binary = assembled_->binary();
  return complete(assembled_->data(), assembled_->size(), false, heap, message, reason);
}

}  // namespace athanor::dist
