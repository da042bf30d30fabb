// SPDX-License-Identifier: Apache-2.0
// Natives of prim_file that work on names: metadata, links, directories, reading a whole file.
#include <dirent.h>
#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "io/file_arguments.hpp"
#include "io/posix_error.hpp"
#define ATH_FAMILY "io/files.def"
#include "bif/declare.inc"

namespace athanor::bif::prim_file {

using io::PathArgument;
using io::error_tuple;

namespace {

BifResult ok_or_error(Process& self, int failed) {
  return failed == 0 ? BifResult(atoms::ok) : BifResult(error_tuple(self.heap(), failed));
}
BifResult ok_with(Process& self, Term value) { return make_tuple(self.heap(), atoms::ok, value); }

// Files up to this size are read on the scheduler: from the page cache that costs less than going to another thread.
constexpr int64_t kQuickReadBytes = 4 << 20;

// Reads a file of about `size` bytes to its end.
BifResult read_whole(Process& self, int descriptor, size_t size) {
  // One byte more, so that a file of the expected size is seen to end without another buffer.
  OffHeapBinary* bytes = OffHeapBinary::create_or_null(size > 0 ? size + 1 : 16 << 10);
  if (bytes == nullptr) return error_tuple(self.heap(), ENOMEM);
  size_t used = 0;
  for (;;) {
    ssize_t count = ::read(descriptor, bytes->data() + used, bytes->capacity - used);
    if (count < 0) {
      if (errno == EINTR) continue;
      int failed = errno;
      bytes->release();
      return error_tuple(self.heap(), failed);
    }
    if (count == 0) break;
    used += static_cast<size_t>(count);
    if (used < bytes->capacity) continue;
    OffHeapBinary* longer = OffHeapBinary::reallocate_or_null(bytes, used * 2);
    if (longer == nullptr) {
      bytes->release();
      return error_tuple(self.heap(), ENOMEM);
    }
    bytes = longer;
  }
  Term contents;
  if (used <= athanor::binary::kHeapBinaryMax) {
    contents = athanor::binary::from_bytes(self.heap(), bytes->data(), used);
    bytes->release();
  } else {
    if (bytes->capacity - used > 4096) bytes = OffHeapBinary::reallocate(bytes, used);
    bytes->size = used;
    contents = athanor::binary::from_off_heap(self.heap(), bytes, used);
  }
  return make_tuple(self.heap(), atoms::ok, contents);
}

}  // namespace

BifResult read_file_nif_1(Process& self, const Term* args) {
  PathArgument path(self, args[0]);
  if (path.error() != 0) return error_tuple(self.heap(), path.error());
  int descriptor = ::openat(path.directory(), path.text(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);   // never waits for a fifo's writer
  if (descriptor < 0) return error_tuple(self.heap(), errno);
  struct stat status;
  if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size <= kQuickReadBytes) {
    self.charge(static_cast<uint64_t>(status.st_size) / 1024 + 20);
    BifResult result = read_whole(self, descriptor, static_cast<size_t>(status.st_size));
    ::close(descriptor);
    return result;
  }
  ::close(descriptor);
  if (S_ISDIR(status.st_mode)) return error_tuple(self.heap(), EISDIR);
  return io::continue_dirty(self, "ath_read_file", {args[0]});
}

BifResult ath_read_file_1(Process& self, const Term* args) {
  PathArgument path(self, args[0]);
  if (path.error() != 0) return error_tuple(self.heap(), path.error());
  const process::Outside outside;
  int descriptor = ::openat(path.directory(), path.text(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return error_tuple(self.heap(), errno);
  struct stat status;
  size_t size = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) ? static_cast<size_t>(status.st_size) : 0;
  BifResult result = read_whole(self, descriptor, size);
  ::close(descriptor);
  return result;
}

BifResult read_info_nif_2(Process& self, const Term* args) {
  if (!args[1].is_small()) return self.badarg();
  PathArgument path(self, args[0]);
  if (path.error() != 0) return error_tuple(self.heap(), path.error());
  struct stat status;
  int flags = args[1].small_value() != 0 ? 0 : AT_SYMLINK_NOFOLLOW;
  if (::fstatat(path.directory(), path.text(), &status, flags) != 0) return error_tuple(self.heap(), errno);
  bool readable = ::faccessat(path.directory(), path.text(), R_OK, 0) == 0;
  bool writable = ::faccessat(path.directory(), path.text(), W_OK, 0) == 0;
  return io::file_info(self.heap(), status, io::access_atom(readable, writable));
}

BifResult set_permissions_nif_2(Process& self, const Term* args) {
  if (!args[1].is_small() || args[1].small_value() < 0 || args[1].small_value() > UINT32_MAX) return self.badarg();
  PathArgument path(self, args[0]);
  if (path.error() != 0) return error_tuple(self.heap(), path.error());
  mode_t mode = static_cast<mode_t>(args[1].small_value()) & 07777 & ~static_cast<mode_t>(S_ISVTX);
  if (::fchmodat(path.directory(), path.text(), mode, 0) == 0) return atoms::ok;
  // OTP: who may not set the set-id bits sets the rest.
  mode &= ~static_cast<mode_t>(S_ISUID | S_ISGID);
  return ok_or_error(self, ::fchmodat(path.directory(), path.text(), mode, 0) == 0 ? 0 : errno);
}

BifResult set_owner_nif_3(Process& self, const Term* args) {
  auto is_id = [](Term t) { return t.is_small() && t.small_value() >= INT32_MIN && t.small_value() <= INT32_MAX; };
  if (!is_id(args[1]) || !is_id(args[2])) return self.badarg();
  PathArgument path(self, args[0]);
  if (path.error() != 0) return error_tuple(self.heap(), path.error());
  int result = ::fchownat(path.directory(), path.text(), static_cast<uid_t>(args[1].small_value()),
                          static_cast<gid_t>(args[2].small_value()), 0);
  return ok_or_error(self, result == 0 ? 0 : errno);
}

BifResult set_time_nif_4(Process& self, const Term* args) {
  int64_t accessed, modified, created;
  if (!integer::to_int64(args[1], accessed) || !integer::to_int64(args[2], modified) || !integer::to_int64(args[3], created)) {
    return self.badarg();
  }
  PathArgument path(self, args[0]);
  if (path.error() != 0) return error_tuple(self.heap(), path.error());
  struct timespec times[2] = {{accessed, 0}, {modified, 0}};
  return ok_or_error(self, ::utimensat(path.directory(), path.text(), times, 0) == 0 ? 0 : errno);
}

BifResult read_link_nif_1(Process& self, const Term* args) {
  PathArgument path(self, args[0]);
  if (path.error() != 0) return error_tuple(self.heap(), path.error());
  std::string target(256, '\0');
  for (;;) {
    ssize_t length = ::readlinkat(path.directory(), path.text(), target.data(), target.size());
    if (length < 0) return error_tuple(self.heap(), errno);
    if (static_cast<size_t>(length) < target.size()) {
      return ok_with(self, athanor::binary::from_bytes(self.heap(), target.data(), static_cast<size_t>(length)));
    }
    target.resize(target.size() * 2);
  }
}

BifResult list_dir_nif_1(Process& self, const Term* args) {
  PathArgument path(self, args[0]);
  if (path.error() != 0) return error_tuple(self.heap(), path.error());
  int descriptor = ::openat(path.directory(), path.text(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return error_tuple(self.heap(), errno);
  DIR* stream = ::fdopendir(descriptor);
  if (stream == nullptr) {
    int failed = errno;
    ::close(descriptor);
    return error_tuple(self.heap(), failed);
  }
  Term names = Term::nil();
  uint64_t count = 0;
  while (struct dirent* entry = ::readdir(stream)) {
    std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    names = cons(self.heap(), athanor::binary::from_text(self.heap(), name), names);
    ++count;
  }
  ::closedir(stream);
  self.charge(count / 4 + 10);
  return ok_with(self, names);
}

BifResult rename_nif_2(Process& self, const Term* args) {
  PathArgument from(self, args[0]), to(self, args[1]);
  if (from.error() != 0 || to.error() != 0) return error_tuple(self.heap(), EINVAL);
  if (::renameat(from.directory(), from.text(), to.directory(), to.text()) == 0) return atoms::ok;
  int failed = errno;
  if (failed == ENOTEMPTY) failed = EEXIST;
  else if (std::strcmp(from.text(), "/") == 0) failed = EINVAL;
  return error_tuple(self.heap(), failed);
}

BifResult make_hard_link_nif_2(Process& self, const Term* args) {
  PathArgument from(self, args[0]), to(self, args[1]);
  if (from.error() != 0 || to.error() != 0) return error_tuple(self.heap(), EINVAL);
  return ok_or_error(self, ::linkat(from.directory(), from.text(), to.directory(), to.text(), 0) == 0 ? 0 : errno);
}

BifResult make_soft_link_nif_2(Process& self, const Term* args) {
  PathArgument target(self, args[0]), link(self, args[1]);
  if (target.error() != 0 || link.error() != 0) return error_tuple(self.heap(), EINVAL);
  return ok_or_error(self, ::symlinkat(target.text(), link.directory(), link.text()) == 0 ? 0 : errno);
}

BifResult make_dir_nif_1(Process& self, const Term* args) {
  PathArgument path(self, args[0]);
  if (path.error() != 0) return error_tuple(self.heap(), path.error());
  return ok_or_error(self, ::mkdirat(path.directory(), path.text(), 0777) == 0 ? 0 : errno);
}

BifResult del_file_nif_1(Process& self, const Term* args) {
  PathArgument path(self, args[0]);
  if (path.error() != 0) return error_tuple(self.heap(), path.error());
  if (::unlinkat(path.directory(), path.text(), 0) == 0) return atoms::ok;
  return error_tuple(self.heap(), errno == EISDIR ? EPERM : errno);   // POSIX says EPERM, Linux EISDIR
}

BifResult del_dir_nif_1(Process& self, const Term* args) {
  PathArgument path(self, args[0]);
  if (path.error() != 0) return error_tuple(self.heap(), path.error());
  if (::unlinkat(path.directory(), path.text(), AT_REMOVEDIR) == 0) return atoms::ok;
  int failed = errno == ENOTEMPTY ? EEXIST : errno;
  if (failed == EEXIST) {
    // OTP: the current directory is einval.
    struct stat target, current;
    if (::fstatat(path.directory(), path.text(), &target, 0) == 0 && ::fstat(path.directory(), &current) == 0 &&
        target.st_ino == current.st_ino && target.st_dev == current.st_dev) failed = EINVAL;
  }
  return error_tuple(self.heap(), failed);
}

BifResult get_device_cwd_nif_1(Process& self, const Term* args) {
  if (!args[0].is_small()) return self.badarg();
  return error_tuple(self.heap(), ENOTSUP);   // drives are another system's
}

BifResult get_cwd_nif_0(Process& self, const Term*) {
  std::string path;
  int failed = io::files_of(self).current_directory_path(path);
  if (failed != 0) return error_tuple(self.heap(), failed);
  return ok_with(self, athanor::binary::from_text(self.heap(), path));
}

BifResult set_cwd_nif_1(Process& self, const Term* args) {
  PathArgument path(self, args[0]);
  if (path.error() != 0) return error_tuple(self.heap(), path.error());
  return ok_or_error(self, io::files_of(self).set_current_directory(path.text()));
}

BifResult altname_nif_1(Process& self, const Term* args) {
  PathArgument path(self, args[0]);
  return error_tuple(self.heap(), path.error() != 0 ? path.error() : ENOTSUP);   // short names are another system's
}

}  // namespace athanor::bif::prim_file
