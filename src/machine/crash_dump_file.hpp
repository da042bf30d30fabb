// SPDX-License-Identifier: Apache-2.0
// The file of a crash dump, with its limits: ERL_CRASH_DUMP_BYTES and ERL_CRASH_DUMP_SECONDS.
#pragma once

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "base/clock.hpp"

namespace athanor::machine {

class DumpFile {
 public:
  DumpFile(FILE* file, uint64_t most_bytes, base::Clock& clock, int64_t deadline_ns) : file_(file), left_(most_bytes), clock_(clock), deadline_ns_(deadline_ns) {}
  ~DumpFile() { std::fclose(file_); }
  DumpFile(const DumpFile&) = delete;
  DumpFile& operator=(const DumpFile&) = delete;
  bool is_full() const { return is_full_; }
  // Asked before each part, and within those that may be long.
  bool goes_on() const { return !is_full_ && clock_.monotonic_ns() < deadline_ns_; }
  // What would go beyond the limit is left out, and said to be.
  void write(std::string_view text) {
    if (is_full_) return;
    const size_t count = std::min<uint64_t>(text.size(), left_);
    std::fwrite(text.data(), 1, count, file_);
    left_ -= count;
    if (count == text.size()) return;
    is_full_ = true;
    std::fputs("\n=abort:CRASH DUMP SIZE LIMIT REACHED\n", file_);
  }

 private:
  FILE* const file_;
  uint64_t left_;
  base::Clock& clock_;
  const int64_t deadline_ns_;
  bool is_full_ = false;
};

}  // namespace athanor::machine
