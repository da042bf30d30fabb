// SPDX-License-Identifier: Apache-2.0
#include "term/identifier.hpp"

#include <algorithm>

namespace athanor {
namespace {

template <class T>
int order(T a, T b) {
  return a == b ? 0 : a < b ? -1 : 1;
}

int compare_nodes(NodeId a, NodeId b) {
  if (!(a.name == b.name)) return compare_atoms(a.name, b.name);
  return order(a.creation, b.creation);
}

}  // namespace

ReferenceNumbers reference_numbers(Term reference) {
  const Term* box = reference.pointer();
  ReferenceNumbers result;
  if (header_kind(box->raw) != BoxedKind::ExternalReference) {
    result.count = 3;
    result.numbers[0] = static_cast<uint32_t>(box[1].raw);
    result.numbers[1] = static_cast<uint32_t>(box[1].raw >> 32);
    result.numbers[2] = static_cast<uint32_t>(box[2].raw);
    return result;
  }
  result.count = static_cast<uint32_t>(std::min<Word>(box[2].raw, kMaxReferenceNumbers));
  for (uint32_t i = 0; i < result.count; ++i) {
    result.numbers[i] = static_cast<uint32_t>(box[3 + i / 2].raw >> (32 * (i % 2)));
  }
  return result;
}

int compare_atoms(Term a, Term b) {
  if (a == b) return 0;
  const AtomTable& table = atom_table();
  uint32_t x = table.order_prefix(a), y = table.order_prefix(b);
  if (x != y) return x < y ? -1 : 1;
  return order(table.text(a).compare(table.text(b)), 0);
}

int compare_pids(Term a, Term b) {
  if (int r = order(pid_serial(a), pid_serial(b)); r != 0) return r;
  if (int r = order(pid_id(a), pid_id(b)); r != 0) return r;
  return compare_nodes(node_of(a), node_of(b));
}

int compare_ports(Term a, Term b) {
  if (int r = compare_nodes(node_of(a), node_of(b)); r != 0) return r;
  return order(port_id(a), port_id(b));
}

int compare_references(Term a, Term b) {
  if (int r = compare_nodes(node_of(a), node_of(b)); r != 0) return r;
  ReferenceNumbers x = reference_numbers(a), y = reference_numbers(b);  // missing numbers are zeros
  for (size_t i = kMaxReferenceNumbers; i-- > 0;) {
    if (x.numbers[i] != y.numbers[i]) return x.numbers[i] < y.numbers[i] ? -1 : 1;
  }
  return 0;
}

}  // namespace athanor
