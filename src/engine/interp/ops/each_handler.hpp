// SPDX-License-Identifier: Apache-2.0
// All handlers that lowering may choose, expanded from handlers.def.
#pragma once

#include <initializer_list>
#include <string_view>

#include "engine/interp/ops/handlers.hpp"
#include "engine/ir/handler_index.hpp"

namespace athanor::engine {

// visit(handler, its row, the row's name, kinds of its operands). Kinds that a chooser does not tell apart give the same handler again.
template <class Visit>
void each_handler(Visit visit) {
  using Kinds = std::initializer_list<ir::Kind>;
  constexpr ir::Kind kAll[] = {ir::Kind::X, ir::Kind::Y, ir::Kind::Constant};
#define HANDLER(name) visit(static_cast<Handler>(name), ir::Op::name, std::string_view(#name), Kinds{});
#define VARIANTS_1(name) \
  for (ir::Kind a : kAll) visit(name(a), ir::Op::name, std::string_view(#name), Kinds{a});
#define VARIANTS_2(name) \
  for (ir::Kind a : kAll) for (ir::Kind b : kAll) visit(name(a, b), ir::Op::name, std::string_view(#name), Kinds{a, b});
#define VARIANTS_3(name) \
  for (ir::Kind a : kAll) for (ir::Kind b : kAll) for (ir::Kind c : kAll) visit(name(a, b, c), ir::Op::name, std::string_view(#name), Kinds{a, b, c});
#define VARIANTS_4(name) \
  for (ir::Kind a : kAll) for (ir::Kind b : kAll) for (ir::Kind c : kAll) for (ir::Kind d : kAll) \
    visit(name(a, b, c, d), ir::Op::name, std::string_view(#name), Kinds{a, b, c, d});
#include "engine/interp/ops/handlers.def"
#undef HANDLER
#undef VARIANTS_1
#undef VARIANTS_2
#undef VARIANTS_3
#undef VARIANTS_4
}

}  // namespace athanor::engine
