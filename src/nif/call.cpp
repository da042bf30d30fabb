// SPDX-License-Identifier: Apache-2.0
// Calling a NIF, exceptions, continuations.
#include <algorithm>
#include <cstdlib>

#include "base/utf8.hpp"
#include "bif/bif.hpp"
#include "bif/magic.hpp"
#include "nif/library.hpp"
#include "nif/scheduled.hpp"
#include "nif/term_checks.hpp"
#include "os/threads.hpp"
#include "process/state.hpp"
#include "term/atom_table.hpp"

namespace athanor::nif {

namespace {

// {M, F, Arguments, []} of the call that was continued, or of the continuation where that is not known.
Term first_item(process::Process& self, const NifRow& row, const Term* args) {
  Allocator& heap = self.heap();
  if (row.first_arity == 0 && row.of->mfa.arity != 0) {
    return bif::make_tuple(heap, intern(row.module), intern(row.name), bif::make_list(heap, args, row.own_arity), Term::nil());
  }
  const Mfa& mfa = row.of->mfa;
  return bif::make_tuple(heap, mfa.module, mfa.function, bif::make_list(heap, args + row.own_arity, row.first_arity), Term::nil());
}

// A dirty NIF may run on when its process has ended and its module was purged: the library stays until it returns.
class DirtyUse {
 public:
  explicit DirtyUse(Library& library) : library_(library.retain_user_of_living() ? &library : nullptr) {}
  ~DirtyUse() {
    if (library_) library_->release_user();
  }
  DirtyUse(const DirtyUse&) = delete;
  DirtyUse& operator=(const DirtyUse&) = delete;
  explicit operator bool() const { return library_ != nullptr; }

 private:
  Library* const library_;
};

process::BifResult answer(process::Process& self, const Term* args, const NifRow& nif, Env& env, Term result) {
  if (ATH_LIKELY(env.exception.is_none() && !result.is_none())) {
    if (ATH_UNLIKELY(!is_word_of_a_term(result))) misuse(nif.name_text.c_str(), "it returned a word that is no term");
    check_terms(env, &result, 1, nif.name_text.c_str());
    return result;
  }
  if (env.exception.is_none() && env.scheduled) return env.scheduled->trap(self);
  const process::BifResult raised = self.error(env.exception.is_none() ? intern("badreturn") : env.exception);   // OTP: badreturn of a dirty NIF; any other is lost there
  if (nif.is_kept_by_last_argument) self.exception().first_item = first_item(self, nif, args);
  return raised;
}

Term run(const NifRow& nif, Env& env, const Term* args) {
  const Term result = term_of(nif.nif(&env, static_cast<int>(nif.own_arity), reinterpret_cast<const ERL_NIF_TERM*>(args)));
  if (ATH_UNLIKELY(env.temporaries != nullptr)) release_temporaries(env);
  return result;
}

process::BifResult run_dirty(process::Process& self, const Term* args, const NifRow& nif, Env& env) {
  const DirtyUse use(*nif.library);
  if (!use) return self.badarg();   // it has ended meanwhile: nobody wants the answer
  Term result;
  {
    const process::Outside outside;
    result = run(nif, env, args);
  }
  // Where it has ended, what the row refers to may be gone.
  return process::is_exiting(self) ? self.badarg() : answer(self, args, nif, env, result);
}

}  // namespace

process::BifResult call_nif(process::Process& self, const Term* args, const engine::BoundRow& row) {
  const auto& nif = static_cast<const NifRow&>(row);
  while (ATH_UNLIKELY(!nif.library->is_active.load(std::memory_order_acquire))) os::relax();   // the last entries are being set
  Env env(EnvKind::Process, self.runtime(), self.heap(), nif.library);
  env.process = &self;
  env.row = &nif;
  env.arguments = args;
  env.checks_terms = nif.library->host.checks_terms;
  if (ATH_UNLIKELY(process::dirty_participant != nullptr)) return run_dirty(self, args, nif, env);
  return answer(self, args, nif, env, run(nif, env, args));
}

ScheduledCalls& ScheduledCalls::of(const NifRow& row) { return *static_cast<const ScheduledRow&>(row).owner; }

ScheduledCall& ScheduledCalls::next() {
  ScheduledCall& call = calls_[last_ ^= 1];
  call.row.owner = this;
  return call;
}

// As Process::trap, for as many arguments as there are.
process::BifResult ScheduledCall::trap(process::Process& self) {
  const size_t count = arguments.size();
  if (count > self.saved_capacity_) {
    auto* larger = static_cast<Term*>(std::malloc(count * sizeof(Term)));
    ATH_ASSERT(larger != nullptr && "out of memory");
    if (self.saved_ != self.saved_inline_) std::free(self.saved_);
    self.saved_ = larger;
    self.saved_capacity_ = static_cast<uint16_t>(count);
  }
  std::copy(arguments.begin(), arguments.end(), self.saved_);
  self.live_ = static_cast<uint16_t>(count);
  arguments.clear();
  self.trap_target_ = &target;
  self.pending_ = process::Pending::Trap;
  return Term::none();
}

}  // namespace athanor::nif

using namespace athanor::nif;
using athanor::Term;

ERL_NIF_TERM enif_raise_exception(ErlNifEnv* env, ERL_NIF_TERM reason) {
  check(env, __func__);
  check_terms(*env, &reason, 1, __func__);
  env->exception = term_of(reason);
  return 0;
}

ERL_NIF_TERM enif_make_badarg(ErlNifEnv* env) { return enif_raise_exception(env, raw_of(athanor::atoms::badarg)); }

int enif_has_pending_exception(ErlNifEnv* env, ERL_NIF_TERM* reason) {
  check(env, __func__);
  if (env->exception.is_none()) return 0;
  if (reason) *reason = raw_of(env->exception);
  return 1;
}

int enif_is_exception(ErlNifEnv* env, ERL_NIF_TERM term) { return term == 0 && !env->exception.is_none(); }

ERL_NIF_TERM enif_schedule_nif(ErlNifEnv* env, const char* name, int flags, ERL_NIF_TERM (*function)(ErlNifEnv*, int, const ERL_NIF_TERM[]), int argc,
                               const ERL_NIF_TERM argv[]) {
  check(env, __func__);
  if (env->kind != EnvKind::Process || !env->row) misuse(__func__, "it is for a NIF that a process runs");
  if (argc < 0 || argc > 254) return enif_make_badarg(env);
  if (flags != 0 && flags != ERL_NIF_DIRTY_JOB_CPU_BOUND && flags != ERL_NIF_DIRTY_JOB_IO_BOUND) return enif_make_badarg(env);
  const std::string utf8 = athanor::base::utf8_of_latin1(name);
  const Term atom = athanor::atom_table().intern(utf8);
  if (atom.is_none()) return enif_make_badarg(env);
  const NifRow& current = *env->row;
  const bool is_first = !current.is_kept_by_last_argument;
  // The record of a chain of continuations travels with its arguments, as what the last of them refers to.
  const Term* first = env->arguments + (is_first ? 0 : current.own_arity);
  unsigned kept = is_first ? current.own_arity : current.first_arity;
  if (static_cast<unsigned>(argc) + kept > 254) kept = 0;   // more than a row can have: a trace shows the continuation
  Term owner;
  ScheduledCalls* calls;
  if (is_first) {
    calls = new ScheduledCalls;
    owner = athanor::bif::make_magic_reference(*env->process, calls);
    calls->release();   // the reference's count is the only one
  } else {
    calls = &ScheduledCalls::of(current);
    owner = env->arguments[current.arity - 1];
  }
  if (!env->scheduled) env->scheduled = &calls->next();
  ScheduledCall& call = *env->scheduled;
  call.arguments.assign(terms_of(argv), terms_of(argv) + argc);
  call.arguments.insert(call.arguments.end(), first, first + kept);
  call.arguments.push_back(owner);
  call.row.set(*env->library, *current.of, utf8, static_cast<unsigned>(argc), kept, function, static_cast<unsigned>(flags));
  call.row.arity = static_cast<uint8_t>(call.arguments.size());
  call.row.is_kept_by_last_argument = true;
  call.target.mfa = {env->library->module, atom, static_cast<uint32_t>(argc)};
  call.target.entry.store(call.row.entry(), std::memory_order_release);
  return 0;
}

int enif_consume_timeslice(ErlNifEnv* env, int percent) {
  check(env, __func__);
  if (env->kind != EnvKind::Process) return 0;
  percent = percent < 1 ? 1 : percent > 100 ? 100 : percent;
  const int64_t reductions = (athanor::process::kReductionsPerSlice + 99) / 100 * percent;
  const int64_t left = std::max<int64_t>(env->process->reductions_left_, 0);
  return env->process->charge(static_cast<uint64_t>(std::min(reductions, left))) ? 1 : 0;   // OTP: no more than the slice has
}

int enif_is_current_process_alive(ErlNifEnv* env) {
  check(env, __func__);
  if (env->kind != EnvKind::Process) misuse(__func__, "the environment is of no process");
  // A dirty NIF that asks in a loop need not wait for a scheduler to have the time for an exit signal.
  if (athanor::process::dirty_participant) {
    const Inside inside(*env->runtime);
    athanor::process::serve_signals(*env->process);
  }
  return athanor::process::is_exiting(*env->process) ? 0 : 1;
}

ErlNifPid* enif_self(ErlNifEnv* env, ErlNifPid* pid) {
  check(env, __func__);
  if (env->kind != EnvKind::Process) return nullptr;
  pid->pid = raw_of(env->process->pid());
  return pid;
}
