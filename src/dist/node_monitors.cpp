// SPDX-License-Identifier: Apache-2.0
// Who watches nodes: monitor_node/2,3 (one node, until it is lost) and process_flag(monitor_nodes) (all of them, every time).
#include "bif/bif.hpp"
#include "dist/distribution.hpp"
#include "process/send.hpp"
#include "term/atom_table.hpp"
#include "term/map.hpp"

namespace athanor::dist {

namespace {

// Options of a subscription. None set: the message has no third element, and hidden nodes are not told of.
enum SubscriptionOption : uint32_t { kInfoMap = 1, kConnectionId = 2, kVisible = 4, kHidden = 8, kDownReason = 16 };

bool parse_options(Term options, uint32_t& result) {
  result = kInfoMap;
  if (options.is_nil()) {
    result = 0;
    return true;
  }
  if (!is_map(options)) return false;
  size_t known = 0;
  if (Term as_list = map::get(options, atoms::list); !as_list.is_none()) {
    if (as_list != atoms::true_) return false;
    result &= ~uint32_t{kInfoMap};
    ++known;
  }
  auto flag = [&](Term key, uint32_t bit) {
    Term value = map::get(options, key);
    if (value.is_none()) return true;
    ++known;
    if (value == atoms::true_) result |= bit;
    return value == atoms::true_ || value == atoms::false_;
  };
  if (!flag(atoms::connection_id, kConnectionId) || !flag(atoms::nodedown_reason, kDownReason)) return false;
  if (Term type = map::get(options, atoms::node_type); !type.is_none()) {
    if (type == atoms::visible) result |= kVisible;
    else if (type == atoms::hidden) result |= kHidden;
    else if (type == atoms::all) result |= kVisible | kHidden;
    else return false;
    ++known;
  }
  return known == map_size(options);
}

bool wants(uint32_t options, bool is_visible) {
  const uint32_t types = options & (kVisible | kHidden);
  if (is_visible) return types == 0 || (types & kVisible);
  return (types & kHidden) != 0;
}

struct News {
  Term what, node, type, reason;
  uint32_t connection_id;
};

Term info_of(Allocator& heap, uint32_t options, const News& news) {
  const Term id = news.connection_id == ~uint32_t{0} ? Term(atoms::undefined) : Term::small(news.connection_id);
  const bool with_type = options & (kVisible | kHidden), with_reason = (options & kDownReason) && news.what == atoms::nodedown;
  if (options & kInfoMap) {
    Term info = map::empty(heap);
    if (options & kConnectionId) info = map::put(heap, info, atoms::connection_id, id);
    if (with_type) info = map::put(heap, info, atoms::node_type, news.type);
    if (with_reason) info = map::put(heap, info, atoms::nodedown_reason, news.reason);
    return info;
  }
  Term info = Term::nil();
  if (with_type) info = bif::cons(heap, bif::make_tuple(heap, atoms::node_type, news.type), info);
  if (with_reason) info = bif::cons(heap, bif::make_tuple(heap, atoms::nodedown_reason, news.reason), info);
  if (options & kConnectionId) info = bif::cons(heap, bif::make_tuple(heap, atoms::connection_id, id), info);
  return info;
}

}  // namespace

Term Distribution::monitor_nodes(Process& self, bool on, Term options) {
  uint32_t wanted;
  if (!parse_options(options, wanted)) return Term::none();
  const uint64_t pid = self.pid().raw;
  std::lock_guard lock(subscriptions_mutex_);
  auto found = std::find_if(subscriptions_.begin(), subscriptions_.end(),
                            [&](const Subscription& each) { return each.pid == pid && each.options == wanted; });
  const uint32_t before = found == subscriptions_.end() ? 0 : found->count;
  if (!on) {
    if (found != subscriptions_.end()) subscriptions_.erase(found);
  } else if (found != subscriptions_.end()) {
    ++found->count;
  } else {
    subscriptions_.push_back({pid, wanted, 1});
    self.extra().monitors_nodes = true;
  }
  return Term::small(before);
}

Term Distribution::subscriptions(Allocator& heap) {
  std::lock_guard lock(subscriptions_mutex_);
  Term list = Term::nil();
  for (const Subscription& each : subscriptions_) {
    Term options = Term::nil();
    if (each.options & kDownReason) options = bif::cons(heap, atoms::nodedown_reason, options);
    if (each.options & kConnectionId) options = bif::cons(heap, atoms::connection_id, options);
    if (const uint32_t types = each.options & (kVisible | kHidden)) {
      const Term type = types == kVisible ? atoms::visible : types == kHidden ? atoms::hidden : atoms::all;
      options = bif::cons(heap, bif::make_tuple(heap, atoms::node_type, type), options);
    }
    if (each.options & kInfoMap) options = bif::cons(heap, atoms::map, options);
    for (uint32_t i = 0; i < each.count; ++i) list = bif::cons(heap, bif::make_tuple(heap, Term(each.pid), options), list);
  }
  return list;
}

void Distribution::tell_subscribers(Term what, Term node, uint32_t connection_id, bool is_visible, Term reason) {
  std::vector<Subscription> subscriptions;
  {
    std::lock_guard lock(subscriptions_mutex_);
    subscriptions = subscriptions_;
  }
  const News news{what, node, is_visible ? Term(atoms::visible) : Term(atoms::hidden), reason, connection_id};
  for (const Subscription& each : subscriptions) {
    if (!wants(each.options, is_visible)) continue;
    heap::FragmentAllocator heap(64);
    Term message;
    if (each.options == 0) {
      message = bif::make_tuple(heap, what, node);
    } else {
      News copied = news;
      copied.reason = heap::copy(reason, heap, runtime_.literals);
      Term info = info_of(heap, each.options, copied);
      message = bif::make_tuple(heap, what, node, info);
    }
    const heap::Parcel parcel{message, heap.take()};
    // OTP: one message for each subscription.
    for (uint32_t i = 1; i < each.count; ++i) process::send_message(runtime_, Term(each.pid), message);
    process::send_parcel(runtime_, Term(each.pid), parcel);
  }
}

bool Distribution::monitor_node(Process& self, RemoteNode& node, bool on, bool connect) {
  const uint64_t pid = self.pid().raw;
  if (!on) {
    std::lock_guard lock(node.mutex);
    auto found = node.relations.node_monitors.find(pid);
    if (found != node.relations.node_monitors.end() && --found->second == 0) node.relations.node_monitors.erase(found);
    return true;
  }
  std::unique_lock<std::mutex> lock;
  if (!prepare(node, lock, connect)) return false;
  // OTP: one that is not to connect by itself does not trust a connection that is coming up either.
  if (node.state == NodeState::Pending && !connect) return false;
  ++node.relations.node_monitors[pid];
  self.extra().monitors_nodes = true;
  return true;
}

}  // namespace athanor::dist
