// SPDX-License-Identifier: Apache-2.0
// Starting child programs and learning of their end, without a signal handler: by pidfd.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace athanor::io {

struct ChildRequest {
  std::string program;                  // path
  std::vector<std::string> arguments;   // with argument 0
  std::map<std::string, std::string> environment;
  int base_directory = -1;              // descriptor, and a path relative to it
  std::string directory;
  int in = -1, out = -1;                // descriptors for its input and output; -1: ours
  bool stderr_to_out = false;
  bool use_stdio = true;                // else 3 and 4
};
struct Child {
  pid_t pid = -1;
  int pidfd = -1;                       // readable when it has ended
  int error = 0;
};
Child start_child(const ChildRequest& request);
// After the pidfd became readable: exit status, or 128 + signal. Reaps it.
int child_status(const Child& child);

// A pipe whose ends are above the numbers that children use, closed on exec. 0 or an error number.
int make_pipe(int ends[2]);

}  // namespace athanor::io
