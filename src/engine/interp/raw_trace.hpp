// SPDX-License-Identifier: Apache-2.0
// Gathering the frames of a stack and keeping them as a raw trace (see exceptions.hpp).
#pragma once

#include "engine/frame.hpp"
#include "process/process.hpp"

namespace athanor::engine {

constexpr uint32_t kMaxDepth = 64;   // OTP: system_flag(backtrace_depth) goes no further

struct TraceFrame {
  Mfa mfa;
  uint32_t line_item = 0;
  uint64_t generation = 0;   // 0: no place is known
};

class Frames {
 public:
  explicit Frames(uint32_t limit) : limit_(limit < kMaxDepth ? limit : kMaxDepth) {}
  void add(const TraceFrame& frame) { if (count_ < limit_) items_[count_++] = frame; }
  void add_mfa(Mfa mfa) { add(TraceFrame{mfa}); }
  void add_site(const CallSite* site) {
    if (site) add_place(site, site->line_item);
  }
  // Where a built-in failed.
  void add_failed(const CallSite* site) {
    if (site) add_place(site, site->line_behind != 0 ? site->line_behind : site->line_item);
  }
  // The first return address is of a built-in called as a function.
  void expect_return_of_native() { is_return_of_native_ = true; }
  // Every return address, but not the same one twice in a row; `previous`: the one seen before these.
  void scan(const Term* from, const Term* end, const Word* previous = nullptr);
  uint32_t count() const { return count_; }
  const TraceFrame& operator[](uint32_t i) const { return items_[i]; }

 private:
  void add_place(const CallSite* site, uint32_t line_item);
  TraceFrame items_[kMaxDepth];
  uint32_t count_ = 0, limit_;
  bool is_return_of_native_ = false;
};

enum RawTraceFlag : int64_t { kTraceGiven = 1, kFirstItemGiven = 2, kFunctionClause = 4 };
Term make_raw_trace(Allocator& to, int64_t flags, process::Class klass, Term arguments, Term error_info, const Frames* frames);
// The trace as erlang:raise/3 passes it on. OTP: a function without a matching clause has no place in it any more.
Term passed_on(Allocator& to, Term raw);
Term class_atom(process::Class klass);
Term with_class(Allocator& to, Term raw, process::Class klass);   // the same trace under another class

inline bool is_address(Term t) { return t.is_header_or_address() && t.raw != 0; }

}  // namespace athanor::engine
