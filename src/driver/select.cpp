// SPDX-License-Identifier: Apache-2.0
#include "driver/select.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include "bif/bif.hpp"
#include "driver/handle.hpp"
#include "process/send.hpp"
#include "sched/scheduling.hpp"

namespace athanor::driver {

using sched::Scheduling;

// One question for both directions. With the lock.
void Selections::ask(Entry& entry) {
  const uint32_t interest = (entry.readers.is_none() ? 0 : Scheduling::kReadable) | (entry.writers.is_none() ? 0 : Scheduling::kWritable);
  if (interest != 0 && !entry.is_running) drivers_.runtime.scheduling->poll(entry.descriptor, interest, told, &entry);
}

// On the poller's thread.
void Selections::told(void* raw, uint32_t ready) {
  auto& entry = *static_cast<Entry*>(raw);
  {
    std::lock_guard guard(entry.all->mutex_);
    if (entry.is_running || !is_claimed(entry)) return;
    entry.is_running = true;
    entry.ready = ready;
  }
  entry.all->drivers_.runtime.scheduling->run_in_background(run, &entry);
}

void Selections::run(void* raw) {
  auto& entry = *static_cast<Entry*>(raw);
  Selections& all = *entry.all;
  process::ThreadScope scope(all.drivers_.runtime);
  const uint32_t ready = entry.ready;
  if (ready & Scheduling::kReadable) all.call(entry, true);
  if (ready & Scheduling::kWritable) all.call(entry, false);
  std::lock_guard guard(all.mutex_);
  entry.is_running = false;
  all.ask(entry);
}

// Whoever waits is looked for again: the callback before may have changed it.
void Selections::call(Entry& entry, bool to_read) {
  const auto wanted = [&] {
    std::lock_guard guard(mutex_);
    return to_read ? entry.readers : entry.writers;
  };
  const Term id = wanted();
  std::shared_ptr<io::Port> port = id.is_none() ? nullptr : drivers_.runtime.ports->find_working(id.port_number());
  if (!port) return;
  std::lock_guard lock(port->mutex());
  if (wanted() != id) return;
  auto& foreign = static_cast<ForeignPort&>(port->driver());
  const io::PortTurn turn(*port, Term::small(0));
  if (foreign.is_there()) foreign.ready(entry.descriptor, to_read);
}

// OTP: who selects last has the descriptor, and an error report says so.
void Selections::report_stealing(ForeignPort& thief, Term victim, int descriptor, int mode) {
  std::shared_ptr<io::Port> port = drivers_.runtime.ports->find_working(victim.port_number());
  const std::string text = fmt::format("driver_select({}, {},{}{}{}, 1) by {} driver #Port<0.{}> stealing control of fd={} from {} #Port<0.{}>", fmt::ptr(thief.handle()),
                                       descriptor, mode & ERL_DRV_READ ? " ERL_DRV_READ" : "", mode & ERL_DRV_WRITE ? " ERL_DRV_WRITE" : "", mode & ERL_DRV_USE ? " ERL_DRV_USE" : "",
                                       thief.driver().name, thief.port().id().port_number(), descriptor, port ? "input/output driver " + port->name() : "a driver that is gone", victim.port_number());
  heap::FragmentAllocator heap(16 + text.size() * 2);
  const Term word = bif::latin1_list(heap, text);
  process::log_event(drivers_.runtime, atoms::error, "~s~n", bif::make_list(heap, &word, 1), Term::none(), Term::none());
}

int Selections::select(ForeignPort& port, int descriptor, int mode, bool on) {
  if (descriptor < 0) return -1;
  if (on && ::fcntl(descriptor, F_GETFD) < 0) {
    complain(drivers_.runtime, "driver_select", "the descriptor is not open");   // OTP: 0 all the same
    return 0;
  }
  const Term id = port.port().id();
  Term victim = Term::none();
  bool is_free = false;
  {
    std::lock_guard guard(mutex_);
    std::unique_ptr<Entry>& place = entries_[descriptor];
    if (!place) place.reset(new Entry{this, descriptor, Term::none(), Term::none()});
    Entry& entry = *place;
    if (on) {
      if (mode & ERL_DRV_USE) entry.is_used = true;
      for (Term* waiting : {&entry.readers, &entry.writers}) {
        if (!(mode & (waiting == &entry.readers ? ERL_DRV_READ : ERL_DRV_WRITE)) || *waiting == id) continue;
        if (!waiting->is_none()) victim = *waiting;
        *waiting = id;
      }
      if (!victim.is_none()) {
        // All that the other had goes.
        if (entry.readers == victim) entry.readers = Term::none();
        if (entry.writers == victim) entry.writers = Term::none();
      }
      ask(entry);
    } else {
      const bool all = (mode & ERL_DRV_USE_NO_CALLBACK) == ERL_DRV_USE;   // OTP: without a callback only what is named
      if ((mode & ERL_DRV_READ) || all) entry.readers = Term::none();
      if ((mode & ERL_DRV_WRITE) || all) entry.writers = Term::none();
      if ((mode & ERL_DRV_USE) && !is_claimed(entry)) entry.is_used = false;
      is_free = !is_claimed(entry) && !entry.is_used;
      if (!is_free) ask(entry);
    }
  }
  if (!victim.is_none()) report_stealing(port, victim, descriptor, mode);
  if (on) return 0;
  if (is_free) drivers_.runtime.scheduling->stop_polling(descriptor);   // nobody looks at it any more
  if ((mode & ERL_DRV_USE_NO_CALLBACK) != ERL_DRV_USE) return 0;
  if (port.driver().entry.stop_select) {
    Callback inside(port);
    port.driver().entry.stop_select(reinterpret_cast<ErlDrvEvent>(static_cast<intptr_t>(descriptor)), nullptr);
  } else {
    complain(drivers_.runtime, "driver_select", "ERL_DRV_USE is taken back, but the driver has no stop_select()");
  }
  return 0;
}

size_t Selections::closed_count() {
  std::lock_guard guard(mutex_);
  size_t count = 0;
  for (const auto& [descriptor, entry] : entries_) {
    if (is_claimed(*entry) && ::fcntl(descriptor, F_GETFD) < 0) ++count;
  }
  return count;
}

void Selections::forget(ForeignPort& port) {
  const Term id = port.port().id();
  std::vector<int> left;
  {
    std::lock_guard guard(mutex_);
    for (auto& [descriptor, entry] : entries_) {
      if (entry->readers != id && entry->writers != id) continue;
      if (entry->readers == id) entry->readers = Term::none();
      if (entry->writers == id) entry->writers = Term::none();
      if (!is_claimed(*entry)) left.push_back(descriptor);
    }
  }
  for (const int descriptor : left) drivers_.runtime.scheduling->stop_polling(descriptor);
}

}  // namespace athanor::driver

int driver_select(ErlDrvPort raw, ErlDrvEvent event, int mode, int on) {
  athanor::driver::Handle port(raw, ATH_DRIVER_CALL);
  if (!port) return -1;
  return port->drivers().selections().select(*port.operator->(), static_cast<int>(reinterpret_cast<intptr_t>(event)), mode, on != 0);
}
