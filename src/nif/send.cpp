// SPDX-License-Identifier: Apache-2.0
// Processes and ports: finding them, telling them.
#include <optional>

#include "bif/bif.hpp"
#include "nif/library.hpp"
#include "nif/term_checks.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/state.hpp"
#include "process/tracing.hpp"
#include "term/atom_table.hpp"

using namespace athanor;
using namespace athanor::nif;

namespace {

process::Runtime& machine_of(ErlNifEnv* env, const void* caller, const char* function) {
  if (!env) return machine_of_caller_or_end(caller, function);
  check(env, function);
  return *env->runtime;
}
#define ATH_NIF_MACHINE_OF(env) machine_of(env, __builtin_return_address(0), __func__)

bool is_alive(process::Runtime& runtime, const Inside& inside, Term pid) {
  const process::Process* found = pid.is_local_pid() && !inside.is_refused() ? runtime.processes->find(pid) : nullptr;
  return found && !process::is_exiting(*found);
}

Term whereis(process::Runtime& runtime, Term name) {
  const Inside inside(runtime);
  return name.is_atom() && !inside.is_refused() ? runtime.registry->find(name) : Term::none();
}

void tell_tracer(process::Process& self, Term to, Term message) {
  // A dirty NIF's flags belong to whoever handles its process's signals.
  std::optional<process::DirtySignals> held;
  if (process::dirty_participant) held.emplace(self);
  if (process::is_traced(self, process::trace_flag::kSend)) self.runtime().tracing->sent(self, to, message);
}

}  // namespace

int enif_get_local_pid(ErlNifEnv*, ERL_NIF_TERM term, ErlNifPid* pid) {
  if (!term_of(term).is_local_pid()) return 0;
  pid->pid = term;
  return 1;
}
int enif_get_local_port(ErlNifEnv*, ERL_NIF_TERM term, ErlNifPort* port) {
  if (!term_of(term).is_local_port()) return 0;
  port->port_id = term;
  return 1;
}
void enif_set_pid_undefined(ErlNifPid* pid) { pid->pid = raw_of(atoms::undefined); }
int enif_is_pid_undefined(const ErlNifPid* pid) { return pid->pid == raw_of(atoms::undefined); }

int enif_whereis_pid(ErlNifEnv* env, ERL_NIF_TERM name, ErlNifPid* pid) {
  const Term found = whereis(ATH_NIF_MACHINE_OF(env), term_of(name));
  return found.is_none() ? 0 : enif_get_local_pid(env, raw_of(found), pid);
}
int enif_whereis_port(ErlNifEnv* env, ERL_NIF_TERM name, ErlNifPort* port) {
  const Term found = whereis(ATH_NIF_MACHINE_OF(env), term_of(name));
  return found.is_none() ? 0 : enif_get_local_port(env, raw_of(found), port);
}

int enif_is_process_alive(ErlNifEnv* env, ErlNifPid* pid) {
  process::Runtime& runtime = ATH_NIF_MACHINE_OF(env);
  Entry entry(runtime);
  Inside inside(runtime);
  return is_alive(runtime, inside, term_of(pid->pid));
}

int enif_is_port_alive(ErlNifEnv* env, ErlNifPort* port) {
  process::Runtime& runtime = ATH_NIF_MACHINE_OF(env);
  Entry entry(runtime);
  Inside inside(runtime);
  if (inside.is_refused()) return 0;
  const Host* host = host_of(runtime);
  return host && host->joins.is_port_alive(runtime, term_of(port->port_id));
}

// A message of an environment of its own travels as it is; any other is copied.
int enif_send(ErlNifEnv* env, const ErlNifPid* to, ErlNifEnv* message_env, ERL_NIF_TERM message) {
  process::Runtime& runtime = env || !message_env ? ATH_NIF_MACHINE_OF(env) : *message_env->runtime;
  if (message_env) {
    check(message_env, __func__);
    if (message_env->kind != EnvKind::Independent) misuse(__func__, "the message's environment was not made by enif_alloc_env");
    check_terms(*message_env, &message, 1, __func__);
  } else if (env) {
    check(env, __func__);
    check_terms(*env, &message, 1, __func__);
  }
  Entry entry(runtime);
  Inside inside(runtime);
  const Term pid = term_of(to->pid);
  process::Process* self = env ? env->process : nullptr;
  if (self && process::is_exiting(*self)) return 0;   // its dirty NIF runs on
  if (!is_alive(runtime, inside, pid)) return 0;
  if (self && env->row && ATH_UNLIKELY(runtime.tracing->in_use.load(std::memory_order_relaxed))) tell_tracer(*self, pid, term_of(message));   // not what a tracer sends
  const Term from = self ? self->pid() : Term::none();
  const heap::Parcel parcel = message_env ? heap::Parcel{term_of(message), static_cast<OwnEnv*>(message_env)->take()} : heap::pack(term_of(message), runtime.literals);
  return process::send_parcel(runtime, pid, parcel, from);
}

int enif_port_command(ErlNifEnv* env, const ErlNifPort* to, ErlNifEnv* message_env, ERL_NIF_TERM message) {
  check(env, __func__);
  process::Runtime& runtime = *env->runtime;
  Entry entry(runtime);
  Inside inside(runtime);
  if (inside.is_refused()) return 0;
  std::string bytes;
  const Host* host = host_of(runtime);
  if (!host || !bif::iolist_to_string(term_of(message), bytes)) return 0;
  const bool sent = host->joins.command_port(runtime, term_of(to->port_id), std::move(bytes));
  if (sent && message_env) static_cast<OwnEnv*>(message_env)->clear();
  return sent;
}
