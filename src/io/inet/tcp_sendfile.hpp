// SPDX-License-Identifier: Apache-2.0
// A file on its way into a stream.
#pragma once

#include "io/inet/tcp_driver.hpp"

namespace athanor::io::inet {

struct TcpDriver::SendFile {
  ~SendFile();
  int file = -1;             // ours
  int64_t offset = 0;
  uint64_t left = 0, sent = 0;
  size_t before = 0;         // bytes of the queue that go first
  Term sender;
};

}  // namespace athanor::io::inet
