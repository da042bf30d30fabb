// SPDX-License-Identifier: Apache-2.0
// What the natives of files share: path arguments, integers, the machine's Files, going on in a dirty thread.
#pragma once

#include <sys/stat.h>

#include <string>

#include "bif/bif.hpp"
#include "io/files.hpp"

namespace athanor::io {

Files& files_of(process::Process& self);

// A path as prim_file:internal_name2native/1 made it: a binary that ends in a zero byte. Relative to the machine's current
// directory, which stays open as long as the argument lives.
class PathArgument {
 public:
  PathArgument(process::Process& self, Term path);
  int error() const { return error_; }   // EINVAL: no such binary
  const char* text() const { return text_.c_str(); }
  int directory() const { return directory_->descriptor(); }
 private:
  std::shared_ptr<Directory> directory_;
  std::string text_;
  int error_ = 0;
};

// OTP: a number that is no 64-bit integer is {error, einval}, what is no number at all is badarg.
enum class Integer64 : uint8_t { Fits, TooLarge, NoNumber };
Integer64 integer_argument(Term t, int64_t& value);

Term file_info(Allocator& heap, const struct stat& status, Term access);
Term access_atom(bool readable, bool writable);

// Continues with prim_file:Name(Args…), a dirty native of the same family.
process::BifResult continue_dirty(process::Process& self, const char* name, std::initializer_list<Term> args);

}  // namespace athanor::io
