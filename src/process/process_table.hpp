// SPDX-License-Identifier: Apache-2.0
// Pids to processes. Lookups take no lock; the pointer stays valid until the thread's next quiescent point (epochs).
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "process/process.hpp"

namespace athanor::process {

class ProcessTable {
 public:
  explicit ProcessTable(uint32_t limit);   // rounded up to a power of two, at most 2^27
  ~ProcessTable();
  Process* find(Term pid) const;           // null: gone or never was. Any thread in an epoch.
  Process* create(Runtime& runtime, uint32_t state = 0);   // null: table full. Inserted, not yet runnable; others see it at once, in this state
  void remove(Process& process);           // at exit; the block is retired through epochs
  uint32_t count() const { return count_.load(std::memory_order_relaxed); }
  uint32_t limit() const { return limit_; }
  std::vector<Term> all() const;           // pids alive, ascending by creation within the table
 private:
  std::atomic<Process*>* slots_;
  uint32_t limit_, mask_;
  std::atomic<uint32_t> next_{0};
  std::atomic<uint32_t> count_{0};
};

// Names to local pids and ports. A readers-writer lock; copies out.
class Registry {
 public:
  virtual ~Registry() = default;
  virtual bool add(Term name, Term pid_or_port) = 0;   // false: taken
  virtual bool remove(Term name) = 0;
  virtual bool remove(Term name, Term pid_or_port) = 0;   // only if it is this one's
  virtual Term find(Term name) const = 0;              // none() where free
  virtual std::vector<Term> names() const = 0;
  virtual std::vector<Term> names_of_port(Term port) const = 0;   // hardly any port has one: quick where none has
};
Registry* make_registry();

// Names of processes: the registry and Process::registered_name_ together. Any thread in an epoch.
bool register_name(Process& process, Term name);          // false: the name is taken, the process has one, or is ending
bool unregister_name(Runtime& runtime, Term name);        // also of a port; false: free
void unregister_process(Process& process);                // gives up its name, if any

}  // namespace athanor::process
