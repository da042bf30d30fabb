// SPDX-License-Identifier: Apache-2.0
// Bytes to terms, in steps. Containers are made when their head is read and filled as the terms come; each term still owed takes
// a byte at least, so that no header can ask for more memory than its bytes are worth. Maps are made when complete. Between two steps
// the heap holds containers with slots that are not written yet.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "term/binary.hpp"
#include "term/external/external.hpp"
#include "term/external/inflate.hpp"
#include "term/external/reader.hpp"
#include "term/external/sizing.hpp"
#include "term/external/tags.hpp"
#include "term/float_text.hpp"
#include "term/identifier.hpp"
#include "term/integer.hpp"
#include "term/map.hpp"
#include "term/map/building.hpp"
#include "term/work_stack.hpp"

namespace athanor::external {

// Counts characters; false: malformed, overlong or a surrogate.
bool check_utf8(const uint8_t* text, size_t bytes, size_t& characters);
inline constexpr size_t kMaxAtomCharacters = 255;

class Decoder {
 public:
  Decoder(Allocator& heap, const uint8_t* bytes, size_t count, const DecodeOptions& options)
      : heap_(heap), in_(bytes, count), safe_(options.safe), atoms_(options.atoms), atom_count_(options.atom_count), source_(options.source) {
    push(Kind::Elements, &result_, 1);
  }
  Decoder(Decoder&& other) noexcept
      : heap_(other.heap_), in_(other.in_), safe_(other.safe_), atoms_(other.atoms_), atom_count_(other.atom_count_), source_(other.source_), result_(other.result_), owed_(other.owed_), stack_(std::move(other.stack_)),
        values_(std::move(other.values_)),
        building_(std::move(other.building_)) {
    if (!stack_.empty() && stack_[0].next == &other.result_) stack_[0].next = &result_;
  }

  // True: complete; result() is none() where the bytes are malformed. Lowers `budget` by about a unit a byte or a term.
  bool run(int64_t& budget) {
    for (;;) {
      if (ATH_UNLIKELY(budget <= 0)) return false;
      if (ATH_UNLIKELY(building_ != nullptr)) {
        if (!building_->step(budget)) return false;
        const Term map = building_->result();
        building_.reset();
        if (map.is_none()) return fail();
        fill(map);
      }
      const size_t used_before = in_.used();
      while (!stack_.empty() && stack_.top().count == 0) {
        Frame done = stack_.pop();
        if (done.kind != Kind::Map) continue;
        size_t pairs = (values_.size() - done.first) / 2;
        if (pairs > kManyPairs) {
          building_ = std::make_unique<map::Building>(heap_, std::vector<Term>(values_.begin() + static_cast<ptrdiff_t>(done.first), values_.end()), true);
          values_.resize(done.first);
          break;
        }
        budget -= static_cast<int64_t>(pairs) * kPairCost;
        Term map = map::from_unique_pairs(heap_, values_.data() + done.first, pairs);
        values_.resize(done.first);
        if (map.is_none()) return fail();
        fill(map);
      }
      if (ATH_UNLIKELY(building_ != nullptr)) continue;
      if (ATH_UNLIKELY(stack_.empty())) return true;
      if (ATH_UNLIKELY(stack_.top().kind == Kind::Bytes)) {
        copy_piece();
      } else if (!leaves()) {
        --owed_;
        if (!term() || !in_.ok()) return fail();
      }
      budget -= static_cast<int64_t>(in_.used() - used_before) + 1;
    }
  }
  Term result() const { return result_; }
  size_t used() const { return in_.used(); }

 private:
  static constexpr uint32_t kMaxTinyCreation = 3;
  static constexpr uint32_t kMaxFree = 255;
  static constexpr size_t kPieceBytes = size_t{1} << 16;   // copied before the budget is looked at
  static constexpr size_t kLeavesTogether = 256;           // read before the budget is looked at
  static constexpr size_t kManyPairs = 1024;               // of a map that is built in steps
  static constexpr int64_t kPairCost = 8;                  // of a map, beside a byte that is copied

  enum class Kind : uint32_t { Elements, Cells, Map, Bytes };
  struct Frame {
    Kind kind;
    Term* next;    // the slot to be filled next; Bytes: place of the next byte
    size_t count;  // slots not yet filled; Cells: heads and the tail; Bytes: left to be copied
    size_t first;  // Map: where its pairs begin in values_
  };

  [[gnu::always_inline]] inline void fill(Term value) {
    Frame& frame = stack_.top();
    if (ATH_UNLIKELY(frame.kind >= Kind::Map)) {
      ATH_DCHECK(frame.kind == Kind::Map);   // a byte is no slot
      values_.push_back(value);
    } else {
      *frame.next++ = value;
      if (frame.kind == Kind::Cells && frame.count > 2) {  // a head that is not the last
        *frame.next = Term::list_cell(frame.next + 1);
        ++frame.next;
      }
    }
    --frame.count;
  }
  // Integers and empty lists in a row go at once into the slots at `next`, of which `count` are to be filled. How many they were.
  size_t leaf_elements(Term*& next, size_t count) {
    Reader in = in_;
    Term* slot = next;
    Term* const end = slot + std::min(count, kLeavesTogether);
    while (slot != end && in.leaf(*slot)) ++slot;
    const auto read = static_cast<size_t>(slot - next);
    in_ = in;
    next = slot;
    return read;
  }
  // The same for the heads of a list and its tail, which is the last of `count`.
  size_t leaf_cells(Term*& next, size_t count) {
    Reader in = in_;
    Term* cell = next;
    size_t read = 0;
    for (const size_t most = std::min(count - 1, kLeavesTogether); read != most && in.leaf(cell[0]); ++read, cell += 2) cell[1] = Term::list_cell(cell + 2);
    if (read == count - 1) {   // what is behind the last head is the tail's slot, not a cell
      if (read != 0) --cell;
      if (in.nil()) {
        *cell++ = Term::nil();
        ++read;
      }
    }
    in_ = in;
    next = cell;
    return read;
  }
  // Leaves in a row for the container on top; false: the next term is none.
  bool leaves() {
    Frame& frame = stack_.top();
    if (frame.kind == Kind::Map) return false;
    const size_t read = frame.kind == Kind::Cells ? leaf_cells(frame.next, frame.count) : leaf_elements(frame.next, frame.count);
    frame.count -= read;
    owed_ -= read;
    return read != 0;
  }
  [[gnu::always_inline]] inline bool done(Term value) {
    if (value.is_none()) return false;
    fill(value);
    return true;
  }

  // The slots of unfinished containers become nil, so that only proper terms are left on the heap.
  bool fail() {
    while (!stack_.empty()) {
      Frame frame = stack_.pop();
      if (frame.kind == Kind::Map || frame.kind == Kind::Bytes || frame.count == 0) continue;
      size_t words = frame.kind == Kind::Elements || frame.count == 1 ? frame.count : 2 * (frame.count - 1);
      for (size_t i = 0; i < words; ++i) frame.next[i] = Term::nil();
    }
    result_ = Term::none();
    return true;
  }

  void push(Kind kind, Term* next, size_t count) {
    owed_ += count;
    stack_.push({kind, next, count, values_.size()});
  }
  // Are there bytes enough for `count` more terms?
  bool may_owe(size_t count) const { return in_.ok() && count <= in_.left() && owed_ <= in_.left() - count; }

  // --- atoms ---
  Term make_atom(std::string_view utf8) { return safe_ ? atom_table().find(utf8) : atom_table().intern(utf8); }
  Term latin1_atom(size_t length) {
    const uint8_t* text = in_.take(length);
    if (text == nullptr || length > kMaxAtomCharacters) return Term::none();
    char utf8[2 * kMaxAtomCharacters];
    size_t bytes = 0;
    for (size_t i = 0; i < length; ++i) {
      if (text[i] < 0x80) {
        utf8[bytes++] = static_cast<char>(text[i]);
      } else {
        utf8[bytes++] = static_cast<char>(0xC0 | text[i] >> 6);
        utf8[bytes++] = static_cast<char>(0x80 | (text[i] & 0x3F));
      }
    }
    return make_atom({utf8, bytes});
  }
  Term utf8_atom(size_t length) {
    const uint8_t* text = in_.take(length);
    size_t characters;
    if (text == nullptr || length > 4 * kMaxAtomCharacters) return Term::none();
    if (!check_utf8(text, length, characters) || characters > kMaxAtomCharacters) return Term::none();
    return make_atom({reinterpret_cast<const char*>(text), length});
  }
  Term atom_of(Tag tag) {
    switch (tag) {
      case Tag::Atom: return latin1_atom(in_.big_endian(2));
      case Tag::SmallAtom: return latin1_atom(in_.byte());
      case Tag::AtomUtf8: return utf8_atom(in_.big_endian(2));
      case Tag::SmallAtomUtf8: return utf8_atom(in_.byte());
      case Tag::AtomIndex: {
        size_t index = in_.byte();
        return index < atom_count_ ? atoms_[index] : Term::none();
      }
      default: return Term::none();
    }
  }
  Term atom() { return atom_of(static_cast<Tag>(in_.byte())); }

  // --- identifiers ---
  bool is_local(Term name, uint32_t creation) {
    NodeId local = local_node();
    return name == local.name && creation == local.creation;
  }
  bool creation_of(Tag tag, Tag old_tag, uint32_t& creation) {
    creation = tag == old_tag ? in_.byte() : in_.word();
    return in_.ok() && (tag != old_tag || creation <= kMaxTinyCreation);
  }
  Term external(BoxedKind kind, Term name, uint32_t creation, uint64_t id) {
    Node* node = current_term_context->host->node_of(name, creation);
    if (node == nullptr) return Term::none();
    Term* box = heap_.allocate(3);
    box[0].raw = make_header(kind, 2);
    box[1].raw = reinterpret_cast<Word>(node);
    box[2].raw = id;
    return Term::boxed(box);
  }
  Term pid(Tag tag) {
    Term name = atom();
    uint32_t id = in_.word(), serial = in_.word(), creation;
    if (!creation_of(tag, Tag::Pid, creation) || name.is_none()) return Term::none();
    if (!is_local(name, creation)) return external(BoxedKind::ExternalPid, name, creation, id | uint64_t{serial} << 32);
    if (id >> kPidIdBits != 0 || serial >> kPidSerialBits != 0) return Term::none();
    return Term::local_pid(id | serial << kPidIdBits);
  }
  Term port(Tag tag) {
    Term name = atom();
    uint64_t id = in_.big_endian(tag == Tag::V4Port ? 8 : 4);
    uint32_t creation;
    if (!creation_of(tag, Tag::Port, creation) || name.is_none()) return Term::none();
    if (!is_local(name, creation)) return external(BoxedKind::ExternalPort, name, creation, id);
    return id >> kPortBits != 0 ? Term::none() : Term::local_port(static_cast<uint32_t>(id));
  }
  Term reference(Tag tag) {
    size_t count = tag == Tag::Reference ? 1 : in_.big_endian(2);
    if (count == 0 || count > kMaxReferenceNumbers) return Term::none();
    Term name = atom();
    uint32_t creation = 0, numbers[kMaxReferenceNumbers] = {};
    if (tag == Tag::Reference) {
      numbers[0] = in_.word();
      if (!creation_of(tag, Tag::Reference, creation)) return Term::none();
    } else {
      if (!creation_of(tag, Tag::NewReference, creation)) return Term::none();
      for (size_t i = 0; i < count; ++i) numbers[i] = in_.word();
    }
    if (!in_.ok() || name.is_none()) return Term::none();
    bool narrow = numbers[0] >> kReferenceFirstBits == 0;
    if (tag != Tag::NewerReference && !narrow) return Term::none();
    if (is_local(name, creation)) {
      if (!narrow || count > 3) return Term::none();
      if (Term special = current_term_context->host->reference_of(heap_, numbers); !special.is_none()) return special;
      Term* box = heap_.allocate(kReferenceWords);
      box[0].raw = make_header(BoxedKind::Reference, kReferenceWords - 1);
      box[1].raw = numbers[0] | Word{numbers[1]} << 32;
      box[2].raw = numbers[2];
      return Term::boxed(box);
    }
    Node* node = current_term_context->host->node_of(name, creation);
    if (node == nullptr) return Term::none();
    size_t words = 3 + (count + 1) / 2;
    Term* box = heap_.allocate(words);
    box[0].raw = make_header(BoxedKind::ExternalReference, words - 1);
    box[1].raw = reinterpret_cast<Word>(node);
    box[2].raw = count;
    for (size_t i = 0; i < count; i += 2) {
      box[3 + i / 2].raw = numbers[i] | (i + 1 < count ? Word{numbers[i + 1]} << 32 : 0);
    }
    return Term::boxed(box);
  }

  // --- numbers ---
  Term floating(double value) {
    return std::isfinite(value) ? make_float(heap_.allocate(kFloatWords), value) : Term::none();
  }
  Term float_of_text() {
    const uint8_t* text = in_.take(31);
    if (text == nullptr) return Term::none();
    auto* chars = reinterpret_cast<const char*>(text);
    double value;
    if (!float_text::parse({chars, strnlen(chars, 31)}, value)) return Term::none();
    return floating(value);
  }
  Term big(size_t bytes) {
    bool negative = in_.byte() != 0;
    const uint8_t* digits = in_.take(bytes);
    return digits == nullptr ? Term::none() : integer::from_bytes(heap_, digits, bytes, true, negative);
  }
  // The integers inside of funs.
  bool small_integer(int64_t& value) {
    switch (static_cast<Tag>(in_.byte())) {
      case Tag::SmallInteger: value = in_.byte(); return in_.ok();
      case Tag::Integer: value = static_cast<int32_t>(in_.word()); return in_.ok();
      case Tag::SmallBig: return integer::to_int64(big(in_.byte()), value);
      default: return false;
    }
  }

  // --- containers ---
  bool tuple(size_t arity) {
    if (!may_owe(arity)) return false;
    Term* box = heap_.allocate(1 + arity);
    box[0].raw = tuple_header(arity);
    fill(Term::boxed(box));
    Term* next = box + 1;
    const size_t read = leaf_elements(next, arity);
    if (read != arity) push(Kind::Elements, next, arity - read);
    return true;
  }
  bool list(size_t length) {
    if (!may_owe(length + 1)) return false;
    if (length == 0) {  // OTP: the tail alone
      ++owed_;
      return true;
    }
    Term* cells = heap_.allocate(2 * length);
    fill(Term::list_cell(cells));
    const size_t read = leaf_cells(cells, length + 1);
    if (read != length + 1) push(Kind::Cells, cells, length + 1 - read);
    return true;
  }
  bool string(size_t length) {
    const uint8_t* bytes = in_.take(length);
    if (bytes == nullptr) return false;
    if (length == 0) return done(Term::nil());
    Term* const cells = heap_.allocate(2 * length);
    Term* cell = cells;
    for (size_t i = 0; i < length; ++i, cell += 2) {
      cell[0] = Term::small(bytes[i]);
      cell[1] = Term::list_cell(cell + 2);
    }
    cell[-1] = Term::nil();
    return done(Term::list_cell(cells));
  }
  bool map(size_t size) {
    if (size > in_.left() || !may_owe(2 * size)) return false;
    push(Kind::Map, nullptr, 2 * size);
    return true;
  }
  bool binary(size_t count, bool bits) {
    unsigned last = bits ? in_.byte() : 8;
    if (!bits && source_ != nullptr && count >= kSharedFrom && count <= in_.left() && count >= source_->capacity / 2) {
      const auto begin = static_cast<size_t>(in_.take(count) - source_->data());
      source_->retain();
      return done(binary::part(heap_, binary::from_off_heap(heap_, source_, begin + count), begin * 8, count * 8));
    }
    if (!bits && count > kPieceBytes && count <= in_.left()) {
      uint8_t* place;
      fill(binary::make_uninitialised(heap_, count, &place));
      stack_.push({Kind::Bytes, reinterpret_cast<Term*>(place), count, 0});
      return true;
    }
    const uint8_t* bytes = in_.take(count);
    if (bytes == nullptr) return false;
    if (bits && ((last == 0) != (count == 0) || last > 8)) return false;
    if (count == 0 || last == 8) return done(binary::from_bytes(heap_, bytes, count));
    return done(binary::from_bits(heap_, bytes, 0, count * 8 - 8 + last));
  }
  void copy_piece() {
    Frame& frame = stack_.top();
    auto* place = reinterpret_cast<uint8_t*>(frame.next);
    const size_t count = std::min(frame.count, kPieceBytes);
    std::memcpy(place, in_.take(count), count);
    frame.next = reinterpret_cast<Term*>(place + count);
    frame.count -= count;
  }
  bool export_fun() {
    Term module = atom(), function = atom();
    int64_t arity;
    if (module.is_none() || function.is_none() || !small_integer(arity) || arity < 0 || arity > 0xFFFF) return false;
    Mfa mfa{module, function, static_cast<uint32_t>(arity)};
    TermHost* host = current_term_context->host;
    if (safe_ && !host->has_export(mfa)) return false;
    ExportHead* entry = host->export_of(mfa);
    if (entry == nullptr) return false;
    Term* box = heap_.allocate(kExportFunWords);
    box[0].raw = make_header(BoxedKind::Export, kExportFunWords - 1);
    box[1].raw = reinterpret_cast<Word>(entry);
    return done(Term::boxed(box));
  }
  bool local_fun() {
    in_.take(4);  // OTP: the size is not to be trusted
    uint32_t arity = in_.byte();
    const uint8_t* uniq = in_.take(16);
    uint32_t index = in_.word(), num_free = in_.word();
    if (!in_.ok() || num_free > kMaxFree) return false;
    Term module = atom();
    int64_t old_index, old_uniq;
    if (module.is_none() || !small_integer(old_index) || !small_integer(old_uniq)) return false;
    int next = in_.peek();
    if (next != static_cast<int>(Tag::NewPid) && next != static_cast<int>(Tag::Pid)) return false;
    if (!may_owe(1 + num_free)) return false;
    FunHead* entry = current_term_context->host->fun_of(module, index, static_cast<uint32_t>(old_uniq), uniq, arity, num_free);
    // The environment must be the one that the code expects.
    if (entry == nullptr || entry->arity != arity || entry->num_free != num_free) return false;
    Term* box = heap_.allocate(fun_words(num_free));
    box[0].raw = make_header(BoxedKind::Fun, fun_words(num_free) - 1);
    box[1].raw = reinterpret_cast<Word>(entry);
    box[2].raw = arity | Word{num_free} << 8;
    fill(Term::boxed(box));
    push(Kind::Elements, box + 3, 1 + num_free);
    return true;
  }

  bool term() {
    auto tag = static_cast<Tag>(in_.byte());
    switch (tag) {
      case Tag::SmallInteger: return done(Term::small(in_.byte()));
      case Tag::Integer: return done(Term::small(static_cast<int32_t>(in_.word())));
      case Tag::NewFloat: return done(floating(__builtin_bit_cast(double, in_.big_endian(8))));
      case Tag::Float: return done(float_of_text());
      case Tag::SmallBig: return done(big(in_.byte()));
      case Tag::LargeBig: return done(big(in_.word()));
      case Tag::Atom:
      case Tag::SmallAtom:
      case Tag::AtomUtf8:
      case Tag::SmallAtomUtf8:
      case Tag::AtomIndex: return done(atom_of(tag));
      case Tag::Nil: return done(Term::nil());
      case Tag::SmallTuple: return tuple(in_.byte());
      case Tag::LargeTuple: return tuple(in_.word());
      case Tag::String: return string(in_.big_endian(2));
      case Tag::List: return list(in_.word());
      case Tag::Map: return map(in_.word());
      case Tag::Binary: return binary(in_.word(), false);
      case Tag::BitBinary: return binary(in_.word(), true);
      case Tag::Pid:
      case Tag::NewPid: return done(pid(tag));
      case Tag::Port:
      case Tag::NewPort:
      case Tag::V4Port: return done(port(tag));
      case Tag::Reference:
      case Tag::NewReference:
      case Tag::NewerReference: return done(reference(tag));
      case Tag::Export: return export_fun();
      case Tag::NewFun: return local_fun();
      case Tag::Compressed: return false;  // only around a whole term
    }
    return false;
  }

  Allocator& heap_;
  Reader in_;
  bool safe_;
  const Term* atoms_;      // of the message's header
  size_t atom_count_;
  OffHeapBinary* source_;
  Term result_;
  size_t owed_ = 0;
  WorkStack<Frame, 16> stack_;
  std::vector<Term> values_;
  std::unique_ptr<map::Building> building_;   // of a large map whose pairs are all there
};

// The work of binary_to_term: version, compression, size, term.
//
//   inflate ─► size ─► wait for room ─► build       what is not compressed, fits for sure, or fits leaves steps out
class Decoding {
 public:
  // `bytes` must stay while it goes on.
  Decoding(Allocator& heap, const uint8_t* bytes, size_t count, const DecodeOptions& options);
  bool step(int64_t& budget);   // true: complete, or it waits for room
  // Words that are not there; nothing has been built yet. It goes on after build_in_room.
  size_t room_wanted() const { return room_wanted_; }
  void build_in_room(const uint8_t* bytes);   // the same bytes as before, wherever they are now
  Decoded result() const { return result_; }

 private:
  struct Plain {
    const uint8_t* bytes;
    size_t count;
  };
  Plain plain() const;   // the term, not compressed
  void size_or_build();
  void build();

  Allocator& heap_;
  DecodeOptions options_;
  const uint8_t* bytes_;
  size_t count_;
  size_t skipped_ = 0;                     // bytes in front of what the decoder or the inflation reads
  bool is_done_ = false;
  size_t room_wanted_ = 0;
  std::unique_ptr<Inflation> inflation_;   // of a compressed term
  std::optional<Sizing> sizing_;
  std::optional<Decoder> decoder_;
  Decoded result_;
};

}  // namespace athanor::external
