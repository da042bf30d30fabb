// SPDX-License-Identifier: Apache-2.0
// Select: one walk of a match spec through a table, in parts where it is long. Between parts no lock is held; the walk is
// behind a magic reference that the native passes to itself, and the table is fixed so that nothing is shown twice.
#pragma once

#include <absl/container/inlined_vector.h>

#include <utility>

#include "ets/access.hpp"
#include "bif/match_environment.hpp"

namespace athanor::ets {

enum class SelectMode : uint8_t { Collect, Count, Delete, Replace };

struct Walk {
  void keep();                               // it outlives the native: takes a count of the table, copies keys
  Table* table = nullptr;
  Held<Table> kept_table;
  Held<match_spec::Program> program;
  Held<Fixation> fixation;                   // once it takes a second part
  SelectMode mode = SelectMode::Collect;
  bool backwards = false;
  bool in_order = false;                     // the list is built newest first and has to be turned round
  bool resumed = false;                      // from a continuation of the user
  size_t limit = 0;                          // rows a chunk; 0: all
  KeyRange range;                            // ordered tables
  KeptTerm range_key;                        // what range.key lies in, once it must outlive the call
  absl::InlinedVector<Term, 4> keys;         // hashed tables: the only keys that can match; done in one part
  bool by_keys = false;
  Position position;
  KeptTerm last_key;                         // what position.last_key lies in
  size_t count = 0;                          // results
  bool at_end = false;
};

// A walk between its parts.
struct PausedWalk final : MagicObject {
  explicit PausedWalk(Walk&& given) : walk(std::move(given)) {}
  Walk walk;
};

// What can be told of the keys a spec matches; false: nothing can match.
bool restrict_keys(Walk& walk, Term spec);

// Which native goes on: its arguments, and which of them names a paused walk.
struct Call {
  const Term* args;
  uint32_t arity;
  uint32_t carrier;
};

// Goes on until the end, the limit or the end of the slice. False: table gone or no right, the error is raised; or not now, call again.
// `list`: results, newest first. `paused`: call again. `identifier`: where the table was just found by it, else nil.
bool go_on(process::Process& self, Call call, Walk& walk, Term identifier, Term& list, bool& paused);

}  // namespace athanor::ets
