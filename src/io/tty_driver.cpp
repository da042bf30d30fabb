// SPDX-License-Identifier: Apache-2.0
#include "io/tty_driver.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/utf8.hpp"
#include "bif/bif.hpp"
#include "io/file_names.hpp"

namespace athanor::io {

namespace {

constexpr uint32_t kControlBase = 0x018b0900;
enum Control : uint32_t { kWindowSize = 100, kGetUnicode = 101, kSetUnicode = 102 };

// One character at `at`, moves on; bytes that are no UTF-8 stand for themselves. 0 with `at` unchanged: incomplete at the end.
char32_t next_character(std::string_view text, size_t& at, bool unicode, bool& incomplete) {
  auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  uint8_t first = byte(at);
  size_t length = !unicode || first < 0xC2 || first > 0xF4 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  incomplete = false;
  if (length > 1) {
    char32_t code = first & (0x7Fu >> length);
    for (size_t i = 1; i < length; ++i) {
      if (at + i == text.size()) { incomplete = true; return 0; }
      if ((byte(at + i) & 0xC0) != 0x80) { length = 1; break; }
      code = code << 6 | (byte(at + i) & 0x3F);
    }
    if (length > 1) { at += length; return code; }
  }
  ++at;
  return first;
}

size_t character_width(char32_t character) {
  if (character < 0x20 || character == 0x7F) return 2;   // shown as ^X
  int width = ::wcwidth(static_cast<wchar_t>(character));
  if (width < 0) return 1;   // the locale does not know it
  return static_cast<size_t>(width);
}

int big_endian_16(std::string_view bytes) {
  return static_cast<int16_t>(static_cast<uint8_t>(bytes[0]) << 8 | static_cast<uint8_t>(bytes[1]));
}

}  // namespace

TtyDriver::TtyDriver(Ports& ports, const PortOptions& options) : StreamDriver(ports, options) { closing_kind_ = Closing::WriteFirst; }

TtyDriver::~TtyDriver() { restore_terminal(); }

int TtyDriver::start(Port& port) {
  if (!ports_.runtime().identity.use_standard_streams || ::isatty(0) != 1 || ::isatty(1) != 1) return EINVAL;
  std::optional<std::string> terminal = ports_.environment().get("TERM");
  if (!terminal || terminal->empty() || *terminal == "dumb" || ::tcgetattr(0, &saved_) != 0) return EINVAL;
  int in = ::open("/proc/self/fd/0", O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (in < 0) in = ::fcntl(0, F_DUPFD_CLOEXEC, 3);
  int out = ::open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (out < 0) out = ::fcntl(1, F_DUPFD_CLOEXEC, 3);
  if (in < 0 || out < 0) return EINVAL;
  struct termios raw = saved_;
  raw.c_iflag &= ~static_cast<tcflag_t>(ISTRIP | ICRNL);
  raw.c_oflag &= ~static_cast<tcflag_t>(OPOST);   // lines end with "\r\n" from here on, put() sees to it
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ECHOE | ECHOK | ECHONL);   // characters as typed, not shown
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  if (ports_.runtime().identity.break_key == process::Identity::BreakKey::InterruptShell) raw.c_cc[VINTR] = _POSIX_VDISABLE;
  ::tcsetattr(0, TCSADRAIN, &raw);
  raw_ = true;
  unicode_ = locale_is_utf8();
  begin(port);
  begin_output(out);
  begin_input(in);
  update_width();
  return 0;
}

void TtyDriver::restore_terminal() {
  if (raw_) ::tcsetattr(0, TCSADRAIN, &saved_);
  raw_ = false;
}

void TtyDriver::close(Port& port) {
  StreamDriver::close(port);
  restore_terminal();
}

void TtyDriver::update_width() {
  struct winsize size;
  width_ = ::ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool TtyDriver::control(Port&, uint32_t operation, std::string_view data, std::string& reply) {
  switch (operation - kControlBase) {
    case kWindowSize: {
      struct winsize size = {};
      uint32_t numbers[2] = {80, 24};
      if (::ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) numbers[0] = size.ws_col, numbers[1] = size.ws_row;
      reply.assign(reinterpret_cast<const char*>(numbers), sizeof numbers);
      return true;
    }
    case kGetUnicode:
      reply.assign(1, unicode_ ? 1 : 0);
      return true;
    case kSetUnicode:
      if (data.size() != 1) return false;
      reply.assign(1, unicode_ ? 1 : 0);
      unicode_ = data[0] != 0;
      return true;
    default:
      return false;
  }
}

// What was typed, whole characters only. OTP: user_drv takes UTF-8, whatever the terminal sends.
void TtyDriver::received(Port& port, std::string_view bytes) {
  partial_.append(bytes);
  std::string typed;
  size_t at = 0;
  while (at < partial_.size()) {
    bool incomplete;
    char32_t character = next_character(partial_, at, unicode_, incomplete);
    if (incomplete) break;
    base::append_utf8(typed, character);
  }
  partial_.erase(0, at);
  if (!typed.empty()) port.send_data(typed);
}

void TtyDriver::output(Port& port, std::string&& bytes) {
  if (bytes.empty()) return;
  std::string_view argument = std::string_view(bytes).substr(1);
  update_width();
  switch (static_cast<uint8_t>(bytes[0])) {
    case kPut:
    case kPutSync: put(argument); break;
    case kInsert: insert(argument); break;
    case kMove: if (argument.size() >= 2) move(big_endian_16(argument)); break;
    case kDelete: if (argument.size() >= 2) remove(big_endian_16(argument)); break;
    case kBeep: pending_ += '\a'; break;
    default: port.fail(EINVAL); return;
  }
  if (!pending_.empty()) StreamDriver::output(port, std::exchange(pending_, {}));
  if (static_cast<uint8_t>(bytes[0]) == kPutSync && port.is_open()) port.send_atom(port.owner(), atoms::ok);
}

// --- the line ---

size_t TtyDriver::column(size_t position) const {
  size_t columns = 0;
  for (size_t i = 0; i < position; ++i) columns += line_[i] == '\t' ? 8 - columns % 8 : character_width(line_[i]);
  return columns;
}

void TtyDriver::draw_from(size_t position, Then then) {
  size_t columns = column(position);
  for (size_t i = position; i < line_.size(); ++i) {
    char32_t character = line_[i];
    if (character == '\t') {
      size_t spaces = 8 - columns % 8;
      pending_.append(spaces, ' ');
      columns += spaces;
      continue;
    }
    if (character < 0x20 || character == 0x7F) {
      pending_ += '^';
      pending_ += static_cast<char>(character ^ 0x40);
    } else if (unicode_) {
      base::append_utf8(pending_, character);
    } else {
      pending_ += static_cast<char>(character < 256 ? character : '?');
    }
    columns += character_width(character);
  }
  // A terminal waits at the last column before it wraps: make it wrap, so that rows can be counted.
  if (then != Then::LineBreak && columns > 0 && columns % width_ == 0 && position < line_.size()) pending_ += " \b";
}

void TtyDriver::move_cursor(size_t from, size_t to) {
  size_t from_row = from / width_, to_row = to / width_, from_column = from % width_, to_column = to % width_;
  auto sequence = [&](size_t count, char direction) {
    if (count == 0) return;
    pending_ += "\x1b[";
    if (count > 1) pending_ += std::to_string(count);
    pending_ += direction;
  };
  if (to_row < from_row) sequence(from_row - to_row, 'A');
  else sequence(to_row - from_row, 'B');
  if (to_column < from_column) sequence(from_column - to_column, 'D');
  else sequence(to_column - from_column, 'C');
}

// Text over or behind the cursor; a new line begins another edited line. Escape sequences go through as they are.
void TtyDriver::put(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    bool incomplete;
    size_t before = at;
    char32_t character = next_character(text, at, unicode_, incomplete);
    if (incomplete) { character = static_cast<uint8_t>(text[at]); ++at; }
    if (character == '\n' || character == '\r') {
      move_cursor(column(position_), column(line_.size()));
      pending_ += character == '\n' ? "\r\n" : "\r";
      line_.clear();
      position_ = 0;
    } else if (character == 0x1b) {
      size_t end = before + 1;
      if (end < text.size() && text[end] == '[') {
        ++end;
        while (end < text.size() && !(text[end] >= 0x40 && text[end] <= 0x7E)) ++end;
      }
      if (end < text.size()) ++end;
      pending_.append(text.substr(before, end - before));
      at = end;
    } else {
      std::vector<char32_t> run{character};   // up to the next control character, drawn at once
      while (at < text.size() && text[at] != '\n' && text[at] != '\r' && text[at] != 0x1b) {
        run.push_back(next_character(text, at, unicode_, incomplete));
        if (incomplete) { run.back() = static_cast<uint8_t>(text[at]); ++at; }
      }
      std::vector<char32_t> rest;
      if (position_ + run.size() < line_.size()) rest.assign(line_.begin() + static_cast<ptrdiff_t>(position_ + run.size()), line_.end());
      size_t begin = position_;
      line_.resize(position_);
      line_.insert(line_.end(), run.begin(), run.end());
      const bool ends_line = at < text.size() && (text[at] == '\n' || text[at] == '\r');
      draw_from(begin, ends_line ? Then::LineBreak : Then::More);
      position_ = line_.size();
      line_.insert(line_.end(), rest.begin(), rest.end());
    }
  }
}

void TtyDriver::insert(std::string_view text) {
  size_t begin = position_, at = 0;
  while (at < text.size()) {
    bool incomplete;
    char32_t character = next_character(text, at, unicode_, incomplete);
    if (incomplete) { character = static_cast<uint8_t>(text[at]); ++at; }
    line_.insert(line_.begin() + static_cast<ptrdiff_t>(position_), character);
    ++position_;
  }
  draw_from(begin);
  move_cursor(column(line_.size()), column(position_));
}

// Positive: behind the cursor; negative: before it.
void TtyDriver::remove(int count) {
  size_t old_end = column(line_.size());
  if (count < 0) {
    size_t removed = std::min<size_t>(static_cast<size_t>(-count), position_);
    move_cursor(column(position_), column(position_ - removed));
    line_.erase(line_.begin() + static_cast<ptrdiff_t>(position_ - removed), line_.begin() + static_cast<ptrdiff_t>(position_));
    position_ -= removed;
  } else {
    size_t removed = std::min<size_t>(static_cast<size_t>(count), line_.size() - position_);
    line_.erase(line_.begin() + static_cast<ptrdiff_t>(position_), line_.begin() + static_cast<ptrdiff_t>(position_ + removed));
  }
  draw_from(position_);
  size_t end = column(line_.size());
  if (old_end > end) pending_ += "\x1b[J";   // what is left of the old line
  move_cursor(end, column(position_));
}

void TtyDriver::move(int count) {
  size_t target = count < 0 ? position_ - std::min<size_t>(static_cast<size_t>(-count), position_)
                            : std::min(position_ + static_cast<size_t>(count), line_.size());
  move_cursor(column(position_), column(target));
  position_ = target;
}

}  // namespace athanor::io
