// SPDX-License-Identifier: Apache-2.0
// A machine for fuzz targets: all layers joined as machine/ joins them, but no thread and no code of the release. One process calls what the
// target wants to be called; it is run here, by hand, and what goes wrong in a call is caught.
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "code/code_server.hpp"
#include "process/executor.hpp"
#include "process/process.hpp"

namespace athanor::fuzz {

// How a call ended.
enum class Ended : uint8_t {
  Value,        // answer() is it
  Raised,       // answer() is the reason
  Waits,        // for a message, or for the system
  Unfinished,   // more slices than were granted
  Gone,         // the process has ended
};

struct BenchOptions {
  std::span<const process::NativeRow* const> natives;   // that code may import; what is called directly need not be there
  uint32_t atom_limit = 1 << 18;
  uint32_t process_limit = 1 << 9;
  uint32_t uses = 20000;   // after so many inputs a new machine is due
};

class Bench final : public process::Waker {
 public:
  explicit Bench(const BenchOptions& options);
  ~Bench() override;

  process::Runtime& runtime();
  code::CodeServer& code();
  // The process that calls; a new one where the last has ended. Its terms live until the next call.
  process::Process& process();

  struct Limits {
    uint32_t slices = 200;
    int64_t reductions = 4000;   // a slice
  };
  // Calls a code address with these arguments, terms of the process.
  Ended call(code::CodeAddress entry, const Term* arguments, uint32_t arity, const Limits& limits);
  Term answer() const { return answer_; }
  code::CodeAddress entry_of(const process::NativeRow& row);
  // Gives all other processes that are to run a few slices.
  void run_others(uint32_t slices, int64_t reductions);
  // Ends every process and frees what was theirs: the next input finds the machine as at its beginning, but for atoms and tables of code.
  void clear();
  // Enough was left behind that a new machine is due.
  bool is_worn() const;
  bool has_halted() const { return has_halted_; }

  // --- Waker ---
  void enqueue(process::Process& target) override { queue_.push_back(&target); }
  void enqueue_signals(process::Process& target, process::Priority) override { errands_.push_back(target.pid()); }

 private:
  struct Layers;
  void start_process();
  void slice(process::Process& process, int64_t reductions);   // one that was queued
  void end(process::Process& process);
  void serve();

  std::unique_ptr<Layers> layers_;
  std::unique_ptr<process::Executor> executor_;
  std::deque<process::Process*> queue_;
  std::deque<Term> errands_;
  process::Process* process_ = nullptr;
  Term pid_;                 // of process_; looked up before it is touched
  Term answer_;
  uint32_t cleared_ = 0;
  const uint32_t uses_;
  bool has_halted_ = false;
};

// The machine of a target, a new one where the last is worn.
Bench& bench(const BenchOptions& options);

}  // namespace athanor::fuzz
