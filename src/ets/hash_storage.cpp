// SPDX-License-Identifier: Apache-2.0
#include "ets/hash_storage.hpp"

#include <absl/container/inlined_vector.h>

#include <algorithm>
#include <cmath>

#include "ets/packed_row.hpp"
#include "heap/fragment.hpp"

namespace athanor::ets {

std::unique_ptr<Storage> make_hash_storage(TableType type, size_t key_position, HashLocks locks, Stripe* stripes) {
  return std::make_unique<HashStorage>(type, key_position, locks, stripes);
}

namespace {
constexpr int64_t kRowWords = 4;   // OTP: what the stock VM counts for a row besides its object

// OTP: the stock VM has memory for 256 buckets, then for 2048 more at a time, and a table of those pieces from the second on.
constexpr size_t kMoreSlots = 2048;
constexpr int64_t kSlotTableWords = 262;

// While a walk goes from bucket to bucket no row may change its bucket: it would be shown twice, or not at all.
class Walking {
 public:
  explicit Walking(std::atomic<uint32_t>& walkers) : walkers_(walkers) { walkers_.fetch_add(1); }
  ~Walking() { walkers_.fetch_sub(1); }

 private:
  std::atomic<uint32_t>& walkers_;
};
}  // namespace

HashStorage::HashStorage(TableType type, size_t key_position, HashLocks locks, Stripe* stripes)
        : Storage(key_position, stripes, locks.decentralized), type_(type), locks_(locks), buckets_(BucketArray::kFewest) {
  reset_buckets();
}

HashStorage::~HashStorage() {
  Garbage garbage;
  while (!take_some(1000, garbage)) garbage.free_some(SIZE_MAX);
}

bool HashStorage::take_some(size_t count, Garbage& garbage) {
  while (taken_ < buckets_.count() && count > 0) {
    const std::span<Row*> run = buckets_.run_at(taken_);
    size_t at = 0;
    for (; at < run.size() && count > 0; ++at, --count) {
      if (at + kAhead < run.size()) __builtin_prefetch(run[at + kAhead]);
      while (Row* row = run[at]) {
        run[at] = row->next;
        garbage.add(row);
        count -= count > 1 ? 1 : 0;
      }
    }
    taken_ += at;
  }
  return taken_ == buckets_.count();
}

// OTP: a table has at least as many buckets as locks.
size_t HashStorage::first_count() const {
  size_t count = BucketArray::kFewest;
  while (count < locks_.count) count += kMoreSlots;
  return count;
}

void HashStorage::reset_buckets() {
  if (buckets_.count() != first_count()) buckets_.reset(first_count());
  if (slots_ == 0) slots_ = BucketArray::kFewest;
  set_slots(first_count());
  due_.store(0, std::memory_order_relaxed);
}

void HashStorage::set_slots(size_t slots) {
  auto words = static_cast<int64_t>(slots) - static_cast<int64_t>(slots_);
  if (slots_ == BucketArray::kFewest && slots > slots_) words += kSlotTableWords;
  if (slots == BucketArray::kFewest && slots < slots_) words -= kSlotTableWords;
  words_.fetch_add(words, std::memory_order_relaxed);   // where buckets are split no other lock is held than theirs
  slots_ = slots;
  // OTP: a table shrinks once a piece can go and the rest stays half empty; the first two pieces stay. With decentralized counters
  // the samples must be large enough, too.
  size_t fewest = std::max(locks_.count + kMoreSlots, BucketArray::kFewest + 2 * kMoreSlots);
  bool may_shrink = slots >= fewest && (!locks_.decentralized || slots >= 100 * Stripe::kCount);
  shrink_limit_.store(may_shrink ? static_cast<int64_t>((slots - kMoreSlots) / 2) : 0, std::memory_order_relaxed);
}

// OTP: the stock VM goes through the buckets of one lock before it takes the next.
size_t HashStorage::next_bucket(size_t index) const {
  size_t locks = locks_.count > 0 ? locks_.count : 1;
  index += locks;
  if (index < buckets_.count()) return index;
  index = (index + 1) & (locks - 1);
  return index == 0 ? kEnd : index;
}

void HashStorage::count_rows(uint64_t hash, int64_t rows, int64_t words) {
  if (!stripes_) {
    add(items_, rows);
    add(words_, words);
    return;
  }
  Stripe& stripe = stripes_[hash % Stripe::kCount];
  add(stripe.words, words);
  if (counts_by_stripe_) add(stripe.rows, rows);
  else if (rows != 0) items_.fetch_add(rows, std::memory_order_relaxed);
}

int64_t HashStorage::estimate(uint64_t hash) const {
  if (!counts_by_stripe_) return items_.load(std::memory_order_relaxed);
  return stripes_[hash % Stripe::kCount].rows.load(std::memory_order_relaxed) * static_cast<int64_t>(Stripe::kCount);
}

Row* HashStorage::find_alive(Row* row, Term key, uint64_t hash) const {
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
    count_rows(row->hash, old_row->dead ? 1 : 0, static_cast<int64_t>(row->words) - (old_row->dead ? -kRowWords : old_row->words));
    garbage.add(old_row);
    return;
  }
  if (type_ == TableType::Bag) {
    heap::FragmentAllocator scratch(0);
    const Term object = row->packed ? unpack_object(*row, scratch) : row->object();
    for (Row* other = *link; other && same_key(*other, key, row->hash); other = other->next) {
      if (!other->dead && is_object(*other, object)) {
        garbage.add(row);
        return;
      }
    }
  }
  row->next = *link;
  *link = row;
  count_rows(row->hash, 1, row->words + kRowWords);
  int64_t rows = estimate(row->hash);
  if (rows > static_cast<int64_t>(buckets_.count()) && !is_fixed()) due_.store(rows, std::memory_order_relaxed);
}

void HashStorage::remove(Row** link, Garbage& garbage) {
  Row* row = *link;
  count_rows(row->hash, -1, -(static_cast<int64_t>(row->words) + kRowWords));
  if (is_fixed()) {
    row->dead = true;
    std::lock_guard lock(dead_mutex_);
    dead_.push_back(row->hash);
    return;
  }
  int64_t rows = estimate(row->hash);
  if (rows < shrink_limit_.load(std::memory_order_relaxed)) due_.store(-1 - rows, std::memory_order_relaxed);
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
    if (!row->dead && is_object(*row, object)) {
      remove(link, garbage);
      ++count;
      if (type_ != TableType::DuplicateBag) return count;
    }
    if (*link == row) link = &row->next;
  }
  return count;
}

void HashStorage::replace(Row* old_row, Row* row, Garbage& garbage) {
  Row** link = &buckets_[buckets_.index_of(old_row->hash)];
  while (*link != old_row) link = &(*link)->next;
  row->next = old_row->next;
  row->hash = old_row->hash;
  *link = row;
  count_rows(row->hash, 0, static_cast<int64_t>(row->words) - static_cast<int64_t>(old_row->words));
  garbage.add(old_row);
}

void HashStorage::erase_row(Row* row, Garbage& garbage) {
  Row** link = &buckets_[buckets_.index_of(row->hash)];
  while (*link != row) link = &(*link)->next;
  remove(link, garbage);
}

Term HashStorage::first_from(size_t index, Allocator& heap, Rows shown) {
  for (; index != kEnd; index = next_bucket(index)) {
    KeyLock lock(stripe_lock(index), false);
    if (index >= buckets_.count()) continue;   // joined with another meanwhile
    for (Row* row = buckets_[index]; row; row = row->next) {
      if (row->dead && shown == Rows::Alive) continue;
      prefetch(index);   // who asks for one row asks for the next
      return copy_element(*row, key_position_, heap);
    }
  }
  return Term::none();
}

Term HashStorage::first(Allocator& heap, Rows shown) { return first_from(0, heap, shown); }

Term HashStorage::next(Term key, Allocator& heap, bool& unknown_key, Rows shown) {
  uint64_t hash = hash_of(key);
  size_t index;
  {
    KeyLock lock(stripe_lock(hash), false);
    Row* row = *find_block(key, hash);
    unknown_key = row == nullptr;
    if (unknown_key) return Term::none();
    while (row && ((row->dead && shown == Rows::Alive) || same_key(*row, key, hash))) row = row->next;
    if (row) return copy_element(*row, key_position_, heap);
    index = buckets_.index_of(hash);
  }
  return first_from(next_bucket(index), heap, shown);
}

bool HashStorage::slot(size_t index, Allocator& heap, Term& objects) {
  objects = Term::none();
  KeyLock lock(stripe_lock(index), false);
  if (index >= buckets_.count()) return index == buckets_.count();
  objects = Term::nil();
  for (Row* row = buckets_[index]; row; row = row->next) {
    if (row->dead) continue;
    Term object = copy_object(*row, heap);
    objects = make_cons(heap.allocate(2), object, objects);
  }
  return true;
}

bool HashStorage::walk(Position& position, const KeyRange&, bool, bool write, Visitor& visitor, Garbage& garbage) {
  Walking walking(walkers_);
  for (; position.bucket != kEnd; position.bucket = next_bucket(position.bucket)) {
    if (!visitor.wants_more()) return false;
    KeyLock lock(stripe_lock(position.bucket), write);
    prefetch(position.bucket);
    if (position.bucket < buckets_.count()) walk_bucket(position.bucket, visitor, garbage);
  }
  return true;
}

// Of the bucket that is split next and of the one after it.
void HashStorage::prefetch_chains(size_t index) {
  if (Row* row = buckets_[index]) __builtin_prefetch(row->next);
  if (index + 1 < buckets_.count()) __builtin_prefetch(buckets_[index + 1]);
}

// Rows of neighbouring buckets lie anywhere in memory. The buckets ahead are of the same stripe, whose lock is held.
void HashStorage::prefetch(size_t index) {
  const size_t step = locks_.count > 0 ? locks_.count : 1;
  size_t ahead = index + kAhead * step;
  if (ahead >= buckets_.count()) return;
  __builtin_prefetch(buckets_[ahead]);
  ahead -= kAhead / 2 * step;
  if (Row* row = buckets_[ahead]) __builtin_prefetch(row->next);
}

Row** HashStorage::show(Row** link, Visitor& visitor, Garbage& garbage) {
  Row* row = *link;
  if (!row->dead) {
    Verdict verdict = visitor.visit(*row);
    if (verdict == Verdict::Erase) {
      remove(link, garbage);
    } else if (verdict == Verdict::Replace) {
      replace(row, visitor.replacement, garbage);
      row = *link;
    }
  }
  return *link == row ? &row->next : link;
}

void HashStorage::walk_bucket(size_t index, Visitor& visitor, Garbage& garbage) {
  for (Row** link = &buckets_[index]; *link;) link = show(link, visitor, garbage);
}

// OTP: buckets in the order of the keys; without locks of its own the stock VM leaves out keys that are not there.
void HashStorage::walk_keys(std::span<const Term> keys, bool write, Visitor& visitor, Garbage& garbage) {
  Walking walking(walkers_);
  if (keys.size() == 1) {
    const uint64_t hash = hash_of(keys[0]);
    KeyLock lock(stripe_lock(hash), write);
    for (Row** link = find_block(keys[0], hash); *link && same_key(**link, keys[0], hash);) link = show(link, visitor, garbage);
    return;
  }
  absl::InlinedVector<size_t, 8> indices;
  for (Term key : keys) {
    uint64_t hash = hash_of(key);
    KeyLock lock(stripe_lock(hash), false);
    size_t index = buckets_.index_of(hash);
    if ((stripes_ || find(key, hash)) && std::find(indices.begin(), indices.end(), index) == indices.end()) indices.push_back(index);
  }
  for (size_t index : indices) {
    KeyLock lock(stripe_lock(index), write);
    if (index < buckets_.count()) walk_bucket(index, visitor, garbage);
  }
}

bool HashStorage::clear_some(size_t count, Garbage& garbage) {
  for (; cleared_ < buckets_.count(); ++cleared_) {
    if (count == 0) return false;
    --count;
    if (cleared_ + kAhead < buckets_.count()) __builtin_prefetch(buckets_[cleared_ + kAhead]);
    Row** link = &buckets_[cleared_];
    while (Row* row = *link) {
      if (!row->dead) remove(link, garbage);
      if (*link == row) link = &row->next;
      count -= count > 0 ? 1 : 0;
    }
  }
  cleared_ = 0;
  if (!is_fixed()) reset_buckets();
  return true;
}

void HashStorage::unfix(Garbage& garbage) {
  if (fixations_.fetch_sub(1) > 1) return;
  for (uint64_t hash : dead_) {
    for (Row** link = &buckets_[buckets_.index_of(hash)]; Row* row = *link;) {
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

void HashStorage::resize(Held held) {
  // What is due stays so while another resizes. That one may be long away from its processor, and the table has to catch up then.
  if (resizing_.exchange(true, std::memory_order_acquire)) {
    fell_behind_.store(true, std::memory_order_relaxed);
    return;
  }
  const int64_t due = due_.exchange(0, std::memory_order_relaxed);
  if (due > 0) grow(due, held);
  else if (due < 0) shrink(-1 - due, held);
  resizing_.store(false, std::memory_order_release);
}

void HashStorage::grow(int64_t rows, Held held) {
  const auto behind = [&] { return rows - static_cast<int64_t>(buckets_.count()); };
  const bool fell_behind = fell_behind_.load(std::memory_order_relaxed);
  const int64_t steps = fell_behind ? kResizeSteps + behind() / 4 : kResizeSteps;
  for (int64_t step = 0; step < steps && behind() > 0; ++step) {
    KeyLock lock(held == Held::All ? nullptr : stripe_lock(buckets_.split_source()), true);
    if (must_not_resize()) return;
    if (buckets_.count() == slots_) set_slots(slots_ + kMoreSlots);
    buckets_.split();
    // Buckets are split one after the other. Where there are stripes the next is another's.
    if (!stripes_) prefetch_chains(buckets_.split_source());
  }
  if (!fell_behind) return;
  int64_t none = 0;
  if (behind() > 0) due_.compare_exchange_strong(none, rows, std::memory_order_relaxed);   // whoever writes next goes on
  else fell_behind_.store(false, std::memory_order_relaxed);
}

void HashStorage::shrink(int64_t rows, Held held) {
  for (int step = 0; step < kResizeSteps && rows < shrink_limit_.load(std::memory_order_relaxed); ++step) {
    KeyLock lock(held == Held::All ? nullptr : stripe_lock(buckets_.join_target()), true);
    if (must_not_resize()) return;
    buckets_.join();
    if (!stripes_) __builtin_prefetch(buckets_[buckets_.count() - 1]);   // the next that is joined
    if (slots_ - buckets_.count() >= kMoreSlots) set_slots(slots_ - kMoreSlots);
  }
}

bool HashStorage::statistics(ChainStatistics& statistics) {
  statistics.buckets = buckets_.count();
  statistics.shortest = SIZE_MAX;
  size_t rows = 0;
  double squares = 0;
  for (size_t i = 0; i < buckets_.count(); ++i) {
    size_t length = 0;
    for (Row* row = buckets_[i]; row; row = row->next) {
      ++length;
      if (row->dead) ++statistics.dead;
    }
    rows += length;
    squares += static_cast<double>(length) * static_cast<double>(length);
    statistics.shortest = std::min(statistics.shortest, length);
    statistics.longest = std::max(statistics.longest, length);
  }
  auto buckets = static_cast<double>(buckets_.count()), total = static_cast<double>(rows);
  statistics.average = total / buckets;
  statistics.deviation = std::sqrt((squares - statistics.average * total) / buckets);
  statistics.expected = std::sqrt(statistics.average * (1 - 1.0 / buckets));
  return true;
}

}  // namespace athanor::ets
