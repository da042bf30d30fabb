// SPDX-License-Identifier: Apache-2.0
// Natives of zlib on libz. A stream belongs to one process (set_controller_nif hands it on); the Erlang side calls in small steps,
// so each call is short.
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <mutex>

#include "bif/bif.hpp"
#include "bif/magic.hpp"
#include "heap/copy.hpp"
#include "io/byte_queue.hpp"
#define ATH_FAMILY "io/zlib.def"
#include "bif/declare.inc"

namespace athanor::bif::zlib {

namespace {

enum class State : uint8_t { None, Deflate, Inflate, Closed };
// What becomes of input behind the end of a compressed stream.
enum EndOfStream : int { kError = 0, kReset = 1, kCut = 2 };

struct Stream : MagicObject {
  explicit Stream(Term owner) : controller(owner.raw) {}
  ~Stream() override { end(); }
  void end() {
    if (state == State::Deflate) ::deflateEnd(&z);
    else if (state == State::Inflate) ::inflateEnd(&z);
    clear_stash();
    state = State::Closed;
  }
  void clear_stash() {
    heap::discard(stash);
    has_stash = false;
  }
  void reset_input() {
    input.clear();
    clear_stash();
  }
  z_stream z = {};
  State state = State::None;
  int end_behavior = kCut;
  bool end_seen = false, raw = false;
  bool want_input_crc = false, want_output_crc = false;
  uLong input_crc = 0, output_crc = 0;
  int chunk_bytes = 4000;               // setBufSize
  std::atomic<Word> controller;
  io::ByteQueue input;
  heap::Parcel stash;
  bool has_stash = false;
};

Term code_atom(int code) {
  switch (code) {
    case Z_OK: return atoms::ok;
    case Z_STREAM_END: return atoms::stream_end;
    case Z_MEM_ERROR: return atoms::mem_error;
    case Z_BUF_ERROR: return atoms::buf_error;
    case Z_VERSION_ERROR: return atoms::version_error;
    default: return atoms::unknown_error;
  }
}

BifResult answer(Process& self, int code) {
  if (code == Z_STREAM_ERROR) return self.error(atoms::stream_error);
  if (code == Z_DATA_ERROR) return self.error(atoms::data_error);
  return code_atom(code);
}

// The stream of the first argument, or the exception to raise. OTP: the owner is checked before the stream's state.
struct Access {
  Stream* stream;
  Term refused;   // none(): go on
};
Access access(Process& self, Term t) {
  auto* stream = magic_as<Stream>(t);
  if (stream == nullptr) return {nullptr, atoms::badarg};
  if (stream->controller.load(std::memory_order_acquire) != self.pid().raw) return {stream, atoms::not_on_controlling_process};
  return {stream, Term::none()};
}
Access access_in(Process& self, Term t, State state) {
  Access result = access(self, t);
  if (result.refused.is_none() && result.stream->state != state) result.refused = atoms::not_initialized;
  return result;
}
BifResult refuse(Process& self, const Access& access) {
  return access.refused == atoms::badarg ? self.badarg() : self.error(access.refused);
}

bool to_int(Term t, int& value) {
  if (!t.is_small() || t.small_value() < INT_MIN || t.small_value() > INT_MAX) return false;
  value = static_cast<int>(t.small_value());
  return true;
}

Term checksum_term(uLong checksum) { return Term::small(static_cast<int64_t>(checksum & 0xFFFFFFFF)); }

struct Step { int code; size_t produced, consumed, remaining; };

// Feeds up to `limit` bytes of the queue to the codec; at the end of all input, flushes as asked.
Step run_codec(Process& self, Stream& stream, int (*codec)(z_stream*, int), size_t limit, uint8_t* output, size_t output_bytes, int flush) {
  Step step = {Z_OK, 0, 0, 0};
  stream.z.next_out = output;
  stream.z.avail_out = static_cast<uInt>(output_bytes);
  while (step.code == Z_OK && stream.input.size() > 0 && step.consumed < limit) {
    std::string_view piece = stream.input.head();
    size_t bytes = std::min(piece.size(), limit - step.consumed);
    stream.z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    stream.z.avail_in = static_cast<uInt>(bytes);
    step.code = codec(&stream.z, Z_NO_FLUSH);
    size_t used = bytes - stream.z.avail_in;
    if (stream.want_input_crc) stream.input_crc = ::crc32(stream.input_crc, reinterpret_cast<const Bytef*>(piece.data()), static_cast<uInt>(used));
    stream.input.skip(used);
    step.consumed += used;
    if (used < bytes) break;   // the output is full
  }
  step.remaining = stream.input.size();
  // Also when nothing is to be flushed: the last call may have filled the output.
  if (step.code == Z_OK && step.remaining == 0 && stream.z.avail_out > 0) {
    stream.z.next_in = nullptr;
    stream.z.avail_in = 0;
    step.code = codec(&stream.z, flush);
  }
  step.produced = output_bytes - stream.z.avail_out;
  self.charge((step.produced + step.consumed) / 64 + 1);
  return step;
}

// {finished | continue, [Bytes]} | {need_dictionary, Adler, [Bytes]}
BifResult transform(Process& self, Stream& stream, int (*codec)(z_stream*, int), const Term* args) {
  int input_bytes, output_bytes, flush;
  to_int(args[1], input_bytes);
  to_int(args[2], output_bytes);
  to_int(args[3], flush);
  Allocator& heap = self.heap();
  OffHeapBinary* output = OffHeapBinary::create(static_cast<size_t>(output_bytes));
  Step step = run_codec(self, stream, codec, static_cast<size_t>(input_bytes), output->data(), static_cast<size_t>(output_bytes), flush);
  bool stuck = step.consumed == 0 && step.produced == 0 && step.remaining != 0;
  if ((step.code < 0 && step.code != Z_BUF_ERROR) || stuck) {
    output->release();
    return answer(self, stuck && (step.code >= 0 || step.code == Z_BUF_ERROR) ? Z_DATA_ERROR : step.code);
  }
  if (step.code == Z_STREAM_END) stream.end_seen = true;
  if (stream.want_output_crc) stream.output_crc = ::crc32(stream.output_crc, output->data(), static_cast<uInt>(step.produced));
  Term flushed = Term::nil();
  if (step.produced > 0 && step.produced <= athanor::binary::kHeapBinaryMax) {
    flushed = cons(heap, athanor::binary::from_bytes(heap, output->data(), step.produced), flushed);
    output->release();
  } else if (step.produced > 0) {
    if (step.produced < static_cast<size_t>(output_bytes)) output = OffHeapBinary::reallocate(output, step.produced);
    output->size = step.produced;
    flushed = cons(heap, athanor::binary::from_off_heap(heap, output, step.produced), flushed);
  } else {
    output->release();
  }
  if (step.remaining == 0 && step.produced < static_cast<size_t>(output_bytes)) return make_tuple(heap, atoms::finished, flushed);
  if (step.code != Z_NEED_DICT) return make_tuple(heap, atoms::continue_, flushed);
  // OTP: the checksum as a signed number of 32 bits.
  return make_tuple(heap, atoms::need_dictionary, Term::small(static_cast<int32_t>(stream.z.adler)), flushed);
}

bool are_transform_arguments(const Term* args) {
  int input_bytes, output_bytes, flush;
  return to_int(args[1], input_bytes) && to_int(args[2], output_bytes) && to_int(args[3], flush) && input_bytes > 0 && output_bytes > 0;
}

}  // namespace

BifResult open_nif_0(Process& self, const Term*) {
  auto* stream = new Stream(self.pid());
  Term reference = make_magic_reference(self, stream);
  stream->release();
  return reference;
}

BifResult close_nif_1(Process& self, const Term* args) {
  Access at = access(self, args[0]);
  if (!at.refused.is_none()) return refuse(self, at);
  if (at.stream->state == State::Closed) return self.error(atoms::not_initialized);
  at.stream->end();
  return atoms::ok;
}

BifResult set_controller_nif_2(Process& self, const Term* args) {
  Access at = access(self, args[0]);
  if (at.refused == atoms::badarg || !args[1].is_local_pid()) return self.badarg();
  if (!at.refused.is_none()) return refuse(self, at);
  at.stream->controller.store(args[1].raw, std::memory_order_release);
  return atoms::ok;
}

// --- the stash: one term kept with the stream ---

BifResult getStash_nif_1(Process& self, const Term* args) {
  Access at = access(self, args[0]);
  if (!at.refused.is_none()) return refuse(self, at);
  if (!at.stream->has_stash) return atoms::empty;
  return make_tuple(self.heap(), atoms::ok, heap::copy(at.stream->stash.term, self.heap(), self.runtime().literals));
}
BifResult clearStash_nif_1(Process& self, const Term* args) {
  Access at = access(self, args[0]);
  if (!at.refused.is_none()) return refuse(self, at);
  if (!at.stream->has_stash) return self.error(atoms::error);
  at.stream->clear_stash();
  return atoms::ok;
}
BifResult setStash_nif_2(Process& self, const Term* args) {
  Access at = access(self, args[0]);
  if (!at.refused.is_none()) return refuse(self, at);
  if (at.stream->has_stash) return self.error(atoms::error);
  at.stream->stash = heap::pack(args[1], nullptr);
  at.stream->has_stash = true;
  return atoms::ok;
}

// --- deflate ---

BifResult deflateInit_nif_6(Process& self, const Term* args) {
  int level, method, window_bits, memory_level, strategy;
  Access at = access(self, args[0]);
  if (at.refused == atoms::badarg || !to_int(args[1], level) || !to_int(args[2], method) || !to_int(args[3], window_bits) ||
      !to_int(args[4], memory_level) || !to_int(args[5], strategy)) return self.badarg();
  if (!at.refused.is_none()) return refuse(self, at);
  Stream& stream = *at.stream;
  if (stream.state != State::None) return self.error(atoms::already_initialized);
  int code = ::deflateInit2(&stream.z, level, method, window_bits, memory_level, strategy);
  if (code == Z_OK) {
    stream.state = State::Deflate;
    stream.end_seen = false;
    stream.raw = stream.want_input_crc = window_bits < 0;
    stream.want_output_crc = false;
    stream.input_crc = stream.output_crc = ::crc32(0, nullptr, 0);
  }
  return answer(self, code);
}

BifResult deflateSetDictionary_nif_2(Process& self, const Term* args) {
  std::string dictionary;
  Access at = access_in(self, args[0], State::Deflate);
  if (at.refused == atoms::badarg || !iolist_to_string(args[1], dictionary)) return self.badarg();
  if (!at.refused.is_none()) return refuse(self, at);
  auto* bytes = reinterpret_cast<const Bytef*>(dictionary.data());
  int code = ::deflateSetDictionary(&at.stream->z, bytes, static_cast<uInt>(dictionary.size()));
  if (code != Z_OK) return answer(self, code);
  // A raw stream has no checksum of its own. OTP: signed, as above.
  uLong checksum = at.stream->raw ? ::adler32(0, bytes, static_cast<uInt>(dictionary.size())) : at.stream->z.adler;
  return Term::small(static_cast<int32_t>(checksum));
}

BifResult deflateReset_nif_1(Process& self, const Term* args) {
  Access at = access_in(self, args[0], State::Deflate);
  if (!at.refused.is_none()) return refuse(self, at);
  int code = ::deflateReset(&at.stream->z);
  at.stream->input_crc = ::crc32(0, nullptr, 0);
  at.stream->end_seen = false;
  at.stream->reset_input();
  return answer(self, code);
}

BifResult deflateEnd_nif_1(Process& self, const Term* args) {
  Access at = access_in(self, args[0], State::Deflate);
  if (!at.refused.is_none()) return refuse(self, at);
  int code = ::deflateEnd(&at.stream->z);
  if (code == Z_OK && at.stream->input.size() > 0) code = Z_DATA_ERROR;
  at.stream->reset_input();
  at.stream->state = State::None;
  return answer(self, code);
}

// The Erlang side has flushed everything before: one byte of room shows whether that holds.
BifResult deflateParams_nif_3(Process& self, const Term* args) {
  int level, strategy;
  Access at = access_in(self, args[0], State::Deflate);
  if (at.refused == atoms::badarg || !to_int(args[1], level) || !to_int(args[2], strategy)) return self.badarg();
  if (!at.refused.is_none()) return refuse(self, at);
  Bytef room;
  at.stream->z.next_out = &room;
  at.stream->z.avail_out = 1;
  int code = ::deflateParams(&at.stream->z, level, strategy);
  return answer(self, at.stream->z.avail_out == 0 ? Z_STREAM_ERROR : code);
}

BifResult deflate_nif_4(Process& self, const Term* args) {
  Access at = access_in(self, args[0], State::Deflate);
  if (at.refused == atoms::badarg || !are_transform_arguments(args)) return self.badarg();
  if (!at.refused.is_none()) return refuse(self, at);
  return transform(self, *at.stream, ::deflate, args);
}

// --- inflate ---

BifResult inflateInit_nif_3(Process& self, const Term* args) {
  int window_bits, end_behavior;
  Access at = access(self, args[0]);
  if (at.refused == atoms::badarg || !to_int(args[1], window_bits) || !to_int(args[2], end_behavior)) return self.badarg();
  if (!at.refused.is_none()) return refuse(self, at);
  Stream& stream = *at.stream;
  if (stream.state != State::None) return self.error(atoms::already_initialized);
  int code = ::inflateInit2(&stream.z, window_bits);
  if (code == Z_OK) {
    stream.state = State::Inflate;
    stream.end_behavior = end_behavior;
    stream.end_seen = false;
    stream.raw = stream.want_output_crc = window_bits < 0;
    stream.want_input_crc = false;
    stream.input_crc = stream.output_crc = ::crc32(0, nullptr, 0);
  }
  return answer(self, code);
}

BifResult inflateSetDictionary_nif_2(Process& self, const Term* args) {
  std::string dictionary;
  Access at = access_in(self, args[0], State::Inflate);
  if (at.refused == atoms::badarg || !iolist_to_string(args[1], dictionary)) return self.badarg();
  if (!at.refused.is_none()) return refuse(self, at);
  return answer(self, ::inflateSetDictionary(&at.stream->z, reinterpret_cast<const Bytef*>(dictionary.data()), static_cast<uInt>(dictionary.size())));
}

BifResult inflateGetDictionary_nif_1(Process& self, const Term* args) {
  Access at = access_in(self, args[0], State::Inflate);
  if (!at.refused.is_none()) return refuse(self, at);
  std::string dictionary(32768, '\0');   // the largest window
  uInt length = 0;
  int code = ::inflateGetDictionary(&at.stream->z, reinterpret_cast<Bytef*>(dictionary.data()), &length);
  if (code < 0) return answer(self, code);
  return athanor::binary::from_bytes(self.heap(), dictionary.data(), length);
}

BifResult inflateReset_nif_1(Process& self, const Term* args) {
  Access at = access_in(self, args[0], State::Inflate);
  if (!at.refused.is_none()) return refuse(self, at);
  int code = ::inflateReset(&at.stream->z);
  at.stream->output_crc = ::crc32(0, nullptr, 0);
  at.stream->end_seen = false;
  at.stream->reset_input();
  return answer(self, code);
}

BifResult inflateEnd_nif_1(Process& self, const Term* args) {
  Access at = access_in(self, args[0], State::Inflate);
  if (!at.refused.is_none()) return refuse(self, at);
  int code = ::inflateEnd(&at.stream->z);
  if (code == Z_OK && (!at.stream->end_seen || at.stream->input.size() > 0)) code = Z_DATA_ERROR;
  at.stream->reset_input();
  at.stream->state = State::None;
  return answer(self, code);
}

BifResult inflate_nif_4(Process& self, const Term* args) {
  Access at = access_in(self, args[0], State::Inflate);
  if (at.refused == atoms::badarg || !are_transform_arguments(args)) return self.badarg();
  if (!at.refused.is_none()) return refuse(self, at);
  Stream& stream = *at.stream;
  if (stream.end_seen && stream.input.size() > 0) {
    if (stream.end_behavior == kError) return answer(self, Z_DATA_ERROR);
    if (stream.end_behavior == kReset) {
      int code = ::inflateReset(&stream.z);
      if (code != Z_OK) return answer(self, code);
      stream.end_seen = false;
    } else if (stream.end_behavior == kCut) {
      stream.reset_input();
    }
  }
  return transform(self, stream, ::inflate, args);
}

// --- checksum, buffer size, input ---

BifResult crc32_nif_1(Process& self, const Term* args) {
  Access at = access(self, args[0]);
  if (!at.refused.is_none()) return refuse(self, at);
  if (at.stream->state == State::Deflate) return checksum_term(at.stream->input_crc);
  if (at.stream->state == State::Inflate) return checksum_term(at.stream->output_crc);
  return self.error(atoms::not_initialized);
}
BifResult getBufSize_nif_1(Process& self, const Term* args) {
  Access at = access(self, args[0]);
  if (!at.refused.is_none()) return refuse(self, at);
  return Term::small(at.stream->chunk_bytes);
}
BifResult setBufSize_nif_2(Process& self, const Term* args) {
  Access at = access(self, args[0]);
  if (!at.refused.is_none()) return refuse(self, at);
  if (!to_int(args[1], at.stream->chunk_bytes)) return self.badarg();
  return atoms::ok;
}

// Takes up to 256 binaries at once: {continue, Rest} where there are more.
BifResult enqueue_nif_2(Process& self, const Term* args) {
  Access at = access(self, args[0]);
  if (!at.refused.is_none()) return refuse(self, at);
  if (at.stream->state != State::Deflate && at.stream->state != State::Inflate) return self.error(atoms::not_initialized);
  constexpr int kAtOnce = 256;
  Term rest = args[1];
  int count = 0;
  for (Term list = rest; list.is_list_cell() && count < kAtOnce; list = list.tail(), ++count) {
    if (!athanor::binary::is_binary(list.head())) return self.badarg();
  }
  size_t bytes = 0;
  for (; count > 0; --count, rest = rest.tail()) {
    bytes += athanor::binary::bit_size(rest.head()) / 8;
    at.stream->input.append_binary(rest.head());
  }
  self.charge(bytes / 1024);
  if (rest.is_list_cell()) return make_tuple(self.heap(), atoms::continue_, rest);
  return rest.is_nil() ? BifResult(atoms::ok) : self.badarg();
}

}  // namespace athanor::bif::zlib
