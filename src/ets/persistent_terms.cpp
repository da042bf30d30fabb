// SPDX-License-Identifier: Apache-2.0
// An index of entries under open addressing. Writers, one at a time, store into a slot; readers see the old entry or the new one. A slot once
// taken is never empty again in this index, so a reader's search ends where it must. What is replaced or erased leaves as the literals of
// purged code do: process/literals.hpp.
#include "ets/persistent_terms.hpp"

#include <algorithm>

#include "heap/copy_sharing.hpp"
#include "process/literals.hpp"
#include "term/compare.hpp"
#include "term/hash.hpp"

namespace athanor::ets {

struct PersistentTerms::Entry {
  // Literals of code are copied too: it may be purged.
  Entry(heap::LiteralSpace& space, Term given_key, Term given_value, uint64_t sequence)
      : area(std::make_unique<heap::LiteralArea>(space)), hash(internal_hash(given_key)), sequence(sequence) {
    size_t key_words = 0, value_words = 0;
    key = heap::copy_sharing(given_key, *area, key_words);
    value = heap::copy_sharing(given_value, *area, value_words);
    words = key_words + value_words;
  }
  std::unique_ptr<heap::LiteralArea> area;
  const uint64_t hash;
  const uint64_t sequence;
  size_t words = 0;
  Term key, value;
};

struct PersistentTerms::Index {
  explicit Index(size_t size) : size(size), slots(std::make_unique<std::atomic<Entry*>[]>(size)) {}
  const size_t size;     // a power of two, at least twice the slots that are used
  std::unique_ptr<std::atomic<Entry*>[]> slots;
};

namespace {
constexpr size_t kFewestSlots = 16;
}

// In place of an entry that was erased; equal to no key.
template <class Entry>
static Entry* grave() { return reinterpret_cast<Entry*>(uintptr_t{1}); }

PersistentTerms::PersistentTerms(process::Runtime& runtime) : runtime_(runtime), current_(new Index(kFewestSlots)) {}

PersistentTerms::~PersistentTerms() {
  Index* index = current_.load();
  for (size_t i = 0; i < index->size; ++i) {
    Entry* entry = index->slots[i].load();
    if (entry != grave<Entry>()) delete entry;
  }
  delete index;
}

size_t PersistentTerms::slot_of(const Index& index, Term key, uint64_t hash) {
  const size_t mask = index.size - 1;
  size_t place = hash & mask;
  for (; const Entry* entry = index.slots[place].load(std::memory_order_acquire); place = (place + 1) & mask) {
    if (entry != grave<Entry>() && entry->hash == hash && equal_exact(entry->key, key)) break;
  }
  return place;
}

PersistentTerms::Entry* PersistentTerms::entry(Term key) const {
  const Index& index = *current_.load(std::memory_order_acquire);
  Entry* found = index.slots[slot_of(index, key, internal_hash(key))].load(std::memory_order_acquire);
  return found == grave<Entry>() ? nullptr : found;   // it was erased since
}

Term PersistentTerms::find(Term key) const {
  const Entry* found = entry(key);
  return found ? found->value : Term::none();
}

std::vector<std::pair<Term, Term>> PersistentTerms::pairs() const {
  const Index& index = *current_.load(std::memory_order_acquire);
  std::vector<const Entry*> entries;
  for (size_t i = 0; i < index.size; ++i) {
    const Entry* entry = index.slots[i].load(std::memory_order_acquire);
    if (entry && entry != grave<Entry>()) entries.push_back(entry);
  }
  std::sort(entries.begin(), entries.end(), [](const Entry* a, const Entry* b) { return a->sequence < b->sequence; });
  std::vector<std::pair<Term, Term>> pairs;
  for (const Entry* entry : entries) pairs.emplace_back(entry->key, entry->value);
  return pairs;
}

size_t PersistentTerms::slots() const { return current_.load(std::memory_order_acquire)->size; }

void PersistentTerms::rebuild(size_t slots) {
  Index* old = current_.load(std::memory_order_relaxed);
  auto* index = new Index(slots);
  for (size_t i = 0; i < old->size; ++i) {
    Entry* entry = old->slots[i].load(std::memory_order_relaxed);
    if (entry && entry != grave<Entry>()) index->slots[slot_of(*index, entry->key, entry->hash)].store(entry, std::memory_order_relaxed);
  }
  used_ = count_.load(std::memory_order_relaxed);
  current_.store(index, std::memory_order_release);
  runtime_.epochs->retire(old, [](void* gone) { delete static_cast<Index*>(gone); });
}

void PersistentTerms::retire(Entry* entry) {
  bytes_.fetch_sub(entry->words * sizeof(Term), std::memory_order_relaxed);
  process::retire_literals(runtime_, std::move(entry->area));
  runtime_.epochs->retire(entry, [](void* gone) { delete static_cast<Entry*>(gone); });
}

void PersistentTerms::put(Term key, Term value) {
  std::lock_guard lock(writers_);
  Entry* old = entry(key);
  if (old && equal_exact(old->value, value)) return;
  auto* added = new Entry(*runtime_.literals, key, value, old ? old->sequence : next_sequence_++);
  bytes_.fetch_add(added->words * sizeof(Term), std::memory_order_relaxed);
  if (!old) {
    // At most half of the slots are used, those of erased entries too.
    size_t size = slots();
    while (size < 2 * (count() + 1)) size *= 2;
    if (size != slots() || 2 * (used_ + 1) > size) rebuild(size);
    ++used_;
    count_.fetch_add(1, std::memory_order_relaxed);
  }
  Index& index = *current_.load(std::memory_order_relaxed);
  index.slots[slot_of(index, key, added->hash)].store(added, std::memory_order_release);
  if (old) retire(old);
}

bool PersistentTerms::erase(Term key) {
  std::lock_guard lock(writers_);
  Entry* old = entry(key);
  if (!old) return false;
  Index& index = *current_.load(std::memory_order_relaxed);
  index.slots[slot_of(index, key, old->hash)].store(grave<Entry>(), std::memory_order_release);
  count_.fetch_sub(1, std::memory_order_relaxed);
  size_t size = slots();
  while (size > kFewestSlots && 4 * count() < size) size /= 2;   // OTP: at least a quarter is used
  if (size != slots()) rebuild(size);
  retire(old);
  return true;
}

void PersistentTerms::erase_all() {
  std::lock_guard lock(writers_);
  std::vector<Entry*> gone;
  Index& index = *current_.load(std::memory_order_relaxed);
  for (size_t i = 0; i < index.size; ++i) {
    Entry* entry = index.slots[i].exchange(grave<Entry>(), std::memory_order_acq_rel);
    if (entry && entry != grave<Entry>()) gone.push_back(entry);
  }
  count_.store(0, std::memory_order_relaxed);
  rebuild(kFewestSlots);
  for (Entry* entry : gone) retire(entry);
}

}  // namespace athanor::ets
