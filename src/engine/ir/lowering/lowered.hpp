// SPDX-License-Identifier: Apache-2.0
// The lowered form of one function and how it comes to be.
#pragma once

#include <memory>
#include <vector>

#include "code/module.hpp"
#include "engine/interp/cells.hpp"

namespace athanor::engine::jit { struct NativeCode; }

namespace athanor::code {

struct Lowered {
  Lowered(engine::CallSite site, Function& function, engine::Handler handler);
  ~Lowered();

  engine::CallSite cell_site;
  engine::FunctionCell cell;                         // the entry until the function is lowered
  std::unique_ptr<Word[]> words;                     // the instructions; null: not yet
  size_t word_count = 0;
  const Word* entry = nullptr;
  std::unique_ptr<engine::CallSite[]> sites;
  std::unique_ptr<engine::jit::NativeCode> native;   // once the function is native; stays when calls no longer go there
};

}  // namespace athanor::code

namespace athanor::engine::ir {

// Lowers the function if nobody has, swings its entry (and that of its export and funs) to it. The entry; null: the code is malformed.
// Any scheduler thread; two that meet wait for each other.
const Word* lower(process::Runtime& runtime, code::Function& function);

}  // namespace athanor::engine::ir
