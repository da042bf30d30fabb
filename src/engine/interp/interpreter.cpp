// SPDX-License-Identifier: Apache-2.0
// Slices: entering a process, leaving it, collecting at safepoints, dirty jobs.
#include "engine/interp/interpreter.hpp"

#include <cstdlib>
#include <cstring>

#include "engine/engine.hpp"
#include "engine/interp/bound_native.hpp"
#include "engine/interp/cells.hpp"
#include "engine/interp/exceptions.hpp"
#include "heap/collector/stress.hpp"
#include "process/collect.hpp"
#include "process/spawn.hpp"
#include "process/state.hpp"

namespace athanor::engine {

using process::Outcome;
using process::Process;

namespace {

void reserve_saved(Process& self, size_t count) {
  if (count <= self.saved_capacity_) return;
  auto* larger = static_cast<Term*>(std::malloc(count * sizeof(Term)));
  ATH_ASSERT(larger != nullptr);
  if (self.saved_ != self.saved_inline_) std::free(self.saved_);
  self.saved_ = larger;
  self.saved_capacity_ = static_cast<uint16_t>(count);
}

}  // namespace

void save_registers(Interpreter& vm, const Word* ip, uint32_t live) {
  Process& self = *vm.self;
  reserve_saved(self, live);
  std::memcpy(static_cast<void*>(self.saved_), vm.x, live * sizeof(Term));
  self.live_ = static_cast<uint16_t>(live);
  self.ip_ = ip;
}

void yield_at(Interpreter& vm, const Word* ip, uint32_t live) {
  save_registers(vm, ip, live);
  vm.outcome = Outcome::Yielded;
  // Where it fails the process is marked as exiting; its next slice ends it.
  if (wants_collection(vm)) (void)process::collect_garbage(*vm.self, 0);
}

bool wants_collection(Interpreter& vm) {
  Process& self = *vm.self;
  const heap::Heap& heap = self.heap();
  return heap::stress_collects(vm.stress_draw, heap, heap.top(), heap.stack_top()) || heap.fragment_words_ > heap.free_words() || heap.off_heap_bytes() > heap.binary_limit_ ||
         self.collect_wanted_ != process::CollectWanted::No;
}

bool collect(Interpreter& vm, size_t words, uint32_t live, Term* extra) {
  Process& self = *vm.self;
  vm.build = {};
  reserve_saved(self, live + 1);
  std::memcpy(static_cast<void*>(self.saved_), vm.x, live * sizeof(Term));
  if (extra) self.saved_[live] = *extra;
  self.live_ = static_cast<uint16_t>(live + (extra ? 1 : 0));
  bool alive = process::collect_garbage(self, words, self.collect_wanted_ == process::CollectWanted::Full);
  std::memcpy(static_cast<void*>(vm.x), self.saved_, live * sizeof(Term));
  if (extra) *extra = self.saved_[live];
  self.live_ = 0;
  return alive;
}

bool ensure_room(Interpreter& vm, size_t words, uint32_t live, Term* extra) {
  if (has_room(vm.self->heap().top(), vm.self->heap().stack_top(), words) && !wants_collection(vm)) return true;
  return collect(vm, words, live, extra);
}

const Word* exit_cell() { return kExiting.address(); }

const Word* exit_with(Interpreter& vm, Term reason) {
  vm.exit_reason = reason;
  return exit_cell();
}

Outcome Interpreter::run(Process& process) {
  self = &process;
  exit_reason = Term::none();
  build = {};
  if (process::is_exiting(process)) return process::exit_process(process, Term::none()) ? Outcome::Exited : Outcome::Yielded;
  std::memcpy(static_cast<void*>(x), process.saved_, process.live_ * sizeof(Term));
  if (!process.dirty_done_) process.live_ = 0;
  const Word* ip = process.ip_;
  outcome = Outcome::Yielded;
  (*reinterpret_cast<const Handler*>(ip))(ip, x, process.heap().top(), process.heap().stack_top(), process.reductions_left_, this);
  self = nullptr;
  return outcome;
}

// On a dirty thread: this object's registers are another thread's; only the process is touched.
void Interpreter::run_dirty(Process& process) {
  if (process::is_exiting(process)) return;   // nobody wants the answer, and the native's library may be gone
  const auto& row = *static_cast<const process::NativeRow*>(process.dirty_job_);
  const bool is_kept = !row.function && static_cast<const BoundRow&>(row).is_kept_by_last_argument;
  const uint8_t arity = row.arity;
  process.pending_ = process::Pending::None;
  process::BifResult result = call_native(row, process, process.saved_);
  if (result.has_value()) {
    if (is_kept) process.saved_[1] = process.saved_[arity - 1];
    process.saved_[0] = result.value;
    process.live_ = is_kept ? 2 : 1;
  }
  process.dirty_done_ = true;
}

void Interpreter::prepare_call(Process& process, Term module, Term function, Term args_list) {
  Term* stack_top = process.heap().stack_top();
  *--stack_top = Term{reinterpret_cast<Word>(kNormalExit.address())};
  process.heap().set_stack_top(stack_top);
  process.saved_[0] = module;
  process.saved_[1] = function;
  process.saved_[2] = args_list;
  process.live_ = 3;
  process.ip_ = kApplyList.address();
}

process::Executor* make_executor(process::Runtime& runtime) { return new Interpreter(runtime); }

}  // namespace athanor::engine
