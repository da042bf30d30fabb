// SPDX-License-Identifier: Apache-2.0
#include "driver/handle.hpp"

#include "bif/bif.hpp"
#include "nif/library.hpp"
#include "process/send.hpp"
#include "sched/thread_kind.hpp"

namespace athanor::driver {

namespace {
thread_local Callback* innermost = nullptr;

bool holds(const std::mutex& lock) {
  for (const Callback* at = innermost; at; at = at->outer) {
    if (&at->port.port().mutex() == &lock) return true;
    for (const auto& created : at->created) {
      if (&created->mutex() == &lock) return true;
    }
  }
  return false;
}
}  // namespace

Callback* Callback::current() { return innermost; }

bool Callback::is_inside(io::Port& port) {
  for (const Callback* at = innermost; at; at = at->outer) {
    if (&at->port.port() == &port) return true;
  }
  return false;
}

Callback::Callback(ForeignPort& port) : port(port), outer(innermost) {
  if (!outer) port.take_consumed_percent();   // of a callback before that nobody asked for
  innermost = this;
}

Callback::~Callback() {
  innermost = outer;
  for (const auto& other : created) {
    static_cast<ForeignPort&>(other->driver()).callback_ended();
    other->mutex().unlock();
  }
  if (outer) return;
  port.port().set_caller(Term::nil());
  port.callback_ended();
}

void complain(process::Runtime& runtime, const char* function, const char* what) {
  heap::FragmentAllocator heap(256);
  const Term words[] = {bif::latin1_list(heap, function), bif::latin1_list(heap, what)};
  process::log_event(runtime, atoms::error, "Driver misuses ~s: ~s~n", bif::make_list(heap, words, 2), Term::none(), Term::none());
}

Handle::Handle(ErlDrvPort raw, const char* function, const void* caller, Needs needs) {
  for (Callback* at = innermost; at; at = at->outer) {
    if (at->port.handle() != raw) continue;
    if (at->port.is_there()) foreign_ = &at->port;
    return;
  }
  find_elsewhere(raw, function, caller, needs);
}

Handle::~Handle() {
  if (lock_.owns_lock() && foreign_) foreign_->callback_ended();
}

void Handle::find_elsewhere(ErlDrvPort raw, const char* function, const void* caller, Needs needs) {
  process::Runtime& runtime = nif::machine_of_caller_or_end(caller, function);
  entry_.emplace(runtime);
  inside_.emplace(runtime);
  if (inside_->is_refused()) return;
  if (!is_handle(raw)) {
    // OTP: drivers mark "no port" with -1 and null, and ask about them.
    const auto value = reinterpret_cast<intptr_t>(raw);
    if (value != 0 && value != -1) complain(runtime, function, "this is no port's handle");
    return;
  }
  held_ = runtime.ports->find_working(number_of(raw));
  auto* found = held_ ? dynamic_cast<ForeignPort*>(&held_->driver()) : nullptr;
  if (!found) return;
  const bool by_queue_lock = needs == Needs::QueueLock && found->has_pdl();
  if (!by_queue_lock && !holds(held_->mutex())) {
    if (innermost) {
      complain(runtime, function, "the port has a lock of its own, which the calling function does not hold");
      return;
    }
    lock_ = std::unique_lock(held_->mutex());
  }
  if (found->is_there()) foreign_ = found;
}

}  // namespace athanor::driver
