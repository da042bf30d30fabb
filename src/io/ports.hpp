// SPDX-License-Identifier: Apache-2.0
// Ports: all of a machine's ports, its files, environment and signals from the operating system.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <vector>

#include "io/child.hpp"
#include "io/environment.hpp"
#include "io/files.hpp"
#include "io/os_signals.hpp"
#include "io/port.hpp"
#include "io/port_options.hpp"
#include "io/socket/sockets.hpp"

namespace athanor::process { struct Signal; }

namespace athanor::io {

class Ports {
 public:
  static std::unique_ptr<Ports> create(process::Runtime& runtime, uint32_t limit);
  Ports(process::Runtime& runtime, uint32_t limit);
  ~Ports();

  process::Runtime& runtime() const { return runtime_; }
  Files& files() { return files_; }
  Environment& environment() { return environment_; }
  OsSignals& signals() { return signals_; }
  ChildHelper& children() { return children_; }
  socket::Sockets& sockets() { return *sockets_; }

  // The machine is about to run: a program's signals become messages. Once, after Runtime::identity and scheduling are filled in.
  void start();

  // The port of this term (or registered name), null when it has ended.
  std::shared_ptr<Port> find(Term port_or_name) const;
  bool exists(Term port) const { return find(port) != nullptr; }   // erlang:register/2, is_process_alive of ports
  std::vector<Term> all() const;         // ascending
  uint32_t count() const;
  uint32_t limit() const { return limit_; }

  // erlang:open_port/2: the port, linked to its owner; or an error number; kSystemLimit: too many.
  static constexpr int kSystemLimit = -1;
  struct Opened { Term port; int error = 0; };
  Opened open(process::Process& owner, PortOptions&& options, std::unique_ptr<PortDriver> driver);
  // A port that a driver makes for what it accepted, linked to `owner`. Null and an error number; kNoOwner: the owner has ended.
  static constexpr int kNoOwner = -3;
  // Shared: the driver's ports have one lock, which the caller holds.
  enum class Lock : uint8_t { Own, HeldShared };
  std::shared_ptr<Port> create(Term owner, std::string name, std::unique_ptr<PortDriver> driver, int& error, Lock lock = Lock::Own);

  // --- from processes to ports; for process/ (joined in machine/) ---
  // Port ! Message. Where the port is busy a command suspends its sender, as do messages to a busy connection.
  process::SendOutcome send(process::Process& self, Term port, Term message, const process::SendOptions& options);
  // Any other signal: links, monitors, exits. Takes it over; false: no such port.
  bool deliver(Term port, process::Signal* signal);
  // A process has ended: its files are closed. (Its links are told by signals.)
  void process_exited(process::Process& exiting, Term reason);

  // Waits until all output is written (erlang:halt with flush). After the schedulers have stopped working for processes.
  void flush();

  // --- for ports and drivers ---
  void remove(Port& port);     // it has ended; kept until released
  void release(Port& port);    // its driver holds nothing any more; the port may be gone after it
  std::shared_ptr<Port> find_working(uint32_t number) const;   // also one that has ended and whose driver is not done
  // Drivers that are in libraries; joined in machine/. None where it is null.
  std::unique_ptr<PortDriver> (*find_driver)(process::Runtime& runtime, const std::string& name, const PortOptions& options, int& error) = nullptr;
  // Edges of a descriptor go to the port's driver until it is unwatched; a late one may follow.
  void watch(Port& port, int descriptor, uint32_t interest);
  void unwatch(int descriptor);
  // A timer of the port: its driver hears the name it gets here, unless it is cancelled in time.
  uint64_t start_timer(Port& port, int64_t milliseconds);
  void cancel_timer(uint64_t timer);
  int64_t read_timer(uint64_t timer);   // milliseconds left; -1: it has run out

 private:
  void receive(Port& port, process::Signal& signal);   // with the port's lock
  std::shared_ptr<Port> add(Term owner, std::string&& name, std::unique_ptr<PortDriver>&& driver);   // null: too many
  void take_back(Port& port);
  static void on_edge(process::Runtime& runtime, uint64_t key, uint32_t ready);
  void acknowledge_unlink(Term port, const process::Signal& signal);

  process::Runtime& runtime_;
  const uint32_t limit_;
  Environment environment_;
  Files files_;
  OsSignals signals_;
  ChildHelper children_;
  std::shared_ptr<socket::Sockets> sockets_;
  mutable std::shared_mutex mutex_;
  std::map<uint32_t, std::shared_ptr<Port>> table_;
  std::map<uint32_t, std::shared_ptr<Port>> ending_;
  uint32_t next_ = 1;          // OTP: 0 is the port of the helper for child programs
};

// The driver for these options; null and an error number (kBadArgument: none of this name).
constexpr int kBadArgument = -2;
std::unique_ptr<PortDriver> make_driver(Ports& ports, const PortOptions& options, int& error);
// The drivers of ours that programs know by name, in the release's order.
std::span<const std::string_view> linked_in_drivers();
bool is_linked_in_driver(std::string_view name);

}  // namespace athanor::io
