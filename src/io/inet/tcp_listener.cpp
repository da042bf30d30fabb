// SPDX-License-Identifier: Apache-2.0
// Accepting: who asks first is given the first connection, as a new port that is theirs.
#include <sys/socket.h>

#include <cerrno>

#include "io/inet/messages.hpp"
#include "io/inet/tcp_driver.hpp"
#include "io/inet/tcp_sendfile.hpp"
#include "io/posix_error.hpp"
#include "process/process_table.hpp"
#include "process/state.hpp"
#include "sched/scheduling.hpp"

namespace athanor::io::inet {

using sched::Scheduling;

void TcpDriver::listen(std::string_view data, Answer& answer) {
  if (!is_open()) { answer.fail("exbadport"); return; }
  if (data.size() != 2) { answer.fail(EINVAL); return; }
  if (::listen(socket_, static_cast<int16_t>(read_number(data, 2))) != 0) { answer.fail(errno); return; }
  state_ = kIsOpen | kIsListening;
  readable_ = true;
}

// Timeout in 32 bits.
void TcpDriver::accept_request(Port& port, std::string_view data, Answer& answer) {
  if (!(state_ & kIsListening) || data.size() != 4) { answer.fail(EINVAL); return; }
  uint32_t timeout_ms = read_number(data, 4);
  Accepting one = {port.caller(), 0, next_id()};
  bool is_first = accepting_ == nullptr || accepting_->empty();
  if (is_first && readable_) {
    int socket = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    int error = errno;
    if (socket >= 0) {
      Term made = accepted(port, socket, one.caller, error);
      if (made.is_none()) { answer.fail(error == Ports::kSystemLimit ? "system_limit" : error_name(EINVAL)); return; }
      answer.number(one.id, 2);
      send_async_value(port, one.caller, one.id, made);
      return;
    }
    if (error != EAGAIN) { answer.fail(error); return; }
    readable_ = false;
  }
  answer.number(one.id, 2);
  if (timeout_ms != kForever) one.timer = ports_.start_timer(port, timeout_ms);
  if (accepting_ == nullptr) accepting_ = std::make_unique<std::deque<Accepting>>();
  accepting_->push_back(one);
  state_ = static_cast<uint16_t>(state_ | kIsAccepting | (accepting_->size() > 1 ? kHasSeveralAccepting : 0));
  watch(port, Scheduling::kReadable);
}

void TcpDriver::accept_done() {
  if (accepting_ == nullptr || !accepting_->empty()) return;
  accepting_.reset();
  state_ = static_cast<uint16_t>(state_ & ~(kIsAccepting | kHasSeveralAccepting));
}

static bool is_alive(process::Runtime& runtime, Term pid) {
  process::Process* found = runtime.processes->find(pid);
  return found != nullptr && !process::is_exiting(*found);
}

void TcpDriver::forget_dead_acceptors() {
  if (accepting_ == nullptr) return;
  std::erase_if(*accepting_, [this](const Accepting& one) {
    if (is_alive(ports_.runtime(), one.caller)) return false;
    if (one.timer != 0) ports_.cancel_timer(one.timer);
    return true;
  });
  accept_done();
}

void TcpDriver::accept_all(Port& port) {
  while (readable_ && accepting_ != nullptr && !accepting_->empty()) {
    Accepting one = accepting_->front();
    bool may_have_it = is_alive(ports_.runtime(), one.caller);
    int socket = -1, error = 0;
    if (may_have_it) {
      socket = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      error = errno;
      if (socket < 0 && (error == EAGAIN || error == EINTR || error == ECONNABORTED)) {
        if (error == EAGAIN) readable_ = false;
        continue;
      }
    }
    accepting_->pop_front();
    if (one.timer != 0) ports_.cancel_timer(one.timer);
    if (!may_have_it) { accept_done(); continue; }
    Term made = socket < 0 ? Term::none() : accepted(port, socket, one.caller, error);
    accept_done();
    if (!made.is_none()) send_async_value(port, one.caller, one.id, made);
    else if (error == Ports::kSystemLimit) send_async_error(port, one.caller, one.id, atoms::system_limit);
    else send_async_error(port, one.caller, one.id, error_atom(error == Ports::kNoOwner ? EINVAL : error));
  }
}

// A port for the socket, with what a listener hands on. None: an error number, and the socket is closed.
Term TcpDriver::accepted(Port& port, int socket, Term caller, int& error) {
  auto driver = std::make_unique<TcpDriver>(ports_);
  TcpDriver& fresh = *driver;
  fresh.socket_ = socket;
  fresh.state_ = kIsOpen | kIsConnected;
  fresh.family_ = family_;
  fresh.options_ = options_;
  fresh.options_.active = kPassive;
  fresh.options_.active_count = 0;
  fresh.options_.line_delimiter = '\n';
  fresh.options_.buffer_is_set = false;
  fresh.high_ = high_;
  fresh.low_ = low_;
  fresh.send_timeout_ = send_timeout_;
  fresh.send_timeout_close_ = send_timeout_close_;
  fresh.show_reset_ = show_reset_;
  fresh.linger_zero_ = linger_zero_;
  std::shared_ptr<Port> made = ports_.create(caller, port.name(), std::move(driver), error);
  return made == nullptr ? Term::none() : made->id();
}

}  // namespace athanor::io::inet
