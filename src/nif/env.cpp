// SPDX-License-Identifier: Apache-2.0
#include "nif/env.hpp"

#include <cstdio>
#include <cstdlib>
#include <new>

#include "nif/library.hpp"
#include "sched/thread_kind.hpp"

namespace athanor::nif {

namespace {
thread_local process::Runtime* last_machine = nullptr;   // of the environment a foreign thread made last
}  // namespace

void misuse(const char* function, const char* what) {
  std::fprintf(stderr, "athanor: a library misuses %s: %s\n", function, what);
  std::abort();
}

OwnEnv::~OwnEnv() {
  release_temporaries(*this);
}

heap::Fragment* OwnEnv::take() {
  release_temporaries(*this);
  return builder.take();
}

void OwnEnv::clear() {
  heap::Fragment::destroy_chain(take());
  exception = Term::none();
}

void* add_temporary(Env& env, size_t bytes, void (*release)(Temporary*)) {
  auto* made = static_cast<Temporary*>(std::malloc(sizeof(Temporary) + bytes));
  ATH_ASSERT(made != nullptr && "out of memory");
  made->next = env.temporaries;
  made->release = release;
  env.temporaries = made;
  return made->payload();
}

void release_temporaries(Env& env) {
  while (Temporary* first = env.temporaries) {
    env.temporaries = first->next;
    if (first->release) first->release(first);
    std::free(first);
  }
}

void Entry::open(process::Runtime& runtime) {
  new (scope_) process::ThreadScope(runtime);
  opened_ = true;
}

void Entry::close() { reinterpret_cast<process::ThreadScope*>(scope_)->~ThreadScope(); }

Inside::Inside(process::Runtime& runtime) {
  if (base::Epochs::Participant* own = process::dirty_participant; own && process::current_runtime == &runtime) {
    if (base::Epochs::is_inside(own)) return;
    runtime_ = &runtime;
    runtime.epochs->enter(own);
    return;
  }
  if (sched::current_thread_kind != sched::ThreadKind::Foreign) return;
  host_ = admit(runtime);
  is_refused_ = host_ == nullptr;
  if (is_refused_) return;
  runtime_ = &runtime;
  participant_ = runtime.epochs->join();
  runtime.epochs->enter(participant_);
}

Inside::~Inside() {
  if (!runtime_) return;
  runtime_->epochs->exit(participant_ ? participant_ : process::dirty_participant);
  if (!participant_) return;
  runtime_->epochs->leave(participant_);
  host_->visitor_left();                                // from here on the machine may be gone
}

process::Runtime* machine_of_caller(const void* caller) {
  if (process::current_runtime) return process::current_runtime;
  if (process::Runtime* owner = machine_of_library_at(caller)) return last_machine = owner;
  return last_machine;
}

process::Runtime& machine_of_caller_or_end(const void* caller, const char* function) {
  process::Runtime* runtime = machine_of_caller(caller);
  if (!runtime) misuse(function, "the calling thread belongs to no machine, and the caller is in no library that one has loaded");
  return *runtime;
}

}  // namespace athanor::nif

using namespace athanor::nif;

ErlNifEnv* enif_alloc_env() {
  athanor::process::Runtime& runtime = ATH_NIF_MACHINE();
  auto* made = new OwnEnv(EnvKind::Independent, runtime, nullptr);
  const Host* host = host_of(runtime);
  made->checks_terms = host && host->checks_terms;
  return made;
}

void enif_free_env(ErlNifEnv* env) {
  if (!env || env->kind != EnvKind::Independent) misuse(__func__, "the environment was not made by enif_alloc_env, or was freed already");
  Entry entry(env, __func__);
  auto* own = static_cast<OwnEnv*>(env);
  own->clear();
  delete own;
}

void enif_clear_env(ErlNifEnv* env) {
  if (!env || env->kind != EnvKind::Independent) misuse(__func__, "the environment was not made by enif_alloc_env, or was freed already");
  Entry entry(env, __func__);
  static_cast<OwnEnv*>(env)->clear();
}

void* enif_priv_data(ErlNifEnv* env) {
  check(env, __func__);
  return env->library ? env->library->private_data : nullptr;
}
