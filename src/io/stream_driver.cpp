// SPDX-License-Identifier: Apache-2.0
#include "io/stream_driver.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fcntl.h>

#include <cerrno>

#include "sched/scheduling.hpp"

namespace athanor::io {

using sched::Scheduling;

namespace {

constexpr size_t kReadBytes = 64 << 10;
constexpr int kReadsAtOnce = 4;    // then others get their turn
constexpr int kPieces = 16;

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

bool can_poll(int descriptor) {
  struct stat status;
  if (::fstat(descriptor, &status) != 0) return false;
  return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || ::isatty(descriptor) == 1;
}

StreamDriver::StreamDriver(Ports& ports, const PortOptions& options)
    : ports_(ports),
      framing_(options.packet_bytes, options.line_length),
      low_watermark_(options.low_watermark),
      high_watermark_(options.high_watermark) {}

StreamDriver::~StreamDriver() {
  if (in_ >= 0) ::close(in_);
  if (out_ >= 0 && out_ != in_) ::close(out_);
}

void StreamDriver::begin_input(int descriptor) {
  in_ = descriptor;
  in_pollable_ = can_poll(descriptor);
  in_active_ = true;
  arm_input();
}

void StreamDriver::begin_output(int descriptor) {
  out_ = descriptor;
  struct stat status;
  if (::fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode)) output_mode_ = OutputMode::Socket;
  else if (::fcntl(descriptor, F_GETFL) & O_NONBLOCK) output_mode_ = OutputMode::NonBlocking;
  else output_mode_ = can_poll(descriptor) ? OutputMode::Careful : OutputMode::Direct;
}

// --- input ---

void StreamDriver::arm_input() {
  Scheduling* scheduling = ports_.runtime().scheduling;
  if (in_pollable_) {
    polled_in_ = true;
    scheduling->poll(in_, Scheduling::kReadable, on_readable, this);
  } else {
    scheduling->run_in_background(read_in_background, new std::shared_ptr<Port>(port_->shared_from_this()));
  }
}

void StreamDriver::stop_input() { in_active_ = false; }

void StreamDriver::on_readable(void* argument, uint32_t) {
  auto* driver = static_cast<StreamDriver*>(argument);
  process::ThreadScope scope(driver->ports_.runtime());
  std::shared_ptr<Port> port = driver->port_->shared_from_this();   // stays until after the unlock
  std::lock_guard lock(port->mutex());
  const PortTurn turn(*port, Term::small(0));
  driver->read_available(*port);
}

void StreamDriver::read_available(Port& port) {
  if (closing_ || !in_active_) return;
  auto buffer = std::make_unique_for_overwrite<char[]>(kReadBytes);
  for (int reads = 0; reads < kReadsAtOnce && in_active_ && !closing_; ++reads) {
    ssize_t count = ::read(in_, buffer.get(), kReadBytes);
    if (count > 0) {
      received(port, {buffer.get(), static_cast<size_t>(count)});
      if (static_cast<size_t>(count) < kReadBytes) break;
    } else if (count == 0 || !would_block(errno)) {
      in_active_ = false;
      input_ended(port, count == 0 ? 0 : errno);
      return;
    } else {
      break;
    }
    if (!(::fcntl(in_, F_GETFL) & O_NONBLOCK)) break;   // another read might wait
  }
  if (in_active_ && !closing_) arm_input();
}

// Regular files and the like: one block after the other on a thread that may wait.
void StreamDriver::read_in_background(void* argument) {
  std::unique_ptr<std::shared_ptr<Port>> held(static_cast<std::shared_ptr<Port>*>(argument));
  Port& port = **held;
  auto& driver = static_cast<StreamDriver&>(port.driver());
  process::ThreadScope scope(driver.ports_.runtime());
  int descriptor;
  {
    std::lock_guard lock(port.mutex());
    if (driver.closing_ || !driver.in_active_) return;
    descriptor = ::fcntl(driver.in_, F_DUPFD_CLOEXEC, 3);   // ours stays good if the port ends meanwhile
  }
  auto buffer = std::make_unique_for_overwrite<char[]>(kReadBytes);
  for (;;) {
    ssize_t count = ::read(descriptor, buffer.get(), kReadBytes);
    int error = errno;
    std::lock_guard lock(port.mutex());
    if (driver.closing_ || !driver.in_active_) break;
    const PortTurn turn(port, Term::small(0));
    if (count > 0) { driver.received(port, {buffer.get(), static_cast<size_t>(count)}); continue; }
    if (count < 0 && error == EINTR) continue;
    driver.in_active_ = false;
    driver.input_ended(port, count == 0 ? 0 : error);
    break;
  }
  if (descriptor >= 0) ::close(descriptor);
}

void StreamDriver::received(Port& port, std::string_view bytes) {
  framing_.feed(bytes, [&](Framing::Piece piece, std::string_view data) { port.send_piece(piece, data); });
}

void StreamDriver::finish_framing(Port& port) {
  framing_.finish([&](Framing::Piece piece, std::string_view data) { port.send_piece(piece, data); });
}

void StreamDriver::input_ended(Port& port, int error) {
  if (error != 0) { port.fail(error); return; }
  finish_framing(port);
  port.end_of_input();
}

// --- output ---

void StreamDriver::output(Port& port, std::string&& bytes) {
  if (out_ < 0 || closing_) return;
  std::string header;
  if (!framing_.header(bytes.size(), header)) { port.fail(EINVAL); return; }
  bool was_empty = queue_.size() == 0;
  if (!header.empty()) queue_.append(header);
  if (!bytes.empty()) queue_.append(bytes);
  if (was_empty) write_queue(port);
  if (port.is_open() && high_watermark_ != 0 && queue_.size() >= high_watermark_) port.set_busy(true);
}

ssize_t StreamDriver::write_some() {
  struct iovec parts[kPieces];
  int count = queue_.pieces(parts, kPieces);
  switch (output_mode_) {
    case OutputMode::NonBlocking:
    case OutputMode::Direct:
      return ::writev(out_, parts, count);
    case OutputMode::Socket: {
      struct msghdr message = {};
      message.msg_iov = parts;
      message.msg_iovlen = static_cast<size_t>(count);
      return ::sendmsg(out_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    case OutputMode::Careful: {
      // A blocking description that others share: a writable pipe has room for a page.
      struct pollfd ready = {out_, POLLOUT, 0};
      if (::poll(&ready, 1, 0) == 0) { errno = EAGAIN; return -1; }
      return ::write(out_, parts[0].iov_base, std::min<size_t>(parts[0].iov_len, ::isatty(out_) == 1 ? 256 : 4096));
    }
  }
  return -1;
}

void StreamDriver::write_queue(Port& port) {
  while (queue_.size() > 0) {
    ssize_t count = write_some();
    if (count >= 0) { queue_.skip(static_cast<size_t>(count)); continue; }
    if (errno == EINTR) continue;
    if (would_block(errno)) { arm_output(); break; }
    int error = errno;
    queue_.clear();
    if (closing_) close_descriptors(port);
    else port.fail(error);
    return;
  }
  if (port.is_busy() && queue_.size() <= low_watermark_) port.set_busy(false);
  if (closing_ && queue_.size() == 0) close_descriptors(port);
}

void StreamDriver::arm_output() {
  if (out_armed_) return;
  out_armed_ = polled_out_ = true;
  ports_.runtime().scheduling->poll(out_, Scheduling::kWritable, on_writable, this);
}

void StreamDriver::on_writable(void* argument, uint32_t) {
  auto* driver = static_cast<StreamDriver*>(argument);
  process::ThreadScope scope(driver->ports_.runtime());
  std::shared_ptr<Port> port = driver->port_->shared_from_this();
  std::lock_guard lock(port->mutex());
  const PortTurn turn(*port, Term::small(0));
  driver->out_armed_ = false;
  if (!driver->retired_) driver->write_queue(*port);
}

void StreamDriver::flush() {
  while (out_ >= 0 && queue_.size() > 0) {
    struct pollfd ready = {out_, POLLOUT, 0};
    ::poll(&ready, 1, -1);
    ssize_t count = write_some();
    if (count >= 0) queue_.skip(static_cast<size_t>(count));
    else if (!would_block(errno)) queue_.clear();
  }
}

// --- the end ---

void StreamDriver::close(Port& port) {
  closing_ = true;
  in_active_ = false;
  if (closing_kind_ == Closing::Discard) queue_.clear();
  if (queue_.size() == 0) close_descriptors(port);
}

void StreamDriver::close_descriptors(Port& port) {
  if (retired_) return;
  retired_ = true;
  // stop_polling waits for callbacks, which want the lock we hold: on another thread.
  if (polled_in_ || polled_out_) {
    ports_.runtime().scheduling->run_in_background(retire, new std::shared_ptr<Port>(port.shared_from_this()));
    return;
  }
  if (in_ >= 0) ::close(in_);
  if (out_ >= 0 && out_ != in_) ::close(out_);
  in_ = out_ = -1;
  descriptors_closed(port);
}

void StreamDriver::retire(void* argument) {
  std::unique_ptr<std::shared_ptr<Port>> held(static_cast<std::shared_ptr<Port>*>(argument));
  Port& port = **held;
  auto& driver = static_cast<StreamDriver&>(port.driver());
  process::ThreadScope scope(driver.ports_.runtime());
  Scheduling* scheduling = driver.ports_.runtime().scheduling;
  if (driver.polled_in_) scheduling->stop_polling(driver.in_);
  if (driver.polled_out_ && driver.out_ != driver.in_) scheduling->stop_polling(driver.out_);
  std::lock_guard lock(port.mutex());
  if (driver.in_ >= 0) ::close(driver.in_);
  if (driver.out_ >= 0 && driver.out_ != driver.in_) ::close(driver.out_);
  driver.in_ = driver.out_ = -1;
  driver.descriptors_closed(port);
}

}  // namespace athanor::io
