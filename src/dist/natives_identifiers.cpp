// SPDX-License-Identifier: Apache-2.0
// Identifiers from text. The first number says whose they are: 0 ours, else the index of the name of a node that is connected, since only
// of such a node the life (creation) is known.
#include "bif/bif.hpp"
#include "bif/identifier_text.hpp"
#include "dist/distribution.hpp"
#include "process/send.hpp"
#include "term/identifier.hpp"

#define ATH_FAMILY "dist/dist.def"
#include "bif/declare.inc"

namespace athanor::bif {

using dist::NodeState;
using dist::RemoteNode;

namespace {

// Null: no connected node of this number.
const Node* node_of_number(Process& self, uint64_t number) {
  if (number >= self.runtime().terms.atoms->count()) return nullptr;
  dist::Distribution& distribution = *self.runtime().distribution;
  RemoteNode* node = distribution.find(Term::atom(static_cast<uint32_t>(number)));
  if (!node) return nullptr;
  uint32_t creation;
  {
    std::lock_guard lock(node->mutex);
    if (node->state != NodeState::Connected) return nullptr;
    creation = node->creation;
  }
  return distribution.node_of(node->name, creation);
}

Term external(Process& self, BoxedKind kind, const Node* node, uint64_t id) {
  Term* box = self.allocate(3);
  box[0].raw = make_header(kind, 2);
  box[1].raw = reinterpret_cast<Word>(node);
  box[2].raw = id;
  return Term::boxed(box);
}

}  // namespace

BifResult erlang::list_to_pid_1(Process& self, const Term* args) {
  auto numbers = identifier_numbers(args[0], "<");
  if (numbers.size() != 3) return self.badarg();
  if (numbers[0] != 0) {
    const Node* node = node_of_number(self, numbers[0]);
    if (!node || numbers[1] > UINT32_MAX || numbers[2] > UINT32_MAX) return self.badarg();
    return external(self, BoxedKind::ExternalPid, node, numbers[1] | numbers[2] << 32);
  }
  if (numbers[1] >= (1u << kPidIdBits) || numbers[2] >= (1u << kPidSerialBits)) return self.badarg();
  return Term::local_pid(static_cast<uint32_t>(numbers[1] | (numbers[2] << kPidIdBits)));
}

BifResult erlang::list_to_port_1(Process& self, const Term* args) {
  auto numbers = identifier_numbers(args[0], "#Port<");
  if (numbers.size() != 2) return self.badarg();
  if (numbers[0] != 0) {
    const Node* node = node_of_number(self, numbers[0]);
    return node ? BifResult(external(self, BoxedKind::ExternalPort, node, numbers[1])) : self.badarg();
  }
  if (numbers[1] >> kPortBits != 0) return self.badarg();
  return Term::local_port(static_cast<uint32_t>(numbers[1]));
}

// OTP: the printed order of a reference's numbers is the reverse of their order in the word layout.
BifResult erlang::list_to_ref_1(Process& self, const Term* args) {
  auto numbers = identifier_numbers(args[0], "#Ref<");
  if (numbers.size() < 4 || numbers.size() > 1 + kMaxReferenceNumbers) return self.badarg();
  for (size_t i = 1; i < numbers.size(); ++i)
    if (numbers[i] > UINT32_MAX) return self.badarg();
  const size_t count = numbers.size() - 1;
  auto number = [&](size_t i) { return i < count ? numbers[count - i] : 0; };
  if (numbers[0] != 0) {
    const Node* node = node_of_number(self, numbers[0]);
    if (!node) return self.badarg();
    const uint64_t words[3] = {number(0) | number(1) << 32, number(2) | uint64_t{count} << 32, number(3) | number(4) << 32};
    return dist::reference_of_peer(self.heap(), node, words);
  }
  if (count != 3) return self.badarg();
  const uint32_t travelling[3] = {static_cast<uint32_t>(number(0)), static_cast<uint32_t>(number(1)), static_cast<uint32_t>(number(2))};
  if (Term special = current_term_context->host->reference_of(self.heap(), travelling); !special.is_none()) return special;
  const uint64_t words[3] = {number(0) | number(1) << 32, number(2), 0};
  return process::reference_from_words(self.heap(), words);
}

}  // namespace athanor::bif
