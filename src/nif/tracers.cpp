// SPDX-License-Identifier: Apache-2.0
// Tracers that are modules: their library's functions are called where something happens, in the middle of what a process or port does.
#include "code/code_server.hpp"
#include "nif/library.hpp"
#include "nif/tracers.hpp"

namespace athanor::nif {

namespace {

const NifRow* find_row(const Library& library, const char* name, unsigned arity) {
  for (const NifRow& row : library.rows) {
    if (row.own_arity == arity && row.name_text == name) return &row;
  }
  return nullptr;
}

// Keeps the library open while one of its functions runs: nothing else would, on a thread that runs no process of its code.
class Use {
 public:
  explicit Use(Library* library) : library_(library && library->retain_user_of_living() ? library : nullptr) {}
  ~Use() { if (library_) library_->release_user(); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  Library* operator->() const { return library_; }
  explicit operator bool() const { return library_ != nullptr; }

 private:
  Library* library_;
};

}  // namespace

// OTP: a tracer's module has enabled/3 and trace/5. What is built lies in fragments that go with the call: the heap of a process that sends
// or is being collected is not touched.
bool call_tracer(process::Runtime& runtime, process::Process* runs, Term module, const process::TracerCall& call) {
  Host* host = host_of(runtime);
  const code::Module* known = runtime.code->find_module(module);
  const code::ModuleCode* code = known ? known->current.load(std::memory_order_acquire) : nullptr;
  if (!host || !code) return false;
  const Use library(host->library_of(*code));
  if (!library || !find_row(*library.operator->(), "enabled", 3) || !find_row(*library.operator->(), "trace", 5)) return false;
  if (!call.otherwise) return true;
  const NifRow* row = call.name ? find_row(*library.operator->(), call.name, call.arity) : nullptr;
  if (!row) row = find_row(*library.operator->(), call.otherwise, call.arity);
  OwnEnv env(runs ? EnvKind::Process : EnvKind::Callback, runtime, library.operator->());
  env.process = runs;
  const Term result = term_of(row->nif(&env, static_cast<int>(call.arity), reinterpret_cast<const ERL_NIF_TERM*>(call.arguments)));
  *call.answer = env.exception.is_none() && !result.is_none() && result.is_immediate() ? result : atoms::error;
  return true;
}

}  // namespace athanor::nif
