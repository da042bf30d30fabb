// SPDX-License-Identifier: Apache-2.0
// Select: one walk of a match spec through a table, in parts where it is long. Between parts no lock is held; the walk is
// behind a magic reference that the native passes to itself, and the table is fixed so that nothing is shown twice.
#pragma once

#include <vector>

#include "ets/access.hpp"
#include "bif/match_environment.hpp"

namespace athanor::ets {

enum class SelectMode : uint8_t { Collect, Count, Delete, Replace };

struct Walk : MagicObject {
  ~Walk() override;
  Table* table = nullptr;                    // a count
  match_spec::Program* program = nullptr;    // a count
  Fixation* fixation = nullptr;              // once it takes a second part
  SelectMode mode = SelectMode::Collect;
  bool backwards = false;
  bool in_order = false;                     // the list is built newest first and has to be turned round
  bool resumed = false;                      // from a continuation of the user
  size_t limit = 0;                          // rows a chunk; 0: all
  KeyRange range;                            // ordered tables
  RowHolder range_key;                       // what range.key lies in, once it must outlive the call
  std::vector<RowHolder> keys;               // hashed tables: the only keys that can match; empty: walk all
  bool by_keys = false;
  Position position;
  RowHolder last_key;                        // what position.last_key lies in
  size_t count = 0;                          // results
  bool at_end = false;
};

// What can be told of the keys a spec matches; false: nothing can match.
bool restrict_keys(Walk& walk, Term spec);

// Goes on until the end, the limit or the end of the slice. False: table gone or no right, the error is raised.
// `list`: results, newest first. `paused`: call again.
bool go_on(process::Process& self, Walk& walk, Term& list, bool& paused);

}  // namespace athanor::ets
