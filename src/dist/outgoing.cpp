// SPDX-License-Identifier: Apache-2.0
#include "dist/outgoing.hpp"

#include <algorithm>
#include <memory>

#include "term/atom_table.hpp"
#include "term/context.hpp"
#include "term/external/tags.hpp"

namespace athanor::dist {
namespace {

constexpr uint8_t kHeader = 68, kFirstFragment = 69, kFragment = 70, kPassThrough = 112;

void append_big_endian(std::string& out, uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

// One index a cache slot: of two atoms that fall into the same slot, the later one is written out. Few atoms are looked through; from
// kFew on there is a table by slot.
class MessageAtoms final : public external::AtomIndex {
 public:
  explicit MessageAtoms(std::vector<Term>& atoms) : atoms_(atoms) {}
  int index_of(Term atom) override {
    if (ATH_UNLIKELY(by_slot_ != nullptr)) return index_in_table(atom);
    const size_t slot = cache_slot(atom);
    for (size_t i = 0; i < atoms_.size(); ++i) {
      if (atoms_[i] == atom) return static_cast<int>(i);
      if (cache_slot(atoms_[i]) == slot) return -1;
    }
    if (atoms_.size() == kFew) {
      by_slot_ = std::make_unique<uint8_t[]>(kCacheSlots);
      for (size_t i = 0; i < kFew; ++i) by_slot_[cache_slot(atoms_[i])] = static_cast<uint8_t>(i + 1);
      return index_in_table(atom);
    }
    atoms_.push_back(atom);
    return static_cast<int>(atoms_.size() - 1);
  }

 private:
  static constexpr size_t kFew = 16;
  int index_in_table(Term atom) {
    uint8_t& place = by_slot_[cache_slot(atom)];   // 0: free; else the index and one
    if (place != 0) return atoms_[place - 1u] == atom ? place - 1 : -1;
    if (atoms_.size() == kMaxHeaderAtoms) return -1;
    atoms_.push_back(atom);
    place = static_cast<uint8_t>(atoms_.size());
    return place - 1;
  }
  static_assert(kMaxHeaderAtoms <= UINT8_MAX);
  std::vector<Term>& atoms_;
  std::unique_ptr<uint8_t[]> by_slot_;
};

void encode_control(const Control& control, const external::EncodeOptions& options, ByteSink& out) {
  const ControlRow& row = control.row();
  if (options.with_version) out.push(external::kVersion);
  out.push(static_cast<uint8_t>(external::Tag::SmallTuple));
  out.push(static_cast<uint8_t>(1 + row.operands.size()));
  out.push(static_cast<uint8_t>(external::Tag::SmallInteger));
  out.push(row.number);
  external::EncodeOptions inner = options;
  inner.with_version = false;
  inner.shared = nullptr;
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
  options.shared = &shared_;
  encode_control(control, options, sink_);
  control_bytes_ = sink_.size();
  if (!control.payload.is_none()) write_payload(control, options);
  bytes_ = sink_.size();
  for (const external::SharedBytes& shared : shared_) bytes_ += shared.count;
}

void Outgoing::write_payload(const Control& control, const external::EncodeOptions& options) {
  if (external::encode(control.payload, options, sink_)) return;
  for (const external::SharedBytes& shared : shared_) shared.binary->release();
  shared_.clear();
  sink_.resize(control_bytes_);
  is_too_large_ = true;
  external::encode(atoms::system_limit, options, sink_);
}

Outgoing::~Outgoing() {
  for (const external::SharedBytes& shared : shared_) shared.binary->release();
}

void Outgoing::append_body(size_t count, io::FrameBatch& batch) {
  sent_ += count;
  while (count > 0) {
    const bool is_shared = shared_begun_ < shared_.size() && shared_[shared_begun_].at == flat_sent_;
    if (is_shared) {
      const external::SharedBytes& shared = shared_[shared_begun_];
      const size_t part = std::min(count, shared.count - shared_sent_);
      batch.append_from(shared.binary, shared.bytes + shared_sent_, part);
      count -= part;
      shared_sent_ += part;
      if (shared_sent_ == shared.count) {
        ++shared_begun_;
        shared_sent_ = 0;
      }
      continue;
    }
    const size_t end = shared_begun_ < shared_.size() ? shared_[shared_begun_].at : sink_.size();
    const size_t part = std::min(count, end - flat_sent_);
    batch.append_from(sink_.binary(), sink_.data() + flat_sent_, part);
    count -= part;
    flat_sent_ += part;
  }
}

void Outgoing::next_frame(AtomCacheOut& cache, uint64_t sequence, io::FrameBatch& batch) {
  batch.begin_frame();
  std::string& frame = batch.flat();
  size_t bytes = bytes_left();
  if (!has_header_) {
    frame += static_cast<char>(kPassThrough);
  } else if (!is_started_) {
    frame += static_cast<char>(external::kVersion);
    if (may_fragment_ && bytes > kWholeBytes) bytes = std::min(bytes, first_bytes());
    if (bytes == bytes_) {
      frame += static_cast<char>(kHeader);
    } else {
      sequence_ = sequence;
      fragments_left_ = 1 + (bytes_ - bytes + kFragmentBytes - 1) / kFragmentBytes;
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
  append_body(bytes, batch);
  batch.end_frame();
  is_started_ = true;
}

}  // namespace athanor::dist
