// SPDX-License-Identifier: Apache-2.0
#include "io/child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "io/child_helper/image.hpp"
#include "io/child_helper/protocol.hpp"
#include "os/processors.hpp"

namespace athanor::io {

namespace protocol = child_helper;

int make_pipe(int ends[2]) {
  int raw[2];
  if (::pipe2(raw, O_CLOEXEC) != 0) return errno;
  constexpr int kLowest = 10;
  int error = 0;
  for (int i = 0; i < 2; ++i) {
    ends[i] = raw[i] >= kLowest ? raw[i] : ::fcntl(raw[i], F_DUPFD_CLOEXEC, kLowest);
    if (ends[i] < 0) error = errno;
    if (ends[i] != raw[i]) ::close(raw[i]);
  }
  if (error != 0) {
    for (int i = 0; i < 2; ++i) {
      if (ends[i] >= 0) ::close(ends[i]);
    }
  }
  return error;
}

namespace {

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

// A file in memory; negative: an error number.
int memory_file(const char* name, std::string_view bytes) {
  int file = ::memfd_create(name, MFD_CLOEXEC);
  if (file < 0) return -errno;
  if (write_all(file, bytes)) return file;
  int error = errno;
  ::close(file);
  return -error;
}

// Runs the helper's program with our end of the socket as its descriptor 3. It forks at once, so that there is a child to wait for only here.
int run_helper(int program, int socket) {
  char path[32], name[] = "athanor-child-helper";
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", program);
  char* arguments[] = {name, nullptr};
  char* variables[] = {nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, socket, protocol::kSocket);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const os::WithoutBinding for_children;
  pid_t pid;
  int error = posix_spawn(&pid, path, &actions, &attributes, arguments, variables);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) return error;
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return 0;   // the host reaps all children: then it has reaped this one
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : EAGAIN;
}

// False: the other end is gone. `bytes` come in one piece, as they were written.
bool read_record(int report, void* record, size_t bytes) {
  ssize_t count;
  do {
    count = ::read(report, record, bytes);
  } while (count < 0 && errno == EINTR);
  return count == static_cast<ssize_t>(bytes);
}

}  // namespace

ChildHelper::~ChildHelper() {
  if (socket_ >= 0) ::close(socket_);
}

int ChildHelper::begin() {
  if (socket_ >= 0) return 0;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return errno;
  int lifted = ::fcntl(ends[1], F_DUPFD_CLOEXEC, 10);   // dup2 onto its own number would leave it closed on exec
  int error = lifted < 0 ? errno : 0;
  int program = error == 0 ? memory_file("athanor-child-helper", child_helper::image()) : -1;
  if (error == 0) error = program < 0 ? -program : run_helper(program, lifted);
  if (program >= 0) ::close(program);
  if (lifted >= 0) ::close(lifted);
  ::close(ends[1]);
  if (error != 0) ::close(ends[0]);
  else socket_ = ends[0];
  return error;
}

int ChildHelper::send(const ChildRequest& request, int report) {
  protocol::Request header;
  std::string body;
  auto add = [&](const std::string& text) { body.append(text.c_str(), std::strlen(text.c_str()) + 1); };
  add(request.program);
  add(request.directory);
  for (const std::string& argument : request.arguments) add(argument);
  for (const auto& [name, value] : request.environment) add(name + "=" + value);
  header.argument_count = static_cast<uint32_t>(request.arguments.size());
  header.variable_count = static_cast<uint32_t>(request.environment.size());
  header.body_bytes = body.size();
  int file = memory_file("athanor-child", body);
  if (file < 0) return -file;

  int descriptors[protocol::kMaxDescriptors] = {file, report};
  size_t count = 2;
  auto pass = [&](int descriptor, uint32_t flag) {
    if (descriptor < 0) return;
    header.flags |= flag;
    descriptors[count++] = descriptor;
  };
  pass(request.base_directory, protocol::kHasBase);
  pass(request.in, protocol::kHasInput);
  pass(request.out, protocol::kHasOutput);
  if (request.stderr_to_out) header.flags |= protocol::kErrorsToOutput;
  if (request.use_stdio) header.flags |= protocol::kUseStdio;
  if (!request.directory.empty()) header.flags |= protocol::kHasDirectory;

  iovec part{&header, sizeof header};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptors)] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(count * sizeof(int));
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(count * sizeof(int));
  std::memcpy(CMSG_DATA(rights), descriptors, count * sizeof(int));
  ssize_t sent;
  do {
    sent = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  int error = sent < 0 ? errno : 0;
  ::close(file);
  return error;
}

void ChildHelper::forget(uint64_t life) {
  std::lock_guard lock(mutex_);
  if (life != life_ || socket_ < 0) return;
  ::close(std::exchange(socket_, -1));
  ++life_;
}

// A helper that somebody killed is replaced. It may be seen only by the missing answer: what was sent to it before is lost with it.
Child ChildHelper::start(const ChildRequest& request) {
  Child child;
  for (int attempt = 0; attempt < 3; ++attempt) {
    int ends[2];
    child.error = make_pipe(ends);
    if (child.error != 0) return child;
    uint64_t life;
    {
      std::lock_guard lock(mutex_);
      child.error = begin();
      if (child.error == 0) child.error = send(request, ends[1]);
      life = life_;
    }
    ::close(ends[1]);
    protocol::Started started{};
    bool is_lost = child.error == EPIPE || child.error == ECONNRESET;
    if (child.error == 0) {
      is_lost = !read_record(ends[0], &started, sizeof started);
      child.error = is_lost ? EPIPE : started.error;
    }
    if (child.error == 0) {
      child.pid = started.pid;
      child.report = ends[0];
      return child;
    }
    ::close(ends[0]);
    if (!is_lost) break;
    forget(life);
  }
  return child;
}

int child_status(const Child& child) {
  protocol::Ended ended;
  return read_record(child.report, &ended, sizeof ended) ? ended.status : 255;
}

}  // namespace athanor::io
