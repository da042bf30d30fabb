// SPDX-License-Identifier: Apache-2.0
// Files of one machine: its current directory and the open files with their owners.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/owner_filter.hpp"
#include "process/process.hpp"

namespace athanor::io {

// A directory kept open; closed with its last user.
class Directory {
 public:
  explicit Directory(int descriptor) : descriptor_(descriptor) {}
  ~Directory();
  int descriptor() const { return descriptor_; }
 private:
  int descriptor_;
};

// An open file behind a magic reference. Operations claim it (Idle to Busy); the death of its owner closes it at once when
// idle, else when the operation ends. So a descriptor is never closed, or its number reused, under an operation.
struct OpenFile : MagicObject {
  enum State : uint8_t { Idle, Busy, ClosePending, Closed };
  OpenFile(int fd, Term owner_pid, bool is_regular) : descriptor(fd), owner(owner_pid), regular(is_regular) {}
  ~OpenFile() override;
  bool claim();        // false: closed, or another operation runs
  void unclaim();      // after claim
  int duplicate(int& copy);   // a descriptor of the caller's for the same file: 0 or an error number
  int descriptor;
  const Term owner;
  const bool regular;   // reads and writes of it never wait for somebody else
  std::atomic<uint8_t> state{Idle};
};

class Files {
 public:
  explicit Files(process::Runtime& runtime);
  ~Files();

  std::shared_ptr<Directory> current_directory() const;
  int set_current_directory(const char* path);          // 0 or an error number
  int current_directory_path(std::string& path) const;

  // Open files. The registry holds one count of each that is open.
  void add(OpenFile* file);
  void forget(OpenFile* file);        // was closed by its user
  void process_exited(Term pid);      // closes what it owned

 private:
  process::Runtime& runtime_;
  mutable std::mutex directory_mutex_;
  std::shared_ptr<Directory> directory_;
  std::mutex mutex_;
  OwnerFilter owners_;
  std::multimap<uint32_t, OpenFile*> open_;   // by the owner's number
};

}  // namespace athanor::io
