// SPDX-License-Identifier: Apache-2.0
// The monitors of one process: those it set (origins, and its aliases, which share their references) and those set on it (targets).
// Owner only.
#pragma once

#include <compare>
#include <cstdint>
#include <map>

#include "heap/collector/collector.hpp"
#include "term/term.hpp"

namespace athanor::process {

enum class MonitorType : uint8_t { Process, Port, TimeOffset, AliasOnly };
// When the alias of a monitor's reference ends.
enum class AliasMode : uint8_t { None, ExplicitUnalias, Demonitor, ReplyDemonitor };

struct ReferenceKey {
  uint64_t words[2];
  auto operator<=>(const ReferenceKey&) const = default;
};
inline ReferenceKey key_of(const uint64_t* reference) { return {{reference[0], reference[1]}}; }

class Monitors {
 public:
  struct Origin {
    MonitorType type = MonitorType::Process;
    AliasMode alias = AliasMode::None;
    Term target;            // pid, port, or `undefined` where a name was not registered
    Term name;              // atom or none
    Term tag;               // {tag, T}: any term of the heap; none: 'DOWN'
    uint64_t pid_word = 0;  // third word of the reference where it is an alias
  };
  struct Target {
    Term watcher;
    Term name;
  };
  Origin& add_origin(const uint64_t* reference, const Origin& origin) {
    return origins_[key_of(reference)] = origin;
  }
  Origin* find_origin(const uint64_t* reference) {
    auto found = origins_.find(key_of(reference));
    return found == origins_.end() ? nullptr : &found->second;
  }
  void erase_origin(const uint64_t* reference) { origins_.erase(key_of(reference)); }
  void add_target(const uint64_t* reference, Target target) { targets_[key_of(reference)] = target; }
  void erase_target(const uint64_t* reference) { targets_.erase(key_of(reference)); }
  std::map<ReferenceKey, Origin>& origins() { return origins_; }
  std::map<ReferenceKey, Target>& targets() { return targets_; }
  void visit_roots(heap::RootVisitor& visitor) {
    for (auto& [reference, origin] : origins_) {
      if (origin.tag.is_pointer()) visitor.visit(&origin.tag, 1);
      if (origin.target.is_pointer()) visitor.visit(&origin.target, 1);   // a process of another node
    }
  }

 private:
  std::map<ReferenceKey, Origin> origins_;
  std::map<ReferenceKey, Target> targets_;
};

}  // namespace athanor::process
