// SPDX-License-Identifier: Apache-2.0
// Ports on child programs: {spawn, Command} through the shell, {spawn_executable, File} directly.
#pragma once

#include "io/child.hpp"
#include "io/stream_driver.hpp"

namespace athanor::io {

class SpawnDriver : public StreamDriver {
 public:
  SpawnDriver(Ports& ports, const PortOptions& options);
  ~SpawnDriver() override;
  int start(Port& port) override;
  int64_t os_pid() const override { return child_.pid; }

 protected:
  void input_ended(Port& port, int error) override;
  void descriptors_closed(Port& port) override;

 private:
  int start_program(Port& port, ChildRequest& request);
  static void fail_instead(ChildRequest& request, int error, std::string complaint);
  void report(Port& port);            // input is at its end and the status, if asked for, is known
  static void on_exit(void* argument, uint32_t ready);
  static void retire_child(void* argument);

  PortOptions options_;
  Port* port_ = nullptr;
  Child child_;
  bool child_gone_ = false;           // reaped and its descriptor given back
  bool input_done_ = false, descriptors_gone_ = false;
  int status_ = -1;                   // once it has ended
};

}  // namespace athanor::io
