// SPDX-License-Identifier: Apache-2.0
// Libraries of NIFs that do what they must not: the program ends with words that say what it was, or the call is refused.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "athanor/machine.hpp"
#include "athanor/release.hpp"

namespace {

// A module whose run/1 is the library's; `code` runs when it is loaded.
athanor::MachineOptions with_nif(const std::string& code) {
  athanor::MachineOptions options;
  options.schedulers = 2;
  options.dirty_io_schedulers = 2;
  options.use_standard_streams = false;
  athanor::ReleaseInfo release = athanor::find_release("", "");
  const std::string module =
      "logger:set_primary_config(level, none), Call = fun(M, F, As) -> {call, 1, {remote, 1, {atom, 1, M}, {atom, 1, F}}, As} end,"
      "{ok, misuse_nif, Code} = compile:forms([{attribute, 1, module, misuse_nif}, {attribute, 1, export, [{init, 1}, {run, 1}]},"
      " {function, 1, init, 1, [{clause, 1, [{var, 1, 'F'}], [], [Call(erlang, load_nif, [{var, 1, 'F'}, {integer, 1, 0}])]}]},"
      " {function, 1, run, 1, [{clause, 1, [{var, 1, '_'}], [], [Call(erlang, nif_error, [{atom, 1, not_loaded}])]}]}], []),"
      "{module, misuse_nif} = code:load_binary(misuse_nif, \"misuse_nif.beam\", Code), ok = misuse_nif:init(\"" ATH_DRIVER_DIR "/misuse_nif\"), ";
  options.arguments = {"-root", release.root, "-bindir", release.bin_dir, "-progname", "embedded", "--", "-home", "/", "--", "-noshell", "-noinput",
                       "-eval", module + code};
  return options;
}

int status_of(const std::string& code) {
  athanor::Machine machine(with_nif(code));
  if (!machine.boot()) return -1;
  return machine.wait();
}

struct Misuse {
  int number;
  const char* words;      // as a regular expression
  bool checks_terms = false;
  const char* first = "";
};

constexpr Misuse kMisuses[] = {
    {1, "misuses enif_make_tuple: the environment is none, or was freed"},
    {2, "misuses enif_make_list_cell: the environment is none, or was freed"},
    {3, "misuses enif_free_env: the environment was not made by enif_alloc_env, or was freed already"},
    {4, "misuses enif_free_env: the environment was not made by enif_alloc_env"},
    {5, "misuses enif_clear_env: the environment was not made by enif_alloc_env"},
    {6, "misuses enif_make_tuple: a term belongs to another environment", true},
    {7, "misuses run: a term belongs to another environment", true},
    {8, "misuses enif_send: a term belongs to another environment", true},
    {9, "misuses enif_send: the message's environment was not made by enif_alloc_env"},
    {10, "misuses enif_release_resource: the resource was released more often than it was made and kept"},
    {11, "misuses enif_release_resource: the object is no resource"},
    {12, "misuses enif_make_resource: the object is no resource"},
    {13, "misuses enif_alloc_resource: the type is null"},
    {14, "misuses run: it returned a word that is no term"},
    {15, "misuses enif_make_sub_binary: the term is no binary"},
    {16, "misuses enif_make_sub_binary: the part leaves the binary"},
    {17, "misuses enif_make_copy: the environment of a call is used on another thread"},
    {18, "misuses enif_open_resource_type: it is for load and upgrade callbacks"},
    {19, "misuses enif_mutex_unlock: the mutex is not locked"},
    {20, "misuses enif_mutex_lock: the mutex is null"},
    {21, "misuses enif_mutex_destroy: "},
    {22, "misuses enif_make_list_cell: a term is 0", true},
    {24, "misuses enif_make_list_cell: a term belongs to another environment \\(enif_make_copy\\), or to a call that is over", true,
     "misuse_nif:run(23), put(large, lists:seq(1, 100000)), erlang:garbage_collect(), "},   // the heap is elsewhere then
    {25, "misuses enif_schedule_nif: it is for a NIF that a process runs"},
};

// What reads freed memory the address sanitizer finds first.
std::string words_of(const Misuse& misuse) {
#if __has_feature(address_sanitizer)
  return std::string(misuse.words) + "|AddressSanitizer: (heap|stack)-use-after";
#else
  return misuse.words;
#endif
}

TEST(NifsDeathTest, MisuseIsNamed) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const Misuse& misuse : kMisuses) {
    SCOPED_TRACE(misuse.number);
    EXPECT_DEATH(
        {
          if (misuse.checks_terms) setenv("ATHANOR_NIF_CHECK", "1", 1);
          status_of(std::string(misuse.first) + "misuse_nif:run(" + std::to_string(misuse.number) + "), halt(0).");
        },
        words_of(misuse));
  }
}

TEST(Nifs, WhatIsRefusedOrAllowed) {
  setenv("ATHANOR_NIF_CHECK", "1", 1);
  EXPECT_EQ(status_of("[ok = misuse_nif:run(N) || N <- [50, 51, 52, 53, 54]], {'EXIT', {badarg, _}} = (catch misuse_nif:run(55)),"
                      "{ok, [1, 2, 3]} = misuse_nif:run(56), halt(7)."),
            7);
  unsetenv("ATHANOR_NIF_CHECK");
}

}  // namespace
