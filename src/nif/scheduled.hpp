// SPDX-License-Identifier: Apache-2.0
// What enif_schedule_nif leaves behind: a function of the library's that the process calls next. A chain of continuations has two such
// records, the one that runs and the one that it schedules, behind a magic reference that is the last argument of each.
#pragma once

#include <vector>

#include "nif/library.hpp"

namespace athanor::nif {

class ScheduledCalls;

struct ScheduledRow : NifRow {
  ScheduledCalls* owner = nullptr;
};

class ScheduledCall {
 public:
  ScheduledRow row;
  code::Export target;             // leads to the row's cell
  std::vector<Term> arguments;     // from enif_schedule_nif until the NIF returns; nothing collects between
  process::BifResult trap(process::Process& self);
};

class ScheduledCalls final : public MagicObject {
 public:
  ScheduledCall& next();           // not the one that runs now
  static ScheduledCalls& of(const NifRow& row);   // of a continuation

 private:
  ScheduledCall calls_[2];
  int last_ = 0;
};

}  // namespace athanor::nif
