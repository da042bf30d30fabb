// SPDX-License-Identifier: Apache-2.0
// Constructing bitstrings: bs_create_bin, and the older bs_init2 … bs_put_* family, which writes to vm.build.
#include <vector>

#include "engine/bit_syntax_quick.hpp"
#include "engine/interp/cells.hpp"
#include "engine/interp/exceptions.hpp"
#include "engine/interp/ops/handlers.hpp"

namespace athanor::engine {

namespace {

// All of a heap binary, or the boxes of a larger one: what an init or append takes from the heap.
constexpr size_t kBuildWords = 32;

const Word* failed(Interpreter& vm, const Word* ip, ir::JumpOffset fail, const CallSite* site, const bit_syntax::Failure& failure) {
  vm.self->pending_ = process::Pending::None;
  if (fail) return ip + fail;
  if (failure.cause.is_none()) return raise_error(vm, site, failure.reason);
  return raise_with_info(vm, site, failure.reason, bit_syntax::error_info_map(vm.self->heap(), failure.cause));
}

// Three words a segment: type | flags << 8 | unit << 16 | number << 32, value, size (a string: its bytes and their count).
bit_syntax::SegmentType type_of(const Word* row) { return static_cast<bit_syntax::SegmentType>(row[0] & 0xFF); }
bool appends(bit_syntax::SegmentType type) { return type == bit_syntax::SegmentType::Append || type == bit_syntax::SegmentType::PrivateAppend; }

// Without errors, as nearly all are. none(): nothing has changed.
Term create_quick(Interpreter& vm, const Word* row, uint32_t count) {
  constexpr uint32_t kMost = 12;
  bit_syntax::QuickSegment segments[kMost];
  if (count > kMost) return Term::none();
  Term* stack_top = vm.self->heap().stack_top();
  uint64_t bits = 0;
  for (uint32_t i = 0; i < count; ++i, row += 3) {
    bit_syntax::QuickSegment& segment = segments[i];
    segment.type = type_of(row);
    segment.flags = static_cast<uint8_t>(row[0] >> 8);
    segment.unit = static_cast<uint16_t>(row[0] >> 16);
    Term size;
    if (segment.type == bit_syntax::SegmentType::String) {
      segment.string = reinterpret_cast<const uint8_t*>(row[1]);
      segment.bits = row[2] * 8;
    } else {
      segment.value = ir::load(row[1], vm.x, stack_top);
      size = ir::load(row[2], vm.x, stack_top);
    }
    if ((i != 0 && appends(segment.type)) || !bit_syntax::measure(segment, size)) return Term::none();
    bits += segment.bits;
  }
  return bit_syntax::create_quick(*vm.self, {segments, count}, bits);
}

template <uint32_t kInline>
Term create(Interpreter& vm, const Word* row, uint32_t count, bit_syntax::Failure& failure) {
  Term* stack_top = vm.self->heap().stack_top();
  bit_syntax::Segment inline_segments[kInline];   // cleared each time: few where few do
  std::vector<bit_syntax::Segment> many;
  bit_syntax::Segment* segments = inline_segments;
  if (count > kInline) {
    many.resize(count);
    segments = many.data();
  }
  for (uint32_t i = 0; i < count; ++i, row += 3) {
    bit_syntax::Segment& segment = segments[i];
    segment.type = type_of(row);
    segment.flags = (row[0] >> 8) & 0xFF;
    segment.unit = (row[0] >> 16) & 0xFFFF;
    segment.number = static_cast<uint32_t>(row[0] >> 32);
    if (segment.type == bit_syntax::SegmentType::String) {
      segment.string = reinterpret_cast<const uint8_t*>(row[1]);
      segment.string_bytes = row[2];
    } else {
      segment.value = ir::load(row[1], vm.x, stack_top);
      segment.size = ir::load(row[2], vm.x, stack_top);
    }
  }
  return bit_syntax::create(*vm.self, {segments, count}, failure);
}

enum class Style : uint8_t { Init, Append, PrivateAppend };

const Word* start(Interpreter& vm, const Word* ip, Style style, uint32_t unit_bits) {
  const auto& in = ir::at<ir::BitsInit>(ip);
  process::Process& self = *vm.self;
  Term source = ir::load(in.source, vm.x, self.heap().stack_top());
  if (in.live != kUnknownLive && !ensure_room(vm, in.words + kBuildWords, in.live, &source)) return exit_cell();
  Term* stack_top = self.heap().stack_top();
  Term size = ir::load(in.size, vm.x, stack_top);
  bit_syntax::Failure failure;
  Term made;
  switch (style) {
    case Style::Init: made = bit_syntax::init(self, vm.build, size, unit_bits, failure); break;
    case Style::Append: made = bit_syntax::append(self, vm.build, source, size, in.unit, failure); break;
    case Style::PrivateAppend: made = bit_syntax::private_append(self, vm.build, source, size, in.unit, failure); break;
  }
  if (made.is_none()) return failed(vm, ip, in.fail, in.site, failure);
  ir::place(in.destination, vm.x, stack_top) = made;
  return ip + ir::kWords<ir::BitsInit>;
}

}  // namespace

static const Word* create(Interpreter& vm, const Word* ip) {
  const auto& in = ir::at<ir::BitsCreate>(ip);
  const Word* rows = ir::tail<ir::BitsCreate>(ip);
  Term made = create_quick(vm, rows, in.count);
  if (ATH_UNLIKELY(made.is_none())) {
    bit_syntax::Failure failure;
    made = in.count <= 4 ? create<4>(vm, rows, in.count, failure) : create<24>(vm, rows, in.count, failure);
    if (made.is_none()) return failed(vm, ip, in.fail, in.site, failure);
  }
  if (!ensure_room(vm, in.words, in.live, &made)) return exit_cell();
  ir::place(in.destination, vm.x, vm.self->heap().stack_top()) = made;
  return rows + 3 * static_cast<size_t>(in.count);
}

ATH_HANDLER(op_bits_create) { ATH_LEAVE(create(*vm, ip)); }
ATH_HANDLER(op_bits_init_bytes) { ATH_LEAVE(start(*vm, ip, Style::Init, 8)); }
ATH_HANDLER(op_bits_init_bits) { ATH_LEAVE(start(*vm, ip, Style::Init, 1)); }
ATH_HANDLER(op_bits_append) { ATH_LEAVE(start(*vm, ip, Style::Append, 1)); }
ATH_HANDLER(op_bits_private_append) { ATH_LEAVE(start(*vm, ip, Style::PrivateAppend, 1)); }
ATH_HANDLER(op_bits_init_writable) {
  ATH_SYNC();
  x[0] = bit_syntax::init_writable(*vm->self, x[0]);
  ATH_RELOAD();
  ATH_NEXT(AtSite);
}

#define ATH_PUT(name, expression)                                                        \
  ATH_HANDLER(name) {                                                                    \
    const auto& in = ir::at<ir::BitsPut>(ip);                                            \
    Term value = ir::load(in.source, x, stack_top);                                      \
    Term size = ir::load(in.size, x, stack_top);                                         \
    static_cast<void>(value);                                                            \
    static_cast<void>(size);                                                             \
    bit_syntax::Failure failure{};                                                       \
    if (ATH_UNLIKELY(!(expression))) {                                                   \
      if (failure.reason.is_none()) failure.reason = atoms::badarg;                      \
      ATH_LEAVE(failed(*vm, ip, in.fail, in.site, failure));                             \
    }                                                                                    \
    ATH_NEXT(BitsPut);                                                                   \
  }
ATH_PUT(op_bits_put_integer, bit_syntax::put_integer(vm->build, value, size, in.unit, in.flags, failure))
ATH_PUT(op_bits_put_float, bit_syntax::put_float(vm->build, value, size, in.unit, in.flags, failure))
ATH_PUT(op_bits_put_binary, bit_syntax::put_binary(vm->build, value, size, in.unit, failure))
ATH_PUT(op_bits_put_string, bit_syntax::put_string(vm->build, in.bytes, in.unit))
ATH_PUT(op_bits_put_utf8, bit_syntax::put_utf8(vm->build, value, failure))
ATH_PUT(op_bits_put_utf16, bit_syntax::put_utf16(vm->build, value, in.flags, failure))
ATH_PUT(op_bits_put_utf32, bit_syntax::put_utf32(vm->build, value, in.flags, failure))

ATH_HANDLER(op_bits_utf8_size) {
  const auto& in = ir::at<ir::BitsAdd>(ip);
  ir::place(in.destination, x, stack_top) = bit_syntax::utf8_size(ir::load(in.first, x, stack_top));
  ATH_NEXT(BitsAdd);
}
ATH_HANDLER(op_bits_utf16_size) {
  const auto& in = ir::at<ir::BitsAdd>(ip);
  ir::place(in.destination, x, stack_top) = bit_syntax::utf16_size(ir::load(in.first, x, stack_top));
  ATH_NEXT(BitsAdd);
}
ATH_HANDLER(op_bits_add) {
  const auto& in = ir::at<ir::BitsAdd>(ip);
  bit_syntax::Failure failure;
  ATH_SYNC();
  Term sum = bit_syntax::add(vm->self->heap_, ir::load(in.first, x, stack_top), ir::load(in.second, x, stack_top), in.unit, failure);
  if (sum.is_none()) ATH_LEAVE(failed(*vm, ip, in.fail, in.site, failure));
  heap_top = vm->self->heap_.top();
  ir::place(in.destination, x, stack_top) = sum;
  ATH_NEXT(BitsAdd);
}

}  // namespace athanor::engine
