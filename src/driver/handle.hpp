// SPDX-License-Identifier: Apache-2.0
// Inside a function of a driver's, and from there back to the machine.
//
// Most functions of the interface are called from inside a callback, with the lock of the port they are about. A handle of another port
// is looked up; a thread of the driver's own, in no callback, takes the port's lock for the length of the call.
#pragma once

#include <optional>

#include "driver/foreign_port.hpp"
#include "nif/env.hpp"

namespace athanor::driver {

// A function of the port's driver runs on this thread, with the port's lock. At the end of the outermost one a port whose output has
// all gone out is stopped.
class Callback {
 public:
  explicit Callback(ForeignPort& port);
  ~Callback();
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  static Callback* current();
  static bool is_inside(io::Port& port);            // this thread runs a function of its driver for it
  ForeignPort& port;
  Callback* const outer;
  std::vector<std::shared_ptr<io::Port>> created;   // by driver_create_port, with locks of their own, which are held until the end
};

// Tells the logger that a driver does what it must not.
void complain(process::Runtime& runtime, const char* function, const char* what);

class Handle {
 public:
  enum class Needs : uint8_t { PortLock, QueueLock };
  Handle(ErlDrvPort raw, const char* function, const void* caller, Needs needs = Needs::PortLock);
  ~Handle();
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  explicit operator bool() const { return foreign_ != nullptr; }   // false: no such port, any more or ever
  ForeignPort* operator->() const { return foreign_; }

 private:
  void find_elsewhere(ErlDrvPort raw, const char* function, const void* caller, Needs needs);
  ForeignPort* foreign_ = nullptr;
  std::optional<nif::Entry> entry_;
  std::optional<nif::Inside> inside_;
  std::shared_ptr<io::Port> held_;
  std::unique_lock<std::mutex> lock_;
};
#define ATH_DRIVER_CALL __func__, __builtin_return_address(0)

}  // namespace athanor::driver
