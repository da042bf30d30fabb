// SPDX-License-Identifier: Apache-2.0
// Tables: all ETS tables of one machine, by name and by owner. Locks are taken in this order: names, table, owners; freeing rows
// happens under none of them.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "ets/name_table.hpp"
#include "process/process.hpp"

namespace athanor::ets {

class PersistentTerms;
class Storage;
class Table;
struct TableOptions;

class Tables {
 public:
  // `limit` is told by system_info(ets_limit); like the stock VM we do not refuse tables above it.
  static std::unique_ptr<Tables> create(process::Runtime& runtime, uint32_t limit);
  ~Tables();

  // The process has ended: its tables go to their heirs, or away, and its fixations; what was in them is freed at once or is left to its exit work.
  void process_exited(process::Process& process, Term reason);
  uint32_t count() const { return count_.load(std::memory_order_relaxed); }
  uint32_t limit() const { return limit_; }
  int64_t memory_words() const;
  uint64_t count_funs(const FunHead* entry) const;   // in rows: see heap/census.hpp
  PersistentTerms& persistent_terms() { return *persistent_terms_; }

  // --- for the natives ---
  // Null: the name is taken. The creator holds one count besides the registry's.
  Table* make(process::Process& owner, Term name, const TableOptions& options, Term heir_data);
  // Or null. Stays readable until the thread's next quiescent point, hence while a native runs.
  Table* find_named(Term name) const { return names_.find(name); }
  std::vector<Table*> all() const;                 // retained, oldest first
  enum class Renamed : uint8_t { Ok, Taken, Gone };
  Renamed rename(Table& table, Term name);         // no lock held
  // Takes the table out of names and owners, and its storage out of it. False: it was deleted already.
  bool remove(Table& table, std::unique_ptr<Storage>& storage);
  // Makes `to` the owner and tells it. False: `to` has ended; nothing changed. The table's lock is not held.
  bool give_away(Table& table, Term from, Term to, Term gift);
  void fixed_by(Term pid, Table& table);           // remembers that `pid` must be asked at its end
  void unfixed_by(Term pid, Table& table);

 private:
  Tables(process::Runtime& runtime, uint32_t limit);
  struct Belongings {
    std::vector<Table*> owned, fixed;              // each holds a count
  };
  struct Shard {
    mutable std::mutex mutex;
    std::atomic<uint32_t> count{0};                // pids in it; lets most exits pass without the lock
    std::unordered_map<Word, Belongings> pids;
  };
  static constexpr size_t kShards = 64;
  Shard& shard_of(Term pid) { return shards_[(pid.raw >> 4) % kShards]; }
  void own(Term pid, Table& table);
  bool disown(Term pid, Table& table);             // false: it was no longer there
  bool forget(Shard& shard, Term pid, std::vector<Table*> Belongings::* list, Table& table);
  void let_go(Table& table);                       // the count of a list
  void leave_to_heir_or_remove(Table& table, Term from, std::unique_ptr<Storage>& storage);   // of one that is removed

  process::Runtime& runtime_;
  const uint32_t limit_;
  std::unique_ptr<PersistentTerms> persistent_terms_;   // here because they too are storage of the whole machine
  std::atomic<uint32_t> count_{0};
  std::mutex names_mutex_;                         // of who changes names
  NameTable names_;                                // no counts: a table is here only while an owner's list has it
  std::array<Shard, kShards> shards_;
};

}  // namespace athanor::ets
