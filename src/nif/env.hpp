// SPDX-License-Identifier: Apache-2.0
// Environments: where a NIF builds its terms, and how the interface finds process and machine.
//
//   Process      lives as long as one call of a NIF; terms go to the process's heap, which does not move meanwhile
//   Callback     as long as one callback (destructor, down, stop …); terms go to fragments of its own and go with it
//   Independent  enif_alloc_env … enif_free_env; terms go to fragments of its own, which enif_send hands on as they are
#pragma once

#include <vector>

#include "heap/fragment.hpp"
#include "nif/api.hpp"
#include "process/process.hpp"

namespace athanor::nif {

class Host;
class Library;
class ScheduledCall;
struct NifRow;

enum class EnvKind : uint32_t { Freed = 0xDEADE000, Process = 0xA7E00001, Callback, Independent };

// Memory a NIF got to look at and need not give back: freed with its environment.
struct Temporary {
  Temporary* next;
  void (*release)(Temporary*);
  void* payload() { return this + 1; }
};

}  // namespace athanor::nif

struct enif_environment_t {
  athanor::nif::EnvKind kind;
  athanor::process::Runtime* runtime;
  athanor::process::Process* process = nullptr;         // Process alone
  athanor::Allocator* heap;
  athanor::nif::Library* library = nullptr;
  const athanor::nif::NifRow* row = nullptr;            // the NIF that was called, with these arguments
  const athanor::Term* arguments = nullptr;
  athanor::nif::Temporary* temporaries = nullptr;
  athanor::nif::ScheduledCall* scheduled = nullptr;     // enif_schedule_nif was called
  athanor::Term exception;                              // enif_raise_exception was called; else none()
  bool checks_terms = false;                            // term_checks.hpp

  enif_environment_t(athanor::nif::EnvKind kind, athanor::process::Runtime& runtime, athanor::Allocator& heap, athanor::nif::Library* library)
      : kind(kind), runtime(&runtime), heap(&heap), library(library) {}
  // Who uses it later hears of it, as far as its memory is still as it was.
  ~enif_environment_t() {
    kind = athanor::nif::EnvKind::Freed;
    asm volatile("" : : "r"(this) : "memory");   // to the compiler nobody could read that
  }
  enif_environment_t(const enif_environment_t&) = delete;
  enif_environment_t& operator=(const enif_environment_t&) = delete;
};

namespace athanor::nif {

using Env = enif_environment_t;

// Knows its fragments, so that terms can be told from those of elsewhere.
class EnvBuilder final : public heap::FragmentAllocator {
 public:
  EnvBuilder() : FragmentAllocator(0) {}
  heap::Fragment* take() {
    pieces_.clear();
    return FragmentAllocator::take();
  }
  bool contains(const Term* at) const {
    for (const Piece& piece : pieces_) {
      if (at >= piece.begin && at < piece.end) return true;
    }
    return false;
  }

 private:
  struct Piece { const Term* begin; const Term* end; };
  Term* grow(size_t words) override {
    Term* place = FragmentAllocator::grow(words);
    pieces_.push_back({place, limit_});
    return place;
  }
  std::vector<Piece> pieces_;
};

// An environment with fragments of its own.
struct OwnEnv final : Env {
  EnvBuilder builder;
  OwnEnv(EnvKind kind, process::Runtime& runtime, Library* library) : Env(kind, runtime, builder, library) {}
  ~OwnEnv();
  void clear();
  heap::Fragment* take();                               // the fragments, for a message; the environment is empty after it
};

void* add_temporary(Env& env, size_t bytes, void (*release)(Temporary*) = nullptr);
void release_temporaries(Env& env);

// Ends the program with words that name the function: the library did what would corrupt memory.
[[noreturn]] void misuse(const char* function, const char* what);
inline void check(const Env* env, const char* function) {
  if (ATH_UNLIKELY(!env || (env->kind != EnvKind::Process && env->kind != EnvKind::Callback && env->kind != EnvKind::Independent))) {
    misuse(function, "the environment is none, or was freed");
  }
}

// The calling thread works for the environment's machine while this lives. On threads of the machine it costs one comparison.
class Entry {
 public:
  explicit Entry(process::Runtime& runtime) {
    if (ATH_UNLIKELY(process::current_runtime != &runtime)) open(runtime);
  }
  Entry(Env* env, const char* function) {
    check(env, function);
    if (ATH_LIKELY(process::current_runtime == env->runtime)) return;
    if (env->kind == EnvKind::Process) misuse(function, "the environment of a call is used on another thread");
    open(*env->runtime);
  }
  ~Entry() { if (ATH_UNLIKELY(opened_)) close(); }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

 private:
  void open(process::Runtime& runtime);
  void close();
  bool opened_ = false;
  alignas(process::ThreadScope) unsigned char scope_[sizeof(process::ThreadScope)];
};

// Inside an epoch: what is found in shared tables stays while this lives, and the machine that a foreign thread is in does not end. Entry first.
class Inside {
 public:
  explicit Inside(process::Runtime& runtime);
  ~Inside();
  bool is_refused() const { return is_refused_; }       // a foreign thread, and the machine ends or has ended
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  process::Runtime* runtime_ = nullptr;                 // null: the thread is inside anyway, or refused
  base::Epochs::Participant* participant_ = nullptr;    // null: the dirty thread's own
  Host* host_ = nullptr;                                // that has let a foreign thread in
  bool is_refused_ = false;
};

// The machine of a call without an environment: the thread's current one, else the one whose library calls (`caller` is an address in
// it), else the one the thread made an environment for last. Null: none.
process::Runtime* machine_of_caller(const void* caller);
process::Runtime& machine_of_caller_or_end(const void* caller, const char* function);
// What libraries of drivers do alike. `runtime` may be null: the thread works for no machine.
int create_thread(process::Runtime* runtime, const char* name, ErlNifTid* tid, void* (*function)(void*), void* argument, const ErlNifThreadOpts* options);
// The structure grew at its end; an older library passes its own size.
void tell_system_info(process::Runtime& runtime, const char* function, ErlNifSysInfo* info, size_t size);
#define ATH_NIF_MACHINE() ::athanor::nif::machine_of_caller_or_end(__builtin_return_address(0), __func__)

}  // namespace athanor::nif
