// SPDX-License-Identifier: Apache-2.0
// Hostile frames of distribution: several in a row on one connection, as a peer would send them. Each is taken or refused; what is taken
// can be printed. The first byte of the input says what the peer is capable of; two bytes before each frame are its length.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dist/incoming.hpp"
#include "heap/fragment.hpp"
#include "term/context.hpp"
#include "term/print.hpp"

namespace {

using namespace athanor;

class Host : public TermHost {
 public:
  ExportHead* export_of(Mfa mfa) override {
    exports_.push_back(std::make_unique<ExportHead>(ExportHead{mfa}));
    return exports_.back().get();
  }
  FunHead* fun_of(Term module, uint32_t index, uint32_t old_uniq, const uint8_t*, uint32_t arity, uint32_t num_free) override {
    funs_.push_back(std::make_unique<FunHead>());
    FunHead& fun = *funs_.back();
    fun.module = module;
    fun.index = index;
    fun.old_uniq = old_uniq;
    fun.arity = arity;
    fun.num_free = num_free;
    return &fun;
  }
  Node* node_of(Term name, uint32_t creation) override {
    nodes_.push_back(std::make_unique<Node>(Node{name, creation}));
    return nodes_.back().get();
  }

 private:
  std::vector<std::unique_ptr<ExportHead>> exports_;
  std::vector<std::unique_ptr<FunHead>> funs_;
  std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t count) {
  if (count == 0) return 0;
  // Frames may bring atoms, and the table must not fill.
  static std::unique_ptr<AtomTable> table;
  if (!table || table->count() > (1 << 16) - 20000) table.reset(make_atom_table(1 << 16));
  TermContext context;
  Host host;
  context.atoms = table.get();
  context.host = &host;
  context.node_name = atoms::nonode_at_nohost;
  current_term_context = &context;
  const uint64_t flags = bytes[0] & 1 ? dist::kMandatoryFlags : dist::kDefaultFlags;
  dist::FrameReader reader(intern("peer@host"), flags);
  const uint8_t* at = bytes + 1;
  const uint8_t* end = bytes + count;
  while (end - at >= 2) {
    size_t length = std::min<size_t>(at[0] << 8 | at[1], static_cast<size_t>(end - at) - 2);
    at += 2;
    heap::FragmentAllocator heap(64);
    dist::Incoming message;
    const char* reason = nullptr;
    // In a block of its own, so that reading past its end is seen.
    const std::vector<char> frame(at, at + length);
    auto result = reader.read(std::string_view(frame.data(), frame.size()), heap, message, reason);
    at += length;
    if (result == dist::FrameReader::Result::Malformed) break;   // the connection is closed
    if (result != dist::FrameReader::Result::Message) continue;
    for (Term operand : message.control.operands) {
      if (!operand.is_none()) (void)to_text(operand, 4096);
    }
    if (message.payload_bytes == 0) continue;
    Term payload = message.decode_payload(heap);
    if (!payload.is_none()) (void)to_text(payload, 4096);
  }
  current_term_context = nullptr;
  return 0;
}
