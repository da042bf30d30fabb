// SPDX-License-Identifier: Apache-2.0
#include "engine/ir/handler_index.hpp"

#include <unordered_map>

#include "engine/interp/ops/each_handler.hpp"

namespace athanor::engine::ir {

namespace {

using Index = std::unordered_map<Word, Op>;

Index make_index() {
  Index index;
  each_handler([&](Handler handler, Op op, std::string_view, std::initializer_list<Kind>) {
    auto [place, is_new] = index.try_emplace(reinterpret_cast<Word>(handler), op);
    ATH_ASSERT(is_new || place->second == op);   // one body for two rows could not be told apart
  });
  return index;
}

}  // namespace

Op op_of(Word handler) {
  static const Index index = make_index();   // never changes
  auto found = index.find(handler);
  return found == index.end() ? Op::unknown : found->second;
}

}  // namespace athanor::engine::ir
