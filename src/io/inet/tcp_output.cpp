// SPDX-License-Identifier: Apache-2.0
// Writing to a stream: at once as far as the socket takes it, the rest from a queue. A queue above the high mark makes the port busy: its
// sender is answered, and others go on, when it has sunk to the low one.
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "bif/iodata.hpp"
#include "io/inet/messages.hpp"
#include "io/inet/tcp_driver.hpp"
#include "io/inet/tcp_sendfile.hpp"
#include "io/posix_error.hpp"
#include "sched/scheduling.hpp"

namespace athanor::io::inet {

namespace iodata = bif::iodata;
using sched::Scheduling;

namespace {

constexpr size_t kFlat = 16 << 10;   // so much is laid out flat and written at once
constexpr int kPieces = 64;

// Flattens iodata into a queue: large binaries are shared, what is between them is gathered.
void append(ByteQueue& queue, Term data) {
  char gathered[512];
  size_t count = 0;
  auto pour = [&] {
    if (count > 0) queue.append({gathered, count});
    count = 0;
  };
  iodata::walk(
      data,
      [&](int64_t byte) {
        if (count == sizeof gathered) pour();
        gathered[count++] = static_cast<char>(byte);
        return true;
      },
      [&](Term bits) {
        pour();
        queue.append_binary(bits);
        return true;
      });
  pour();
}

}  // namespace

ByteQueue& TcpDriver::queue() {
  if (queue_ == nullptr) queue_ = std::make_unique<ByteQueue>();
  return *queue_;
}

void TcpDriver::drop_queue(Port& port) {
  queue_.reset();
  tell_output_is_empty(port);
}

void TcpDriver::want_output_edges(Port& port, bool wanted) {
  watch(port, wanted ? watched_ | Scheduling::kWritable : watched_ & ~uint32_t{Scheduling::kWritable});
}

// OTP: a length that does not fit loses its high bytes.
size_t TcpDriver::header(size_t bytes, char out[4]) const {
  size_t size = options_.packet == 1 ? 1 : options_.packet == 2 ? 2 : options_.packet == 3 ? 4 : 0;
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(bytes >> (8 * (size - 1 - i)));
  return size;
}

bool TcpDriver::may_write(Port& port) {
  Term caller = port.caller();
  if (!is_connected()) {
    if (!late_send_) { send_reply_error(port, caller, error_atom(ENOTCONN)); return false; }
    late_send_ = false;
    send_reply_error(port, caller, late_reset_ ? error_atom(ECONNRESET) : atoms::closed);
    return false;
  }
  if (shutdown_ != Shutdown::None) {
    busy_sender_ = caller;
    end_output(port, EPIPE);
    return false;
  }
  return true;
}

void TcpDriver::output(Port& port, std::string&& bytes) {
  heap::FragmentAllocator heap(16);
  size_t count;
  output_data(port, binary::from_text(heap, bytes), count);
}

bool TcpDriver::output_data(Port& port, Term data, size_t& bytes) {
  iodata::Size size;
  if (iodata::measure(data, iodata::Grain::Bytes, size) != iodata::Measured::Ok) return false;
  bytes = size.bits / 8;
  Term caller = port.caller();
  if (!may_write(port)) return true;
  char flat[kFlat + 4];
  size_t header_bytes = header(bytes, flat);
  sent_.add(bytes + header_bytes);
  if (send_file_ != nullptr || queued_bytes() > 0) {
    queue_output(port, data, {flat, header_bytes});
    check_high_mark(port);
    return true;
  }
  if (bytes + header_bytes == 0) { send_reply_ok(port, caller); return true; }
  if (is_ignored_ || delay_send_ || bytes > kFlat) {
    busy_sender_ = caller;
    queue_output(port, data, {flat, header_bytes});
    if (delay_send_ && delay_timer_ == 0) delay_timer_ = ports_.start_timer(port, 0);
    // A failure answers the sender itself.
    if (!is_ignored_ && !delay_send_ && !write_queue(port)) return true;
  } else {
    iodata::copy_to(data, reinterpret_cast<uint8_t*>(flat) + header_bytes, size.bits);
    busy_sender_ = caller;
    if (!write_flat(port, flat, bytes + header_bytes)) return true;
  }
  busy_sender_ = Term::none();
  send_reply_ok(port, caller);
  return true;
}

bool TcpDriver::write_flat(Port& port, const char* bytes, size_t count) {
  ssize_t sent = ::send(socket_, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    output_failed(port, errno);
    return false;
  }
  size_t done = sent < 0 ? 0 : static_cast<size_t>(sent);
  if (done == count) return true;
  queue().append({bytes + done, count - done});
  want_output_edges(port, true);
  return true;
}

bool TcpDriver::write_batch(Port& port, const FrameBatch& batch) {
  iovec parts[kPieces];
  msghdr message{};
  message.msg_iov = parts;
  batch.each_piece([&](std::string_view bytes, OffHeapBinary*) {
    if (message.msg_iovlen < kPieces) parts[message.msg_iovlen++] = {const_cast<char*>(bytes.data()), bytes.size()};
  });
  const ssize_t sent = ::sendmsg(socket_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    output_failed(port, errno);
    return false;
  }
  size_t done = sent < 0 ? 0 : static_cast<size_t>(sent);
  batch.each_piece([&](std::string_view bytes, OffHeapBinary* binary) {
    const size_t skipped = std::min(done, bytes.size());
    done -= skipped;
    bytes.remove_prefix(skipped);
    if (bytes.empty()) return;
    if (binary != nullptr) queue().append_shared(binary, bytes);
    else queue().append(bytes);
  });
  if (queued_bytes() == 0) return true;
  // What did not fit into one call is no reason to wait for the socket.
  if (sent < 0 || message.msg_iovlen < kPieces) want_output_edges(port, true);
  else return write_queue(port);
  return true;
}

// Its sender is a channel: it asks for no answer and heeds is_busy() by itself.
void TcpDriver::output_frames(Port& port, FrameBatch& batch) {
  if (!is_connected() || shutdown_ != Shutdown::None) return;
  char ignored[4];
  const size_t header_bytes = header(0, ignored);
  batch.put_headers(header_bytes);
  for (size_t i = 0; i < batch.count(); ++i) {
    sent_.add(batch.bytes_of(i) + header_bytes);
    port.count_output(batch.bytes_of(i));
  }
  if (queued_bytes() > 0 || is_ignored_ || send_file_ != nullptr) {
    batch.each_piece([&](std::string_view bytes, OffHeapBinary* binary) {
      if (binary != nullptr) queue().append_shared(binary, bytes);
      else queue().append(bytes);
    });
  } else if (!write_batch(port, batch)) {
    return;
  }
  if (queued_bytes() < high_ || (state_ & kIsBusy)) return;
  state_ |= kIsBusy;
  port.set_busy(true);
}

void TcpDriver::queue_output(Port&, Term data, std::string_view header) {
  if (!header.empty()) queue().append(header);
  append(queue(), data);
}

// OTP: looked at only when something waited already: one send may be of any size.
void TcpDriver::check_high_mark(Port& port) {
  Term caller = port.caller();
  if (queued_bytes() < high_) { send_reply_ok(port, caller); return; }
  if (send_timeout_ == 0) { send_reply_error(port, caller, atoms::timeout); return; }
  state_ |= kIsBusy;
  busy_sender_ = caller;
  port.set_busy(true);
  if (send_timeout_ != kForever) {
    if (send_timer_ != 0) ports_.cancel_timer(send_timer_);
    send_timer_ = ports_.start_timer(port, send_timeout_);
  }
}

void TcpDriver::no_more_busy(Port& port) {
  if (send_timer_ != 0) ports_.cancel_timer(send_timer_);
  send_timer_ = 0;
  state_ = static_cast<uint16_t>(state_ & ~kIsBusy);
  port.set_busy(false);
}

void TcpDriver::answer_busy_sender(Port& port, Term reason) {
  Term sender = busy_sender_;
  busy_sender_ = Term::none();
  if (sender.is_none()) return;
  if (reason.is_none()) send_reply_ok(port, sender);
  else send_reply_error(port, sender, reason);
}

bool TcpDriver::write_queue(Port& port) {
  while (queued_bytes() > 0) {
    struct iovec parts[kPieces];
    struct msghdr message = {};
    message.msg_iov = parts;
    message.msg_iovlen = static_cast<size_t>(queue_->pieces(parts, kPieces));
    ssize_t sent = ::sendmsg(socket_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) {
      want_output_edges(port, true);
      return true;
    }
    if (sent < 0) {
      output_failed(port, errno);
      return false;
    }
    queue_->skip(static_cast<size_t>(sent));
    if ((state_ & kIsBusy) && queued_bytes() <= low_) {
      no_more_busy(port);
      answer_busy_sender(port, Term::none());
    }
  }
  after_write(port);
  return !closing_;
}

// All is written.
void TcpDriver::after_write(Port& port) {
  queue_.reset();
  want_output_edges(port, false);
  tell_output_is_empty(port);
  if (closing_) {
    end_connection(port);
    if (is_borrowed_) socket_ = -1;
    ports_.release(port);
    return;
  }
  if (shutdown_ == Shutdown::None) return;
  int how = shutdown_ == Shutdown::Write ? SHUT_WR : SHUT_RDWR;
  shutdown_ = Shutdown::None;
  write_shut_ = true;
  if (::shutdown(socket_, how) != 0) end_output(port, errno);
}

// A broken pipe that we did not shut ourselves is a connection that the other side reset.
void TcpDriver::output_failed(Port& port, int error) { end_output(port, error == EPIPE && !write_shut_ ? ECONNRESET : error); }

void TcpDriver::end_output(Port& port, int error) {
  if (closing_) {
    end_connection(port);
    if (is_borrowed_) socket_ = -1;
    ports_.release(port);
    return;
  }
  bool tells_reset = error == ECONNRESET && show_reset_;
  Term reason = tells_reset ? error_atom(error) : atoms::closed;
  if (state_ & kIsBusy) no_more_busy(port);
  bool had_sender = !busy_sender_.is_none() && send_file_ == nullptr;
  if (options_.active != kPassive) {
    if (tells_reset) send_tagged(port, port.owner(), atoms::tcp_error, error_atom(error));
    tell_closed(port);
    if (send_file_ == nullptr) answer_busy_sender(port, reason);
    end_connection(port);
    if (!options_.exit_on_close) return;
    port.unlink_owner();
    port.end(atoms::normal);
    return;
  }
  close_all_requests(port);
  if (had_sender) answer_busy_sender(port, reason);
  else late_send_ = true;
  end_connection(port);
  // The next recv is told that it is closed: so errors of send may be passed over and heeded there.
  late_receive_ = true;
  if (tells_reset) late_reset_ = true;
}

}  // namespace athanor::io::inet
