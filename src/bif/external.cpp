// SPDX-License-Identifier: Apache-2.0
// The external term format from Erlang: term_to_binary and its relatives over term/external.
#define ATH_FAMILY "bif/external.def"
#include "term/external/external.hpp"

#include "bif/bif.hpp"
#include "bif/declare.inc"

namespace athanor::bif {

namespace {

using external::DecodeOptions;
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

Term encode(Process& self, Term term, const EncodeOptions& options) {
  std::string bytes;
  external::encode(term, options, bytes);
  self.charge(bytes.size() / 64);
  return athanor::binary::from_text(self.heap(), bytes);
}

BifResult decode(Process& self, Term source, const DecodeOptions& options, bool used) {
  if (!is_bitstring(source) || athanor::binary::bit_size(source) % 8 != 0) return self.badarg();
  athanor::binary::Scratch scratch;
  const std::string_view bytes = athanor::binary::bytes_of(source, scratch);
  const external::Decoded decoded =
      external::decode(self.heap(), reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), options);
  if (decoded.term.is_none()) return self.badarg();
  self.charge(decoded.used / 64);
  if (!used) return decoded.term;
  return make_tuple(self.heap(), decoded.term, Term::small(static_cast<int64_t>(decoded.used)));
}

}  // namespace

namespace erlang {

BifResult term_to_binary_1(Process& self, const Term* args) { return encode(self, args[0], {}); }

BifResult term_to_binary_2(Process& self, const Term* args) {
  EncodeOptions options;
  return encode_options(args[1], options) ? BifResult(encode(self, args[0], options)) : self.badarg();
}

BifResult term_to_iovec_1(Process& self, const Term* args) {
  return cons(self.heap(), encode(self, args[0], {}), Term::nil());
}

BifResult term_to_iovec_2(Process& self, const Term* args) {
  EncodeOptions options;
  if (!encode_options(args[1], options)) return self.badarg();
  return cons(self.heap(), encode(self, args[0], options), Term::nil());
}

BifResult external_size_1(Process& self, const Term* args) {
  return integer::from_uint64(self.heap(), external::encoded_size(args[0], {}));
}

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
  return integer::from_uint64(self.heap(), external::encoded_size(args[0], options));
}

BifResult binary_to_term_1(Process& self, const Term* args) { return decode(self, args[0], {}, false); }

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
  return decode(self, args[0], options, used);
}

}  // namespace erlang
}  // namespace athanor::bif
