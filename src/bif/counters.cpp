// SPDX-License-Identifier: Apache-2.0
// Counters with write_concurrency: a word for each scheduler thread, on cache lines of its own; reading adds them up.
#include <atomic>

#include "bif/bif.hpp"
#include "bif/magic.hpp"
#include "bif/zeroed_array.hpp"
#include "sched/scheduling.hpp"
#include "term/map.hpp"
#define ATH_FAMILY "bif/counters.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

struct alignas(64) Line {
  std::atomic<int64_t> words[8] = {};
};

//   line:  | counters 1..8 of thread 0 | of thread 1 | … | counters 9..16 of thread 0 | …
struct Counters final : MagicObject {
  ZeroedArray<Line> lines;
  uint64_t count = 0;
  uint64_t threads = 0;
  std::atomic<int64_t>& word(uint64_t index, uint64_t thread) { return lines[index / 8 * threads + thread].words[index % 8]; }
};

Counters* counter_at(Term reference, Term position, uint64_t& index) {
  auto* counters = magic_as<Counters>(reference);
  if (!counters || !athanor::integer::to_uint64(position, index) || index < 1 || index > counters->count) return nullptr;
  --index;
  return counters;
}

}  // namespace

namespace erts_internal {

BifResult counters_new_1(Process& self, const Term* args) {
  uint64_t count = 0;
  if (!is_integer(args[0]) || athanor::integer::is_negative(args[0])) return self.badarg();
  bool fits = athanor::integer::to_uint64(args[0], count);
  if (fits && count == 0) return self.badarg();
  if (!fits || count > (uint64_t{1} << 32)) return self.system_limit();
  uint64_t threads = self.runtime().scheduling->scheduler_count() + 1;
  auto* counters = new Counters;
  if (!counters->lines.create((count + 7) / 8 * threads)) {
    counters->release();
    return self.system_limit();
  }
  counters->count = count;
  counters->threads = threads;
  Term reference = make_magic_reference(self, counters);
  counters->release();
  return reference;
}

BifResult counters_get_2(Process& self, const Term* args) {
  uint64_t index, sum = 0;
  Counters* counters = counter_at(args[0], args[1], index);
  if (!counters) return self.badarg();
  for (uint64_t t = 0; t < counters->threads; ++t) sum += static_cast<uint64_t>(counters->word(index, t).load(std::memory_order_relaxed));
  return athanor::integer::from_int64(self.heap(), static_cast<int64_t>(sum));
}

BifResult counters_add_3(Process& self, const Term* args) {
  uint64_t index, unsigned_value;
  int64_t value;
  Counters* counters = counter_at(args[0], args[1], index);
  if (!counters) return self.badarg();
  if (!athanor::integer::to_int64(args[2], value)) {
    if (!athanor::integer::to_uint64(args[2], unsigned_value)) return self.badarg();
    value = static_cast<int64_t>(unsigned_value);
  }
  uint64_t thread = self.runtime().scheduling->current_scheduler_id();   // 0: no scheduler's thread, shared
  counters->word(index, thread < counters->threads ? thread : 0).fetch_add(value, std::memory_order_relaxed);
  return atoms::ok;
}

BifResult counters_put_3(Process& self, const Term* args) {
  uint64_t index, others = 0;
  int64_t value;
  Counters* counters = counter_at(args[0], args[1], index);
  if (!counters || !athanor::integer::to_int64(args[2], value)) return self.badarg();
  for (uint64_t t = 1; t < counters->threads; ++t) others += static_cast<uint64_t>(counters->word(index, t).load(std::memory_order_relaxed));
  counters->word(index, 0).store(static_cast<int64_t>(static_cast<uint64_t>(value) - others), std::memory_order_relaxed);
  return atoms::ok;
}

BifResult counters_info_1(Process& self, const Term* args) {
  auto* counters = magic_as<Counters>(args[0]);
  if (!counters) return self.badarg();
  Allocator& heap = self.heap();
  uint64_t bytes = 32 + (counters->count + 7) / 8 * counters->threads * sizeof(Line);
  Term pairs[4] = {atoms::memory, athanor::integer::from_uint64(heap, bytes), atoms::size,
                   athanor::integer::from_uint64(heap, counters->count)};
  return map::from_pairs(heap, pairs, 2);
}

}  // namespace erts_internal
}  // namespace athanor::bif
