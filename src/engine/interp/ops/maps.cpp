// SPDX-License-Identifier: Apache-2.0
// Maps: building from pairs, reading several keys at once.
#include "term/map.hpp"

#include "engine/interp/cells.hpp"
#include "engine/interp/exceptions.hpp"
#include "engine/interp/ops/handlers.hpp"
#include "term/atom_table.hpp"

namespace athanor::engine {

namespace {

// The new map, and room for what follows; an address to go on at instead of the next instruction, or null.
const Word* put_map(Interpreter& vm, const Word* ip, bool exact) {
  const auto& in = ir::at<ir::PutMap>(ip);
  process::Process& self = *vm.self;
  Term* stack_top = self.heap().stack_top();
  Term map = ir::load(in.map, vm.x, stack_top);
  const Word* pairs = ir::tail<ir::PutMap>(ip);
  const Word* next = pairs + 2 * in.count;
  if (!is_map(map)) return in.fail ? ip + in.fail : raise_tagged(vm, in.site, atoms::badmap, map);
  if (!exact && map_size(map) == 0 && in.count <= 64) {   // a map made at once
    Term copies[128];
    for (uint32_t i = 0; i < 2 * in.count; ++i) copies[i] = ir::load(pairs[i], vm.x, stack_top);
    map = map::from_pairs(self.heap(), copies, in.count);
  } else {
    for (uint32_t i = 0; i < in.count; ++i) {
      Term key = ir::load(pairs[2 * i], vm.x, stack_top), value = ir::load(pairs[2 * i + 1], vm.x, stack_top);
      Term changed = exact ? map::update(self.heap(), map, key, value) : map::put(self.heap(), map, key, value);
      if (changed.is_none()) return in.fail ? ip + in.fail : raise_tagged(vm, in.site, atoms::badkey, key);
      map = changed;
    }
  }
  if (wants_collection(vm)) {
    if (!collect(vm, 0, in.live, &map)) return exit_cell();
    stack_top = self.heap().stack_top();
  }
  ir::place(in.destination, vm.x, stack_top) = map;
  return next;
}

}  // namespace

ATH_HANDLER(op_put_map_assoc) { ATH_LEAVE(put_map(*vm, ip, false)); }
ATH_HANDLER(op_put_map_exact) { ATH_LEAVE(put_map(*vm, ip, true)); }

// Rows: key, destination. A destination may be the source: it is read first.
ATH_HANDLER(op_get_map_elements) {
  const auto& in = ir::at<ir::GetMapElements>(ip);
  Term map = ir::place(in.source, x, stack_top);
  const Word* row = ir::tail<ir::GetMapElements>(ip);
  if (ATH_UNLIKELY(!is_map(map))) ATH_FAIL(in.fail);
  for (uint32_t i = 0; i < in.count; ++i, row += 2) {
    Term value = map::get(map, ir::load(row[0], x, stack_top));
    if (value.is_none()) ATH_FAIL(in.fail);
    ir::place(static_cast<ir::Register>(row[1]), x, stack_top) = value;
  }
  ATH_GO(row);
}
// One key that is an atom, in a small map: a walk over the keys.
ATH_HANDLER(op_get_map_element_atom) {
  const auto& in = ir::at<ir::GetMapElements>(ip);
  Term map = ir::place(in.source, x, stack_top);
  const Word* row = ir::tail<ir::GetMapElements>(ip);
  if (ATH_LIKELY(is_flat_map(map))) {
    const Term* keys = tuple_elements(map.pointer()[2]);
    size_t count = map_size(map);
    for (size_t i = 0; i < count; ++i) {
      if (keys[i].raw != row[0]) continue;
      ir::place(static_cast<ir::Register>(row[1]), x, stack_top) = map.pointer()[3 + i];
      ATH_GO(row + 2);
    }
    ATH_FAIL(in.fail);
  }
  [[clang::musttail]] return op_get_map_elements(ATH_ARGUMENTS);
}
ATH_HANDLER(op_has_map_fields) {
  const auto& in = ir::at<ir::GetMapElements>(ip);
  Term map = ir::place(in.source, x, stack_top);
  const Word* key = ir::tail<ir::GetMapElements>(ip);
  if (ATH_UNLIKELY(!is_map(map))) ATH_FAIL(in.fail);
  for (uint32_t i = 0; i < in.count; ++i, ++key) {
    if (map::get(map, ir::load(*key, x, stack_top)).is_none()) ATH_FAIL(in.fail);
  }
  ATH_GO(key);
}

}  // namespace athanor::engine
