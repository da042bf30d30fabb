// SPDX-License-Identifier: Apache-2.0
// Reading small maps by keys that are atoms or small integers, and the sizes of things: of built-ins in guards the most frequent.
#include <cstring>

#include "engine/jit/x64/translator.hpp"

namespace athanor::engine::jit {

using asmjit::Imm;
using asmjit::x86::byte_ptr;
using asmjit::x86::qword_ptr;

namespace {

// An immediate is in a map only as the same word; a comparison takes 32 bits of it.
bool is_plain_key(ir::Source key) { return (key & 3) == 3 && key <= INT32_MAX; }

}  // namespace

bool Translator::maps(Op op) {
  switch (op) {
    case Op::op_get_map_element_atom: case Op::op_get_map_elements: read_map(2); return true;
    case Op::op_has_map_fields: read_map(1); return true;
    case Op::op_guard_bif_1: return size_of();
    default: return false;
  }
}

// Rows of a key, and a destination where they are two words long.
void Translator::read_map(size_t words) {
  const auto& i = in<ir::GetMapElements>();
  const Word* rows = tail<ir::GetMapElements>();
  for (uint32_t r = 0; r < i.count; ++r) {
    if (!is_plain_key(rows[words * r])) return run();
  }
  Label slow = emitter_.label();
  load(kScratch, i.source);
  unless_boxed(kScratch, target(i.fail));
  unless_kind(kScratch, BoxedKind::FlatMap, slow);
  as_.mov(kScratch2, box_word(kScratch, 2));   // the tuple of its keys
  for (uint32_t r = 0; r < i.count; ++r) {
    Label next_key = emitter_.label();
    as_.mov(kScratch3, box_word(kScratch, 1));
    as_.bind(next_key);
    as_.sub(kScratch3, Imm(1));
    as_.jb(target(i.fail));
    as_.cmp(qword_ptr(kScratch2, kScratch3, 3, sizeof(Word) - 2), Imm(static_cast<int64_t>(rows[words * r])));
    as_.jne(next_key);
    if (words == 1) continue;
    as_.mov(kIp, qword_ptr(kScratch, kScratch3, 3, 3 * sizeof(Word) - 2));
    store(static_cast<ir::Register>(rows[2 * r + 1]), kIp);
  }
  slow_way(slow);
}

bool Translator::size_of() {
  const auto& i = in<ir::GuardBif>();
  if (std::strcmp(i.row->module, "erlang") != 0) return false;
  Label slow = emitter_.label();
  // The word behind the header, as a small integer.
  const auto put_size = [&] {
    as_.mov(kScratch, box_word(kScratch, 1));
    as_.shl(kScratch, Imm(4));
    as_.or_(kScratch, Imm(0xF));
    store(i.destination, kScratch);
    slow_way(slow);
    return true;
  };
  if (std::strcmp(i.row->name, "byte_size") == 0) {
    Label known = emitter_.label();
    load(kScratch, i.first);
    unless_boxed(kScratch, slow);
    if_kind(kScratch, BoxedKind::HeapBinary, known);
    if_kind(kScratch, BoxedKind::BinaryRef, known);
    unless_kind(kScratch, BoxedKind::SubBinary, slow);
    as_.cmp(byte_ptr(kScratch, 3 * sizeof(Word) - 1), Imm(0));   // bits behind the bytes
    as_.jne(slow);
    as_.bind(known);
    return put_size();
  }
  if (std::strcmp(i.row->name, "map_size") == 0) {
    load(kScratch, i.first);
    unless_boxed(kScratch, slow);
    unless_kind(kScratch, BoxedKind::FlatMap, slow);
    return put_size();
  }
  return false;
}

}  // namespace athanor::engine::jit
