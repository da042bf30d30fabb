// SPDX-License-Identifier: Apache-2.0
#include "machine/reports.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/base64.hpp"
#include "bif/system.hpp"
#include "code/code_server.hpp"
#include "dist/distribution.hpp"
#include "ets/storage.hpp"
#include "ets/table.hpp"
#include "ets/tables.hpp"
#include "io/ports.hpp"
#include "process/process_table.hpp"
#include "process/timers.hpp"
#include "term/print.hpp"

namespace athanor::machine {

std::string memory_report(process::Runtime& runtime) {
  const bif::MemoryFigures m = bif::memory_figures(runtime);
  return fmt::format("=memory\ntotal: {}\nprocesses: {}\nprocesses_used: {}\nsystem: {}\natom: {}\natom_used: {}\nbinary: {}\ncode: {}\nets: {}\n", m.total,
                     m.processes, m.processes, m.system, m.atom, m.atom, m.binary, m.code, m.ets);
}

// Of the stock VM's tables those that there is something to tell of here.
std::string internal_tables_report(process::Runtime& runtime) {
  std::string out = fmt::format("=index_table:atom_tab\nsize: {}\nlimit: {}\nentries: {}\n", atom_table().count(), atom_table().limit(), atom_table().count());
  out += fmt::format("=index_table:module_code\nentries: {}\n", runtime.code->loaded().size());
  out += fmt::format("=index_table:export_list\nentries: {}\n", runtime.code->all_exports().size());
  out += fmt::format("=hash_table:process_reg\nobjs: {}\n", runtime.registry->names().size());
  return out + fmt::format("=hash_table:dist_table\nobjs: {}\n", runtime.distribution->all().size() + 1);
}

namespace {

std::string list_of(const std::vector<Term>& pids) {
  std::string out;
  for (Term pid : pids) out += (out.empty() ? "" : ", ") + to_text(pid);
  return out;
}

// Readers of a dump take it line by line. Programs may be given arguments with lines' ends in them; of a fun the name of its module is shown as it is.
std::string on_one_line(std::string text) {
  std::replace_if(text.begin(), text.end(), [](char c) { return static_cast<uint8_t>(c) < ' ' || c == 127; }, ' ');
  return text;
}

// OTP: a port is named by what it is connected to.
std::string connection_text(io::Port& port) {
  const std::string name = on_one_line(port.name());
  const bool is_descriptors = name.find('/') != std::string::npos && name.find_first_not_of("0123456789/") == std::string::npos;
  if (is_descriptors) return "Port is UNIX fd not opened by emulator: " + name;
  return (port.driver().os_pid() >= 0 ? "Port controls external process: " : "Port controls linked-in driver: ") + name;
}

const char* type_text(ets::TableType type) {
  switch (type) {
    case ets::TableType::Set: return "set";
    case ets::TableType::Bag: return "bag";
    case ets::TableType::DuplicateBag: return "duplicate_bag";
    case ets::TableType::OrderedSet: return "ordered_set";
  }
  return "set";
}

const char* protection_text(ets::Protection protection) {
  return protection == ets::Protection::Public ? "public" : protection == ets::Protection::Private ? "private" : "protected";
}

constexpr size_t kMostObjects = 10'000;   // of one table: a person reads them

std::string objects_text(ets::Storage& storage) {
  std::string out;
  size_t shown = 0;
  for (size_t i = 0; shown < kMostObjects; ++i) {
    heap::FragmentAllocator heap(64);
    Term objects;
    if (!storage.slot(i, heap, objects) || objects.is_none()) break;
    if (!objects.is_list_cell()) continue;
    out += fmt::format("{}: {}\n", i, to_text(objects));
    ++shown;
  }
  return out;
}

std::string identifier_text(const ets::Table& table) {
  Term place[kReferenceWords];
  place[0].raw = make_header(BoxedKind::Reference, kReferenceWords - 1);
  place[1].raw = table.number[0];
  place[2].raw = table.number[1];
  return to_text(Term::boxed(place));
}

std::string table_report(ets::Table& table, uint64_t slot, Reader reader) {
  std::shared_lock lock(table.lock);
  if (!table.storage) return {};
  const std::string name = to_text(table.name);
  std::string out = fmt::format("=ets:{}\nSlot: {}\nTable: {}\nName: {}\n", to_text(table.owner), slot, table.options.is_named ? name : identifier_text(table), name);
  ets::ChainStatistics chains;
  if (table.storage->statistics(chains)) {
    out += fmt::format("Buckets: {}\nChain Length Avg: {:.6f}\nChain Length Max: {}\nChain Length Min: {}\nChain Length Std Dev: {:.6f}\n"
                       "Chain Length Expected Std Dev: {:.6f}\n",
                       chains.buckets, chains.average, chains.longest, chains.shortest, chains.deviation, chains.expected);
  }
  if (table.options.type == ets::TableType::OrderedSet) {   // OTP: its objects are not shown
    out += fmt::format("Ordered set (AVL tree), Elements: {}\n", table.storage->count());
  } else {
    out += fmt::format("Fixed: {}\n", !table.fixers.empty());
    if (reader == Reader::Person) out += objects_text(*table.storage);
  }
  return out + fmt::format("Objects: {}\nWords: {}\nType: {}\nProtection: {}\nCompressed: {}\nWrite Concurrency: {}\nRead Concurrency: {}\n", table.storage->count(),
                           table.memory_words(), type_text(table.options.type), protection_text(table.protection), table.options.compressed,
                           table.options.write_concurrency, table.options.read_concurrency);
}

size_t bytes_of(const code::ModuleCode* code) { return code && code->file ? code->file->bytes.size() : size_t{0}; }

}  // namespace

std::string ports_report(process::Runtime& runtime) {
  std::string out;
  for (Term id : runtime.ports->all()) {
    std::shared_ptr<io::Port> port = runtime.ports->find(id);
    if (!port) continue;
    std::lock_guard lock(port->mutex());
    out += fmt::format("=port:{}\nState: CONNECTED\nSlot: {}\nConnected: {}\n", to_text(id), id.port_number(), to_text(port->owner()));
    if (!port->links().empty()) out += "Links: " + list_of(port->links()) + "\n";
    if (std::vector<Term> watchers = port->watchers(); !watchers.empty()) out += "Monitors: " + list_of(watchers) + "\n";
    for (Term name : runtime.registry->names()) {
      if (runtime.registry->find(name) == id) out += "Registered as: " + to_text(name) + "\n";
    }
    out += fmt::format("{}\nInput: {}\nOutput: {}\nQueue: {}\n", connection_text(*port), port->input_bytes(), port->output_bytes(), port->driver().queued_bytes());
  }
  return out;
}

std::string ets_report(process::Runtime& runtime, Reader reader) {
  std::string out;
  uint64_t slot = 0;
  for (ets::Table* table : runtime.tables->all()) {
    out += table_report(*table, ++slot, reader);
    table->release();
  }
  return out;
}

std::string timers_report(process::Runtime& runtime) {
  std::string out;
  for (const process::Timers::Waiting& timer : runtime.timers->waiting()) {
    out += fmt::format("=timer:{}\nMessage: {}\nTime left: {}\n", to_text(timer.to), on_one_line(to_text(timer.message)), timer.left_ms);
  }
  return out;
}

std::string funs_report(process::Runtime& runtime) {
  std::string out;
  for (Term name : runtime.code->loaded()) {
    const code::ModuleCode* current = runtime.code->find_module(name)->current.load(std::memory_order_acquire);
    if (!current) continue;
    for (const code::FunEntry* fun : current->lambdas) {
      out += fmt::format("=fun\nModule: {}\nUniq: {}\nIndex: {}\nAddress: {:#x}\n", to_text(name), fun->old_uniq, fun->index,
                         reinterpret_cast<uintptr_t>(fun->entry.load(std::memory_order_relaxed)));
    }
  }
  return out;
}

std::string nodes_report(process::Runtime& runtime) {
  const Term own = runtime.terms.node_name;
  std::string out = fmt::format("=node:{}\n", to_text(own));
  if (own == atoms::nonode_at_nohost) return out + "=no_distribution\n";
  for (dist::RemoteNode* node : runtime.distribution->all()) {
    std::lock_guard lock(node->mutex);
    const bool is_connected = node->state == dist::NodeState::Connected;
    out += fmt::format("={}:{}\nName: {}\n", !is_connected ? "not_connected" : node->is_visible() ? "visible_node" : "hidden_node", node->name.atom_index(), to_text(node->name));
    if (is_connected) out += fmt::format("Controller: {}\nCreation: {}\n", to_text(node->controller), node->creation);
  }
  return out;
}

// OTP: attributes and compilation info as external terms.
std::string module_text(const code::ModuleCode* code, const char* which) {
  if (!code || !code->file) return {};
  std::string out = fmt::format("{} size: {}\n", which, bytes_of(code));
  if (!code->file->attributes.empty()) out += fmt::format("{} attributes: {}\n", which, base::base64(code->file->attributes));
  if (!code->file->compile_info.empty()) out += fmt::format("{} compilation info: {}\n", which, base::base64(code->file->compile_info));
  return out;
}

std::string modules_report(process::Runtime& runtime, Reader reader) {
  std::string modules;
  uint64_t current_bytes = 0, old_bytes = 0;
  for (Term name : runtime.code->loaded()) {
    code::Module* module = runtime.code->find_module(name);
    const code::ModuleCode* codes[] = {module->current.load(std::memory_order_acquire), module->old.load(std::memory_order_acquire)};
    const size_t current = bytes_of(codes[0]), old = bytes_of(codes[1]);
    current_bytes += current;
    old_bytes += old;
    if (reader == Reader::Person) {
      modules += fmt::format("{} {}", to_text(name), current) + (old ? fmt::format(" ({} old)\n", old) : "\n");
    } else {
      modules += fmt::format("=mod:{}\n", to_text(name)) + module_text(codes[0], "Current") + module_text(codes[1], "Old");
    }
  }
  return fmt::format("Current code: {}\nOld code: {}\n", current_bytes, old_bytes) + modules;
}

}  // namespace athanor::machine
