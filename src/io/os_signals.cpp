// SPDX-License-Identifier: Apache-2.0
#include "io/os_signals.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

#include "bif/bif.hpp"
#include "process/send.hpp"

namespace athanor::io {

namespace {

// Which signals may be set, and their names. (OTP: SIGINT is the break handler's.)
struct Row { Term name; int number; };
const Row kRows[] = {
    {atoms::sighup, SIGHUP},   {atoms::sigquit, SIGQUIT}, {atoms::sigabrt, SIGABRT}, {atoms::sigalrm, SIGALRM},
    {atoms::sigterm, SIGTERM}, {atoms::sigusr1, SIGUSR1}, {atoms::sigusr2, SIGUSR2}, {atoms::sigchld, SIGCHLD},
    {atoms::sigstop, SIGSTOP}, {atoms::sigtstp, SIGTSTP},
};

// Handlers belong to the program, not to a machine: the pipe of the one machine that has taken them.
std::atomic<int> handler_pipe{-1};

void handle(int number) {
  int error = errno;
  auto byte = static_cast<unsigned char>(number);
  int pipe = handler_pipe.load(std::memory_order_relaxed);
  if (pipe >= 0) (void)!::write(pipe, &byte, 1);
  errno = error;
}

void install(int number, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  ::sigaction(number, &action, nullptr);
  // Our threads block signals; the thread of this class takes them.
}

}  // namespace

OsSignals::~OsSignals() {
  if (!running_.load()) return;
  auto give_back = [](int number) {
    struct sigaction now;
    if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler == handle) ::signal(number, SIG_DFL);
  };
  for (const Row& row : kRows) give_back(row.number);
  give_back(SIGINT);
  handler_pipe.store(-1);
  unsigned char stop = 0;
  (void)!::write(pipe_[1], &stop, 1);
  thread_.join();
  ::close(pipe_[0]);
  ::close(pipe_[1]);
}

void OsSignals::start() {
  if (!runtime_.identity.handle_signals || running_.load()) return;
  int expected = -1;
  if (::pipe2(pipe_, O_CLOEXEC) != 0) return;
  if (!handler_pipe.compare_exchange_strong(expected, pipe_[1])) {   // another machine of this program has them
    ::close(pipe_[0]);
    ::close(pipe_[1]);
    return;
  }
  if (!thread_.start("os_signals", [](void* self) { static_cast<OsSignals*>(self)->run(); }, this)) {
    handler_pipe.store(-1);
    ::close(pipe_[0]);
    ::close(pipe_[1]);
    return;
  }
  running_.store(true);
  install(SIGTERM, handle);
  install(SIGUSR1, handle);
  install(SIGQUIT, handle);
  using BreakKey = process::Identity::BreakKey;
  BreakKey key = runtime_.identity.break_key;
  if (key == BreakKey::Menu) install(SIGINT, handle);
  else if (key == BreakKey::Ignored) install(SIGINT, SIG_IGN);
  ::signal(SIGPIPE, SIG_IGN);
}

void OsSignals::run() {
  sigset_t none;
  sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
  process::ThreadScope scope(runtime_);
  base::Epochs::Participant* participant = runtime_.epochs->join();
  while (const unsigned char number = next_number()) {
    if (number == SIGINT) runtime_.break_menu(runtime_, *this);
    for (const Row& row : kRows) {
      if (row.number != number) continue;
      runtime_.epochs->enter(participant);
      heap::FragmentAllocator heap(4);
      process::send_to_name(runtime_, atoms::erl_signal_server, bif::make_tuple(heap, atoms::notify, row.name));
      runtime_.epochs->exit(participant);
    }
  }
  runtime_.epochs->leave(participant);
}

// 0: this is the end.
unsigned char OsSignals::next_number() {
  if (!put_off_.empty()) {
    const unsigned char number = put_off_.front();
    put_off_.pop_front();
    return number;
  }
  for (;;) {
    unsigned char number;
    const ssize_t count = ::read(pipe_[0], &number, 1);
    if (count == 1) return number;
    if (count == 0 || errno != EINTR) return 0;
  }
}

// OTP: Ctrl-C in the menu ends the machine.
int OsSignals::next_key() {
  for (;;) {
    pollfd ready[2] = {{STDIN_FILENO, POLLIN, 0}, {pipe_[0], POLLIN, 0}};
    if (::poll(ready, 2, -1) < 0 && errno != EINTR) return kNoMoreKeys;
    if (ready[1].revents != 0) {
      unsigned char number;
      if (::read(pipe_[0], &number, 1) != 1) continue;
      if (number == SIGINT) return kNoMoreKeys;
      put_off_.push_back(number);
      if (number == 0) return 'c';
    }
    if (ready[0].revents == 0) continue;
    unsigned char bytes[64];
    const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof(bytes));
    if (count > 0) return bytes[0];
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) return kNoMoreKeys;
  }
}

bool OsSignals::set(Term name, Action action) {
  for (const Row& row : kRows) {
    if (row.name != name) continue;
    if (!running_.load()) start();
    if (!running_.load()) return true;   // a library leaves the host's handlers alone
    install(row.number, action == Action::Ignore ? SIG_IGN : action == Action::Default ? SIG_DFL : handle);
    return true;
  }
  return false;
}

}  // namespace athanor::io
