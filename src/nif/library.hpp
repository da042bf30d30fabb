// SPDX-License-Identifier: Apache-2.0
// A library of NIFs loaded into one generation of a module, and the machine's side of the interface.
//
// A library is open while the generation can run or anything of its resource types is alive (users). Its records (rows, cells) stay
// until the generation itself is reclaimed, since a reader may still look at an entry (references).
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "code/module.hpp"
#include "code/nif_library.hpp"
#include "engine/interp/bound_native.hpp"
#include "engine/interp/cells.hpp"
#include "nif/env.hpp"

namespace athanor::nif {

using NifFunction = ERL_NIF_TERM (*)(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]);

// What the engine needs to call one function of a library.
struct NifRow : engine::BoundRow {
  std::string module_text, name_text;
  Library* library = nullptr;
  const code::Function* of = nullptr;    // what the process called; check_process_code finds the generation through it
  NifFunction nif = nullptr;
  // OTP: an exception shows the call of `of`, however often it was continued. A continuation has the arguments of that call behind its own.
  unsigned first_arity = 0;
  engine::CallSite site{};
  engine::NativeCell cell{};

  void set(Library& owner, const code::Function& function, std::string name, unsigned own_arity, unsigned first_arity, NifFunction nif, unsigned flags);
  code::CodeAddress entry() const { return engine::address_of(cell); }
};

class Host;

class Library final : public code::NifLibrary {
 public:
  Library(Host& host, void* handle, const ErlNifEntry& entry, code::ModuleCode& code);
  void retain_user() { users_.fetch_add(1, std::memory_order_relaxed); }
  bool retain_user_of_living();          // false: the last has released it
  void release_user();                   // the last unloads and closes the library
  void retain() { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() override;
  void purged() override;

  Host& host;
  process::Runtime& runtime;
  void* const handle;
  void* const base;                      // where it is mapped
  ErlNifEntry entry;                     // with defaults for what an older library does not say
  code::ModuleCode* code;                // null after the purge
  Term module;
  void* private_data = nullptr;
  bool is_loading = true;                // its load or upgrade callback runs
  bool is_loaded = false;                // and was content
  std::atomic<bool> is_active{false};    // all entries lead to its functions: whoever has called one finds the others
  std::deque<NifRow> rows;

 private:
  std::atomic<uint32_t> users_{1};
  std::atomic<uint32_t> references_{2};  // the generation, the users
};

// One a machine.
class ResourceTypes;
class LiveResources;
class Selections;

class Host {
 public:
  // What it needs of the layers beside it.
  struct Joins {
    bool (*is_port_alive)(process::Runtime& runtime, Term port);
    bool (*command_port)(process::Runtime& runtime, Term port, std::string&& bytes);
    bool (*get_environment)(process::Runtime& runtime, const char* name, std::string& value);
  };
  Host(process::Runtime& runtime, const Joins& joins);
  ~Host();                               // unloads what is still loaded; no process and no table is there any more
  process::Runtime& runtime;
  const Joins joins;
  const std::string release_text;        // system_info's otp_release
  std::unique_ptr<ResourceTypes> types;
  std::unique_ptr<LiveResources> resources;
  std::unique_ptr<Selections> selections;
  bool checks_terms = false;             // ATHANOR_NIF_CHECK=1 (term_checks.hpp)
  // The machine's threads have been joined; what it holds is about to be freed, and destructors run on this thread. Waits for foreign threads that are inside.
  void end();
  void visitor_left();                   // one that admit let in
  std::atomic<bool> is_ending{false};
  // A signal to a resource: a process that it monitors is down. Takes the signal over.
  bool deliver(Term to, process::Signal* signal);

  void add(Library& library);
  void forget(Library& library);
  Library* library_of(const code::ModuleCode& code);   // null: none, or purged; inside an epoch

 private:
  friend Host* admit(const process::Runtime& runtime);
  std::mutex mutex_;
  std::vector<Library*> libraries_;      // not purged
  uint32_t visitors_ = 0;                // foreign threads inside; of the mutex of all hosts, as its condition
};

// Who has loaded what in this program: a library serves one machine at a time.
bool claim_library(process::Runtime& runtime, void* base);    // false: another machine has it
void abandon_library(process::Runtime& runtime, void* base);  // once for each claim
process::Runtime* machine_of_library_at(const void* address);
void* base_of_library(void* address_in_it);

// The machine's host; null: the machine has ended. Takes a lock.
Host* host_of(const process::Runtime& runtime);
// Lets in a thread that is none of the machine's: until visitor_left the machine does not end. Null: it ends or has ended.
Host* admit(const process::Runtime& runtime);

// BoundRow::bound of a NifRow.
process::BifResult call_nif(process::Process& self, const Term* args, const engine::BoundRow& row);

}  // namespace athanor::nif
