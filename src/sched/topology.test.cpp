// SPDX-License-Identifier: Apache-2.0
// Orders are what the stock VM answered for the same topologies.
#include "sched/topology.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace athanor::sched {
namespace {

using Ids = std::vector<int>;

Topology read(std::string_view text) {
  Topology topology;
  EXPECT_EQ(read_topology(text, topology), TopologyError::None) << text;
  return topology;
}

TopologyError error_of(std::string_view text) {
  Topology topology;
  return read_topology(text, topology);
}

TEST(Topology, ReadsLevelsAndRanges) {
  EXPECT_EQ(read("L0-1t0-1c0p0n0:L3,2t0-1c1p0n0"),
            (Topology{{0, 0, -1, 0, 0, 0}, {0, 0, -1, 0, 1, 1}, {0, 0, -1, 1, 0, 3}, {0, 0, -1, 1, 1, 2}}));
  EXPECT_EQ(read("L0c0n0p0:L1C1N1P0"), (Topology{{-1, 0, 0, 0, 0, 0}, {-1, 0, 1, 1, 0, 1}}));
  EXPECT_EQ(read("L7"), (Topology{{-1, 0, -1, 0, 0, 7}}));
  EXPECT_EQ(read("L1-0c0-1"), (Topology{{-1, 0, -1, 0, 0, 1}, {-1, 0, -1, 1, 0, 0}}));
}

TEST(Topology, SaysWhatIsWrong) {
  EXPECT_EQ(error_of(""), TopologyError::Missing);
  EXPECT_EQ(error_of("L"), TopologyError::InvalidId);
  EXPECT_EQ(error_of("L65536"), TopologyError::InvalidId);
  EXPECT_EQ(error_of("L0-"), TopologyError::InvalidIdRange);
  EXPECT_EQ(error_of("L0-99999999999"), TopologyError::InvalidIdRange);
  EXPECT_EQ(error_of("L0-2c0-1"), TopologyError::InvalidIdRange);
  EXPECT_EQ(error_of("L0c0t0"), TopologyError::InvalidHierarchy);
  EXPECT_EQ(error_of("L0n0n1"), TopologyError::InvalidHierarchy);
  EXPECT_EQ(error_of("L0x1"), TopologyError::InvalidIdType);
  EXPECT_EQ(error_of("l0"), TopologyError::InvalidIdType);
  EXPECT_EQ(error_of("c0"), TopologyError::MissingLogicalId);
  EXPECT_EQ(error_of("L0,0"), TopologyError::NotUniqueLogicalIds);
  EXPECT_EQ(error_of("L0-1"), TopologyError::NotUniqueEntities);
  EXPECT_EQ(error_of("L0c0p0n0:L1c1p0n1"), TopologyError::InvalidNodes);
  EXPECT_EQ(error_of("L0c0p0n0:L1c1p1"), TopologyError::InvalidNodes);
}

TEST(Topology, BindsInTheOrderOfTheType) {
  const Topology nodes_around = read(
      "L0-1t0-1c0p0n0:L2-3t0-1c1p0n0:L4-5t0-1c0p1n0:L6-7t0-1c1p1n0:L8-9t0-1c0p2n1:L10-11t0-1c1p2n1:L12-13t0-1c0p3n1:L14-15t0-1c1p3n1");
  Ids all(16);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(bind_order(nodes_around, BindType::NoSpread), all);
  EXPECT_EQ(bind_order(nodes_around, BindType::ThreadSpread), (Ids{0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15}));
  EXPECT_EQ(bind_order(nodes_around, BindType::ProcessorSpread), (Ids{0, 4, 8, 12, 2, 6, 10, 14, 1, 5, 9, 13, 3, 7, 11, 15}));
  EXPECT_EQ(bind_order(nodes_around, BindType::Spread), (Ids{0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15}));
  EXPECT_EQ(bind_order(nodes_around, BindType::NoNodeThreadSpread), (Ids{0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15}));
  EXPECT_EQ(bind_order(nodes_around, BindType::NoNodeProcessorSpread), (Ids{0, 4, 2, 6, 1, 5, 3, 7, 8, 12, 10, 14, 9, 13, 11, 15}));
  EXPECT_EQ(bind_order(nodes_around, BindType::ThreadNoNodeProcessorSpread), (Ids{0, 4, 2, 6, 8, 12, 10, 14, 1, 5, 3, 7, 9, 13, 11, 15}));
}

TEST(Topology, NodesInsideProcessorsCountAsNodes) {
  const Topology mixed = read(
      "L0-1t0-1c0p0n0:L2-3t0-1c1p0n0:L4-5t0-1c0p1n0:L6-7t0-1c1p1n0:L8-9t0-1c0n1p2:L10-11t0-1c1n1p2:L12-13t0-1c2n2p2:L14-15t0-1c3n2p2"
      ":L16-17t0-1c0p3n3:L18-19t0-1c1p3n3:L20-21t0-1c0p4n3:L22-23t0-1c1p4n3:L24-25t0-1c0n4p5:L26-27t0-1c1n4p5:L28-29t0-1c2n5p5:L30-31t0-1c3n5p5");
  EXPECT_EQ(bind_order(mixed, BindType::ProcessorSpread), (Ids{0, 4, 8,  16, 20, 24, 2, 6, 10, 18, 22, 26, 12, 28, 14, 30,
                                                               1, 5, 9, 17, 21, 25, 3, 7, 11, 19, 23, 27, 13, 29, 15, 31}));
  EXPECT_EQ(bind_order(mixed, BindType::Spread), (Ids{0, 8, 16, 24, 4, 20, 12, 28, 2, 10, 18, 26, 6, 22, 14, 30,
                                                      1, 9, 17, 25, 5, 21, 13, 29, 3, 11, 19, 27, 7, 23, 15, 31}));
  EXPECT_EQ(bind_order(mixed, BindType::ThreadNoNodeProcessorSpread), (Ids{0, 4, 2, 6, 8, 10, 12, 14, 16, 20, 18, 22, 24, 26, 28, 30,
                                                                           1, 5, 3, 7, 9, 11, 13, 15, 17, 21, 19, 23, 25, 27, 29, 31}));
}

TEST(Topology, KnowsTypesByName) {
  BindType type = BindType::Spread;
  EXPECT_TRUE(read_bind_type("u", type));
  EXPECT_EQ(type, BindType::Unbound);
  EXPECT_TRUE(read_bind_type("db", type));
  EXPECT_EQ(type, BindType::ThreadNoNodeProcessorSpread);
  EXPECT_FALSE(read_bind_type("x", type));
}

}  // namespace
}  // namespace athanor::sched
