// SPDX-License-Identifier: Apache-2.0
// The table of nodes, and this node's own name.
#include "dist/distribution.hpp"

#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/state.hpp"
#include "term/atom_table.hpp"

namespace athanor::dist {

RemoteNode::RemoteNode(Term node_name, const uint64_t handle_reference[3])
    : name(node_name), handle(new NodeHandle(*this)), handle_words{handle_reference[0], handle_reference[1]} {}

RemoteNode::~RemoteNode() {
  for (Waiting& waiting : pending) heap::discard(waiting.parcel);
  for (auto& [reference, spawn] : relations.spawns) heap::discard(spawn.exit_reason);
  handle->release();
}

static constexpr size_t kMostGathered = 64 * 1024;

Distribution::Distribution(Runtime& runtime, size_t busy_limit_bytes)
    : runtime_(runtime), busy_limit_(busy_limit_bytes), gathered_limit_(std::min(kMostGathered, busy_limit_bytes / 2)) {}
Distribution::~Distribution() = default;

bool Distribution::is_alive() const { return !(Term(runtime_.terms.node_name) == atoms::nonode_at_nohost); }

Node* Distribution::node_of(Term name, uint32_t creation) {
  std::atomic<Node*>& recent = recent_identities_[recent_place(name, creation)];
  if (Node* node = recent.load(std::memory_order_acquire); node != nullptr && node->name == name && node->creation == creation) return node;
  const std::pair<uint64_t, uint32_t> key{name.raw, creation};
  {
    std::shared_lock lock(identities_mutex_);
    auto found = identities_.find(key);
    if (found != identities_.end()) {
      recent.store(found->second.get(), std::memory_order_release);
      return found->second.get();
    }
  }
  if (!(name == Term(runtime_.terms.node_name))) find_or_insert(name);   // known from now on: nodes(known)
  std::lock_guard lock(identities_mutex_);
  auto& node = identities_[key];
  if (!node) node = std::make_unique<Node>(Node{name, creation, static_cast<uint32_t>(identities_.size())});
  return node.get();
}

std::vector<Node*> Distribution::identities() const {
  std::shared_lock lock(identities_mutex_);
  std::vector<Node*> all;
  for (const auto& [key, node] : identities_) all.push_back(node.get());
  return all;
}

RemoteNode* Distribution::find(Term name) const {
  std::atomic<RemoteNode*>& recent = recent_nodes_[recent_place(name, 0)];
  if (RemoteNode* node = recent.load(std::memory_order_acquire); node != nullptr && node->name == name) return node;
  std::shared_lock lock(nodes_mutex_);
  auto found = by_name_.find(name.raw);
  if (found == by_name_.end()) return nullptr;
  recent.store(found->second, std::memory_order_release);
  return found->second;
}

RemoteNode& Distribution::find_or_insert(Term name) {
  if (RemoteNode* node = find(name)) return *node;
  std::lock_guard lock(nodes_mutex_);
  RemoteNode*& node = by_name_[name.raw];
  if (node == nullptr) {
    heap::FragmentAllocator heap(4);
    uint64_t words[3];
    process::reference_words(process::make_reference(runtime_, heap), words);
    nodes_.push_back(std::make_unique<RemoteNode>(name, words));
    node = nodes_.back().get();
  }
  return *node;
}

std::vector<RemoteNode*> Distribution::all() const {
  std::shared_lock lock(nodes_mutex_);
  std::vector<RemoteNode*> result;
  for (const auto& node : nodes_) result.push_back(node.get());
  return result;
}

// From here on the process registered as net_kernel stands for this node's being alive.
bool Distribution::set_name(Term name, uint32_t creation) {
  if (!is_node_name(name) || name == atoms::nonode_at_nohost || is_alive()) return false;
  Term net_kernel = runtime_.registry->find(atoms::net_kernel);
  if (!net_kernel.is_local_pid()) return false;
  Process* process = runtime_.processes->find(net_kernel);
  uint64_t nobody = 0;
  if (!process || !net_kernel_.compare_exchange_strong(nobody, net_kernel.raw)) return false;
  if (process::is_exiting(*process)) {
    net_kernel_.store(0);
    return false;
  }
  runtime_.terms.creation = creation;
  runtime_.terms.node_name = name;
  tell_subscribers(atoms::nodeup, name, ~uint32_t{0}, true, Term::nil());
  return true;
}

void Distribution::set_not_alive(Term reason) {
  Term name = runtime_.terms.node_name;
  runtime_.terms.node_name = atoms::nonode_at_nohost;
  runtime_.terms.creation = 0;
  net_kernel_.store(0, std::memory_order_release);
  tell_subscribers(atoms::nodedown, name, ~uint32_t{0}, true, reason);
}

// A word of letters, digits, '-' and '_', an '@', and something behind it without another one.
bool is_node_name(Term atom) {
  if (!atom.is_atom()) return false;
  std::string_view text = atom_text(atom);
  size_t at = 0;
  auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
  while (at < text.size() && is_word(text[at])) ++at;
  return at > 0 && at + 1 < text.size() && text[at] == '@' && text.find('@', at + 1) == std::string_view::npos;
}

// OTP: {shutdown, Reason} of a supervised controller is unwrapped; the end of the other side is no news of its own.
Term lost_reason(Term reason) {
  if (is_tuple_of(reason, 2) && tuple_element(reason, 0) == atoms::shutdown) reason = tuple_element(reason, 1);
  return reason == atoms::normal ? atoms::connection_closed : reason;
}

// Words of an external reference: numbers 0 and 1, number 2 and the count, numbers 3 and 4.
void words_of_external(Term reference, uint64_t words[3]) {
  const Term* box = reference.pointer();
  uint64_t count = std::min<uint64_t>(box[2].raw, 5);
  words[0] = box[3].raw;
  words[1] = (count > 2 ? box[4].raw & 0xFFFFFFFF : 0) | count << 32;
  words[2] = (count > 3 ? box[4].raw >> 32 : 0) | (count > 4 ? (box[5].raw & 0xFFFFFFFF) << 32 : 0);
}

Term reference_of_peer(Allocator& heap, const Node* node, const uint64_t words[3]) {
  const uint64_t count = words[1] >> 32;
  const size_t size = 3 + (count + 1) / 2;
  Term* box = heap.allocate(size);
  box[0].raw = make_header(BoxedKind::ExternalReference, size - 1);
  box[1].raw = reinterpret_cast<Word>(node);
  box[2].raw = count;
  box[3].raw = words[0];
  if (count > 2) box[4].raw = (words[1] & 0xFFFFFFFF) | (count > 3 ? words[2] << 32 : 0);
  if (count > 4) box[5].raw = words[2] >> 32;
  return Term::boxed(box);
}

Term Distribution::build_handle(Allocator& heap, const RemoteNode& node, uint32_t connection_id) {
  Term* box = heap.allocate(kMagicReferenceWords);
  box[0].raw = make_header(BoxedKind::MagicReference, kMagicReferenceWords - 1);
  box[1].raw = node.handle_words[0];
  box[2].raw = node.handle_words[1];
  box[3].raw = reinterpret_cast<Word>(heap.off_heap().first);
  box[4].raw = reinterpret_cast<Word>(static_cast<MagicObject*>(node.handle));
  heap.off_heap().first = box;
  node.handle->retain();
  Term* tuple = heap.allocate(3);
  tuple[0].raw = tuple_header(2);
  tuple[1] = Term::small(connection_id);
  tuple[2] = Term::boxed(box);
  return Term::boxed(tuple);
}

RemoteNode* Distribution::node_of_handle(Term handle, uint32_t& connection_id) {
  if (!is_tuple_of(handle, 2) || !tuple_element(handle, 0).is_small() || !is_kind(tuple_element(handle, 1), BoxedKind::MagicReference)) return nullptr;
  int64_t number = tuple_element(handle, 0).small_value();
  if (number < 0 || number > UINT32_MAX) return nullptr;
  auto* object = dynamic_cast<NodeHandle*>(reinterpret_cast<MagicObject*>(tuple_element(handle, 1).pointer()[4].raw));
  connection_id = static_cast<uint32_t>(number);
  return object ? &object->node : nullptr;
}

}  // namespace athanor::dist
