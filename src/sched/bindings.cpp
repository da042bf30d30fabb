// SPDX-License-Identifier: Apache-2.0
#include "sched/bindings.hpp"

#include <algorithm>
#include <cstring>

#include "os/processors.hpp"

namespace athanor::sched {

namespace {

ProcessorFigures look_at_system() {
  ProcessorFigures figures;
  figures.configured = os::configured_processors();
  figures.online = os::online_processors();
  figures.available = os::available_processors();
  figures.quota = os::quota_processors();
  figures.allowed = os::allowed_processors();
  return figures;
}

Topology look_at_topology() {
  Topology topology = os::detect_topology();
  if (check_topology(topology) != TopologyError::None) topology.clear();
  return topology;
}

}  // namespace

Bindings::Bindings(uint32_t schedulers, Options options)
    : figures_(look_at_system()), has_looked_(options.skips_detection), defined_(std::move(options.defined)), type_(options.type), plan_(schedulers, -1),
      bound_(schedulers, -1), is_applied_(schedulers, false) {
  if (type_ != BindType::Unbound && used().empty()) type_ = BindType::Unbound;
  plan();
}

const Topology& Bindings::detected() const {
  if (!has_looked_) detected_ = look_at_topology();
  has_looked_ = true;
  return detected_;
}

void Bindings::plan() {
  std::fill(plan_.begin(), plan_.end(), -1);
  if (type_ != BindType::Unbound) {
    size_t next = 0;
    for (int logical : bind_order(used(), type_)) {
      if (next == plan_.size()) break;
      if (std::ranges::binary_search(figures_.allowed, logical)) plan_[next++] = logical;
    }
  }
  version_.fetch_add(1, std::memory_order_release);
}

ProcessorFigures Bindings::figures() const {
  std::lock_guard lock(mutex_);
  return figures_;
}

Topology Bindings::topology(Which which) const {
  std::lock_guard lock(mutex_);
  return which == Which::Used ? used() : which == Which::Detected ? detected() : defined_;
}

BindType Bindings::type() const {
  std::lock_guard lock(mutex_);
  return type_;
}

bool Bindings::set_type(BindType& type) {
  std::lock_guard lock(mutex_);
  if (used().empty()) return false;
  std::swap(type, type_);
  plan();
  return true;
}

Topology Bindings::set_topology(Topology defined) {
  std::lock_guard lock(mutex_);
  Topology before = used();
  defined_ = std::move(defined);
  plan();
  return before;
}

bool Bindings::update() {
  ProcessorFigures figures = look_at_system();
  Topology topology = look_at_topology();
  std::lock_guard lock(mutex_);
  const bool is_changed = figures != figures_ || (has_looked_ && topology != detected_);
  figures_ = std::move(figures);
  detected_ = std::move(topology);
  has_looked_ = true;
  if (is_changed) plan();
  return is_changed;
}

std::vector<int> Bindings::bound() const {
  std::lock_guard lock(mutex_);
  std::vector<int> result = bound_;
  for (size_t i = 0; i < result.size(); ++i)
    if (!is_applied_[i]) result[i] = plan_[i];
  return result;
}

uint32_t Bindings::apply(uint32_t index, std::string& error) {
  std::lock_guard lock(mutex_);
  const int wanted = plan_[index];
  int& bound = bound_[index];
  is_applied_[index] = true;
  if (wanted >= 0 && wanted != bound) {
    const int failed = os::bind_this_thread(wanted);
    if (failed == 0) bound = wanted;
    else error = "failed to bind to cpu " + std::to_string(wanted) + ": " + std::strerror(failed);
  }
  if (wanted < 0 || !error.empty()) {
    if (const int failed = os::unbind_this_thread(); failed == 0) bound = -1;
    else if (error.empty()) error = "failed to unbind from cpu " + std::to_string(bound) + ": " + std::strerror(failed);
  }
  return version_.load(std::memory_order_relaxed);
}

}  // namespace athanor::sched
