// SPDX-License-Identifier: Apache-2.0
#include "io/socket/socket.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "io/socket/messages.hpp"
#include "io/socket/sockets.hpp"
#include "sched/scheduling.hpp"
#include "term/atom_table.hpp"
#include "term/compare.hpp"
#include "term/magic_reference.hpp"

namespace athanor::io::socket {

using sched::Scheduling;

Socket::Socket(std::shared_ptr<Sockets> of, int number, int its_domain, int its_type, int its_protocol)
    : sockets(std::move(of)), domain(its_domain), type(its_type), protocol(its_protocol), descriptor(number) {
  meta.term = atoms::undefined;
}

// Nobody refers to it any more: nobody waits, and the poller has let go.
Socket::~Socket() {
  sockets->forget(*this);
  if (descriptor >= 0) sockets->count_closed(*this);
  if (descriptor >= 0 && close_on_close) ::close(descriptor);
  if (sendfile_descriptor >= 0) ::close(sendfile_descriptor);
  for (Side* side : {&read, &write}) {
    heap::discard(side->current.reference);
    for (Waiter& waiter : side->queue) heap::discard(waiter.reference);
  }
  heap::discard(meta);
}

Term Socket::reference(Allocator& heap) {
  retain();
  return make_magic_box(heap, reference_words[0], reference_words[1], this);
}

Socket::Turn Socket::take_turn(Side& side, Term pid, Term reference) {
  if (side.current.pid.is_none() || side.current.pid == pid) return Turn::Ours;
  for (const Waiter& waiter : side.queue)
    if (waiter.pid == pid) return Turn::Repeated;
  if (reference.is_atom()) return Turn::Ours;
  side.queue.push_back({pid, heap::pack(reference, nullptr)});
  sockets->watch(*this, pid);
  return Turn::Queued;
}

void Socket::become_current(Side& side, Role role, Term pid, Term reference) {
  heap::Parcel copy = heap::pack(reference, nullptr);
  {
    std::lock_guard lock(side.question_mutex);
    std::swap(side.current.reference, copy);
    side.current.pid = pid;
  }
  heap::discard(copy);
  side.role = role;
  sockets->watch(*this, pid);
}

void Socket::ask(Side& side) {
  {
    std::lock_guard lock(side.question_mutex);
    side.armed = true;
  }
  side.state |= kSelected;
  if (!polled_.exchange(true, std::memory_order_acq_rel)) retain();
  Scheduling* scheduling = sockets->runtime().scheduling;
  if (&side == &read) scheduling->poll(descriptor, Scheduling::kReadable, readable, this);
  else scheduling->poll(descriptor, Scheduling::kWritable, writable, this);
}

void Socket::readable(void* socket, uint32_t) { static_cast<Socket*>(socket)->answer(static_cast<Socket*>(socket)->read); }
void Socket::writable(void* socket, uint32_t) { static_cast<Socket*>(socket)->answer(static_cast<Socket*>(socket)->write); }

// The poller's thread. An answer that nobody waits for any more is one to a cancelled question.
void Socket::answer(Side& side) {
  std::lock_guard lock(side.question_mutex);
  if (!side.armed) return;
  side.armed = false;
  send_select(sockets->runtime(), *this, side.current.pid, side.current.reference.term);
}

void Socket::clear_current(Side& side) {
  heap::Parcel old;
  {
    std::lock_guard lock(side.question_mutex);
    side.armed = false;
    side.current.pid = Term::none();
    std::swap(side.current.reference, old);
  }
  heap::discard(old);
}

void Socket::finish(Side& side) {
  if (side.current.pid.is_none()) return;
  clear_current(side);
  if (side.queue.empty()) {
    side.role = Role::None;
    side.state &= ~(kAccepting | kConnecting);
    return;
  }
  Waiter next = side.queue.front();
  side.queue.erase(side.queue.begin());
  {
    std::lock_guard lock(side.question_mutex);
    side.current = next;
  }
  ask(side);
}

void Socket::abort_all(Side& side, Term reason) {
  for (Waiter& waiter : side.queue) {
    send_abort(sockets->runtime(), *this, waiter.pid, waiter.reference.term, reason);
    heap::discard(waiter.reference);
  }
  side.queue.clear();
}

void Socket::fail(Side& side, Term reason) {
  abort_all(side, reason);
  finish(side);
}

Socket::Cancelled Socket::cancel(Side& side, Term pid, Term reference) {
  if (side.current.pid == pid) {
    if (!equal_exact(side.current.reference.term, reference)) return Cancelled::NotFound;
    bool was_armed;
    {
      std::lock_guard lock(side.question_mutex);
      was_armed = side.armed;
      side.armed = false;
    }
    finish(side);
    return was_armed ? Cancelled::Yes : Cancelled::MessageSent;
  }
  for (auto at = side.queue.begin(); at != side.queue.end(); ++at) {
    if (at->pid != pid) continue;
    if (!equal_exact(at->reference.term, reference)) return Cancelled::NotFound;
    heap::discard(at->reference);
    side.queue.erase(at);
    return Cancelled::Yes;
  }
  return Cancelled::NotFound;
}

void Socket::stop() {
  for (Side* side : {&write, &read}) {
    side->state |= kClosing;
    bool was_armed;
    {
      std::lock_guard lock(side->question_mutex);
      was_armed = side->armed;
      side->armed = false;
    }
    if (was_armed) send_abort(sockets->runtime(), *this, side->current.pid, side->current.reference.term, atoms::closed);
    abort_all(*side, atoms::closed);
    clear_current(*side);
    side->role = Role::None;
  }
  if (polled_.load(std::memory_order_acquire)) sockets->runtime().scheduling->stop_polling(descriptor);
}

Socket::Remains Socket::give_up() {
  Remains remains;
  remains.descriptor = descriptor;
  remains.file = sendfile_descriptor;
  remains.was_open = descriptor >= 0;
  descriptor = sendfile_descriptor = -1;
  for (Side* side : {&read, &write}) side->state |= kClosed;
  owner = closer = Term::none();
  heap::discard(meta);
  meta.term = atoms::undefined;
  return remains;
}

int Socket::dispose(const Remains& remains) {
  if (!remains.was_open) return 0;
  int error = 0;
  sockets->count_closed(*this);
  if (close_on_close && ::close(remains.descriptor) != 0) error = errno;
  if (remains.file >= 0) ::close(remains.file);
  if (use_registry.load(std::memory_order_relaxed)) tell_registry(sockets->runtime(), *this, RegistryChange::Delete);
  sockets->forget(*this);
  if (polled_.exchange(false, std::memory_order_acq_rel)) release();   // the caller holds another count
  return error;
}

void Socket::drop(Side& side, Term pid) {
  if (side.current.pid == pid) return finish(side);
  for (auto at = side.queue.begin(); at != side.queue.end(); ++at) {
    if (at->pid != pid) continue;
    heap::discard(at->reference);
    side.queue.erase(at);
    return;
  }
}

// A close that lingers waits for the peer: not on a scheduler.
void Socket::process_exited(Term pid) {
  Remains remains;
  bool lingers = false;
  {
    std::scoped_lock lock(read.mutex, write.mutex);
    if ((read.state & kClosed) != 0) return;
    if (pid != closer && pid != owner) {
      drop(read, pid);
      drop(write, pid);
      return;
    }
    if (pid == owner) owner = Term::none();
    if (pid != closer && !read.is_open()) return;          // another process is closing it
    if (read.is_open()) stop();
    linger option{};
    socklen_t bytes = sizeof option;
    lingers = close_on_close && ::getsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, &bytes) == 0 && option.l_onoff != 0 && option.l_linger > 0;
    remains = give_up();
  }
  if (!lingers) {
    dispose(remains);
    return;
  }
  struct Job { Socket* socket; Remains remains; };
  retain();
  sockets->runtime().scheduling->run_in_background(
      [](void* argument) {
        std::unique_ptr<Job> job(static_cast<Job*>(argument));
        job->socket->dispose(job->remains);
        job->socket->release();
      },
      new Job{this, remains});
}

}  // namespace athanor::io::socket
