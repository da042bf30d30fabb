// SPDX-License-Identifier: Apache-2.0
// Bit syntax: matching and both ways of construction.
#include "engine/bit_syntax.hpp"
#include "engine/ir/lowering/lowering.hpp"
#include "term/atom_table.hpp"

namespace athanor::engine::ir {

namespace {

// The flags of a segment of bs_create_bin: a list of atoms.
uint32_t flag_bits(Term list) {
  uint32_t bits = 0;
  for (; list.is_list_cell(); list = list.tail()) {
    if (list.head() == atoms::little) bits |= bit_syntax::kLittle;
    else if (list.head() == atoms::signed_) bits |= bit_syntax::kSigned;
    else if (list.head() == atoms::native) bits |= bit_syntax::kNative;
  }
  return bits;
}

}  // namespace

void Lowering::emit_bits_create() {
  constexpr uint32_t kOperands = 6;   // type, number, unit, flags, value, size
  uint32_t count = list_count(5) / kOperands;
  if (list_count(5) % kOperands != 0) return malformed();
  const Operand* segments = list(5);
  uint32_t words = heap_words(operand(1));
  Register into = destination(operand(4));
  emit(BitsCreate{op_bits_create, static_cast<JumpOffset>(label(0)), words, number(2), count, into, 0, site()});
  for (uint32_t i = 0; i < count; ++i, segments += kOperands) {
    bit_syntax::SegmentType type;
    if (segments[0].kind != OperandKind::Atom || !bit_syntax::segment_type(atom(segments[0]), type)) return malformed();
    auto unit = static_cast<Word>(segments[2].value), segment_number = static_cast<Word>(segments[1].value);
    if (unit > 0xFFFF || segment_number > UINT32_MAX) return malformed();
    Word flags = segments[3].kind == OperandKind::Literal ? flag_bits(constant(segments[3]))
                 : segments[3].kind == OperandKind::Unsigned ? static_cast<Word>(segments[3].value) & 0xFF : 0;
    emit_word(static_cast<Word>(type) | flags << 8 | unit << 16 | segment_number << 32);
    if (type == bit_syntax::SegmentType::String) {
      auto bytes = static_cast<uint64_t>(segments[5].value);
      emit_word(reinterpret_cast<Word>(string(static_cast<uint64_t>(segments[4].value), bytes)));
      emit_word(bytes);
    } else {
      emit_word(source(segments[4]));
      emit_word(source(segments[5]));
    }
  }
}

// A field of at most 56 bits. Neighbours from the same context with the same way out become one instruction.
void Lowering::emit_bits_integer(Register context, uint32_t bits, uint32_t flags, Register into, uint32_t live) {
  const Word field = bits | static_cast<Word>(flags & 0xFF) << 8 | static_cast<Word>(into) << 32;
  const bool can_join = last_bits_ != kNowhere && last_label_ != out_.size() && !fixes_.empty() && fixes_.back().instruction == last_bits_ &&
                        fixes_.back().label == label(0) && into != context;
  if (can_join && at<BitsGet>(&out_[last_bits_]).handler == op_bits_integer_fixed && is_last(last_bits_, kWords<BitsGet>)) {
    const auto before = at<BitsGet>(&out_[last_bits_]);
    if (before.context == context && before.destination != context) {
      const size_t position = last_bits_;
      const Word first = before.unit | static_cast<Word>(before.flags & 0xFF) << 8 | static_cast<Word>(before.destination) << 32;
      site_words_.pop_back();
      widen_last(position, BitsIntegers{op_bits_integers, context, 0, 2, 0, site()});
      site_words_.push_back(position + offsetof(BitsIntegers, site) / sizeof(Word));
      emit_word(first);
      emit_word(field);
      last_bits_ = position;
      return;
    }
  } else if (can_join && at<BitsIntegers>(&out_[last_bits_]).handler == op_bits_integers) {
    auto* joined = reinterpret_cast<BitsIntegers*>(&out_[last_bits_]);
    if (joined->context == context && last_bits_ + kWords<BitsIntegers> + joined->count == out_.size()) {
      ++joined->count;
      emit_word(field);
      return;
    }
  }
  last_bits_ = emit(BitsGet{op_bits_integer_fixed, context, static_cast<JumpOffset>(label(0)), Term::small(bits).raw, bits, flags, into, live, site()});
}

bool Lowering::bits(Opcode opcode) {
  auto fail = static_cast<JumpOffset>(label(0));
  // bs_get_X2 Fail Context Live Size Unit Flags Dst
  auto get = [&](Handler handler, Handler all) {
    Register context = reg(operand(1));
    Source size = source(operand(3));
    uint32_t live = number(2), unit = number(4), flags = number(5);
    Register into = destination(operand(6));
    if (size == atoms::all.raw) {
      if (!all || unit == 0) malformed();
      handler = all;
    } else if (handler == op_bits_integer && is_constant(size) && Term{size}.is_small()) {
      int64_t count = Term{size}.small_value();
      if (count > 0 && count <= 56 && unit > 0 && static_cast<uint64_t>(count) * unit <= 56) {
        emit_bits_integer(context, static_cast<uint32_t>(count) * unit, flags, into, live);
        return true;
      }
    }
    emit(BitsGet{handler, context, fail, size, unit, flags, into, live, site()});
    return true;
  };
  // bs_get_utfX Fail Context Live Flags Dst; bs_skip_utfX without Dst: the code point goes to a scratch register.
  auto utf = [&](Handler handler, bool is_skip) {
    Register context = reg(operand(1));
    Register into = is_skip ? x_register(kScratchRegister + 4) : destination(operand(4));
    emit(BitsGet{handler, context, fail, Term::nil().raw, 1, number(3), into, number(2), site()});
    return true;
  };
  auto test = [&](Handler handler) {
    Register context = reg(operand(1));
    if (handler == op_bits_test_unit && number(2) == 0) malformed();
    emit(BitsTest{handler, context, fail, number(2), nullptr, site()});
    return true;
  };
  // bs_put_X Fail Size Unit Flags Source
  auto put = [&](Handler handler) {
    emit(BitsPut{handler, source(operand(1)), source(operand(4)), fail, number(2), number(3), 0, nullptr, site()});
    return true;
  };
  auto put_utf = [&](Handler handler) {
    emit(BitsPut{handler, Term::nil().raw, source(operand(2)), fail, 1, number(1), 0, nullptr, site()});
    return true;
  };
  switch (opcode) {
    case Opcode::bs_start_match3: {
      Register from = reg(operand(1));
      Register into = destination(operand(3));
      emit(BitsStart{op_bits_start, from, into, fail, number(2), site()});
      return true;
    }
    case Opcode::bs_start_match4: {
      Register from = reg(operand(2));
      Register into = destination(operand(3));
      bool resumes = operand(0).kind == OperandKind::Atom && atom_text(atom(operand(0))) == "resume";
      emit(BitsStart{resumes ? op_bits_start_resume : op_bits_start, from, into, fail, number(1), site()});
      return true;
    }
    case Opcode::bs_get_integer2: return get(op_bits_integer, nullptr);
    case Opcode::bs_get_float2: return get(op_bits_float, nullptr);
    case Opcode::bs_get_binary2: return get(op_bits_binary, op_bits_binary_all);
    case Opcode::bs_skip_bits2: {
      Register context = reg(operand(1));
      Source size = source(operand(2));
      bool is_all = size == atoms::all.raw;
      if (is_all && number(3) == 0) return false;
      emit(BitsGet{is_all ? op_bits_skip_all : op_bits_skip, context, fail, size, number(3), number(4), 0, kUnknownLive, site()});
      return true;
    }
    case Opcode::bs_test_tail2: return test(op_bits_test_tail);
    case Opcode::bs_test_unit: return test(op_bits_test_unit);
    case Opcode::bs_match_string: {
      Register context = reg(operand(1));
      const uint8_t* bytes = string(number(3), (static_cast<uint64_t>(number(2)) + 7) / 8);
      emit(BitsTest{op_bits_match_string, context, fail, number(2), bytes, site()});
      return true;
    }
    case Opcode::bs_get_utf8: return utf(op_bits_utf8, false);
    case Opcode::bs_get_utf16: return utf(op_bits_utf16, false);
    case Opcode::bs_get_utf32: return utf(op_bits_utf32, false);
    case Opcode::bs_skip_utf8: return utf(op_bits_utf8, true);
    case Opcode::bs_skip_utf16: return utf(op_bits_utf16, true);
    case Opcode::bs_skip_utf32: return utf(op_bits_utf32, true);
    case Opcode::bs_get_tail: {
      Register context = reg(operand(0));
      Register into = destination(operand(1));
      emit(BitsMove{op_bits_get_tail, context, into, number(2), 0, site()});
      return true;
    }
    case Opcode::bs_get_position: {
      Register context = reg(operand(0));
      Register into = destination(operand(1));
      emit(BitsMove{op_bits_get_position, context, into, number(2), 0, site()});
      return true;
    }
    case Opcode::bs_set_position: {
      Register context = reg(operand(0)), position = reg(operand(1));
      emit(BitsMove{op_bits_set_position, context, position, 0, 0, site()});
      return true;
    }

    case Opcode::bs_create_bin:
      emit_bits_create();
      return true;
    case Opcode::bs_init2:
    case Opcode::bs_init_bits: {   // Fail Size Words Live Flags Dst
      Source size = source(operand(1));
      uint32_t words = heap_words(operand(2));
      Handler handler = opcode == Opcode::bs_init2 ? op_bits_init_bytes : op_bits_init_bits;
      emit(BitsInit{handler, size, Term::nil().raw, fail, words, number(3), 1, destination(operand(5)), 0, site()});
      return true;
    }
    case Opcode::bs_append: {      // Fail Size Words Live Unit Bin Flags Dst
      Source size = source(operand(1)), from = source(operand(5));
      emit(BitsInit{op_bits_append, size, from, fail, heap_words(operand(2)), number(3), number(4), destination(operand(7)), 0, site()});
      return true;
    }
    case Opcode::bs_private_append: {   // Fail Size Unit Bin Flags Dst
      Source size = source(operand(1)), from = source(operand(3));
      emit(BitsInit{op_bits_private_append, size, from, fail, 0, kUnknownLive, number(2), destination(operand(5)), 0, site()});
      return true;
    }
    case Opcode::bs_init_writable:
      forget(x_register(0));
      emit(AtSite{op_bits_init_writable, site()});
      return true;
    case Opcode::bs_put_integer: return put(op_bits_put_integer);
    case Opcode::bs_put_float: return put(op_bits_put_float);
    case Opcode::bs_put_binary: return put(op_bits_put_binary);
    case Opcode::bs_put_string:
      emit(BitsPut{op_bits_put_string, Term::nil().raw, Term::nil().raw, 0, number(0), 0, 0, string(number(1), number(0)), site()});
      return true;
    case Opcode::bs_put_utf8: return put_utf(op_bits_put_utf8);
    case Opcode::bs_put_utf16: return put_utf(op_bits_put_utf16);
    case Opcode::bs_put_utf32: return put_utf(op_bits_put_utf32);
    case Opcode::bs_utf8_size:
    case Opcode::bs_utf16_size: {
      Source from = source(operand(1));
      Handler handler = opcode == Opcode::bs_utf8_size ? op_bits_utf8_size : op_bits_utf16_size;
      emit(BitsAdd{handler, from, Term::nil().raw, fail, 1, destination(operand(2)), 0, site()});
      return true;
    }
    case Opcode::bs_add: {
      const Operand* o = &operand(1);   // two terms and a unit
      Source first = source(o[0]), second = source(o[1]);
      emit(BitsAdd{op_bits_add, first, second, fail, number(3), destination(operand(4)), 0, site()});
      return true;
    }
    default: return false;
  }
}

}  // namespace athanor::engine::ir
