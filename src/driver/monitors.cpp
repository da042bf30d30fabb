// SPDX-License-Identifier: Apache-2.0
// Processes that drivers watch. The process knows the port as its watcher; an ErlDrvMonitor holds the words of the reference.
#include <cstring>

#include "driver/handle.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/signal.hpp"

namespace athanor::driver {

namespace {

using Key = std::pair<uint64_t, uint64_t>;
static_assert(sizeof(ErlDrvMonitor) >= 2 * sizeof(uint64_t));

void write(const Key& key, ErlDrvMonitor* into) {
  std::memset(into, 0, sizeof *into);
  std::memcpy(into->data, &key.first, sizeof key.first);
  std::memcpy(into->data + sizeof key.first, &key.second, sizeof key.second);
}
Key read(const ErlDrvMonitor& from) {
  Key key;
  std::memcpy(&key.first, from.data, sizeof key.first);
  std::memcpy(&key.second, from.data + sizeof key.first, sizeof key.second);
  return key;
}

bool send(process::Runtime& runtime, process::SignalKind kind, Term from, const Key& key, Term to) {
  process::Signal* signal = process::Signal::create(kind);
  signal->from = from;
  signal->reference[0] = key.first;
  signal->reference[1] = key.second;
  return process::deliver(runtime, to, signal);
}

}  // namespace

// OTP: 0; above 0: no such process; below: the driver has no function for it.
int ForeignPort::monitor(Term pid, ErlDrvMonitor* into) {
  if (!driver_.entry.process_exit) return -1;
  if (!pid.is_local_pid()) return 1;
  heap::FragmentAllocator heap(kReferenceWords);
  uint64_t words[3];
  process::reference_words(process::make_reference(drivers_.runtime, heap), words);
  const Key key{words[0], words[1]};
  PdlLock lock(pdl_);
  monitors_.emplace(key, pid);
  if (!send(drivers_.runtime, process::SignalKind::Monitor, port_->id(), key, pid)) {
    monitors_.erase(key);
    return 1;
  }
  write(key, into);
  return 0;
}

bool ForeignPort::demonitor(const ErlDrvMonitor& monitor) {
  const Key key = read(monitor);
  PdlLock lock(pdl_);
  auto found = monitors_.find(key);
  if (found == monitors_.end()) return false;
  send(drivers_.runtime, process::SignalKind::Demonitor, port_->id(), key, found->second);
  monitors_.erase(found);
  return true;
}

Term ForeignPort::monitored(const ErlDrvMonitor& monitor) const {
  PdlLock lock(pdl_);
  auto found = monitors_.find(read(monitor));
  return found == monitors_.end() ? Term::nil() : found->second;
}

std::vector<Term> ForeignPort::watched() const {
  PdlLock lock(pdl_);
  std::vector<Term> result;
  for (const auto& [key, pid] : monitors_) result.push_back(pid);
  return result;
}

void ForeignPort::process_down(io::Port&, const uint64_t reference[3]) {
  const Key key{reference[0], reference[1]};
  {
    PdlLock lock(pdl_);
    if (monitors_.erase(key) == 0) return;
  }
  ErlDrvMonitor monitor;
  write(key, &monitor);
  Callback inside(*this);
  driver_.entry.process_exit(data_, &monitor);
}

void ForeignPort::end_monitors() {
  PdlLock lock(pdl_);
  for (const auto& [key, pid] : monitors_) send(drivers_.runtime, process::SignalKind::Demonitor, port_->id(), key, pid);
  monitors_.clear();
}

}  // namespace athanor::driver

using namespace athanor::driver;

int driver_monitor_process(ErlDrvPort raw, ErlDrvTermData process, ErlDrvMonitor* monitor) {
  Handle port(raw, ATH_DRIVER_CALL, Handle::Needs::QueueLock);
  return port ? port->monitor(term_of(process), monitor) : -1;
}
int driver_demonitor_process(ErlDrvPort raw, const ErlDrvMonitor* monitor) {
  Handle port(raw, ATH_DRIVER_CALL, Handle::Needs::QueueLock);
  return port ? !port->demonitor(*monitor) : -1;
}
ErlDrvTermData driver_get_monitored_process(ErlDrvPort raw, const ErlDrvMonitor* monitor) {
  Handle port(raw, ATH_DRIVER_CALL, Handle::Needs::QueueLock);
  return port ? raw_of(port->monitored(*monitor)) : driver_term_nil;
}
int driver_compare_monitors(const ErlDrvMonitor* a, const ErlDrvMonitor* b) { return std::memcmp(a->data, b->data, sizeof a->data); }
