// SPDX-License-Identifier: Apache-2.0
#include "bif/max_heap.hpp"

#include "bif/system.hpp"
#include "process/runtime.hpp"
#include "term/atom_table.hpp"
#include "term/integer.hpp"
#include "term/map.hpp"

namespace athanor::bif {

namespace {

bool read_switch(Term map, Term key, bool& out) {
  Term given = map::get(map, key);
  if (given.is_none()) return true;
  out = given == atoms::true_;
  return out || given == atoms::false_;
}

}  // namespace

bool read_max_heap(process::Runtime& runtime, Term value, process::MaxHeap& limit) {
  process::MaxHeap read = limit;
  Term size = value;
  if (is_map(value)) {
    size = map::get(value, atoms::size);
    if (!read_switch(value, atoms::kill, read.kill) || !read_switch(value, atoms::error_logger, read.error_logger)) return false;
  }
  if (size.is_none() || !size.is_small() || size.small_value() < 0) return false;
  read.words = static_cast<uint64_t>(size.small_value());
  if (read.words != 0 && read.words < default_min_heap_words(runtime)) return false;
  limit = read;
  return true;
}

Term max_heap_map(Allocator& heap, const process::MaxHeap& limit) {
  Term pairs[] = {atoms::size, Term::small(static_cast<int64_t>(limit.words)), atoms::kill, boolean(limit.kill), atoms::error_logger,
                        boolean(limit.error_logger)};
  return map::from_pairs(heap, pairs, 3);
}

process::MaxHeap max_heap_of(process::Process& process) {
  const process::Extra* extra = process.extra_if_any();
  return extra ? extra->max_heap : process::MaxHeap{};
}

}  // namespace athanor::bif
