// SPDX-License-Identifier: Apache-2.0
// The verifier's walk: what each instruction does to frame, registers and open catches, and where control goes.
#pragma once

#include "beam/verifier.hpp"
#include "term/atom_table.hpp"

namespace athanor::beam {

// --- labels and functions ---

template <size_t kWords>
const char* Verifier<kWords>::label(uint32_t number, uint32_t offset) {
  if (number == 0 || number >= file_.label_count) return "a label is out of range";
  Label& here = labels_[number];
  const auto function = static_cast<uint32_t>(file_.functions.size());
  if (here.is_placed) return "a label stands twice";
  here.is_placed = true;
  if (expects_entry_) {
    if (here.is_mentioned) return "a jump to another function's entry";
    expects_entry_ = false;
    entries_[number] = function;
    file_.functions.back().entry_label = number;
  }
  if (here.is_mentioned && here.function != function) return "a jump leaves its function";
  here.function = function;
  if (now_.is_reachable) merge(here.state, now_, chains_);
  now_ = here.state;
  if (recent_.empty()) recent_offset_ = offset;
  recent_.push_back(number);
  return nullptr;
}

// Labels directly above func_info are where function_clause is raised: of the new function, with its arguments and no frame.
template <size_t kWords>
const char* Verifier<kWords>::begin_function(const Instruction& i) {
  const Operand* o = i.operands;
  if (now_.is_reachable) return "control runs into the next function";
  if (recent_.empty()) return "a function without a label";
  if (file_.atoms[static_cast<size_t>(o[0].value)] != file_.module) return "a function of another module";
  if (o[2].value > 255) return "a function has too many arguments";
  if (o[2].value > static_cast<int64_t>(Set::kLimit)) return narrow();
  if (Problem problem = end_function()) return problem;
  if (!file_.functions.empty()) file_.functions.back().code_end = recent_offset_;
  FunctionRow row{};
  row.name = file_.atoms[static_cast<size_t>(o[1].value)];
  row.arity = static_cast<uint32_t>(o[2].value);
  row.code_begin = recent_offset_;
  row.code_end = file_.code_bytes;
  file_.functions.push_back(row);
  now_ = State{};
  now_.is_reachable = true;
  now_.x = Set::first(row.arity);
  for (uint32_t number : recent_) {
    if (labels_[number].is_mentioned) return "a jump leaves its function";
    labels_[number].function = static_cast<uint32_t>(file_.functions.size());
    labels_[number].state = now_;
  }
  expects_entry_ = true;
  return nullptr;
}

template <size_t kWords>
const char* Verifier<kWords>::end_function() {
  for (uint32_t number : awaited_) {
    if (!labels_[number].is_placed) return "a label that the function before uses does not stand in it";
  }
  awaited_.clear();
  chains_.clear();
  return nullptr;
}

template <size_t kWords>
const char* Verifier<kWords>::mention(uint32_t number) {
  Label& there = labels_[number];
  const auto function = static_cast<uint32_t>(file_.functions.size());
  if (!there.is_placed && !there.is_mentioned) {
    there.function = function;
    awaited_.push_back(number);
  }
  there.is_mentioned = true;
  return there.function == function ? nullptr : "a jump leaves its function";
}

template <size_t kWords>
const char* Verifier<kWords>::branch(uint32_t number) {
  if (Problem problem = mention(number)) return problem;
  if (!now_.is_reachable) return nullptr;
  Label& there = labels_[number];
  if (!there.is_placed) merge(there.state, now_, chains_);
  else if (!fits(now_, there.state, chains_)) return "a jump back brings less than the way from above";
  return nullptr;
}

template <size_t kWords>
void Verifier<kWords>::forget_x_above() {
  for (uint32_t number : recent_) labels_[number].state.x = {};
}

// --- frames, catches ---

template <size_t kWords>
const char* Verifier<kWords>::allocate(const Gathered& g) {
  if (Problem problem = collect(g.live)) return problem;
  if (!now_.is_reachable) return nullptr;
  if (now_.frame != kNoFrame) return "a frame on top of a frame";
  now_.frame = static_cast<int32_t>(g.slots);
  now_.is_collectable = false;
  now_.y = {};
  return nullptr;
}

template <size_t kWords>
const char* Verifier<kWords>::trim(uint32_t slots, int64_t left) {
  if (!now_.is_reachable) return nullptr;
  if (now_.frame < static_cast<int64_t>(slots) || now_.frame - static_cast<int64_t>(slots) != left) return "more is trimmed than there is";
  if (now_.catches != kNoCatches) return "a frame with open catches is trimmed";
  now_.frame -= static_cast<int32_t>(slots);
  now_.y.shift_down(slots);
  return nullptr;
}

// The handler finds class, reason and trace in x registers and the frame as it is here.
template <size_t kWords>
const char* Verifier<kWords>::open_catch(const Operand& y, uint32_t handler) {
  if (!now_.is_reachable) return mention(handler);
  if (now_.frame < 0 || now_.catches == kMixedCatches) return "a catch without a frame";
  if (Problem problem = write(y)) return problem;
  now_.catches = chains_.opened(now_.catches, static_cast<uint32_t>(y.value));
  const Set x = now_.x;
  const bool has_mark = now_.has_mark;
  now_.x = Set::first(4);
  now_.has_mark = true;
  Problem problem = branch(handler);
  now_.x = x;
  now_.has_mark = has_mark;
  return problem;
}

template <size_t kWords>
const char* Verifier<kWords>::close_catch(const Operand& y, uint32_t registers_after) {
  if (!now_.is_reachable) return nullptr;
  // catch_end finds a value in x0, or the mark; try_case the mark, or it ends the process: the compiler lets ways that never come lead to it.
  if (registers_after != 0 && !now_.x.has(0)) return "the end of a catch without a value";
  if (now_.catches == kNoCatches || now_.catches == kMixedCatches || chains_.innermost(now_.catches) != static_cast<uint64_t>(y.value)) return "a catch is closed out of turn";
  now_.catches = chains_.closed(now_.catches);
  if (registers_after != 0) {
    now_.x = Set::first(registers_after);
    now_.has_mark = false;
  }
  return nullptr;
}

// --- calls ---

template <size_t kWords>
const char* Verifier<kWords>::call(int64_t arity, bool needs_frame) {
  if (arity > 256) return "a call has too many arguments";
  if (Problem problem = collect(arity)) return problem;
  if (!now_.is_reachable) return nullptr;
  exposes_message();
  if (needs_frame && now_.frame < 0) return "a call without a frame";
  now_.x = Set::first(1);
  return nullptr;
}

template <size_t kWords>
const char* Verifier<kWords>::leave(int64_t arity, int32_t frame) {
  if (arity > 256) return "a call has too many arguments";
  if (Problem problem = collect(arity)) return problem;
  if (!now_.is_reachable) return nullptr;
  exposes_message();
  if (now_.frame != frame) return "a function is left with a frame of another size";
  if (now_.catches != kNoCatches) return "a function is left with open catches";
  return stop();
}

// Between loop_rec and remove_message the compiler calls nothing and leaves the receive cursor alone, so that the collector finds the
// message there. Code by hand (prim_eval) may do otherwise: its messages become part of the heap when they are looked at.
template <size_t kWords>
void Verifier<kWords>::exposes_message() {
  if (now_.is_reachable && now_.is_matching && !file_.functions.empty()) file_.functions.back().keeps_messages = true;
}

// The compiler calls these without a frame and shares the calls between ways with different frames: control never comes back.
template <size_t kWords>
bool Verifier<kWords>::never_returns(const Operand& import) const {
  const ImportRow& row = file_.imports[static_cast<size_t>(import.value)];
  if (row.module != atoms::erlang) return false;
  if (row.function == atoms::error) return row.arity >= 1 && row.arity <= 3;
  if (row.function == atoms::exit || row.function == atoms::throw_) return row.arity == 1;
  return row.function == atoms::nif_error && (row.arity == 1 || row.arity == 2);
}

template <size_t kWords>
const char* Verifier<kWords>::call_import(const Instruction& i, const Gathered& g) {
  const int64_t arity = i.operands[0].value;
  if (file_.imports[static_cast<size_t>(g.import->value)].arity != arity) return "a call with another number of arguments than the import";
  if (never_returns(*g.import)) {
    if (now_.is_reachable && (!now_.x.has_first(static_cast<uint32_t>(arity)) || (arity > 0 && now_.has_mark))) return "a live x register holds no term";
    return stop();
  }
  switch (static_cast<Opcode>(i.opcode)) {
    case Opcode::call_ext_last: return leave(arity, static_cast<int32_t>(g.slots));
    case Opcode::call_ext_only: return leave(arity, kNoFrame);
    default: return call(arity, true);
  }
}

// A guard built-in: linked when the module is (code/), by the import's name.
template <size_t kWords>
const char* Verifier<kWords>::native(const Gathered& g, uint32_t arity) {
  const auto import = static_cast<size_t>(g.import->value);
  if (file_.imports[import].arity != arity) return "a built-in with another number of arguments than the import";
  file_.guard_imports[import] = 1;
  // Where the compiler knows that a guard built-in cannot fail, what it would have written may be read behind its label too. Slots of a
  // frame start as nil, so there is something to read.
  for (uint32_t n = 0; g.label != 0 && now_.is_reachable && n < g.destination_count; ++n) {
    const auto number = static_cast<uint64_t>(g.destinations[n]->value);
    if (g.destinations[n]->kind == OperandKind::Y && now_.frame >= 0 && number < static_cast<uint64_t>(now_.frame) && number < Set::kLimit) {
      now_.y.add(static_cast<uint32_t>(number));
    }
  }
  return apply(g);
}

// --- one instruction ---

template <size_t kWords>
const char* Verifier<kWords>::flow(const Instruction& i, const Gathered& g) {
  const Operand* o = i.operands;
  switch (static_cast<Opcode>(i.opcode)) {
    case Opcode::label: return label(static_cast<uint32_t>(o[0].value), i.offset);
    case Opcode::func_info: return begin_function(i);
    case Opcode::int_code_end:
      if (now_.is_reachable) return "control runs over the end";
      is_ended_ = true;
      if (!file_.functions.empty()) file_.functions.back().code_end = i.offset;
      return end_function();
    case Opcode::line: return static_cast<size_t>(o[0].value) < file_.lines.size() || file_.lines.size() == 1 ? nullptr : "a line item is out of range";
    case Opcode::on_load:
      if (file_.functions.empty() || file_.functions.back().arity != 0) return "on_load outside a function without arguments";
      file_.on_load_label = file_.functions.back().entry_label;
      return nullptr;
    case Opcode::nif_start: file_.has_nifs = true; return nullptr;

    case Opcode::allocate:
    case Opcode::allocate_heap: return allocate(g);
    case Opcode::allocate_zero:
    case Opcode::allocate_heap_zero:
      if (Problem problem = allocate(g)) return problem;
      now_.y = Set::first(g.slots);
      return nullptr;
    case Opcode::deallocate:
      if (!now_.is_reachable) return nullptr;
      if (now_.frame != static_cast<int32_t>(g.slots)) return "a frame of another size is given up";
      if (now_.catches != kNoCatches) return "a frame with open catches is given up";
      now_.frame = kNoFrame;
      now_.is_collectable = false;
      now_.y = {};
      return nullptr;
    case Opcode::trim: return trim(g.slots, o[1].value);
    case Opcode::init: return write(o[0]);
    case Opcode::init_yregs:
      for (uint32_t n = 0; n < g.list->count; ++n) {
        const Operand& y = i.list[static_cast<size_t>(g.list->value) + n];
        if (y.kind != OperandKind::Y) return "an operand is no y register";
        if (Problem problem = write(y)) return problem;
      }
      return nullptr;

    case Opcode::call:
      calls_.push_back({g.label, static_cast<uint32_t>(o[0].value)});
      return call(o[0].value, true);
    case Opcode::call_last:
      calls_.push_back({g.label, static_cast<uint32_t>(o[0].value)});
      return leave(o[0].value, static_cast<int32_t>(g.slots));
    case Opcode::call_only:
      calls_.push_back({g.label, static_cast<uint32_t>(o[0].value)});
      return leave(o[0].value, kNoFrame);
    case Opcode::call_ext:
    case Opcode::call_ext_last:
    case Opcode::call_ext_only: return call_import(i, g);
    case Opcode::call_fun: return o[0].value > 255 ? "a call has too many arguments" : call(o[0].value + 1, true);
    case Opcode::call_fun2: return o[1].value > 255 ? "a call has too many arguments" : call(o[1].value, true);
    case Opcode::apply: return o[0].value > 254 ? "a call has too many arguments" : call(o[0].value + 2, true);
    case Opcode::apply_last: return o[0].value > 254 ? "a call has too many arguments" : leave(o[0].value + 2, static_cast<int32_t>(g.slots));
    case Opcode::return_: return leave(1, kNoFrame);
    case Opcode::send: return call(2, true);
    case Opcode::make_fun2: return call(file_.lambdas[static_cast<size_t>(g.lambda->value)].num_free, false);
    case Opcode::make_fun3:
      if (g.list->count != file_.lambdas[static_cast<size_t>(g.lambda->value)].num_free) return "a fun's environment has another size than its row says";
      if (Problem problem = read_list(i, *g.list)) return problem;
      return apply(g);
    case Opcode::bs_init_writable: return call(1, false);
    case Opcode::build_stacktrace: return call(1, false);
    case Opcode::raw_raise: return call(3, false);      // an unknown class: control goes on with badarg in x0

    case Opcode::jump:
      if (Problem problem = branch(g.label)) return problem;
      return stop();
    case Opcode::select_val:
    case Opcode::select_tuple_arity:
      if (Problem problem = branch(g.label)) return problem;
      if (Problem problem = select(i, *g.list, static_cast<Opcode>(i.opcode) == Opcode::select_tuple_arity)) return problem;
      return stop();
    case Opcode::badmatch:
    case Opcode::if_end:
    case Opcode::case_end:
    case Opcode::try_case_end:
    case Opcode::badrecord:
    case Opcode::raise: return stop();

    case Opcode::catch_:
    case Opcode::try_: return open_catch(o[0], g.label);
    case Opcode::catch_end: return close_catch(o[0], 1);
    case Opcode::try_end: return close_catch(o[0], 0);
    case Opcode::try_case: return close_catch(o[0], 3);

    // A process that waits keeps no x register, so neither do the places where it wakes up.
    case Opcode::loop_rec:
      if (o[1].kind != OperandKind::X || o[1].value != 0) return "a message goes to x0 only";
      forget_x_above();
      exposes_message();
      if (Problem problem = collect(0)) return problem;
      if (Problem problem = apply(g)) return problem;
      now_.is_matching = true;
      return nullptr;
    case Opcode::remove_message:
      now_.is_matching = now_.has_parts = false;   // the message is ours
      return nullptr;
    case Opcode::timeout:
    case Opcode::recv_marker_use:
      exposes_message();
      return apply(g);
    case Opcode::loop_rec_end:
      if (now_.has_parts) exposes_message();
      now_.is_matching = now_.has_parts = false;
      if (Problem problem = collect(0)) return problem;
      if (Problem problem = branch(g.label)) return problem;
      return stop();
    case Opcode::wait:
      forget_x_above();
      exposes_message();
      if (Problem problem = collect(0)) return problem;
      if (Problem problem = branch(g.label)) return problem;
      return stop();
    case Opcode::wait_timeout:
      forget_x_above();
      exposes_message();
      if (Problem problem = collect(0)) return problem;
      return branch(g.label);
    case Opcode::recv_mark:
    case Opcode::recv_set:
      exposes_message();
      return g.label != 0 ? mention(g.label) : nullptr;

    case Opcode::swap:
      if (Problem problem = read(o[0])) return problem;
      if (Problem problem = read(o[1])) return problem;
      return apply(g);
    case Opcode::put_map_assoc:
    case Opcode::put_map_exact:
      if (g.list->count % 2 != 0) return "a list of map elements is malformed";
      if (Problem problem = read_list(i, *g.list)) return problem;
      return apply(g);
    case Opcode::put_tuple2:
    case Opcode::has_map_fields:
      if (Problem problem = read_list(i, *g.list)) return problem;
      return apply(g);
    case Opcode::get_map_elements:
      if (Problem problem = map_elements(i, *g.list)) return problem;
      if (Problem problem = apply(g)) return problem;
      for (uint32_t n = 1; n < g.list->count; n += 2) {
        if (Problem problem = write(i.list[static_cast<size_t>(g.list->value) + n])) return problem;
      }
      return nullptr;
    case Opcode::bs_create_bin:
      if (Problem problem = segments(i, *g.list)) return problem;
      return apply(g);
    case Opcode::bs_put_string:
      if (o[0].value > (1 << 28)) return "a string leaves its table";
      return strings(o[1].value, o[0].value * 8);
    case Opcode::bs_match_string:
      if (Problem problem = strings(o[3].value, o[2].value)) return problem;
      return apply(g);

    case Opcode::bif0: return native(g, 0);
    case Opcode::bif1:
    case Opcode::gc_bif1: return native(g, 1);
    case Opcode::bif2:
    case Opcode::gc_bif2: return native(g, 2);
    case Opcode::gc_bif3: return native(g, 3);
    default: return apply(g);
  }
}

// Calls, exports and funs name entries of the right arity; all functions are there.
template <size_t kWords>
const char* Verifier<kWords>::references() {
  auto is_entry = [&](uint32_t label, uint32_t arity) {
    const uint32_t function = label < file_.label_count ? entries_[label] : 0;
    return function != 0 && file_.functions[function - 1].arity == arity;
  };
  for (const Call& call : calls_) {
    if (!is_entry(call.label, call.arity)) return "a call goes to no function of its arity";
  }
  for (const ExportRow& row : file_.exports) {
    if (!is_entry(row.label, row.arity)) return "an export is no function";
  }
  for (const LambdaRow& row : file_.lambdas) {
    if (!is_entry(row.label, row.arity)) return "a fun is no function";
  }
  return file_.functions.size() == file_.function_count ? nullptr : "the number of functions is wrong";
}

}  // namespace athanor::beam
