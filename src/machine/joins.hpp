// SPDX-License-Identifier: Apache-2.0
// Joins: calls that go against the arrows between layers, tied together here.
#pragma once

#include <string>

#include "athanor/machine.hpp"
#include "machine/release.hpp"
#include "process/process.hpp"
#include "term/known_references.hpp"

namespace athanor::driver { class Drivers; }
namespace athanor::nif { class Host; }

namespace athanor::machine {

// The term layer's view of code and nodes.
class Joins : public TermHost {
 public:
  explicit Joins(process::Runtime& runtime) : runtime_(runtime) {}
  ExportHead* export_of(Mfa mfa) override;
  FunHead* fun_of(Term module, uint32_t index, uint32_t old_uniq, const uint8_t uniq[16], uint32_t arity, uint32_t num_free) override;
  Node* node_of(Term name, uint32_t creation) override;
  Term reference_of(Allocator& heap, const uint32_t numbers[3]) override;
  void note_shown(Term magic_reference) override;

 private:
  process::Runtime& runtime_;
  KnownReferences known_;
};

// Ties the hooks of the runtime to the layers that answer them. These exist already.
void join(process::Runtime& runtime);
// Hands options and release to the layers that answer questions about them.
void configure(process::Runtime& runtime, const MachineOptions& options, const Release& release);
void request_stop(process::Runtime& runtime);
// After Runtime::identity is filled in.
std::unique_ptr<nif::Host> make_nif_host(process::Runtime& runtime);
std::unique_ptr<driver::Drivers> make_drivers(process::Runtime& runtime);

}  // namespace athanor::machine
