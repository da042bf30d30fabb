// SPDX-License-Identifier: Apache-2.0
// Declarations of all handlers, expanded from handlers.def.
#pragma once

#include "engine/interp/interpreter.hpp"

namespace athanor::engine {

#define HANDLER(name) ATH_HANDLER(name);
#define VARIANTS_1(name) Handler name(ir::Kind first);
#define VARIANTS_2(name) Handler name(ir::Kind first, ir::Kind second);
#include "engine/interp/ops/handlers.def"
#undef HANDLER
#undef VARIANTS_1
#undef VARIANTS_2

}  // namespace athanor::engine

// For files of handlers: definitions of the choosers.
#define ATH_CHOOSE_REGISTER(name, body) \
  Handler name(ir::Kind first) { return first == ir::Kind::Y ? body<ir::Kind::Y> : body<ir::Kind::X>; }
