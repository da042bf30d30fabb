// SPDX-License-Identifier: Apache-2.0
// Processors and the schedulers bound to them, for erlang:system_info/1 and system_flag/2.
#pragma once

#include "bif/bif.hpp"

namespace athanor::bif {

// Which of used, detected, defined. erlang:format_cpu_topology/1 of the release makes of it what users see; badarg for another atom.
BifResult topology_info(Process& self, Term which);
// By way of erlang:set_cpu_topology/1, which comes back with set_topology.
BifResult ask_for_topology(Process& self, Term topology);
// As the release's erlang:set_cpu_topology/1 gives it, [{cpu, Node, Processor, ProcessorNode, Core, Thread, Logical}] or undefined; the old one in
// the same form.
BifResult set_topology(Process& self, Term topology);
Term scheduler_bindings(Process& self);
Term scheduler_bind_type(Process& self);
BifResult set_scheduler_bind_type(Process& self, Term type);
// {Logical, …}: in which order schedulers would be bound, were there as many as processors in the topology; false: they would not be.
BifResult planned_bindings(Process& self, Term type);
Term update_processor_info(Process& self);

}  // namespace athanor::bif
