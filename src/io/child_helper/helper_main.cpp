// SPDX-License-Identifier: Apache-2.0
// The helper for child programs: a process of its own that starts them, is their parent, and tells how they ended. So a program that
// hosts a machine neither gets SIGCHLD for them nor finds them among its children. It ends when the machine lets go of the socket.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/child_helper/protocol.hpp"

using namespace athanor::io::child_helper;

namespace {

constexpr int kLowest = 10;   // children get the numbers below

// Children alive, and where to report their end.
struct Running { pid_t pid; int report; };
Running* running = nullptr;
size_t running_count = 0, running_room = 0;

bool remember(pid_t pid, int report) {
  if (running_count == running_room) {
    size_t room = running_room == 0 ? 64 : 2 * running_room;
    auto* larger = static_cast<Running*>(realloc(running, room * sizeof(Running)));
    if (larger == nullptr) return false;
    running = larger;
    running_room = room;
  }
  running[running_count++] = {pid, report};
  return true;
}

void tell_end(pid_t pid, int status) {
  for (size_t i = 0; i < running_count; ++i) {
    if (running[i].pid != pid) continue;
    Ended ended{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)};
    [[maybe_unused]] ssize_t told = write(running[i].report, &ended, sizeof ended);   // whoever asked may be gone
    close(running[i].report);
    running[i] = running[--running_count];
    return;
  }
}

void reap() {
  int status;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) tell_end(pid, status);
}

struct Descriptors {
  int numbers[kMaxDescriptors];
  int count = 0;
  ~Descriptors() {
    for (int i = 0; i < count; ++i)
      if (numbers[i] >= 0) close(numbers[i]);
  }
  // Moves those that a child's own numbers would cover.
  bool lift() {
    for (int i = 0; i < count; ++i) {
      if (numbers[i] >= kLowest) continue;
      int higher = fcntl(numbers[i], F_DUPFD_CLOEXEC, kLowest);
      if (higher < 0) return false;
      close(numbers[i]);
      numbers[i] = higher;
    }
    return true;
  }
};

// The texts of a body, one after the other.
struct Texts {
  char *at, *end;
  char* next() {
    if (at >= end) return nullptr;
    char* text = at;
    at += strnlen(at, static_cast<size_t>(end - at)) + 1;
    return at <= end ? text : nullptr;
  }
};

char** text_list(Texts& texts, uint32_t count) {
  auto** list = static_cast<char**>(calloc(size_t{count} + 1, sizeof(char*)));
  for (uint32_t i = 0; list != nullptr && i < count; ++i) list[i] = texts.next();
  return list;
}

void set_attributes(posix_spawnattr_t* attributes) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(attributes, &none);
  posix_spawnattr_setsigdefault(attributes, &all);
  posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
}

int spawn(const Request& request, Texts& texts, const int* optional, pid_t& pid) {
  char *program = texts.next(), *directory = texts.next();
  char** arguments = text_list(texts, request.argument_count);
  char** variables = text_list(texts, request.variable_count);
  int error = program == nullptr || directory == nullptr || arguments == nullptr || variables == nullptr ? EINVAL : 0;
  if (error == 0) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    if (request.flags & kHasBase) posix_spawn_file_actions_addfchdir_np(&actions, *optional++);
    if (request.flags & kHasDirectory) posix_spawn_file_actions_addchdir_np(&actions, directory);
    bool use_stdio = (request.flags & kUseStdio) != 0;
    if (request.flags & kHasInput) posix_spawn_file_actions_adddup2(&actions, *optional++, use_stdio ? 0 : 3);
    if (request.flags & kHasOutput) {
      posix_spawn_file_actions_adddup2(&actions, *optional, use_stdio ? 1 : 4);
      if (request.flags & kErrorsToOutput) posix_spawn_file_actions_adddup2(&actions, *optional, 2);
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, use_stdio ? 3 : 5);
    set_attributes(&attributes);
    error = posix_spawn(&pid, program, &actions, &attributes, arguments, variables);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  free(arguments);
  free(variables);
  return error;
}

void serve(const Request& request, Descriptors& descriptors) {
  if (descriptors.count < 2) return;
  Started started{-1, 0};
  int report = -1;
  void* body = MAP_FAILED;
  if (!descriptors.lift()) started.error = errno;
  else body = mmap(nullptr, request.body_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptors.numbers[0], 0);
  if (started.error == 0 && body == MAP_FAILED) started.error = errno;
  if (started.error == 0) {
    pid_t pid = -1;
    Texts texts{static_cast<char*>(body), static_cast<char*>(body) + request.body_bytes};
    started.error = spawn(request, texts, descriptors.numbers + 2, pid);
    started.pid = pid;
  }
  if (body != MAP_FAILED) munmap(body, request.body_bytes);
  report = descriptors.numbers[1];
  [[maybe_unused]] ssize_t told = write(report, &started, sizeof started);
  if (started.error == 0 && remember(started.pid, report)) descriptors.numbers[1] = -1;   // it stays open
}

// False: the machine has let go.
bool receive(int socket) {
  Request request;
  Descriptors descriptors;
  iovec part{&request, sizeof request};
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxDescriptors * sizeof(int))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t bytes = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (bytes < 0) return errno == EINTR || errno == EAGAIN;
  if (bytes == 0) return false;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    descriptors.count = static_cast<int>((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(descriptors.numbers, CMSG_DATA(header), static_cast<size_t>(descriptors.count) * sizeof(int));
  }
  if (bytes == static_cast<ssize_t>(sizeof request)) serve(request, descriptors);
  return true;
}

}  // namespace

int main() {
  // Who started us waits for this one only: the one that works is nobody's child.
  pid_t worker = fork();
  if (worker != 0) _exit(worker > 0 ? 0 : 1);
  setsid();                       // signals of a terminal are not for us
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_NAME, "athanor-childs");
  if (chdir("/") != 0) _exit(1);  // holds up no file system
  int socket = fcntl(kSocket, F_DUPFD_CLOEXEC, kLowest);   // 3 is a number of children's, and no child is to have it
  close(kSocket);
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_SETMASK, &children, nullptr);
  int ended = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
  if (socket < 0 || ended < 0) _exit(1);
  pollfd wanted[2] = {{socket, POLLIN, 0}, {ended, POLLIN, 0}};
  for (;;) {
    if (poll(wanted, 2, -1) < 0 && errno != EINTR) _exit(1);
    signalfd_siginfo ignored;
    while (read(ended, &ignored, sizeof ignored) > 0) {}
    reap();
    if (wanted[0].revents != 0 && !receive(socket)) _exit(0);
  }
}
