// SPDX-License-Identifier: Apache-2.0
// Tracers that are modules of programs: {Module, State}, whose library of NIFs is called. Wherever a tracer is kept it is one word: a
// local pid, a local port, or for these a small integer that names an entry here, so that it can stand on stacks and in atomics.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

#include "heap/fragment.hpp"
#include "term/term.hpp"

namespace athanor::trace {

struct ModuleTracer {
  Term module, state;                    // the state lives in `memory`
  heap::FragmentAllocator memory{0};
  uint64_t hash = 0;
  uint32_t holders = 0;
  bool on_stacks = false;                // return cells hold it uncounted: it stays
};

class ModuleTracers {
 public:
  Term hold(Term module, Term state);    // equal ones are one; a count is the caller's
  void retain(Term tracer);              // pids and ports: nothing
  void release(Term tracer);
  void keep(Term tracer);                // it will stand in return cells
  std::shared_ptr<const ModuleTracer> find(Term tracer) const;   // null: gone

 private:
  ModuleTracer* entry(Term tracer) const;
  mutable std::mutex mutex_;
  std::unordered_map<Word, std::shared_ptr<ModuleTracer>> tracers_;   // by the word
  std::unordered_multimap<uint64_t, Word> by_hash_;
  int64_t next_ = 1;
};

inline bool is_module_tracer(Term tracer) { return tracer.is_small(); }

// A tracer's word with a count of its own.
class TracerHandle {
 public:
  TracerHandle() = default;
  TracerHandle(Term tracer);             // counts
  TracerHandle(const TracerHandle& other) : TracerHandle(other.tracer_) {}
  TracerHandle(TracerHandle&& other) noexcept : tracer_(other.tracer_) { other.tracer_ = Term::none(); }
  TracerHandle& operator=(TracerHandle other) noexcept {
    std::swap(tracer_, other.tracer_);
    return *this;
  }
  ~TracerHandle();
  static TracerHandle adopt(Term counted) {
    TracerHandle handle;
    handle.tracer_ = counted;
    return handle;
  }
  operator Term() const { return tracer_; }
  bool is_none() const { return tracer_.is_none(); }

 private:
  Term tracer_;
};

}  // namespace athanor::trace
