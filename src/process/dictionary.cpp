// SPDX-License-Identifier: Apache-2.0
#include "process/dictionary.hpp"

#include "process/process.hpp"
#include "term/compare.hpp"
#include "term/hash.hpp"

namespace athanor::process {

size_t Dictionary::find(Term key) const {
  if (index_.empty()) {
    for (size_t i = 0; i < count(); ++i) {
      if (equal_exact(pairs_[2 * i], key)) return i;
    }
    return kMissing;
  }
  uint64_t hash = internal_hash(key);
  size_t mask = index_.size() - 1;
  for (size_t at = hash & mask; index_[at] != 0; at = (at + 1) & mask) {
    size_t pair = index_[at] - 1;
    if (hashes_[pair] == hash && equal_exact(pairs_[2 * pair], key)) return pair;
  }
  return kMissing;
}

void Dictionary::index_insert(uint64_t hash, uint32_t pair) {
  size_t mask = index_.size() - 1;
  size_t at = hash & mask;
  while (index_[at] != 0) at = (at + 1) & mask;
  index_[at] = pair + 1;
}

void Dictionary::rebuild() {
  if (count() <= kSmall) {
    index_.clear();
    hashes_.clear();
    return;
  }
  size_t size = 32;
  while (size < 4 * count()) size *= 2;
  index_.assign(size, 0);
  hashes_.resize(count());
  for (size_t i = 0; i < count(); ++i) {
    hashes_[i] = internal_hash(pairs_[2 * i]);
    index_insert(hashes_[i], static_cast<uint32_t>(i));
  }
}

Term Dictionary::get(Term key) const {
  size_t pair = find(key);
  return pair == kMissing ? Term::none() : pairs_[2 * pair + 1];
}

Term Dictionary::put(Term key, Term value) {
  size_t pair = find(key);
  if (pair != kMissing) {
    Term old = pairs_[2 * pair + 1];
    pairs_[2 * pair + 1] = value;
    return old;
  }
  pairs_.push_back(key);
  pairs_.push_back(value);
  if (index_.empty() ? count() > kSmall : 2 * count() > index_.size()) {
    rebuild();
  } else if (!index_.empty()) {
    hashes_.push_back(internal_hash(key));
    index_insert(hashes_.back(), static_cast<uint32_t>(count() - 1));
  }
  return Term::none();
}

Term Dictionary::erase(Term key) {
  size_t pair = find(key);
  if (pair == kMissing) return Term::none();
  Term old = pairs_[2 * pair + 1];
  size_t last = count() - 1;
  if (!index_.empty()) {
    // Takes the pair out of the index, moving up what had been pushed past it; then renames the last pair.
    size_t mask = index_.size() - 1;
    size_t at = hashes_[pair] & mask;
    while (index_[at] != pair + 1) at = (at + 1) & mask;
    for (size_t next = (at + 1) & mask; index_[next] != 0; next = (next + 1) & mask) {
      size_t home = hashes_[index_[next] - 1] & mask;
      if (((next - home) & mask) >= ((next - at) & mask)) {
        index_[at] = index_[next];
        at = next;
      }
    }
    index_[at] = 0;
    if (pair != last) {
      size_t place = hashes_[last] & mask;
      while (index_[place] != last + 1) place = (place + 1) & mask;
      index_[place] = static_cast<uint32_t>(pair + 1);
      hashes_[pair] = hashes_[last];
    }
    hashes_.pop_back();
  }
  pairs_[2 * pair] = pairs_[2 * last];
  pairs_[2 * pair + 1] = pairs_[2 * last + 1];
  pairs_.resize(2 * last);
  if (last < kSmall / 2) rebuild();
  return old;
}

void Dictionary::clear() {
  pairs_ = {};
  hashes_ = {};
  index_ = {};
}

Term dictionary_get(Process& self, Term key) { return self.dictionary_ ? self.dictionary_->get(key) : Term::none(); }

Term dictionary_put(Process& self, Term key, Term value) {
  if (!self.dictionary_) self.dictionary_ = new Dictionary;
  return self.dictionary_->put(key, value);
}

Term dictionary_erase(Process& self, Term key) { return self.dictionary_ ? self.dictionary_->erase(key) : Term::none(); }

void dictionary_clear(Process& self) {
  if (self.dictionary_) self.dictionary_->clear();
}

Term dictionary_all(Process& self, Allocator& to) {
  Term list = Term::nil();
  for (size_t i = self.dictionary_ ? self.dictionary_->count() : 0; i-- > 0;) {
    Term* place = to.allocate(5);
    place[0].raw = tuple_header(2);
    place[1] = self.dictionary_->key(i);
    place[2] = self.dictionary_->value(i);
    list = make_cons(place + 3, Term::boxed(place), list);
  }
  return list;
}

Term dictionary_keys(Process& self, Allocator& to, Term value) {
  Term list = Term::nil();
  for (size_t i = self.dictionary_ ? self.dictionary_->count() : 0; i-- > 0;) {
    if (!value.is_none() && !equal_exact(self.dictionary_->value(i), value)) continue;
    list = make_cons(to.allocate(2), self.dictionary_->key(i), list);
  }
  return list;
}

}  // namespace athanor::process
