// SPDX-License-Identifier: Apache-2.0
// ForeignPort: a port whose driver is in a library. Turns what the port is asked into calls of the driver's functions.
//
//   New ─start─► Working ─end, nothing queued─► Stopping ─stop function has run─► Stopped
//                   └──end, output queued─► Flushing ─queue is empty, or the driver gives up─┘
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "driver/queue.hpp"
#include "driver/registry.hpp"
#include "io/framing.hpp"
#include "term/atom_table.hpp"

namespace athanor::driver {

class ForeignPort final : public io::PortDriver {
 public:
  // `driver` is counted and referenced for this port (Drivers::take_for_port).
  ForeignPort(Drivers& drivers, Driver& driver, const io::PortOptions& options);
  ~ForeignPort() override;

  // --- for the port ---
  int start(io::Port& port) override;
  void output(io::Port& port, std::string&& bytes) override;
  bool output_data(io::Port& port, Term data, size_t& bytes) override;
  Term shown_output(Allocator& heap, Term data) override;
  Term control_data(io::Port& port, Allocator& heap, uint32_t operation, Term data) override;
  Term call(io::Port& port, Allocator& heap, uint32_t operation, Term data) override;
  void close(io::Port& port) override { close_for(port, atoms::normal); }
  void close_for(io::Port& port, Term reason) override;
  bool is_flushing() const override { return state() == State::Flushing; }
  size_t queued_bytes() const override;
  bool soft_busy() const override { return driver_.has(ERL_DRV_FLAG_SOFT_BUSY); }
  int64_t os_pid() const override { return os_pid_; }
  std::shared_ptr<std::mutex> shared_lock() const override { return driver_.lock; }
  uint32_t take_consumed_percent() override { return std::exchange(consumed_percent_, 0); }
  bool acknowledges_start() const override { return driver_.has(ERL_DRV_FLAG_USE_INIT_ACK); }
  void acknowledge_to(Term owner, const uint64_t reference[3]) override;
  std::vector<Term> watched() const override;
  void process_down(io::Port& port, const uint64_t reference[3]) override;
  void timer_expired(io::Port& port, uint64_t timer) override;
  void flush() override;

  // --- for the interface; with the port's lock ---
  Drivers& drivers() { return drivers_; }
  Driver& driver() { return driver_; }
  io::Port& port() { return *port_; }
  ErlDrvPort handle() const { return handle_; }
  ErlDrvData data() const { return data_; }
  void adopt(io::Port& port, ErlDrvData data);      // made by driver_create_port: it works from now on
  bool is_there() const { return state() != State::Stopped; }
  // OTP: what it has to say once it flushes is dropped.
  bool takes_output() const { return is_there() && !has_flushed_.load(std::memory_order_acquire); }
  void callback_ended();                            // stops what has flushed
  enum class Failure : uint8_t { Reason, EndOfInput };
  int fail(Term reason, Failure failure);
  void acknowledge_start(ErlDrvData result, int error);
  Pdl* make_pdl();
  Pdl* retain_pdl();                                // with a count for the caller; null: there is none
  bool has_pdl() const { return pdl_.load(std::memory_order_acquire) != nullptr; }
  Queue& queue() { return queue_; }
  uint32_t consume(uint32_t percent) { return consumed_percent_ += percent; }
  void set_timer(unsigned long milliseconds);
  void cancel_timer();
  unsigned long read_timer() const;
  void set_os_pid(int64_t pid) { os_pid_ = pid; }
  int control_flags = 0;
  bool is_line_oriented() const { return lines_.has_value(); }
  io::Framing* lines() { return lines_ ? &*lines_ : nullptr; }
  size_t low_queue_limit = 4096, high_queue_limit = 8192;   // of requests, which never wait here
  bool has_queue_limits = true;

  // Descriptors and asynchronous jobs.
  void ready(int descriptor, bool to_read);
  void ready_async(ErlDrvThreadData data);
  bool wants_async() const { return is_there() && driver_.entry.ready_async; }

  // Processes that the driver watches.
  int monitor(Term pid, ErlDrvMonitor* into);
  bool demonitor(const ErlDrvMonitor& monitor);
  Term monitored(const ErlDrvMonitor& monitor) const;

 private:
  enum class State : uint8_t { New, Working, Flushing, Stopping, Stopped };
  State state() const { return state_.load(std::memory_order_acquire); }
  void set(State state) { state_.store(state, std::memory_order_release); }
  void let_go();                                    // of what it holds, when it will be called no more
  void stop();
  void acknowledge(Term answer);
  void end_monitors();
  void drop_queue();

  Drivers& drivers_;
  Driver& driver_;
  io::Port* port_ = nullptr;
  ErlDrvPort handle_ = nullptr;
  ErlDrvData data_ = nullptr;
  std::atomic<State> state_{State::New};
  std::atomic<bool> has_flushed_{false};
  std::string command_;
  std::optional<io::Framing> lines_;
  Queue queue_;
  std::atomic<Pdl*> pdl_{nullptr};
  uint64_t timer_ = 0;
  uint32_t consumed_percent_ = 0;                   // erl_drv_consume_timeslice, since the last request
  int64_t os_pid_ = -1;
  std::map<std::pair<uint64_t, uint64_t>, Term> monitors_;
  Term acknowledge_to_;                             // none(): nobody waits for the start
  uint64_t acknowledge_reference_[3] = {};
  bool is_counted_ = true;                          // among the driver's ports
};

// Ports::find_driver: a port of the driver of this name. Null and error 0: there is none.
std::unique_ptr<io::PortDriver> make_port(process::Runtime& runtime, const std::string& name, const io::PortOptions& options, int& error);
Term name_atom(std::string_view latin1);            // the atom with this text; none(): too long

}  // namespace athanor::driver
