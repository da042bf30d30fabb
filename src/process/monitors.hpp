// SPDX-License-Identifier: Apache-2.0
// The monitors of one process: those it set (origins, and its aliases, which share their references) and those set on it (targets).
// Owner only.
#pragma once

#include <compare>
#include <cstdint>
#include <map>

#include "heap/collector/collector.hpp"
#include "process/peer.hpp"

namespace athanor::process {

enum class MonitorType : uint8_t { Process, Port, TimeOffset, AliasOnly };
// When the alias of a monitor's reference ends.
enum class AliasMode : uint8_t { None, ExplicitUnalias, Demonitor, ReplyDemonitor };

// A reference as words (send.hpp: reference_words), of this node or of the one in `node`.
struct ReferenceKey {
  uint64_t words[2];
  uint32_t node = 0;   // Node::number; 0: this one
  auto operator<=>(const ReferenceKey&) const = default;
};
inline ReferenceKey key_of(const uint64_t* reference, const Node* node = nullptr) { return {{reference[0], reference[1]}, node ? node->number : 0}; }

// A request to spawn on another node that has not been answered: erlang:spawn_request/5, spawn_opt/5.
struct PendingSpawn {
  Term reply_tag, monitor_tag;       // roots; monitor_tag none: 'DOWN'
  AliasMode alias = AliasMode::None;
  uint64_t pid_word = 0;             // as in Origin
  bool link = false, monitor = false, tells_success = true, tells_error = true, is_abandoned = false;
};

class Monitors {
 public:
  struct Origin {
    MonitorType type = MonitorType::Process;
    AliasMode alias = AliasMode::None;
    Term target;            // pid, port, or `undefined` where a name was not registered; the node's name for a name there
    Term name;              // atom or none
    bool is_remote_name = false;   // {name, target}
    Term tag;               // {tag, T}: any term of the heap; none: 'DOWN'
    uint64_t pid_word = 0;  // third word of the reference where it is an alias
  };
  struct Target {
    Peer watcher;
    Term name;
    uint64_t third_word = 0;   // of the reference
  };
  Origin& add_origin(const uint64_t* reference, const Origin& origin) {
    has_roots_ = has_roots_ || origin.tag.is_pointer() || origin.target.is_pointer();
    return origins_.insert_or_assign(origins_.end(), key_of(reference), origin)->second;   // references count up: mostly it is the last
  }
  Origin* find_origin(const uint64_t* reference) {
    auto found = origins_.find(key_of(reference));
    return found == origins_.end() ? nullptr : &found->second;
  }
  void erase_origin(const uint64_t* reference) { origins_.erase(key_of(reference)); }
  // The reference is one of the watcher's node.
  void add_target(const uint64_t* reference, Target target) {
    targets_.insert_or_assign(targets_.end(), key_of(reference, target.watcher.node), target);
  }
  void erase_target(const uint64_t* reference, const Node* node = nullptr) { targets_.erase(key_of(reference, node)); }
  std::map<ReferenceKey, Origin>& origins() { return origins_; }
  std::map<ReferenceKey, Target>& targets() { return targets_; }
  std::map<ReferenceKey, PendingSpawn>& spawns() { return spawns_; }
  void visit_roots(heap::RootVisitor& visitor) {
    has_roots_ = has_roots_ && !origins_.empty();
    if (has_roots_) visit_origins(visitor);
    for (auto& [reference, spawn] : spawns_) {
      if (spawn.reply_tag.is_pointer()) visitor.visit(&spawn.reply_tag, 1);
      if (spawn.monitor_tag.is_pointer()) visitor.visit(&spawn.monitor_tag, 1);
    }
  }

 private:
  void visit_origins(heap::RootVisitor& visitor) {
    for (auto& [reference, origin] : origins_) {
      if (origin.tag.is_pointer()) visitor.visit(&origin.tag, 1);
      if (origin.target.is_pointer()) visitor.visit(&origin.target, 1);   // a process of another node
    }
  }

  std::map<ReferenceKey, Origin> origins_;
  bool has_roots_ = false;         // an origin has, or had, a tag or target on the heap
  std::map<ReferenceKey, Target> targets_;
  std::map<ReferenceKey, PendingSpawn> spawns_;
};

}  // namespace athanor::process
