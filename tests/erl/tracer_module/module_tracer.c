// SPDX-License-Identifier: Apache-2.0
// A tracer in a module: State is {Wishes, Pid}, where Wishes maps tags to answers, or a pid, who wishes for all. Tells Pid which of its functions was called, and with what.
#include <erl_nif.h>

static ERL_NIF_TERM answer(ErlNifEnv* env, const ERL_NIF_TERM argv[]) {
  int arity;
  const ERL_NIF_TERM* state;
  ERL_NIF_TERM wish;
  if (enif_is_pid(env, argv[1])) return enif_make_atom(env, "trace");
  if (enif_get_tuple(env, argv[1], &arity, &state) && arity >= 2 && enif_get_map_value(env, state[0], argv[0], &wish)) return wish;
  return enif_make_atom(env, "discard");
}

static ERL_NIF_TERM tell(ErlNifEnv* env, const char* function, const ERL_NIF_TERM argv[]) {
  int arity;
  const ERL_NIF_TERM* state;
  ErlNifPid to;
  if (!enif_get_local_pid(env, argv[1], &to) &&
      (!enif_get_tuple(env, argv[1], &arity, &state) || !enif_get_local_pid(env, state[1], &to))) return enif_make_atom(env, "ok");
  ERL_NIF_TERM message = enif_make_tuple5(env, enif_make_atom(env, function), argv[0], argv[2], argv[3], argv[4]);
  enif_send(env, &to, NULL, message);
  return enif_make_atom(env, "ok");
}

static ERL_NIF_TERM enabled(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) { return answer(env, argv); }
static ERL_NIF_TERM enabled_gc(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) { return enif_make_atom(env, "trace"); }
static ERL_NIF_TERM trace(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) { return tell(env, "trace", argv); }
static ERL_NIF_TERM trace_call(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) { return tell(env, "trace_call", argv); }
static ERL_NIF_TERM trace_procs(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) { return tell(env, "trace_procs", argv); }
static ERL_NIF_TERM trace_ports(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) { return tell(env, "trace_ports", argv); }
static ERL_NIF_TERM trace_gc(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) { return tell(env, "trace_garbage_collection", argv); }

static ErlNifFunc functions[] = {{"enabled", 3, enabled},
                                 {"trace", 5, trace},
                                 {"trace_call", 5, trace_call},
                                 {"trace_procs", 5, trace_procs},
                                 {"trace_ports", 5, trace_ports},
                                 {"enabled_garbage_collection", 3, enabled_gc},
                                 {"trace_garbage_collection", 5, trace_gc}};
ERL_NIF_INIT(module_tracer, functions, NULL, NULL, NULL, NULL)
