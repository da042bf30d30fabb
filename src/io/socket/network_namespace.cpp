// SPDX-License-Identifier: Apache-2.0
#include "io/socket/network_namespace.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>

namespace athanor::io::socket {

NetworkNamespace::NetworkNamespace(const std::string& path) {
  if (path.empty()) return;
  int home = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  int there = home < 0 ? -1 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (home < 0 || there < 0 || ::setns(there, CLONE_NEWNET) != 0) error_ = errno;
  if (there >= 0) ::close(there);
  if (error_ == 0) home_ = home;
  else if (home >= 0) ::close(home);
}

int NetworkNamespace::leave() {
  if (home_ < 0) return 0;
  int error = ::setns(home_, CLONE_NEWNET) == 0 ? 0 : errno;
  ::close(home_);
  home_ = -1;
  return error;
}

}  // namespace athanor::io::socket
