// SPDX-License-Identifier: Apache-2.0
// Names of tables. Finding takes no lock: entries are published by one store, never changed but for their link, and retired through epochs.
// Who adds and removes holds a lock of his own.
#pragma once

#include <array>
#include <atomic>

#include "base/epoch.hpp"
#include "term/term.hpp"

namespace athanor::ets {

class Table;

class NameTable {
 public:
  NameTable() = default;
  NameTable(const NameTable&) = delete;
  NameTable& operator=(const NameTable&) = delete;
  ~NameTable() {
    for (Link& head : heads_) {
      for (Entry* entry = head.load(std::memory_order_relaxed); entry;) {
        Entry* next = entry->next.load(std::memory_order_relaxed);
        delete entry;
        entry = next;
      }
    }
  }

  Table* find(Term name) const {
    for (Entry* entry = heads_[index_of(name)].load(std::memory_order_acquire); entry; entry = entry->next.load(std::memory_order_acquire)) {
      if (entry->name == name) return entry->table;
    }
    return nullptr;
  }
  void add(Term name, Table& table) {
    Link& head = heads_[index_of(name)];
    auto* entry = new Entry{name, &table, {}};
    entry->next.store(head.load(std::memory_order_relaxed), std::memory_order_relaxed);
    head.store(entry, std::memory_order_release);
  }
  void remove(Term name, base::Epochs& epochs) {
    for (Link* link = &heads_[index_of(name)]; Entry* entry = link->load(std::memory_order_relaxed); link = &entry->next) {
      if (entry->name != name) continue;
      link->store(entry->next.load(std::memory_order_relaxed), std::memory_order_release);
      epochs.retire(entry, [](void* gone) { delete static_cast<Entry*>(gone); });
      return;
    }
  }

 private:
  struct Entry;
  using Link = std::atomic<Entry*>;
  struct Entry {
    const Term name;
    Table* const table;
    Link next;
  };
  static constexpr size_t kHeads = 1024;
  static size_t index_of(Term name) { return name.atom_index() % kHeads; }

  std::array<Link, kHeads> heads_{};
};

}  // namespace athanor::ets
