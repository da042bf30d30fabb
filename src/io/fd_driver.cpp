// SPDX-License-Identifier: Apache-2.0
#include "io/fd_driver.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace athanor::io {

namespace {

constexpr uint32_t kWindowSize = 0x018b0900 + 100;   // OTP: the terminal driver's number for it

// A descriptor of our own for a stream that somebody else shares. -1 and errno.
int own_descriptor(int given, int access) {
  struct stat status;
  if (::fstat(given, &status) != 0) return -1;
  if (S_ISFIFO(status.st_mode) || ::isatty(given) == 1) {
    char path[32];
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", given);
    int own = ::open(path, access | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (own >= 0) return own;
  }
  return ::fcntl(given, F_DUPFD_CLOEXEC, 3);   // a file keeps its common position
}

bool window_size(int descriptor, std::string& reply) {
  struct winsize size;
  if (descriptor < 0 || ::ioctl(descriptor, TIOCGWINSZ, &size) != 0) return false;
  uint32_t numbers[2] = {size.ws_col, size.ws_row};
  reply.assign(reinterpret_cast<const char*>(numbers), sizeof numbers);
  return true;
}

}  // namespace

FdDriver::FdDriver(Ports& ports, const PortOptions& options)
    : StreamDriver(ports, options),
      in_given_(options.in_descriptor),
      out_given_(options.out_descriptor),
      read_(options.read),
      write_(options.write) {
  closing_kind_ = Closing::WriteFirst;
}

int FdDriver::start(Port& port) {
  begin(port);
  // As a library the streams are the host's: we see an empty input and our output goes nowhere.
  bool ours = ports_.runtime().identity.use_standard_streams;
  auto acquire = [&](int given, int access) {
    if (given < 0) {
      errno = EINVAL;
      return -1;
    }
    if (!ours && given <= 2) return ::open("/dev/null", access | O_CLOEXEC);
    return own_descriptor(given, access);
  };
  int out = write_ ? acquire(out_given_, O_WRONLY) : -1;
  if (write_ && out < 0) return errno;
  int in = read_ ? acquire(in_given_, O_RDONLY) : -1;
  if (read_ && in < 0) {
    int error = errno;
    if (out >= 0) ::close(out);
    return error;
  }
  if (out >= 0) begin_output(out);
  if (in >= 0) begin_input(in);
  return 0;
}

bool FdDriver::control(Port&, uint32_t operation, std::string_view, std::string& reply) {
  return operation == kWindowSize && (window_size(out_, reply) || window_size(in_, reply));
}

VanillaDriver::VanillaDriver(Ports& ports, const PortOptions& options)
    : StreamDriver(ports, options), path_(options.name), read_(options.read), write_(options.write) {}

int VanillaDriver::start(Port& port) {
  begin(port);
  int flags = !write_ ? O_RDONLY : read_ ? O_RDWR | O_CREAT : O_WRONLY | O_CREAT | O_TRUNC;
  std::shared_ptr<Directory> directory = ports_.files().current_directory();
  int descriptor = ::openat(directory->descriptor(), path_.c_str(), flags | O_CLOEXEC | O_NONBLOCK, 0666);
  if (descriptor < 0) return EINVAL;   // OTP: whatever the reason
  if (write_) begin_output(descriptor);
  if (read_) begin_input(descriptor);
  return 0;
}

}  // namespace athanor::io
