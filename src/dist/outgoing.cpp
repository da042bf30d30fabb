// SPDX-License-Identifier: Apache-2.0
#include "dist/outgoing.hpp"

#include <algorithm>
#include <unordered_map>

#include "term/atom_table.hpp"
#include "term/context.hpp"
#include "term/external/tags.hpp"

namespace athanor::dist {
namespace {

constexpr uint8_t kHeader = 68, kFirstFragment = 69, kFragment = 70, kPassThrough = 112;

void append_big_endian(std::string& out, uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

// One index a cache slot: of two atoms that fall into the same slot, the later one is written out.
class MessageAtoms final : public external::AtomIndex {
 public:
  explicit MessageAtoms(std::vector<Term>& atoms) : atoms_(atoms) {}
  int index_of(Term atom) override {
    auto [place, is_new] = by_slot_.try_emplace(cache_slot(atom), atoms_.size());
    if (!is_new) return atoms_[place->second] == atom ? static_cast<int>(place->second) : -1;
    if (atoms_.size() == kMaxHeaderAtoms) {
      by_slot_.erase(place);
      return -1;
    }
    atoms_.push_back(atom);
    return static_cast<int>(atoms_.size() - 1);
  }

 private:
  std::vector<Term>& atoms_;
  std::unordered_map<size_t, size_t> by_slot_;
};

void encode_control(const Control& control, const external::EncodeOptions& options, std::string& out) {
  const ControlRow& row = control.row();
  if (options.with_version) out += static_cast<char>(external::kVersion);
  out += static_cast<char>(external::Tag::SmallTuple);
  out += static_cast<char>(1 + row.operands.size());
  out += static_cast<char>(external::Tag::SmallInteger);
  out += static_cast<char>(row.number);
  external::EncodeOptions inner = options;
  inner.with_version = false;
  for (size_t i = 0; i < row.operands.size(); ++i) external::encode(control.operands[i], inner, out);
}

}  // namespace

// Flags: half a byte an atom (new to the cache: 8; segment: 0..7), lower half first, and one more whose lowest bit says that lengths of
// texts take two bytes.
void AtomCacheOut::write_header(const std::vector<Term>& atoms, std::string& out) {
  append_big_endian(out, atoms.size(), 1);
  if (atoms.empty()) return;
  const size_t flags_at = out.size();
  out.append(atoms.size() / 2 + 1, '\0');
  auto set_half = [&](size_t index, unsigned value) {
    out[flags_at + index / 2] = static_cast<char>(static_cast<uint8_t>(out[flags_at + index / 2]) | value << (4 * (index % 2)));
  };
  bool is_long = false;
  for (Term atom : atoms) is_long |= !(slots_[cache_slot(atom)] == atom) && atom_text(atom).size() > 255;
  for (size_t i = 0; i < atoms.size(); ++i) {
    const size_t slot = cache_slot(atoms[i]);
    const bool is_new = !(slots_[slot] == atoms[i]);
    set_half(i, static_cast<unsigned>(slot / kSlotsInSegment) | (is_new ? 8u : 0u));
    append_big_endian(out, slot % kSlotsInSegment, 1);
    if (!is_new) continue;
    slots_[slot] = atoms[i];
    std::string_view text = atom_text(atoms[i]);
    append_big_endian(out, text.size(), is_long ? 2 : 1);
    out += text;
  }
  set_half(atoms.size(), is_long ? 1 : 0);
}

Outgoing::Outgoing(const Control& control, uint64_t peer_flags, uint64_t sender)
    : sender_(sender), has_header_((peer_flags & kHeaderAtomCache) != 0), may_fragment_(has_header_ && (peer_flags & kFragments) != 0) {
  MessageAtoms atoms(atoms_);
  external::EncodeOptions options;
  options.minor_version = 2;
  is_last_word_ = control.kind == ControlKind::PayloadExit || control.kind == ControlKind::Exit || control.kind == ControlKind::PayloadExitTT ||
                  control.kind == ControlKind::ExitTT || control.kind == ControlKind::PayloadMonitorPExit ||
                  control.kind == ControlKind::MonitorPExit;
  options.with_version = !has_header_;
  if (has_header_) options.atoms = &atoms;
  body_ = std::make_shared<std::string>();
  encode_control(control, options, *body_);
  control_bytes_ = body_->size();
  if (!control.payload.is_none()) external::encode(control.payload, options, *body_);
}

Frame Outgoing::next_frame(AtomCacheOut& cache, uint64_t sequence) {
  Frame result;
  std::string& frame = result.head;
  size_t bytes = bytes_left();
  if (!has_header_) {
    frame += static_cast<char>(kPassThrough);
  } else if (!is_started_) {
    frame += static_cast<char>(external::kVersion);
    bytes = may_fragment_ ? std::min(bytes, first_bytes()) : bytes;
    if (bytes == body_->size()) {
      frame += static_cast<char>(kHeader);
    } else {
      sequence_ = sequence;
      fragments_left_ = 1 + (body_->size() - bytes + kFragmentBytes - 1) / kFragmentBytes;
      frame += static_cast<char>(kFirstFragment);
      append_big_endian(frame, sequence_, 8);
      append_big_endian(frame, fragments_left_--, 8);
    }
    cache.write_header(atoms_, frame);
  } else {
    bytes = std::min(bytes, kFragmentBytes);
    frame += static_cast<char>(external::kVersion);
    frame += static_cast<char>(kFragment);
    append_big_endian(frame, sequence_, 8);
    append_big_endian(frame, fragments_left_--, 8);
  }
  result.body = std::string_view(*body_).substr(sent_, bytes);
  result.message = body_;
  sent_ += bytes;
  is_started_ = true;
  return result;
}

}  // namespace athanor::dist
