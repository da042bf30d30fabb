// SPDX-License-Identifier: Apache-2.0
// The code server's tables and the lock that changes take.
#pragma once

#include <map>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "code/code_server.hpp"
#include "code/concurrent_table.hpp"

namespace athanor::code {

constexpr uint64_t mix(uint64_t value) {
  value ^= value >> 32;
  value *= 0x9E3779B97F4A7C15u;
  return value ^ (value >> 29);
}
constexpr uint64_t export_hash(Term module, Term function, uint32_t arity) {
  return mix(mix(module.raw + arity) ^ function.raw);
}

struct CodeServer::Tables {
  ConcurrentTable<Export> exports{16384};
  ConcurrentTable<Module> modules{1024};
  std::recursive_mutex mutex;                               // every change; not held while code runs
  std::vector<Module*> in_order;                            // modules as first mentioned
  std::unordered_multimap<uint64_t, FunEntry*> funs;        // under mutex
  std::unordered_map<Word, ModuleCode*> awaiting_on_load;   // by module name; also those whose on_load failed
  Term purging;                                             // module, or none
  std::vector<Term> held_up;                                // pids that called a fun of the module being purged; suspended until it is over
  ModuleCode* old_before_purge = nullptr;                   // of that module, put aside while failed on_load code is purged
  std::unordered_set<Word> preloaded;
  std::vector<Term> preloaded_order;
  std::unordered_map<Word, std::vector<Export*>> exports_of;   // every export ever mentioned, by module
  std::vector<std::unique_ptr<ModuleCode>> abandoned;       // overtaken by a newer generation while their on_load ran
  uint64_t next_generation = 1;
  ~Tables();
};

void link_funs(ModuleCode& code);
void unlink_exports(CodeServer& server, ModuleCode& code);

}  // namespace athanor::code
