// SPDX-License-Identifier: Apache-2.0
// athanor::Machine: owns the layers of one machine, joins them, boots the release, waits for its end.
#include "athanor/machine.hpp"

#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <mutex>

#include "bif/bif.hpp"
#include "bif/time.hpp"
#include "code/code_server.hpp"
#include "engine/engine.hpp"
#include "dist/distribution.hpp"
#include "driver/registry.hpp"
#include "ets/tables.hpp"
#include "io/ports.hpp"
#include "machine/break_menu.hpp"
#include "machine/crash_dump.hpp"
#include "machine/joins.hpp"
#include "machine/natives.hpp"
#include "machine/own_modules.hpp"
#include "machine/processors.hpp"
#include "machine/release.hpp"
#include "nif/monitor.hpp"
#include "nif/select.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/spawn.hpp"
#include "sched/scheduling.hpp"
#include "trace/trace.hpp"

namespace athanor::machine {

// The end of a machine: who halts sets it, who waits reads it.
class Ending {
 public:
  // The first of those who halt counts, and only it: its `at_once` runs before the waiting thread goes on.
  template <class AtOnce>
  void set(int status, bool flush, AtOnce at_once) {
    std::lock_guard lock(mutex_);
    if (ended_) return;
    at_once();
    ended_ = true;
    flush_ = flush;
    status_ = status;
    changed_.notify_all();
  }
  int wait(bool& flush) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ended_; });
    flush = flush_;
    return status_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false, flush_ = true;
  int status_ = 0;
};

// What Runtime::machine points at: services that only machine/ knows.
class Machine {
 public:
  Ending ending;
  bool write_crash_dump = false;
  bool has_crashed = false;
  std::string slogan;              // both set before `ending` is: of a machine that ends by a crash
};

namespace {

void halt_machine(process::Runtime& runtime, int status, bool flush, const char* crash_message) {
  Machine& machine = *runtime.machine;
  machine.ending.set(status, flush, [&] {
    if (!crash_message) return;
    std::fprintf(stderr, "%s\r\n", crash_message);   // the terminal may be raw
    machine.slogan = crash_message;
    machine.has_crashed = true;
  });
  runtime.scheduling->begin_stop();   // OTP: who halts is the last to run
}

base::Result<std::vector<uint8_t>> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return base::Error{"cannot read " + path};
  return std::vector<uint8_t>(std::istreambuf_iterator<char>(in), {});
}

}  // namespace
}  // namespace athanor::machine

namespace athanor {

using process::Runtime;

struct Machine::Implementation {
  MachineOptions options;
  std::string error;
  machine::Machine services;
  machine::Release release;
  Runtime runtime;
  std::unique_ptr<AtomTable> atoms;
  std::unique_ptr<machine::Joins> joins;
  std::shared_ptr<engine::jit::Jit> jit;   // null: all code is interpreted
  std::unique_ptr<base::Epochs> epochs;
  std::unique_ptr<heap::LiteralSpace> literals;
  std::unique_ptr<process::ProcessTable> processes;
  std::unique_ptr<process::Registry> registry;
  std::unique_ptr<sched::Scheduling> scheduling;
  std::unique_ptr<code::CodeServer> code;
  std::unique_ptr<ets::Tables> tables;
  std::unique_ptr<io::Ports> ports;
  std::unique_ptr<nif::Host> nif;
  std::unique_ptr<driver::Drivers> drivers;
  std::unique_ptr<dist::Distribution> distribution;
  std::unique_ptr<trace::Trace> tracing;
  bool started = false;

  bool boot();
  void join_layers();
  bool load_preloaded();
  bool spawn_first_processes();
};

void Machine::Implementation::join_layers() {
  atoms.reset(make_atom_table(options.atom_limit));
  runtime.terms.atoms = atoms.get();
  runtime.terms.node_name = atoms::nonode_at_nohost;
  runtime.terms.otp_release = release.otp;
  runtime.machine = &services;
  services.write_crash_dump = options.write_crash_dump;
  epochs = std::make_unique<base::Epochs>();
  runtime.epochs = epochs.get();
  literals = std::make_unique<heap::LiteralSpace>();
  runtime.literals = literals.get();
  runtime.min_heap_words = options.min_heap_words;
  if (options.min_binary_heap_words) runtime.min_binary_heap_words = static_cast<uint32_t>(heap::next_heap_size(options.min_binary_heap_words));
  runtime.off_heap_messages = options.off_heap_messages;
  runtime.max_heap_words = options.max_heap_words;
  runtime.max_heap_kill = options.max_heap_kill;
  runtime.max_heap_error_logger = options.max_heap_error_logger;
  runtime.halt = machine::halt_machine;
  processes = std::make_unique<process::ProcessTable>(options.process_limit);
  runtime.processes = processes.get();
  registry.reset(process::make_registry());
  runtime.registry = registry.get();
  sched::SchedulingOptions scheduling_options;
  scheduling_options.schedulers = options.schedulers;
  scheduling_options.schedulers_online = options.schedulers_online;
  scheduling_options.dirty_cpu = options.dirty_cpu_schedulers;
  scheduling_options.dirty_cpu_online = options.dirty_cpu_schedulers_online;
  scheduling_options.dirty_io = options.dirty_io_schedulers;
  scheduling_options.schedulers_poll = options.schedulers_poll;
  scheduling_options.binding = machine::binding_options(options);
  scheduling_options.stress = options.stress;
  scheduling = sched::Scheduling::create(runtime, scheduling_options, engine::make_executor);
  runtime.start_monotonic_ns = runtime.clock->monotonic_ns();
  runtime.time_offset_ns = runtime.clock->system_ns() - bif::kErlangStartNs;
  runtime.time_offset_state = options.time_warp == TimeWarp::Multi    ? process::Runtime::TimeOffset::Volatile
                              : options.time_warp == TimeWarp::Single ? process::Runtime::TimeOffset::Preliminary
                                                                      : process::Runtime::TimeOffset::Final;
  process::ThreadScope scope(runtime);
  if (options.jit_calls != 0) jit = engine::make_jit(options.jit_calls, options.perf_map);
  runtime.jit = jit.get();
  code = std::make_unique<code::CodeServer>(runtime, machine::native_rows(), engine::make_stubs());
  runtime.code = code.get();
  tracing = std::make_unique<trace::Trace>(runtime);
  runtime.tracing = tracing.get();
  joins = std::make_unique<machine::Joins>(runtime);
  runtime.terms.host = joins.get();
  tables = ets::Tables::create(runtime, options.ets_limit);
  runtime.tables = tables.get();
  ports = io::Ports::create(runtime, options.port_limit);
  runtime.ports = ports.get();
  runtime.break_menu = machine::show_break_menu;
  distribution = std::make_unique<dist::Distribution>(runtime, size_t{options.dist_busy_limit_kib} * 1024);
  runtime.distribution = distribution.get();
  machine::join(runtime);
}

bool Machine::Implementation::load_preloaded() {
  std::vector<code::Prepared*> prepared;
  for (const char* name : machine::preloaded_modules(release.otp)) {
    auto bytes = machine::read_file(release.preloaded_dir + "/" + name + ".beam");
    if (!bytes) {
      error = bytes.error().message + ": the release under " + release.root + " is incomplete";
      return false;
    }
    auto module = code->prepare(intern(name), bytes->data(), bytes->size());
    if (!module) {
      error = release.preloaded_dir + "/" + name + ".beam: " + module.error().message;
      return false;
    }
    prepared.push_back(*module);
    code->mark_preloaded(intern(name));
  }
  for (const machine::OwnModule& own : machine::own_modules()) {
    auto module = code->prepare(intern(own.name), own.bytes.data(), own.bytes.size());
    if (!module) {
      error = std::string(own.name) + ": " + module.error().message;
      return false;
    }
    prepared.push_back(*module);
  }
  std::vector<Term> failed;
  if (code->finish(prepared, failed) == code::CodeServer::Finish::NotPurged) {
    error = "preloaded modules are loaded twice";
    return false;
  }
  for (code::Prepared* module : prepared) module->release();
  return true;
}

bool Machine::Implementation::spawn_first_processes() {
  heap::FragmentAllocator heap(1024);
  std::vector<Term> arguments;
  for (const std::string& text : options.arguments) arguments.push_back(binary::from_text(heap, text));
  Term list = bif::make_list(heap, arguments.data(), arguments.size());
  Term init_arguments = bif::cons(heap, intern("init"), bif::cons(heap, list, Term::nil()));
  process::SpawnOptions plain;
  if (process::spawn(runtime, nullptr, intern("erl_init"), intern("start"), init_arguments, plain).pid.is_none()) return false;
  struct SystemProcess { const char* module; process::Priority priority; };
  using process::Priority;
  for (const SystemProcess& row : {SystemProcess{"erts_code_purger", Priority::High}, {"erts_literal_area_collector", Priority::High},
                                   {"erts_dirty_process_signal_handler", Priority::Normal}, {"erts_dirty_process_signal_handler", Priority::High},
                                   {"erts_dirty_process_signal_handler", Priority::Max}}) {
    process::SpawnOptions system;
    system.system_process = true;
    system.priority = row.priority;
    system.off_heap_messages = true;
    Term pid = process::spawn(runtime, nullptr, intern(row.module), intern("start"), Term::nil(), system).pid;
    if (pid.is_none()) return false;
    if (row.module == std::string_view("erts_literal_area_collector")) runtime.literal_collector_raw.store(pid.raw, std::memory_order_release);
  }
  return true;
}

bool Machine::Implementation::boot() {
  auto found = machine::find_release(options.otp_root, options.bin_dir);
  if (!found) {
    error = found.error().message;
    return false;
  }
  release = *found;
  join_layers();
  {
    process::ThreadScope scope(runtime);
    if (!load_preloaded()) return false;
    machine::configure(runtime, options, release);
    nif = machine::make_nif_host(runtime);
    drivers = machine::make_drivers(runtime);
    ports->start();
    if (!spawn_first_processes()) {
      error = "the first processes do not fit into the process table (+P is too small)";
      return false;
    }
  }
  scheduling->start();
  started = true;
  return true;
}

Machine::Machine(MachineOptions options) : implementation_(std::make_unique<Implementation>()) {
  implementation_->options = std::move(options);
}

Machine::~Machine() {
  Implementation& self = *implementation_;
  if (self.started) self.scheduling->stop();
  if (self.atoms) {
    process::ThreadScope scope(self.runtime);
    self.runtime.literal_collector_raw.store(0, std::memory_order_relaxed);
    if (self.nif) self.nif->end();
    if (self.drivers) self.drivers->end();
    self.ports.reset();
    self.tables.reset();
    self.processes.reset();
    self.code.reset();
    self.runtime.tracing = nullptr;
    self.tracing.reset();
    self.scheduling.reset();
    self.epochs.reset();
    self.distribution.reset();
    self.jit.reset();   // no code is left
    self.literals.reset();
    self.drivers.reset();
    self.nif.reset();   // what is freed last may hold resources, whose libraries must still be there
  }
}

bool Machine::boot() { return implementation_->boot(); }

const std::string& Machine::error() const { return implementation_->error; }

int Machine::wait() {
  bool flush = true;
  int status = implementation_->services.ending.wait(flush);
  implementation_->scheduling->stop_schedulers();   // nothing runs on behind the last words
  const machine::Machine& services = implementation_->services;
  if (services.has_crashed) implementation_->drivers->emergency_close();
  if (services.has_crashed && services.write_crash_dump) machine::write_crash_dump(implementation_->runtime, services.slogan.c_str());
  if (flush) implementation_->ports->flush();
  return status;
}

void Machine::request_stop() { machine::request_stop(implementation_->runtime); }

const char* version() { return "0.1.0"; }

}  // namespace athanor
