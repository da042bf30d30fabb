// SPDX-License-Identifier: Apache-2.0
// Terms to bytes. The same walk counts the bytes when it is given nowhere to put them.
#include <zlib.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "term/binary.hpp"
#include "term/compare.hpp"
#include "term/external/external.hpp"
#include "term/external/tags.hpp"
#include "term/float_text.hpp"
#include "term/identifier.hpp"
#include "term/integer.hpp"
#include "term/map.hpp"
#include "term/map/trie.hpp"
#include "term/work_stack.hpp"

namespace athanor::external {
namespace {
constexpr size_t kPieceBytes = size_t{1} << 16;   // copied or compressed before the budget is looked at
constexpr size_t kLeavesTogether = 64;            // immediates written before it is looked at
}  // namespace

// The walk of an Encoding: one step writes the head of a term and pushes what is left of it.
template <EncodeGoal kGoal>
class Encoder {
 public:
  // `progress` is told again at the end.
  Encoder(const EncodeOptions& options, ByteSink& out, EncodeProgress& progress, EncodeStack& stack)
      : options_(options), out_(out), progress_(progress), stack_(stack) {
    if constexpr (kCounts) {
      counted_ = progress.size;
    } else {
      counted_ = progress.size - out.size();
      at_ = out.room(0, end_);
    }
  }
  ~Encoder() {
    progress_.size = written();
    if constexpr (!kCounts) out_.set_end(at_);
  }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  // True: all is written.
  bool run(int64_t& budget) {
    while (!stack_.empty()) {
      if (budget <= 0) return false;
      const size_t before = written();
      step();
      budget -= static_cast<int64_t>(written() - before) + 1;
    }
    return true;
  }

 private:
  using Kind = EncodeFrame::Kind;
  using Frame = EncodeFrame;
  using Pairs = EncodeFrame::Pairs;

  // --- bytes ---
  static constexpr bool kCounts = kGoal == EncodeGoal::Size;
  size_t written() const {
    if constexpr (kCounts) return counted_;
    else return counted_ + place();
  }
  // Place for `count` bytes, which count as written; null where they are only counted.
  uint8_t* room(size_t count) {
    if constexpr (kCounts) {
      counted_ += count;
      return nullptr;
    } else {
      if (ATH_UNLIKELY(static_cast<size_t>(end_ - at_) < count)) {
        out_.set_end(at_);
        at_ = out_.room(count, end_);
      }
      uint8_t* place = at_;
      at_ += count;
      return place;
    }
  }
  void tag(Tag value) {
    if (uint8_t* place = room(1)) place[0] = static_cast<uint8_t>(value);
  }
  void byte(unsigned value) {
    if (uint8_t* place = room(1)) place[0] = static_cast<uint8_t>(value);
  }
  static void store_big_endian(uint8_t* place, uint64_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i) place[i] = static_cast<uint8_t>(value >> 8 * (bytes - 1 - i));
  }
  void big_endian(uint64_t value, size_t bytes) {
    if (uint8_t* place = room(bytes)) store_big_endian(place, value, bytes);
  }
  // A tag and a number behind it.
  template <size_t kBytes>
  void tagged(Tag value, uint64_t number) {
    uint8_t* place = room(1 + kBytes);
    if (place == nullptr) return;
    place[0] = static_cast<uint8_t>(value);
    store_big_endian(place + 1, number, kBytes);
  }
  void bytes(const void* data, size_t count) {
    if (uint8_t* place = room(count); place != nullptr && count != 0) std::memcpy(place, data, count);
  }
  void patch(size_t place, uint32_t value) {  // place: of out_
    if constexpr (!kCounts) store_big_endian(out_.data() + place, value, 4);
  }
  size_t place() const {
    if constexpr (kCounts) return 0;
    else return static_cast<size_t>(at_ - out_.data());
  }

  // --- leaves ---
  void small(Term t) {
    const int64_t value = t.small_value();
    if (static_cast<uint64_t>(value) < 256) return tagged<1>(Tag::SmallInteger, static_cast<uint64_t>(value));
    if (ATH_LIKELY(value == static_cast<int32_t>(value))) return tagged<4>(Tag::Integer, static_cast<uint32_t>(value));
    const uint64_t magnitude = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
    magnitude_bytes(&magnitude, 1, value < 0);
  }
  void large(Term t) { magnitude_bytes(integer::limbs(t), integer::limb_count(t), integer::is_negative(t)); }
  void magnitude_bytes(const uint64_t* limbs, size_t count, bool negative) {
    size_t total = count * 8 - static_cast<size_t>(__builtin_clzll(limbs[count - 1])) / 8;
    tag(total < 256 ? Tag::SmallBig : Tag::LargeBig);
    big_endian(total, total < 256 ? 1 : 4);
    byte(negative ? 1 : 0);
    bytes(limbs, total);  // little endian, as the machine is
  }
  void floating(double value) {
    if (options_.minor_version >= 1) {
      tagged<8>(Tag::NewFloat, __builtin_bit_cast(uint64_t, value));
      return;
    }
    tag(Tag::Float);
    float_text::Text text;
    float_text::scientific(value, float_text::kDefaultDecimals, text);
    constexpr size_t kTextBytes = 31;
    text.fill(kTextBytes - text.size(), '\0');
    bytes(text.view().data(), kTextBytes);
  }
  // Bytes of the text in Latin-1; none: it has characters above.
  static std::optional<size_t> latin1_size(std::string_view text) {
    if (ATH_LIKELY(is_ascii(text))) return text.size();
    size_t size = 0;
    for (char c : text) {
      const auto byte = static_cast<uint8_t>(c);
      if (byte > 0xC3) return std::nullopt;
      if ((byte & 0xC0) != 0x80) ++size;
    }
    return size;
  }
  static bool is_ascii(std::string_view text) {
    constexpr uint64_t kHigh = 0x8080808080808080;
    size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {
      uint64_t eight;
      std::memcpy(&eight, text.data() + i, 8);
      if (eight & kHigh) return false;
    }
    for (; i < text.size(); ++i) {
      if (static_cast<uint8_t>(text[i]) >= 0x80) return false;
    }
    return true;
  }
  static void to_latin1(std::string_view text, uint8_t* place) {
    if (ATH_LIKELY(is_ascii(text))) {
      std::memcpy(place, text.data(), text.size());
      return;
    }
    for (size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<uint8_t>(text[i]);
      *place++ = c < 0x80 ? c : static_cast<uint8_t>((c & 3) << 6 | (static_cast<uint8_t>(text[++i]) & 0x3F));
    }
  }
  void atom(Term t) {
    if (options_.atoms != nullptr) {
      if (int index = options_.atoms->index_of(t); index >= 0) return tagged<1>(Tag::AtomIndex, static_cast<uint64_t>(index));
    }
    const std::string_view text = atom_text(t);
    if (options_.minor_version < 2) {
      if (const std::optional<size_t> size = latin1_size(text)) {
        tagged<2>(Tag::Atom, *size);
        if (uint8_t* place = room(*size)) to_latin1(text, place);
        return;
      }
    }
    if (text.size() < 256) tagged<1>(Tag::SmallAtomUtf8, text.size());
    else tagged<2>(Tag::AtomUtf8, text.size());
    bytes(text.data(), text.size());
  }
  void pid(Term t) {
    NodeId node = node_of(t);
    tag(Tag::NewPid);
    atom(node.name);
    big_endian(pid_id(t), 4);
    big_endian(pid_serial(t), 4);
    big_endian(node.creation, 4);
  }
  void port(Term t) {
    NodeId node = node_of(t);
    uint64_t id = port_id(t);
    bool small = id >> kPortBits == 0;
    tag(small ? Tag::NewPort : Tag::V4Port);
    atom(node.name);
    big_endian(id, small ? 4 : 8);
    big_endian(node.creation, 4);
  }
  void reference(Term t) {
    NodeId node = node_of(t);
    ReferenceNumbers all = reference_numbers(t);
    if (is_kind(t, BoxedKind::MagicReference)) current_term_context->host->note_shown(t);
    tag(Tag::NewerReference);
    big_endian(all.count, 2);
    atom(node.name);
    big_endian(node.creation, 4);
    for (uint32_t i = 0; i < all.count; ++i) big_endian(all.numbers[i], 4);
  }
  void bitstring(Term t) {
    binary::Bits bits = binary::bits_of(t);
    size_t count = (bits.bit_size + 7) / 8;
    auto rest = static_cast<unsigned>(bits.bit_size % 8);
    if (ATH_UNLIKELY(count > UINT32_MAX)) {
      progress_.is_too_large = true;
      return;
    }
    tagged<4>(rest == 0 ? Tag::Binary : Tag::BitBinary, count);
    if (rest != 0) byte(rest);
    if (kCounts || (ATH_UNLIKELY(options_.shared != nullptr) && count >= options_.shared_from && rest == 0 && share(t, bits, count))) {
      counted_ += count;
    } else if (count <= kPieceBytes) {
      copy(bits.bytes, bits.bit_offset, bits.bit_size);
    } else {
      const uint8_t* first = bits.bytes + bits.bit_offset / 8;
      stack_.push({Kind::Bits, static_cast<uint32_t>(bits.bit_offset % 8), reinterpret_cast<const Term*>(first), nullptr, bits.bit_size,
                   Term{}, nullptr});
    }
  }
  // Whole bytes off the heap. Counted once more: nobody appends to them in place, or moves them, meanwhile.
  bool share(Term t, const binary::Bits& bits, size_t count) {
    if (bits.bit_offset % 8 != 0) return false;
    const Term base = is_kind(t, BoxedKind::SubBinary) ? t.pointer()[4] : t;
    if (!is_kind(base, BoxedKind::BinaryRef)) return false;
    auto* binary = reinterpret_cast<OffHeapBinary*>(base.pointer()[3].raw);
    const uint8_t* first = bits.bytes + bits.bit_offset / 8;
    if (first < binary->data() || first + count > binary->data() + binary->capacity) return false;
    binary->retain();
    options_.shared->push_back({place(), binary, first, count});
    return true;
  }
  void copy(const uint8_t* bytes, uint64_t bit_offset, uint64_t bits) {
    const size_t count = (bits + 7) / 8;
    if (count == 0) return;
    uint8_t* place = room(count);
    if (place == nullptr) return;
    place[count - 1] = 0;
    binary::copy_bits(bytes, bit_offset, place, 0, bits);
  }
  void copy_piece() {
    Frame& frame = stack_.top();
    const auto* bytes = reinterpret_cast<const uint8_t*>(frame.next);
    const size_t bits = std::min<size_t>(frame.count, kPieceBytes * 8);
    copy(bytes, frame.length, bits);
    frame.next = reinterpret_cast<const Term*>(bytes + bits / 8);
    frame.count -= bits;
    if (frame.count == 0) stack_.pop();
  }

  // --- containers: write their head, push what is left ---
  void push(Kind kind, const Term* next, size_t count, const Term* keys = nullptr) {
    stack_.push({kind, 0, next, keys, count, Term{}, nullptr});
  }
  void list(Term t) {
    uint32_t length = 0;
    Term rest = t;
    const auto is_byte = [](Term head) { return head.is_small() && static_cast<uint64_t>(head.small_value()) < 256; };
    while (rest.is_list_cell() && length <= kMaxString && is_byte(rest.head())) {
      ++length;
      rest = rest.tail();
    }
    if (rest.is_nil() && length <= kMaxString) {
      tagged<2>(Tag::String, length);
      if (uint8_t* place = room(length)) {
        for (; t.is_list_cell(); t = t.tail()) *place++ = static_cast<uint8_t>(t.head().small_value());
      }
      return;
    }
    tag(Tag::List);
    stack_.push({Kind::Cells, 0, nullptr, nullptr, place(), t, nullptr});
    big_endian(0, 4);  // put right at the end of the list
  }
  void map(Term t) {
    tagged<4>(Tag::Map, map_size(t));
    if (is_flat_map(t)) return push(Kind::FlatPairs, map::flat_values(t), map_size(t), map::flat_key_array(t));
    if (!options_.deterministic) {
      map::NodeView v = map::view(t);
      return push(Kind::Nodes, v.children, v.count);
    }
    auto* sorted = new Pairs;
    map::Iterator all(t);
    Term key, value;
    while (all.next(key, value)) sorted->push_back({key, value});
    std::sort(sorted->begin(), sorted->end(), [](auto& a, auto& b) { return compare_exact(a.first, b.first) < 0; });
    stack_.push({Kind::SortedPairs, 0, nullptr, nullptr, 0, Term{}, sorted});
  }
  void fun(Term t) {
    const FunHead* entry = fun_entry(t);
    tag(Tag::NewFun);
    stack_.push({Kind::FunEnd, 0, nullptr, nullptr, place(), Term(written()), nullptr});
    big_endian(0, 4);
    byte(fun_arity(t));
    bytes(entry->uniq, sizeof entry->uniq);
    big_endian(entry->index, 4);
    big_endian(fun_num_free(t), 4);
    atom(entry->module);
    if constexpr (kCounts) {
      counted_ += 10;  // OTP: external_size takes the widest integers
    } else {
      small(Term::small(entry->index));
      small(Term::small(entry->old_uniq));
    }
    pid(fun_creator(t));
    if (fun_num_free(t) != 0) push(Kind::Elements, fun_environment(t), fun_num_free(t));
  }

  friend class Encoding;
  friend bool encode(Term t, const EncodeOptions& options, ByteSink& out);
  void put(Term t) {
    if (t.is_list_cell()) return list(t);
    if (t.is_small()) return small(t);
    if (t.is_atom()) return atom(t);
    if (t.is_nil()) return tag(Tag::Nil);
    if (t.is_local_pid()) return pid(t);
    if (t.is_local_port()) return port(t);
    switch (boxed_kind(t)) {
      case BoxedKind::Tuple: {
        size_t arity = tuple_arity(t);
        if (arity < 256) tagged<1>(Tag::SmallTuple, arity);
        else tagged<4>(Tag::LargeTuple, arity);
        return push(Kind::Elements, tuple_elements(t), arity);
      }
      case BoxedKind::PositiveBig:
      case BoxedKind::NegativeBig: return large(t);
      case BoxedKind::Float: return floating(float_value(t));
      case BoxedKind::FlatMap:
      case BoxedKind::HashMap: return map(t);
      case BoxedKind::Fun: return fun(t);
      case BoxedKind::Export: {
        const Mfa& mfa = export_entry(t)->mfa;
        tag(Tag::Export);
        atom(mfa.module);
        atom(mfa.function);
        return small(Term::small(mfa.arity));
      }
      case BoxedKind::HeapBinary:
      case BoxedKind::BinaryRef:
      case BoxedKind::SubBinary:
      case BoxedKind::MatchContext: return bitstring(t);
      case BoxedKind::Reference:
      case BoxedKind::MagicReference:
      case BoxedKind::ExternalReference: return reference(t);
      case BoxedKind::ExternalPid: return pid(t);
      case BoxedKind::ExternalPort: return port(t);
      case BoxedKind::HashNode:
      case BoxedKind::kCount: break;
    }
    ATH_ASSERT(!"encode: unknown kind");
  }

  // Terms that push nothing, and so may be written one after the other.
  static bool is_leaf(Term t) { return !t.is_pointer(); }
  void put_pair(Term key, Term value) {
    if (is_leaf(key)) {
      put(key);
      return put(value);
    }
    stack_.push({Kind::Value, 0, nullptr, nullptr, 0, value, nullptr});
    put(key);
  }

  void step() {
    Frame& frame = stack_.top();
    switch (frame.kind) {
      case Kind::Value: return put(stack_.pop().term);
      case Kind::Cells: {
        Term rest = frame.term;
        for (size_t leaves = 0; rest.is_list_cell(); ++leaves) {
          const Term head = rest.head();
          rest = rest.tail();
          ++frame.length;
          if (ATH_LIKELY(head.is_small())) {
            small(head);
            if (ATH_LIKELY(leaves != kLeavesTogether)) continue;
            frame.term = rest;
            return;
          }
          if (!is_leaf(head) || leaves == kLeavesTogether) {
            frame.term = rest;
            return put(head);
          }
          put(head);
        }
        patch(frame.count, frame.length);
        stack_.pop();
        return put(rest);
      }
      case Kind::Bits: return copy_piece();
      case Kind::FunEnd: {
        patch(frame.count, static_cast<uint32_t>(written() - frame.term.raw));
        stack_.pop();
        return;
      }
      case Kind::SortedPairs: {
        if (frame.count == frame.sorted->size()) {
          delete stack_.pop().sorted;
          return;
        }
        auto [key, value] = (*frame.sorted)[frame.count++];
        return put_pair(key, value);
      }
      default: break;
    }
    if (frame.count == 0) {
      stack_.pop();
      return;
    }
    --frame.count;
    if (frame.kind == Kind::Nodes) {  // OTP: from the last child to the first
      Term child = frame.next[frame.count];
      if (child.is_list_cell()) return put_pair(child.head(), child.tail());
      map::NodeView v = map::view(child);
      return push(Kind::Nodes, v.children, v.count);
    }
    Term t = *frame.next++;
    if (frame.kind == Kind::FlatPairs) return put_pair(*frame.keys++, t);
    for (size_t leaves = 0; is_leaf(t) && frame.count != 0 && leaves < kLeavesTogether; ++leaves) {
      put(t);
      --frame.count;
      t = *frame.next++;
    }
    put(t);
  }

  const EncodeOptions& options_;
  ByteSink& out_;
  uint8_t* at_ = nullptr;      // where the next byte goes; out_ hears of it at the end, or when it must grow
  uint8_t* end_ = nullptr;
  size_t counted_;             // bytes that are not in out_
  EncodeProgress& progress_;
  EncodeStack& stack_;
};

// zlib's stream over what is written, a piece a step.
class Encoding::Deflation {
 public:
  explicit Deflation(int level) { ok_ = deflateInit(&stream_, level) == Z_OK; }
  ~Deflation() {
    if (ok_) deflateEnd(&stream_);
  }
  bool is_ok() const { return ok_; }
  // True: the end is reached, or what came out is `limit` long and nothing can be won.
  bool step(const uint8_t* plain, size_t size, size_t limit) {
    const size_t piece = std::min(size - used_, kPieceBytes);
    stream_.next_in = const_cast<Bytef*>(plain + used_);
    stream_.avail_in = static_cast<uInt>(piece);
    used_ += piece;
    const int flush = used_ == size ? Z_FINISH : Z_NO_FLUSH;
    for (;;) {
      stream_.next_out = packed_.extend(kPieceBytes);
      stream_.avail_out = static_cast<uInt>(kPieceBytes);
      const int status = deflate(&stream_, flush);
      packed_.resize(packed_.size() - stream_.avail_out);
      if (status == Z_STREAM_END || packed_.size() >= limit) return true;
      if (stream_.avail_out != 0) return false;
    }
  }
  ByteSink& packed() { return packed_; }

 private:
  z_stream stream_ = {};
  bool ok_ = false;
  size_t used_ = 0;
  ByteSink packed_;
};

Encoding::Encoding(Term t, const EncodeOptions& options, EncodeGoal goal) : options_(options), goal_(goal) {
  if (options.with_version) {
    if (goal == EncodeGoal::Bytes) out_.push(kVersion);
    progress_.size = start_ = 1;
  }
  if (goal == EncodeGoal::Bytes) Encoder<EncodeGoal::Bytes>(options_, out_, progress_, stack_).put(t);
  else Encoder<EncodeGoal::Size>(options_, out_, progress_, stack_).put(t);
}
Encoding::Encoding(Encoding&&) noexcept = default;
Encoding::~Encoding() {
  while (!stack_.empty()) delete stack_.pop().sorted;
}

bool Encoding::step(int64_t& budget) {
  if (!is_walked_) {
    const bool done = goal_ == EncodeGoal::Bytes ? Encoder<EncodeGoal::Bytes>(options_, out_, progress_, stack_).run(budget)
                                                 : Encoder<EncodeGoal::Size>(options_, out_, progress_, stack_).run(budget);
    if (!done) return false;
    is_walked_ = true;
  }
  return goal_ == EncodeGoal::Size || options_.compression_level == 0 || compress(budget);
}

bool Encoding::compress(int64_t& budget) {
  constexpr int64_t kPieceCost = 16 * static_cast<int64_t>(kPieceBytes);   // about what a byte costs here beside a byte that is copied
  const size_t plain = out_.size() - start_;
  if (plain <= 5 || plain > UINT32_MAX) return true;
  if (!deflation_) deflation_ = std::make_unique<Deflation>(options_.compression_level);
  if (!deflation_->is_ok()) return true;
  const size_t limit = plain - 5;   // OTP: plain where nothing is won
  while (!deflation_->step(out_.data() + start_, plain, limit)) {
    budget -= kPieceCost;
    if (budget <= 0) return false;
  }
  ByteSink& packed = deflation_->packed();
  if (packed.size() >= limit) return true;
  out_.resize(start_);
  out_.push(static_cast<uint8_t>(Tag::Compressed));
  for (int shift = 24; shift >= 0; shift -= 8) out_.push(static_cast<uint8_t>(plain >> shift));
  out_.append(packed.data(), packed.size());
  return true;
}

bool encode(Term t, const EncodeOptions& options, std::string& out) {
  Encoding encoding(t, options);
  int64_t budget = INT64_MAX;
  while (!encoding.step(budget)) budget = INT64_MAX;
  out += encoding.bytes().view();
  return encoding.is_representable();
}

bool encode(Term t, const EncodeOptions& options, ByteSink& out) {
  EncodeStack stack;
  if (options.with_version) out.push(kVersion);
  EncodeProgress progress{out.size()};
  Encoder<EncodeGoal::Bytes> encoder(options, out, progress, stack);
  encoder.put(t);
  int64_t budget = INT64_MAX;
  while (!encoder.run(budget)) budget = INT64_MAX;
  return !progress.is_too_large;
}

static Encoding counted(Term t, const EncodeOptions& options) {
  Encoding encoding(t, options, EncodeGoal::Size);
  int64_t budget = INT64_MAX;
  while (!encoding.step(budget)) budget = INT64_MAX;
  return encoding;
}

size_t encoded_size(Term t, const EncodeOptions& options) { return counted(t, options).size(); }

bool is_representable(Term t) { return counted(t, {}).is_representable(); }

}  // namespace athanor::external
