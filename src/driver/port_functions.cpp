// SPDX-License-Identifier: Apache-2.0
// What a driver asks of its port: timers, its end, busyness, owner and caller, new ports.
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "bif/bif.hpp"
#include "driver/handle.hpp"
#include "io/posix_error.hpp"

using namespace athanor;
using namespace athanor::driver;

// --- timers ---

int driver_set_timer(ErlDrvPort raw, unsigned long milliseconds) {
  Handle port(raw, ATH_DRIVER_CALL);
  if (!port) return -1;
  port->set_timer(milliseconds);
  return 0;
}
int driver_cancel_timer(ErlDrvPort raw) {
  Handle port(raw, ATH_DRIVER_CALL);
  if (!port) return -1;
  port->cancel_timer();
  return 0;
}
int driver_read_timer(ErlDrvPort raw, unsigned long* left) {
  Handle port(raw, ATH_DRIVER_CALL);
  if (!port) return -1;
  *left = port->read_timer();
  return 0;
}

// --- the end ---

int driver_failure_eof(ErlDrvPort raw) {
  Handle port(raw, ATH_DRIVER_CALL);
  return port ? port->fail(Term::nil(), ForeignPort::Failure::EndOfInput) : -1;
}
int driver_failure_atom(ErlDrvPort raw, char* text) {
  Handle port(raw, ATH_DRIVER_CALL);
  return port ? port->fail(name_atom(text), ForeignPort::Failure::Reason) : -1;
}
int driver_failure_posix(ErlDrvPort raw, int error) {
  Handle port(raw, ATH_DRIVER_CALL);
  return port ? port->fail(io::error_atom(error), ForeignPort::Failure::Reason) : -1;
}
int driver_failure(ErlDrvPort raw, int code) {
  Handle port(raw, ATH_DRIVER_CALL);
  return port ? port->fail(Term::small(code), code == 0 ? ForeignPort::Failure::EndOfInput : ForeignPort::Failure::Reason) : -1;
}
// OTP: the owner gets no exit signal.
int driver_exit(ErlDrvPort raw, int error) {
  Handle port(raw, ATH_DRIVER_CALL);
  if (!port) return -1;
  port->port().unlink_owner();
  return port->fail(error == 0 ? atoms::normal : io::error_atom(error), ForeignPort::Failure::Reason);
}

// --- busyness ---

void set_busy_port(ErlDrvPort raw, int on) {
  Handle port(raw, ATH_DRIVER_CALL);
  if (port && port->port().is_open()) port->port().set_busy(on != 0);
}

// Requests never wait in a queue here, so limits are kept and told, and nothing hangs on them.
void erl_drv_busy_msgq_limits(ErlDrvPort raw, ErlDrvSizeT* low, ErlDrvSizeT* high) {
  Handle port(raw, ATH_DRIVER_CALL);
  if (!port || (!low && !high)) return;
  if (!port->has_queue_limits) {
    if (low) *low = ERL_DRV_BUSY_MSGQ_DISABLED;
    if (high) *high = ERL_DRV_BUSY_MSGQ_DISABLED;
    return;
  }
  if ((low && *low == ERL_DRV_BUSY_MSGQ_DISABLED) || (high && *high == ERL_DRV_BUSY_MSGQ_DISABLED)) {
    port->has_queue_limits = false;
    return;
  }
  if (low && *low != ERL_DRV_BUSY_MSGQ_READ_ONLY) port->low_queue_limit = *low;
  if (high && *high != ERL_DRV_BUSY_MSGQ_READ_ONLY) port->high_queue_limit = *high;
  if (port->low_queue_limit > port->high_queue_limit) port->low_queue_limit = port->high_queue_limit;
  if (low) *low = port->low_queue_limit;
  if (high) *high = port->high_queue_limit;
}

// --- what it is ---

void set_port_control_flags(ErlDrvPort raw, int flags) {
  Handle port(raw, ATH_DRIVER_CALL);
  if (port) port->control_flags = flags;
}
int get_port_flags(ErlDrvPort raw) {
  Handle port(raw, ATH_DRIVER_CALL);
  if (!port) return 0;
  return (port->port().is_binary() ? PORT_FLAG_BINARY : 0) | (port->lines() ? PORT_FLAG_LINE : 0);
}
ErlDrvTermData driver_connected(ErlDrvPort raw) {
  Handle port(raw, ATH_DRIVER_CALL);
  return port ? raw_of(port->port().owner()) : driver_term_nil;
}
ErlDrvTermData driver_caller(ErlDrvPort raw) {
  Handle port(raw, ATH_DRIVER_CALL);
  if (!port) return driver_term_nil;
  const Term caller = port->port().caller();
  return caller.is_none() ? driver_term_nil : raw_of(caller);
}
void erl_drv_set_os_pid(ErlDrvPort raw, ErlDrvSInt pid) {
  Handle port(raw, ATH_DRIVER_CALL);
  if (port) port->set_os_pid(pid);
}
void dtrace_drvport_str(ErlDrvPort port, char* text) { std::snprintf(text, 64, "#Port<0.%u>", is_handle(port) ? number_of(port) : 0); }

void erl_drv_init_ack(ErlDrvPort raw, ErlDrvData result) {
  const int error = errno;
  Handle port(raw, ATH_DRIVER_CALL);
  if (port) port->acknowledge_start(result, error);
}

// What a request consumed is charged to the process that asked; a callback of another kind has its thread to itself.
int erl_drv_consume_timeslice(ErlDrvPort raw, int percent) {
  Handle port(raw, ATH_DRIVER_CALL);
  if (!port) return -1;
  percent = percent < 1 ? 1 : percent > 100 ? 100 : percent;
  return port->consume(static_cast<uint32_t>(percent)) >= 100 ? 1 : 0;
}

int driver_lock_driver(ErlDrvPort raw) {
  Handle port(raw, ATH_DRIVER_CALL);
  if (!port || !port->driver().library) return -1;
  port->drivers().make_permanent(port->driver());
  return 0;
}

// --- a port beside this one ---

ErlDrvPort driver_create_port(ErlDrvPort raw, ErlDrvTermData owner, char* name, ErlDrvData data) {
  const auto none = reinterpret_cast<ErlDrvPort>(static_cast<intptr_t>(-1));
  Handle creator(raw, ATH_DRIVER_CALL);
  Callback* const now = Callback::current();
  if (!creator || !now || !term_of(owner).is_local_pid()) return none;
  Drivers& drivers = creator->drivers();
  Driver& driver = creator->driver();
  if (!drivers.take_again(driver)) return none;
  io::PortOptions options;
  options.name = name;
  auto made = std::make_unique<ForeignPort>(drivers, driver, options);
  ForeignPort& foreign = *made;
  io::Ports& ports = creator->port().ports();
  int error = 0;
  const auto lock = driver.lock ? io::Ports::Lock::HeldShared : io::Ports::Lock::Own;
  std::shared_ptr<io::Port> port = ports.create(term_of(owner), name, std::move(made), error, lock);
  if (!port) return none;
  if (!driver.lock) {
    port->mutex().lock();
    now->created.push_back(port);
  }
  port->set_formats(false, false);
  port->set_parallelism(creator->port().wants_parallelism());
  foreign.adopt(*port, data);
  return foreign.handle();
}

void add_driver_entry(ErlDrvEntry* entry) {
  process::Runtime& runtime = nif::machine_of_caller_or_end(__builtin_return_address(0), __func__);
  nif::Entry scope(runtime);
  if (entry && entry->driver_name) runtime.drivers->add_entry(*entry, nullptr);
}
int remove_driver_entry(ErlDrvEntry* entry) {
  process::Runtime& runtime = nif::machine_of_caller_or_end(__builtin_return_address(0), __func__);
  nif::Entry scope(runtime);
  return entry ? runtime.drivers->remove_entry(*entry) : -1;
}
