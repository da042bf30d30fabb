// SPDX-License-Identifier: Apache-2.0
// Checksums and MD5 of iodata: zlib's and base/md5.hpp.
#define ATH_FAMILY "bif/checksums.def"
#include "bif/bif.hpp"
#include "bif/declare.inc"

#include <zlib.h>

#include <cstring>

#include "base/md5.hpp"
#include "bif/iodata.hpp"
#include "bif/long_work.hpp"

namespace athanor::bif {

namespace {

constexpr int64_t kBytesPerReduction = 4096;

bool is_iodata(Term data) { return data.is_list() || is_bitstring(data); }

// Some sum over the bytes of iodata; Sum: update(bytes, count).
template <class Sum>
struct Summing {
  Summing(Term data, Sum sum) : feed(data), sum(std::move(sum)) {}
  bool step(int64_t& budget) {
    walked = feed.go_on(budget, [this](const uint8_t* bytes, size_t count) { sum.update(bytes, count); });
    return walked != iodata::Walked::Paused;
  }
  iodata::Feed feed;
  Sum sum;
  iodata::Walked walked = iodata::Walked::Paused;
};

// args[position]: the data. `answer(sum)`.
template <class Sum, class Answer>
BifResult sum_up(Process& self, const Term* args, uint32_t arity, uint32_t position, Sum start, Answer answer) {
  if (!is_iodata(args[position])) return self.badarg();
  return long_work(
      self, args, arity, kBytesPerReduction, [&] { return Summing<Sum>(args[position], std::move(start)); },
      [&](Summing<Sum>& work) -> BifResult { return work.walked == iodata::Walked::Whole ? BifResult(answer(work.sum)) : self.badarg(); });
}

using ChecksumFunction = uLong (*)(uLong, const Bytef*, z_size_t);
struct Checksum {
  ChecksumFunction function;
  uLong value;
  void update(const uint8_t* bytes, size_t count) { value = function(value, bytes, count); }
};

BifResult checksum(Process& self, const Term* args, uint32_t arity, ChecksumFunction function, uLong start) {
  return sum_up(self, args, arity, arity - 1, Checksum{function, start}, [](Checksum& sum) { return Term::small(static_cast<int64_t>(sum.value)); });
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

BifResult adler32_1(Process& self, const Term* args) { return checksum(self, args, 1, ::adler32_z, 1); }
BifResult adler32_2(Process& self, const Term* args) {
  uLong start;
  return to_uint32(args[0], start) ? checksum(self, args, 2, ::adler32_z, start) : self.badarg();
}
BifResult adler32_combine_3(Process& self, const Term* args) { return combine(self, ::adler32_combine, args); }
BifResult crc32_1(Process& self, const Term* args) { return checksum(self, args, 1, ::crc32_z, 0); }
BifResult crc32_2(Process& self, const Term* args) {
  uLong start;
  return to_uint32(args[0], start) ? checksum(self, args, 2, ::crc32_z, start) : self.badarg();
}
BifResult crc32_combine_3(Process& self, const Term* args) { return combine(self, ::crc32_combine, args); }

BifResult md5_1(Process& self, const Term* args) {
  return sum_up(self, args, 1, 0, base::Md5(), [&](base::Md5& context) {
    uint8_t digest[16];
    context.finish(digest);
    return athanor::binary::from_bytes(self.heap(), digest, sizeof digest);
  });
}

BifResult md5_init_0(Process& self, const Term*) {
  const base::Md5 context;
  return athanor::binary::from_bytes(self.heap(), &context, sizeof context);
}

BifResult md5_update_2(Process& self, const Term* args) {
  base::Md5 context;
  if (!context_of(args[0], context)) return self.badarg();
  return sum_up(self, args, 2, 1, context, [&](base::Md5& sum) { return athanor::binary::from_bytes(self.heap(), &sum, sizeof sum); });
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
