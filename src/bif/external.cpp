// SPDX-License-Identifier: Apache-2.0
// The external term format from Erlang: term_to_binary and its relatives over term/external.
#define ATH_FAMILY "bif/external.def"
#include "term/external/external.hpp"

#include "bif/bif.hpp"
#include "bif/long_work.hpp"
#include "term/external/decoder.hpp"
#include "bif/declare.inc"

namespace athanor::bif {

namespace {

using external::DecodeOptions;
using external::EncodeGoal;
using external::EncodeOptions;

constexpr int kDefaultCompression = 6;

bool minor_version(Term value, EncodeOptions& options) {
  if (!value.is_small() || value.small_value() < 0 || value.small_value() > 2) return false;
  options.minor_version = static_cast<int>(value.small_value());
  return true;
}

bool encode_options(Term list, EncodeOptions& options) {
  for (; list.is_list_cell(); list = list.tail()) {
    const Term option = list.head();
    if (option == atoms::compressed) {
      options.compression_level = kDefaultCompression;
    } else if (option == atoms::deterministic) {
      options.deterministic = true;
    } else if (is_tuple_of(option, 2)) {
      const Term key = tuple_element(option, 0), value = tuple_element(option, 1);
      if (key == atoms::minor_version) {
        if (!minor_version(value, options)) return false;
      } else if (key == atoms::compressed && value.is_small() && value.small_value() >= 0 && value.small_value() < 10) {
        options.compression_level = static_cast<int>(value.small_value());
      } else {
        return false;
      }
    } else {
      return false;
    }
  }
  return list.is_nil();
}

constexpr int64_t kBytesPerReduction = 64;
constexpr size_t kUsedWords = 3;   // the tuple that binary_to_term gives where it is to tell how many bytes it read

enum class EncodedAs : uint8_t { Binary, Size };

BifResult encode(Process& self, const Term* args, uint32_t arity, const EncodeOptions& options, EncodedAs result) {
  return long_work(
      self, args, arity, kBytesPerReduction,
      [&] { return external::Encoding(args[0], options, result == EncodedAs::Size ? EncodeGoal::Size : EncodeGoal::Bytes); },
      [&](external::Encoding& encoding) -> BifResult {
        if (!encoding.is_representable()) return self.system_limit();
        if (result == EncodedAs::Size) return integer::from_uint64(self.heap(), encoding.size());
        return encoding.bytes().take(self.heap());
      });
}

// OTP: binaries off the heap are parts of the vector as they are.
class VectorWork {
 public:
  VectorWork(Term t, EncodeOptions options) : shared_(std::make_unique<std::vector<external::SharedBytes>>()), encoding_(t, sharing(options, *shared_)) {}
  VectorWork(VectorWork&&) noexcept = default;
  ~VectorWork() {
    if (!shared_) return;
    for (const external::SharedBytes& shared : *shared_) shared.binary->release();
  }
  bool step(int64_t& budget) { return encoding_.step(budget); }
  bool is_representable() const { return encoding_.is_representable(); }

  Term take(Allocator& heap) {
    const size_t size = encoding_.bytes().size();
    const Term flat = encoding_.bytes().take(heap);
    Term list = Term::nil();
    size_t end = size;
    for (size_t i = shared_->size(); i-- > 0;) {
      const external::SharedBytes& shared = (*shared_)[i];
      if (shared.at < end) list = cons(heap, athanor::binary::part(heap, flat, shared.at * 8, (end - shared.at) * 8), list);
      end = shared.at;
      shared.binary->retain();
      const auto offset = static_cast<uint64_t>(shared.bytes - shared.binary->data());
      const Term whole = athanor::binary::from_off_heap(heap, shared.binary, offset + shared.count);
      list = cons(heap, offset == 0 ? whole : athanor::binary::part(heap, whole, offset * 8, shared.count * 8), list);
    }
    if (end == size) return cons(heap, flat, list);
    return end == 0 ? list : cons(heap, athanor::binary::part(heap, flat, 0, end * 8), list);
  }

 private:
  static EncodeOptions sharing(EncodeOptions options, std::vector<external::SharedBytes>& shared) {
    if (options.compression_level == 0) options.shared = &shared;
    options.shared_from = athanor::binary::kHeapBinaryMax + 1;
    return options;
  }

  std::unique_ptr<std::vector<external::SharedBytes>> shared_;
  external::Encoding encoding_;
};

BifResult encode_as_vector(Process& self, const Term* args, uint32_t arity, const EncodeOptions& options) {
  return long_work(
      self, args, arity, kBytesPerReduction, [&] { return VectorWork(args[0], options); },
      [&](VectorWork& work) -> BifResult { return work.is_representable() ? BifResult(work.take(self.heap())) : self.system_limit(); });
}

struct DecodeWork {
  DecodeWork(Allocator& heap, Term source, const DecodeOptions& options)
      : source(source), decoding(heap, this->source.bytes(), this->source.size(), options) {}
  bool step(int64_t& budget) { return decoding.step(budget); }
  // After the collection that made the room: `whole` is what it was, its bytes may have moved.
  void build_in_room(Term whole) {
    source = StableBytes(whole);
    decoding.build_in_room(source.bytes());
  }
  StableBytes source;
  external::Decoding decoding;
};

BifResult decode(Process& self, const Term* args, uint32_t arity, DecodeOptions options, bool used) {
  if (!is_bitstring(args[0]) || athanor::binary::bit_size(args[0]) % 8 != 0) return self.badarg();
  const size_t around = used ? kUsedWords : 0;
  options.room = process::room_of(self) - std::min(process::room_of(self), around);
  return long_work(
      self, args, arity, kBytesPerReduction, [&] { return DecodeWork(self.heap(), args[0], options); },
      [&](DecodeWork& work) -> BifResult {
        if (const size_t words = work.decoding.room_wanted(); words != 0) return make_room_for(self, work, words + around, args, arity);
        const external::Decoded decoded = work.decoding.result();
        if (decoded.term.is_none()) return self.badarg();
        if (!used) return decoded.term;
        return make_tuple(self.heap(), decoded.term, Term::small(static_cast<int64_t>(decoded.used)));
      },
      [&](DecodeWork& work) {
        if (work.decoding.room_wanted() != 0) work.build_in_room(args[0]);
      });
}

}  // namespace

namespace erlang {

BifResult term_to_binary_1(Process& self, const Term* args) { return encode(self, args, 1, {}, EncodedAs::Binary); }

BifResult term_to_binary_2(Process& self, const Term* args) {
  EncodeOptions options;
  return encode_options(args[1], options) ? encode(self, args, 2, options, EncodedAs::Binary) : self.badarg();
}

BifResult term_to_iovec_1(Process& self, const Term* args) { return encode_as_vector(self, args, 1, {}); }

BifResult term_to_iovec_2(Process& self, const Term* args) {
  EncodeOptions options;
  return encode_options(args[1], options) ? encode_as_vector(self, args, 2, options) : self.badarg();
}

BifResult external_size_1(Process& self, const Term* args) { return encode(self, args, 1, {}, EncodedAs::Size); }

BifResult external_size_2(Process& self, const Term* args) {
  EncodeOptions options;
  Term list = args[1];
  for (; list.is_list_cell(); list = list.tail()) {
    const Term option = list.head();
    if (!is_tuple_of(option, 2) || tuple_element(option, 0) != atoms::minor_version || !minor_version(tuple_element(option, 1), options)) {
      return self.badarg();
    }
  }
  if (!list.is_nil()) return self.badarg();
  return encode(self, args, 2, options, EncodedAs::Size);
}

BifResult binary_to_term_1(Process& self, const Term* args) { return decode(self, args, 1, {}, false); }

BifResult binary_to_term_2(Process& self, const Term* args) {
  DecodeOptions options;
  bool used = false;
  Term list = args[1];
  for (; list.is_list_cell(); list = list.tail()) {
    if (list.head() == atoms::safe) options.safe = true;
    else if (list.head() == atoms::used) used = true;
    else break;
  }
  if (!list.is_nil()) return self.badarg_because(atoms::badopt);
  return decode(self, args, 2, options, used);
}

}  // namespace erlang
}  // namespace athanor::bif
