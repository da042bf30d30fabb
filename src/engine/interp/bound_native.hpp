// SPDX-License-Identifier: Apache-2.0
// Natives that come and go with a library. Their rows have no `function`; `bound` is called instead and gets the row. Their cells are the
// library's.
#pragma once

#include "engine/frame.hpp"
#include "process/bif_result.hpp"

namespace athanor::engine {

struct BoundRow : process::NativeRow {
  process::BifResult (*bound)(process::Process& self, const Term* args, const BoundRow& row) = nullptr;
  unsigned own_arity = 0;                  // as it is shown: a continuation has others' arguments behind its own
  bool is_kept_by_last_argument = false;   // which owns the row, so it stays a root until a dirty call's answer has been taken
};

inline process::BifResult call_native(const process::NativeRow& row, process::Process& self, const Term* args) {
  if (ATH_LIKELY(row.function != nullptr)) return row.function(self, args);
  const auto& bound = static_cast<const BoundRow&>(row);
  return bound.bound(self, args, bound);
}

// What a cell of this native holds as handler.
Handler native_handler(const process::NativeRow& row);

}  // namespace athanor::engine
