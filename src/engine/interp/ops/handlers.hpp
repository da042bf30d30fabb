// SPDX-License-Identifier: Apache-2.0
// Declarations of all handlers, expanded from handlers.def.
#pragma once

#include <type_traits>

#include "engine/interp/interpreter.hpp"

namespace athanor::engine {

#define HANDLER(name) ATH_HANDLER(name);
#define VARIANTS_1(name) Handler name(ir::Kind first);
#define VARIANTS_2(name) Handler name(ir::Kind first, ir::Kind second);
#define VARIANTS_3(name) Handler name(ir::Kind first, ir::Kind second, ir::Kind third);
#define VARIANTS_4(name) Handler name(ir::Kind first, ir::Kind second, ir::Kind third, ir::Kind fourth);
#include "engine/interp/ops/handlers.def"
#undef HANDLER
#undef VARIANTS_1
#undef VARIANTS_2
#undef VARIANTS_3
#undef VARIANTS_4

// For files of handlers: `make` is given the kind as a type, whose ::value is a constant.
template <ir::Kind kKind>
using KindIs = std::integral_constant<ir::Kind, kKind>;
template <class Make>
Handler with_register(ir::Kind kind, Make make) {
  return kind == ir::Kind::Y ? make(KindIs<ir::Kind::Y>{}) : make(KindIs<ir::Kind::X>{});
}
template <class Make>
Handler with_kind(ir::Kind kind, Make make) {
  return kind == ir::Kind::Constant ? make(KindIs<ir::Kind::Constant>{}) : with_register(kind, make);
}

}  // namespace athanor::engine

#define ATH_CHOOSE_REGISTER(name, body) \
  Handler name(ir::Kind first) { return first == ir::Kind::Y ? body<ir::Kind::Y> : body<ir::Kind::X>; }
