// SPDX-License-Identifier: Apache-2.0
#include "machine/break_menu.hpp"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "athanor/machine.hpp"
#include "machine/crash_dump_process.hpp"
#include "machine/reports.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/spawn.hpp"
#include "sched/scheduling.hpp"
#include "term/print.hpp"

namespace athanor::machine {

namespace {

constexpr const char kMenu[] =
    "BREAK: (a)bort (A)bort with dump (c)ontinue (p)roc info (i)nfo\n"
    "       (l)oaded (v)ersion (k)ill (D)b-tables (d)istribution\n";

// The standard output may be non-blocking: somebody else's descriptor. OTP: lines end as for a raw terminal.
void write_all(const std::string& lines) {
  std::string text;
  for (char c : lines) {
    if (c == '\n') text += '\r';
    text += c;
  }
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
    lines.c_iflag |= ICRNL;
    lines.c_oflag |= OPOST;
    lines.c_lflag |= ICANON | ECHO | ECHOE | ECHOK | ISIG;
    ::tcsetattr(STDIN_FILENO, TCSADRAIN, &lines);
  }
  ~LineMode() {
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  }
  LineMode(const LineMode&) = delete;
  LineMode& operator=(const LineMode&) = delete;

 private:
  struct termios before_;
  bool is_terminal_;
};

std::string version_text(process::Runtime& runtime) {
  return "Erlang (BEAM) emulator version " + runtime.identity.erts_version + " [Athanor " + version() + "]\n";
}

void write_processes(process::Runtime& runtime) {
  for (Term pid : runtime.processes->all()) {
    if (process::Process* process = runtime.processes->find(pid)) write_all(process_text(*process, Reader::Person));
  }
}

// One process after the other, the youngest first, each to be killed or passed over. False: the input has ended.
bool offer_processes(process::Runtime& runtime, process::BreakKeys& keys) {
  write_all("\n\nProcess Information\n\n--------------------------------------------------\n");
  std::vector<Term> pids = runtime.processes->all();
  for (auto at = pids.rbegin(); at != pids.rend(); ++at) {
    process::Process* process = runtime.processes->find(*at);
    if (!process) continue;
    write_all(process_text(*process, Reader::Person) + "(k)ill (n)ext (r)eturn:\n");
    switch (keys.next_key()) {
      case process::BreakKeys::kNoMoreKeys: return false;
      case 'k': process::send_exit(runtime, Term::local_pid(0), *at, atoms::kill, process::ExitOrigin::ExitBif); break;   // OTP: as from init
      case 'n': break;
      default: return true;
    }
  }
  return true;
}

// What looks at processes and tables is inside an epoch.
class Inside {
 public:
  explicit Inside(process::Runtime& runtime) : scope_(runtime), runtime_(runtime), participant_(runtime.epochs->join()) { runtime.epochs->enter(participant_); }
  ~Inside() {
    runtime_.epochs->exit(participant_);
    runtime_.epochs->leave(participant_);
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  process::ThreadScope scope_;
  process::Runtime& runtime_;
  base::Epochs::Participant* participant_;
};

// Shows what the key asks for. False: nothing, the menu goes on.
bool show(process::Runtime& runtime, int key) {
  switch (key) {
    case 'c': return true;
    case 'v': write_all(version_text(runtime)); return true;
    case 'p':
      write_processes(runtime);
      write_all(ports_report(runtime));
      return true;
    case 'i': write_all(memory_report(runtime) + internal_tables_report(runtime)); return true;
    case 'l': write_all(modules_report(runtime, Reader::Person)); return true;
    case 'o': write_all(ports_report(runtime)); return true;
    case 'd': write_all(nodes_report(runtime)); return true;
    case 'D': write_all(ets_report(runtime, Reader::Person)); return true;
    case 'm': return true;
    case '\n': return false;
    default:
      write_all(std::string("Invalid option '") + static_cast<char>(key) + "'. Please enter one of the following:\n" + kMenu);
      return false;
  }
}

}  // namespace

// Where the machine ends, the schedulers stay held: nothing runs on behind the last words.
void show_break_menu(process::Runtime& runtime, process::BreakKeys& keys) {
  runtime.scheduling->pause();
  const Inside inside(runtime);
  const LineMode mode;
  write_all(std::string("\n") + kMenu);
  for (bool is_done = false; !is_done;) {
    switch (const int key = keys.next_key()) {
      case process::BreakKeys::kNoMoreKeys: case 'a': case 'q': case '*': return runtime.halt(runtime, 0, false, nullptr);
      case 'A': return runtime.halt(runtime, 1, false, "Crash dump requested by user");
      case 'k':
        if (!offer_processes(runtime, keys)) return runtime.halt(runtime, 0, false, nullptr);
        is_done = true;
        break;
      default: is_done = show(runtime, key);
    }
  }
  runtime.scheduling->resume();
}

}  // namespace athanor::machine
