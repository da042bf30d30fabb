// SPDX-License-Identifier: Apache-2.0
// Bytes are the stock VM's (release 25).
#include "term/external/external.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "term/binary.hpp"
#include "term/compare.hpp"
#include "term/external/decoder.hpp"
#include "term/print.hpp"
#include "term/testing.hpp"

namespace athanor::external {
namespace {

using athanor::testing::TestContext;
using athanor::testing::TestHeap;

template <size_t N>
std::string raw(const char (&text)[N]) { return {text, N - 1}; }

// Has room for so many words and notes whether that was enough.
class ExactHeap final : public Allocator {
 public:
  explicit ExactHeap(size_t words) : words_(std::make_unique<Term[]>(words + kReserveWords)) {
    top_ = words_.get();
    limit_ = top_ + words + kReserveWords;
  }
  ~ExactHeap() { more_.off_heap() = off_heap_; }   // freed with what it made itself
  bool was_enough() const { return more_.words() == 0; }
  size_t left() const { return static_cast<size_t>(limit_ - top_) - kReserveWords; }

 protected:
  Term* grow(size_t words) override { return more_.allocate(words); }

 private:
  std::unique_ptr<Term[]> words_;
  TestHeap more_;   // frees what boxes in words_ hold: it goes first
};

struct External : ::testing::Test {
  Decoded decode_bytes(const std::string& bytes, DecodeOptions options = {}) {
    return decode(heap, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), options);
  }
  std::string encode_term(Term t, EncodeOptions options = {}) {
    std::string out;
    encode(t, options, out);
    return out;
  }
  TestContext context;
  TestHeap heap;
};

TEST_F(External, RoundTripsAndPrints) {
  const std::pair<std::string, std::string> cases[] = {
      {raw("\x83" "a\xff"), "255"},
      {raw("\x83" "b\x80\0\0\0"), "-2147483648"},
      {raw("\x83" "n\4\0\0\0\0\x80"), "2147483648"},
      {raw("\x83" "d\0\1\xe5"), "å"},
      {raw("\x83" "w\2\xce\xbb"), "'λ'"},
      {raw("\x83" "M\0\0\0\3\3\1\2\xa0"), "<<1,2,5:3>>"},
      {raw("\x83" "l\0\0\0\2a\1a\2a\3"), "[1,2|3]"},
      {raw("\x83" "l\0\0\0\3a\1a\2d\0\1aj"), "[1,2,a]"},
      {raw("\x83" "k\0\3a\"b"), "\"a\\\"b\""},
      {raw("\x83" "t\0\0\0\2a\1jd\0\1ah\0"), "#{1=>[],a=>{}}"},
      {raw("\x83" "qd\0\5listsd\0\3mapa\2"), "fun lists:map/2"},
      {raw("\x83" "Xd\0\015nonode@nohost\0\0\0\11\0\0\0\0\0\0\0\0"), "<0.9.0>"},
      {raw("\x83" "Zd\0\3xx\0"), ""},
  };
  for (const auto& [bytes, text] : cases) {
    Decoded decoded = decode_bytes(bytes);
    if (text.empty()) {
      EXPECT_TRUE(decoded.term.is_none());
      continue;
    }
    ASSERT_FALSE(decoded.term.is_none()) << text;
    EXPECT_EQ(decoded.used, bytes.size());
    EXPECT_EQ(to_text(decoded.term), text);
    EXPECT_EQ(encode_term(decoded.term), bytes) << text;
    EXPECT_EQ(encoded_size(decoded.term, {}), bytes.size());
    for (size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_TRUE(decode_bytes(bytes.substr(0, cut)).term.is_none());
  }
}

TEST_F(External, RejectsWhatTheStockVmRejects) {
  for (const std::string& bytes : {
           raw("\x83" "F\x7f\xf0\0\0\0\0\0\0"),          // infinity
           raw("\x83" "M\0\0\0\1\0\0"), raw("\x83" "M\0\0\0\1\11\0"),
           raw("\x83" "t\0\0\0\2a\1a\1a\1a\2"),          // a key twice
           raw("\x83" "w\1\xff"), raw("\x83" "R\0"),     // no UTF-8; atom cache
           raw("\x83" "i\x7f\xff\xff\xff"), raw("\x83" "l\xff\xff\xff\xff"), raw("\x83" "o\xff\xff\xff\xff\0"),
           raw("\x82" "j"), raw("\x83" "P\0\0\0\1xxxx"), std::string()}) {
    EXPECT_TRUE(decode_bytes(bytes).term.is_none());
  }
  EXPECT_LT(heap.words(), 100'000u);
}

TEST_F(External, SafeMakesNoAtoms) {
  EXPECT_TRUE(decode_bytes(raw("\x83" "d\0\7newatom"), {.safe = true}).term.is_none());
  EXPECT_TRUE(atom_table().find("newatom").is_none());
  EXPECT_FALSE(decode_bytes(raw("\x83" "d\0\2ok"), {.safe = true}).term.is_none());
}

TEST_F(External, Compressed) {
  Term list = Term::nil();
  for (int i = 0; i < 100; ++i) list = make_cons(heap.allocate(2), Term::small('a'), list);
  std::string bytes = encode_term(list, {.compression_level = 6});
  EXPECT_EQ(bytes, raw("\x83P\0\0\0\x67\x78\x9c\xcb\x66\x48\x49\xa4\x03\0\0\xcc\xcb\x26\xb4"));
  Decoded decoded = decode_bytes(bytes + "trailing");
  EXPECT_TRUE(equal_exact(decoded.term, list));
  EXPECT_EQ(decoded.used, bytes.size());
}

TEST_F(External, DepthCostsNoStack) {
  std::string bytes = "\x83";
  for (int i = 0; i < 200'000; ++i) bytes += raw("h\1");
  bytes += "j";
  Decoded decoded = decode_bytes(bytes);
  ASSERT_FALSE(decoded.term.is_none());
  EXPECT_EQ(encode_term(decoded.term), bytes);
  EXPECT_EQ(compare(decoded.term, decode_bytes(bytes).term), 0);
  EXPECT_EQ(to_text(decoded.term).size(), 400'002u);
}

// The smallest steps give what one step gives.
TEST_F(External, StepByStep) {
  std::string large(200'000, 'x');
  std::vector<Term> items;
  for (int i = 0; i < 300; ++i) items.push_back(Term::small(i * 1000));
  Term list = Term::nil();
  for (Term item : items) list = make_cons(heap.allocate(2), item, list);
  Term* tuple = heap.allocate(5);
  tuple[0].raw = tuple_header(4);
  tuple[1] = list;
  tuple[2] = binary::from_text(heap, large);
  tuple[3] = binary::from_bits(heap, reinterpret_cast<const uint8_t*>(large.data()), 3, 8 * 150'000 + 5);
  tuple[4] = make_cons(heap.allocate(2), atoms::ok, atoms::error);
  const Term whole = Term::boxed(tuple);
  for (int level : {0, 6}) {
    EncodeOptions options;
    options.compression_level = level;
    const std::string expected = encode_term(whole, options);
    Encoding begun(whole, options);
    int64_t budget = 1;
    while (!begun.step(budget) && begun.size() < 1000) budget = 1;
    Encoding moved(std::move(begun));   // as into a process
    int steps = 0;
    for (budget = 1; !moved.step(budget); budget = 1) ++steps;
    EXPECT_GT(steps, 5);
    EXPECT_EQ(moved.bytes().view(), expected);

    Decoding decoding(heap, reinterpret_cast<const uint8_t*>(expected.data()), expected.size(), {});
    budget = 1;
    (void)decoding.step(budget);
    Decoding elsewhere(std::move(decoding));
    for (budget = 1; !elsewhere.step(budget); budget = 1) ++steps;
    EXPECT_EQ(elsewhere.result().used, expected.size());
    EXPECT_TRUE(equal_exact(elsewhere.result().term, whole));
    // Cut short it fails, in steps too.
    Decoding cut(heap, reinterpret_cast<const uint8_t*>(expected.data()), expected.size() - 1, {});
    for (budget = 1; !cut.step(budget); budget = 1) {
    }
    EXPECT_TRUE(cut.result().term.is_none());
  }
  Encoding size(whole, {}, EncodeGoal::Size);
  int64_t budget = INT64_MAX;
  ASSERT_TRUE(size.step(budget));
  EXPECT_EQ(size.size(), encode_term(whole).size());
}

// One step each time, and the bytes elsewhere when the room is there.
TEST_F(External, IsSizedAndThenBuiltInRoom) {
  std::string many_pairs = raw("\x83" "t\0\0\1\0"), list = raw("\x83" "l\0\0\1\0");
  for (int i = 0; i < 256; ++i) {
    many_pairs += raw("b\0\0\1") + static_cast<char>(i) + raw("h\1a\1");
    list += raw("h\2k\0\2abj");
  }
  list += "j";
  const std::string header(100, 'x');
  const std::string cases[] = {
      raw("\x83" "a\xff"), raw("\x83" "n\x9\1\1\2\3\4\5\6\7\x8\x9"), raw("\x83" "M\0\0\0\3\3\1\2\xa0"), raw("\x83" "m\0\0\0\x64") + header,
      raw("\x83" "l\0\0\0\2F\0\0\0\0\0\0\0\0a\2a\3"), raw("\x83" "k\0\3a\"b"), raw("\x83" "t\0\0\0\2a\1jd\0\1ah\0"),
      raw("\x83" "qd\0\5listsd\0\3mapa\2"), raw("\x83" "Xd\0\1x\0\0\0\11\0\0\0\0\0\0\0\0"), raw("\x83" "Zd\0\3xx\0"), many_pairs, list};
  for (const std::string& bytes : cases) {
    SCOPED_TRACE(&bytes - cases);
    const std::string copy = bytes;
    Sizing sizing(reinterpret_cast<const uint8_t*>(bytes.data()) + 1, bytes.size() - 1);
    int64_t budget = 1;
    while (!sizing.step(budget)) budget = 1;
    EXPECT_LE(sizing.words(), Sizing::kMostWordsPerByte * (bytes.size() - 1));
    ExactHeap exact(sizing.words());
    Decoding decoding(exact, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), {.room = 0});
    for (budget = 1; !decoding.step(budget); budget = 1) {}
    EXPECT_EQ(decoding.room_wanted(), sizing.words());
    if (decoding.room_wanted() != 0) {
      EXPECT_TRUE(decoding.result().term.is_none());
      decoding.build_in_room(reinterpret_cast<const uint8_t*>(copy.data()));
      for (budget = 1; !decoding.step(budget); budget = 1) {}
    }
    EXPECT_TRUE(exact.was_enough());
    const Term expected = decode_bytes(bytes).term;
    ASSERT_EQ(decoding.result().term.is_none(), expected.is_none());
    if (!expected.is_none()) EXPECT_TRUE(equal_exact(decoding.result().term, expected));
  }
}

// What bytes only claim is no reason to make room.
TEST_F(External, ClaimsAreSizedAsFarAsThereAreBytes) {
  for (const std::string& bytes : {raw("l\xff\xff\xff\xff" "aaaa"), raw("i\xff\xff\xff\xff"), raw("t\x7f\xff\xff\xff" "jj"), raw("k\xff\xff" "x"), raw("m\xff\xff\xff\xff"),
                                   raw("o\xff\xff\xff\xff\0"), raw("p\0\0\0\0\0................\0\0\0\0\xff\xff\xff\xff"), raw("h\3l\x10\0\0\0j")}) {
    Sizing sizing(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    int64_t budget = INT64_MAX;
    ASSERT_TRUE(sizing.step(budget));
    EXPECT_LE(sizing.words(), Sizing::kMostWordsPerByte * bytes.size());
  }
}

}  // namespace
}  // namespace athanor::external
