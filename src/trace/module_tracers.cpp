// SPDX-License-Identifier: Apache-2.0
#include "trace/module_tracers.hpp"

#include "heap/copy.hpp"
#include "process/runtime.hpp"
#include "term/compare.hpp"
#include "term/hash.hpp"
#include "trace/trace.hpp"

namespace athanor::trace {

Term ModuleTracers::hold(Term module, Term state) {
  const uint64_t hash = internal_hash(state) ^ module.raw;
  std::lock_guard lock(mutex_);
  for (auto [at, end] = by_hash_.equal_range(hash); at != end; ++at) {
    ModuleTracer& known = *tracers_.at(at->second);
    if (known.module != module || !equal_exact(known.state, state)) continue;
    ++known.holders;
    return Term(at->second);
  }
  auto made = std::make_shared<ModuleTracer>();
  made->module = module;
  made->state = heap::copy(state, made->memory, nullptr);
  made->hash = hash;
  made->holders = 1;
  const Term word = Term::small(next_++);
  by_hash_.emplace(hash, word.raw);
  tracers_.emplace(word.raw, std::move(made));
  return word;
}

ModuleTracer* ModuleTracers::entry(Term tracer) const {
  auto found = tracers_.find(tracer.raw);
  return found == tracers_.end() ? nullptr : found->second.get();
}

void ModuleTracers::retain(Term tracer) {
  if (!is_module_tracer(tracer)) return;
  std::lock_guard lock(mutex_);
  if (ModuleTracer* known = entry(tracer)) ++known->holders;
}

void ModuleTracers::keep(Term tracer) {
  if (!is_module_tracer(tracer)) return;
  std::lock_guard lock(mutex_);
  if (ModuleTracer* known = entry(tracer)) known->on_stacks = true;
}

void ModuleTracers::release(Term tracer) {
  if (!is_module_tracer(tracer)) return;
  std::shared_ptr<ModuleTracer> last;    // freed without the lock: its state may hold what has a destructor
  std::lock_guard lock(mutex_);
  ModuleTracer* known = entry(tracer);
  if (!known || --known->holders > 0 || known->on_stacks) return;
  for (auto [at, end] = by_hash_.equal_range(known->hash); at != end; ++at) {
    if (at->second != tracer.raw) continue;
    by_hash_.erase(at);
    break;
  }
  auto found = tracers_.find(tracer.raw);
  last = std::move(found->second);
  tracers_.erase(found);
}

std::shared_ptr<const ModuleTracer> ModuleTracers::find(Term tracer) const {
  std::lock_guard lock(mutex_);
  auto found = tracers_.find(tracer.raw);
  return found == tracers_.end() ? nullptr : found->second;
}

TracerHandle::TracerHandle(Term tracer) : tracer_(tracer) {
  if (is_module_tracer(tracer)) trace_of(*process::current_runtime).modules.retain(tracer);
}

TracerHandle::~TracerHandle() {
  if (!is_module_tracer(tracer_)) return;
  if (auto* runtime = process::current_runtime; runtime && runtime->tracing) trace_of(*runtime).modules.release(tracer_);
}

}  // namespace athanor::trace
