// SPDX-License-Identifier: Apache-2.0
// Properties of the collector: random terms, kept as roots and on the stack, look the same after any number of collections.
#include "heap/collector/collector.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "heap/copy.hpp"
#include "heap/literal_area.hpp"
#include "heap/off_heap.hpp"
#include "term/boxed.hpp"

namespace athanor::heap {
namespace {

struct Roots final : RootSource {
  std::vector<Term> slots;
  void visit_roots(RootVisitor& visitor) override { visitor.visit(slots.data(), slots.size()); }
};

struct Counted final : MagicObject {
  explicit Counted(int& live) : live_(live) { ++live_; }
  ~Counted() override { --live_; }
  int& live_;
};

Term reference_to(Allocator& to, OffHeapBinary* binary) {   // takes the count over
  Term* box = to.allocate(6);
  box[0].raw = make_header(BoxedKind::BinaryRef, 5);
  box[1].raw = binary->size;
  box[3].raw = reinterpret_cast<Word>(binary);
  box[4].raw = reinterpret_cast<Word>(binary->data());
  box[5].raw = 0;
  off_heap_link(to.off_heap(), box);
  to.off_heap().bytes += binary->size;
  return Term::boxed(box);
}

// A text of everything a term holds; iteration order is fixed, recursion is shallow enough in these tests.
void describe(Term t, std::string& out) {
  if (t.is_list_cell()) {
    out += '[';
    describe(t.head(), out);
    out += '|';
    describe(t.tail(), out);
    out += ']';
    return;
  }
  if (!t.is_boxed()) {
    out += std::to_string(t.raw);
    return;
  }
  const Term* box = t.pointer();
  size_t arity = header_arity(box[0].raw);
  BoxedKind kind = header_kind(box[0].raw);
  out += '{' + std::to_string(static_cast<int>(kind));
  switch (kind) {
    case BoxedKind::Tuple:
      for (size_t i = 1; i <= arity; ++i) describe(box[i], out += ',');
      break;
    case BoxedKind::FlatMap:
      out += std::to_string(box[1].raw);
      for (size_t i = 2; i <= arity; ++i) describe(box[i], out += ',');
      break;
    case BoxedKind::Fun:
      for (size_t i = 3; i <= arity; ++i) describe(box[i], out += ',');
      break;
    case BoxedKind::BinaryRef: out.append(reinterpret_cast<const char*>(box[4].raw), box[1].raw); break;
    case BoxedKind::SubBinary:
      out += std::to_string(box[1].raw) + '+' + std::to_string(box[2].raw);
      describe(box[4], out += ',');
      break;
    case BoxedKind::MatchContext:
      out.append(reinterpret_cast<const char*>(box[3].raw), 3);
      describe(box[4], out += ',');
      break;
    default:
      for (size_t i = 1; i <= arity && kind != BoxedKind::MagicReference; ++i) out += std::to_string(box[i].raw);
  }
  out += '}';
}
std::string text_of(Term t) {
  std::string out;
  describe(t, out);
  return out;
}

class Maker {
 public:
  Maker(uint32_t seed, int& live) : random_(seed), live_(live) {}
  Term make(Heap& heap, const std::vector<Term>& known) {
    auto old = [&] { return known.empty() || random_() % 3 == 0 ? Term::small(static_cast<int64_t>(random_() % 1000)) : known[random_() % known.size()]; };
    switch (random_() % 10) {
      case 0:
      case 1: {
        Term head = old(), tail = old();
        return make_cons(heap.allocate(2), head, tail);
      }
      case 2: return boxed(heap, BoxedKind::Tuple, {});
      case 3: return boxed(heap, BoxedKind::Tuple, {old(), old(), old()});
      case 4: return boxed(heap, BoxedKind::FlatMap, {Term{2}, boxed(heap, BoxedKind::Tuple, {Term::small(1), Term::small(2)}), old(), old()});
      case 5: return boxed(heap, BoxedKind::Fun, {Term{8}, Term{0x201}, Term::local_pid(3), old(), old()});
      case 6: return boxed(heap, BoxedKind::Float, {Term{random_()}});
      case 7: {
        OffHeapBinary* binary = OffHeapBinary::create(100 + random_() % 500);
        std::fill_n(binary->data(), binary->size, static_cast<uint8_t>('a' + random_() % 26));
        Term reference = reference_to(heap, binary);
        return boxed(heap, BoxedKind::SubBinary, {Term{10}, Term{5}, Term{0}, reference});
      }
      case 8: {
        Term base = boxed(heap, BoxedKind::HeapBinary, {Term{16}, Term{random_()}, Term{random_()}});
        return boxed(heap, BoxedKind::MatchContext, {Term{8}, Term{128}, Term{reinterpret_cast<Word>(base.pointer() + 2)}, base});
      }
      default: {
        Term* box = heap.allocate(5);
        box[0].raw = make_header(BoxedKind::MagicReference, 4);
        box[1].raw = random_();
        box[2].raw = 1;
        box[4].raw = reinterpret_cast<Word>(static_cast<MagicObject*>(new Counted(live_)));
        off_heap_link(heap.off_heap(), box);
        return Term::boxed(box);
      }
    }
  }
  uint32_t operator()() { return random_(); }

 private:
  static Term boxed(Heap& heap, BoxedKind kind, std::initializer_list<Term> words) {
    Term* box = heap.allocate(words.size() + 1);
    box[0].raw = make_header(kind, words.size());
    size_t i = 0;
    for (Term word : words) box[++i] = word;
    return Term::boxed(box);
  }
  std::mt19937 random_;
  int& live_;
};

TEST(Collector, RandomGraphsSurvive) {
  int64_t bytes_before = OffHeapBinary::live_bytes().load();
  for (uint32_t seed = 1; seed <= 30; ++seed) {
    int live = 0;
    {
      Maker maker(seed, live);
      Heap heap;
      heap.create_block(38);
      Roots roots;
      std::vector<std::string> texts;
      for (int round = 0; round < 400; ++round) {
        Term made = maker.make(heap, roots.slots);
        if (text_of(made).size() < 400) {
          roots.slots.push_back(made);
          texts.push_back(text_of(made));
        }
        if (roots.slots.size() > 20) {
          size_t gone = maker() % roots.slots.size();
          roots.slots.erase(roots.slots.begin() + static_cast<long>(gone));
          texts.erase(texts.begin() + static_cast<long>(gone));
        }
        if (maker() % 4 != 0) continue;
        CollectRequest request;
        request.words_needed = maker() % 50;
        request.full = maker() % 10 == 0;
        request.fullsweep_after = 20;
        if (seed % 2 != 0) request.large_words = 40;   // so little is enough to be promoted together, and to be old after a full one
        size_t stack_words = heap.free_words() > 12 ? 2 : 0;   // some roots on the stack, and an address
        size_t on_stack = std::min<size_t>(stack_words ? 1 : 0, roots.slots.size());
        heap.set_stack_top(heap.end() - stack_words);
        if (stack_words) {
          heap.stack_top()[0] = on_stack ? roots.slots.back() : Term::nil();
          heap.stack_top()[1].raw = 0x1000;
        }
        std::string top_text = on_stack ? texts.back() : "";
        collect(heap, roots, request);
        EXPECT_GE(heap.free_words(), request.words_needed);
        if (on_stack) EXPECT_EQ(text_of(heap.stack_top()[0]), top_text);
        heap.set_stack_top(heap.end());
        ASSERT_EQ(heap.fragments_, nullptr);
        for (size_t i = 0; i < texts.size(); ++i) ASSERT_EQ(text_of(roots.slots[i]), texts[i]) << "seed " << seed << " round " << round;
      }
      compact(heap, roots, nullptr);
      for (size_t i = 0; i < texts.size(); ++i) ASSERT_EQ(text_of(roots.slots[i]), texts[i]);
      roots.slots.clear();
      compact(heap, roots, nullptr);
      EXPECT_EQ(live, 0) << "what is not reached gives up its counts";
      EXPECT_LE(heap.block_words(), 38u);
    }
    EXPECT_EQ(live, 0);
  }
  EXPECT_EQ(OffHeapBinary::live_bytes().load(), bytes_before);
}

TEST(Collector, LongListsAndDeepTuplesNeedNoStack) {
  Heap heap;
  heap.create_block(38);
  Roots roots;
  Term list = Term::nil(), deep = Term::nil();
  for (int i = 0; i < 300000; ++i) {
    list = make_cons(heap.allocate(2), Term::small(i), list);
    Term* box = heap.allocate(2);
    box[0].raw = tuple_header(1);
    box[1] = deep;
    deep = Term::boxed(box);
  }
  roots.slots = {list, deep};
  for (int i = 0; i < 5; ++i) {
    CollectRequest request;
    request.words_needed = 100;
    collect(heap, roots, request);
  }
  size_t length = 0;
  for (Term t = roots.slots[0]; t.is_list_cell(); t = t.tail()) ++length;
  EXPECT_EQ(length, 300000u);
  EXPECT_EQ(flat_words(roots.slots[1], nullptr), 600000u);
  Parcel parcel = pack(roots.slots[1], nullptr);
  EXPECT_EQ(flat_words(parcel.term, nullptr), 600000u);
  discard(parcel);
}

// A list of `cells` more cells in front of the one in slot 0, with room found as an engine finds it.
void build(Heap& heap, Roots& roots, const CollectRequest& request, size_t cells) {
  for (size_t i = 0; i < cells; ++i) {
    if (heap.free_words() < 2 + Allocator::kReserveWords) collect(heap, roots, request);
    roots.slots[0] = make_cons(heap.allocate(2), Term::small(static_cast<int64_t>(i)), roots.slots[0]);
  }
}

size_t old_words(const Heap& heap) { return static_cast<size_t>(heap.old_top_ - heap.old_start_); }
size_t young_words(const Heap& heap) { return static_cast<size_t>(heap.top() - heap.start()); }

TEST(Collector, WhatSurvivesTogetherIsPromotedTogether) {
  Heap heap;
  heap.create_block(30000);
  Roots roots;
  roots.slots = {Term::nil()};
  CollectRequest request;
  build(heap, roots, request, 10000);
  collect(heap, roots, request);
  EXPECT_EQ(old_words(heap), 0u) << "what survived once may die yet";
  build(heap, roots, request, 1000);
  collect(heap, roots, request);
  EXPECT_EQ(old_words(heap), 22000u);
  EXPECT_EQ(young_words(heap), 0u);
  EXPECT_EQ(collect(heap, roots, request).reductions, 1u) << "nothing is left to copy";
  // Where little survives, it is looked at once more before it is promoted.
  request.words_needed = 100;
  for (int i = 0; i < 1000; ++i) make_cons(heap.allocate(2), Term::nil(), Term::nil());
  roots.slots[0] = make_cons(heap.allocate(2), Term::nil(), roots.slots[0]);
  collect(heap, roots, request);
  collect(heap, roots, request);
  build(heap, roots, request, 10);
  collect(heap, roots, request);
  EXPECT_EQ(young_words(heap), 20u);
}

TEST(Collector, WhatAFullCollectionLeavesIsCopiedOnce) {
  Heap heap;
  heap.create_block(2000);
  Roots roots;
  roots.slots = {Term::nil()};
  CollectRequest request;
  while (!is_full_due(heap, request)) build(heap, roots, request, 500);
  collect(heap, roots, request);
  size_t length = 0;
  for (Term t = roots.slots[0]; t.is_list_cell(); t = t.tail()) ++length;
  EXPECT_EQ(old_words(heap), 2 * length);
  EXPECT_EQ(young_words(heap), 0u);
  EXPECT_GE(static_cast<size_t>(heap.old_end_ - heap.old_top_), 2 * length) << "room for as much again";
  EXPECT_EQ(collect(heap, roots, request).reductions, 1u);
  // One that was asked for leaves one block, as small as can be; so does one of a heap that may not grow.
  request.full = true;
  collect(heap, roots, request);
  EXPECT_EQ(old_words(heap), 0u);
  EXPECT_EQ(young_words(heap), 2 * length);
  EXPECT_EQ(heap.old_start_, nullptr);
}

#ifndef ATH_STRESS   // which wants collections, and small blocks for them
TEST(Collector, WhoCollectsAgainAndAgainHasMoreRoom) {
  Heap heap;
  heap.create_block(38);
  Roots roots;
  CollectRequest request;
  request.words_needed = 20;
  collect(heap, roots, request);
  EXPECT_EQ(heap.block_words(), 38u) << "little is needed so far";
  collect(heap, roots, request);
  EXPECT_EQ(heap.block_words(), 233u);
  for (int i = 0; i < 100; ++i) collect(heap, roots, request);
  EXPECT_EQ(heap.block_words(), 2586u);
  request.full = true;
  collect(heap, roots, request);
  EXPECT_LT(heap.block_words(), 100u);
  request.full = false;
  request.max_words = 5000;
  for (int i = 0; i < 100; ++i) collect(heap, roots, request);
  EXPECT_LT(heap.block_words(), 100u);
}
#endif

TEST(Collector, SizesOfHeapsGrow) {
  size_t size = next_heap_size(0);
  EXPECT_EQ(size, 12u);
  EXPECT_EQ(next_heap_size(39), 51u);
  for (int i = 0; i < 100; ++i) {
    const size_t next = next_heap_size(size + 1);
    ASSERT_GT(next, size);
    ASSERT_EQ(next_heap_size(size), size);
    ASSERT_EQ(next_heap_size(next - 1), next);
    ASSERT_EQ(next_heap_size(size + (next - size) / 2 + 1), next);
    size = next;
  }
  EXPECT_EQ(next_heap_size(~size_t{0}), ~size_t{0});
}

TEST(Collector, LimitedHeapsTakeNoMoreThanTheyNeed) {
  Heap heap;
  heap.create_block(2000);
  Roots roots;
  roots.slots = {Term::nil()};
  CollectRequest request;
  request.max_words = 1000000;
  for (int i = 0; i < 100; ++i) {
    build(heap, roots, request, 500);
    ASSERT_FALSE(heap.promote_next_);
  }
  EXPECT_LT(heap.total_words(), 600000u);
  // A limit that comes when all that survives was to be promoted.
  request.max_words = 0;
  while (!heap.promote_next_) build(heap, roots, request, 500);
  request.max_words = 1000000;
  const size_t aged = static_cast<size_t>(heap.high_water_ - heap.start_), old = old_words(heap);
  if (!is_full_due(heap, request)) {
    collect(heap, roots, request);
    EXPECT_EQ(old_words(heap), old + aged);
  }
  EXPECT_FALSE((collect(heap, roots, request), heap.promote_next_));
}

TEST(Collector, LiteralsStayUnlessEvacuated) {
  LiteralSpace space;
  auto area = std::make_unique<LiteralArea>(space);
  Term* cell = area->allocate(2);
  Term literal = make_cons(cell, Term::small(7), Term::nil());
  Heap heap;
  heap.create_block(38);
  Roots roots;
  roots.slots = {literal, make_cons(heap.allocate(2), literal, Term::nil())};
  CollectRequest request;
  request.literals = &space;
  collect(heap, roots, request);
  EXPECT_EQ(roots.slots[0], literal);
  EXPECT_EQ(roots.slots[1].head(), literal);
  request.evacuate = area.get();
  collect(heap, roots, request);
  EXPECT_FALSE(space.contains(roots.slots[0]));
  EXPECT_EQ(roots.slots[1].head(), roots.slots[0]);
  area.reset();
  EXPECT_EQ(roots.slots[0].head(), Term::small(7));
  EXPECT_EQ(space.used_bytes(), 0u);
}

// Large binaries that stay alive are no reason to copy all terms again and again.
TEST(Collector, LivingBinariesAskForFewFullCollections) {
  Heap heap;
  heap.create_block(233);
  Roots roots;
  CollectRequest request;
  request.min_binary_bytes = Heap::kMinBinaryBytes;
  int full = 0;
  for (int i = 0; i < 60; ++i) {
    roots.slots.push_back(reference_to(heap, OffHeapBinary::create(Heap::kMinBinaryBytes)));
    const uint32_t before = heap.minor_collections_;
    collect(heap, roots, request);
    if (heap.minor_collections_ <= before) ++full;
  }
  EXPECT_LT(full, 12);
  roots.slots.clear();
  for (int i = 0; i < 3; ++i) collect(heap, roots, request);
  const uint64_t left = heap.old_off_heap_.bytes;
  for (int i = 0; i < 200 && heap.old_off_heap_.bytes > left / 2; ++i) {   // what has died there goes, if later
    roots.slots = {reference_to(heap, OffHeapBinary::create(Heap::kMinBinaryBytes))};
    collect(heap, roots, request);
    collect(heap, roots, request);
  }
  EXPECT_LE(heap.old_off_heap_.bytes, left / 2);
}

// A batch that was dropped is found before another of its size is complete, be the batch before it alive or not: what is dropped soon is still in the processor's cache.
TEST(Collector, DroppedBinariesAreFoundBeforeAsManyCome) {
  constexpr uint64_t kPiece = Heap::kMinBinaryBytes;
  constexpr int kPieces = 12;
  for (const bool whole : {false, true}) {
    Heap heap;
    heap.create_block(233);
    Roots roots;
    CollectRequest request;
    const auto batch = [&] {
      int pieces = 0;
      for (; pieces < kPieces && heap.off_heap_bytes() <= heap.binary_limit_; ++pieces) roots.slots.push_back(reference_to(heap, OffHeapBinary::create(kPiece)));
      return pieces;
    };
    while (roots.slots.size() < kPieces) {
      batch();
      request.full = whole;
      collect(heap, roots, request);
    }
    roots.slots.clear();
    const int more = batch();
    EXPECT_GE(more, 2) << whole;   // one that holds much is not asked for each
    EXPECT_LT(more, kPieces) << whole;
    request.full = false;
    collect(heap, roots, request);
    collect(heap, roots, request);
    EXPECT_LT(heap.off_heap_bytes() + heap.old_off_heap_.bytes, 3 * kPieces * kPiece) << whole;
  }
}

TEST(Copy, PartsOfBinariesAndWritableOnes) {
  Heap heap;
  heap.create_block(233);
  OffHeapBinary* binary = OffHeapBinary::create(200);
  std::fill_n(binary->data(), 200, uint8_t{'x'});
  Term reference = reference_to(heap, binary);
  reference.pointer()[5].raw = 1;
  Term* sub = heap.allocate(5);
  sub[0].raw = make_header(BoxedKind::SubBinary, 4);
  sub[1].raw = 100;
  sub[2].raw = 7;
  sub[3].raw = Word{1} << 16;
  sub[4] = reference;
  Parcel parcel = pack(Term::boxed(sub), nullptr);
  ASSERT_TRUE(is_kind(parcel.term, BoxedKind::BinaryRef));   // a whole-byte part needs no sub-binary
  EXPECT_EQ(parcel.term.pointer()[1].raw, 100u);
  EXPECT_EQ(parcel.term.pointer()[4].raw, reinterpret_cast<Word>(binary->data() + 7));
  EXPECT_EQ(binary->references.load(), 2u);
  EXPECT_EQ(reference.pointer()[5].raw, 0u) << "shared: nobody may append in place";
  EXPECT_EQ(sub[3].raw, 0u);
  discard(parcel);
  EXPECT_EQ(binary->references.load(), 1u);
}

}  // namespace
}  // namespace athanor::heap
