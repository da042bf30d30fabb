// SPDX-License-Identifier: Apache-2.0
// Signals of the operating system as messages to erl_signal_server: {notify, sigterm}. Only for programs
// (Identity::handle_signals); a library leaves the host's handlers alone.
#pragma once

#include <atomic>
#include <deque>

#include "os/threads.hpp"
#include "process/runtime.hpp"

namespace athanor::io {

class OsSignals final : private process::BreakKeys {
 public:
  explicit OsSignals(process::Runtime& runtime) : runtime_(runtime) {}
  ~OsSignals();
  // Installs what a program has from the start: SIGTERM, SIGUSR1, SIGHUP … as the stock VM. Once, when the machine runs.
  void start();
  enum class Action : uint8_t { Ignore, Default, Handle };
  // os:set_signal/2. False: not a signal that may be set.
  bool set(Term name, Action action);

 private:
  void run();   // own thread: takes numbers from the pipe that the handler writes to
  unsigned char next_number();
  int next_key() override;
  process::Runtime& runtime_;
  os::Thread thread_;
  int pipe_[2] = {-1, -1};
  std::deque<unsigned char> put_off_;   // came while the break menu was shown; of the own thread
  std::atomic<bool> running_{false};
};

}  // namespace athanor::io
