// SPDX-License-Identifier: Apache-2.0
// The range is handed out from the front; what modules and persistent terms give back is kept by address, joined with its
// neighbours, and used again first.
#include "heap/literal_area.hpp"

#include <algorithm>
#include <map>

#include "heap/off_heap.hpp"
#include "os/virtual_memory.hpp"

namespace athanor::heap {

namespace {
constexpr size_t kReservedBytes = size_t{1} << 36;
constexpr size_t kCommitBytes = size_t{1} << 20;
constexpr size_t kDiscardBytes = size_t{1} << 16;
}  // namespace

struct LiteralSpace::FreeList {
  std::map<size_t, size_t> by_offset;   // bytes
  size_t committed = 0;
};

LiteralSpace::LiteralSpace() : free_(std::make_unique<FreeList>()) {
  size_ = kReservedBytes;
  base_ = reinterpret_cast<Word>(os::reserve_addresses(size_));
  ATH_ASSERT(base_ != 0 && "no addresses for literals");
}

LiteralSpace::~LiteralSpace() {
  delete leaving_.load(std::memory_order_relaxed);
  retired_.clear();
  os::release_addresses(reinterpret_cast<void*>(base_), size_);
}

Term* LiteralSpace::allocate(size_t words) {
  size_t bytes = std::max<size_t>(words, 1) * sizeof(Term);
  std::lock_guard lock(mutex_);
  used_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  for (auto it = free_->by_offset.begin(); it != free_->by_offset.end(); ++it) {
    if (it->second < bytes) continue;
    size_t offset = it->first, rest = it->second - bytes;
    free_->by_offset.erase(it);
    if (rest) free_->by_offset.emplace(offset + bytes, rest);
    return reinterpret_cast<Term*>(base_ + offset);
  }
  size_t offset = next_;
  ATH_ASSERT(offset + bytes <= size_ && "the range of literals is full");
  next_ += bytes;
  if (next_ > free_->committed) {
    size_t upto = std::min((next_ + kCommitBytes - 1) / kCommitBytes * kCommitBytes, size_);
    bool committed = os::commit_memory(reinterpret_cast<void*>(base_ + free_->committed), upto - free_->committed);
    ATH_ASSERT(committed && "out of memory for literals");
    free_->committed = upto;
  }
  return reinterpret_cast<Term*>(base_ + offset);
}

void LiteralSpace::release(Term* place, size_t words) {
  size_t bytes = std::max<size_t>(words, 1) * sizeof(Term);
  size_t offset = reinterpret_cast<Word>(place) - base_;
  std::lock_guard lock(mutex_);
  used_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  if (bytes >= kDiscardBytes) {
    size_t first = (offset + 4095) & ~size_t{4095}, last = (offset + bytes) & ~size_t{4095};
    if (first < last) os::discard_memory(reinterpret_cast<void*>(base_ + first), last - first);
  }
  auto& list = free_->by_offset;
  auto after = list.lower_bound(offset);
  if (after != list.end() && after->first == offset + bytes) {
    bytes += after->second;
    after = list.erase(after);
  }
  if (after != list.begin()) {
    auto before = std::prev(after);
    if (before->first + before->second == offset) {
      before->second += bytes;
      return;
    }
  }
  list.emplace(offset, bytes);
}

bool LiteralSpace::retire(std::unique_ptr<LiteralArea> area) {
  std::lock_guard lock(mutex_);
  retired_.push_back(std::move(area));
  return retired_.size() == 1;
}

bool LiteralSpace::begin_leaving() {
  ATH_ASSERT(leaving_.load(std::memory_order_relaxed) == nullptr);
  std::vector<std::unique_ptr<LiteralArea>> areas;
  {
    std::lock_guard lock(mutex_);
    areas.swap(retired_);
  }
  if (areas.empty()) return false;
  LiteralArea* all = areas.front().release();
  for (size_t i = 1; i < areas.size(); ++i) all->absorb(*areas[i]);
  all->seal();
  leaving_.store(all, std::memory_order_release);
  return true;
}

std::unique_ptr<LiteralArea> LiteralSpace::end_leaving() {
  return std::unique_ptr<LiteralArea>(leaving_.exchange(nullptr, std::memory_order_acq_rel));
}

LiteralArea::LiteralArea(LiteralSpace& space) : space_(space) {}

LiteralArea::~LiteralArea() {
  off_heap_release_all(off_heap_);
  for (const Piece& piece : pieces_) space_.release(piece.place, piece.words);
}

void LiteralArea::absorb(LiteralArea& other) {
  pieces_.insert(pieces_.end(), other.pieces_.begin(), other.pieces_.end());
  words_ += other.words_;
  off_heap_append(off_heap_, other.off_heap_);
  other.pieces_.clear();
  other.words_ = 0;
  other.top_ = other.limit_ = nullptr;
  is_sealed_ = false;
}

void LiteralArea::seal() {
  std::sort(pieces_.begin(), pieces_.end(), [](const Piece& a, const Piece& b) { return a.place < b.place; });
  top_ = limit_ = nullptr;
  is_sealed_ = true;
}

bool LiteralArea::contains(Term t) const {
  const Term* at = t.pointer();
  if (!is_sealed_) {
    return std::any_of(pieces_.begin(), pieces_.end(), [&](const Piece& piece) { return at >= piece.place && at < piece.place + piece.words; });
  }
  auto after = std::upper_bound(pieces_.begin(), pieces_.end(), at, [](const Term* place, const Piece& piece) { return place < piece.place; });
  if (after == pieces_.begin()) return false;
  const Piece& piece = *std::prev(after);
  return at < piece.place + piece.words;
}

Term* LiteralArea::grow(size_t words) {
  ATH_DCHECK(!is_sealed_);
  size_t piece_words = std::max<size_t>(words, std::clamp<size_t>(words_, 16, size_t{1} << 16));
  Term* place = space_.allocate(piece_words);
  pieces_.push_back({place, piece_words});
  words_ += piece_words;
  top_ = place + words;
  limit_ = place + piece_words + kReserveWords;   // no stack here: no reserve
  return place;
}

}  // namespace athanor::heap
