// SPDX-License-Identifier: Apache-2.0
// The links of one process, to processes of any node and to ports. Owner only.
//
// unlink(B) by A is final for A at once: the link is kept as "unlinking" with a number until B acknowledges that number, so that an exit
// signal of B under way is ignored, and a new link made meanwhile is not taken for the old one.
#pragma once

#include <cstdint>
#include <map>

#include "process/peer.hpp"

namespace athanor::process {

class Links {
 public:
  struct Link {
    uint64_t unlinking = 0;   // number of the Unlink sent; 0: linked
  };
  Link* find(Term id) {
    auto found = links_.find(Peer::of(id));
    return found == links_.end() ? nullptr : &found->second;
  }
  // The link, made if new (`created`).
  Link& insert(Term id, bool& created) {
    auto [place, inserted] = links_.try_emplace(Peer::of(id));
    created = inserted;
    return place->second;
  }
  void erase(Term id) { links_.erase(Peer::of(id)); }
  uint64_t next_number() { return ++last_number_; }
  bool empty() const { return links_.empty(); }
  // Whom take_one takes next. Not when empty.
  const Peer& first() const { return links_.begin()->first; }
  // Removes any one link.
  Peer take_one(Link& link) {
    auto first = links_.begin();
    Peer id = first->first;
    link = first->second;
    links_.erase(first);
    return id;
  }
  const std::map<Peer, Link>& all() const { return links_; }

 private:
  std::map<Peer, Link> links_;
  uint64_t last_number_ = 0;
};

}  // namespace athanor::process
