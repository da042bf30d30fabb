// SPDX-License-Identifier: Apache-2.0
#include "engine/jit/x64/translator.hpp"

#include <cstddef>
#include <cstring>
#include <limits>

#include "engine/interp/ops/handlers.hpp"

namespace athanor::engine::jit {

using asmjit::Imm;
using asmjit::x86::Gp;
using asmjit::x86::Mem;

namespace {

bool fits_32(Word value) {
  auto number = static_cast<int64_t>(value);
  return number >= std::numeric_limits<int32_t>::min() && number <= std::numeric_limits<int32_t>::max();
}

}  // namespace

Translator::Translator(CodeMemory& memory, code::Function& function, const ir::Layout& layout)
    : emitter_(memory, function), as_(emitter_.as()), layout_(layout) {
  const code::Lowered& lowered = *function.lowered.load(std::memory_order_acquire);
  words_ = lowered.words.get();
  count_ = lowered.word_count;
  entry_ = static_cast<size_t>(lowered.entry - words_);
  labels_.resize(count_ + 1);
  places_.resize(count_ + 1);
  for (const auto& [at, row] : layout) labels_[at] = emitter_.label();
  labels_[count_] = emitter_.label();
}

void Translator::go_to(ir::Layout::const_iterator instruction) {
  auto following = std::next(instruction);
  at_ = instruction->first;
  row_ = instruction->second;
  end_ = following == layout_.end() ? count_ : following->first;
}

std::unique_ptr<NativeCode> Translator::translate() {
  is_target_.resize(count_ + 1);
  for (auto instruction = layout_.begin(); instruction != layout_.end(); ++instruction) {
    go_to(instruction);
    jumps([&](JumpField field) {
      if (const int64_t offset = offset_of(field)) is_target_[static_cast<size_t>(static_cast<int64_t>(at_) + offset)] = true;
    });
  }
  for (auto instruction = layout_.begin(); instruction != layout_.end(); ++instruction) {
    go_to(instruction);
    as_.bind(labels_[at_]);
    if (at_ == entry_) emitter_.entry_here();
    const Op op = ir::op_of(words_[at_]);
    if (is_target_[at_] || !keeps_floats(op)) held_floats_.reset();
    if (!control(op) && !calls(op) && !data(op) && !tests(op) && !selections(op) && !arithmetic(op) && !floats(op) && !bits(op) && !building(op) &&
        !maps(op)) {
      run();
    }
  }
  as_.bind(labels_[count_]);
  as_.ud2();   // the last instruction does not go on
  emit_restores();
  return emitter_.finish();
}

// --- images ---

template <class Visit>
void Translator::jumps(Visit visit) const {
  size_t fields = 0;
  switch (row_) {
#define FIELD(type, name) \
  if constexpr (std::is_same_v<decltype(Instruction::name), ir::JumpOffset>) visit(JumpField{offsetof(Instruction, name), false});
#define LIST(type, name)
#define INSTRUCTION(Name, ...)                     \
  case ir::Row::Name: {                            \
    using Instruction [[maybe_unused]] = ir::Name; \
    fields = ir::kWords<Instruction>;              \
    __VA_ARGS__                                    \
    break;                                         \
  }
#include "engine/ir/instructions.def"
#undef INSTRUCTION
#undef LIST
#undef FIELD
  }
  // Rows of a selection are value and jump; a table is of jumps alone.
  if (row_ == ir::Row::SelectLinear) {
    for (size_t i = fields + 1; i < end_ - at_; i += 2) visit(JumpField{i, true});
  } else if (row_ == ir::Row::SelectTable) {
    for (size_t i = fields; i < end_ - at_; ++i) visit(JumpField{i, true});
  }
}

// What stands before a word of the lowered form stands before it here: where it is a CallSite, somebody may look for it. (The counter at
// the entry changes meanwhile, and is none.)
Word Translator::before(size_t at) const { return at == 0 || at == entry_ + ir::kWords<ir::CountCall> ? 0 : words_[at - 1]; }

size_t Translator::place_of(size_t at) {
  if (!places_[at]) places_[at] = emitter_.put_place(before(at), labels_[at]);
  return *places_[at];
}

int64_t Translator::offset_of(JumpField field) const {
  if (field.is_wide) return static_cast<int64_t>(words_[at_ + field.where]);
  ir::JumpOffset narrow;
  std::memcpy(&narrow, reinterpret_cast<const char*>(words_ + at_) + field.where, sizeof narrow);
  return narrow;
}

size_t Translator::image(Label back) {
  struct Jump {
    JumpField field;
    size_t place;
  };
  std::vector<Jump> found;
  jumps([&](JumpField field) {
    const int64_t offset = offset_of(field);
    if (offset != 0) found.push_back({field, place_of(static_cast<size_t>(static_cast<int64_t>(at_) + offset))});
  });
  const Word site = before(at_);   // for a process that stops at the instruction itself
  emitter_.put(&site, 1);
  const size_t from = emitter_.put(words_ + at_, end_ - at_);
  emitter_.put_address(back);
  for (const Jump& jump : found) {
    const int64_t offset = static_cast<int64_t>(jump.place) - static_cast<int64_t>(from);
    if (jump.field.is_wide) {
      emitter_.word(from + jump.field.where) = static_cast<Word>(offset);
    } else {
      const auto narrow = static_cast<ir::JumpOffset>(offset);
      std::memcpy(reinterpret_cast<char*>(&emitter_.word(from)) + jump.field.where, &narrow, sizeof narrow);
    }
  }
  return from;
}

void Translator::run() {
  bool leads_elsewhere = false;
  jumps([&](JumpField field) { leads_elsewhere |= offset_of(field) != 0; });
  if (leads_elsewhere) emitter_.go(image());
  else emitter_.run_here(before(at_), words_ + at_, end_ - at_);
}

// --- operands ---

void Translator::load_constant(Gp to, Word value) {
  if (value == 0) as_.xor_(to.r32(), to.r32());
  else if (value <= std::numeric_limits<uint32_t>::max()) as_.mov(to.r32(), Imm(value));
  else as_.mov(to, Imm(value));
}

void Translator::load(Gp to, ir::Source source) {
  if (ir::is_constant(source)) load_constant(to, source);
  else as_.mov(to, mem(static_cast<ir::Register>(source)));
}

void Translator::store(ir::Register to, Gp from) { as_.mov(mem(to), from); }

void Translator::store_constant(const Mem& to, Word value) {
  if (fits_32(value)) {
    as_.mov(to, Imm(static_cast<int64_t>(value)));
  } else {
    load_constant(kScratch, value);
    as_.mov(to, kScratch);
  }
}

void Translator::move(ir::Register to, ir::Source from) {
  if (ir::is_constant(from)) return store_constant(mem(to), from);
  load(kScratch, from);
  store(to, kScratch);
}

void Translator::compare(Gp value, Word constant) {
  if (fits_32(constant)) {
    as_.cmp(value, Imm(static_cast<int64_t>(constant)));
  } else {
    load_constant(kScratch3, constant);
    as_.cmp(value, kScratch3);
  }
}

void Translator::compare(const Mem& value, Word constant) {
  if (fits_32(constant)) {
    as_.cmp(value, Imm(static_cast<int64_t>(constant)));
  } else {
    load_constant(kScratch3, constant);
    as_.cmp(value, kScratch3);
  }
}

void Translator::unless_small(Gp value, Label otherwise) {
  as_.mov(kScratch3.r32(), value.r32());
  as_.and_(kScratch3.r32(), Imm(0xF));
  as_.cmp(kScratch3.r32(), Imm(0xF));
  as_.jne(otherwise);
}

void Translator::unless_both_small(Gp a, Gp b, Label otherwise) {
  as_.mov(kScratch3.r32(), a.r32());
  as_.and_(kScratch3.r32(), b.r32());
  as_.and_(kScratch3.r32(), Imm(0xF));
  as_.cmp(kScratch3.r32(), Imm(0xF));
  as_.jne(otherwise);
}

void Translator::unless_boxed(Gp value, Label otherwise) {
  as_.mov(kScratch3.r32(), value.r32());
  as_.and_(kScratch3.r32(), Imm(3));
  as_.cmp(kScratch3.r32(), Imm(2));
  as_.jne(otherwise);
}

void Translator::compare_kind(Gp box, BoxedKind kind) { as_.cmp(asmjit::x86::byte_ptr(box, -2), Imm(static_cast<uint8_t>(make_header(kind, 0)))); }
void Translator::unless_kind(Gp box, BoxedKind kind, Label otherwise) {
  compare_kind(box, kind);
  as_.jne(otherwise);
}
void Translator::if_kind(Gp box, BoxedKind kind, Label then) {
  compare_kind(box, kind);
  as_.je(then);
}

}  // namespace athanor::engine::jit
