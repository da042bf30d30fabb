// SPDX-License-Identifier: Apache-2.0
#include "io/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "sched/scheduling.hpp"

namespace athanor::io {

Directory::~Directory() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

OpenFile::~OpenFile() {
  if (descriptor >= 0) ::close(descriptor);
}

bool OpenFile::claim() {
  uint8_t idle = Idle;
  return state.compare_exchange_strong(idle, Busy, std::memory_order_acq_rel);
}

void OpenFile::unclaim() {
  uint8_t busy = Busy;
  if (state.compare_exchange_strong(busy, Idle, std::memory_order_acq_rel)) return;
  state.store(Closed, std::memory_order_release);
  ::close(std::exchange(descriptor, -1));
}

int OpenFile::duplicate(int& copy) {
  if (!claim()) return EINVAL;
  copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  int error = copy < 0 ? errno : 0;
  unclaim();
  return error;
}

Files::Files(process::Runtime& runtime) : runtime_(runtime) {
  directory_ = std::make_shared<Directory>(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

Files::~Files() {
  for (auto& [owner, file] : open_) file->release();
}

std::shared_ptr<Directory> Files::current_directory() const {
  std::lock_guard lock(directory_mutex_);
  return directory_;
}

int Files::set_current_directory(const char* path) {
  std::shared_ptr<Directory> from = current_directory();
  int descriptor = ::openat(from->descriptor(), path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return errno;
  auto directory = std::make_shared<Directory>(descriptor);
  if (::faccessat(descriptor, ".", X_OK, 0) != 0) return errno;
  // A program of its own lets C code of NIFs and drivers see the same directory; a host keeps its own.
  if (runtime_.identity.handle_signals && ::fchdir(descriptor) != 0) return errno;
  std::lock_guard lock(directory_mutex_);
  directory_ = std::move(directory);
  return 0;
}

int Files::current_directory_path(std::string& path) const {
  std::shared_ptr<Directory> directory = current_directory();
  char link[32];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", directory->descriptor());
  path.resize(4096);
  ssize_t length = ::readlink(link, path.data(), path.size());
  if (length < 0) return errno;
  path.resize(static_cast<size_t>(length));
  if (path.ends_with(" (deleted)") && ::access(path.c_str(), F_OK) != 0) return ENOENT;
  return 0;
}

void Files::add(OpenFile* file) {
  file->retain();
  std::lock_guard lock(mutex_);
  owners_.add(file->owner);
  open_.emplace(file->owner.pid_number(), file);
}

void Files::forget(OpenFile* file) {
  {
    std::lock_guard lock(mutex_);
    auto [at, end] = open_.equal_range(file->owner.pid_number());
    while (at != end && at->second != file) ++at;
    if (at == end) return;
    open_.erase(at);
    owners_.remove(file->owner);
  }
  file->release();
}

// Closing may wait for the system (the last count of a removed file, a network file system): on a background thread.
static void close_in_background(void* argument) {
  auto* file = static_cast<OpenFile*>(argument);
  int descriptor = file->descriptor;
  file->descriptor = -1;
  ::close(descriptor);
  file->release();
}

void Files::process_exited(Term pid) {
  if (!owners_.may_own(pid)) return;
  std::vector<OpenFile*> owned;
  {
    std::lock_guard lock(mutex_);
    auto [first, last] = open_.equal_range(pid.pid_number());
    for (auto at = first; at != last; ++at) {
      owned.push_back(at->second);
      owners_.remove(pid);
    }
    open_.erase(first, last);
  }
  for (OpenFile* file : owned) {
    uint8_t state = file->state.load(std::memory_order_acquire);
    for (;;) {
      if (state == OpenFile::Idle) {
        if (!file->state.compare_exchange_weak(state, OpenFile::Closed, std::memory_order_acq_rel)) continue;
        if (runtime_.scheduling != nullptr) runtime_.scheduling->run_in_background(close_in_background, file);
        else close_in_background(file);
        break;
      }
      if (state == OpenFile::Busy &&
          !file->state.compare_exchange_weak(state, OpenFile::ClosePending, std::memory_order_acq_rel)) continue;
      file->release();
      break;
    }
  }
}

}  // namespace athanor::io
