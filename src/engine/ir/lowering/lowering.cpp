// SPDX-License-Identifier: Apache-2.0
#include "engine/ir/lowering/lowering.hpp"

#include <algorithm>
#include <mutex>

#include "engine/jit/jit.hpp"
#include "term/atom_table.hpp"
#include "term/integer.hpp"

namespace athanor::engine::ir {

Lowering::Lowering(process::Runtime& runtime, code::Function& function, Layout* layout)
    : runtime_(runtime), layout_(layout), function_(function), code_(*function.code), file_(*function.code->file) {}

void Lowering::reset() {
  if (layout_) layout_->clear();
  out_.clear();
  fixes_.clear();
  site_words_.clear();
  lines_.clear();
  labels_.clear();
  loops_.clear();
  label_facts_.clear();
  recent_labels_.clear();
  facts_.clear();
  line_ = scratch_ = 0;
  tail_line_.reset();
  last_label_ = kNowhere;
  forget_last();
  room_ = 0;
  is_reachable_ = true;
  is_malformed_ = is_again_ = is_ended_ = has_new_loop_head_ = false;
}

namespace {

// Opcodes that take no room but what take_room counts, and after which control goes on here only from before.
bool keeps_room(Opcode opcode) {
  switch (opcode) {
    case Opcode::line: case Opcode::move: case Opcode::swap: case Opcode::init: case Opcode::init_yregs: case Opcode::test_heap: case Opcode::allocate_heap:
    case Opcode::allocate_heap_zero: case Opcode::put_list: case Opcode::put_tuple2: case Opcode::get_list: case Opcode::get_hd: case Opcode::get_tl:
    case Opcode::get_tuple_element: case Opcode::is_tuple: case Opcode::test_arity: case Opcode::is_tagged_tuple: case Opcode::is_nonempty_list:
    case Opcode::is_nil: case Opcode::is_eq_exact: case Opcode::is_ne_exact: case Opcode::is_atom: case Opcode::is_integer: case Opcode::is_list:
      return true;
    default: return false;
  }
}

bool calls_function(Opcode opcode) {
  return opcode == Opcode::call || opcode == Opcode::call_ext || opcode == Opcode::call_fun || opcode == Opcode::call_fun2 || opcode == Opcode::apply;
}

// OTP: of the built-ins that an instruction calls these few are called as functions are.
bool is_called_as_function(const process::NativeRow& row, Mfa mfa) {
  if (row.is_nif || row.kind == process::BifKind::DirtyCpu || row.kind == process::BifKind::DirtyIo) return true;
  const std::string_view name = atom_text(mfa.function);
  if (mfa.module == atoms::erlang) return name == "apply" || name == "process_info" || (name == "hibernate" && mfa.arity == 3);
  return mfa.module == atoms::erts_internal && mfa.arity == 1 && (name == "garbage_collect" || name == "check_process_code");
}

}  // namespace

Lowering::Pass Lowering::pass() {
  reset();
  const beam::FunctionRow& row = file_.functions[function_.row];
  beam::Decoder decoder(file_, row.code_begin);
  bool is_behind_call = false;
  while (!is_ended_ && decoder.offset() < row.code_end) {
    if (!decoder.next(in_)) return Pass::Malformed;
    const auto opcode = static_cast<Opcode>(in_.opcode);
    if (opcode == Opcode::label) {
      place_label(number(0));
      tail_line_.reset();
      continue;
    }
    if (!is_reachable_ && opcode != Opcode::func_info && opcode != Opcode::line) continue;   // nothing leads here
    const bool resumes_itself = opcode == Opcode::line || opcode == Opcode::loop_rec || opcode == Opcode::wait || opcode == Opcode::wait_timeout;
    if (!resumes_itself && std::any_of(recent_labels_.begin(), recent_labels_.end(), [&](uint32_t label) { return wait_targets_.contains(label); })) {
      resumable();
    }
    const uint32_t line_before = line_;
    if (opcode == Opcode::line && is_behind_call) note_line_behind_call(number(0));
    is_behind_call = calls_function(opcode);
    if (opcode == Opcode::call_ext && import(1)->native) is_behind_call = is_called_as_function(*import(1)->native, import(1)->mfa);
    bool known = control(opcode) || data(opcode) || tests(opcode) || calls(opcode) || built_ins(opcode) || exceptions(opcode) || receive(opcode) ||
                 bits(opcode);
    if (!known || is_malformed_) return Pass::Malformed;
    if (is_again_) return Pass::Again;
    const bool is_native = (opcode == Opcode::call_ext_only || opcode == Opcode::call_ext_last) && import(1)->native;
    line_ = tail_line_.after(in_, line_before, line_, is_native);
    if (opcode == Opcode::func_info) body_ = out_.size();
    if (!keeps_room(opcode)) room_ = 0;
    if (opcode != Opcode::line) recent_labels_.clear();
  }
  // What the verifier has excluded: control that runs off the end.
  emit(Unexecutable{op_unexecutable, site()});
  return has_new_loop_head_ ? Pass::Again : Pass::Done;
}

bool Lowering::passes() {
  Pass result;
  do {
    result = pass();
  } while (result == Pass::Again);
  return result == Pass::Done;
}

bool Lowering::lays_out_as(const code::Lowered& lowered) {
  if (!passes() || out_.size() != lowered.word_count) return false;
  return std::all_of(layout_->begin(), layout_->end(), [&](const auto& instruction) { return out_[instruction.first] == lowered.words[instruction.first]; });
}

const Word* Lowering::run(code::Lowered& lowered) {
  if (!passes()) return nullptr;
  for (const Fix& fix : fixes_) {
    const auto& places = fix.to_loop ? loops_ : labels_;
    auto found = places.find(fix.label);
    if (found == places.end()) return nullptr;
    int64_t offset = static_cast<int64_t>(found->second) - static_cast<int64_t>(fix.instruction);
    if (fix.is_wide) {
      out_[fix.byte] = static_cast<Word>(offset);
    } else {
      auto narrow = static_cast<JumpOffset>(offset);
      std::memcpy(reinterpret_cast<char*>(&out_[fix.instruction]) + fix.byte, &narrow, sizeof narrow);
    }
  }
  auto entry = labels_.find(file_.functions[function_.row].entry_label);
  if (entry == labels_.end() || entry->second == 0) return nullptr;
  lowered.sites = std::make_unique<CallSite[]>(lines_.size());
  for (size_t i = 0; i < lines_.size(); ++i) lowered.sites[i] = CallSite{&function_, lines_[i].item, lines_[i].behind};
  for (size_t place : site_words_) out_[place] = reinterpret_cast<Word>(&lowered.sites[out_[place]]);
  lowered.word_count = out_.size();
  lowered.words = std::make_unique<Word[]>(out_.size());
  std::copy(out_.begin(), out_.end(), lowered.words.get());
  return lowered.words.get() + entry->second;
}

// --- operands ---

Term Lowering::atom(const Operand& operand) const {
  return operand.kind == OperandKind::Nil ? Term::nil() : file_.atoms[static_cast<size_t>(operand.value)];
}

Term Lowering::constant(const Operand& operand) {
  switch (operand.kind) {
    case OperandKind::Unsigned:
    case OperandKind::Integer:
    case OperandKind::Character:
      return Term::fits_small(operand.value) ? Term::small(operand.value) : integer::from_int64(*code_.literal_area, operand.value);
    case OperandKind::BigInteger:
      return integer::from_two_complement(*code_.literal_area, file_.code + operand.value, operand.count, false, true);
    case OperandKind::Atom: return file_.atoms[static_cast<size_t>(operand.value)];
    case OperandKind::Nil: return Term::nil();
    case OperandKind::Literal: return code_.literals[static_cast<size_t>(operand.value)];
    default: malformed(); return Term::nil();
  }
}

Source Lowering::source(const Operand& operand) {
  if (operand.kind == OperandKind::X) {
    if (operand.value >= kMaxRegisters) malformed();
    return x_register(static_cast<uint32_t>(operand.value));
  }
  if (operand.kind == OperandKind::Y) return y_register(static_cast<uint32_t>(operand.value));
  return constant(operand).raw;
}

Register Lowering::reg(const Operand& operand) {
  Source from = source(operand);
  if (!is_constant(from)) return static_cast<Register>(from);
  Register scratch = x_register(kScratchRegister + scratch_++ % 4);
  forget(scratch);
  emit(MoveConstant{op_move_constant(Kind::X), from, scratch, 0});
  return scratch;
}

Register Lowering::destination(const Operand& operand) {
  if (operand.kind != OperandKind::X && operand.kind != OperandKind::Y) malformed();
  auto place = static_cast<Register>(source(operand));
  forget(place);
  return place;
}

uint32_t Lowering::float_register(const Operand& operand) {
  if (operand.kind != OperandKind::FloatRegister || operand.value >= kMaxRegisters) malformed();
  return static_cast<uint32_t>(operand.value) % kMaxRegisters;
}

uint32_t Lowering::heap_words(const Operand& operand) const {
  if (operand.kind == OperandKind::Unsigned) return static_cast<uint32_t>(operand.value);
  return in_.alloc.words + in_.alloc.floats * static_cast<uint32_t>(kFloatWords) + in_.alloc.funs * static_cast<uint32_t>(fun_words(0));
}

const uint8_t* Lowering::string(uint64_t offset, uint64_t bytes) {
  if (offset > file_.strings.size() || bytes > file_.strings.size() - offset) {
    malformed();
    return nullptr;
  }
  return reinterpret_cast<const uint8_t*>(file_.strings.data()) + offset;
}

// --- emission ---

const CallSite* Lowering::site() {
  if (lines_.empty() || lines_.back().item != line_ || lines_.back().behind != 0 || lines_.back().is_own) lines_.push_back({line_, 0, false});
  return reinterpret_cast<const CallSite*>(lines_.size() - 1);
}

const CallSite* Lowering::own_site() {
  lines_.push_back({line_, 0, true});
  return reinterpret_cast<const CallSite*>(lines_.size() - 1);
}

// The call just emitted gets a site of its own, as others of its line may share the one it has.
void Lowering::note_line_behind_call(uint32_t item) {
  if (site_words_.empty() || item == lines_.back().item) return;
  lines_.push_back({lines_[out_[site_words_.back()]].item, item, true});
  out_[site_words_.back()] = lines_.size() - 1;
}

void Lowering::jump_to(size_t instruction, size_t byte_offset, bool is_wide, uint32_t label, bool to_loop) {
  // Behind it already, and nothing there to go on at: once more, knowing it.
  if (to_loop && wait_targets_.insert(label).second && labels_.contains(label) && !loops_.contains(label)) is_again_ = true;
  fixes_.push_back(Fix{instruction, byte_offset, label, is_wide, to_loop});
  if (auto placed = labels_.find(label); placed != labels_.end() && placed->second >= body_ && !to_loop && !loops_.contains(label)) {
    has_new_loop_head_ |= loop_heads_.insert(label).second;
  }
  if (unknown_labels_.contains(label)) return;
  if (labels_.contains(label)) {   // back: what was assumed there must hold here
    for (const Fact& assumed : label_facts_[label]) {
      bool holds = std::any_of(facts_.begin(), facts_.end(), [&](const Fact& fact) {
        return fact.shape == assumed.shape && fact.place == assumed.place && fact.arity >= assumed.arity;
      });
      if (!holds) {
        unknown_labels_.insert(label);
        is_again_ = true;
        return;
      }
    }
    return;
  }
  auto [place, is_new] = label_facts_.try_emplace(label, facts_);
  if (is_new) return;
  Facts& met = place->second;
  for (size_t i = 0; i < met.size();) {
    auto same = std::find_if(facts_.begin(), facts_.end(), [&](const Fact& fact) { return fact.shape == met[i].shape && fact.place == met[i].place; });
    if (same == facts_.end()) {
      met[i] = met.back();
      met.pop_back();
    } else {
      met[i].arity = std::min(met[i].arity, same->arity);
      ++i;
    }
  }
}

void Lowering::emit_label_word(size_t instruction, uint32_t label) {
  size_t place = out_.size();
  out_.push_back(0);
  jump_to(instruction, place, true, label);
}

bool Lowering::take_room(size_t words) {
  if (room_ < words) {
    room_ = 0;
    return false;
  }
  room_ -= words;
  return true;
}

void Lowering::place_label(uint32_t number) {
  room_ = 0;
  if (is_reachable_) {
    // Control falls in: what is known must hold for both ways. A jump that goes nowhere does the meeting.
    jump_to(0, 0, true, number);
    fixes_.pop_back();
  }
  labels_[number] = out_.size();
  last_label_ = out_.size();
  recent_labels_.push_back(number);
  if (unknown_labels_.contains(number)) facts_.clear();
  else facts_ = label_facts_[number];
  label_facts_[number] = facts_;
  is_reachable_ = true;
  if (runtime_.jit && number == file_.functions[function_.row].entry_label) {
    emit(CountCall{op_count_call, runtime_.jit->calls_before(), 0});
    last_label_ = out_.size();
  }
  if (loop_heads_.contains(number)) {
    emit(AtSite{op_loop_head, site()});
    last_label_ = out_.size();
  }
}

// --- facts ---

void Lowering::forget(Register place) {
  std::erase_if(facts_, [&](const Fact& fact) { return fact.place == place; });
}
void Lowering::forget_x() {
  std::erase_if(facts_, [](const Fact& fact) { return !is_y(fact.place); });
}
void Lowering::forget_y() {
  std::erase_if(facts_, [](const Fact& fact) { return is_y(fact.place); });
}
void Lowering::know_cons(Register place) {
  forget(place);
  facts_.push_back(Fact{Fact::Shape::Cons, place, 0});
}
void Lowering::know_tuple(Register place, uint32_t arity) {
  forget(place);
  facts_.push_back(Fact{Fact::Shape::Tuple, place, arity});
}
bool Lowering::is_cons(Register place) const {
  return std::any_of(facts_.begin(), facts_.end(), [&](const Fact& fact) { return fact.place == place && fact.shape == Fact::Shape::Cons; });
}
const Fact* Lowering::tuple(Register place) const {
  for (const Fact& fact : facts_) {
    if (fact.place == place && fact.shape == Fact::Shape::Tuple) return &fact;
  }
  return nullptr;
}

}  // namespace athanor::engine::ir
