// SPDX-License-Identifier: Apache-2.0
#include "machine/processors.hpp"

#include "os/processors.hpp"

namespace athanor {

ProcessorCounts processor_counts() {
  return {static_cast<uint32_t>(os::configured_processors()), static_cast<uint32_t>(os::usable_processors())};
}

std::string check_cpu_topology(const std::string& text) {
  sched::Topology topology;
  return sched::topology_error_text(sched::read_topology(text, topology));
}

bool has_cpu_topology() { return !os::detect_topology().empty(); }

bool is_scheduler_bind_type(const std::string& name) {
  sched::BindType type;
  return sched::read_bind_type(name, type);
}

sched::Bindings::Options machine::binding_options(const MachineOptions& options) {
  sched::Bindings::Options result;
  if (!options.cpu_topology.empty() && sched::read_topology(options.cpu_topology, result.defined) != sched::TopologyError::None) result.defined.clear();
  (void)sched::read_bind_type(options.scheduler_bind_type, result.type);
  result.skips_detection = options.skips_cpu_topology || !result.defined.empty();   // OTP: who defines one knows better
  return result;
}

}  // namespace athanor
