// SPDX-License-Identifier: Apache-2.0
// Pids, ports and references as numbers of a node, whether they are local or not.
#pragma once

#include <cstdint>

#include "term/boxed.hpp"
#include "term/context.hpp"

namespace athanor {

// OTP: of a local pid's 28 bits the low 15 are its number, the others its serial.
constexpr uint32_t kPidIdBits = 15;
constexpr uint32_t kPidSerialBits = 13;
constexpr uint32_t kPortBits = 28;
constexpr uint32_t kReferenceFirstBits = 18;  // of the first number of a local reference

struct NodeId {
  Term name;
  uint32_t creation = 0;
};
inline NodeId local_node() { return {current_term_context->node_name, current_term_context->creation}; }
inline NodeId node_of(Term identifier) {  // a pid, port or reference
  if (identifier.is_boxed()) {
    BoxedKind kind = boxed_kind(identifier);
    if (kind == BoxedKind::ExternalPid || kind == BoxedKind::ExternalPort || kind == BoxedKind::ExternalReference) {
      const auto* node = reinterpret_cast<const Node*>(identifier.pointer()[1].raw);
      return {node->name, node->creation};
    }
  }
  return local_node();
}

inline uint32_t pid_id(Term pid) {
  if (pid.is_local_pid()) return pid.pid_number() & ((1u << kPidIdBits) - 1);
  return static_cast<uint32_t>(pid.pointer()[2].raw);
}
inline uint32_t pid_serial(Term pid) {
  if (pid.is_local_pid()) return pid.pid_number() >> kPidIdBits;
  return static_cast<uint32_t>(pid.pointer()[2].raw >> 32);
}
inline uint64_t port_id(Term port) { return port.is_local_port() ? port.port_number() : port.pointer()[2].raw; }

constexpr size_t kMaxReferenceNumbers = 5;
struct ReferenceNumbers {
  uint32_t count = 0;
  uint32_t numbers[kMaxReferenceNumbers] = {};
};
ReferenceNumbers reference_numbers(Term reference);

int compare_atoms(Term a, Term b);
int compare_pids(Term a, Term b);
int compare_ports(Term a, Term b);
int compare_references(Term a, Term b);

}  // namespace athanor
