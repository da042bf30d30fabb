// SPDX-License-Identifier: Apache-2.0
// What a machine and its helper for child programs say to each other.
//
//   machine ──(request and descriptors, one packet of a socket)──► helper ──► child
//      ▲──────────(Started, then Ended: a pipe of that child alone)─┘
//
// The descriptors of a request: the body (a file in memory), the pipe to report on, then those that its flags name, in their order.
// The body: program, directory, arguments, variables; each ends with a zero.
#pragma once

#include <cstdint>

namespace athanor::io::child_helper {

constexpr int kSocket = 3;             // the helper's end of the socket

enum RequestFlag : uint32_t {
  kHasBase = 1, kHasInput = 2, kHasOutput = 4,   // descriptors that come with it
  kErrorsToOutput = 8, kUseStdio = 16, kHasDirectory = 32,
};
constexpr int kMaxDescriptors = 5;

struct Request {
  uint32_t flags = 0, argument_count = 0, variable_count = 0;
  uint64_t body_bytes = 0;
};
struct Started {
  int32_t pid, error;                  // error: no child was started
};
struct Ended {
  int32_t status;                      // exit status, or 128 + signal
};

}  // namespace athanor::io::child_helper
