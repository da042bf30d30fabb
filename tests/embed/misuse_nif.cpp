// SPDX-License-Identifier: Apache-2.0
// A library of NIFs that does what NIFs must not: run(N) does the Nth of it. What is found ends the program with words that name the function.
#include <erl_nif.h>

#include <cstring>
#include <thread>

namespace {

ErlNifResourceType* type = nullptr;
ErlNifEnv* kept_env = nullptr;
ERL_NIF_TERM kept_term = 0;

int load(ErlNifEnv* env, void**, ERL_NIF_TERM) {
  ErlNifResourceTypeInit init{};
  type = enif_open_resource_type_x(env, "thing", &init, ERL_NIF_RT_CREATE, nullptr);
  return type ? 0 : 1;
}

ERL_NIF_TERM list_of_three(ErlNifEnv* env) { return enif_make_list3(env, enif_make_int(env, 1), enif_make_int(env, 2), enif_make_int(env, 3)); }

// One number, one misuse; `tests/embed/nifs.test.cpp` says what each is answered.
ERL_NIF_TERM run(ErlNifEnv* env, int, const ERL_NIF_TERM arguments[]) {
  int what = 0;
  if (!enif_get_int(env, arguments[0], &what)) return enif_make_badarg(env);
  const ERL_NIF_TERM ok = enif_make_atom(env, "ok");
  ERL_NIF_TERM term = 0;
  ErlNifBinary binary{};
  switch (what) {
    case 1: return enif_make_tuple1(nullptr, ok);
    case 2: {
      ErlNifEnv* own = enif_alloc_env();
      enif_free_env(own);
      return enif_make_list_cell(own, ok, ok);
    }
    case 3: {
      ErlNifEnv* own = enif_alloc_env();
      enif_free_env(own);
      enif_free_env(own);
      return ok;
    }
    case 4: enif_free_env(env); return ok;
    case 5: enif_clear_env(env); return ok;
    case 6: {   // of another environment
      ErlNifEnv* own = enif_alloc_env();
      term = enif_make_tuple1(env, list_of_three(own));
      enif_free_env(own);
      return term;
    }
    case 7: {
      ErlNifEnv* own = enif_alloc_env();
      term = list_of_three(own);
      enif_free_env(own);
      return term;
    }
    case 8: {
      ErlNifEnv* own = enif_alloc_env();
      ErlNifPid self;
      enif_self(env, &self);
      enif_send(env, &self, own, list_of_three(env));
      return ok;
    }
    case 9: {
      ErlNifPid self;
      enif_self(env, &self);
      enif_send(env, &self, env, ok);
      return ok;
    }
    case 10: {
      void* object = enif_alloc_resource(type, 16);
      term = enif_make_resource(env, object);
      enif_release_resource(object);
      enif_release_resource(object);
      return term;
    }
    case 11: enif_release_resource(nullptr); return ok;
    case 12: {
      alignas(16) static char plain[512] = {};
      return enif_make_resource(env, plain + 256);
    }
    case 13: enif_alloc_resource(nullptr, 8); return ok;
    case 14: return 0x1000;   // a word that is no term
    case 15: return enif_make_sub_binary(env, ok, 0, 1);
    case 16: {
      std::memset(enif_make_new_binary(env, 8, &term), 0, 8);
      return enif_make_sub_binary(env, term, 4, 5);
    }
    case 17: {
      std::thread other([env] { (void)enif_make_copy(env, enif_make_int(env, 1)); });
      other.join();
      return ok;
    }
    case 18: enif_open_resource_type(env, nullptr, "late", nullptr, ERL_NIF_RT_CREATE, nullptr); return ok;
    case 19: {
      ErlNifMutex* mutex = enif_mutex_create(nullptr);
      enif_mutex_unlock(mutex);
      return ok;
    }
    case 20: enif_mutex_lock(nullptr); return ok;
    case 21: {
      ErlNifMutex* mutex = enif_mutex_create(nullptr);
      enif_mutex_lock(mutex);
      enif_mutex_destroy(mutex);
      return ok;
    }
    case 22: return enif_make_list_cell(env, 0, ok);
    case 23: kept_env = enif_alloc_env(); kept_term = list_of_three(env); return ok;
    case 24: return enif_make_list_cell(env, kept_term, ok);   // after 23 and a collection: of a call that is over
    case 25: {
      ErlNifEnv* own = enif_alloc_env();
      enif_schedule_nif(own, "run", 0, run, 1, arguments);
      return ok;
    }
    // What is refused, or allowed though it looks wrong.
    case 50:
      if (!enif_alloc_binary(8, &binary)) return enif_make_badarg(env);
      enif_release_binary(&binary);
      enif_release_binary(&binary);
      return ok;
    case 51:
      enif_inspect_binary(env, arguments[0], &binary);
      enif_release_binary(&binary);
      return ok;
    case 52: return enif_alloc_binary(SIZE_MAX, &binary) ? enif_make_badarg(env) : ok;
    case 53: {
      int number;
      double real;
      const ERL_NIF_TERM* elements;
      int arity;
      char text[4];
      size_t size;
      bool good = !enif_get_int(env, ok, &number) && !enif_get_double(env, arguments[0], &real) && !enif_get_tuple(env, ok, &arity, &elements) &&
                  !enif_get_list_cell(env, ok, &term, &term) && !enif_inspect_binary(env, ok, &binary) && !enif_get_map_size(env, ok, &size) &&
                  enif_get_atom(env, ok, text, 2, ERL_NIF_LATIN1) == 0 && !enif_get_atom_length(env, arguments[0], reinterpret_cast<unsigned*>(&number), ERL_NIF_LATIN1);
      return good ? ok : enif_make_badarg(env);
    }
    case 54: {   // twice as many ends as beginnings, of different things
      void* object = enif_alloc_resource(type, 0);
      enif_keep_resource(object);
      enif_release_resource(object);
      enif_release_resource(object);
      return ok;
    }
    case 55: {
      char name[300];
      std::memset(name, 'a', sizeof name);
      return enif_make_atom_len(env, name, sizeof name);
    }
    case 56: {
      ErlNifEnv* own = enif_alloc_env();
      term = enif_make_copy(env, list_of_three(own));
      enif_free_env(own);
      return enif_make_tuple2(env, ok, term);
    }
    default: return enif_make_badarg(env);
  }
}

ErlNifFunc functions[] = {{"run", 1, run, 0}};

}  // namespace

ERL_NIF_INIT(misuse_nif, functions, load, nullptr, nullptr, nullptr)
