// SPDX-License-Identifier: Apache-2.0
#include "machine/crash_dump_terms.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.hpp"
#include "ets/persistent_terms.hpp"
#include "ets/tables.hpp"
#include "heap/literal_area.hpp"
#include "term/atom_table.hpp"
#include "term/binary.hpp"
#include "term/external/external.hpp"
#include "term/off_heap_binary.hpp"
#include "term/print.hpp"

namespace athanor::machine {

namespace {

// A reader takes the dump line by line, and of a persistent term's line what is before the first | for the key: a name with a line's end or a | in it goes
// where terms are, under an address that no term has.
bool is_hard_to_read(std::string_view name) {
  return std::any_of(name.begin(), name.end(), [](char c) { return static_cast<uint8_t>(c) < ' ' || c == 127 || c == '|'; });
}

// OTP: <0.5> of #Port<0.5>.
std::string port_text(Term port) {
  const std::string text = to_text(port);
  return text.substr(text.find('<'));
}

// OTP: a fun is shown without what it has captured, which may be large.
Term without_environment(Allocator& heap, Term fun) {
  const size_t free = fun_num_free(fun);
  Term* place = heap.allocate(fun_words(free));
  std::copy_n(fun.pointer(), 4, place);
  std::fill_n(place + 4, free, Term::nil());
  return Term::boxed(place);
}

constexpr uint64_t kMostBits = binary::kHeapBinaryMax * 8;   // of a bitstring that is copied into the dump

std::string_view text_of(const Term* first, size_t bytes) { return {reinterpret_cast<const char*>(first), bytes}; }

}  // namespace

std::string TermLines::address_of(Term t) {
  const Word address = t.raw;
  (runtime_.literals->contains(t) ? shared_.literals : own_).add(address);
  return fmt::format("H{:X}", address);
}

std::string TermLines::word(Term t) {
  if (t.is_none() || t.is_nil()) return "N";
  if (t.is_small()) return fmt::format("I{}", t.small_value());
  if (t.is_atom()) {
    const std::string_view text = atom_text(t);
    if (!is_hard_to_read(text)) return fmt::format("A{:X}:{}", text.size(), text);
    own_.add(t.raw);
    return fmt::format("H{:X}", t.raw);
  }
  if (t.is_local_pid()) return "P" + pid_text(t);
  if (t.is_local_port()) return "p" + port_text(t);
  return address_of(t);
}

std::string TermLines::list_of(const Term* terms, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += (i == 0 ? "" : ",") + word(terms[i]);
  return out;
}

std::string TermLines::external(Term t) {
  std::string bytes;
  external::encode(t, {}, bytes);
  return fmt::format("E{:X}:{}", bytes.size(), base::base64(bytes));
}

std::string TermLines::line_of(Term t) {
  if (t.is_atom()) return external(t);
  const Term* box = t.pointer();
  if (t.is_list_cell()) return "l" + word(t.head()) + "|" + word(t.tail());
  switch (boxed_kind(t)) {
    case BoxedKind::Tuple: return fmt::format("t{:X}:", tuple_arity(t)) + list_of(box + 1, tuple_arity(t));
    case BoxedKind::PositiveBig:
    case BoxedKind::NegativeBig: return "B" + to_text(t, SIZE_MAX);
    case BoxedKind::Float: {
      const std::string text = fmt::format("{:.20e}", float_value(t));
      return fmt::format("F{:X}:{}", text.size(), text);
    }
    case BoxedKind::FlatMap: return fmt::format("Mf{:X}:{}:", map_size(t), word(box[2])) + list_of(box + 3, map_size(t));
    case BoxedKind::HashMap: {
      const size_t children = header_arity(box->raw) - 1;
      return fmt::format("Mh{:X}:{:X}:", map_size(t), children) + list_of(box + 2, children);
    }
    case BoxedKind::HashNode: {
      const size_t children = header_arity(box->raw) - 1;
      return fmt::format("Mn{:X}:", children) + list_of(box + 2, children);
    }
    case BoxedKind::HeapBinary: return fmt::format("Yh{:X}:{}", box[1].raw, base::base64(text_of(box + 2, box[1].raw)));
    case BoxedKind::BinaryRef: {
      auto* binary = reinterpret_cast<OffHeapBinary*>(box[3].raw);
      shared_.binaries.add(binary);
      return fmt::format("Yc{:X}:{:X}:{:X}", box[3].raw, box[4].raw - reinterpret_cast<Word>(binary->data()), box[1].raw);
    }
    case BoxedKind::SubBinary: {
      // What is not whole bytes can be said by the external format alone; of a long one the bytes are shown that it lies in, as OTP does.
      // Off-heap bytes are referred to themselves.
      const binary::Bits bits = binary::bits_of(t);
      if (!(bits.is_whole_bytes() && bits.is_aligned()) && bits.bit_size <= kMostBits) return external(t);
      const Term* base = box[4].pointer();
      (void)word(box[4]);
      const bool is_off_heap = header_kind(base->raw) == BoxedKind::BinaryRef;
      const Word skipped = is_off_heap ? base[4].raw - reinterpret_cast<Word>(reinterpret_cast<OffHeapBinary*>(base[3].raw)->data()) : 0;
      return fmt::format("Ys{:X}:{:X}:{:X}", is_off_heap ? base[3].raw : box[4].raw, skipped + box[2].raw, box[1].raw);
    }
    case BoxedKind::ExternalPid: return "P" + to_text(t);
    case BoxedKind::ExternalPort: return "p" + port_text(t);
    case BoxedKind::Fun: {
      heap::FragmentAllocator heap(fun_words(fun_num_free(t)));
      return external(without_environment(heap, t));
    }
    default: return external(t);
  }
}

void TermLines::write() {
  std::string lines;
  for (Word raw; own_.take(raw);) {
    lines += fmt::format("{:X}:", raw) + line_of(Term{raw}) + "\n";
    if (lines.size() < (size_t{64} << 10)) continue;
    if (!file_.goes_on()) return;
    file_.write(lines);
    lines.clear();
  }
  file_.write(lines);
}

void write_shared_terms(DumpFile& file, process::Runtime& runtime, SharedTerms& shared) {
  TermLines literals(file, runtime, shared, shared.literals);
  file.write("=persistent_terms\n");
  for (const auto& [key, value] : runtime.tables->persistent_terms().pairs()) file.write(literals.word(key) + "|" + literals.word(value) + "\n");
  file.write("=literals\n");
  literals.write();
  for (OffHeapBinary* binary; file.goes_on() && shared.binaries.take(binary);) {
    const auto* bytes = reinterpret_cast<const char*>(binary->data());
    file.write(fmt::format("=binary:{:X}\n{:X}:", reinterpret_cast<Word>(binary), binary->size));
    constexpr size_t kPart = size_t{48} << 10;   // of three bytes each four characters
    for (size_t at = 0; at < binary->size && file.goes_on(); at += kPart) file.write(base::base64({bytes + at, std::min(kPart, binary->size - at)}));
    file.write("\n");
  }
}

}  // namespace athanor::machine
