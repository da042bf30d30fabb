// SPDX-License-Identifier: Apache-2.0
// What a breakpoint is for: local or global call trace, meta trace, counting, timing, the debugger, the last calls of a process.
#pragma once

#include <map>
#include <mutex>

#include "code/breakpoint.hpp"
#include "trace/module_tracers.hpp"
#include "trace/spec.hpp"

namespace athanor::trace {

enum PointKind : uint32_t { kLocal = 1, kGlobal = 2, kMeta = 4, kCount = 8, kTime = 16, kDebug = 32, kSaves = 64 };

// Replaced as a whole under Trace's lock; who reads it is inside an epoch.
struct PointData {
  uint32_t kinds = 0;
  bool counts = false, times = false;     // active: not paused
  Spec* calls = nullptr;                  // of kLocal, kGlobal; null: no match spec. Each holds one count
  Spec* meta = nullptr;
  TracerHandle meta_tracer;
  PointData() = default;
  PointData(const PointData& other) { *this = other; }
  PointData& operator=(const PointData& other);
  ~PointData();
};

struct CallTime { uint64_t calls = 0; int64_t ns = 0; };

struct Point final : code::Breakpoint {
  ~Point() override;
  const PointData* data() const { return current.load(std::memory_order_acquire); }
  void set(process::Runtime& runtime, const PointData& next);   // under Trace's lock
  void add_time(Term pid, uint64_t calls, int64_t ns);

  std::atomic<const PointData*> current{new PointData};
  std::atomic<uint64_t> count{0};
  uint64_t id = 0;                        // names it in return cells, where it may be gone by then
  std::mutex times_mutex;
  std::map<Word, CallTime> times_of;      // by pid
};

}  // namespace athanor::trace
