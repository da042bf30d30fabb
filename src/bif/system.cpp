// SPDX-License-Identifier: Apache-2.0
// The machine's end and flags, what it prints of terms, nodes without distribution, memory.
#include <cstdio>

#include "bif/bif.hpp"
#include "code/code_server.hpp"
#include "os/calendar.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#include "sched/scheduling.hpp"
#include "term/identifier.hpp"
#include "term/print.hpp"
#define ATH_FAMILY "bif/system.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

void print(std::string_view text) { athanor::os::write_standard_error(text.data(), text.size()); }

struct MemoryFigures {
  int64_t total, processes, system, atom, binary, code, ets;
};

MemoryFigures memory_figures(Process& self) {
  MemoryFigures m{};
  m.total = athanor::os::resident_bytes();
  m.atom = static_cast<int64_t>(atom_table().count()) * 64;
  m.binary = OffHeapBinary::live_bytes().load(std::memory_order_relaxed);
  m.code = static_cast<int64_t>(self.runtime().literals->used_bytes());
  m.ets = self.runtime().ets_bytes ? self.runtime().ets_bytes(self.runtime()) : 0;
  m.processes = static_cast<int64_t>(self.runtime().processes->count()) * 1024;
  if (m.processes > m.total / 2) m.processes = m.total / 2;
  m.system = m.total - m.processes;
  return m;
}

// none(): no such type.
Term memory_of(const MemoryFigures& m, Term type) {
  if (type == atoms::total) return Term::small(m.total);
  if (type == atoms::processes || type == atoms::processes_used) return Term::small(m.processes);
  if (type == atoms::system) return Term::small(m.system);
  if (type == atoms::atom || type == atoms::atom_used) return Term::small(m.atom);
  if (type == atoms::binary) return Term::small(m.binary);
  if (type == atoms::code) return Term::small(m.code);
  if (type == atoms::ets) return Term::small(m.ets);
  return Term::none();
}

}  // namespace

namespace erlang {

BifResult display_1(Process&, const Term* args) {
  print(to_text(args[0]) + "\n");
  return atoms::true_;
}
BifResult display_nl_0(Process&, const Term*) {
  print("\n");
  return atoms::true_;
}
BifResult display_string_1(Process& self, const Term* args) {
  std::string text;
  if (!args[0].is_list() || !chardata_to_utf8(args[0], text)) return self.badarg();
  print(text);
  return atoms::true_;
}

// erlang:halt/2: status 0..255 (larger ones are cut as the system does), abort, or a text for a crash dump.
BifResult halt_2(Process& self, const Term* args) {
  bool flush = true;
  Term options = args[1];
  for (; options.is_list_cell(); options = options.tail()) {
    Term option = options.head();
    if (!is_tuple_of(option, 2) || tuple_element(option, 0) != atoms::flush) return self.badarg();
    Term value = tuple_element(option, 1);
    if (value != atoms::true_ && value != atoms::false_) return self.badarg();
    flush = value == atoms::true_;
  }
  if (!options.is_nil()) return self.badarg();
  process::Runtime& runtime = self.runtime();
  if (args[0].is_small() && args[0].small_value() >= 0) {
    runtime.halt(runtime, static_cast<int>(args[0].small_value() & 0xFF), flush, nullptr);
  } else if (args[0] == atoms::abort) {
    runtime.halt(runtime, 134, false, "");
  } else {
    std::string text;
    if (!args[0].is_list() || !chardata_to_utf8(args[0], text)) return self.badarg();
    runtime.halt(runtime, 1, false, text.substr(0, 1023).c_str());
  }
  return self.wait({args[0], args[1]});
}

BifResult memory_0(Process& self, const Term*) {
  MemoryFigures m = memory_figures(self);
  std::vector<Term> items;
  for (Term type : {atoms::total, atoms::processes, atoms::processes_used, atoms::system, atoms::atom, atoms::atom_used, atoms::binary, atoms::code, atoms::ets}) {
    items.push_back(make_tuple(self.heap(), type, memory_of(m, type)));
  }
  return make_list(self.heap(), items.data(), items.size());
}
BifResult memory_1(Process& self, const Term* args) {
  MemoryFigures m = memory_figures(self);
  if (args[0].is_atom()) {
    Term value = memory_of(m, args[0]);
    return value.is_none() ? self.badarg() : BifResult(value);
  }
  std::vector<Term> items;
  Term list = args[0];
  for (; list.is_list_cell(); list = list.tail()) {
    Term value = memory_of(m, list.head());
    if (value.is_none()) return self.badarg();
    items.push_back(make_tuple(self.heap(), list.head(), value));
  }
  return list.is_nil() ? BifResult(make_list(self.heap(), items.data(), items.size())) : self.badarg();
}

// --- nodes: this machine is alone until distribution exists ---
BifResult node_0(Process& self, const Term*) { return self.runtime().terms.node_name; }
BifResult node_1(Process& self, const Term* args) {
  if (!is_pid(args[0]) && !is_port(args[0]) && !is_reference(args[0])) return self.badarg();
  return athanor::node_of(args[0]).name;
}
BifResult nodes_0(Process&, const Term*) { return Term::nil(); }
static bool is_node_kind(Term t) {
  return t == atoms::visible || t == atoms::hidden || t == atoms::connected || t == atoms::this_ || t == atoms::known;
}
BifResult nodes_1(Process& self, const Term* args) {
  bool own = false;
  Term list = args[0];
  if (list.is_atom() && !list.is_nil()) {
    if (!is_node_kind(list)) return self.badarg();
    own = list == atoms::this_ || list == atoms::known;
  } else {
    for (; list.is_list_cell(); list = list.tail()) {
      if (!is_node_kind(list.head())) return self.badarg();
      own |= list.head() == atoms::this_ || list.head() == atoms::known;
    }
    if (!list.is_nil()) return self.badarg();
  }
  return own ? cons(self.heap(), self.runtime().terms.node_name, Term::nil()) : Term::nil();
}
BifResult nodes_2(Process& self, const Term* args) {
  BifResult names = nodes_1(self, args);
  if (!names.has_value()) return names;
  if (!is_map(args[1])) return self.badarg();
  if (names.value.is_nil()) return names;
  Term info = args[1];
  return cons(self.heap(), make_tuple(self.heap(), names.value.head(), info), Term::nil());
}
// OTP: error:notalive on a node without a name.
BifResult monitor_node_2(Process& self, const Term* args) {
  if (!args[0].is_atom() || (args[1] != atoms::true_ && args[1] != atoms::false_)) return self.badarg();
  if (args[0] == self.runtime().terms.node_name) return atoms::true_;
  return self.error(atoms::notalive);
}
BifResult monitor_node_3(Process& self, const Term* args) {
  if (list_length(args[2]) < 0) return self.badarg();
  return monitor_node_2(self, args);
}

// --- sequential tracing: no process carries a token until tracing exists ---
BifResult seq_trace_2(Process& self, const Term*) { return self.error(atoms::notsup); }
BifResult seq_trace_info_1(Process& self, const Term* args) {
  if (!args[0].is_atom()) return self.badarg();
  return Term::nil();
}
BifResult seq_trace_print_1(Process&, const Term*) { return atoms::false_; }
BifResult seq_trace_print_2(Process&, const Term*) { return atoms::false_; }

BifResult system_monitor_0(Process&, const Term*) { return atoms::undefined; }
BifResult system_profile_0(Process&, const Term*) { return atoms::undefined; }

}  // namespace erlang

namespace erts_internal {

BifResult get_creation_0(Process& self, const Term*) { return Term::small(self.runtime().terms.creation); }
// {erts_dflags, Default, Mandatory, Addable, Rejectable, StrictOrder} of release 25.
BifResult get_dflags_0(Process& self, const Term*) {
  return make_tuple(self.heap(), atoms::erts_dflags, Term::small(55966662588), Term::small(17239956), Term::small(55966662588),
                    Term::small(8396866), Term::small(8192));
}
BifResult no_aux_work_threads_0(Process& self, const Term*) { return Term::small(self.runtime().scheduling->scheduler_count() + 1); }

// erts_internal:scheduler_wall_time(Boolean): switches measuring; the old state.
BifResult scheduler_wall_time_1(Process& self, const Term* args) {
  if (args[0] != atoms::true_ && args[0] != atoms::false_) return self.badarg();
  bool on = args[0] == atoms::true_;
  bool before = self.runtime().wall_time_measured.exchange(on);
  self.runtime().scheduling->set_wall_time_measuring(on);
  return boolean(before);
}

BifResult system_check_1(Process& self, const Term* args) { return args[0] == atoms::schedulers ? BifResult(atoms::ok) : self.badarg(); }

}  // namespace erts_internal

BifResult net_kernel::dflag_unicode_io_1(Process& self, const Term* args) { return is_pid(args[0]) ? BifResult(atoms::true_) : self.badarg(); }

}  // namespace athanor::bif
