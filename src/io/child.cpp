// SPDX-License-Identifier: Apache-2.0
#include "io/child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace athanor::io {

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

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

void add_descriptors(posix_spawn_file_actions_t* actions, const ChildRequest& request) {
  if (request.base_directory >= 0) posix_spawn_file_actions_addfchdir_np(actions, request.base_directory);
  if (!request.directory.empty()) posix_spawn_file_actions_addchdir_np(actions, request.directory.c_str());
  int in = request.use_stdio ? 0 : 3, out = request.use_stdio ? 1 : 4;
  if (request.in >= 0) posix_spawn_file_actions_adddup2(actions, request.in, in);
  if (request.out >= 0) posix_spawn_file_actions_adddup2(actions, request.out, out);
  if (request.stderr_to_out && request.out >= 0) posix_spawn_file_actions_adddup2(actions, request.out, 2);
  // Descriptors that the host did not mark are none of the child's business.
  posix_spawn_file_actions_addclosefrom_np(actions, request.use_stdio ? 3 : 5);
}

void set_attributes(posix_spawnattr_t* attributes) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(attributes, &none);       // our threads block most signals
  posix_spawnattr_setsigdefault(attributes, &all);
  posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
}

}  // namespace

Child start_child(const ChildRequest& request) {
  std::vector<std::string> arguments = request.arguments, variables;
  for (const auto& [name, value] : request.environment) variables.push_back(name + "=" + value);
  std::vector<char*> argv = pointers(arguments), envp = pointers(variables);

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  add_descriptors(&actions, request);
  set_attributes(&attributes);
  Child child;
  child.error = posix_spawn(&child.pid, request.program.c_str(), &actions, &attributes, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (child.error != 0) return child;
  child.pidfd = static_cast<int>(::syscall(SYS_pidfd_open, child.pid, 0));
  if (child.pidfd < 0) child.error = errno;
  return child;
}

int child_status(const Child& child) {
  siginfo_t info = {};
  while (::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(child.pidfd), &info, WEXITED) != 0) {
    if (errno != EINTR) return 255;   // somebody else reaped it
  }
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

}  // namespace athanor::io
