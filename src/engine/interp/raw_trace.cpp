// SPDX-License-Identifier: Apache-2.0
#include "engine/interp/raw_trace.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "code/code_server.hpp"
#include "engine/interp/exceptions.hpp"
#include "process/runtime.hpp"
#include "term/atom_table.hpp"

namespace athanor::engine {

using process::Class;

void Frames::add_place(const CallSite* site, uint32_t line_item) {
  if (!site->function) return;
  add(TraceFrame{site->function->mfa, line_item, site->function->code ? site->function->code->generation : 0});
}

void Frames::scan(const Term* from, const Term* end, const Word* previous) {
  for (const Term* p = from; p < end && count_ < limit_; ++p) {
    if (!is_address(*p)) continue;
    const auto* address = reinterpret_cast<const Word*>(p->raw);
    const CallSite* site = call_site(address);
    // A call returns to the interpreter or to native code; its site is the same.
    const bool is_same = previous && (address == previous || (site && site->function && site == call_site(previous)));
    previous = address;
    if (is_same || !site) continue;
    const bool goes_on_behind = std::exchange(is_return_of_native_, false) && site->line_behind != 0;
    add_place(site, goes_on_behind ? site->line_behind : site->line_item);
  }
}

Term class_atom(Class klass) {
  return klass == Class::Error ? atoms::error : klass == Class::Exit ? atoms::exit : atoms::throw_;
}

bool class_of_atom(Term atom, Class& klass) {
  if (atom == atoms::error) klass = Class::Error;
  else if (atom == atoms::exit) klass = Class::Exit;
  else if (atom == atoms::throw_) klass = Class::Throw;
  else return false;
  return true;
}

namespace {
constexpr size_t kFixed = 4;   // elements before the frames
constexpr uint64_t kArityBits = 8, kLineBits = 24;
}  // namespace

Term make_raw_trace(Allocator& to, int64_t flags, Class klass, Term arguments, Term error_info, const Frames* frames) {
  size_t count = frames ? frames->count() : 0;
  size_t arity = kFixed + 3 * count;
  Term* place = to.allocate(arity + 1);
  place[0].raw = tuple_header(arity);
  place[1] = Term::small(flags);
  place[2] = class_atom(klass);
  place[3] = arguments;
  place[4] = error_info;
  Term* at = place + 5;
  for (size_t i = 0; i < count; ++i) {
    const TraceFrame& frame = (*frames)[static_cast<uint32_t>(i)];
    *at++ = frame.mfa.module;
    *at++ = frame.mfa.function;
    uint64_t line = frame.line_item < (1u << kLineBits) ? frame.line_item : 0;
    *at++ = Term::small(static_cast<int64_t>(frame.mfa.arity | line << kArityBits | (frame.generation & 0x7FFFFFF) << (kArityBits + kLineBits)));
  }
  return Term::boxed(place);
}

namespace {

bool is_raw_trace(Term t) {
  if (!is_tuple(t)) return false;
  size_t arity = tuple_arity(t);
  return arity >= kFixed && (arity - kFixed) % 3 == 0 && tuple_element(t, 0).is_small() && tuple_element(t, 1).is_atom();
}

Term text_list(Allocator& to, std::string_view text) {
  Term list = Term::nil();
  for (size_t i = text.size(); i-- > 0;) list = make_cons(to.allocate(2), Term::small(static_cast<uint8_t>(text[i])), list);
  return list;
}

// Names of files are UTF-8; one that is not is taken byte by byte.
Term file_name(Allocator& to, std::string_view text) {
  std::u32string characters;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    const size_t more = lead < 0x80 ? 0 : lead >= 0xC2 && lead < 0xE0 ? 1 : lead >= 0xE0 && lead < 0xF0 ? 2 : lead >= 0xF0 && lead < 0xF5 ? 3 : text.size();
    if (i + more >= text.size()) return text_list(to, text);
    char32_t character = more == 0 ? lead : lead & (0x3Fu >> more);
    for (size_t k = 1; k <= more; ++k) {
      const auto byte = static_cast<uint8_t>(text[i + k]);
      if ((byte & 0xC0) != 0x80) return text_list(to, text);
      character = character << 6 | (byte & 0x3Fu);
    }
    characters.push_back(character);
    i += more + 1;
  }
  Term list = Term::nil();
  for (size_t i = characters.size(); i-- > 0;) list = make_cons(to.allocate(2), Term::small(characters[i]), list);
  return list;
}

Term pair(Allocator& to, Term first, Term second) {
  Term* place = to.allocate(3);
  place[0].raw = tuple_header(2);
  place[1] = first;
  place[2] = second;
  return Term::boxed(place);
}

const code::ModuleCode* generation_of(process::Runtime& runtime, Term module, uint64_t generation) {
  if (generation == 0 || !runtime.code) return nullptr;
  code::Module* found = runtime.code->find_module(module);
  if (!found) return nullptr;
  for (const code::ModuleCode* code : {found->current.load(std::memory_order_acquire), found->old.load(std::memory_order_acquire)}) {
    if (code && (code->generation & 0x7FFFFFF) == generation) return code;
  }
  return nullptr;
}

// [{file, F}, {line, L} | tail], or the tail alone where the place is unknown.
Term location(process::Runtime& runtime, Allocator& to, Term module, uint64_t line_item, uint64_t generation, Term tail) {
  const code::ModuleCode* code = generation_of(runtime, module, generation);
  if (!code || line_item == 0 || line_item >= code->file->lines.size()) return tail;
  if (runtime.code->is_preloaded(module)) return tail;   // OTP: the emulator's own modules are built without lines
  const beam::LineItem& item = code->file->lines[line_item];
  if (item.line == 0 || item.line >= (1u << 24) - 1 || item.file >= 255) return tail;   // OTP: what does not fit 32 bits has no place
  Term file;
  // OTP: an empty name, as of modules compiled from forms, stands for the module's.
  if (item.file == 0 || item.file >= code->file->line_files.size() || code->file->line_files[item.file].empty()) {
    file = text_list(to, std::string(atom_text(module)) + ".erl");
  } else {
    file = file_name(to, code->file->line_files[item.file]);
  }
  Term line = pair(to, atoms::line, Term::small(item.line));
  return make_cons(to.allocate(2), pair(to, atoms::file, file), make_cons(to.allocate(2), line, tail));
}

Term make_item(Allocator& to, Term module, Term function, Term arity_or_arguments, Term place) {
  Term* item = to.allocate(5);
  item[0].raw = tuple_header(4);
  item[1] = module;
  item[2] = function;
  item[3] = arity_or_arguments;
  item[4] = place;
  return Term::boxed(item);
}

}  // namespace

Term build_stacktrace(process::Process& self, Allocator& to, Term raw) {
  if (!is_raw_trace(raw)) return raw.is_list() ? raw : Term::nil();
  int64_t flags = tuple_element(raw, 0).small_value();
  Term arguments = tuple_element(raw, 2);
  if (flags & kTraceGiven) return arguments.is_list() ? arguments : Term::nil();
  Term error_info = tuple_element(raw, 3);
  size_t count = (tuple_arity(raw) - kFixed) / 3;
  Term list = Term::nil();
  for (size_t i = count; i-- > 0;) {
    Term module = tuple_element(raw, kFixed + 3 * i), function = tuple_element(raw, kFixed + 3 * i + 1), packed = tuple_element(raw, kFixed + 3 * i + 2);
    if (!module.is_atom() || !function.is_atom() || !packed.is_small()) continue;
    auto bits = static_cast<uint64_t>(packed.small_value());
    bool is_first = i == 0 && !(flags & kFirstItemGiven);
    Term tail = is_first && error_info.is_list() ? error_info : Term::nil();
    Term place = location(self.runtime(), to, module, (bits >> kArityBits) & ((1u << kLineBits) - 1), (bits >> (kArityBits + kLineBits)) & 0x7FFFFFF, tail);
    Term third = is_first && arguments.is_list() ? arguments : Term::small(static_cast<int64_t>(bits & 0xFF));
    list = make_cons(to.allocate(2), make_item(to, module, function, third, place), list);
  }
  if (flags & kFirstItemGiven) list = make_cons(to.allocate(2), arguments, list);
  return list;
}

Class class_of_trace(Term raw) {
  Class klass = Class::Error;
  if (is_raw_trace(raw)) class_of_atom(tuple_element(raw, 1), klass);
  return klass;
}

// The same trace under another class.
Term passed_on(Allocator& to, Term raw) {
  if (!is_raw_trace(raw) || (tuple_element(raw, 0).small_value() & kFunctionClause) == 0 || tuple_arity(raw) == kFixed) return raw;
  const size_t words = tuple_arity(raw) + 1;
  Term* place = to.allocate(words);
  std::copy_n(raw.pointer(), words, place);
  Term& arity_and_place = place[1 + kFixed + 2];
  if (arity_and_place.is_small()) arity_and_place = Term::small(arity_and_place.small_value() & ((1 << kArityBits) - 1));
  return Term::boxed(place);
}

Term with_class(Allocator& to, Term raw, Class klass) {
  if (!is_raw_trace(raw) || tuple_element(raw, 1) == class_atom(klass)) return raw;
  size_t words = tuple_arity(raw) + 1;
  Term* place = to.allocate(words);
  for (size_t i = 0; i < words; ++i) place[i] = raw.pointer()[i];
  place[2] = class_atom(klass);
  return Term::boxed(place);
}

}  // namespace athanor::engine
