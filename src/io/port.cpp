// SPDX-License-Identifier: Apache-2.0
#include "io/port.hpp"

#include <algorithm>

#include "bif/bif.hpp"
#include "io/ports.hpp"
#include "io/posix_error.hpp"
#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/state.hpp"
#include "sched/scheduling.hpp"

namespace athanor::io {

using process::Signal;
using process::SignalKind;

Port::Port(Ports& ports, Term id, Term owner, std::string name, std::unique_ptr<PortDriver> driver)
    : ports_(ports), id_(id), name_(std::move(name)), driver_(std::move(driver)),
      shared_lock_(driver_->shared_lock()), mutex_(shared_lock_ ? shared_lock_.get() : &own_lock_), owner_raw_(owner.raw) {
  data_.term = atoms::undefined;
  if (ports.runtime().new_port_trace.load(std::memory_order_relaxed)) ports.runtime().tracing->port_created(trace_);
}

Port::~Port() {
  if (process::Tracing* tracing = ports_.runtime().tracing; tracing && trace_.is_traced(~0u)) tracing->port_gone(trace_);
  heap::discard(data_);
}

bool PortDriver::output_data(Port& port, Term data, size_t& bytes) {
  std::string flat;
  if (!bif::iolist_to_string(data, flat)) return false;
  bytes = flat.size();
  output(port, std::move(flat));
  return true;
}

Term PortDriver::shown_output(Allocator& heap, Term data) {
  std::string flat;
  return bif::iolist_to_string(data, flat) ? binary::from_text(heap, flat) : Term::none();
}

Term PortDriver::control_data(Port& port, Allocator& heap, uint32_t operation, Term data) {
  std::string flat, reply;
  if (!bif::iolist_to_string(data, flat) || !control(port, operation, flat, reply)) return Term::none();
  return bif::latin1_list(heap, reply);
}

void Port::send_term(Term to, heap::FragmentAllocator& heap, Term message) {
  if (ATH_UNLIKELY(is_traced(process::trace_flag::kSend))) tell_sent(to, message);
  process::send_parcel(ports_.runtime(), to, heap::Parcel{message, heap.take()}, id_);
}

template <class Build>
void Port::send_to(Term to, size_t words_hint, Build&& build) {
  heap::FragmentAllocator heap(words_hint);
  Term message = build(heap);
  if (ATH_UNLIKELY(is_traced(process::trace_flag::kSend))) tell_sent(to, message);
  process::send_parcel(ports_.runtime(), to, heap::Parcel{message, heap.take()}, id_);
}

Term Port::build_data(Allocator& heap, std::string_view bytes) const {
  return binary_ ? binary::from_text(heap, bytes) : bif::latin1_list(heap, bytes);
}

void Port::send_data(std::string_view bytes) { send_piece(Framing::Piece::Data, bytes); }

void Port::send_piece(Framing::Piece piece, std::string_view bytes) {
  input_bytes_ += bytes.size();
  size_t words = 16 + (binary_ ? std::min<size_t>(bytes.size() / 8, 16) : bytes.size() * 2);
  send_to(owner(), words, [&](Allocator& heap) {
    Term data = build_data(heap, bytes);
    if (piece == Framing::Piece::Line) data = bif::make_tuple(heap, atoms::eol, data);
    else if (piece == Framing::Piece::PartOfLine) data = bif::make_tuple(heap, atoms::noeol, data);
    return bif::make_tuple(heap, id_, bif::make_tuple(heap, atoms::data, data));
  });
}

void Port::send_reply(std::string_view head, const std::string_view* data) {
  size_t bytes = head.size() + (data ? data->size() : 0);
  input_bytes_ += bytes;
  send_to(owner(), 16 + bytes * 2, [&](Allocator& heap) {
    Term list = data ? build_data(heap, *data) : Term::nil();
    for (size_t i = head.size(); i-- > 0;) list = bif::cons(heap, Term::small(static_cast<uint8_t>(head[i])), list);
    return bif::make_tuple(heap, id_, bif::make_tuple(heap, atoms::data, list));
  });
}

void Port::send_exit_status(int status) {
  send_to(owner(), 8, [&](Allocator& heap) {
    return bif::make_tuple(heap, id_, bif::make_tuple(heap, atoms::exit_status, Term::small(status)));
  });
}

void Port::send_atom(Term to, Term what) {
  send_to(to, 4, [&](Allocator& heap) { return bif::make_tuple(heap, id_, what); });
}

// OTP: tracers hear of the atom alone.
void Port::send_closed(Term to) {
  tell(process::trace_flag::kSend, atoms::send, atoms::closed, to);
  heap::FragmentAllocator heap(4);
  Term message = bif::make_tuple(heap, id_, atoms::closed);
  process::send_parcel(ports_.runtime(), to, heap::Parcel{message, heap.take()}, id_);
}

void Port::send_inet_reply(Term to, int error) {
  send_to(to, 12, [&](Allocator& heap) {
    return bif::make_tuple(heap, atoms::inet_reply, id_, error == 0 ? atoms::ok : error_tuple(heap, error));
  });
}

void Port::end_of_input() {
  if (!open_) return;
  if (soft_eof_) send_atom(owner(), atoms::eof);
  else end(atoms::normal);
}

void Port::fail(int error_number) { end(error_atom(error_number)); }

void Port::send_badsig() {
  process::send_exit(ports_.runtime(), id_, owner(), atoms::badsig, process::ExitOrigin::ExitBif);
}

void Port::end(Term reason, Term closed_by) {
  if (!open_) return;
  open_ = false;
  closed_by_ = closed_by;
  const Term given_reason = reason;
  if (reason == atoms::kill) reason = atoms::killed;
  process::Runtime& runtime = ports_.runtime();
  tell(process::trace_flag::kPorts, atoms::closed, reason);
  for (Term name : runtime.registry->names_of_port(id_)) {
    if (!runtime.registry->remove(name, id_)) continue;   // somebody unregistered it just now
    tell(process::trace_flag::kPorts, atoms::unregister, name);
  }
  ports_.remove(*this);
  // Before those linked hear: the net kernel takes a connection to be gone once its port is, and lets the next one come up.
  if (std::shared_ptr<FrameSink> sink = std::move(sink_)) {
    sink_ = nullptr;
    sink->ended(*this, reason);
  }
  for (Term pid : links_) {
    process::send_exit(runtime, id_, pid, reason, process::ExitOrigin::Link);
  }
  links_.clear();
  for (const Monitor& monitor : monitors_) {
    Signal* down = Signal::create(SignalKind::MonitorDown);
    down->from = id_;
    std::copy_n(monitor.reference, 3, down->reference);
    down->parcel = heap::pack(reason, runtime.literals);
    process::deliver(runtime, monitor.watcher, down);
  }
  monitors_.clear();
  set_busy(false);
  driver_->close_for(*this, given_reason);
  if (!driver_->is_flushing()) confirm_close();
}

void Port::confirm_close() {
  if (!closed_by_.is_none()) send_closed(closed_by_);
  closed_by_ = Term::none();
}

bool Port::has_link(Term pid) const { return std::find(links_.begin(), links_.end(), pid) != links_.end(); }

bool Port::link(Term pid) {
  if (has_link(pid)) return false;
  links_.push_back(pid);
  tell(process::trace_flag::kPorts, atoms::getting_linked, pid);
  return true;
}

void Port::unlink(Term pid) {
  auto found = std::find(links_.begin(), links_.end(), pid);
  if (found == links_.end()) return;
  links_.erase(found);
}

void Port::unlink_owner() {
  if (!has_link(owner())) return;
  unlink(owner());
  Signal* signal = Signal::create(SignalKind::Unlink);
  signal->from = id_;
  process::deliver(ports_.runtime(), owner(), signal);
}

void Port::monitor(Term watcher, const uint64_t reference[3]) {
  monitors_.push_back({watcher, {reference[0], reference[1], reference[2]}});
}

bool Port::demonitor(const uint64_t reference[3]) {
  for (auto at = monitors_.begin(); at != monitors_.end(); ++at) {
    if (std::equal(at->reference, at->reference + 2, reference)) { monitors_.erase(at); return true; }
  }
  return false;
}

std::vector<Term> Port::watchers() const {
  std::vector<Term> result;
  for (const Monitor& monitor : monitors_) result.push_back(monitor.watcher);
  return result;
}

namespace {

// system_monitor(Pid, [busy_port]): {monitor, Suspended, busy_port, Port}.
void tell_busy(process::Process& self, Term port) {
  if (self.runtime().scheduling == nullptr) return;
  sched::SystemSettings& settings = self.runtime().scheduling->settings;
  Term watcher;
  {
    std::lock_guard lock(settings.monitor_mutex);
    if (!settings.monitor.busy_port) return;
    watcher = Term(settings.monitor.pid_raw);
  }
  if (!watcher.is_local_pid() || watcher == self.pid()) return;
  heap::FragmentAllocator heap(8);
  Term message = bif::make_tuple(heap, atoms::monitor, self.pid(), atoms::busy_port, port);
  process::send_parcel(self.runtime(), watcher, {message, heap.take()});
}

}  // namespace

// Noted under the lock, so that the signal to go on comes after it.
void Port::suspend_until_room(process::Process& self) {
  waiting_.push_back(self.pid());
  process::suspend_self(self);
  tell_busy(self, id_);
}

void Port::charge_to(process::Process& self) {
  if (const uint32_t percent = driver_->take_consumed_percent()) self.charge(uint64_t{std::min(percent, 100u)} * process::kReductionsPerSlice / 100);
}

void Port::set_busy(bool busy) {
  busy_ = busy;
  if (busy) return;
  for (Term pid : waiting_) process::resume_held(ports_.runtime(), pid);
  waiting_.clear();
  if (std::shared_ptr<FrameSink> sink = sink_) sink->writable(*this);
}

void Port::set_data(heap::Parcel parcel) {
  std::lock_guard lock(data_mutex_);
  heap::discard(data_);
  data_ = parcel;
}

Term Port::data(Allocator& heap) {
  std::lock_guard lock(data_mutex_);
  return heap::copy(data_.term, heap, ports_.runtime().literals);
}

}  // namespace athanor::io
