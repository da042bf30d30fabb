// SPDX-License-Identifier: Apache-2.0
// Storage without processes: the rules of the four table types, iteration, fixation, and readers beside writers.
#include "ets/storage.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "ets/table.hpp"
#include "match_spec/test_terms.hpp"
#include "term/compare.hpp"
#include "term/print.hpp"
#include "term/testing.hpp"

namespace athanor::ets {
namespace {

using athanor::testing::term_of;

class Rows {
 public:
  explicit Rows(TableType type, bool striped = false)
      : storage(type == TableType::OrderedSet ? make_ordered_storage(1) : make_hash_storage(type, 1, striped ? HashLocks{64, false} : HashLocks{}, striped ? stripes.data() : nullptr)) {}
  void insert(std::string_view text) { insert(term_of(heap, text)); }
  void insert(Term object) {
    Row* row = make_row(object);
    row->hash = storage->hash_of(row->key(1));
    storage->insert(row, garbage);
    storage->resize(Storage::Held::NoStripe);
  }
  std::string lookup(std::string_view text) {   // oldest first
    Term key = term_of(heap, text);
    std::string result;
    for (Row* row = storage->find(key, storage->hash_of(key)); row; row = storage->next_same(row)) result = to_text(row->object()) + result;
    return result;
  }
  size_t erase(std::string_view text) {
    Term key = term_of(heap, text);
    return storage->erase(key, storage->hash_of(key), garbage);
  }
  std::string keys() {   // by first and next
    std::string result;
    bool unknown = false;
    for (Term key = storage->first(heap, Storage::Rows::Alive); !key.is_none(); key = storage->next(key, heap, unknown, Storage::Rows::Alive)) result += to_text(key) + " ";
    return result;
  }
  athanor::testing::TestHeap heap;
  Garbage garbage;
  std::array<Stripe, Stripe::kCount> stripes;
  std::unique_ptr<Storage> storage;
};

struct Collect final : Visitor {
  Verdict visit(Row& row) override {
    seen += to_text(row.key(1)) + " ";
    ++count;
    return verdict;
  }
  bool wants_more() override { return count < limit; }
  std::string seen;
  size_t count = 0, limit = SIZE_MAX;
  Verdict verdict = Verdict::Keep;
};

class StorageTest : public ::testing::Test {
 protected:
  athanor::testing::TestContext context_;
};

TEST_F(StorageTest, SetReplaces) {
  Rows rows(TableType::Set);
  rows.insert("{a,1}");
  rows.insert("{a,\"two\"}");
  rows.insert("{1,x}");
  rows.insert("{1.0,y}");
  EXPECT_EQ(rows.lookup("a"), "{a,\"two\"}");
  EXPECT_EQ(rows.lookup("1") + rows.lookup("1.0"), "{1,x}{1.000000e+00,y}");
  EXPECT_EQ(rows.storage->count(), 3);
  EXPECT_EQ(rows.erase("a"), 1u);
  EXPECT_EQ(rows.erase("a"), 0u);
  EXPECT_EQ(rows.lookup("a"), "");
}

TEST_F(StorageTest, BagsKeepOrder) {
  Rows bag(TableType::Bag), duplicates(TableType::DuplicateBag);
  for (const char* text : {"{k,1}", "{k,2}", "{k,1}", "{j,9}", "{k,3}"}) {
    bag.insert(text);
    duplicates.insert(text);
  }
  EXPECT_EQ(bag.lookup("k"), "{k,1}{k,2}{k,3}");
  EXPECT_EQ(duplicates.lookup("k"), "{k,1}{k,2}{k,1}{k,3}");
  Term object = term_of(bag.heap, "{k,1}");
  EXPECT_EQ(bag.storage->erase_object(object, bag.storage->hash_of(intern("k")), bag.garbage), 1u);
  EXPECT_EQ(duplicates.storage->erase_object(object, bag.storage->hash_of(intern("k")), duplicates.garbage), 2u);
  EXPECT_EQ(duplicates.lookup("k"), "{k,2}{k,3}");
  EXPECT_EQ(duplicates.erase("k"), 2u);
}

TEST_F(StorageTest, OrderedKeysCompareByValue) {
  Rows rows(TableType::OrderedSet);
  for (const char* text : {"{b}", "{1,x}", "{1.0,y}", "{{u,2}}", "{{u,1}}", "{{v,1}}", "{{u,1,1}}", "{\"s\"}", "{-5}"}) rows.insert(text);
  EXPECT_EQ(rows.keys(), "-5 1.000000e+00 b {u,1} {u,2} {v,1} {u,1,1} \"s\" ");
  bool unknown = false;
  EXPECT_EQ(to_text(rows.storage->previous(term_of(rows.heap, "{u,2}"), rows.heap, unknown)), "{u,1}");
  EXPECT_EQ(to_text(rows.storage->next(Term::small(0), rows.heap, unknown, Storage::Rows::Alive)), "1.000000e+00");
  Collect prefix;
  Position start;
  KeyRange range{KeyRange::Prefix, term_of(rows.heap, "{u,'_'}"), 1};
  EXPECT_TRUE(rows.storage->walk(start, range, false, false, prefix, rows.garbage));
  EXPECT_EQ(prefix.seen, "{u,1} {u,2} ");
  Collect back;
  start = {};
  EXPECT_TRUE(rows.storage->walk(start, range, true, false, back, rows.garbage));
  EXPECT_EQ(back.seen, "{u,2} {u,1} ");
  Collect part, rest;
  part.limit = 3;
  start = {};
  EXPECT_FALSE(rows.storage->walk(start, {}, false, false, part, rows.garbage));
  EXPECT_TRUE(rows.storage->walk(start, {}, false, false, rest, rows.garbage));
  EXPECT_EQ(part.seen + rest.seen, rows.keys());
}

TEST_F(StorageTest, GrowsAndShrinksWithoutLosingRows) {
  for (TableType type : {TableType::Set, TableType::OrderedSet, TableType::Bag}) {
    Rows rows(type, type == TableType::Set);
    std::map<int64_t, int64_t> model;
    std::mt19937_64 random(7);
    auto row_of = [&](int64_t key, int64_t value) {
      Term* place = rows.heap.allocate(3);
      place[0].raw = tuple_header(2);
      place[1] = Term::small(key);
      place[2] = Term::small(value);
      return Term::boxed(place);
    };
    for (int i = 0; i < 60'000; ++i) {
      auto key = static_cast<int64_t>(random() % 20'000);
      bool grows = i < 40'000;
      if (random() % 4 == 0 || (!grows && random() % 3 != 0)) {
        Term term = Term::small(key);
        EXPECT_EQ(rows.storage->erase(term, rows.storage->hash_of(term), rows.garbage), model.erase(key));
        rows.storage->resize(Storage::Held::NoStripe);
      } else if (type != TableType::Bag || !model.contains(key)) {
        rows.insert(row_of(key, i));
        model[key] = i;
      }
    }
    ASSERT_EQ(static_cast<size_t>(rows.storage->count()), model.size());
    for (auto [key, value] : model) {
      Term term = Term::small(key);
      Row* row = rows.storage->find(term, rows.storage->hash_of(term));
      ASSERT_NE(row, nullptr);
      EXPECT_EQ(row->element(2), Term::small(value));
    }
    Collect all;
    Position start;
    EXPECT_TRUE(rows.storage->walk(start, {}, false, false, all, rows.garbage));
    EXPECT_EQ(all.count, model.size());
    all = {};
    all.verdict = Verdict::Erase;
    start = {};
    EXPECT_TRUE(rows.storage->walk(start, {}, false, true, all, rows.garbage));
    EXPECT_EQ(rows.storage->count(), 0);
    while (!rows.storage->clear_some(100, rows.garbage)) {}   // gives up the memory for buckets, too
    EXPECT_EQ(rows.storage->words(), 0);
  }
}

TEST_F(StorageTest, BucketsGrowOneByOneAndOnlyWithNewRows) {
  Rows rows(TableType::Set);
  auto buckets = [&] {
    ChainStatistics statistics;
    rows.storage->statistics(statistics);
    return statistics.buckets;
  };
  auto insert = [&](int first, int last) {
    for (int i = first; i <= last; ++i) rows.insert("{" + std::to_string(i) + "}");
  };
  insert(1, 256);
  EXPECT_EQ(buckets(), 256u);
  insert(257, 300);
  EXPECT_EQ(buckets(), 300u);
  rows.storage->fix();
  insert(301, 400);
  EXPECT_EQ(buckets(), 300u);
  rows.storage->unfix(rows.garbage);
  insert(1, 10);
  EXPECT_EQ(buckets(), 300u);
  insert(401, 402);
  EXPECT_EQ(buckets(), 310u);   // five at a time, to make good what was missed
}

TEST_F(StorageTest, FixedTableRemembersDeletedKeys) {
  Rows rows(TableType::Set);
  for (int i = 0; i < 100; ++i) rows.insert("{" + std::to_string(i) + "}");
  rows.storage->fix();
  bool unknown = false;
  int count = 0;
  for (Term key = rows.storage->first(rows.heap, Storage::Rows::Alive); !key.is_none(); key = rows.storage->next(key, rows.heap, unknown, Storage::Rows::Alive)) {
    EXPECT_FALSE(unknown);
    EXPECT_EQ(rows.storage->erase(key, rows.storage->hash_of(key), rows.garbage), 1u);
    ++count;
  }
  EXPECT_EQ(count, 100);
  EXPECT_TRUE(rows.garbage.empty());
  rows.insert("{5,again}");
  EXPECT_EQ(rows.lookup("5"), "{5,again}");
  rows.storage->unfix(rows.garbage);
  EXPECT_EQ(rows.storage->count(), 1);
  rows.storage->next(Term::small(6), rows.heap, unknown, Storage::Rows::Alive);
  EXPECT_TRUE(unknown);
  EXPECT_EQ(rows.keys(), "5 ");
}

TEST_F(StorageTest, ReadersBesideWriters) {
  TableOptions options;
  options.protection = Protection::Public;
  options.write_concurrency = true;
  uint64_t number[3] = {1, 2, 0};
  auto* table = new Table(intern("t"), Term::local_pid(1), options, number);
  auto work = [&](int seed) {
    current_term_context = &context_.context();
    athanor::testing::TestHeap heap;
    std::mt19937_64 random(static_cast<uint64_t>(seed));
    for (int i = 0; i < 8'000; ++i) {
      Term key = Term::small(static_cast<int64_t>(random() % 2'000));
      Garbage garbage;
      {
        std::shared_lock lock(table->lock);
        Storage& storage = *table->storage;
        uint64_t hash = storage.hash_of(key);
        if (random() % 2 == 0) {
          KeyLock key_lock(&table->lock_of(hash), false);
          if (Row* row = storage.find(key, hash)) EXPECT_EQ(row->key(1), key);
        } else if (random() % 3 == 0) {
          KeyLock key_lock(&table->lock_of(hash), true);
          storage.erase(key, hash, garbage);
        } else {
          Term place[3] = {Term{tuple_header(2)}, key, Term::small(i)};
          Row* row = make_row(Term::boxed(place));
          row->hash = hash;
          KeyLock key_lock(&table->lock_of(hash), true);
          storage.insert(row, garbage);
        }
        storage.resize(Storage::Held::NoStripe);
      }
      if (i % 500 == 0) {
        bool unknown = false;
        std::shared_lock lock(table->lock);
        auto* fixation = new Fixation(*table);
        Term first = table->storage->first(heap, Storage::Rows::Alive);
        if (!first.is_none()) table->storage->next(first, heap, unknown, Storage::Rows::Alive);
        lock.unlock();
        fixation->release();
      }
    }
  };
  std::thread first(work, 1), second(work, 2), third(work, 3);
  first.join();
  second.join();
  third.join();
  Garbage garbage;
  Collect all;
  Position start;
  EXPECT_TRUE(table->storage->walk(start, {}, false, false, all, garbage));
  EXPECT_EQ(static_cast<int64_t>(all.count), table->storage->count());
  table->release();
}

}  // namespace
}  // namespace athanor::ets
