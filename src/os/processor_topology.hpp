// SPDX-License-Identifier: Apache-2.0
// Where each logical processor sits: NUMA node, processor (package), core, hardware thread.
#pragma once

#include <compare>
#include <string>
#include <vector>

namespace athanor::os {

// Ids as the system (or a user) gives them; -1: there is no such level. A node stands around its processors (node), or inside one (processor_node).
struct ProcessorPlace {
  int node = -1, processor = -1, processor_node = -1, core = -1, thread = -1, logical = -1;
  auto operator<=>(const ProcessorPlace&) const = default;
};

// Ordered by processor, node, core, thread. Empty: the system does not tell, or tells less than there is. `devices` is for tests.
std::vector<ProcessorPlace> detect_topology(const std::string& devices = "/sys/devices/system");

}  // namespace athanor::os
