// SPDX-License-Identifier: Apache-2.0
// Processor topologies: what a user may say they are (+sct, system_flag(cpu_topology, _)), and in which order schedulers are bound to them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "os/processor_topology.hpp"

namespace athanor::sched {

using Topology = std::vector<os::ProcessorPlace>;

enum class TopologyError : uint8_t {
  None, InvalidId, InvalidIdRange, InvalidHierarchy, InvalidIdType, InvalidNodes, MissingLogicalId, NotUniqueLogicalIds, NotUniqueEntities, Missing
};
constexpr int kMostTopologyId = 65535;

// Puts it in order: by processor, node, core, thread. Each logical id once, each place once, and nodes everywhere or nowhere.
TopologyError check_topology(Topology& topology);
// "L0-1t0-1c0p0n0:L2-3…": `topology` is checked.
TopologyError read_topology(std::string_view text, Topology& topology);
const char* topology_error_text(TopologyError error);

// erlang:system_flag(scheduler_bind_type, _)
enum class BindType : uint8_t {
  Unbound, NoSpread, ThreadSpread, ProcessorSpread, Spread, NoNodeThreadSpread, NoNodeProcessorSpread, ThreadNoNodeProcessorSpread
};
constexpr BindType kDefaultBind = BindType::ThreadNoNodeProcessorSpread;

// +sbt's name of a type. False: there is none.
bool read_bind_type(std::string_view name, BindType& type);
// Logical ids in the order in which schedulers get them; of a checked topology. Not for Unbound.
std::vector<int> bind_order(const Topology& topology, BindType type);

}  // namespace athanor::sched
