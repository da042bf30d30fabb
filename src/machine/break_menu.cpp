// SPDX-License-Identifier: Apache-2.0
#include "machine/break_menu.hpp"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "athanor/machine.hpp"
#include "code/code_server.hpp"
#include "sched/scheduling.hpp"
#include "term/print.hpp"

namespace athanor::machine {

namespace {

constexpr const char kMenu[] =
    "\nBREAK: (a)bort (A)bort with dump (c)ontinue (p)roc info (i)nfo\n"
    "       (l)oaded (v)ersion (k)ill (D)b-tables (d)istribution\n";

// The standard output may be non-blocking: somebody else's descriptor.
void write_all(const std::string& text) {
  size_t written = 0;
  while (written < text.size()) {
    ssize_t count = ::write(STDOUT_FILENO, text.data() + written, text.size() - written);
    if (count > 0) {
      written += static_cast<size_t>(count);
    } else if (errno == EAGAIN) {
      pollfd room{STDOUT_FILENO, POLLOUT, 0};
      ::poll(&room, 1, 1000);
    } else if (errno != EINTR) {
      return;
    }
  }
}

// While the menu is shown the terminal shows what is typed and gives whole lines, as before a shell with a line editor took it.
class LineMode {
 public:
  LineMode() {
    is_terminal_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (!is_terminal_) return;
    struct termios lines = before_;
    lines.c_lflag |= ICANON | ECHO | ECHOE | ECHOK | ISIG;
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &lines);
  }
  ~LineMode() {
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  }
  LineMode(const LineMode&) = delete;
  LineMode& operator=(const LineMode&) = delete;
  bool is_terminal() const { return is_terminal_; }

 private:
  struct termios before_;
  bool is_terminal_;
};

// One byte of standard input; -1: no more.
int read_byte() {
  for (;;) {
    unsigned char byte;
    ssize_t count = ::read(STDIN_FILENO, &byte, 1);
    if (count == 1) return byte;
    if (count == 0) return -1;
    if (errno == EAGAIN) {
      pollfd input{STDIN_FILENO, POLLIN, 0};
      ::poll(&input, 1, -1);
    } else if (errno != EINTR) {
      return -1;
    }
  }
}

// The next key; on a terminal the first of the line. -1: no more input.
int read_key(const LineMode& mode) {
  int key = read_byte();
  for (int rest = key; mode.is_terminal() && rest >= 0 && rest != '\n';) rest = read_byte();
  return key;
}

std::string version_text(process::Runtime& runtime) {
  return "Erlang (SMP,ASYNC_THREADS) (BEAM) emulator version " + runtime.identity.erts_version + " [Athanor " + version() + "]\n";
}

}  // namespace

void show_break_menu(process::Runtime& runtime) {
  runtime.scheduling->pause();
  LineMode mode;
  write_all(kMenu);
  for (bool shown = true; shown;) {
    switch (read_key(mode)) {
      case -1: case 'a': case 'q': case '*':
        runtime.halt(runtime, 0, false, nullptr);   // the schedulers stay held: nothing runs on behind the last words
        return;
      case 'A':
        runtime.halt(runtime, 1, false, "Crash dump requested by user");
        return;
      case 'c': shown = false; break;
      case 'v':
        write_all(version_text(runtime));
        shown = false;
        break;
      case '\n': break;
      case 'p': case 'i': case 'l': case 'k': case 'D': case 'd': case 'o':
        write_all("This part of the menu is not there yet; (c)ontinue or (a)bort.\n");
        break;
      default: write_all("Eh?\n\n");
    }
  }
  runtime.scheduling->resume();
}

}  // namespace athanor::machine
