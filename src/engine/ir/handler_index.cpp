// SPDX-License-Identifier: Apache-2.0
#include "engine/ir/handler_index.hpp"

#include <unordered_map>

#include "engine/interp/ops/handlers.hpp"

namespace athanor::engine::ir {

namespace {

using Index = std::unordered_map<Word, Op>;

Index make_index() {
  Index index;
  auto add = [&](Handler handler, Op op) {
    auto [place, is_new] = index.try_emplace(reinterpret_cast<Word>(handler), op);
    ATH_ASSERT(is_new || place->second == op);   // one body for two rows could not be told apart
  };
  constexpr Kind kAll[] = {Kind::X, Kind::Y, Kind::Constant};
#define HANDLER(name) add(engine::name, Op::name);
#define VARIANTS_1(name) \
  for (Kind a : kAll) add(engine::name(a), Op::name);
#define VARIANTS_2(name) \
  for (Kind a : kAll) for (Kind b : kAll) add(engine::name(a, b), Op::name);
#define VARIANTS_3(name) \
  for (Kind a : kAll) for (Kind b : kAll) for (Kind c : kAll) add(engine::name(a, b, c), Op::name);
#define VARIANTS_4(name) \
  for (Kind a : kAll) for (Kind b : kAll) for (Kind c : kAll) for (Kind d : kAll) add(engine::name(a, b, c, d), Op::name);
#include "engine/interp/ops/handlers.def"
#undef HANDLER
#undef VARIANTS_1
#undef VARIANTS_2
#undef VARIANTS_3
#undef VARIANTS_4
  return index;
}

}  // namespace

Op op_of(Word handler) {
  static const Index index = make_index();   // never changes
  auto found = index.find(handler);
  return found == index.end() ? Op::unknown : found->second;
}

}  // namespace athanor::engine::ir
