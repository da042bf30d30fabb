// SPDX-License-Identifier: Apache-2.0
// What drivers on descriptors share: reading when there is something, framing, a queue of output that never makes a scheduler
// wait, and giving descriptors back only when no callback for them can run any more.
#pragma once

#include <functional>

#include "io/byte_queue.hpp"
#include "io/ports.hpp"

namespace athanor::io {

class StreamDriver : public PortDriver {
 public:
  StreamDriver(Ports& ports, const PortOptions& options);
  ~StreamDriver() override;

  void output(Port& port, std::string&& bytes) override;
  void close(Port& port) override;
  size_t queued_bytes() const override { return queue_.size(); }
  void flush() override;

 protected:
  enum class Closing : uint8_t { Discard, WriteFirst };   // what becomes of queued output when the port ends
  void begin(Port& port) { port_ = &port; }
  // From here on the driver owns the descriptor.
  void begin_input(int descriptor);
  void begin_output(int descriptor);
  // Bytes as read; frames and sends them.
  virtual void received(Port& port, std::string_view bytes);
  // No more input: error 0 is its end.
  virtual void input_ended(Port& port, int error);
  // Descriptors are closed; release the port when nothing else is held.
  virtual void descriptors_closed(Port& port) { ports_.release(port); }
  void finish_framing(Port& port);
  void stop_input();             // no more reading; the descriptor goes at the end
  void write_queue(Port& port);

  Ports& ports_;
  Framing framing_;
  Closing closing_kind_ = Closing::Discard;
  int in_ = -1, out_ = -1;       // -1: no such side

 private:
  enum class OutputMode : uint8_t { NonBlocking, Direct, Socket, Careful };
  ssize_t write_some();          // as much as goes without waiting; -1 and errno
  void arm_input();
  void arm_output();
  void read_available(Port& port);
  void close_descriptors(Port& port);
  static void on_readable(void* argument, uint32_t ready);
  static void on_writable(void* argument, uint32_t ready);
  static void read_in_background(void* argument);
  static void retire(void* argument);

  Port* port_ = nullptr;
  ByteQueue queue_;
  const uint64_t low_watermark_, high_watermark_;
  OutputMode output_mode_ = OutputMode::NonBlocking;
  bool in_pollable_ = true, in_active_ = false;
  bool polled_in_ = false, polled_out_ = false, out_armed_ = false;
  bool closing_ = false, retired_ = false;
};

// Files and some devices are always ready; the poller knows nothing of them.
bool can_poll(int descriptor);

}  // namespace athanor::io
