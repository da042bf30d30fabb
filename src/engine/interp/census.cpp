// SPDX-License-Identifier: Apache-2.0
// The handlers as erts_debug tells of them.
#include <algorithm>
#include <set>

#include "engine/engine.hpp"
#include "engine/interp/ops/each_handler.hpp"

namespace athanor::engine {

std::vector<std::string> instruction_names() {
  std::set<std::string> names;
  each_handler([&](Handler, ir::Op, std::string_view name, std::initializer_list<ir::Kind> kinds) {
    std::string text(name.substr(3));
    if (kinds.size() != 0) text += '_';
    for (ir::Kind kind : kinds) text += kind == ir::Kind::X ? 'x' : kind == ir::Kind::Y ? 'y' : 'c';
    names.insert(std::move(text));
  });
  return {names.begin(), names.end()};
}

size_t interpreter_bytes() {
  uintptr_t first = UINTPTR_MAX, last = 0;
  each_handler([&](Handler handler, ir::Op, std::string_view, std::initializer_list<ir::Kind>) {
    const auto address = reinterpret_cast<uintptr_t>(handler);
    first = std::min(first, address);
    last = std::max(last, address);
  });
  return last - first;
}

}  // namespace athanor::engine
