// SPDX-License-Identifier: Apache-2.0
// Natives about ports. All are done at once, under the port's lock: none answers with a reference to wait for.
#include "bif/bif.hpp"
#include "io/ports.hpp"
#include "io/posix_error.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#define ATH_FAMILY "io/ports.def"
#include "bif/declare.inc"

namespace athanor::bif {

using io::Port;
using io::Ports;

namespace {

Ports& ports_of(Process& self) { return *self.runtime().ports; }

// A port held open for the length of a call.
class OpenPort {
 public:
  OpenPort(Process& self, Term id) : port_(ports_of(self).find(id)) {
    if (port_ == nullptr) return;
    lock_ = std::unique_lock(port_->mutex());
    if (port_->is_open()) return;
    lock_.unlock();
    port_ = nullptr;
  }
  explicit operator bool() const { return port_ != nullptr; }
  Port* operator->() const { return port_.get(); }
  Port& operator*() const { return *port_; }

 private:
  std::shared_ptr<Port> port_;
  std::unique_lock<std::mutex> lock_;
};

bool operation_number(Term t, uint32_t& number) {
  if (!t.is_small() || t.small_value() < 0 || t.small_value() > UINT32_MAX) return false;
  number = static_cast<uint32_t>(t.small_value());
  return true;
}

// What tracers hear of a question to the driver and of its answer.
void tell_request(Port& port, Term from, Term kind, uint32_t operation, Term data) {
  std::string bytes;
  if (port.is_traced(process::trace_flag::kReceive) && iolist_to_string(data, bytes)) port.tell_request(from, kind, operation, bytes);
}
void tell_reply(Port& port, Term to, Term kind, Term reply) {
  std::string bytes;
  if (port.is_traced(process::trace_flag::kSend) && iolist_to_string(reply, bytes)) port.tell_reply(to, kind, bytes);
}

Term pid_list(Allocator& heap, const std::vector<Term>& pids) { return make_list(heap, pids.data(), pids.size()); }

// The value of one item; none(): there is no such item.
Term info_value(Process& self, Port& port, Term item) {
  Allocator& heap = self.heap();
  if (item == atoms::name) return code_point_list(heap, port.name());
  if (item == atoms::links) return pid_list(heap, port.links());
  if (item == atoms::id) return Term::small(int64_t{port.id().port_number()} * 8);   // OTP: numbers grow by eight
  if (item == atoms::connected) return port.owner();
  if (item == atoms::input) return integer::from_uint64(heap, port.input_bytes());
  if (item == atoms::output) return integer::from_uint64(heap, port.output_bytes());
  if (item == atoms::os_pid) return port.driver().os_pid() < 0 ? atoms::undefined : integer::from_int64(heap, port.driver().os_pid());
  if (item == atoms::locking) return port.driver().shared_lock() ? atoms::driver_level : atoms::port_level;
  if (item == atoms::memory) return integer::from_uint64(heap, sizeof(Port) + port.driver().queued_bytes());
  if (item == atoms::monitors) {
    std::vector<Term> pairs;
    for (Term pid : port.driver().watched()) pairs.push_back(make_tuple(heap, atoms::process, pid));
    return make_list(heap, pairs.data(), pairs.size());
  }
  if (item == atoms::monitored_by) return pid_list(heap, port.watchers());
  if (item == atoms::parallelism) return port.wants_parallelism() ? atoms::true_ : atoms::false_;
  if (item == atoms::queue_size) return integer::from_uint64(heap, port.driver().queued_bytes());
  if (item == atoms::registered_name) {
    process::Registry& registry = *self.runtime().registry;
    for (Term name : registry.names()) {
      if (registry.find(name) == port.id()) return name;
    }
    return Term::nil();
  }
  return Term::none();
}

}  // namespace

BifResult erts_internal::open_port_2(Process& self, const Term* args) {
  Ports& ports = ports_of(self);
  io::PortOptions options;
  switch (io::parse_port_options(args[0], args[1], ports.environment(), options)) {
    case io::OptionsError::BadOption: return atoms::badopt;
    case io::OptionsError::BadArgument: return atoms::badarg;
    case io::OptionsError::None: break;
  }
  int error = 0;
  std::unique_ptr<io::PortDriver> driver = io::make_driver(ports, options, error);
  if (driver == nullptr) return error == io::kBadArgument ? atoms::badarg : io::error_atom(error);
  self.charge(200);
  Term reference = Term::none();
  if (driver->acknowledges_start()) {
    uint64_t words[3];
    reference = process::make_reference(self.runtime(), self.heap());
    process::reference_words(reference, words);
    driver->acknowledge_to(self.pid(), words);
  }
  Ports::Opened opened = ports.open(self, std::move(options), std::move(driver));
  if (opened.error == Ports::kSystemLimit) return atoms::system_limit;
  if (opened.error == io::kBadArgument) return atoms::badarg;
  if (opened.error != 0) return io::error_atom(opened.error);
  return reference.is_none() ? opened.port : reference;
}

// true | false (busy, nosuspend) | badopt | notsup | badarg
BifResult erts_internal::port_command_3(Process& self, const Term* args) {
  bool force = false, nosuspend = false;
  Term flags = args[2];
  for (; flags.is_list_cell(); flags = flags.tail()) {
    if (flags.head() == atoms::force) force = true;
    else if (flags.head() == atoms::nosuspend) nosuspend = true;
    else return atoms::badopt;
  }
  if (!flags.is_nil()) return atoms::badopt;
  OpenPort port(self, args[0]);
  if (!port) return atoms::badarg;
  if (force && !port->driver().soft_busy()) return atoms::notsup;
  if (port->is_busy() && !force) {
    if (nosuspend) return atoms::false_;
    port->suspend_until_room(self);
    return self.yield({args[0], args[1], args[2]});
  }
  size_t bytes = 0;
  port->set_caller(self.pid());
  const io::PortTurn turn(*port, atoms::command, &self);
  port->tell_command(self.pid(), args[1]);
  if (!port->driver().output_data(*port, args[1], bytes)) {
    Term text = latin1_list(self.heap(), "Bad value on output port '" + port->name() + "'\n");
    process::log_event(self.runtime(), atoms::error, "~s~n", make_list(self.heap(), &text, 1), self.group_leader_, self.pid());
    return atoms::badarg;
  }
  port->charge_to(self);
  self.charge(bytes / 1024 + 10);
  port->count_output(bytes);
  return atoms::true_;
}

BifResult erts_internal::port_control_3(Process& self, const Term* args) {
  uint32_t operation;
  OpenPort port(self, args[0]);
  if (!port || !operation_number(args[1], operation)) return atoms::badarg;
  self.charge(20);
  port->set_caller(self.pid());
  const io::PortTurn turn(*port, atoms::control, &self);
  tell_request(*port, self.pid(), atoms::control, operation, args[2]);
  const Term reply = port->driver().control_data(*port, self.heap(), operation, args[2]);
  port->charge_to(self);
  if (reply.is_none()) return atoms::badarg;
  tell_reply(*port, self.pid(), atoms::control, reply);
  return reply;
}

// {ok, Answer} | badarg
BifResult erts_internal::port_call_3(Process& self, const Term* args) {
  uint32_t operation;
  OpenPort port(self, args[0]);
  if (!port || !operation_number(args[1], operation)) return atoms::badarg;
  self.charge(20);
  port->set_caller(self.pid());
  const io::PortTurn turn(*port, atoms::call, &self);
  const Term answer = port->driver().call(*port, self.heap(), operation, args[2]);
  port->charge_to(self);
  return answer.is_none() ? atoms::badarg : make_tuple(self.heap(), atoms::ok, answer);
}

BifResult erts_internal::port_close_1(Process& self, const Term* args) {
  OpenPort port(self, args[0]);
  if (!port) return atoms::badarg;
  const io::PortTurn turn(*port, atoms::close, &self);
  port->tell_closing(self.pid());
  port->end(atoms::normal);
  return atoms::true_;
}

BifResult erts_internal::port_connect_2(Process& self, const Term* args) {
  OpenPort port(self, args[0]);
  Term owner = args[1];
  if (!port) return atoms::badarg;
  const io::PortTurn turn(*port, atoms::connect, &self);
  if (!owner.is_local_pid() || self.runtime().processes->find(owner) == nullptr) return atoms::badarg;
  if (port->link(owner)) {
    process::Signal* link = process::Signal::create(process::SignalKind::Link);
    link->from = port->id();
    process::deliver(self.runtime(), owner, link);
  }
  port->set_owner(owner);
  port->tell_connect(self.pid(), owner);
  if (port->is_traced(process::trace_flag::kSend)) {
    heap::FragmentAllocator heap(4);
    port->tell(process::trace_flag::kSend, atoms::send, make_tuple(heap, port->id(), atoms::connected), self.pid());
  }
  return atoms::true_;
}

BifResult erts_internal::port_info_1(Process& self, const Term* args) {
  if (!args[0].is_atom() && !is_port(args[0])) return atoms::badarg;
  OpenPort port(self, args[0]);
  if (!port) return atoms::undefined;
  Term items[] = {atoms::registered_name, atoms::name, atoms::links, atoms::id, atoms::connected, atoms::input, atoms::output, atoms::os_pid};
  Term pairs[8];
  size_t count = 0;
  for (Term item : items) {
    Term value = info_value(self, *port, item);
    if (item == atoms::registered_name && value.is_nil()) continue;
    pairs[count++] = make_tuple(self.heap(), item, value);
  }
  return make_list(self.heap(), pairs, count);
}

BifResult erts_internal::port_info_2(Process& self, const Term* args) {
  if (!args[0].is_atom() && !is_port(args[0])) return atoms::badtype;
  OpenPort port(self, args[0]);
  if (!port) return atoms::undefined;
  Term value = info_value(self, *port, args[1]);
  if (value.is_none()) return atoms::badarg;
  if (args[1] == atoms::registered_name && value.is_nil()) return value;
  return make_tuple(self.heap(), args[1], value);
}

BifResult erlang::ports_0(Process& self, const Term*) { return pid_list(self.heap(), ports_of(self).all()); }

BifResult erlang::port_set_data_2(Process& self, const Term* args) {
  std::shared_ptr<Port> port = ports_of(self).find(args[0]);
  if (port == nullptr) return self.badarg();
  port->set_data(heap::pack(args[1], nullptr));
  return atoms::true_;
}

BifResult erlang::port_get_data_1(Process& self, const Term* args) {
  std::shared_ptr<Port> port = ports_of(self).find(args[0]);
  if (port == nullptr) return self.badarg();
  return port->data(self.heap());
}

}  // namespace athanor::bif
