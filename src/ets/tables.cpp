// SPDX-License-Identifier: Apache-2.0
#include "ets/tables.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <shared_mutex>

#include "ets/persistent_terms.hpp"
#include "ets/table.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"

namespace athanor::ets {

std::unique_ptr<Tables> Tables::create(process::Runtime& runtime, uint32_t limit) {
  return std::unique_ptr<Tables>(new Tables(runtime, limit));
}

Tables::Tables(process::Runtime& runtime, uint32_t limit)
    : runtime_(runtime), limit_(limit), persistent_terms_(std::make_unique<PersistentTerms>(runtime)) {}

Tables::~Tables() {
  for (Shard& shard : shards_) {
    for (auto& [pid, belongings] : shard.pids) {
      for (Table* table : belongings.fixed) table->release();
      for (Table* table : belongings.owned) {
        std::unique_ptr<Storage> storage;
        KeptTerm heir_data;
        {
          WholeTable whole(*table);
          storage = std::move(table->storage);
          heir_data = std::move(table->heir_data);
        }
        storage.reset();
        table->release();
      }
    }
  }
}

int64_t Tables::memory_words() const {
  int64_t words = 0;
  for (Table* table : all()) {
    {
      std::shared_lock lock(table->lock);
      words += table->memory_words();
    }
    table->release();
  }
  return words;
}

std::vector<Table*> Tables::all() const {
  std::vector<Table*> tables;
  for (const Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    for (const auto& [pid, belongings] : shard.pids) {
      for (Table* table : belongings.owned) {
        table->retain();
        tables.push_back(table);
      }
    }
  }
  std::sort(tables.begin(), tables.end(), [](Table* a, Table* b) {
    return a->number[1] != b->number[1] ? a->number[1] < b->number[1] : a->number[0] < b->number[0];
  });
  return tables;
}

Table* Tables::make(process::Process& owner, Term name, const TableOptions& options, Term heir_data) {
  heap::FragmentAllocator scratch(kReferenceWords);
  uint64_t words[3];
  process::reference_words(process::make_reference(runtime_, scratch), words);
  auto* table = new Table(name, owner.pid(), options, words);
  if (!options.heir.is_none()) table->heir_data = KeptTerm(heir_data);
  if (options.is_named) {
    std::unique_lock lock(names_mutex_);
    if (names_.find(name)) {
      lock.unlock();
      table->release();
      return nullptr;
    }
    own(owner.pid(), *table);   // names_ never names a table that no list holds
    names_.add(name, *table);
  } else {
    own(owner.pid(), *table);
  }
  count_.fetch_add(1, std::memory_order_relaxed);
  return table;
}


Tables::Renamed Tables::rename(Table& table, Term name) {
  std::unique_lock names_lock(names_mutex_);
  WholeTable whole(table);
  if (!table.storage) return Renamed::Gone;
  if (table.options.is_named) {
    if (names_.find(name)) return Renamed::Taken;
    names_.add(name, table);
    names_.remove(table.name, *runtime_.epochs);
  }
  table.name = name;
  return Renamed::Ok;
}

bool Tables::remove(Table& table, std::unique_ptr<Storage>& storage) {
  KeptTerm heir_data;
  Term owner;
  {
    std::unique_lock names_lock(names_mutex_, std::defer_lock);
    if (table.options.is_named) names_lock.lock();
    WholeTable whole(table);
    if (!table.storage) return false;
    storage = std::move(table.storage);
    heir_data = std::move(table.heir_data);
    table.fixers.clear();
    owner = table.owner;
    if (table.options.is_named) {
      if (names_.find(table.name) == &table) names_.remove(table.name, *runtime_.epochs);
    }
  }
  count_.fetch_sub(1, std::memory_order_relaxed);
  disown(owner, table);
  return true;
}

void Tables::own(Term pid, Table& table) {
  table.retain();
  Shard& shard = shard_of(pid);
  std::lock_guard lock(shard.mutex);
  shard.pids[pid.raw].owned.push_back(&table);
  shard.count.store(static_cast<uint32_t>(shard.pids.size()), std::memory_order_release);
}

bool Tables::forget(Shard& shard, Term pid, std::vector<Table*> Belongings::* list, Table& table) {
  {
    std::lock_guard lock(shard.mutex);
    auto place = shard.pids.find(pid.raw);
    if (place == shard.pids.end()) return false;
    std::vector<Table*>& tables = place->second.*list;
    auto found = std::find(tables.begin(), tables.end(), &table);
    if (found == tables.end()) return false;
    tables.erase(found);
    if (place->second.owned.empty() && place->second.fixed.empty()) shard.pids.erase(place);
    shard.count.store(static_cast<uint32_t>(shard.pids.size()), std::memory_order_release);
  }
  let_go(table);
  return true;
}

// Who found a table by its name counts on it until its next quiescent point.
void Tables::let_go(Table& table) {
  if (!table.options.is_named) return table.release();
  runtime_.epochs->retire(&table, [](void* gone) { static_cast<Table*>(gone)->release(); });
}

bool Tables::disown(Term pid, Table& table) { return forget(shard_of(pid), pid, &Belongings::owned, table); }

void Tables::fixed_by(Term pid, Table& table) {
  table.retain();
  Shard& shard = shard_of(pid);
  std::lock_guard lock(shard.mutex);
  shard.pids[pid.raw].fixed.push_back(&table);
  shard.count.store(static_cast<uint32_t>(shard.pids.size()), std::memory_order_release);
}

void Tables::unfixed_by(Term pid, Table& table) { forget(shard_of(pid), pid, &Belongings::fixed, table); }

// The new owner's list first, then the message: where the message is refused the process had closed its mailbox and may or may
// not have seen its list. Whoever takes the table out of that list decides what becomes of it.
bool Tables::give_away(Table& table, Term from, Term to, Term gift) {
  heap::FragmentAllocator message(16);
  Term place_of_gift = heap::copy(gift, message, nullptr);
  Term identifier;
  {
    WholeTable whole(table);
    if (!table.storage || table.owner != from) return false;
    own(to, table);
    table.owner = to;
    identifier = table.options.is_named ? table.name : table.make_reference(message);
  }
  Term* tuple = message.allocate(5);
  tuple[0].raw = tuple_header(4);
  tuple[1] = atoms::ETS_minus_TRANSFER;
  tuple[2] = identifier;
  tuple[3] = from;
  tuple[4] = place_of_gift;
  heap::Parcel parcel{Term::boxed(tuple), nullptr};
  parcel.fragments = message.take();
  bool delivered = process::send_parcel(runtime_, to, parcel, from);
  if (!delivered) {
    WholeTable whole(table);
    if (table.storage && table.owner == to && disown(to, table)) {
      table.owner = from;
      return false;
    }
  }
  disown(from, table);
  return true;
}

namespace {

// What the tables of an ended process held.
class LeftRows final : public process::ExitWork {
 public:
  bool step() override {
    for (size_t rows = kRowsPerStep; rows > 0; rows -= std::min(rows, kRowsPerTable)) {
      if (left.empty()) return true;
      if (left.back().free_some(kRowsPerTable)) left.pop_back();
    }
    return left.empty();
  }
  std::deque<Left> left;

 private:
  static constexpr size_t kRowsPerTable = 500;     // before the next table
  static constexpr size_t kRowsPerStep = 10'000;   // about a millisecond's
};

}  // namespace

void Tables::leave_to_heir_or_remove(Table& table, Term from, std::unique_ptr<Storage>& storage) {
  Term heir, data;
  heap::FragmentAllocator copied(0);   // the table keeps its heir, who may give it away and get it back
  {
    WholeTable whole(table);
    if (table.owner != from) return;   // given away meanwhile
    heir = table.heir;
    if (!heir.is_none()) data = heap::copy(table.heir_data.term(), copied, nullptr);
  }
  if (!heir.is_none() && heir != from && give_away(table, from, heir, data)) return;
  remove(table, storage);
}

void Tables::process_exited(process::Process& process, Term) {
  Term pid = process.pid();
  Shard& shard = shard_of(pid);
  if (shard.count.load(std::memory_order_acquire) == 0) return;
  auto rows = std::make_unique<LeftRows>();
  for (;;) {
    Belongings belongings;
    {
      std::lock_guard lock(shard.mutex);
      auto place = shard.pids.find(pid.raw);
      if (place == shard.pids.end()) break;
      belongings.owned = place->second.owned;   // stay listed until each is dealt with
      belongings.fixed = std::move(place->second.fixed);
      place->second.fixed.clear();
      for (Table* table : belongings.owned) table->retain();
      if (belongings.owned.empty()) shard.pids.erase(place);
      shard.count.store(static_cast<uint32_t>(shard.pids.size()), std::memory_order_release);
    }
    // Its own tables first: what goes away needs no fixation to end.
    for (Table* table : belongings.owned) {
      std::unique_ptr<Storage> storage;
      leave_to_heir_or_remove(*table, pid, storage);
      if (storage) rows->left.emplace_back().storage = std::move(storage);
      table->release();
    }
    for (Table* table : belongings.fixed) {
      {
        WholeTable whole(*table);
        if (table->storage && table->fixers.erase(pid.raw) > 0) table->storage->unfix(rows->left.emplace_back().rows);
        whole.unlock();
      }
      table->release();
    }
    if (belongings.owned.empty()) break;
  }
  if (rows->step()) return;
  process::Extra& extra = process.extra();
  rows->next = std::move(extra.exit_work);
  extra.exit_work = std::move(rows);
}

}  // namespace athanor::ets
