// SPDX-License-Identifier: Apache-2.0
// What can be tried without a machine: the list of functions against the header, queues, output vectors, handles.
#include <cstring>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>

#include "bif/bif.hpp"
#include "driver/queue.hpp"
#include "term/testing.hpp"

namespace athanor::driver {
namespace {

TEST(DriverFunctions, AreThoseOfTheHeader) {
  std::ifstream in(ATH_DRIVER_HEADER);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  ASSERT_FALSE(text.empty());
  std::string code;   // without comments
  for (size_t at = 0; at < text.size();) {
    const size_t begin = text.find("/*", at);
    code += text.substr(at, begin - at);
    if (begin == std::string::npos) break;
    at = text.find("*/", begin) + 2;
  }
  const std::set<std::string> ours{
#define DRIVER_FUNCTION(name) #name,
#include "driver/functions.def"
#undef DRIVER_FUNCTION
  };
  std::set<std::string> theirs{"dtrace_drvport_str"};
  for (size_t at = code.find("\nEXTERN "); at != std::string::npos; at = code.find("\nEXTERN ", at + 1)) {
    const std::string head = code.substr(at + 1, code.find('(', at) - at - 1);
    const size_t end = head.find_last_not_of(" \t\n");
    theirs.insert(head.substr(head.find_last_of(" *\n", end) + 1, end - head.find_last_of(" *\n", end)));
  }
  EXPECT_EQ(ours, theirs);
}

std::string text_of(Queue& queue) {
  std::string all;
  for (int i = 0; i < queue.length(); ++i) all.append(queue.vectors()[i].iov_base, queue.vectors()[i].iov_len);
  return all;
}

TEST(Queue, BothEnds) {
  Queue queue;
  queue.add(Queue::End::Back, "middle", 6, nullptr);
  queue.add(Queue::End::Front, "front", 5, nullptr);
  queue.add(Queue::End::Back, "", 0, nullptr);
  OffHeapBinary* binary = OffHeapBinary::create(3);
  std::memcpy(binary->data(), "end", 3);
  queue.add(Queue::End::Back, binary->data() + 1, 2, binary);
  EXPECT_EQ(binary->references.load(), 2u);
  EXPECT_EQ(text_of(queue), "frontmiddlend");
  EXPECT_EQ(queue.length(), 3);
  EXPECT_FALSE(queue.drop(14));
  EXPECT_TRUE(queue.drop(7));
  EXPECT_EQ(text_of(queue), "ddlend");
  queue.add(Queue::End::Front, "again", 5, nullptr);
  EXPECT_EQ(text_of(queue), "againddlend");
  EXPECT_TRUE(queue.drop(11));
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_EQ(queue.length(), 0);
  EXPECT_EQ(binary->references.load(), 1u);
  binary->release();
}

TEST(Queue, ItsOwnVectorAgain) {
  Queue queue;
  for (int i = 0; i < 40; ++i) queue.add(Queue::End::Back, "0123456789", 10, nullptr);
  std::string expected = text_of(queue);
  for (int i = 0; i < 4; ++i) {
    const ErlIOVec own{queue.length(), queue.size(), queue.vectors(), queue.binaries()};
    EXPECT_FALSE(queue.add(Queue::End::Back, own, queue.size() + 1));
    EXPECT_TRUE(queue.add(i % 2 ? Queue::End::Front : Queue::End::Back, own, 5));
    expected = i % 2 ? expected.substr(5) + expected : expected + expected.substr(5);
  }
  EXPECT_EQ(text_of(queue), expected);
  EXPECT_EQ(queue.size(), expected.size());
  EXPECT_TRUE(queue.drop(queue.size()));
}

TEST(Queue, ManyTakenOneByOne) {
  Queue queue;
  size_t next = 0;
  for (int i = 0; i < 1000; ++i) {
    const char byte = static_cast<char>('a' + i % 26);
    queue.add(Queue::End::Back, &byte, 1, nullptr);
    if (i % 3 == 0) continue;
    ASSERT_EQ(*queue.vectors()[0].iov_base, static_cast<char>('a' + next++ % 26));
    ASSERT_TRUE(queue.drop(1));
  }
  EXPECT_EQ(queue.size(), 1000 - next);
}

TEST(OutputVector, SharesWhatIsLongAndGathersTheRest) {
  testing::TestContext context;
  testing::TestHeap heap;
  const Term large = binary::from_text(heap, std::string(1000, 'L'));
  const Term part = binary::part(heap, large, 8, 8 * 500);
  const Term items[] = {Term::small('a'), binary::from_text(heap, "bc"), large, part, Term::small('z')};
  OutputVector vector;
  ASSERT_TRUE(vector.read(bif::make_list(heap, items, 5, binary::from_text(heap, "tail"))));
  const ErlIOVec& given = *vector.get();
  ASSERT_EQ(given.vsize, 5);
  EXPECT_EQ(given.size, 3u + 1000 + 500 + 5);
  EXPECT_EQ(given.iov[0].iov_base, nullptr);
  EXPECT_EQ(given.binv[0], nullptr);
  EXPECT_EQ(std::string(given.iov[1].iov_base, given.iov[1].iov_len), "abc");
  EXPECT_EQ(given.binv[1], given.binv[4]);
  EXPECT_EQ(given.iov[3].iov_base, given.iov[2].iov_base + 1);
  EXPECT_EQ(given.binv[2], given.binv[3]);
  EXPECT_EQ(std::string(given.iov[4].iov_base, given.iov[4].iov_len), "ztail");
  OutputVector empty;
  ASSERT_TRUE(empty.read(Term::nil()));
  EXPECT_EQ(empty.get()->vsize, 1);
  for (const Term wrong : {Term::small(256), Term::small(-1), Term::nil()}) {
    OutputVector refused;
    const Term list = wrong.is_nil() ? bif::make_list(heap, &wrong, 1, Term::small(1)) : bif::make_list(heap, &wrong, 1);
    EXPECT_FALSE(refused.read(list));
  }
}

TEST(Handles, NameTheirPortAndNothingElse) {
  const ErlDrvPort handle = handle_of(Term::local_port(0xFFFFFFF));
  EXPECT_TRUE(is_handle(handle));
  EXPECT_EQ(number_of(handle), 0xFFFFFFFu);
  for (const intptr_t wrong : {intptr_t{0}, intptr_t{-1}, intptr_t{-2}, intptr_t{0x1000}, reinterpret_cast<intptr_t>(&handle)}) {
    EXPECT_FALSE(is_handle(reinterpret_cast<ErlDrvPort>(wrong)));
  }
}

TEST(DriverBinaries, AreOffHeapBinaries) {
  ErlDrvBinary* binary = driver_alloc_binary(100);
  EXPECT_EQ(binary->orig_size, 100);
  std::memset(binary->orig_bytes, 'x', 100);
  EXPECT_EQ(off_heap_of(binary)->data(), reinterpret_cast<uint8_t*>(binary->orig_bytes));
  EXPECT_EQ(driver_binary_inc_refc(binary), 2);
  ErlDrvBinary* longer = driver_realloc_binary(binary, 200);   // shared: a copy
  EXPECT_NE(longer, binary);
  EXPECT_EQ(longer->orig_bytes[99], 'x');
  EXPECT_EQ(driver_binary_get_refc(binary), 1);
  driver_free_binary(binary);
  driver_free_binary(longer);
  EXPECT_EQ(driver_alloc_binary(size_t{1} << 60), nullptr);
}

TEST(DriverBinariesDeathTest, NullIsNamed) { EXPECT_DEATH(driver_binary_inc_refc(nullptr), "misuses driver_binary_inc_refc: the binary is null"); }

}  // namespace
}  // namespace athanor::driver
