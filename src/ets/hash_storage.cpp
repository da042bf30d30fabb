// SPDX-License-Identifier: Apache-2.0
#include "ets/hash_storage.hpp"

#include <algorithm>
#include <cmath>

#include "heap/copy.hpp"
#include "term/compare.hpp"
#include "term/hash.hpp"

namespace athanor::ets {

std::unique_ptr<Storage> make_hash_storage(TableType type, size_t key_position, bool striped) {
  return std::make_unique<HashStorage>(type, key_position, striped);
}

namespace {
constexpr int64_t kRowWords = 4;   // OTP: what the stock VM counts for a row besides its object
}

HashStorage::HashStorage(TableType type, size_t key_position, bool striped) : Storage(key_position), type_(type) {
  segments_.push_back(std::make_unique<Segment>());
  if (striped) stripes_ = std::make_unique<std::array<Stripe, kStripes>>();
}

HashStorage::~HashStorage() {
  Garbage garbage;
  for (size_t i = 0; i < bucket_count_; ++i) {
    for (Row* row = bucket(i); row;) {
      Row* next = row->next;
      garbage.add(row);
      row = next;
    }
  }
}

uint64_t HashStorage::hash_of(Term key) const { return static_cast<uint32_t>(internal_hash(key)); }   // what a row keeps

bool HashStorage::same_key(const Row& row, Term key, uint64_t hash) const {
  return row.hash == hash && equal_exact(row.key(key_position_), key);
}

Row** HashStorage::find_block(Term key, uint64_t hash) {
  Row** link = &bucket(bucket_of(hash));
  while (*link && !same_key(**link, key, hash)) link = &(*link)->next;
  return link;
}

Row* HashStorage::find(Term key, uint64_t hash) {
  Row* row = *find_block(key, hash);
  while (row && row->dead) {
    row = row->next;
    if (row && !same_key(*row, key, hash)) return nullptr;
  }
  return row;
}

Row* HashStorage::next_same(Row* row) {
  if (type_ == TableType::Set) return nullptr;
  Term key = row->key(key_position_);
  uint64_t hash = row->hash;
  for (row = row->next; row && same_key(*row, key, hash); row = row->next) {
    if (!row->dead) return row;
  }
  return nullptr;
}

void HashStorage::insert(Row* row, Garbage& garbage) {
  Term key = row->key(key_position_);
  Row** link = find_block(key, row->hash);
  if (type_ == TableType::Set && *link) {
    Row* old_row = *link;   // a set has one row a key, dead or alive
    row->next = old_row->next;
    *link = row;
    account(old_row->dead ? 1 : 0, static_cast<int64_t>(row->words) - (old_row->dead ? -kRowWords : old_row->words));
    garbage.add(old_row);
    return;
  }
  if (type_ == TableType::Bag) {
    for (Row* other = *link; other && same_key(*other, key, row->hash); other = other->next) {
      if (!other->dead && equal_exact(other->object, row->object)) {
        garbage.add(row);
        return;
      }
    }
  }
  row->next = *link;
  *link = row;
  account(1, row->words + kRowWords);
}

void HashStorage::remove(Row** link, Garbage& garbage) {
  Row* row = *link;
  account(-1, -(static_cast<int64_t>(row->words) + kRowWords));
  if (is_fixed()) {
    row->dead = true;
    std::lock_guard lock(dead_mutex_);
    dead_.push_back(row->hash);
    return;
  }
  *link = row->next;
  garbage.add(row);
}

size_t HashStorage::erase(Term key, uint64_t hash, Garbage& garbage) {
  size_t count = 0;
  Row** link = find_block(key, hash);
  while (*link && same_key(**link, key, hash)) {
    Row* row = *link;
    if (!row->dead) {
      remove(link, garbage);
      ++count;
    }
    if (*link == row) link = &row->next;
  }
  return count;
}

size_t HashStorage::erase_object(Term object, uint64_t hash, Garbage& garbage) {
  size_t count = 0;
  Term key = tuple_element(object, key_position_ - 1);
  Row** link = find_block(key, hash);
  while (*link && same_key(**link, key, hash)) {
    Row* row = *link;
    if (!row->dead && equal_exact(row->object, object)) {
      remove(link, garbage);
      ++count;
      if (type_ != TableType::DuplicateBag) return count;
    }
    if (*link == row) link = &row->next;
  }
  return count;
}

void HashStorage::replace(Row* old_row, Row* row, Garbage& garbage) {
  Row** link = &bucket(bucket_of(old_row->hash));
  while (*link != old_row) link = &(*link)->next;
  row->next = old_row->next;
  row->hash = old_row->hash;
  *link = row;
  account(0, static_cast<int64_t>(row->words) - static_cast<int64_t>(old_row->words));
  garbage.add(old_row);
}

void HashStorage::erase_row(Row* row, Garbage& garbage) {
  Row** link = &bucket(bucket_of(row->hash));
  while (*link != row) link = &(*link)->next;
  remove(link, garbage);
}

Term HashStorage::first_from(size_t index, Allocator& heap) {
  for (; index < bucket_count_; ++index) {
    KeyLock lock(key_mutex(index), false);
    for (Row* row = bucket(index); row; row = row->next) {
      if (!row->dead) return heap::copy(row->key(key_position_), heap, nullptr);
    }
  }
  return Term::none();
}

Term HashStorage::first(Allocator& heap) { return first_from(0, heap); }

Term HashStorage::next(Term key, Allocator& heap, bool& unknown_key) {
  uint64_t hash = hash_of(key);
  {
    KeyLock lock(key_mutex(hash), false);
    Row* row = *find_block(key, hash);
    unknown_key = row == nullptr;
    if (unknown_key) return Term::none();
    while (row && (row->dead || same_key(*row, key, hash))) row = row->next;
    if (row) return heap::copy(row->key(key_position_), heap, nullptr);
  }
  return first_from(bucket_of(hash) + 1, heap);
}

bool HashStorage::slot(size_t index, Allocator& heap, Term& objects) {
  objects = Term::none();
  if (index >= bucket_count_) return index == bucket_count_;
  objects = Term::nil();
  KeyLock lock(key_mutex(index), false);
  for (Row* row = bucket(index); row; row = row->next) {
    if (row->dead) continue;
    Term object = heap::copy(row->object, heap, nullptr);
    objects = make_cons(heap.allocate(2), object, objects);
  }
  return true;
}

bool HashStorage::walk(Position& position, const KeyRange&, bool, bool write, Visitor& visitor, Garbage& garbage) {
  while (position.bucket < bucket_count_) {
    if (!visitor.wants_more()) return false;
    KeyLock lock(key_mutex(position.bucket), write);
    Row** link = &bucket(position.bucket);
    while (Row* row = *link) {
      if (!row->dead) {
        Verdict verdict = visitor.visit(*row);
        if (verdict == Verdict::Erase) {
          remove(link, garbage);
        } else if (verdict == Verdict::Replace) {
          replace(row, visitor.replacement, garbage);
          row = *link;
        }
      }
      if (*link == row) link = &row->next;
    }
    ++position.bucket;
  }
  return true;
}

void HashStorage::clear(Garbage& garbage) {
  for (size_t i = 0; i < bucket_count_; ++i) {
    Row** link = &bucket(i);
    while (Row* row = *link) {
      if (!row->dead) remove(link, garbage);
      if (*link == row) link = &row->next;
    }
  }
}

void HashStorage::unfix(Garbage& garbage) {
  if (--fixations_ > 0) return;
  for (uint64_t hash : dead_) {
    for (Row** link = &bucket(bucket_of(hash)); Row* row = *link;) {
      if (row->dead) {
        *link = row->next;
        garbage.add(row);
      } else {
        link = &row->next;
      }
    }
  }
  dead_.clear();
  dead_.shrink_to_fit();
}

bool HashStorage::wants_resize() const {
  if (is_fixed()) return false;
  auto rows = static_cast<size_t>(std::max<int64_t>(count(), 0));
  return rows > bucket_count_ || (bucket_count_ > kSegment && rows < bucket_count_ / 4);
}

void HashStorage::resize() {
  if (!wants_resize()) return;
  bool grows = static_cast<size_t>(std::max<int64_t>(count(), 0)) > bucket_count_;
  for (size_t i = 0; i < kResizeStep; ++i) grows ? split() : merge();
}

// Rows of the bucket half a mask below go to the new last bucket where their hash says so; both keep their order.
void HashStorage::split() {
  size_t added = bucket_count_;
  if (added > mask_) mask_ = 2 * mask_ + 1;
  if (added / kSegment == segments_.size()) {
    segments_.push_back(std::make_unique<Segment>());
    account(0, kSegment);
  }
  ++bucket_count_;
  Row** from = &bucket(added & (mask_ >> 1));
  Row** to = &bucket(added);
  while (Row* row = *from) {
    if ((row->hash & mask_) == added) {
      *from = row->next;
      row->next = nullptr;
      *to = row;
      to = &row->next;
    } else {
      from = &row->next;
    }
  }
}

void HashStorage::merge() {
  if (bucket_count_ <= kSegment) return;
  size_t removed = --bucket_count_;
  Row** end = &bucket(removed & (mask_ >> 1));
  while (*end) end = &(*end)->next;
  *end = bucket(removed);
  bucket(removed) = nullptr;
  if (removed % kSegment == 0) {
    segments_.pop_back();
    account(0, -static_cast<int64_t>(kSegment));
  }
  if (removed == (mask_ >> 1) + 1) mask_ >>= 1;
}

bool HashStorage::statistics(ChainStatistics& statistics) {
  statistics.buckets = bucket_count_;
  statistics.shortest = SIZE_MAX;
  size_t rows = 0;
  double squares = 0;
  for (size_t i = 0; i < bucket_count_; ++i) {
    size_t length = 0;
    for (Row* row = bucket(i); row; row = row->next) {
      ++length;
      if (row->dead) ++statistics.dead;
    }
    rows += length;
    squares += static_cast<double>(length) * static_cast<double>(length);
    statistics.shortest = std::min(statistics.shortest, length);
    statistics.longest = std::max(statistics.longest, length);
  }
  auto buckets = static_cast<double>(bucket_count_), total = static_cast<double>(rows);
  statistics.average = total / buckets;
  statistics.deviation = std::sqrt((squares - statistics.average * total) / buckets);
  statistics.expected = std::sqrt(statistics.average * (1 - 1.0 / buckets));
  return true;
}

}  // namespace athanor::ets
