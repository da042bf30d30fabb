// SPDX-License-Identifier: Apache-2.0
// Hostile external terms: decoding gives a term or none, and what it gives can be printed, compared, hashed and encoded again.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "heap/fragment.hpp"
#include "term/compare.hpp"
#include "term/context.hpp"
#include "term/external/external.hpp"
#include "term/hash.hpp"
#include "term/print.hpp"

namespace {

using namespace athanor;

// Code and nodes enough for decoding: every export and fun exists once per question, and lives as long as the program.
class Host : public TermHost {
 public:
  ExportHead* export_of(Mfa mfa) override { return keep(new ExportHead{mfa}); }
  FunHead* fun_of(Term module, uint32_t index, uint32_t old_uniq, const uint8_t*, uint32_t arity, uint32_t num_free) override {
    auto* fun = new FunHead;
    fun->module = module;
    fun->index = index;
    fun->old_uniq = old_uniq;
    fun->arity = arity;
    fun->num_free = num_free;
    return keep(fun);
  }
  Node* node_of(Term name, uint32_t creation) override { return keep(new Node{name, creation}); }

 private:
  template <class T>
  T* keep(T* made) {
    kept_.push_back(std::shared_ptr<void>(made, [](void* p) { delete static_cast<T*>(p); }));
    if (kept_.size() > 10000) kept_.erase(kept_.begin(), kept_.begin() + 5000);
    return made;
  }
  std::vector<std::shared_ptr<void>> kept_;
};

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
  heap::FragmentAllocator heap(64);
  external::DecodeOptions options;
  options.safe = true;   // the atom table must not fill
  external::Decoded decoded = external::decode(heap, bytes, count, options);
  if (decoded.term.is_none()) return 0;
  (void)to_text(decoded.term, 4096);
  (void)compare(decoded.term, decoded.term);
  (void)phash2(decoded.term);
  std::string again;
  external::encode(decoded.term, {}, again);
  heap::FragmentAllocator second(64);
  external::Decoded twice = external::decode(second, reinterpret_cast<const uint8_t*>(again.data()), again.size(), {});
  if (twice.term.is_none()) __builtin_trap();
  return 0;
}
