// SPDX-License-Identifier: Apache-2.0
#include "bif/processor_info.hpp"

#include <utility>

#include "code/code_server.hpp"
#include "process/send.hpp"
#include "sched/scheduling.hpp"

namespace athanor::bif {

namespace {

using os::ProcessorPlace;
using sched::BindType;
using sched::Bindings;
using sched::Topology;

Bindings& bindings(Process& self) { return self.runtime().scheduling->bindings(); }

Term internal_topology(Process& self, const Topology& topology) {
  if (topology.empty()) return atoms::undefined;
  std::vector<Term> rows;
  for (const ProcessorPlace& p : topology) {
    const auto id = [](int number) { return Term::small(number); };
    rows.push_back(make_tuple(self.heap(), intern("cpu"), id(p.node), id(p.processor), id(p.processor_node), id(p.core), id(p.thread), id(p.logical)));
  }
  return make_list(self.heap(), rows.data(), rows.size());
}

bool read_row(Term row, ProcessorPlace& place) {
  if (!is_tuple_of(row, 7) || tuple_element(row, 0) != intern("cpu")) return false;
  int* const ids[] = {&place.node, &place.processor, &place.processor_node, &place.core, &place.thread, &place.logical};
  for (uint32_t i = 0; i < std::size(ids); ++i) {
    const Term id = tuple_element(row, i + 1);
    if (!id.is_small() || id.small_value() < -1 || id.small_value() > sched::kMostTopologyId) return false;
    *ids[i] = static_cast<int>(id.small_value());
  }
  return true;
}

constexpr std::pair<Term, BindType> kTypes[] = {
    {atoms::unbound, BindType::Unbound},
    {atoms::no_spread, BindType::NoSpread},
    {atoms::thread_spread, BindType::ThreadSpread},
    {atoms::processor_spread, BindType::ProcessorSpread},
    {atoms::spread, BindType::Spread},
    {atoms::no_node_thread_spread, BindType::NoNodeThreadSpread},
    {atoms::no_node_processor_spread, BindType::NoNodeProcessorSpread},
    {atoms::thread_no_node_processor_spread, BindType::ThreadNoNodeProcessorSpread},
    {atoms::default_bind, sched::kDefaultBind},   // last: it is never told
};

bool read_type(Term name, BindType& type) {
  for (const auto& [known, its] : kTypes)
    if (known == name) return type = its, true;
  return false;
}

// OTP: each use is warned of.
void tell_deprecated(Process& self, std::string_view text) {
  const Term arguments = cons(self.heap(), latin1_list(self.heap(), text), Term::nil());
  process::log_event(self.runtime(), atoms::warning, "~s~n", arguments, self.group_leader_, Term::none());
}

Term name_of(BindType type) {
  for (const auto& [name, known] : kTypes)
    if (known == type) return name;
  return atoms::unbound;
}

}  // namespace

BifResult topology_info(Process& self, Term which) {
  Bindings::Which kind;
  if (which == atoms::used) kind = Bindings::Which::Used;
  else if (which == atoms::detected) kind = Bindings::Which::Detected;
  else if (which == atoms::defined) kind = Bindings::Which::Defined;
  else return self.badarg();
  const Term internal = internal_topology(self, bindings(self).topology(kind));
  return self.trap(self.runtime().code->export_of(atoms::erlang, intern("format_cpu_topology"), 1), {internal});
}

BifResult ask_for_topology(Process& self, Term topology) {
  tell_deprecated(self,
                  "A call to erlang:system_flag(cpu_topology, _) was made.\nThe cpu_topology argument is deprecated and scheduled\n"
                  "for removal in Erlang/OTP 18. For more information\nsee the erlang:system_flag/2 documentation.\n");
  return self.trap(self.runtime().code->export_of(atoms::erlang, intern("set_cpu_topology"), 1), {topology});
}

BifResult set_topology(Process& self, Term term) {
  Topology topology;
  if (term != atoms::undefined) {
    for (; term.is_list_cell(); term = term.tail()) {
      ProcessorPlace place;
      if (!read_row(term.head(), place)) return self.badarg();
      topology.push_back(place);
    }
    if (!term.is_nil() || sched::check_topology(topology) != sched::TopologyError::None) return self.badarg();
  }
  const Term before = internal_topology(self, bindings(self).set_topology(std::move(topology)));
  self.runtime().scheduling->look_at_bindings();
  return before;
}

Term scheduler_bindings(Process& self) {
  const std::vector<int> bound = bindings(self).bound();
  Term* place = self.allocate(bound.size() + 1);
  place[0].raw = tuple_header(bound.size());
  for (size_t i = 0; i < bound.size(); ++i) place[i + 1] = bound[i] < 0 ? Term(atoms::unbound) : Term::small(bound[i]);
  return Term::boxed(place);
}

Term scheduler_bind_type(Process& self) { return name_of(bindings(self).type()); }

BifResult set_scheduler_bind_type(Process& self, Term name) {
  tell_deprecated(self,
                  "A call to erlang:system_flag(scheduler_bind_type, _) was\nmade. The scheduler_bind_type argument is deprecated and\n"
                  "scheduled for removal in Erlang/OTP 18. For more\ninformation see the erlang:system_flag/2 documentation.\n");
  BindType type;
  if (!read_type(name, type) || !bindings(self).set_type(type)) return self.badarg();
  self.runtime().scheduling->look_at_bindings();
  return name_of(type);
}

BifResult planned_bindings(Process& self, Term name) {
  BindType type;
  if (!read_type(name, type)) return self.badarg();
  const Topology topology = bindings(self).topology(Bindings::Which::Used);
  if (type == BindType::Unbound || topology.empty()) return atoms::false_;
  const std::vector<int> order = sched::bind_order(topology, type);
  Term* place = self.allocate(order.size() + 1);
  place[0].raw = tuple_header(order.size());
  for (size_t i = 0; i < order.size(); ++i) place[i + 1] = Term::small(order[i]);
  return Term::boxed(place);
}

Term update_processor_info(Process& self) {
  if (!bindings(self).update()) return atoms::unchanged;
  self.runtime().scheduling->look_at_bindings();
  return intern("changed");
}

}  // namespace athanor::bif
