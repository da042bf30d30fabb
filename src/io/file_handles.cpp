// SPDX-License-Identifier: Apache-2.0
// Natives of prim_file that work on open files. Each claims the file for as long as it runs (OpenFile::state).
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "bif/magic.hpp"
#include "io/file_arguments.hpp"
#include "io/posix_error.hpp"
#define ATH_FAMILY "io/files.def"
#include "bif/declare.inc"

namespace athanor::bif::prim_file {

using io::Integer64;
using io::OpenFile;
using io::PathArgument;
using io::error_tuple;

namespace {

BifResult eof_or_error(Process& self, ssize_t count) {
  return count == 0 ? BifResult(atoms::eof) : BifResult(error_tuple(self.heap(), errno));
}
BifResult ok_or_errno(Process& self, bool done) {
  return done ? BifResult(atoms::ok) : BifResult(error_tuple(self.heap(), errno));
}

// Transfers on regular files up to this size are done on the scheduler.
constexpr int64_t kQuickBytes = 256 << 10;

// A file under operation; when the owner died meanwhile the end of the operation closes it.
class Claim {
 public:
  explicit Claim(Term reference) : file_(magic_as<OpenFile>(reference)), held_(file_ != nullptr && file_->claim()) {}
  ~Claim() {
    if (held_) file_->unclaim();
  }
  Claim(const Claim&) = delete;
  bool is_file() const { return file_ != nullptr; }
  bool held() const { return held_; }
  // For an operation that is not possible: badarg for what is no file, einval for a closed one.
  BifResult refuse(Process& self) const { return is_file() ? BifResult(error_tuple(self.heap(), EINVAL)) : self.badarg(); }
  OpenFile* operator->() const { return file_; }

 private:
  OpenFile* file_;
  const bool held_;
  const process::Outside outside_;   // what it is claimed for may wait
};

struct OpenModes {
  bool read = false, write = false, exclusive = false, append = false, sync = false, skip_type_check = false, directory = false;
};

OpenModes parse_modes(Term list) {
  OpenModes modes;
  for (; list.is_list_cell(); list = list.tail()) {
    Term mode = list.head();
    if (mode == atoms::read) modes.read = true;
    else if (mode == atoms::write) modes.write = true;
    else if (mode == atoms::exclusive) modes.exclusive = true;
    else if (mode == atoms::append) modes.append = true;
    else if (mode == atoms::sync) modes.sync = true;
    else if (mode == atoms::skip_type_check) modes.skip_type_check = true;
    else if (mode == atoms::directory) modes.directory = true;
    // Others (raw, read_ahead, …) are the business of the modules above.
  }
  if (modes.append || modes.exclusive) modes.write = true;
  else if (!modes.read && !modes.write) modes.read = true;
  return modes;
}

int open_flags(const OpenModes& modes) {
  int flags = O_CLOEXEC;
  if (modes.read) flags |= modes.write ? O_RDWR | O_CREAT : O_RDONLY;
  else flags |= O_WRONLY | O_CREAT | (modes.append ? 0 : O_TRUNC);
  if (modes.append) flags |= O_APPEND;
  if (modes.exclusive) flags |= O_EXCL;
  if (modes.sync) flags |= O_SYNC;
  if (modes.directory) flags |= O_DIRECTORY;
  return flags;
}

BifResult finish_open(Process& self, int descriptor, const struct stat& status) {
  auto* file = new OpenFile(descriptor, self.pid(), S_ISREG(status.st_mode));
  io::files_of(self).add(file);
  Term reference = make_magic_reference(self, file);
  file->release();
  return make_tuple(self.heap(), atoms::ok, reference);
}

BifResult open_file(Process& self, const PathArgument& path, const OpenModes& modes) {
  const process::Outside outside;   // a fifo waits for its other side
  int descriptor;
  do {
    descriptor = ::openat(path.directory(), path.text(), open_flags(modes), modes.directory ? 0777 : 0666);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0) return error_tuple(self.heap(), errno);
  struct stat status = {};
  ::fstat(descriptor, &status);
  if (S_ISDIR(status.st_mode) && !modes.directory && !modes.skip_type_check) {
    ::close(descriptor);
    return error_tuple(self.heap(), EISDIR);
  }
  return finish_open(self, descriptor, status);
}

// Reads until `bytes` are there, the file ends, or an error. `offset` < 0: at the file's own position.
ssize_t read_fully(int descriptor, uint8_t* to, size_t bytes, int64_t offset) {
  size_t done = 0;
  while (done < bytes) {
    ssize_t count = offset < 0 ? ::read(descriptor, to + done, bytes - done)
                               : ::pread(descriptor, to + done, bytes - done, offset + static_cast<int64_t>(done));
    if (count < 0) {
      if (errno == EINTR) continue;
      return done > 0 ? static_cast<ssize_t>(done) : -1;
    }
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  return static_cast<ssize_t>(done);
}

// {ok, Bytes} | eof | {error, Reason}
BifResult read_binary(Process& self, int descriptor, size_t bytes, int64_t offset) {
  Allocator& heap = self.heap();
  if (bytes <= athanor::binary::kHeapBinaryMax) {
    uint8_t small[athanor::binary::kHeapBinaryMax];
    ssize_t count = read_fully(descriptor, small, bytes, offset);
    if (count <= 0) return eof_or_error(self, count);
    return make_tuple(heap, atoms::ok, athanor::binary::from_bytes(heap, small, static_cast<size_t>(count)));
  }
  OffHeapBinary* binary = OffHeapBinary::create_or_null(bytes);
  if (binary == nullptr) return error_tuple(heap, ENOMEM);
  ssize_t count = read_fully(descriptor, binary->data(), bytes, offset);
  if (count <= 0) {
    int failed = errno;
    binary->release();
    errno = failed;
    return eof_or_error(self, count);
  }
  size_t used = static_cast<size_t>(count);
  if (used <= athanor::binary::kHeapBinaryMax) {
    Term copy = athanor::binary::from_bytes(heap, binary->data(), used);
    binary->release();
    return make_tuple(heap, atoms::ok, copy);
  }
  if (used < bytes) binary = OffHeapBinary::reallocate(binary, used);
  binary->size = used;
  return make_tuple(heap, atoms::ok, athanor::binary::from_off_heap(heap, binary, used));
}

// The first binaries of an iovec (at most 64), its tail, all bytes of those.
struct IoVector {
  static constexpr int kMaximum = 64;
  struct iovec parts[kMaximum];
  athanor::binary::Scratch scratch[kMaximum];
  int count = 0;
  size_t bytes = 0;
  Term tail;
  bool take(Term list) {   // false: no list of binaries
    for (; list.is_list_cell() && count < kMaximum; list = list.tail(), ++count) {
      if (!athanor::binary::is_binary(list.head())) return false;
      std::string_view text = athanor::binary::bytes_of(list.head(), scratch[count]);
      parts[count] = {const_cast<char*>(text.data()), text.size()};
      bytes += text.size();
    }
    tail = list;
    return list.is_list();
  }
};

// All bytes, at the file's position (offset < 0) or at `offset`. 0 or an error number.
int write_fully(int descriptor, IoVector& vector, int64_t offset) {
  struct iovec* part = vector.parts;
  int left = vector.count;
  while (left > 0) {
    if (part->iov_len == 0) { ++part; --left; continue; }
    ssize_t count = offset < 0 ? ::writev(descriptor, part, left) : ::pwritev(descriptor, part, left, offset);
    if (count < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    if (offset >= 0) offset += count;
    size_t done = static_cast<size_t>(count);
    while (left > 0 && done >= part->iov_len) { done -= part->iov_len; ++part; --left; }
    if (left > 0) {
      part->iov_base = static_cast<char*>(part->iov_base) + done;
      part->iov_len -= done;
    }
  }
  return 0;
}

enum class Place : uint8_t { Here, Dirty };

BifResult read_at(Process& self, Term reference, Term size, Place place) {
  Claim file(reference);
  if (!file.held()) return file.refuse(self);
  int64_t bytes;
  switch (io::integer_argument(size, bytes)) {
    case Integer64::NoNumber: return self.badarg();
    case Integer64::TooLarge: return error_tuple(self.heap(), EINVAL);
    case Integer64::Fits: break;
  }
  if (bytes < 0) return error_tuple(self.heap(), EINVAL);
  if (place == Place::Here && (!file->regular || bytes > kQuickBytes)) return io::continue_dirty(self, "ath_read", {reference, size});
  self.charge(static_cast<uint64_t>(bytes) / 1024 + 10);
  return read_binary(self, file->descriptor, static_cast<size_t>(bytes), -1);
}

BifResult pread_at(Process& self, const Term* args, Place place) {
  Claim file(args[0]);
  if (!file.held()) return file.refuse(self);
  if (!is_number(args[1]) || !is_number(args[2])) return self.badarg();
  int64_t offset, bytes;
  if (!integer::to_int64(args[1], offset) || !integer::to_int64(args[2], bytes) || offset < 0 || bytes < 0) {
    return error_tuple(self.heap(), EINVAL);
  }
  if (place == Place::Here && (!file->regular || bytes > kQuickBytes)) {
    return io::continue_dirty(self, "ath_pread", {args[0], args[1], args[2]});
  }
  self.charge(static_cast<uint64_t>(bytes) / 1024 + 10);
  return read_binary(self, file->descriptor, static_cast<size_t>(bytes), offset);
}

BifResult write_at(Process& self, const Term* args, Place place) {
  Claim file(args[0]);
  if (!file.held()) return file.refuse(self);
  IoVector vector;
  if (!vector.take(args[1])) return self.badarg();
  if (place == Place::Here && (!file->regular || vector.bytes > static_cast<size_t>(kQuickBytes))) {
    return io::continue_dirty(self, "ath_write", {args[0], args[1]});
  }
  self.charge(vector.bytes / 1024 + 10);
  int failed = write_fully(file->descriptor, vector, -1);
  if (failed != 0) return error_tuple(self.heap(), failed);
  if (!vector.tail.is_nil()) return make_tuple(self.heap(), atoms::continue_, vector.tail);
  return atoms::ok;
}

BifResult pwrite_at(Process& self, const Term* args, Place place) {
  Claim file(args[0]);
  if (!file.held()) return file.refuse(self);
  IoVector vector;
  if (!is_number(args[1]) || !vector.take(args[2])) return self.badarg();
  int64_t offset;
  if (!integer::to_int64(args[1], offset) || offset < 0) return error_tuple(self.heap(), EINVAL);
  if (place == Place::Here && (!file->regular || vector.bytes > static_cast<size_t>(kQuickBytes))) {
    return io::continue_dirty(self, "ath_pwrite", {args[0], args[1], args[2]});
  }
  self.charge(vector.bytes / 1024 + 10);
  int failed = write_fully(file->descriptor, vector, offset);
  if (failed != 0) return error_tuple(self.heap(), failed);
  if (!vector.tail.is_nil()) {
    return make_tuple(self.heap(), atoms::continue_, integer::from_uint64(self.heap(), vector.bytes), vector.tail);
  }
  return atoms::ok;
}

}  // namespace

BifResult open_nif_2(Process& self, const Term* args) {
  if (!args[1].is_list()) return self.badarg();
  PathArgument path(self, args[0]);
  if (path.error() != 0) return error_tuple(self.heap(), path.error());
  // Opening a fifo or a device may wait for its other side.
  struct stat status;
  if (::fstatat(path.directory(), path.text(), &status, 0) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
    return io::continue_dirty(self, "ath_open", {args[0], args[1]});
  }
  self.charge(20);
  return open_file(self, path, parse_modes(args[1]));
}
BifResult ath_open_2(Process& self, const Term* args) {
  PathArgument path(self, args[0]);
  if (path.error() != 0) return error_tuple(self.heap(), path.error());
  return open_file(self, path, parse_modes(args[1]));
}

BifResult file_desc_to_ref_nif_1(Process& self, const Term* args) {
  if (!args[0].is_small() || args[0].small_value() < INT32_MIN || args[0].small_value() > INT32_MAX) return self.badarg();
  int descriptor = static_cast<int>(args[0].small_value());
  struct stat status;
  if (::fstat(descriptor, &status) != 0) return error_tuple(self.heap(), errno);
  return finish_open(self, descriptor, status);
}

BifResult close_nif_1(Process& self, const Term* args) {
  auto* file = magic_as<OpenFile>(args[0]);
  if (file == nullptr) return self.badarg();
  uint8_t idle = OpenFile::Idle;
  if (!file->state.compare_exchange_strong(idle, OpenFile::Closed, std::memory_order_acq_rel)) {
    return error_tuple(self.heap(), EINVAL);
  }
  io::files_of(self).forget(file);
  int descriptor = file->descriptor;
  file->descriptor = -1;
  self.charge(10);
  return ok_or_errno(self, ::close(descriptor) == 0);
}

// OTP: its janitor process closes with this the files of dead owners; ours are closed when the owner ends.
BifResult delayed_close_nif_1(Process& self, const Term* args) {
  return magic_as<OpenFile>(args[0]) == nullptr ? self.badarg() : BifResult(atoms::ok);
}

BifResult read_nif_2(Process& self, const Term* args) { return read_at(self, args[0], args[1], Place::Here); }
BifResult ath_read_2(Process& self, const Term* args) { return read_at(self, args[0], args[1], Place::Dirty); }
BifResult pread_nif_3(Process& self, const Term* args) { return pread_at(self, args, Place::Here); }
BifResult ath_pread_3(Process& self, const Term* args) { return pread_at(self, args, Place::Dirty); }
BifResult write_nif_2(Process& self, const Term* args) { return write_at(self, args, Place::Here); }
BifResult ath_write_2(Process& self, const Term* args) { return write_at(self, args, Place::Dirty); }
BifResult pwrite_nif_3(Process& self, const Term* args) { return pwrite_at(self, args, Place::Here); }
BifResult ath_pwrite_3(Process& self, const Term* args) { return pwrite_at(self, args, Place::Dirty); }

BifResult seek_nif_3(Process& self, const Term* args) {
  Claim file(args[0]);
  if (!file.held()) return file.refuse(self);
  int64_t offset;
  if (!integer::to_int64(args[2], offset)) return self.badarg();
  int whence;
  if (args[1] == atoms::bof) whence = SEEK_SET;
  else if (args[1] == atoms::cur) whence = SEEK_CUR;
  else if (args[1] == atoms::eof) whence = SEEK_END;
  else return self.badarg();
  off_t position = ::lseek(file->descriptor, offset, whence);
  if (position < 0) return error_tuple(self.heap(), errno);
  return make_tuple(self.heap(), atoms::ok, integer::from_int64(self.heap(), position));
}

BifResult sync_nif_2(Process& self, const Term* args) {
  Claim file(args[0]);
  if (!file.held()) return file.refuse(self);
  if (!args[1].is_small()) return self.badarg();
  int result = args[1].small_value() != 0 ? ::fdatasync(file->descriptor) : ::fsync(file->descriptor);
  return ok_or_errno(self, result == 0);
}

BifResult truncate_nif_1(Process& self, const Term* args) {
  Claim file(args[0]);
  if (!file.held()) return file.refuse(self);
  off_t position = ::lseek(file->descriptor, 0, SEEK_CUR);
  return ok_or_errno(self, position >= 0 && ::ftruncate(file->descriptor, position) == 0);
}

BifResult allocate_nif_3(Process& self, const Term* args) {
  Claim file(args[0]);
  if (!file.held()) return file.refuse(self);
  if (!is_number(args[1]) || !is_number(args[2])) return self.badarg();
  int64_t offset, length;
  if (!integer::to_int64(args[1], offset) || !integer::to_int64(args[2], length) || offset < 0 || length < 0) {
    return error_tuple(self.heap(), EINVAL);
  }
  if (::fallocate(file->descriptor, 0, offset, length) == 0) return atoms::ok;
  int failed = ::posix_fallocate(file->descriptor, offset, length);   // for file systems without the call above
  return failed == 0 ? BifResult(atoms::ok) : BifResult(error_tuple(self.heap(), failed));
}

BifResult advise_nif_4(Process& self, const Term* args) {
  Claim file(args[0]);
  if (!file.held()) return file.refuse(self);
  if (!is_number(args[1]) || !is_number(args[2])) return self.badarg();
  int64_t offset, length;
  if (!integer::to_int64(args[1], offset) || !integer::to_int64(args[2], length) || offset < 0 || length < 0) {
    return error_tuple(self.heap(), EINVAL);
  }
  int advice;
  if (args[3] == atoms::normal) advice = POSIX_FADV_NORMAL;
  else if (args[3] == atoms::random) advice = POSIX_FADV_RANDOM;
  else if (args[3] == atoms::sequential) advice = POSIX_FADV_SEQUENTIAL;
  else if (args[3] == atoms::will_need) advice = POSIX_FADV_WILLNEED;
  else if (args[3] == atoms::dont_need) advice = POSIX_FADV_DONTNEED;
  else if (args[3] == atoms::no_reuse) advice = POSIX_FADV_NOREUSE;
  else return error_tuple(self.heap(), EINVAL);   // OTP: not badarg
  (void)::posix_fadvise(file->descriptor, offset, length, advice);   // OTP: its failures are not reported
  return atoms::ok;
}

BifResult get_handle_nif_1(Process& self, const Term* args) {
  Claim file(args[0]);
  if (!file.held()) return file.refuse(self);
  int descriptor = file->descriptor;
  return athanor::binary::from_bytes(self.heap(), &descriptor, sizeof descriptor);
}

BifResult read_handle_info_nif_1(Process& self, const Term* args) {
  Claim file(args[0]);
  if (!file.held()) return file.refuse(self);
  struct stat status;
  if (::fstat(file->descriptor, &status) != 0) return error_tuple(self.heap(), errno);
  // OTP: the access of whoever we are, judged by the mode alone.
  mode_t readable = S_IROTH, writable = S_IWOTH;
  if (status.st_uid == ::geteuid()) readable = S_IRUSR, writable = S_IWUSR;
  else if (status.st_gid == ::getegid()) readable = S_IRGRP, writable = S_IWGRP;
  return io::file_info(self.heap(), status, io::access_atom(status.st_mode & readable, status.st_mode & writable));
}

// Reads <<Size:32, Pointer:32>> at Offset, then Size bytes at Pointer: what dets asks for.
BifResult ipread_s32bu_p32bu_nif_3(Process& self, const Term* args) {
  Claim file(args[0]);
  if (!file.held()) return file.refuse(self);
  if (!is_number(args[1]) || !is_number(args[2])) return self.badarg();
  int64_t offset, maximum;
  if (!integer::to_int64(args[1], offset) || !integer::to_int64(args[2], maximum) || offset < 0 || maximum >= int64_t{1} << 31) {
    return error_tuple(self.heap(), EINVAL);
  }
  uint8_t block[8];
  ssize_t count = read_fully(file->descriptor, block, sizeof block, offset);
  if (count < 0) return error_tuple(self.heap(), errno);
  if (count < static_cast<ssize_t>(sizeof block)) return atoms::eof;
  auto number = [](const uint8_t* at) { return uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | at[3]; };
  uint32_t size = number(block), pointer = number(block + 4);
  if (static_cast<int64_t>(size) > maximum) return atoms::eof;
  Term data = atoms::eof;
  if (size > 0) {
    BifResult result = read_binary(self, file->descriptor, size, pointer);
    if (is_tuple(result.value)) {
      if (tuple_element(result.value, 0) == atoms::error) return result;
      data = tuple_element(result.value, 1);
    }
  }
  return make_tuple(self.heap(), atoms::ok, make_tuple(self.heap(), Term::small(size), Term::small(pointer), data));
}

}  // namespace athanor::bif::prim_file
