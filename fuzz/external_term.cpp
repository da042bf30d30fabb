// SPDX-License-Identifier: Apache-2.0
// Hostile external terms: decoding gives a term or none, in small steps the same as in one go. What it gives can be printed, compared, hashed; encoded
// in each of the ways there are it comes back equal.
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "heap/fragment.hpp"
#include "term/compare.hpp"
#include "term/context.hpp"
#include "term/external/decoder.hpp"
#include "term/external/external.hpp"
#include "term/hash.hpp"
#include "term/print.hpp"

namespace {

using namespace athanor;

// Code and nodes enough for decoding: what is asked for twice is the same.
class Host : public TermHost {
 public:
  ExportHead* export_of(Mfa mfa) override {
    auto& place = exports_[{mfa.module.raw, mfa.function.raw, mfa.arity}];
    if (!place) place.reset(new ExportHead{mfa});
    return place.get();
  }
  FunHead* fun_of(Term module, uint32_t index, uint32_t old_uniq, const uint8_t* uniq, uint32_t arity, uint32_t num_free) override {
    auto& place = funs_[{module.raw, index, old_uniq, arity, num_free, std::string(reinterpret_cast<const char*>(uniq), 16)}];
    if (!place) {
      place = std::make_unique<FunHead>();
      place->module = module;
      place->index = index;
      place->old_uniq = old_uniq;
      place->arity = arity;
      place->num_free = num_free;
      std::memcpy(place->uniq, uniq, sizeof place->uniq);
    }
    return place.get();
  }
  Node* node_of(Term name, uint32_t creation) override {
    auto& place = nodes_[{name.raw, creation}];
    if (!place) place.reset(new Node{name, creation});
    return place.get();
  }
  // Between two inputs: no term is left.
  void forget_much() {
    if (exports_.size() + funs_.size() + nodes_.size() < 10000) return;
    exports_.clear();
    funs_.clear();
    nodes_.clear();
  }

 private:
  std::map<std::tuple<Word, Word, uint32_t>, std::unique_ptr<ExportHead>> exports_;
  std::map<std::tuple<Word, uint32_t, uint32_t, uint32_t, uint32_t, std::string>, std::unique_ptr<FunHead>> funs_;
  std::map<std::pair<Word, uint32_t>, std::unique_ptr<Node>> nodes_;
};

// As a native that gives up its slice again and again.
external::Decoded decode_in_steps(Allocator& heap, const uint8_t* bytes, size_t count, const external::DecodeOptions& options) {
  external::Decoding decoding(heap, bytes, count, options);
  for (int64_t budget = 3; !decoding.step(budget); budget = 3) {}
  return decoding.result();
}

void check_round_trip(Term term, const external::EncodeOptions& options) {
  std::string bytes;
  external::encode(term, options, bytes);
  if (options.compression_level == 0 && external::encoded_size(term, options) != bytes.size()) __builtin_trap();
  heap::FragmentAllocator heap(64);
  const external::Decoded again = external::decode(heap, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), {});
  if (again.term.is_none() || again.used != bytes.size() || !equal_exact(again.term, term) || compare(again.term, term) != 0) __builtin_trap();
}

// As binary_to_term on a heap that has no room: what was counted is enough for it, and never more than the bytes are worth.
void check_size(const uint8_t* bytes, size_t count, const external::DecodeOptions& options) {
  if (count < 2 || bytes[1] == 80) return;
  external::Sizing sizing(bytes + 1, count - 1);
  for (int64_t budget = 1; !sizing.step(budget); budget = 1) {}
  if (sizing.words() > external::Sizing::kMostWordsPerByte * (count - 1)) __builtin_trap();
  heap::FragmentAllocator heap(sizing.words());
  const bool is_good = !external::decode(heap, bytes, count, options).term.is_none();
  heap::Fragment* chain = heap.take();
  size_t used = 0;
  for (const heap::Fragment* fragment = chain; fragment != nullptr; fragment = fragment->next) used += fragment->used;
  // Keys of hashed maps may lie deeper than they do on average.
  if (is_good && used > sizing.words() + sizing.words() / 4) __builtin_trap();
  heap::Fragment::destroy_chain(chain);
}

constexpr size_t kMostPlain = size_t{1} << 22;   // what a few bytes that are compressed may become here

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t count) {
  static TermContext context;
  static Host host;
  if (!context.atoms) {
    context.atoms = make_atom_table(1 << 16);
    context.host = &host;
    context.node_name = atoms::nonode_at_nohost;
  }
  current_term_context = &context;
  host.forget_much();
  if (count > 6 && bytes[1] == 80 && ((size_t{bytes[2]} << 24 | size_t{bytes[3]} << 16 | size_t{bytes[4]} << 8) > kMostPlain)) return 0;
  external::DecodeOptions options;
  options.safe = true;   // the atom table must not fill
  heap::FragmentAllocator heap(64), in_steps(64);
  check_size(bytes, count, options);
  const external::Decoded decoded = external::decode(heap, bytes, count, options);
  const external::Decoded stepped = decode_in_steps(in_steps, bytes, count, options);
  if (decoded.term.is_none() != stepped.term.is_none()) __builtin_trap();
  if (decoded.term.is_none()) return 0;
  if (decoded.used > count || decoded.used != stepped.used || !equal_exact(decoded.term, stepped.term)) __builtin_trap();
  (void)to_text(decoded.term, 4096);
  if (compare(decoded.term, stepped.term) != 0 || phash2(decoded.term) != phash2(stepped.term)) __builtin_trap();
  for (int minor = 0; minor <= 2; ++minor) check_round_trip(decoded.term, {.minor_version = minor, .deterministic = minor == 1});
  check_round_trip(decoded.term, {.compression_level = static_cast<int>(1 + count % 9)});
  return 0;
}
