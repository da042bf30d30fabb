// SPDX-License-Identifier: Apache-2.0
#include "os/processor_topology.hpp"

#include <dirent.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <tuple>

#include "os/processors.hpp"

namespace athanor::os {

namespace {

// The numbers N of entries "<prefix>N" in a folder, ascending.
std::vector<int> numbered_entries(const std::string& folder, const std::string& prefix) {
  std::vector<int> numbers;
  DIR* entries = opendir(folder.c_str());
  if (!entries) return numbers;
  while (const dirent* entry = readdir(entries)) {
    const std::string name = entry->d_name;
    int number = 0;
    if (!name.starts_with(prefix)) continue;
    const auto [end, error] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size()) numbers.push_back(number);
  }
  closedir(entries);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

bool read_number(const std::string& path, int& number) {
  FILE* file = std::fopen(path.c_str(), "re");
  if (!file) return false;
  const bool is_read = std::fscanf(file, "%d", &number) == 1;
  std::fclose(file);
  return is_read;
}

// A processor whose cores belong to several nodes has the nodes inside it.
void put_nodes_inside(std::vector<ProcessorPlace>& places) {
  std::map<int, std::pair<int, bool>> nodes;   // processor -> its node, has it others?
  for (const ProcessorPlace& place : places) {
    auto [at, is_new] = nodes.try_emplace(place.processor, place.node, false);
    if (!is_new && at->second.first != place.node) at->second.second = true;
  }
  for (ProcessorPlace& place : places)
    if (nodes[place.processor].second) {
      place.processor_node = place.node;
      place.node = -1;
    }
}

}  // namespace

std::vector<ProcessorPlace> detect_topology(const std::string& devices) {
  std::vector<ProcessorPlace> places;
  auto look = [&](const std::string& folder, int node) {
    for (int logical : numbered_entries(folder, "cpu")) {
      const std::string topology = folder + "/cpu" + std::to_string(logical) + "/topology/";
      ProcessorPlace place{.node = node, .thread = 0, .logical = logical};
      if (read_number(topology + "physical_package_id", place.processor) && read_number(topology + "core_id", place.core)) places.push_back(place);
    }
  };
  const std::vector<int> nodes = numbered_entries(devices + "/node", "node");
  for (int node : nodes) look(devices + "/node/node" + std::to_string(node), node);
  if (nodes.empty()) look(devices + "/cpu", -1);
  if (nodes.size() > 1) put_nodes_inside(places);
  std::sort(places.begin(), places.end(), [](const ProcessorPlace& a, const ProcessorPlace& b) {
    const auto key = [](const ProcessorPlace& p) { return std::tuple(p.processor, p.node, p.processor_node, p.core, p.logical); };
    return key(a) < key(b);
  });
  const auto core_of = [](const ProcessorPlace& p) { return std::tuple(p.node, p.processor, p.processor_node, p.core); };
  for (size_t i = 1; i < places.size(); ++i)
    if (core_of(places[i]) == core_of(places[i - 1])) places[i].thread = places[i - 1].thread + 1;
  // In a container there may be more or fewer than the system counts: then none of it can be trusted.
  const auto count = static_cast<int>(places.size());
  if (devices == "/sys/devices/system" && (count > configured_processors() || count < online_processors())) return {};
  return places;
}

}  // namespace athanor::os
