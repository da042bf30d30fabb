// SPDX-License-Identifier: Apache-2.0
#include "machine/crash_dump.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "bif/system.hpp"
#include "code/code_server.hpp"
#include "ets/storage.hpp"
#include "ets/table.hpp"
#include "ets/tables.hpp"
#include "io/ports.hpp"
#include "machine/crash_dump_process.hpp"
#include "process/process_table.hpp"
#include "sched/scheduling.hpp"
#include "term/print.hpp"

namespace athanor::machine {

namespace {

void write(FILE* file, const std::string& text) { std::fwrite(text.data(), 1, text.size(), file); }

void write_head(FILE* file, process::Runtime& runtime, const char* slogan) {
  std::time_t now = std::time(nullptr);
  char date[64] = "";
  ctime_r(&now, date);
  const process::Identity& identity = runtime.identity;
  const sched::Scheduling& s = *runtime.scheduling;
  write(file, fmt::format("=erl_crash_dump:0.5\n{}Slogan: {}\n"
                          "System version: Erlang/OTP {} [erts-{}] [source] [64-bit] [smp:{}:{}] [ds:{}:{}:{}] [async-threads:1]\n"
                          "Taints: \nAtoms: {}\nCalling Thread: scheduler:0\n",
                          date, slogan, identity.otp_release, identity.erts_version, s.scheduler_count(), s.schedulers_online(), s.dirty_cpu_count(),
                          s.dirty_cpu_online(), s.dirty_io_count(), atom_table().count()));
}

// The queues at the moment when the schedulers stopped.
void write_schedulers(FILE* file, process::Runtime& runtime) {
  uint32_t index = 0;
  for (uint32_t length : runtime.scheduling->run_queue_lengths()) {
    if (++index > runtime.scheduling->scheduler_count()) break;
    write(file, fmt::format("=scheduler:{}\nCurrent Port: \nRun Queue Normal Length: {}\nCurrent Process: \n", index, length));
  }
}

void write_memory(FILE* file, process::Runtime& runtime) {
  const bif::MemoryFigures m = bif::memory_figures(runtime);
  write(file, fmt::format("=memory\ntotal: {}\nprocesses: {}\nprocesses_used: {}\nsystem: {}\natom: {}\natom_used: {}\nbinary: {}\ncode: {}\nets: {}\n"
                          "=index_table:atom_tab\nsize: {}\nlimit: {}\nentries: {}\n",
                          m.total, m.processes, m.processes, m.system, m.atom, m.atom, m.binary, m.code, m.ets, atom_table().count(),
                          atom_table().limit(), atom_table().count()));
}

void write_ports(FILE* file, process::Runtime& runtime) {
  for (Term id : runtime.ports->all()) {
    std::shared_ptr<io::Port> port = runtime.ports->find(id);
    if (!port) continue;
    std::lock_guard lock(port->mutex());
    std::string links;
    for (Term pid : port->links()) links += (links.empty() ? "" : ", ") + to_text(pid);
    write(file, fmt::format("=port:{}\nState: CONNECTED\nSlot: {}\nConnected: {}\nLinks: {}\nPort controls linked-in driver: {}\nInput: {}\nOutput: {}\nQueue: {}\n",
                            to_text(id), id.port_number(), to_text(port->owner()), links, port->name(), port->input_bytes(), port->output_bytes(),
                            port->driver().queued_bytes()));
  }
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

void write_tables(FILE* file, process::Runtime& runtime) {
  uint64_t slot = 0;
  for (ets::Table* table : runtime.tables->all()) {
    {
      std::shared_lock lock(table->lock);
      if (table->storage) {
        const char* protection = table->protection == ets::Protection::Public ? "public" : table->protection == ets::Protection::Private ? "private" : "protected";
        write(file, fmt::format("=ets:{}\nSlot: {}\nTable: {}\nName: {}\nFixed: {}\nObjects: {}\nWords: {}\nType: {}\nProtection: {}\nCompressed: {}\n"
                                "Write Concurrency: {}\nRead Concurrency: {}\n",
                                to_text(table->owner), ++slot, to_text(table->name), to_text(table->name), !table->fixers.empty(), table->storage->count(),
                                table->memory_words(), type_text(table->options.type), protection, table->options.compressed,
                                table->options.write_concurrency, table->options.read_concurrency));
      }
    }
    table->release();
  }
}

void write_modules(FILE* file, process::Runtime& runtime) {
  std::string modules;
  uint64_t current_bytes = 0, old_bytes = 0;
  for (Term name : runtime.code->loaded()) {
    code::Module* module = runtime.code->find_module(name);
    auto bytes_of = [](code::ModuleCode* code) { return code && code->file ? code->file->bytes.size() : size_t{0}; };
    const size_t current = bytes_of(module->current.load()), old = bytes_of(module->old.load());
    modules += fmt::format("=mod:{}\nCurrent size: {}\n", to_text(name), current);
    if (old) modules += fmt::format("Old size: {}\n", old);
    current_bytes += current;
    old_bytes += old;
  }
  write(file, fmt::format("=loaded_modules\nCurrent code: {}\nOld code: {}\n", current_bytes, old_bytes) + modules);
}

void write_atoms(FILE* file) {
  write(file, "=atoms\n");
  for (uint32_t i = atom_table().count(); i-- > 0;) write(file, to_text(Term::atom(i)) + "\n");   // OTP: the latest first
}

}  // namespace

void write_crash_dump(process::Runtime& runtime, const char* slogan) {
  const char* seconds = std::getenv("ERL_CRASH_DUMP_SECONDS");
  if (seconds && std::atoi(seconds) == 0) return;   // OTP: 0 asks for none
  const char* path = std::getenv("ERL_CRASH_DUMP");
  if (!path || !*path) path = "erl_crash.dump";
  FILE* file = std::fopen(path, "w");
  if (!file) return;
  std::fprintf(stderr, "\nCrash dump is being written to: %s...", path);
  std::fflush(stderr);
  process::ThreadScope scope(runtime);
  auto* participant = runtime.epochs->join();
  runtime.epochs->enter(participant);
  write_head(file, runtime, slogan);
  write_schedulers(file, runtime);
  write_memory(file, runtime);
  std::vector<process::Process*> processes;
  for (Term pid : runtime.processes->all()) {
    if (process::Process* process = runtime.processes->find(pid)) processes.push_back(process);
  }
  for (process::Process* process : processes) write(file, process_text(*process));
  write_ports(file, runtime);
  write_tables(file, runtime);
  write(file, fmt::format("=node:{}\n", to_text(runtime.terms.node_name)));
  if (runtime.terms.node_name == atoms::nonode_at_nohost) write(file, "=no_distribution\n");
  write_modules(file, runtime);
  for (process::Process* process : processes) write(file, process_terms_text(*process));
  write_atoms(file);
  write(file, "=end\n");
  runtime.epochs->exit(participant);
  runtime.epochs->leave(participant);
  std::fclose(file);
  std::fprintf(stderr, "done\n");
}

}  // namespace athanor::machine
