/* SPDX-License-Identifier: Apache-2.0 */
/* A library that touches each part of the NIF interface; probe.erl says what with. */
#include <erl_nif.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  ErlNifPid owner;
  ErlNifMonitor monitor;
  int descriptors[2];
  char bytes[100];
} Thing;

static ErlNifResourceType* thing_type;
static ERL_NIF_TERM atom_ok;

static void say(ErlNifEnv* env, const ErlNifPid* to, ERL_NIF_TERM (*make)(ErlNifEnv*), const char* what) {
  ErlNifEnv* message = enif_alloc_env();
  (void)make;
  enif_send(env, to, message, enif_make_tuple2(message, enif_make_atom(message, what), enif_make_string(message, "from the library", ERL_NIF_LATIN1)));
  enif_free_env(message);
}

static void thing_end(ErlNifEnv* env, void* object) {
  Thing* thing = object;
  say(env, &thing->owner, NULL, "destroyed");
}
static void thing_down(ErlNifEnv* env, void* object, ErlNifPid* pid, ErlNifMonitor* monitor) {
  Thing* thing = object;
  say(env, &thing->owner, NULL, enif_compare_monitors(monitor, &thing->monitor) == 0 ? "down" : "down_of_another");
}
static void thing_stop(ErlNifEnv* env, void* object, ErlNifEvent event, int direct) {
  Thing* thing = object;
  close(thing->descriptors[0]);
  close(thing->descriptors[1]);
  say(env, &thing->owner, NULL, "stopped");
}

static int load(ErlNifEnv* env, void** data, ERL_NIF_TERM info) {
  ErlNifResourceTypeInit callbacks = {thing_end, thing_stop, thing_down, 3, NULL};
  thing_type = enif_init_resource_type(env, "thing", &callbacks, ERL_NIF_RT_CREATE, NULL);
  atom_ok = enif_make_atom(env, "ok");
  *data = thing_type;
  return thing_type == NULL || !enif_is_identical(info, enif_make_int(env, 101));
}

/* {Kind, Back}: what a term is, and the same made anew. */
static ERL_NIF_TERM look(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  ERL_NIF_TERM t = argv[0], head, tail, back = t;
  const ERL_NIF_TERM* elements;
  int arity, number;
  long wide;
  double real;
  unsigned length;
  ErlNifBinary bytes;
  char name[256];
  const char* kind = "other";
  if (enif_is_atom(env, t) && enif_get_atom(env, t, name, sizeof name, ERL_NIF_LATIN1)) kind = "atom", back = enif_make_atom(env, name);
  else if (enif_get_int(env, t, &number)) kind = "int", back = enif_make_int(env, number);
  else if (enif_get_long(env, t, &wide)) kind = "long", back = enif_make_long(env, wide);
  else if (enif_get_double(env, t, &real)) kind = "double", back = enif_make_double(env, real);
  else if (enif_inspect_binary(env, t, &bytes)) {
    ErlNifBinary copy;
    kind = "binary";
    enif_alloc_binary(bytes.size, &copy);
    memcpy(copy.data, bytes.data, bytes.size);
    enif_realloc_binary(&copy, bytes.size + 1);
    copy.data[bytes.size] = '!';
    back = enif_make_binary(env, &copy);
  } else if (enif_get_tuple(env, t, &arity, &elements)) kind = "tuple", back = enif_make_tuple_from_array(env, elements, arity);
  else if (enif_get_list_length(env, t, &length)) kind = "list", enif_make_reverse_list(env, t, &back);
  else if (enif_get_list_cell(env, t, &head, &tail)) kind = "improper", back = enif_make_list_cell(env, tail, head);
  else if (enif_is_map(env, t)) {
    ErlNifMapIterator i;
    kind = "map";
    back = enif_make_new_map(env);
    for (enif_map_iterator_create(env, t, &i, ERL_NIF_MAP_ITERATOR_LAST); enif_map_iterator_get_pair(env, &i, &head, &tail); enif_map_iterator_prev(env, &i))
      enif_make_map_put(env, back, tail, head, &back);
    enif_map_iterator_destroy(env, &i);
  }
  return enif_make_tuple3(env, enif_make_atom(env, kind), enif_make_int(env, enif_term_type(env, t)), back);
}

static ERL_NIF_TERM thing(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  Thing* made = enif_alloc_resource(thing_type, sizeof(Thing));
  ERL_NIF_TERM term = enif_make_resource(env, made), again = enif_make_resource(env, made), view;
  enif_self(env, &made->owner);
  strcpy(made->bytes, "bytes of a resource that are seen as a binary without being copied, more than sixty-four");
  view = enif_make_resource_binary(env, made, made->bytes, strlen(made->bytes));
  enif_release_resource(made);
  return enif_make_tuple3(env, term, enif_make_int(env, enif_compare(term, again)), view);
}
static ERL_NIF_TERM watch(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  Thing* thing;
  ErlNifPid pid;
  if (!enif_get_resource(env, argv[0], thing_type, (void**)&thing) || !enif_get_local_pid(env, argv[1], &pid)) return enif_make_badarg(env);
  return enif_make_int(env, enif_monitor_process(env, thing, &pid, &thing->monitor));
}
static ERL_NIF_TERM unwatch(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  Thing* thing;
  if (!enif_get_resource(env, argv[0], thing_type, (void**)&thing)) return enif_make_badarg(env);
  return enif_make_int(env, enif_demonitor_process(env, thing, &thing->monitor));
}

/* A pipe: wait for input, write, stop. */
static ERL_NIF_TERM await_input(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  Thing* thing;
  if (!enif_get_resource(env, argv[0], thing_type, (void**)&thing) || pipe(thing->descriptors)) return enif_make_badarg(env);
  return enif_make_int(env, enif_select(env, thing->descriptors[0], ERL_NIF_SELECT_READ, thing, NULL, argv[1]));
}
static ERL_NIF_TERM feed(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  Thing* thing;
  if (!enif_get_resource(env, argv[0], thing_type, (void**)&thing)) return enif_make_badarg(env);
  return enif_make_int(env, (int)write(thing->descriptors[1], "x", 1));
}
static ERL_NIF_TERM stop(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  Thing* thing;
  if (!enif_get_resource(env, argv[0], thing_type, (void**)&thing)) return enif_make_badarg(env);
  return enif_make_int(env, enif_select(env, thing->descriptors[0], ERL_NIF_SELECT_STOP, thing, NULL, atom_ok) & (ERL_NIF_SELECT_STOP_CALLED | ERL_NIF_SELECT_STOP_SCHEDULED) ? 1 : 0);
}

/* Counts down over several calls, the last ones on dirty threads. */
static ERL_NIF_TERM steps(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  int left;
  unsigned length;
  ERL_NIF_TERM next[2];
  if (!enif_get_int(env, argv[0], &left)) return enif_make_badarg(env);
  if (left == 0) return argv[1];
  if (left == 1 && enif_is_list(env, argv[1]) && !enif_get_list_length(env, argv[1], &length)) return enif_raise_exception(env, argv[1]);
  next[0] = enif_make_int(env, left - 1);
  next[1] = enif_make_list_cell(env, enif_make_int(env, enif_thread_type()), argv[1]);
  return enif_schedule_nif(env, "steps_go_on", left > 4 ? 0 : left > 2 ? ERL_NIF_DIRTY_JOB_CPU_BOUND : ERL_NIF_DIRTY_JOB_IO_BOUND, steps, 2, next);
}
static ERL_NIF_TERM kind_of_thread(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) { return enif_make_int(env, enif_thread_type()); }
static ERL_NIF_TERM fail(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  return enif_is_empty_list(env, argv[0]) ? enif_make_badarg(env) : enif_raise_exception(env, argv[0]);
}

/* Threads: one of the interface's, one that it knows nothing of. */
static void* tell(void* to) {
  say(NULL, to, NULL, "thread");
  return to;
}
static ERL_NIF_TERM threads(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  ErlNifPid self;
  ErlNifTid ours;
  pthread_t theirs;
  void* result;
  enif_self(env, &self);
  enif_thread_create("teller", &ours, tell, &self, NULL);
  enif_thread_join(ours, &result);
  pthread_create(&theirs, NULL, tell, &self);
  pthread_join(theirs, NULL);
  return enif_make_int(env, result == &self);
}

/* {Queued, Taken, Rest}: iodata through a queue. */
static ERL_NIF_TERM queue(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  ErlNifIOVec here, *vector = &here;
  ErlNifIOQueue* q = enif_ioq_create(ERL_NIF_IOQ_NORMAL);
  ERL_NIF_TERM tail, first = atom_ok;
  size_t before, after;
  if (!enif_inspect_iovec(env, 100, argv[0], &tail, &vector)) return enif_ioq_destroy(q), enif_make_badarg(env);
  enif_ioq_enqv(q, vector, 1);
  before = enif_ioq_size(q);
  enif_ioq_deq(q, 2, &after);
  enif_ioq_peek_head(env, q, NULL, &first);
  enif_ioq_destroy(q);
  return enif_make_tuple4(env, enif_make_int(env, (int)before), enif_make_int(env, (int)after), first, tail);
}

static ERL_NIF_TERM text(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  char out[200];
  int size = enif_snprintf(out, sizeof out, "%d|%5s|%-5.2f|%lu|%T|%c|%%", 42, "ab", 1.5, 7ul, argv[0], 'z');
  return enif_make_tuple2(env, enif_make_int(env, size), enif_make_string(env, out, ERL_NIF_LATIN1));
}
static ERL_NIF_TERM round_trip(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  ErlNifBinary bytes;
  ERL_NIF_TERM back;
  if (!enif_term_to_binary(env, argv[0], &bytes)) return enif_make_badarg(env);
  if (enif_binary_to_term(env, bytes.data, bytes.size, &back, 0) != bytes.size) back = enif_make_badarg(env);
  enif_release_binary(&bytes);
  return enif_make_tuple2(env, enif_make_uint64(env, enif_hash(ERL_NIF_PHASH2, argv[0], 0)), back);
}

static ERL_NIF_TERM tell_pid(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  ErlNifPid to;
  if (!enif_get_local_pid(env, argv[0], &to)) return enif_make_badarg(env);
  return enif_make_int(env, enif_send(env, &to, NULL, argv[1]));
}
static ERL_NIF_TERM consume(ErlNifEnv* env, int argc, const ERL_NIF_TERM argv[]) {
  int percent;
  if (!enif_get_int(env, argv[0], &percent)) return enif_make_badarg(env);
  return enif_make_int(env, enif_consume_timeslice(env, percent));
}

static ErlNifFunc functions[] = {{"look", 1, look}, {"thing", 0, thing}, {"watch", 2, watch}, {"unwatch", 1, unwatch}, {"await_input", 2, await_input}, {"feed", 1, feed},
  {"stop", 1, stop}, {"steps", 2, steps}, {"cpu_thread", 0, kind_of_thread, ERL_NIF_DIRTY_JOB_CPU_BOUND}, {"io_thread", 0, kind_of_thread, ERL_NIF_DIRTY_JOB_IO_BOUND},
  {"own_thread", 0, kind_of_thread}, {"fail", 1, fail}, {"dirty_fail", 1, fail, ERL_NIF_DIRTY_JOB_CPU_BOUND}, {"threads", 0, threads}, {"queue", 1, queue}, {"text", 1, text},
  {"round_trip", 1, round_trip}, {"tell_pid", 2, tell_pid}, {"dirty_cpu_tell", 2, tell_pid, ERL_NIF_DIRTY_JOB_CPU_BOUND},
  {"dirty_io_tell", 2, tell_pid, ERL_NIF_DIRTY_JOB_IO_BOUND}, {"consume", 1, consume}};

ERL_NIF_INIT(probe, functions, load, NULL, NULL, NULL)
