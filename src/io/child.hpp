// SPDX-License-Identifier: Apache-2.0
// Child programs. A helper process starts them and is their parent (child_helper/): the program that hosts a machine has no children of
// ours, and learns of their end by a pipe, without a signal.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace athanor::io {

struct ChildRequest {
  std::string program;                  // path
  std::vector<std::string> arguments;   // with argument 0
  std::map<std::string, std::string> environment;
  int base_directory = -1;              // descriptor, and a path relative to it
  std::string directory;
  int in = -1, out = -1;                // descriptors for its input and output; -1: the helper's, which are those we started with
  bool stderr_to_out = false;
  bool use_stdio = true;                // else 3 and 4
};
struct Child {
  pid_t pid = -1;
  int report = -1;                      // readable when it has ended; the caller's to close
  int error = 0;
};

// The helper of one machine, started with the first child. Ends when this does; children live on.
class ChildHelper {
 public:
  ChildHelper() = default;
  ~ChildHelper();
  ChildHelper(const ChildHelper&) = delete;
  Child start(const ChildRequest& request);   // any thread; waits until the program runs or could not

 private:
  int begin();                          // with the mutex: 0 or an error number
  int send(const ChildRequest& request, int report);
  void forget(uint64_t life);           // that helper is gone
  std::mutex mutex_;
  int socket_ = -1;
  uint64_t life_ = 0;                   // counts helpers
};
// After `report` became readable: exit status, or 128 + signal; 255 where the helper is gone.
int child_status(const Child& child);

// A pipe whose ends are above the numbers that children use, closed on exec. 0 or an error number.
int make_pipe(int ends[2]);

}  // namespace athanor::io
