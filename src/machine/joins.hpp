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

void run_exit_hooks(process::Process& exiting, Term reason);
process::SendOutcome send_elsewhere(process::Process& self, Term to, Term message, const process::SendOptions& options);
bool has_room(process::Process& self, Term to);
bool has_room_for_last_word(process::Process& self, Term to);
void link_dropped(process::Process& self, Term remote, uint64_t connection);
bool awaits_name(process::Runtime& runtime);
Term watching_object(process::Runtime& runtime, const uint64_t reference[3], Allocator& heap);
bool deliver_elsewhere(process::Runtime& runtime, Term to, process::Signal* signal);
Term monitor_nodes(process::Process& self, bool on, Term options);
// Output of the machine itself to a port (a tracer); nobody's if the port has ended.
void port_output(process::Runtime& runtime, Term port, std::string&& bytes);
bool port_is_open(process::Runtime& runtime, Term port);
std::vector<Term> all_ports(process::Runtime& runtime);
bool with_port_trace(process::Runtime& runtime, Term port, void (*change)(process::PortTrace& trace, void* context), void* context);
// Hands options and release to the layers that answer questions about them.
void configure(process::Runtime& runtime, const MachineOptions& options, const Release& release);
void request_stop(process::Runtime& runtime);
// After Runtime::identity is filled in.
std::unique_ptr<nif::Host> make_nif_host(process::Runtime& runtime);
std::unique_ptr<driver::Drivers> make_drivers(process::Runtime& runtime);

}  // namespace athanor::machine
