// SPDX-License-Identifier: Apache-2.0
// What is replaced or erased leaves as the literals of purged code do: process/literals.hpp.
#include "ets/persistent_terms.hpp"

#include <algorithm>

#include "heap/copy.hpp"
#include "process/literals.hpp"
#include "term/compare.hpp"
#include "term/hash.hpp"

namespace athanor::ets {

struct PersistentTerms::Entry {
  // Literals of code are copied too: it may be purged.
  Entry(heap::LiteralSpace& space, Term given_key, Term given_value)
      : area(std::make_unique<heap::LiteralArea>(space)), hash(internal_hash(given_key)), key(heap::copy(given_key, *area, nullptr)),
        value(heap::copy(given_value, *area, nullptr)) {}
  size_t words() const { return area ? area->words() : 0; }
  std::unique_ptr<heap::LiteralArea> area;
  uint64_t hash;
  Term key, value;
};

// Open addressing; never changed once published.
struct PersistentTerms::Snapshot {
  explicit Snapshot(std::vector<Entry*> given) : entries(std::move(given)) {
    size_t size = 16;
    while (size < 2 * entries.size()) size *= 2;
    slots.resize(size);
    for (Entry* entry : entries) {
      size_t index = entry->hash & (size - 1);
      while (slots[index]) index = (index + 1) & (size - 1);
      slots[index] = entry;
    }
  }
  std::vector<Entry*> entries;   // in order of creation
  std::vector<Entry*> slots;
};

PersistentTerms::PersistentTerms(process::Runtime& runtime) : runtime_(runtime), current_(new Snapshot({})) {}

PersistentTerms::~PersistentTerms() {
  Snapshot* snapshot = current_.load();
  for (Entry* entry : snapshot->entries) delete entry;
  delete snapshot;
}

const PersistentTerms::Entry* PersistentTerms::entry(const Snapshot& snapshot, Term key) const {
  uint64_t hash = internal_hash(key);
  size_t mask = snapshot.slots.size() - 1;
  for (size_t index = hash & mask; const Entry* entry = snapshot.slots[index]; index = (index + 1) & mask) {
    if (entry->hash == hash && equal_exact(entry->key, key)) return entry;
  }
  return nullptr;
}

Term PersistentTerms::find(Term key) const {
  const Entry* found = entry(*current_.load(std::memory_order_acquire), key);
  return found ? found->value : Term::none();
}

std::vector<std::pair<Term, Term>> PersistentTerms::pairs() const {
  std::vector<std::pair<Term, Term>> pairs;
  for (const Entry* entry : current_.load(std::memory_order_acquire)->entries) pairs.emplace_back(entry->key, entry->value);
  return pairs;
}

size_t PersistentTerms::slots() const { return current_.load(std::memory_order_acquire)->slots.size(); }
size_t PersistentTerms::count() const { return current_.load(std::memory_order_acquire)->entries.size(); }

void PersistentTerms::publish(std::vector<Entry*> entries) {
  Snapshot* old = current_.exchange(new Snapshot(std::move(entries)), std::memory_order_acq_rel);
  runtime_.epochs->retire(old, [](void* snapshot) { delete static_cast<Snapshot*>(snapshot); });
}

void PersistentTerms::retire(Entry* entry) {
  bytes_.fetch_sub(entry->words() * sizeof(Term), std::memory_order_relaxed);
  process::retire_literals(runtime_, std::move(entry->area));
  runtime_.epochs->retire(entry, [](void* gone) { delete static_cast<Entry*>(gone); });
}

void PersistentTerms::put(Term key, Term value) {
  std::lock_guard lock(writers_);
  const Snapshot& snapshot = *current_.load(std::memory_order_relaxed);
  auto* old = const_cast<Entry*>(entry(snapshot, key));
  if (old && equal_exact(old->value, value)) return;
  auto* added = new Entry(*runtime_.literals, key, value);
  bytes_.fetch_add(added->words() * sizeof(Term), std::memory_order_relaxed);
  std::vector<Entry*> entries = snapshot.entries;
  if (old) *std::find(entries.begin(), entries.end(), old) = added;
  else entries.push_back(added);
  publish(std::move(entries));
  if (old) retire(old);
}

bool PersistentTerms::erase(Term key) {
  std::lock_guard lock(writers_);
  const Snapshot& snapshot = *current_.load(std::memory_order_relaxed);
  auto* old = const_cast<Entry*>(entry(snapshot, key));
  if (!old) return false;
  std::vector<Entry*> entries = snapshot.entries;
  entries.erase(std::find(entries.begin(), entries.end(), old));
  publish(std::move(entries));
  retire(old);
  return true;
}

void PersistentTerms::erase_all() {
  std::lock_guard lock(writers_);
  std::vector<Entry*> old = current_.load(std::memory_order_relaxed)->entries;
  publish({});
  for (Entry* entry : old) retire(entry);
}

}  // namespace athanor::ets
