// SPDX-License-Identifier: Apache-2.0
#include "sched/topology.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <tuple>

namespace athanor::sched {

using os::ProcessorPlace;

// --- what is a topology ---

TopologyError check_topology(Topology& topology) {
  std::vector<int> ids;
  for (const ProcessorPlace& place : topology) ids.push_back(place.logical);
  std::sort(ids.begin(), ids.end());
  if (std::adjacent_find(ids.begin(), ids.end()) != ids.end()) return TopologyError::NotUniqueLogicalIds;
  const auto key = [](const ProcessorPlace& p) { return std::tuple(p.processor, p.node, p.processor_node, p.core, p.thread); };
  std::sort(topology.begin(), topology.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  for (size_t i = 1; i < topology.size(); ++i) {
    const ProcessorPlace& before = topology[i - 1];
    const ProcessorPlace& place = topology[i];
    if (key(before) == key(place)) return TopologyError::NotUniqueEntities;
    const bool has_nodes = topology[0].node >= 0 || topology[0].processor_node >= 0;
    if (has_nodes ? (place.node >= 0) == (place.processor_node >= 0) || (place.processor == before.processor && place.node != before.node)
                  : place.node >= 0 || place.processor_node >= 0) {
      return TopologyError::InvalidNodes;
    }
  }
  return TopologyError::None;
}

const char* topology_error_text(TopologyError error) {
  switch (error) {
    case TopologyError::None: return "";
    case TopologyError::InvalidId: return "invalid identifier";
    case TopologyError::InvalidIdRange: return "invalid identifier range";
    case TopologyError::InvalidHierarchy: return "invalid hierarchy";
    case TopologyError::InvalidIdType: return "invalid identifier type";
    case TopologyError::InvalidNodes: return "invalid nodes declaration";
    case TopologyError::MissingLogicalId: return "missing logical identifier";
    case TopologyError::NotUniqueLogicalIds: return "not unique logical identifiers";
    case TopologyError::NotUniqueEntities: return "not unique entities";
    case TopologyError::Missing: return "missing cpu topology";
  }
  return "";
}

// --- reading one ---

namespace {

// "0-3,7", from `text` on; what follows stays.
TopologyError read_ids(std::string_view& text, std::vector<int>& ids) {
  const auto read_number = [&](int& number) {
    if (text.empty() || !std::isdigit(static_cast<unsigned char>(text[0]))) return false;
    for (number = 0; !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])); text.remove_prefix(1)) {
      number = number * 10 + (text[0] - '0');
      if (number > kMostTopologyId) return false;
    }
    return true;
  };
  ids.clear();
  for (;;) {
    int first = 0, last = 0;
    if (!read_number(first)) return TopologyError::InvalidId;
    last = first;
    if (text.starts_with('-')) {
      text.remove_prefix(1);
      if (!read_number(last)) return TopologyError::InvalidIdRange;
    }
    for (int id = first; id != last; id += first < last ? 1 : -1) ids.push_back(id);
    ids.push_back(last);
    if (ids.size() > size_t{kMostTopologyId} + 1) return TopologyError::InvalidIdRange;
    if (!text.starts_with(',')) return TopologyError::None;
    text.remove_prefix(1);
  }
}

// One entry, up to ':'. Levels stand from the inside out.
TopologyError read_entry(std::string_view entry, Topology& topology) {
  enum Level { Logical, Thread, Core, ProcessorNode, Processor, Node, kLevels };
  std::array<std::vector<int>, kLevels> ids = {{{}, {0}, {0}, {-1}, {0}, {-1}}};
  int seen = -1;
  while (!entry.empty()) {
    const char letter = static_cast<char>(std::tolower(static_cast<unsigned char>(entry[0])));
    if (letter == 'l' && entry[0] == 'l') return TopologyError::InvalidIdType;
    entry.remove_prefix(1);
    Level level;
    switch (letter) {
      case 'l': level = Logical; break;
      case 't': level = Thread; break;
      case 'c': level = Core; break;
      case 'p': level = Processor; break;
      case 'n': level = seen < Processor && entry.find_first_of("pP") != entry.npos ? ProcessorNode : Node; break;
      default: return TopologyError::InvalidIdType;
    }
    if (level <= seen) return TopologyError::InvalidHierarchy;
    seen = level;
    if (const TopologyError error = read_ids(entry, ids[level]); error != TopologyError::None) return error;
  }
  const size_t count = ids[Logical].size();
  if (count == 0) return TopologyError::MissingLogicalId;
  for (const auto& of_level : ids)
    if (of_level.size() != 1 && of_level.size() != count) return TopologyError::InvalidIdRange;
  for (size_t i = 0; i < count; ++i) {
    const auto id = [&](Level level) { return ids[level][ids[level].size() == 1 ? 0 : i]; };
    topology.push_back({.node = id(Node), .processor = id(Processor), .processor_node = id(ProcessorNode), .core = id(Core), .thread = id(Thread), .logical = id(Logical)});
  }
  return TopologyError::None;
}

}  // namespace

TopologyError read_topology(std::string_view text, Topology& topology) {
  topology.clear();
  if (text.empty()) return TopologyError::Missing;
  while (!text.empty()) {
    const size_t end = std::min(text.find(':'), text.size());
    if (const TopologyError error = read_entry(text.substr(0, end), topology); error != TopologyError::None) return error;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return check_topology(topology);
}

// --- the order of binding ---

bool read_bind_type(std::string_view name, BindType& type) {
  static constexpr std::pair<std::string_view, BindType> kNames[] = {
      {"u", BindType::Unbound}, {"ns", BindType::NoSpread}, {"ts", BindType::ThreadSpread}, {"ps", BindType::ProcessorSpread}, {"s", BindType::Spread},
      {"nnts", BindType::NoNodeThreadSpread}, {"nnps", BindType::NoNodeProcessorSpread}, {"tnnps", BindType::ThreadNoNodeProcessorSpread}, {"db", kDefaultBind}};
  for (const auto& [known, its] : kNames)
    if (known == name) return type = its, true;
  return false;
}

namespace {

// Numbers the values of a level from 0, as they come.
struct Counter {
  int value = -1, number = -1;
  bool step(int next) {
    if (next == value) return false;
    value = next;
    ++number;
    return true;
  }
  void restart() { value = number = -1; }
};

enum class Nodes : uint8_t { AsTheyAre, Together };   // those inside a processor count among the others, and only so

// Ids become numbers within what they are part of, so that "the first core of each" compares as equal.
Topology number_within(Topology topology, Nodes nodes) {
  Counter processor, inside, core, thread;
  int node_value = -1, node_number = -1, node_of_inside = -1;
  for (ProcessorPlace& place : topology) {
    const ProcessorPlace raw = place;
    if (nodes == Nodes::AsTheyAre || raw.node >= 0) {
      if (raw.node != node_value) {
        node_value = raw.node;
        processor.restart();
        if (nodes == Nodes::AsTheyAre) inside.restart();
        core.restart();
        thread.restart();
        if (raw.node >= 0) ++node_number;
      }
      if (raw.node >= 0) place.node = node_number;
    }
    if (processor.step(raw.processor)) {
      if (nodes == Nodes::AsTheyAre) {
        inside.restart();
        node_of_inside = -1;
      }
      core.restart();
      thread.restart();
    }
    place.processor = processor.number;
    if (raw.processor_node < 0) {
      inside.value = -1;
    } else if (inside.step(raw.processor_node)) {
      core.restart();
      thread.restart();
      node_of_inside = ++node_number;
    }
    if (raw.processor_node >= 0) {
      place.node = node_of_inside;
      place.processor_node = nodes == Nodes::Together ? node_of_inside : inside.number;
    } else if (nodes == Nodes::AsTheyAre) {
      place.processor_node = 0;
    }
    if (core.step(raw.core)) thread.restart();
    place.core = core.number;
    thread.step(raw.thread);
    place.thread = thread.number;
  }
  return topology;
}

using Part = int ProcessorPlace::*;
constexpr Part kNode = &ProcessorPlace::node, kProcessor = &ProcessorPlace::processor, kInside = &ProcessorPlace::processor_node,
               kCore = &ProcessorPlace::core, kThread = &ProcessorPlace::thread;

struct Order {
  Nodes nodes;
  std::array<Part, 5> parts;   // what counts first
};

// A part that stands early varies slowly: with the thread first all first threads come before all second ones.
constexpr Order order_of(BindType type) {
  switch (type) {
    case BindType::Spread: return {Nodes::AsTheyAre, {kThread, kCore, kInside, kProcessor, kNode}};
    case BindType::ProcessorSpread: return {Nodes::AsTheyAre, {kThread, kInside, kCore, kNode, kProcessor}};
    case BindType::ThreadSpread: return {Nodes::AsTheyAre, {kThread, kNode, kProcessor, kInside, kCore}};
    case BindType::ThreadNoNodeProcessorSpread: return {Nodes::Together, {kThread, kNode, kCore, kProcessor, nullptr}};
    case BindType::NoNodeProcessorSpread: return {Nodes::Together, {kNode, kThread, kCore, kProcessor, nullptr}};
    case BindType::NoNodeThreadSpread: return {Nodes::Together, {kNode, kThread, kProcessor, kCore, nullptr}};
    case BindType::NoSpread:
    case BindType::Unbound: break;
  }
  return {Nodes::AsTheyAre, {kNode, kProcessor, kInside, kCore, kThread}};
}

}  // namespace

std::vector<int> bind_order(const Topology& topology, BindType type) {
  const Order order = order_of(type);
  Topology numbered = number_within(topology, order.nodes);
  std::sort(numbered.begin(), numbered.end(), [&](const ProcessorPlace& a, const ProcessorPlace& b) {
    for (Part part : order.parts)
      if (part && a.*part != b.*part) return a.*part < b.*part;
    return a.logical < b.logical;
  });
  std::vector<int> ids;
  for (const ProcessorPlace& place : numbered) ids.push_back(place.logical);
  return ids;
}

}  // namespace athanor::sched
