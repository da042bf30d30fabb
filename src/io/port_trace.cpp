// SPDX-License-Identifier: Apache-2.0
// What tracers hear of ports. Messages are built only where somebody listens.
#include "bif/bif.hpp"
#include "io/ports.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/state.hpp"
#include "sched/scheduling.hpp"
#include "term/atom_table.hpp"

namespace athanor::io {

namespace flag = process::trace_flag;

void Port::tell(uint32_t wanted, Term what, Term data, Term extra) {
  process::Tracing* tracing = ports_.runtime().tracing;
  if (is_traced(wanted) && tracing) tracing->port_told(id_, trace_, what, data, extra);
}

// OTP: the driver is named as the port is. Untraced no atom is made: a command is another each time, and atoms stay.
void Port::tell_opened() {
  if (!is_traced(flag::kPorts)) return;
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
// system_monitor(Pid, [{long_schedule, Ms}]): {monitor, Port, long_schedule, [{timeout, Took}, {port_op, Task}]}
void tell_long(process::Runtime& runtime, Term port, int64_t ms, Term task) {
  if (runtime.scheduling == nullptr) return;
  sched::SystemSettings& settings = runtime.scheduling->settings;
  Term watcher;
  {
    std::lock_guard lock(settings.monitor_mutex);
    watcher = Term(settings.monitor.pid_raw);
  }
  if (!watcher.is_local_pid()) return;
  heap::FragmentAllocator heap(32);
  const Term info[] = {bif::make_tuple(heap, atoms::timeout, Term::small(ms)), bif::make_tuple(heap, intern("port_op"), task.is_small() ? intern("proc_sig") : task)};
  Term message = bif::make_tuple(heap, atoms::monitor, port, atoms::long_schedule, bif::make_list(heap, info, 2));
  process::send_parcel(runtime, watcher, {message, heap.take()});
}

uint32_t profiled(Port& port) { return port.ports().runtime().profiled.load(std::memory_order_relaxed); }
constexpr uint32_t kCaller = process::profile::kExclusive | process::profile::kProcesses;
}  // namespace

bool PortTurn::is_watched() const {
  if (port_.turns_ != 0) return false;
  const process::Runtime& runtime = port_.ports().runtime();
  return port_.is_traced(flag::kRunningPorts) || (profiled(port_) & (process::profile::kPorts | process::profile::kExclusive)) ||
         (!task_.is_none() && runtime.long_slice_ms.load(std::memory_order_relaxed) != 0);
}

// OTP: the start of a port is none of its turns.
bool PortTurn::tells_profile() const { return (profiled(port_) & process::profile::kPorts) && operation_ != atoms::open; }

void PortTurn::begin() {
  if (!task_.is_none()) began_ns_ = port_.ports().runtime().clock->monotonic_ns();
  process::Tracing* tracing = port_.ports().runtime().tracing;
  if (caller_ && (profiled(port_) & kCaller) == kCaller) tracing->profiled(*caller_, false);
  if (tells_profile()) tracing->port_profiled(port_.id(), true);
  port_.tell(flag::kRunningPorts, atoms::in, operation_);
}

// OTP: nobody hears of the rest of a turn in which the port ended.
void PortTurn::end() {
  process::Runtime& runtime = port_.ports().runtime();
  const int64_t long_ms = runtime.long_slice_ms.load(std::memory_order_relaxed);
  if (began_ns_ != 0 && long_ms != 0) {
    const int64_t took_ms = (runtime.clock->monotonic_ns() - began_ns_) / 1'000'000;
    if (took_ms >= long_ms) tell_long(runtime, port_.id(), took_ms, task_);
  }
  process::Tracing* tracing = port_.ports().runtime().tracing;
  if (port_.is_open()) port_.tell(flag::kRunningPorts, atoms::out, operation_);
  if (tells_profile()) tracing->port_profiled(port_.id(), false);
  if (caller_ && (profiled(port_) & kCaller) == kCaller) tracing->profiled(*caller_, true);
}

}  // namespace athanor::io
