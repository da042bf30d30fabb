// SPDX-License-Identifier: Apache-2.0
#include "os/processor_topology.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "os/processors.hpp"
#include "os/threads.hpp"

namespace athanor::os {
namespace {

// A folder as the system shows its devices.
class Devices : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "devices-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void put(const std::string& folder, int logical, int processor, int core) {
    const std::string topology = root_ + "/" + folder + "/cpu" + std::to_string(logical) + "/topology";
    std::filesystem::create_directories(topology);
    std::ofstream(topology + "/physical_package_id") << processor << '\n';
    std::ofstream(topology + "/core_id") << core << '\n';
  }
  std::string root_;
};

using Places = std::vector<ProcessorPlace>;

TEST_F(Devices, ThreadsOfACoreAreNumbered) {
  for (int logical = 0; logical < 4; ++logical) put("cpu", logical, 0, logical % 2);
  std::filesystem::create_directories(root_ + "/cpu/cpufreq");
  EXPECT_EQ(detect_topology(root_), (Places{{-1, 0, -1, 0, 0, 0}, {-1, 0, -1, 0, 1, 2}, {-1, 0, -1, 1, 0, 1}, {-1, 0, -1, 1, 1, 3}}));
}

TEST_F(Devices, ProcessorsStandInNodes) {
  put("node/node0", 0, 0, 0);
  put("node/node1", 1, 1, 0);
  EXPECT_EQ(detect_topology(root_), (Places{{0, 0, -1, 0, 0, 0}, {1, 1, -1, 0, 0, 1}}));
}

TEST_F(Devices, AProcessorOfSeveralNodesHasThemInside) {
  put("node/node0", 0, 0, 0);
  put("node/node1", 1, 0, 4);
  put("node/node2", 2, 1, 0);
  EXPECT_EQ(detect_topology(root_), (Places{{-1, 0, 0, 0, 0, 0}, {-1, 0, 1, 4, 0, 1}, {2, 1, -1, 0, 0, 2}}));
}

TEST_F(Devices, NothingToldIsNoTopology) { EXPECT_EQ(detect_topology(root_), Places{}); }

// The binding is the thread's own: neither the program's nor that of a thread it starts.
TEST(Binding, StaysWithTheThread) {
  const std::vector<int> allowed = allowed_processors();
  ASSERT_FALSE(allowed.empty());
  struct Seen {
    int bound = -1, cpu = -1;
    size_t while_bound = 0, inside = 0;
  } seen;
  seen.cpu = allowed.back();
  Thread thread;
  ASSERT_TRUE(thread.start("bound", [](void* raw) {
    auto& seen = *static_cast<Seen*>(raw);
    const auto own = [] {
      cpu_set_t set;
      CPU_ZERO(&set);
      sched_getaffinity(0, sizeof set, &set);
      return static_cast<size_t>(CPU_COUNT(&set));
    };
    seen.bound = bind_this_thread(seen.cpu);
    seen.while_bound = own();
    Thread inner;
    struct Inner { size_t count; decltype(own)* of; } inner_seen{0, &own};
    inner.start("inner", [](void* raw) { auto& i = *static_cast<Inner*>(raw); i.count = (*i.of)(); }, &inner_seen);
    inner.join();
    seen.inside = inner_seen.count;
  }, &seen));
  thread.join();
  EXPECT_EQ(seen.bound, 0);
  EXPECT_EQ(seen.while_bound, 1u);
  EXPECT_EQ(seen.inside, allowed.size());
  EXPECT_EQ(allowed_processors(), allowed);
}

}  // namespace
}  // namespace athanor::os
