// SPDX-License-Identifier: Apache-2.0
// The linear check of a module's code: all that needs no types. What it lets through cannot make the lowering or the engine
// leave their tables; types are checked where they are used.
#include <string>

#include "beam/beam_file.hpp"
#include "beam/opcodes.hpp"
#include "term/atom_table.hpp"

namespace athanor::beam {
namespace {

using base::Error;
using base::Result;

constexpr int64_t kMaxX = 1023, kMaxFloatRegister = 1023, kMaxFrame = 1023;

class Verifier {
 public:
  explicit Verifier(BeamFile& file) : file_(file), labels_(file.label_count, kUnseen), frames_(file.label_count, kUnknown) {}

  const char* run() {
    Decoder decoder(file_);
    Instruction i;
    bool ended = false;
    while (decoder.next(i)) {
      if (ended) return "code behind int_code_end";
      if (const char* problem = shapes(i)) return problem;
      if (const char* problem = structure(i)) return problem;
      if (const char* problem = frame(i)) return problem;
      ended = i.opcode == static_cast<uint32_t>(Opcode::int_code_end);
    }
    if (decoder.error()) return decoder.error();
    if (!ended) return "the code has no end";
    return references();
  }
  uint32_t at() const { return at_; }

 private:
  static constexpr uint32_t kUnseen = UINT32_MAX;
  // Slots of the frame where control is; below zero: none, not known yet, differing on two ways in, never reached.
  static constexpr int kNoFrame = -1, kUnknown = -2, kUnreachable = -3;
  // Ways with frames of different sizes meet: only the slots that all of them have may be read, and the frame cannot be given up.
  static constexpr int kUndecided = -1000;   // minus the smallest size
  static bool is_undecided(int frame) { return frame <= kUndecided; }
  static int slots_of(int frame) { return frame >= 0 ? frame : is_undecided(frame) ? kUndecided - frame : 0; }
  static int merged(int a, int b) {
    if (a == b) return a;
    int smaller = slots_of(a) < slots_of(b) ? slots_of(a) : slots_of(b);
    return kUndecided - smaller;
  }

  bool is_register(const Operand& o) {
    if (o.kind == OperandKind::X) return o.value <= kMaxX;
    if (o.kind != OperandKind::Y) return false;
    return o.value <= kMaxFrame && (frame_ == kUnreachable || o.value < slots_of(frame_));
  }
  bool is_source(const Operand& o) {
    switch (o.kind) {
      case OperandKind::X:
      case OperandKind::Y: return is_register(o);
      case OperandKind::Atom: return static_cast<size_t>(o.value) < file_.atoms.size();
      case OperandKind::Literal: return static_cast<size_t>(o.value) < file_.literals.size();
      case OperandKind::Integer:
      case OperandKind::BigInteger:
      case OperandKind::Nil:
      case OperandKind::Unsigned: return true;
      case OperandKind::FloatRegister: return o.value <= kMaxFloatRegister;
      default: return false;
    }
  }
  bool is_label(const Operand& o) { return o.kind == OperandKind::Label && o.value < file_.label_count; }

  // Operand kinds and indices against the row's letters.
  const char* shapes(const Instruction& i) {
    at_ = i.offset;
    auto opcode = static_cast<Opcode>(i.opcode);
    is_call_ = opcode == Opcode::call || opcode == Opcode::call_only || opcode == Opcode::call_last;
    const OpcodeInfo* info = opcode_info(i.opcode);
    for (uint32_t n = 0; n < i.operand_count; ++n) {
      const Operand& o = i.operands[n];
      bool good = false;
      switch (info->operands[n]) {
        case 'u': good = o.kind == OperandKind::Unsigned; break;
        case 't': good = o.kind == OperandKind::Unsigned || o.kind == OperandKind::AllocList; break;
        case 's': good = is_source(o); break;
        case 'd': good = is_register(o); break;
        case 'y': good = o.kind == OperandKind::Y && is_register(o); break;
        case 'f': good = is_label(o) && (o.value == 0 || note_use(o.value)); break;
        case 'a': good = (o.kind == OperandKind::Atom && static_cast<size_t>(o.value) < file_.atoms.size()) || o.kind == OperandKind::Nil; break;
        case 'i': good = o.kind == OperandKind::Unsigned && static_cast<size_t>(o.value) < file_.imports.size(); break;
        case 'l': good = o.kind == OperandKind::Unsigned && static_cast<size_t>(o.value) < file_.lambdas.size(); break;
        case 'r': good = o.kind == OperandKind::FloatRegister && o.value <= kMaxFloatRegister; break;
        case 'S': good = o.kind == OperandKind::Unsigned; break;
        case 'g': good = (is_label(o) && (o.value == 0 || note_use(o.value))) || (o.kind == OperandKind::Atom && static_cast<size_t>(o.value) < file_.atoms.size()) || o.kind == OperandKind::Unsigned; break;
        case 'L': good = o.kind == OperandKind::List && list_elements(i, o); break;
        default: break;
      }
      if (!good) return "an operand does not fit its instruction";
    }
    return nullptr;
  }

  bool list_elements(const Instruction& i, const Operand& o) {
    for (uint32_t n = 0; n < o.count; ++n) {
      const Operand& element = i.list[static_cast<size_t>(o.value) + n];
      if (element.kind == OperandKind::Label ? !(is_label(element) && (element.value == 0 || note_use(element.value))) : !is_source(element)) return false;
    }
    return true;
  }

  // The way to a label brings its frame along; two ways that differ leave it undecided.
  bool note_frame(uint32_t label) {
    if (frame_ == kUnreachable) return true;
    int& known = frames_[label];
    if (labels_[label] != kUnseen) return known == frame_ || (is_undecided(known) && slots_of(known) <= slots_of(frame_));   // backwards
    if (known == kUnknown) known = frame_;
    else known = merged(known, frame_);
    return true;
  }

  bool note_use(int64_t label) {
    if (!is_call_ && !note_frame(static_cast<uint32_t>(label))) return false;
    uses_.push_back({static_cast<uint32_t>(label), static_cast<uint32_t>(file_.functions.size())});
    return true;
  }

  // Frames come and go in order; what leaves a function has none.
  const char* frame(const Instruction& i) {
    const Operand* o = i.operands;
    auto slots = [](const Operand& operand) { return static_cast<int>(operand.value); };
    switch (static_cast<Opcode>(i.opcode)) {
      case Opcode::func_info: frame_ = kUnreachable; return nullptr;
      case Opcode::label: {
        int& known = frames_[static_cast<size_t>(o[0].value)];
        bool entry = file_.functions.empty() ? false : file_.functions.back().entry_label == static_cast<uint32_t>(o[0].value);
        if (entry) frame_ = kNoFrame;
        else if (frame_ == kUnreachable) frame_ = known == kUnknown ? kUnreachable : known;
        else if (known != kUnknown) frame_ = merged(known, frame_);
        known = frame_;
        return nullptr;
      }
      case Opcode::allocate:
      case Opcode::allocate_heap:
      case Opcode::allocate_zero:
      case Opcode::allocate_heap_zero:
        if (frame_ != kNoFrame && frame_ != kUnreachable) return "a frame on top of a frame";
        if (frame_ != kUnreachable) frame_ = slots(o[0]);
        return nullptr;
      case Opcode::deallocate:
        if (frame_ != slots(o[0]) && frame_ != kUnreachable) return "a frame of another size is given up";
        if (frame_ != kUnreachable) frame_ = kNoFrame;
        return nullptr;
      case Opcode::trim:
        if (frame_ == kUnreachable) return nullptr;
        if (frame_ < slots(o[0])) return "more is trimmed than there is";
        frame_ -= slots(o[0]);
        return nullptr;
      case Opcode::call_last: return leave(frame_ == slots(o[2]));
      case Opcode::call_ext_last: return leave(frame_ == slots(o[2]) || never_returns(o[1]));
      case Opcode::apply_last: return leave(frame_ == slots(o[1]));
      case Opcode::call_only: return leave(frame_ == kNoFrame);
      case Opcode::call_ext_only: return leave(frame_ == kNoFrame || never_returns(o[1]));
      case Opcode::return_: return leave(frame_ == kNoFrame);
      case Opcode::jump:
      case Opcode::select_val:
      case Opcode::select_tuple_arity:
      case Opcode::badmatch:
      case Opcode::if_end:
      case Opcode::case_end:
      case Opcode::try_case_end:
      case Opcode::badrecord:
      case Opcode::raise:
      case Opcode::loop_rec_end:
      case Opcode::wait: frame_ = kUnreachable; return nullptr;
      case Opcode::call:
      case Opcode::call_fun:
      case Opcode::call_fun2:
      case Opcode::apply: return frame_ < 0 && frame_ != kUnreachable ? "a call without a frame" : nullptr;
      default: return nullptr;
    }
  }
  // The compiler shares calls of erlang:error/1 and its kin between ways with different frames: none of them is ever given up.
  bool never_returns(const Operand& import) const {
    const ImportRow& row = file_.imports[static_cast<size_t>(import.value)];
    return row.module == atoms::erlang && (row.function == atoms::error || row.function == atoms::exit || row.function == atoms::throw_ || row.function == atoms::nif_error);
  }
  const char* leave(bool good) {
    bool unreachable = frame_ == kUnreachable;
    frame_ = kUnreachable;
    return good || unreachable ? nullptr : "a function is left with a frame of another size";
  }

  bool live_fits(const Operand& o) { return o.value <= kMaxX + 1; }

  // Labels, functions, and what an opcode's own numbers may be.
  const char* structure(const Instruction& i) {
    const Operand* o = i.operands;
    switch (static_cast<Opcode>(i.opcode)) {
      case Opcode::label: {
        if (o[0].value == 0 || o[0].value >= file_.label_count) return "a label is out of range";
        uint32_t& place = labels_[static_cast<size_t>(o[0].value)];
        if (place != kUnseen) return "a label stands twice";
        place = static_cast<uint32_t>(file_.functions.size());
        if (expect_entry_) {
          expect_entry_ = false;
          file_.functions.back().entry_label = static_cast<uint32_t>(o[0].value);
        } else {
          last_label_offset_ = i.offset;
          pending_label_ = static_cast<uint32_t>(o[0].value);
        }
        return nullptr;
      }
      case Opcode::func_info: {
        if (o[0].kind != OperandKind::Atom || file_.atoms[static_cast<size_t>(o[0].value)] != file_.module) return "a function of another module";
        if (o[1].kind != OperandKind::Atom || o[2].value > 255) return "a function's name or arity is malformed";
        if (pending_label_ == 0) return "a function without a label";
        if (!file_.functions.empty()) file_.functions.back().code_end = last_label_offset_;
        // The label in front belongs to this function: it is where function_clause is raised.
        labels_[pending_label_] = static_cast<uint32_t>(file_.functions.size()) + 1;
        frames_[pending_label_] = kUndecided;   // raising needs no frame of any size
        FunctionRow row{};
        row.name = file_.atoms[static_cast<size_t>(o[1].value)];
        row.arity = static_cast<uint32_t>(o[2].value);
        row.code_begin = last_label_offset_;
        row.code_end = file_.code_bytes;
        file_.functions.push_back(row);
        expect_entry_ = true;
        pending_label_ = 0;
        return nullptr;
      }
      case Opcode::int_code_end:
        if (expect_entry_) return "a function without an entry";
        if (!file_.functions.empty()) file_.functions.back().code_end = i.offset;
        return nullptr;
      case Opcode::line:
        if (static_cast<size_t>(o[0].value) >= file_.lines.size() && file_.lines.size() > 1) return "a line item is out of range";
        return nullptr;
      case Opcode::on_load:
        if (file_.functions.empty()) return "on_load outside a function";
        file_.on_load_label = file_.functions.back().entry_label;
        return nullptr;
      case Opcode::nif_start: file_.has_nifs = true; return nullptr;
      case Opcode::allocate:
      case Opcode::allocate_zero: return allocation(o[0], o[1]);
      case Opcode::allocate_heap:
      case Opcode::allocate_heap_zero: return allocation(o[0], o[2]);
      case Opcode::test_heap: return live_fits(o[1]) ? nullptr : "a live count is out of range";
      case Opcode::deallocate:
      case Opcode::trim: return o[0].value <= kMaxFrame + 1 ? nullptr : "a frame is too large";
      case Opcode::call:
      case Opcode::call_only:
      case Opcode::call_last:
      case Opcode::call_ext:
      case Opcode::call_ext_only:
      case Opcode::call_ext_last:
      case Opcode::call_fun:
      case Opcode::apply:
      case Opcode::apply_last: return o[0].value <= 255 ? nullptr : "a call has too many arguments";
      case Opcode::call_fun2: return o[1].value <= 255 ? nullptr : "a call has too many arguments";
      case Opcode::bs_put_string: return string_fits(o[1].value, (o[0].value + 0) * 8);
      case Opcode::bs_match_string: return string_fits(o[3].value, o[2].value);
      default: return nullptr;
    }
  }
  const char* allocation(const Operand& slots, const Operand& live) {
    if (slots.kind != OperandKind::Unsigned || slots.value > kMaxFrame + 1) return "a frame is too large";
    return live_fits(live) ? nullptr : "a live count is out of range";
  }
  const char* string_fits(int64_t offset, int64_t bits) {
    auto size = static_cast<int64_t>(file_.strings.size());
    return offset <= size && (bits + 7) / 8 <= size - offset ? nullptr : "a string leaves its table";
  }

  // Every label used exists, and inner ones in the same function; exports and funs name entries.
  const char* references() {
    for (auto [label, function] : uses_) {
      uint32_t owner = labels_[label];
      if (owner == kUnseen) return "a label that does not exist is used";
      bool same = owner == function;
      bool entry = owner > 0 && owner <= file_.functions.size() && file_.functions[owner - 1].entry_label == label;
      if (!same && !entry) return "a jump leaves its function";
    }
    auto is_entry = [&](uint32_t label, uint32_t arity) {
      uint32_t owner = labels_[label];
      return owner != kUnseen && owner > 0 && file_.functions[owner - 1].entry_label == label && file_.functions[owner - 1].arity == arity;
    };
    for (const ExportRow& row : file_.exports) {
      if (!is_entry(row.label, row.arity)) return "an export is no function";
    }
    for (const LambdaRow& row : file_.lambdas) {
      if (!is_entry(row.label, row.arity)) return "a fun is no function";
    }
    if (file_.functions.size() != file_.function_count) return "the number of functions is wrong";
    return nullptr;
  }

  struct Use { uint32_t label, function; };
  BeamFile& file_;
  std::vector<uint32_t> labels_;   // number of the function that holds the label, from 1; kUnseen
  std::vector<int> frames_;        // a label each, as ways to it brought it
  std::vector<Use> uses_;
  int frame_ = kUnreachable;
  bool is_call_ = false;
  uint32_t at_ = 0;
  uint32_t pending_label_ = 0, last_label_offset_ = 0;
  bool expect_entry_ = false;
};

}  // namespace

Result<bool> verify(BeamFile& file) {
  file.functions.clear();
  file.functions.reserve(file.function_count);
  Verifier verifier(file);
  if (const char* problem = verifier.run()) return Error{std::string(problem) + " (code offset " + std::to_string(verifier.at()) + ")"};
  return true;
}

}  // namespace athanor::beam
