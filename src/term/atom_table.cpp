// SPDX-License-Identifier: Apache-2.0
// The atom table. Entries live in segments that never move, so that text, hash and order of an atom are read without a
// lock. Texts are found through shards, each an open-addressing table of indices behind its own lock.
#include "term/atom_table.hpp"

#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

namespace athanor {
namespace {

constexpr std::string_view kPredefined[] = {
#define ATOM(name) #name,
#define ATOM_TEXT(name, text) text,
#include "term/atoms.def"
#undef ATOM
#undef ATOM_TEXT
};

// OTP: the atom hash is seen through phash and phash2; UTF-8 of two bytes for Latin-1 counts as that one character.
uint32_t stock_hash(std::string_view text) {
  uint32_t hash = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    auto value = static_cast<uint8_t>(text[i]);
    if (i + 1 < text.size() && (value & 0xFE) == 0xC2 && (static_cast<uint8_t>(text[i + 1]) & 0xC0) == 0x80) {
      value = static_cast<uint8_t>((value << 6) | (static_cast<uint8_t>(text[i + 1]) & 0x3F));
      ++i;
    }
    hash = (hash << 4) + value;
    if (uint32_t high = hash & 0xF0000000u) {
      hash ^= high >> 24;
      hash ^= high;
    }
  }
  return hash;
}

uint64_t lookup_hash(std::string_view text) {
  uint64_t hash = 0xCBF29CE484222325u ^ text.size();
  for (char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001B3u;
  hash ^= hash >> 32;
  return hash * 0x9E3779B97F4A7C15u;
}

uint32_t prefix_of(std::string_view text) {
  uint32_t prefix = 0;
  for (size_t i = 0; i < 4; ++i) prefix = (prefix << 8) | (i < text.size() ? static_cast<uint8_t>(text[i]) : 0);
  return prefix;
}

struct Entry {
  const char* text = nullptr;
  uint32_t length = 0;
  uint32_t stock_hash = 0;
  uint32_t prefix = 0;
};

constexpr uint32_t kSegmentBits = 12;
constexpr uint32_t kSegmentEntries = 1u << kSegmentBits;
constexpr uint32_t kShards = 64;

class Table final : public AtomTable {
 public:
  explicit Table(uint32_t limit) : limit_(limit), segments_((limit + kSegmentEntries - 1) / kSegmentEntries) {
    uint32_t expected = 0;
    for (std::string_view text : kPredefined) {
      Term atom = intern(text);
      ATH_ASSERT(atom.is_atom() && atom.atom_index() == expected);  // a text occurs twice in atoms.def, or limit too low
      ++expected;
    }
  }
  ~Table() override {
    for (auto& segment : segments_) delete[] segment.load(std::memory_order_relaxed);
  }

  Term intern(std::string_view text) override {
    uint64_t hash = lookup_hash(text);
    Shard& shard = shards_[hash >> 58];
    {
      std::shared_lock lock(shard.mutex);
      if (Term found = lookup(shard, hash, text); !found.is_none()) return found;
    }
    std::unique_lock lock(shard.mutex);
    if (Term found = lookup(shard, hash, text); !found.is_none()) return found;
    uint32_t index = next_.load(std::memory_order_relaxed);
    do {
      if (index >= limit_) return Term::none();
    } while (!next_.compare_exchange_weak(index, index + 1, std::memory_order_relaxed));
    Entry& entry = entry_for_writing(index);
    entry.text = shard.keep(text);
    entry.length = static_cast<uint32_t>(text.size());
    entry.stock_hash = stock_hash(text);
    entry.prefix = prefix_of(text);
    insert(shard, hash, index);
    return Term::atom(index);
  }

  Term find(std::string_view text) override {
    uint64_t hash = lookup_hash(text);
    Shard& shard = shards_[hash >> 58];
    std::shared_lock lock(shard.mutex);
    return lookup(shard, hash, text);
  }

  std::string_view text(Term atom) const override {
    const Entry& e = entry(atom);
    return {e.text, e.length};
  }
  uint32_t hash(Term atom) const override { return entry(atom).stock_hash; }
  uint32_t order_prefix(Term atom) const override { return entry(atom).prefix; }
  uint32_t count() const override { return next_.load(std::memory_order_relaxed); }
  uint32_t limit() const override { return limit_; }

 private:
  struct Slot {
    uint32_t index_plus_one = 0;
    uint32_t hash = 0;
  };
  struct Shard {
    std::shared_mutex mutex;
    std::vector<Slot> slots;  // size a power of two; at most half full
    uint32_t used = 0;
    std::vector<std::unique_ptr<char[]>> chunks;  // texts, packed
    size_t chunk_free = 0;
    char* chunk_place = nullptr;

    const char* keep(std::string_view text) {
      if (text.empty()) return "";
      if (text.size() > chunk_free) {
        size_t bytes = text.size() > 2048 ? text.size() : 4096;
        chunks.push_back(std::make_unique<char[]>(bytes));
        chunk_place = chunks.back().get();
        chunk_free = bytes;
      }
      char* place = chunk_place;
      std::memcpy(place, text.data(), text.size());
      chunk_place += text.size();
      chunk_free -= text.size();
      return place;
    }
  };

  // An atom's term reaches another thread only through a synchronising hand-over (a shard's lock, a message), which
  // orders the entry's plain fields; the segment pointer is acquired so that the path itself is ordered too.
  const Entry& entry(Term atom) const {
    uint32_t index = atom.atom_index();
    ATH_DCHECK(index < count());
    return segments_[index >> kSegmentBits].load(std::memory_order_acquire)[index & (kSegmentEntries - 1)];
  }
  Entry& entry_for_writing(uint32_t index) {
    std::atomic<Entry*>& segment = segments_[index >> kSegmentBits];
    Entry* entries = segment.load(std::memory_order_acquire);
    if (entries == nullptr) {
      auto* fresh = new Entry[kSegmentEntries];
      if (segment.compare_exchange_strong(entries, fresh, std::memory_order_acq_rel)) {
        entries = fresh;
      } else {
        delete[] fresh;
      }
    }
    return entries[index & (kSegmentEntries - 1)];
  }

  Term lookup(const Shard& shard, uint64_t hash, std::string_view wanted) const {
    if (shard.slots.empty()) return Term::none();
    size_t mask = shard.slots.size() - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
      const Slot& slot = shard.slots[i];
      if (slot.index_plus_one == 0) return Term::none();
      if (slot.hash != static_cast<uint32_t>(hash)) continue;
      Term atom = Term::atom(slot.index_plus_one - 1);
      if (text(atom) == wanted) return atom;
    }
  }
  static void place(std::vector<Slot>& slots, Slot slot) {
    size_t mask = slots.size() - 1;
    size_t i = slot.hash & mask;
    while (slots[i].index_plus_one != 0) i = (i + 1) & mask;
    slots[i] = slot;
  }
  static void insert(Shard& shard, uint64_t hash, uint32_t index) {
    if ((shard.used + 1) * 2 > shard.slots.size()) {
      std::vector<Slot> grown(shard.slots.empty() ? 64 : shard.slots.size() * 2);
      for (const Slot& slot : shard.slots) {
        if (slot.index_plus_one != 0) place(grown, slot);
      }
      shard.slots = std::move(grown);
    }
    place(shard.slots, Slot{index + 1, static_cast<uint32_t>(hash)});
    ++shard.used;
  }

  const uint32_t limit_;
  std::atomic<uint32_t> next_{0};
  std::vector<std::atomic<Entry*>> segments_;
  Shard shards_[kShards];
};

}  // namespace

AtomTable* make_atom_table(uint32_t limit) {
  auto predefined = static_cast<uint32_t>(atoms::Index::kPredefinedCount);
  return new Table(limit < predefined + 1024 ? predefined + 1024 : limit);
}

}  // namespace athanor
