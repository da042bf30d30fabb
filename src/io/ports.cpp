// SPDX-License-Identifier: Apache-2.0
#include "io/ports.hpp"

#include <algorithm>
#include <cerrno>

#include "bif/bif.hpp"
#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/timers.hpp"
#include "sched/scheduling.hpp"

namespace athanor::io {

using process::Process;
using process::SendOutcome;
using process::Signal;
using process::SignalKind;

std::unique_ptr<Ports> Ports::create(process::Runtime& runtime, uint32_t limit) { return std::make_unique<Ports>(runtime, limit); }

Ports::Ports(process::Runtime& runtime, uint32_t limit) : runtime_(runtime), limit_(limit), files_(runtime), signals_(runtime), sockets_(std::make_shared<socket::Sockets>(runtime)) {}

Ports::~Ports() { sockets_->close_all(); }

std::shared_ptr<Port> Ports::find(Term port) const {
  if (port.is_atom()) port = runtime_.registry->find(port);
  if (!port.is_local_port()) return nullptr;
  std::shared_lock lock(mutex_);
  auto found = table_.find(port.port_number());
  return found == table_.end() ? nullptr : found->second;
}

std::vector<Term> Ports::all() const {
  std::shared_lock lock(mutex_);
  std::vector<Term> result;
  result.reserve(table_.size());
  for (const auto& [number, port] : table_) result.push_back(port->id());
  return result;
}

uint32_t Ports::count() const {
  std::shared_lock lock(mutex_);
  return static_cast<uint32_t>(table_.size());
}

void Ports::start() {
  signals_.start();
  runtime_.scheduling->set_edge_handler(on_edge);
}

std::shared_ptr<Port> Ports::add(Term owner, std::string&& name, std::unique_ptr<PortDriver>&& driver) {
  uint32_t number;
  {
    std::lock_guard lock(mutex_);
    if (table_.size() >= limit_) return nullptr;
    while (next_ == 0 || table_.contains(next_) || ending_.contains(next_)) next_ = (next_ + 1) & 0xFFFFFFF;
    number = next_;
    next_ = (next_ + 1) & 0xFFFFFFF;   // nobody else gets this one before all others have had their turn
  }
  // Without the lock: the tracer of new ports may be a port.
  auto port = std::make_shared<Port>(*this, Term::local_port(number), owner, std::move(name), std::move(driver));
  std::lock_guard lock(mutex_);
  if (table_.size() >= limit_) return nullptr;
  table_.emplace_hint(table_.end(), number, port);
  return port;
}

void Ports::take_back(Port& port) {
  std::lock_guard lock(mutex_);
  table_.erase(port.id().port_number());
}

std::shared_ptr<Port> Ports::create(Term owner, std::string name, std::unique_ptr<PortDriver> driver, int& error, Lock how) {
  std::shared_ptr<Port> port = add(owner, std::move(name), std::move(driver));
  error = port == nullptr ? kSystemLimit : 0;
  if (port == nullptr) return nullptr;
  std::unique_lock lock(port->mutex(), std::defer_lock);
  if (how == Lock::Own) lock.lock();
  port->set_formats(true, false);
  port->link(owner);
  Signal* link = Signal::create(SignalKind::Link);
  link->from = port->id();
  if (process::deliver(runtime_, owner, link)) return port;
  port->unlink(owner);
  take_back(*port);
  error = kNoOwner;
  return nullptr;
}

Ports::Opened Ports::open(Process& owner, PortOptions&& options, std::unique_ptr<PortDriver> driver) {
  std::shared_ptr<Port> port = add(owner.pid(), std::move(options.name), std::move(driver));
  if (port == nullptr) return {Term::none(), kSystemLimit};
  std::lock_guard lock(port->mutex());
  port->set_formats(options.binary, options.soft_eof);
  port->set_parallelism(options.parallelism);
  port->tell_opened();
  port->link(owner.pid());
  int error = 0;
  {
    const PortTurn turn(*port, atoms::open, &owner);
    error = port->driver().start(*port);
  }
  if (error != 0) {
    port->unlink(owner.pid());
    take_back(*port);
    return {Term::none(), error};
  }
  process::link_made(owner, port->id());   // before it looks at what the port may have sent already
  return {port->id(), 0};
}

void Ports::remove(Port& port) {
  std::lock_guard lock(mutex_);
  auto found = table_.find(port.id().port_number());
  if (found == table_.end()) return;
  ending_.emplace(found->first, std::move(found->second));
  table_.erase(found);
}

void Ports::release(Port& port) {
  std::shared_ptr<Port> last;
  std::lock_guard lock(mutex_);
  auto found = ending_.find(port.id().port_number());
  if (found == ending_.end()) return;
  last = std::move(found->second);
  ending_.erase(found);
}

// --- what drivers wait for ---

void Ports::watch(Port& port, int descriptor, uint32_t interest) {
  runtime_.scheduling->watch_edges(descriptor, port.id().port_number(), interest);
}

void Ports::unwatch(int descriptor) { runtime_.scheduling->unwatch_edges(descriptor); }

std::shared_ptr<Port> Ports::find_working(uint32_t number) const {
  std::shared_lock lock(mutex_);
  if (auto found = table_.find(number); found != table_.end()) return found->second;
  if (auto found = ending_.find(number); found != ending_.end()) return found->second;
  return nullptr;
}

void Ports::on_edge(process::Runtime& runtime, uint64_t key, uint32_t ready) {
  std::shared_ptr<Port> port = runtime.ports->find_working(static_cast<uint32_t>(key));
  if (port == nullptr) return;
  std::lock_guard lock(port->mutex());
  const PortTurn turn(*port, Term::small(0), nullptr, ready & sched::Scheduling::kReadable ? Term(atoms::input) : Term(atoms::output));
  port->driver().edge(*port, ready);
}

// The timer's name is the count of a reference made for it; it comes back as a message to the port.
static void timer_reference(uint64_t timer, uint64_t words[2]) {
  words[0] = (timer & 0x3FFFF) | ((timer >> 18) & 0xFFFFFFFF) << 32;
  words[1] = timer >> 50;
}

uint64_t Ports::start_timer(Port& port, int64_t milliseconds) {
  uint64_t timer = runtime_.counters.reference.fetch_add(1, std::memory_order_relaxed);
  uint64_t words[2];
  timer_reference(timer, words);
  int64_t deadline_ns = runtime_.clock->monotonic_ns() + milliseconds * 1'000'000;
  runtime_.timers->start(words, deadline_ns, port.id(), heap::Parcel{Term::small(static_cast<int64_t>(timer)), nullptr});
  return timer;
}

void Ports::cancel_timer(uint64_t timer) {
  uint64_t words[2];
  timer_reference(timer, words);
  runtime_.timers->cancel(words);
}

int64_t Ports::read_timer(uint64_t timer) {
  uint64_t words[2];
  timer_reference(timer, words);
  return runtime_.timers->read(words);
}

bool Ports::deliver(Term to, Signal* signal) {
  std::shared_ptr<Port> port = find(to);
  if (port == nullptr && signal->kind == SignalKind::Message && to.is_local_port()) {   // a timer of one that still writes
    port = find_working(to.port_number());
    if (port != nullptr) {
      std::lock_guard lock(port->mutex());
      if (port->driver().is_flushing()) receive(*port, *signal);
    }
    Signal::destroy(signal);
    return port != nullptr;
  }
  std::unique_lock<std::mutex> lock;
  if (port != nullptr) {
    lock = std::unique_lock(port->mutex());
    if (!port->is_open()) {
      lock.unlock();
      port = nullptr;
    }
  }
  if (port != nullptr) receive(*port, *signal);
  Signal::destroy(signal);
  return port != nullptr;
}

void Ports::receive(Port& port, Signal& signal) {
  const PortTurn turn(port, signal.kind == SignalKind::Link ? atoms::link : signal.kind == SignalKind::Unlink ? atoms::unlink : Term::small(0), nullptr,
                      signal.kind == SignalKind::Message ? Term(atoms::timeout) : Term::small(0));
  switch (signal.kind) {
    case SignalKind::Link: port.link(signal.from); break;
    case SignalKind::Unlink:
      if (port.has_link(signal.from)) port.tell(process::trace_flag::kPorts, atoms::getting_unlinked, signal.from);
      port.unlink(signal.from);
      acknowledge_unlink(port.id(), signal);
      break;
    case SignalKind::Monitor: port.monitor(signal.from, signal.reference); break;
    case SignalKind::Demonitor: port.demonitor(signal.reference); break;
    case SignalKind::MonitorDown: port.driver().process_down(port, signal.reference); break;
    case SignalKind::Exit: {
      bool by_link = static_cast<process::ExitOrigin>(signal.number) == process::ExitOrigin::Link;
      if (by_link && !port.has_link(signal.from)) break;
      if (by_link) port.unlink(signal.from);
      // OTP: normal counts from the owner alone.
      port.tell_closing(signal.from);
      if (signal.parcel.term != atoms::normal || signal.from == port.owner()) port.end(signal.parcel.term);
      break;
    }
    case SignalKind::Message:   // a timer's: all else is sent by send()
      if (!signal.parcel.term.is_small()) break;
      port.tell(process::trace_flag::kReceive, atoms::receive, atoms::timeout);
      port.driver().timer_expired(port, static_cast<uint64_t>(signal.parcel.term.small_value()));
      break;
    default: break;   // others mean nothing to a port
  }
}

void Ports::acknowledge_unlink(Term port, const Signal& signal) {
  Signal* answer = Signal::create(SignalKind::UnlinkAck);
  answer->from = port;
  answer->number = signal.number;
  process::deliver(runtime_, signal.from, answer);
}

void Ports::process_exited(Process& exiting, Term) {
  files_.process_exited(exiting.pid());
  sockets_->process_exited(exiting.pid());
}

static bool is_command(Term request) { return is_tuple_of(request, 2) && tuple_element(request, 0) == atoms::command; }

// Port ! {Owner, {command, Data}} | {Owner, close} | {Owner, {connect, Pid}}; all else is answered by badsig to the owner.
SendOutcome Ports::send(Process& self, Term to, Term message, const process::SendOptions& options) {
  std::shared_ptr<Port> port = find(to);
  if (port == nullptr) return SendOutcome::Sent;
  std::lock_guard lock(port->mutex());
  if (!port->is_open()) return SendOutcome::Sent;
  const Term request = is_tuple_of(message, 2) ? tuple_element(message, 1) : Term::none();
  // OTP: whoever sends it, and whatever it holds.
  if (port->is_busy() && is_command(request)) {
    if (options.nosuspend) return SendOutcome::WouldSuspend;
    port->suspend_until_room(self);
    return SendOutcome::Suspended;
  }
  if (request.is_none() || tuple_element(message, 0) != port->owner()) {
    port->send_badsig();
    return SendOutcome::Sent;
  }
  const PortTurn turn(*port, is_tuple(request) ? tuple_element(request, 0) : request);
  if (request == atoms::close) {
    port->tell_closing(self.pid());
    port->end(atoms::normal, port->owner());
  } else if (is_command(request)) {
    size_t bytes = 0;
    port->set_caller(self.pid());
    port->tell_command(self.pid(), tuple_element(request, 1));
    if (port->driver().output_data(*port, tuple_element(request, 1), bytes)) {
      port->count_output(bytes);
      port->charge_to(self);
    } else {
      heap::FragmentAllocator heap(64);
      Term text = bif::latin1_list(heap, "Bad value on output port '" + port->name() + "'\n");
      process::log_event(runtime_, atoms::error, "~s~n", bif::make_list(heap, &text, 1), Term::none(), Term::none());
      port->send_badsig();
    }
  } else if (is_tuple_of(request, 2) && tuple_element(request, 0) == atoms::connect && tuple_element(request, 1).is_local_pid()) {
    Term old_owner = port->owner();
    port->tell_connect(self.pid(), tuple_element(request, 1));
    port->set_owner(tuple_element(request, 1));   // OTP: not linked to the new owner
    port->send_atom(old_owner, atoms::connected);
  } else {
    port->send_badsig();
  }
  return SendOutcome::Sent;
}

void Ports::flush() {
  std::vector<std::shared_ptr<Port>> ports;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [number, port] : table_) ports.push_back(port);
    for (const auto& [number, port] : ending_) ports.push_back(port);
  }
  for (const std::shared_ptr<Port>& port : ports) {
    std::lock_guard lock(port->mutex());
    port->driver().flush();
  }
}

}  // namespace athanor::io
