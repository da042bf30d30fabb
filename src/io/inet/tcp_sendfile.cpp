// SPDX-License-Identifier: Apache-2.0
#include "io/inet/tcp_sendfile.hpp"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "io/inet/messages.hpp"
#include "io/posix_error.hpp"

namespace athanor::io::inet {

namespace {
constexpr uint64_t kAtOnce = 1 << 20;   // then other sockets get their turn
}

TcpDriver::SendFile::~SendFile() {
  if (file >= 0) ::close(file);
}

// The descriptor as the system's int (prim_file:get_handle/1), offset and length in 64 bits.
void TcpDriver::send_file(Port& port, std::string_view data, Answer& answer) {
  int descriptor;
  if (data.size() != sizeof descriptor + 16) { answer.fail(EINVAL); return; }
  if (!is_connected()) { answer.fail(ENOTCONN); return; }
  if (send_file_ != nullptr) { answer.fail(EINVAL); return; }
  std::memcpy(&descriptor, data.data(), sizeof descriptor);
  data.remove_prefix(sizeof descriptor);
  auto sending = std::make_unique<SendFile>();
  sending->file = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  if (sending->file < 0) { answer.fail(errno); return; }
  auto wide = [](std::string_view bytes) { return uint64_t{read_number(bytes, 4)} << 32 | read_number(bytes.substr(4), 4); };
  sending->offset = static_cast<int64_t>(wide(data));
  sending->left = wide(data.substr(8));
  sending->before = queued_bytes();
  sending->sender = port.caller();
  if (sending->offset < 0) { answer.fail(EINVAL); return; }
  send_file_ = std::move(sending);
  send_file_on(port);
}

bool TcpDriver::send_file_on(Port& port) {
  SendFile& sending = *send_file_;
  while (sending.before > 0) {
    struct iovec part;
    queue_->pieces(&part, 1);
    ssize_t sent = ::send(socket_, part.iov_base, std::min(part.iov_len, sending.before), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) { want_output_edges(port, true); return true; }
    if (sent < 0) {
      int error = errno;
      file_aborted(port, error);
      output_failed(port, error);
      return false;
    }
    queue_->skip(static_cast<size_t>(sent));
    sending.before -= static_cast<size_t>(sent);
  }
  for (uint64_t turn = 0; sending.left > 0 && turn < kAtOnce;) {
    off_t offset = sending.offset;
    ssize_t sent = ::sendfile(socket_, sending.file, &offset, std::min(sending.left, kAtOnce - turn));
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) { want_output_edges(port, true); return true; }
    if (sent < 0) {
      int error = errno;
      file_aborted(port, error);
      output_failed(port, error);
      return false;
    }
    if (sent == 0) { sending.left = 0; break; }   // the file ends
    sending.sent += static_cast<uint64_t>(sent);
    sending.offset += sent;
    sending.left -= static_cast<uint64_t>(sent);
    turn += static_cast<uint64_t>(sent);
  }
  if (sending.left > 0) {
    // Asking again makes an edge, as there is room.
    want_output_edges(port, false);
    want_output_edges(port, true);
    return true;
  }
  file_sent(port);
  return true;
}

void TcpDriver::file_sent(Port& port) {
  std::unique_ptr<SendFile> done = std::move(send_file_);
  // What came meanwhile goes now; the port was not made free before, as nothing could have been sent.
  heap::FragmentAllocator heap(16);
  Term result = bif::make_tuple(heap, atoms::ok, Term::small(static_cast<int64_t>(done->sent & 0xFFFFFFFF)),
                                Term::small(static_cast<int64_t>(done->sent >> 32)));
  Term message = bif::make_tuple(heap, intern("sendfile"), port.id(), result);
  if ((state_ & kIsBusy) && queued_bytes() <= low_) {
    no_more_busy(port);
    answer_busy_sender(port, Term::none());
  }
  port.send_term(done->sender, heap, message);
  write_queue(port);
}

void TcpDriver::file_aborted(Port& port, int error) {
  Term reason = error == ECONNRESET || error == ENOTCONN || error == EPIPE ? atoms::closed : error_atom(error);
  heap::FragmentAllocator heap(16);
  Term message = bif::make_tuple(heap, intern("sendfile"), port.id(), error_tuple_of(heap, reason));
  port.send_term(send_file_->sender, heap, message);
}

}  // namespace athanor::io::inet
