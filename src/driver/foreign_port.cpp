// SPDX-License-Identifier: Apache-2.0
#include "driver/foreign_port.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/utf8.hpp"
#include "bif/bif.hpp"
#include "bif/iodata.hpp"
#include "driver/handle.hpp"
#include "driver/select.hpp"
#include "io/posix_error.hpp"
#include "process/send.hpp"
#include "term/external/external.hpp"

namespace athanor::driver {

Term name_atom(std::string_view latin1) { return intern(base::utf8_of_latin1(latin1)); }

std::unique_ptr<io::PortDriver> make_port(process::Runtime& runtime, const std::string& name, const io::PortOptions& options, int& error) {
  Driver* driver = runtime.drivers->take_for_port(name);
  if (!driver) return nullptr;
  auto made = std::make_unique<ForeignPort>(*runtime.drivers, *driver, options);
  const bool is_refused = options.exit_status || options.has_port_limits || (options.has_queue_limits && driver->has(ERL_DRV_FLAG_NO_BUSY_MSGQ));
  if (!is_refused) return made;
  error = io::kBadArgument;
  return nullptr;
}

ForeignPort::ForeignPort(Drivers& drivers, Driver& driver, const io::PortOptions& options) : drivers_(drivers), driver_(driver), command_(options.name) {
  if (options.line_length != 0) lines_.emplace(0, options.line_length);
  if (driver.has(ERL_DRV_FLAG_NO_BUSY_MSGQ)) has_queue_limits = false;
  low_queue_limit = options.low_queue_limit;
  high_queue_limit = options.high_queue_limit;
}

ForeignPort::~ForeignPort() {
  if (is_counted_) drivers_.port_stopped(driver_);
  if (Pdl* pdl = pdl_.load()) release(pdl);
  drivers_.port_gone(driver_);
}

int ForeignPort::start(io::Port& port) {
  port_ = &port;
  handle_ = handle_of(port.id());
  port.set_caller(port.owner());
  ErlDrvData given = nullptr;
  int error = 0;
  if (driver_.entry.start) {
    Callback inside(*this);
    std::string command = command_;   // the driver may write into it
    errno = 0;
    given = driver_.entry.start(handle_, command.data());
    error = errno;
  }
  if (state() != State::New) return 0;   // it has failed by name
  const auto result = reinterpret_cast<intptr_t>(given);
  if (result <= -1 && result >= -3) {
    set(State::Stopped);
    let_go();
    return result == -1 ? EINVAL : result == -2 ? error : io::kBadArgument;
  }
  data_ = given;
  set(State::Working);
  return 0;
}

void ForeignPort::adopt(io::Port& port, ErlDrvData data) {
  port_ = &port;
  handle_ = handle_of(port.id());
  data_ = data;
  set(State::Working);
}

size_t ForeignPort::queued_bytes() const {
  PdlLock lock(pdl_);
  return queue_.size();
}

// --- what processes ask ---

void ForeignPort::output(io::Port&, std::string&& bytes) {
  if (state() != State::Working) return;
  Callback inside(*this);
  if (driver_.entry.outputv) {
    OutputVector vector;
    vector.set(bytes);
    driver_.entry.outputv(data_, vector.get());
  } else if (driver_.entry.output) {
    driver_.entry.output(data_, bytes.data(), bytes.size());
  }
}

bool ForeignPort::output_data(io::Port& port, Term data, size_t& bytes) {
  if (driver_.entry.outputv) {
    OutputVector vector;
    if (!vector.read(data)) return false;
    bytes = vector.size();
    if (state() != State::Working) return true;
    Callback inside(*this);
    driver_.entry.outputv(data_, vector.get());
    return true;
  }
  std::string flat;
  if (!bif::iolist_to_string(data, flat)) return false;
  bytes = flat.size();
  output(port, std::move(flat));
  return true;
}

Term ForeignPort::shown_output(Allocator& heap, Term data) {
  if (!driver_.entry.outputv) return PortDriver::shown_output(heap, data);
  OutputVector vector;
  if (!vector.read(data)) return Term::none();
  const ErlIOVec& elements = *vector.get();
  Term list = Term::nil();
  for (int i = elements.vsize; i-- > 0;) {
    if (elements.iov[i].iov_len != 0) list = bif::cons(heap, binary::from_bytes(heap, elements.iov[i].iov_base, elements.iov[i].iov_len), list);
  }
  return list;
}

// OTP: the driver gets room for 64 bytes; what is longer it allocates, a binary where it has said that it answers binaries.
Term ForeignPort::control_data(io::Port&, Allocator& heap, uint32_t operation, Term data) {
  if (!driver_.entry.control || state() != State::Working) return Term::none();
  bif::iodata::Flat request;
  if (request.read(data) != bif::iodata::Measured::Ok) return Term::none();
  char room[64];
  char* reply = room;
  ErlDrvSSizeT size;
  {
    Callback inside(*this);
    size = driver_.entry.control(data_, operation, reinterpret_cast<char*>(const_cast<uint8_t*>(request.bytes())), request.size(), &reply, sizeof room);
  }
  if (size < 0) return Term::none();
  if (!reply) return Term::nil();
  if (!(control_flags & PORT_CONTROL_FLAG_BINARY)) {
    const Term list = bif::latin1_list(heap, {reply, static_cast<size_t>(size)});
    if (reply != room) driver_free(reply);
    return list;
  }
  if (reply == room) return binary::from_bytes(heap, reply, std::min(static_cast<size_t>(size), sizeof room));
  OffHeapBinary* given = off_heap_of(reinterpret_cast<ErlDrvBinary*>(reply));
  if (given->size > binary::kHeapBinaryMax) return binary::from_off_heap(heap, given, given->size);
  const Term copied = binary::from_bytes(heap, given->data(), given->size);
  given->release();
  return copied;
}

Term ForeignPort::call(io::Port& port, Allocator& heap, uint32_t operation, Term data) {
  if (!driver_.entry.call || state() != State::Working) return Term::none();
  std::string request;
  external::encode(data, {}, request);
  port.tell_request(port.caller(), atoms::call, operation, request);
  const Term caller = port.caller();
  char room[256];
  char* reply = room;
  unsigned flags = 0;
  ErlDrvSSizeT size;
  {
    Callback inside(*this);
    size = driver_.entry.call(data_, operation, request.data(), request.size(), &reply, sizeof room, &flags);
  }
  Term answer = Term::none();
  if (size > 0 && reply) port.tell_reply(caller, atoms::call, {reply, static_cast<size_t>(size)});
  if (size > 0 && reply) answer = external::decode(heap, reinterpret_cast<const uint8_t*>(reply), static_cast<size_t>(size), {}).term;
  if (size > 0 && reply && reply != room && !(flags & DRIVER_CALL_KEEP_BUFFER)) driver_free(reply);
  return answer;
}

// --- what happens to it ---

void ForeignPort::ready(int descriptor, bool to_read) {
  const auto event = reinterpret_cast<ErlDrvEvent>(static_cast<intptr_t>(descriptor));
  const auto function = to_read ? driver_.entry.ready_input : driver_.entry.ready_output;
  Callback inside(*this);
  if (function) {
    function(data_, event);
    return;
  }
  complain(drivers_.runtime, to_read ? "ready_input()" : "ready_output()", "the driver has selected a descriptor but does not have this function");
  drivers_.selections().select(*this, descriptor, (to_read ? ERL_DRV_READ : ERL_DRV_WRITE) | ERL_DRV_USE_NO_CALLBACK, false);
}

void ForeignPort::ready_async(ErlDrvThreadData data) {
  Callback inside(*this);
  driver_.entry.ready_async(data_, data);
}

void ForeignPort::timer_expired(io::Port&, uint64_t timer) {
  if (timer != timer_ || !is_there()) return;
  timer_ = 0;
  if (!driver_.entry.timeout) return;
  Callback inside(*this);
  driver_.entry.timeout(data_);
}

void ForeignPort::set_timer(unsigned long milliseconds) {
  cancel_timer();
  timer_ = drivers_.runtime.ports->start_timer(*port_, static_cast<int64_t>(std::min<unsigned long>(milliseconds, INT64_MAX / 2'000'000)));
}

void ForeignPort::cancel_timer() {
  if (timer_ != 0) drivers_.runtime.ports->cancel_timer(timer_);
  timer_ = 0;
}

unsigned long ForeignPort::read_timer() const {
  if (timer_ == 0) return 0;
  const int64_t left = drivers_.runtime.ports->read_timer(timer_);
  return left < 0 ? 0 : static_cast<unsigned long>(left);
}

// --- the end ---

void ForeignPort::drop_queue() {
  PdlLock lock(pdl_);
  queue_.clear();
}

int ForeignPort::fail(Term reason, Failure failure) {
  io::Port& port = *port_;
  if (!acknowledge_to_.is_none()) acknowledge(port.id());
  if (failure == Failure::EndOfInput && lines_) lines_->finish([&](io::Framing::Piece piece, std::string_view bytes) { port.send_piece(piece, bytes); });
  if (state() == State::Flushing) {
    stop();
    return 0;
  }
  if (state() != State::Working && state() != State::New) return 0;
  if (failure == Failure::EndOfInput && port.has_soft_eof()) {
    port.end_of_input();
    return 0;
  }
  drop_queue();
  port.end(failure == Failure::EndOfInput ? atoms::normal : reason);
  return 0;
}

void ForeignPort::close_for(io::Port& port, Term reason) {
  end_monitors();
  if (state() == State::New) {   // it failed in its start function: there is nothing to stop
    set(State::Stopped);
    let_go();
    drivers_.runtime.ports->release(port);
    return;
  }
  if (reason == atoms::kill || queued_bytes() == 0) {
    stop();
    return;
  }
  has_flushed_.store(true, std::memory_order_release);
  set(State::Flushing);
  Callback inside(*this);
  if (driver_.entry.flush) driver_.entry.flush(data_);
  if (!inside.outer) return;   // looked at when the callback ends
  callback_ended();
}

void ForeignPort::callback_ended() {
  if (state() == State::Flushing && queued_bytes() == 0) stop();
}

void ForeignPort::stop() {
  if (state() == State::Stopping || state() == State::Stopped) return;
  io::Port& port = *port_;
  const bool told_later = state() == State::Flushing;
  set(State::Stopping);
  cancel_timer();
  if (driver_.entry.stop) {
    Callback inside(*this);
    driver_.entry.stop(data_);
  }
  set(State::Stopped);
  let_go();
  if (told_later) port.confirm_close();
  drivers_.runtime.ports->release(port);
}

void ForeignPort::let_go() {
  cancel_timer();
  drivers_.selections().forget(*this);
  drop_queue();
  if (Pdl* pdl = pdl_.exchange(nullptr)) release(pdl);
  if (is_counted_) drivers_.port_stopped(driver_);
  is_counted_ = false;
}

// The machine ends: what is queued gets its chance, and every driver its stop.
void ForeignPort::flush() {
  nif::Entry entry(drivers_.runtime);    // the thread that waits for the machine's end is none of its own
  nif::Inside inside_epoch(drivers_.runtime);
  if (state() == State::Working) {
    if (queued_bytes() != 0 && driver_.entry.flush) {
      Callback inside(*this);
      driver_.entry.flush(data_);
    }
    set(State::Stopping);
    cancel_timer();
    Callback inside(*this);
    if (driver_.entry.stop) driver_.entry.stop(data_);
  }
}

Pdl* ForeignPort::make_pdl() {
  if (has_pdl() || !takes_output()) return nullptr;
  pdl_.store(new Pdl, std::memory_order_release);
  return pdl_.load(std::memory_order_relaxed);
}

Pdl* ForeignPort::retain_pdl() {
  Pdl* const pdl = pdl_.load(std::memory_order_acquire);
  if (pdl) pdl->references.fetch_add(1, std::memory_order_relaxed);
  return pdl;
}

// --- the start that is acknowledged ---

void ForeignPort::acknowledge_to(Term owner, const uint64_t reference[3]) {
  acknowledge_to_ = owner;
  std::copy_n(reference, 3, acknowledge_reference_);
}

// {Ref, Port | Error}
void ForeignPort::acknowledge(Term answer) {
  heap::FragmentAllocator heap(16);
  const Term message = bif::make_tuple(heap, process::reference_from_words(heap, acknowledge_reference_), answer);
  if (!answer.is_local_port()) port_->unlink_owner();
  const Term to = acknowledge_to_;
  acknowledge_to_ = Term::none();
  port_->send_term(to, heap, message);
}

void ForeignPort::acknowledge_start(ErlDrvData given, int error) {
  if (acknowledge_to_.is_none()) return;
  const auto result = reinterpret_cast<intptr_t>(given);
  const bool refused = result <= -1 && result >= -3;
  acknowledge(!refused ? port_->id() : result == -1 ? atoms::einval : result == -2 ? io::error_atom(error) : atoms::badarg);
  if (refused) fail(atoms::normal, Failure::Reason);
  else data_ = given;
}

}  // namespace athanor::driver
