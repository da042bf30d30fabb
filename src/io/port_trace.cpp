// SPDX-License-Identifier: Apache-2.0
// What tracers hear of ports. Messages are built only where somebody listens.
#include "bif/bif.hpp"
#include "io/ports.hpp"
#include "process/process_table.hpp"
#include "process/state.hpp"
#include "term/atom_table.hpp"

namespace athanor::io {

namespace flag = process::trace_flag;

void Port::tell(uint32_t wanted, Term what, Term data, Term extra) {
  process::Tracing* tracing = ports_.runtime().tracing;
  if (is_traced(wanted) && tracing) tracing->port_told(id_, trace_, what, data, extra);
}

// OTP: the driver is named as the port is.
void Port::tell_opened() {
  const Term atom = atom_table().intern(name_);
  tell(flag::kPorts, atoms::open, owner(), atom.is_none() ? atoms::undefined : atom);
}

void Port::tell_command(Term from, Term data) {
  if (!is_traced(flag::kReceive)) return;
  heap::FragmentAllocator heap(32);
  const Term shown = driver_->shown_output(heap, data);
  if (shown.is_none()) return;
  Term command = bif::make_tuple(heap, atoms::command, shown);
  tell(flag::kReceive, atoms::receive, bif::make_tuple(heap, from, command));
}

void Port::tell_request(Term from, Term kind, uint32_t number, std::string_view bytes) {
  if (!is_traced(flag::kReceive)) return;
  heap::FragmentAllocator heap(32);
  Term request = bif::make_tuple(heap, kind, bif::make_tuple(heap, Term::small(number), binary::from_text(heap, bytes)));
  tell(flag::kReceive, atoms::receive, bif::make_tuple(heap, from, request));
}

void Port::tell_reply(Term to, Term kind, std::string_view bytes) {
  if (!is_traced(flag::kSend)) return;
  heap::FragmentAllocator heap(32);
  tell(flag::kSend, atoms::send, bif::make_tuple(heap, id_, bif::make_tuple(heap, kind, binary::from_text(heap, bytes))), to);
}

void Port::tell_connect(Term from, Term to) {
  if (!is_traced(flag::kReceive)) return;
  heap::FragmentAllocator heap(8);
  tell(flag::kReceive, atoms::receive, bif::make_tuple(heap, from, bif::make_tuple(heap, atoms::connect, to)));
}

void Port::tell_closing(Term from) {
  if (!is_traced(flag::kReceive)) return;
  heap::FragmentAllocator heap(4);
  tell(flag::kReceive, atoms::receive, bif::make_tuple(heap, from, atoms::close));
}

void Port::tell_sent(Term to, Term message) {
  if (!is_traced(flag::kSend)) return;
  const process::Process* target = ports_.runtime().processes->find(to);
  tell(flag::kSend, target && !process::is_exiting(*target) ? atoms::send : atoms::send_to_non_existing_process, message, to);
}

namespace {
uint32_t profiled(Port& port) { return port.ports().runtime().profiled.load(std::memory_order_relaxed); }
}  // namespace

bool PortTurn::is_watched() const { return port_.is_traced(flag::kRunningPorts) || (profiled(port_) & (process::profile::kPorts | process::profile::kExclusive)); }

void PortTurn::begin() {
  process::Tracing* tracing = port_.ports().runtime().tracing;
  constexpr uint32_t kCaller = process::profile::kExclusive | process::profile::kProcesses;
  if (caller_ && (profiled(port_) & kCaller) == kCaller) tracing->profiled(*caller_, false);
  if (profiled(port_) & process::profile::kPorts) tracing->port_profiled(port_.id(), true);
  port_.tell(flag::kRunningPorts, atoms::in, operation_);
}

// OTP: nobody hears of the rest of a turn in which the port ended.
void PortTurn::end() {
  process::Tracing* tracing = port_.ports().runtime().tracing;
  constexpr uint32_t kCaller = process::profile::kExclusive | process::profile::kProcesses;
  if (port_.is_open()) port_.tell(flag::kRunningPorts, atoms::out, operation_);
  if (profiled(port_) & process::profile::kPorts) tracing->port_profiled(port_.id(), false);
  if (caller_ && (profiled(port_) & kCaller) == kCaller) tracing->profiled(*caller_, true);
}

}  // namespace athanor::io
