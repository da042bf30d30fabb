// SPDX-License-Identifier: Apache-2.0
// The machine's end, what it prints of terms, its memory.
#include "bif/system.hpp"

#include "bif/bif.hpp"
#include "code/code_server.hpp"
#include "os/system.hpp"
#include "process/process_table.hpp"
#include "sched/scheduling.hpp"
#include "term/print.hpp"

#define ATH_FAMILY "bif/system.def"
#include "bif/declare.inc"

namespace athanor::bif {

// Process heaps keep no common book: allocated bytes that are no binary, table, code or atom count as the processes'. So
// growth of processes shows where it should, and the sums are those of the documentation.
MemoryFigures memory_figures(process::Runtime& runtime) {
  MemoryFigures m{};
  m.atom = int64_t{atom_table().count()} * 64;
  m.binary = OffHeapBinary::live_bytes().load(std::memory_order_relaxed);
  m.code = static_cast<int64_t>(runtime.literals->used_bytes());
  for (Term name : runtime.code->loaded()) {
    code::Module* module = runtime.code->find_module(name);
    code::ModuleCode* current = module ? module->current.load(std::memory_order_acquire) : nullptr;
    if (current && current->file) m.code += static_cast<int64_t>(current->file->bytes.size());
  }
  m.ets = runtime.ets_bytes ? runtime.ets_bytes(runtime) : 0;
  int64_t known = m.atom + m.binary + m.code + m.ets;
  int64_t allocated = athanor::os::allocated_bytes();
  m.total = std::max(allocated > 0 ? allocated : athanor::os::resident_bytes(), known);
  m.processes = m.total - known;
  m.system = m.total - m.processes;
  return m;
}

namespace {

constexpr Term kMemoryTypes[] = {atoms::total, atoms::processes, atoms::processes_used, atoms::system, atoms::atom,
                                 atoms::atom_used, atoms::binary, atoms::code, atoms::ets};

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

BifResult erlang::memory_0(Process& self, const Term*) {
  MemoryFigures m = memory_figures(self.runtime());
  std::vector<Term> items;
  for (Term type : kMemoryTypes) items.push_back(make_tuple(self.heap(), type, memory_of(m, type)));
  return make_list(self.heap(), items.data(), items.size());
}

BifResult erlang::memory_1(Process& self, const Term* args) {
  MemoryFigures m = memory_figures(self.runtime());
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

// --- printing. OTP: terms go to standard output, strings to standard error ---

BifResult erlang::display_1(Process&, const Term* args) {
  std::string text = to_text(args[0]) + "\r\n";
  athanor::os::write_standard_output(text.data(), text.size());
  return atoms::true_;
}

BifResult erlang::display_nl_0(Process&, const Term*) {
  athanor::os::write_standard_error("\n", 1);
  return atoms::true_;
}

BifResult erlang::display_string_1(Process& self, const Term* args) {
  std::string text;
  Term list = args[0];
  for (; list.is_list_cell(); list = list.tail())
    if (!list.head().is_small()) return self.badarg();
  if (!list.is_nil() || !chardata_to_utf8(args[0], text)) return self.badarg();
  athanor::os::write_standard_error(text.data(), text.size());
  return atoms::true_;
}

// --- the end ---

// erlang:halt/2: a status (of large ones the system keeps 8 bits), abort, or the text of a crash.
BifResult erlang::halt_2(Process& self, const Term* args) {
  bool flush = true;
  Term options = args[1];
  for (; options.is_list_cell(); options = options.tail()) {
    Term option = options.head();
    if (!is_tuple_of(option, 2) || tuple_element(option, 0) != atoms::flush) return self.badarg_because(atoms::badopt);
    Term value = tuple_element(option, 1);
    if (value != atoms::true_ && value != atoms::false_) return self.badarg_because(atoms::badopt);
    flush = value == atoms::true_;
  }
  if (!options.is_nil()) return self.badarg_because(atoms::badopt);
  process::Runtime& runtime = self.runtime();
  Term status = args[0];
  if (is_integer(status)) {
    if (integer::is_negative(status)) return self.badarg();
    uint64_t code = status.is_small() ? static_cast<uint64_t>(status.small_value()) : integer::limbs(status)[0];
    runtime.halt(runtime, static_cast<int>(code & 0xFF), flush, nullptr);
  } else if (status == atoms::abort) {
    runtime.halt(runtime, 134, false, nullptr);   // as the system tells a program that ended by SIGABRT
  } else {
    std::string text;
    for (Term rest = status; rest.is_list_cell(); rest = rest.tail())
      if (!rest.head().is_small()) return self.badarg();
    if (!status.is_list() || !chardata_to_utf8(status, text)) return self.badarg();
    runtime.halt(runtime, 1, false, text.substr(0, 1023).c_str());
  }
  return self.wait({args[0], args[1]});           // it does not go on
}

}  // namespace athanor::bif
