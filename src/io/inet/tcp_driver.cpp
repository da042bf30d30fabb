// SPDX-License-Identifier: Apache-2.0
// Requests to a stream socket, and its end.
#include "io/inet/tcp_driver.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "io/inet/messages.hpp"
#include "io/inet/tcp_sendfile.hpp"
#include "io/posix_error.hpp"
#include "sched/scheduling.hpp"

namespace athanor::io::inet {

using sched::Scheduling;

TcpDriver::TcpDriver(Ports& ports) : InetDriver(ports) {}
TcpDriver::~TcpDriver() = default;

bool TcpDriver::request(Port& port, Request which, std::string_view data, Answer& answer) {
  switch (which) {
    case kOpen:
      if (data.size() != 2 || data[1] != kStream) answer.fail(EINVAL);
      else open(static_cast<uint8_t>(data[0]), SOCK_STREAM, IPPROTO_TCP, answer);
      return true;
    case kOpenDescriptor:
      if (data.size() < 2 || data[1] != kStream) answer.fail(EINVAL);
      else open_descriptor(data, SOCK_STREAM, answer);
      return true;
    case kConnect: connect(port, data, answer); return true;
    case kListen: listen(data, answer); return true;
    case kAccept: accept_request(port, data, answer); return true;
    case kClose:
      close_all_requests(port);
      end_connection(port);
      return true;
    case kGetStatus:
      forget_dead_acceptors();   // they are no longer seen to wait
      return false;
    case kTcpReceive: receive_request(port, data, answer); return true;
    case kTcpUnreceive: unreceive(port, data, answer); return true;
    case kTcpShutdown: shut_down(data, answer); return true;
    case kTcpSendFile: send_file(port, data, answer); return true;
    default: return false;
  }
}

// Timeout in 32 bits, address.
void TcpDriver::connect(Port& port, std::string_view data, Answer& answer) {
  if (!is_open()) { answer.fail("exbadport"); return; }
  if (is_connected()) { answer.fail(EISCONN); return; }
  if (state_ & kIsConnecting || data.size() < 6) { answer.fail(EINVAL); return; }
  uint32_t timeout_ms = read_number(data, 4);
  data.remove_prefix(4);
  Address address;
  if (const char* wrong = read_address(data, family_, address)) { answer.fail(wrong); return; }
  int done = ::connect(socket_, address.get(), address.length);
  int error = done == 0 ? 0 : errno;
  if (error != 0 && error != EINPROGRESS && error != EAGAIN) { answer.fail(error); return; }
  if (error == EAGAIN) { answer.fail(error); return; }   // a local listener whose queue is full
  begin_pending(port, error == 0 ? kForever : timeout_ms);
  answer.number(pending_->id, 2);
  if (error != 0) {
    state_ |= kIsConnecting;
    watch(port, Scheduling::kReadable | Scheduling::kWritable);
    return;
  }
  state_ |= kIsConnected;
  Pending ended = end_pending();
  send_async_ok(port, ended.caller, ended.id);
  watch(port, Scheduling::kReadable);
  receive(port);
}

void TcpDriver::connected_or_not(Port& port) {
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  if (error == 0) {
    // A late edge of an earlier socket says nothing.
    struct pollfd ready = {socket_, POLLOUT, 0};
    if (::poll(&ready, 1, 0) == 0) return;
  }
  state_ = static_cast<uint16_t>(state_ & ~kIsConnecting);
  if (error != 0) {
    fail_pending(port, error_atom(error));
    return;
  }
  state_ |= kIsConnected;
  readable_ = true;
  watch(port, Scheduling::kReadable);
  if (pending_) {
    Pending ended = end_pending();
    send_async_ok(port, ended.caller, ended.id);
  }
  receive(port);
}

void TcpDriver::shut_down(std::string_view data, Answer& answer) {
  if (!is_connected()) { answer.fail(ENOTCONN); return; }
  if (data.size() != 1 || static_cast<uint8_t>(data[0]) > SHUT_RDWR) { answer.fail(EINVAL); return; }
  int how = data[0];
  if (how != SHUT_RD && queued_bytes() > 0) {
    shutdown_ = how == SHUT_WR ? Shutdown::Write : Shutdown::Both;
    return;
  }
  if (how != SHUT_RD) write_shut_ = true;
  if (::shutdown(socket_, how) != 0) answer.fail(errno);
  // Reading tells of the end at once; no edge need come for it.
  if (how != SHUT_WR) readable_ = hung_up_ = true;
}

// --- options ---

Setting TcpDriver::set_own_option(Port&, uint8_t number, uint32_t value) {
  uint32_t mark = static_cast<int32_t>(value) < 0 ? 0 : value;
  switch (number) {
    case kHighMark:
      high_ = mark;
      low_ = std::min(low_, mark);
      return Setting::Done;
    case kLowMark:
      low_ = mark;
      high_ = std::max(high_, mark);
      return Setting::Done;
    case kSendTimeout: send_timeout_ = value; return Setting::Done;
    case kSendTimeoutClose: send_timeout_close_ = value; return Setting::Done;
    case kDelaySend: delay_send_ = value != 0; return Setting::Done;
    case kShowReset: show_reset_ = value != 0; return Setting::Done;
    case kReadPackets: return Setting::Done;
    default: return Setting::Unknown;
  }
}

bool TcpDriver::get_own_option(uint8_t number, std::string& reply) {
  uint32_t value;
  switch (number) {
    case kHighMark: value = high_; break;
    case kLowMark: value = low_; break;
    case kSendTimeout: value = send_timeout_; break;
    case kSendTimeoutClose: value = send_timeout_close_; break;
    case kDelaySend: value = delay_send_; break;
    case kShowReset: value = show_reset_; break;
    case kReadPackets: return true;
    default: return false;
  }
  reply += static_cast<char>(number);
  write_number(reply, value, 4);
  return true;
}

void TcpDriver::options_set(Port& port, const Options&) {
  struct linger linger = {};
  socklen_t length = sizeof linger;
  // Most requests are {active, once}: the system need not be asked for those.
  if (std::exchange(system_options_changed_, false) && is_open() && ::getsockopt(socket_, SOL_SOCKET, SO_LINGER, &linger, &length) == 0) linger_zero_ = linger.l_onoff && linger.l_linger == 0;
  if (is_connected() && !is_ignored_) receive(port);
}

// The connection had ended while the socket was passive: now it is told.
void TcpDriver::activated_after_end(Port& port) {
  if (state_ != 0 || family_ < 0) return;
  if (late_reset_) {
    late_reset_ = false;
    send_tagged(port, port.owner(), atoms::tcp_error, error_atom(ECONNRESET));
  }
  tell_closed(port);
  if (!options_.exit_on_close) return;
  port.unlink_owner();
  port.end(atoms::normal);
}

// --- readiness ---

void TcpDriver::edge(Port& port, uint32_t ready) {
  if (socket_ < 0 || is_ignored_) return;
  if (ready & (uint32_t{Scheduling::kReadable} | uint32_t{Scheduling::kHangUp})) readable_ = true;
  if (ready & Scheduling::kHangUp) hung_up_ = true;
  if (state_ & kIsConnecting) { connected_or_not(port); return; }
  if (state_ & kIsListening) { accept_all(port); return; }
  if (!is_connected()) return;
  if ((ready & Scheduling::kWritable) && (queued_bytes() > 0 || send_file_ != nullptr)) {
    if (!(send_file_ != nullptr ? send_file_on(port) : write_queue(port))) return;
  }
  if (!closing_) receive(port);
}

void TcpDriver::timer_expired(Port& port, uint64_t timer) {
  if (timer == delay_timer_) {
    delay_timer_ = 0;
    if (is_connected() && send_file_ == nullptr) write_queue(port);
    return;
  }
  if (timer == send_timer_) {
    // OTP: the queue stays full, yet the port is no longer busy: else the next send would wait without a limit.
    send_timer_ = 0;
    no_more_busy(port);
    answer_busy_sender(port, atoms::timeout);
    if (send_timeout_close_) end_connection(port);
    return;
  }
  if (pending_ && timer == pending_->timer) {
    pending_->timer = 0;
    if (state_ & kIsConnecting) end_connection(port);   // it is of no more use
    fail_pending(port, atoms::timeout);
    return;
  }
  if (accepting_ == nullptr) return;
  auto found = std::find_if(accepting_->begin(), accepting_->end(), [timer](const Accepting& a) { return a.timer == timer; });
  if (found == accepting_->end()) return;
  Accepting late = *found;
  accepting_->erase(found);
  accept_done();
  send_async_error(port, late.caller, late.id, atoms::timeout);
}

// --- the end ---

void TcpDriver::close_all_requests(Port& port) {
  if (accepting_ != nullptr) {
    std::deque<Accepting> waiting = std::move(*accepting_);
    accepting_->clear();
    accept_done();
    for (const Accepting& one : waiting) {
      if (one.timer != 0) ports_.cancel_timer(one.timer);
      send_async_error(port, one.caller, one.id, atoms::closed);
    }
  }
  fail_pending(port, atoms::closed);
}

void TcpDriver::end_connection(Port& port) {
  buffer_.clear();
  drop_queue(port);
  send_file_.reset();
  forget_socket();
}

// Output that waits is still written, unless it may be thrown away (linger 0) or a file is on its way.
void TcpDriver::close(Port& port) {
  closing_ = true;
  close_all_requests(port);
  buffer_.clear();
  if (send_timer_ != 0) ports_.cancel_timer(send_timer_);
  if (delay_timer_ != 0) ports_.cancel_timer(delay_timer_);
  send_timer_ = delay_timer_ = 0;
  if (queued_bytes() > 0 && is_connected() && !linger_zero_ && send_file_ == nullptr && !is_ignored_) {
    if (!write_queue(port)) return;        // it failed, or all is written: released
    if (queued_bytes() > 0) return;
  }
  end_connection(port);
  if (is_borrowed_) socket_ = -1;
  ports_.release(port);
}

void TcpDriver::flush() {
  while (is_connected() && queued_bytes() > 0) {
    struct pollfd ready = {socket_, POLLOUT, 0};
    // OTP: halt waits for ports, but what the other side does not take is no reason to wait for ever.
    if (::poll(&ready, 1, 5000) <= 0) return;
    struct iovec parts[16];
    int count = queue_->pieces(parts, 16);
    struct msghdr message = {};
    message.msg_iov = parts;
    message.msg_iovlen = static_cast<size_t>(count);
    ssize_t sent = ::sendmsg(socket_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) queue_->skip(static_cast<size_t>(sent));
    else if (errno != EAGAIN && errno != EINTR) return;
  }
}

}  // namespace athanor::io::inet
