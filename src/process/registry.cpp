// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <shared_mutex>
#include <unordered_map>

#include "process/process_table.hpp"

namespace athanor::process {

namespace {

class LockedRegistry final : public Registry {
 public:
  bool add(Term name, Term id) override {
    std::unique_lock lock(mutex_);
    const bool is_added = ids_.try_emplace(name.raw, id).second;
    if (is_added && id.is_local_port()) ports_.fetch_add(1, std::memory_order_relaxed);
    return is_added;
  }
  bool remove(Term name) override {
    std::unique_lock lock(mutex_);
    auto found = ids_.find(name.raw);
    if (found == ids_.end()) return false;
    erase(found);
    return true;
  }
  bool remove(Term name, Term id) override {
    std::unique_lock lock(mutex_);
    auto found = ids_.find(name.raw);
    if (found == ids_.end() || found->second != id) return false;
    erase(found);
    return true;
  }
  Term find(Term name) const override {
    std::shared_lock lock(mutex_);
    auto found = ids_.find(name.raw);
    return found == ids_.end() ? Term::none() : found->second;
  }
  std::vector<Term> names() const override {
    std::vector<Term> names;
    {
      std::shared_lock lock(mutex_);
      names.reserve(ids_.size());
      for (const auto& [name, id] : ids_) names.push_back(Term(name));
    }
    sort(names);
    return names;
  }
  std::vector<Term> names_of_port(Term port) const override {
    std::vector<Term> names;
    if (ports_.load(std::memory_order_relaxed) == 0) return names;
    {
      std::shared_lock lock(mutex_);
      for (const auto& [name, id] : ids_)
        if (id == port) names.push_back(Term(name));
    }
    sort(names);
    return names;
  }

 private:
  using Ids = std::unordered_map<Word, Term>;

  static void sort(std::vector<Term>& names) {   // no order of a hash table shows
    std::sort(names.begin(), names.end(), [](Term a, Term b) { return a.raw < b.raw; });
  }
  void erase(Ids::iterator at) {                 // with the lock
    if (at->second.is_local_port()) ports_.fetch_sub(1, std::memory_order_relaxed);
    ids_.erase(at);
  }

  mutable std::shared_mutex mutex_;
  Ids ids_;
  std::atomic<uint32_t> ports_{0};               // names of ports
};

}  // namespace

Registry* make_registry() { return new LockedRegistry; }

// The name is noted in the process first: whoever sees kExiting after that gives it up, and so does the exiting process.
bool register_name(Process& process, Term name) {
  Registry& registry = *process.runtime().registry;
  Term none = Term::none();
  if (!process.registered_name_.compare_exchange_strong(none, name)) return false;
  if (!registry.add(name, process.pid())) {
    process.registered_name_.store(Term::none());
    return false;
  }
  if ((process.state_.load() & (kExiting | kFree)) == 0) return true;
  unregister_process(process);
  return false;
}

void unregister_process(Process& process) {
  Term name = process.registered_name_.load();
  if (name.is_none() || !process.runtime().registry->remove(name, process.pid())) return;
  process.registered_name_.compare_exchange_strong(name, Term::none());
}

bool unregister_name(Runtime& runtime, Term name) {
  Term id = runtime.registry->find(name);
  if (id.is_none() || !runtime.registry->remove(name, id)) return false;
  if (Process* process = runtime.processes->find(id)) process->registered_name_.compare_exchange_strong(name, Term::none());
  return true;
}

}  // namespace athanor::process
