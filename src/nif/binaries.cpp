// SPDX-License-Identifier: Apache-2.0
// Binaries: looking at them, making them, owning them outside of any heap. ErlNifBinary::ref_bin is the OffHeapBinary that the
// library owns one count of; null where it only looks at a term.
#include <cstring>

#include "bif/bif.hpp"
#include "bif/iodata.hpp"
#include "nif/env.hpp"
#include "term/external/external.hpp"

using namespace athanor;
using namespace athanor::nif;

namespace {

OffHeapBinary* owned(const ErlNifBinary& bin) { return static_cast<OffHeapBinary*>(bin.ref_bin); }

void look_at(ErlNifBinary* bin, const uint8_t* data, size_t size) {
  bin->size = size;
  bin->data = const_cast<unsigned char*>(data);
  bin->ref_bin = nullptr;
}

}  // namespace

int enif_inspect_binary(ErlNifEnv* env, ERL_NIF_TERM term, ErlNifBinary* bin) {
  check(env, __func__);
  const Term t = term_of(term);
  if (!binary::is_binary(t)) return 0;
  const binary::Bits bits = binary::bits_of(t);
  const size_t size = bits.bit_size / 8;
  if (bits.is_aligned()) {
    look_at(bin, bits.bytes + bits.bit_offset / 8, size);
    return 1;
  }
  auto* copy = static_cast<uint8_t*>(add_temporary(*env, size));
  binary::copy_bits(bits.bytes, bits.bit_offset, copy, 0, bits.bit_size);
  look_at(bin, copy, size);
  return 1;
}

int enif_inspect_iolist_as_binary(ErlNifEnv* env, ERL_NIF_TERM term, ErlNifBinary* bin) {
  check(env, __func__);
  const Term t = term_of(term);
  if (is_bitstring(t)) return enif_inspect_binary(env, term, bin);
  bif::iodata::Size size;
  if (!t.is_list() || bif::iodata::measure(t, bif::iodata::Grain::Bytes, size) != bif::iodata::Measured::Ok) return 0;
  auto* bytes = static_cast<uint8_t*>(add_temporary(*env, size.bits / 8));
  bif::iodata::copy_to(t, bytes, size.bits);
  look_at(bin, bytes, size.bits / 8);
  return 1;
}

int enif_alloc_binary(size_t size, ErlNifBinary* bin) {
  OffHeapBinary* made = OffHeapBinary::create_or_null(size);
  if (!made) return 0;
  bin->size = size;
  bin->data = made->data();
  bin->ref_bin = made;
  return 1;
}

int enif_realloc_binary(ErlNifBinary* bin, size_t size) {
  OffHeapBinary* own = owned(*bin);
  if (own && own->references.load(std::memory_order_acquire) == 1) {
    OffHeapBinary* moved = OffHeapBinary::reallocate_or_null(own, size);
    if (!moved) return 0;
    moved->size = size;
    bin->ref_bin = moved;
    bin->data = moved->data();
    bin->size = size;
    return 1;
  }
  // Somebody else looks at the bytes too: a copy.
  OffHeapBinary* made = OffHeapBinary::create_or_null(size);
  if (!made) return 0;
  std::memcpy(made->data(), bin->data, size < bin->size ? size : bin->size);
  if (own) own->release();
  bin->ref_bin = made;
  bin->data = made->data();
  bin->size = size;
  return 1;
}

void enif_release_binary(ErlNifBinary* bin) {
  OffHeapBinary* own = owned(*bin);
  if (!own) return;
  if (own->references.load(std::memory_order_relaxed) == 0) misuse(__func__, "the binary was released already");
  bin->ref_bin = nullptr;
  bin->data = nullptr;
  bin->size = 0;
  own->release();
}

// The bytes stay where they are; the term has the count that the library had.
ERL_NIF_TERM enif_make_binary(ErlNifEnv* env, ErlNifBinary* bin) {
  check(env, __func__);
  OffHeapBinary* own = owned(*bin);
  if (!own) return raw_of(binary::from_bytes(*env->heap, bin->data, bin->size));
  bin->ref_bin = nullptr;
  return raw_of(binary::from_off_heap(*env->heap, own, own->size));
}

unsigned char* enif_make_new_binary(ErlNifEnv* env, size_t size, ERL_NIF_TERM* into) {
  check(env, __func__);
  uint8_t* bytes = nullptr;
  *into = raw_of(binary::make_uninitialised(*env->heap, size, &bytes));
  return bytes;
}

ERL_NIF_TERM enif_make_sub_binary(ErlNifEnv* env, ERL_NIF_TERM term, size_t position, size_t size) {
  check(env, __func__);
  const Term t = term_of(term);
  if (!is_bitstring(t)) misuse(__func__, "the term is no binary");
  const uint64_t whole = binary::bit_size(t) / 8;
  if (position > whole || size > whole - position) misuse(__func__, "the part leaves the binary");
  return raw_of(binary::part(*env->heap, t, uint64_t{position} * 8, uint64_t{size} * 8));
}

int enif_term_to_binary(ErlNifEnv* env, ERL_NIF_TERM term, ErlNifBinary* bin) {
  Entry entry(env, __func__);
  std::string bytes;
  external::encode(term_of(term), {}, bytes);
  if (!enif_alloc_binary(bytes.size(), bin)) return 0;
  std::memcpy(bin->data, bytes.data(), bytes.size());
  return 1;
}

size_t enif_binary_to_term(ErlNifEnv* env, const unsigned char* data, size_t size, ERL_NIF_TERM* into, unsigned options) {
  Entry entry(env, __func__);
  Inside inside(*env->runtime);   // funs are looked up
  if (options & ~static_cast<unsigned>(ERL_NIF_BIN2TERM_SAFE)) return 0;
  external::DecodeOptions decode;
  decode.safe = options & ERL_NIF_BIN2TERM_SAFE;
  const external::Decoded decoded = external::decode(*env->heap, data, size, decode);
  if (decoded.term.is_none()) return 0;
  *into = raw_of(decoded.term);
  return decoded.used;
}
