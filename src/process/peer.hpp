// SPDX-License-Identifier: Apache-2.0
// A pid or port by value, of this node or another: what tables of relations keep in a term's stead, which may be a box on a heap.
#pragma once

#include <compare>

#include "term/allocator.hpp"
#include "term/boxed.hpp"
#include "term/context.hpp"

namespace athanor::process {

constexpr size_t kExternalPidWords = 3;

struct Peer {
  const Node* node = nullptr;   // null: of this node
  Word id = 0;                  // the term itself, or number | serial << 32 of an external pid

  static Peer of(Term identifier) {
    if (!identifier.is_boxed()) return {nullptr, identifier.raw};
    ATH_DCHECK(boxed_kind(identifier) == BoxedKind::ExternalPid);
    const Term* box = identifier.pointer();
    return {reinterpret_cast<const Node*>(box[1].raw), box[2].raw};
  }
  bool is_local() const { return node == nullptr; }
  // The term; `place` has room for kExternalPidWords and is used for those of other nodes only.
  Term term(Term* place) const {
    if (is_local()) return Term(id);
    place[0].raw = make_header(BoxedKind::ExternalPid, 2);
    place[1].raw = reinterpret_cast<Word>(node);
    place[2].raw = id;
    return Term::boxed(place);
  }
  Term build(Allocator& heap) const { return is_local() ? Term(id) : term(heap.allocate(kExternalPidWords)); }

  // Local ones first; those of other nodes in the order in which the nodes became known: no order of addresses is visible.
  std::strong_ordering operator<=>(const Peer& other) const {
    uint64_t mine = node ? node->number : 0, others = other.node ? other.node->number : 0;
    if (mine != others) return mine <=> others;
    return id <=> other.id;
  }
  bool operator==(const Peer& other) const { return node == other.node && id == other.id; }
};

}  // namespace athanor::process
