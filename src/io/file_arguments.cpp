// SPDX-License-Identifier: Apache-2.0
#include "io/file_arguments.hpp"

#include <cerrno>

#include "code/code_server.hpp"
#include "io/ports.hpp"

namespace athanor::io {

Files& files_of(process::Process& self) { return self.runtime().ports->files(); }

PathArgument::PathArgument(process::Process& self, Term path) : directory_(files_of(self).current_directory()) {
  binary::Scratch scratch;
  if (!binary::is_binary(path)) { error_ = EINVAL; return; }
  std::string_view bytes = binary::bytes_of(path, scratch);
  if (bytes.empty() || bytes.back() != '\0') { error_ = EINVAL; return; }
  text_.assign(bytes.data(), bytes.size() - 1);
}

Integer64 integer_argument(Term t, int64_t& value) {
  if (integer::to_int64(t, value)) return Integer64::Fits;
  return is_number(t) ? Integer64::TooLarge : Integer64::NoNumber;
}

Term access_atom(bool readable, bool writable) {
  if (readable) return writable ? atoms::read_write : atoms::read;
  return writable ? atoms::write : atoms::none;
}

static Term type_atom(mode_t mode) {
  if (S_ISREG(mode)) return atoms::regular;
  if (S_ISDIR(mode)) return atoms::directory;
  if (S_ISLNK(mode)) return atoms::symlink;
  if (S_ISCHR(mode) || S_ISBLK(mode)) return atoms::device;
  return atoms::other;
}

// #file_info{} of file.hrl, times in seconds since 1970 (prim_file converts them).
Term file_info(Allocator& heap, const struct stat& status, Term access) {
  // OTP: earlier moments than the year 0 are cut off, so that they can be converted.
  constexpr int64_t kMinimumTime = -62167219200;
  auto time = [&](time_t seconds) { return integer::from_int64(heap, std::max<int64_t>(seconds, kMinimumTime)); };
  auto number32 = [&](uint64_t value) { return Term::small(static_cast<uint32_t>(value)); };  // OTP: 32 bits of each
  return bif::make_tuple(heap, atoms::file_info, integer::from_int64(heap, status.st_size), type_atom(status.st_mode), access,
                         time(status.st_atime), time(status.st_mtime), time(status.st_ctime), number32(status.st_mode),
                         number32(status.st_nlink), number32(status.st_dev), number32(status.st_rdev), number32(status.st_ino),
                         number32(status.st_uid), number32(status.st_gid));
}

process::BifResult continue_dirty(process::Process& self, const char* name, std::initializer_list<Term> args) {
  return self.trap(self.runtime().code->export_of(atoms::prim_file, intern(name), static_cast<uint32_t>(args.size())), args);
}

}  // namespace athanor::io
