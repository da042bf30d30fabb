// SPDX-License-Identifier: Apache-2.0
// Checksums and MD5 of iodata: zlib's and base/md5.hpp.
#define ATH_FAMILY "bif/checksums.def"
#include "bif/bif.hpp"
#include "bif/declare.inc"

#include <zlib.h>

#include <cstring>

#include "base/md5.hpp"
#include "bif/iodata.hpp"

namespace athanor::bif {

namespace {

// Feeds iodata to take(bytes, count) in order; false: malformed.
template <class Take>
bool feed(Process& self, Term data, Take take) {
  if (!data.is_list() && !is_bitstring(data)) return false;
  uint8_t gathered[4096];
  size_t held = 0;
  uint64_t bytes = 0;
  const auto flush = [&] {
    take(gathered, held);
    bytes += held;
    held = 0;
  };
  const bool good = iodata::walk(
      data,
      [&](int64_t byte) {
        if (byte < 0 || byte > 255) return false;
        if (held == sizeof gathered) flush();
        gathered[held++] = static_cast<uint8_t>(byte);
        return true;
      },
      [&](Term part) {
        const athanor::binary::Bits bits = athanor::binary::bits_of(part);
        if (!bits.is_whole_bytes()) return false;
        flush();
        athanor::binary::Scratch scratch;
        const std::string_view view = athanor::binary::bytes_of(part, scratch);
        take(reinterpret_cast<const uint8_t*>(view.data()), view.size());
        bytes += view.size();
        return true;
      });
  if (!good) return false;
  flush();
  self.charge(bytes / 10240);
  return true;
}

using Checksum = uLong (*)(uLong, const Bytef*, z_size_t);

BifResult checksum(Process& self, Checksum function, uLong start, Term data) {
  uLong sum = start;
  if (!feed(self, data, [&](const uint8_t* bytes, size_t count) { if (count != 0) sum = function(sum, bytes, count); })) return self.badarg();
  return Term::small(static_cast<int64_t>(sum));
}

bool to_uint32(Term t, uLong& value) {
  if (!t.is_small() || t.small_value() < 0 || t.small_value() > 0xFFFFFFFF) return false;
  value = static_cast<uLong>(t.small_value());
  return true;
}

using Combine = uLong (*)(uLong, uLong, z_off64_t);

BifResult combine(Process& self, Combine function, const Term* args) {
  uLong first, second;
  if (!to_uint32(args[0], first) || !to_uint32(args[1], second) || !args[2].is_small() || args[2].small_value() < 0) return self.badarg();
  return Term::small(static_cast<int64_t>(function(first, second, args[2].small_value())));
}

bool context_of(Term t, base::Md5& context) {
  if (!is_bitstring(t) || athanor::binary::bit_size(t) != sizeof(base::Md5) * 8) return false;
  athanor::binary::Scratch scratch;
  std::memcpy(&context, athanor::binary::bytes_of(t, scratch).data(), sizeof context);
  return true;
}

}  // namespace

namespace erlang {

BifResult adler32_1(Process& self, const Term* args) { return checksum(self, ::adler32_z, 1, args[0]); }
BifResult adler32_2(Process& self, const Term* args) {
  uLong start;
  return to_uint32(args[0], start) ? checksum(self, ::adler32_z, start, args[1]) : self.badarg();
}
BifResult adler32_combine_3(Process& self, const Term* args) { return combine(self, ::adler32_combine, args); }
BifResult crc32_1(Process& self, const Term* args) { return checksum(self, ::crc32_z, 0, args[0]); }
BifResult crc32_2(Process& self, const Term* args) {
  uLong start;
  return to_uint32(args[0], start) ? checksum(self, ::crc32_z, start, args[1]) : self.badarg();
}
BifResult crc32_combine_3(Process& self, const Term* args) { return combine(self, ::crc32_combine, args); }

BifResult md5_1(Process& self, const Term* args) {
  base::Md5 context;
  if (!feed(self, args[0], [&](const uint8_t* bytes, size_t count) { context.update(bytes, count); })) return self.badarg();
  uint8_t digest[16];
  context.finish(digest);
  return athanor::binary::from_bytes(self.heap(), digest, sizeof digest);
}

BifResult md5_init_0(Process& self, const Term*) {
  const base::Md5 context;
  return athanor::binary::from_bytes(self.heap(), &context, sizeof context);
}

BifResult md5_update_2(Process& self, const Term* args) {
  base::Md5 context;
  if (!context_of(args[0], context)) return self.badarg();
  if (!feed(self, args[1], [&](const uint8_t* bytes, size_t count) { context.update(bytes, count); })) return self.badarg();
  return athanor::binary::from_bytes(self.heap(), &context, sizeof context);
}

BifResult md5_final_1(Process& self, const Term* args) {
  base::Md5 context;
  if (!context_of(args[0], context)) return self.badarg();
  uint8_t digest[16];
  context.finish(digest);
  return athanor::binary::from_bytes(self.heap(), digest, sizeof digest);
}

}  // namespace erlang
}  // namespace athanor::bif
