// SPDX-License-Identifier: Apache-2.0
#include "io/ram_file_driver.hpp"

#include <algorithm>
#include <cerrno>

#include "io/ports.hpp"
#include "io/posix_error.hpp"

namespace athanor::io {

namespace {

enum Request : uint8_t {
  kOpen = 1, kRead = 2, kSeek = 3, kWrite = 4, kSync = 9, kTruncate = 14, kReadAt = 17, kWriteAt = 18, kDataSync = 19,
  kGet = 30, kSize = 37, kAdvise = 38, kAllocate = 39,
};
enum Reply : char { kOk = 0, kError = 1, kData = 2, kNumber = 3 };
enum Mode : uint32_t { kReading = 1, kWriting = 2 };

// Numbers travel as 32 bits, most significant byte first; what is missing counts as 0.
int32_t number_at(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = at; i < at + 4; ++i) value = value << 8 | (i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : 0u);
  return static_cast<int32_t>(value);
}

std::string header(Reply code, size_t number) {
  std::string text(1, code);
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(number >> shift);
  return text;
}

void answer_ok(Port& port) { port.send_reply(std::string(1, kOk)); }
void answer_number(Port& port, size_t number) { port.send_reply(header(kNumber, number)); }
void answer_data(Port& port, std::string_view bytes) { port.send_reply(header(kData, bytes.size()), &bytes); }
void answer_error(Port& port, int error) { port.send_reply(std::string(1, kError) + error_name(error)); }

}  // namespace

void RamFileDriver::output(Port& port, std::string&& bytes) {
  if (bytes.empty()) return;
  std::string_view arguments = std::string_view(bytes).substr(1);
  switch (static_cast<uint8_t>(bytes[0])) {
    case kOpen: return open(port, arguments);
    case kRead: return read(port, static_cast<int64_t>(position_), number_at(arguments, 0), true);
    case kReadAt: return read(port, number_at(arguments, 0), number_at(arguments, 4), false);
    case kWrite: return write(port, static_cast<int64_t>(position_), arguments, true);
    case kWriteAt: return write(port, number_at(arguments, 0), arguments.substr(std::min<size_t>(4, arguments.size())), false);
    case kSeek: return seek(port, arguments);
    case kTruncate: return truncate(port);
    case kGet: return answer_data(port, content_);
    case kSize: return answer_number(port, content_.size());
    case kSync: case kDataSync: case kAdvise: case kAllocate:   // nothing to do for memory
      return mode_ == 0 ? answer_error(port, EBADF) : answer_ok(port);
    default: return;   // OTP: other requests are not answered
  }
}

void RamFileDriver::open(Port& port, std::string_view arguments) {
  if (arguments.size() < 4) return answer_error(port, EINVAL);
  mode_ = static_cast<uint32_t>(number_at(arguments, 0));
  content_.assign(arguments.substr(4));
  position_ = 0;
  answer_number(port, 0);
}

void RamFileDriver::read(Port& port, int64_t position, int64_t count, bool move) {
  if (!(mode_ & kReading)) return answer_error(port, EBADF);
  if (position < 0 || count < 0) return answer_error(port, EINVAL);
  size_t begin = std::min(static_cast<size_t>(position), content_.size());
  std::string_view bytes = std::string_view(content_).substr(begin, static_cast<size_t>(count));
  if (move) position_ = static_cast<size_t>(position) + bytes.size();
  answer_data(port, bytes);
}

void RamFileDriver::write(Port& port, int64_t position, std::string_view bytes, bool move) {
  if (position < 0) return answer_error(port, EINVAL);
  if (!(mode_ & kWriting)) return answer_error(port, EBADF);
  size_t begin = static_cast<size_t>(position), end = begin + bytes.size();
  if (content_.size() < end) content_.resize(end, '\0');
  content_.replace(begin, bytes.size(), bytes);
  if (move) position_ = end;
  answer_number(port, bytes.size());
}

void RamFileDriver::seek(Port& port, std::string_view arguments) {
  if (mode_ == 0) return answer_error(port, EBADF);
  int64_t base = 0;
  switch (number_at(arguments, 4)) {
    case 0: break;
    case 1: base = static_cast<int64_t>(position_); break;
    case 2: base = static_cast<int64_t>(content_.size()); break;
    default: return answer_error(port, EINVAL);
  }
  int64_t place = base + number_at(arguments, 0);
  if (place < 0) return answer_error(port, EINVAL);
  position_ = static_cast<size_t>(place);
  answer_number(port, position_);
}

// To the position, longer or shorter.
void RamFileDriver::truncate(Port& port) {
  if (!(mode_ & kWriting)) return answer_error(port, EACCES);
  content_.resize(position_, '\0');
  answer_ok(port);
}

void RamFileDriver::close(Port& port) { ports_.release(port); }

}  // namespace athanor::io
