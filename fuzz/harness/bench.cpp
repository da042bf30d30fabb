// SPDX-License-Identifier: Apache-2.0
#include "harness/bench.hpp"

#include <algorithm>

#include "bif/time.hpp"
#include "dist/distribution.hpp"
#include "driver/registry.hpp"
#include "engine/engine.hpp"
#include "engine/interp/cells.hpp"
#include "ets/persistent_terms.hpp"
#include "ets/tables.hpp"
#include "io/ports.hpp"
#include "machine/joins.hpp"
#include "nif/monitor.hpp"
#include "nif/select.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/spawn.hpp"
#include "process/state.hpp"
#include "sched/scheduling.hpp"
#include "trace/trace.hpp"

namespace athanor::fuzz {

using process::AfterRun;
using process::Outcome;
using process::Process;

namespace {

// What the calling process's stack begins with: a frame of one y register, a catch mark while a call is under way.
//
//   | … the call's frames … | kReturned | y0: mark of kCaught | kNormalExit |
ATH_HANDLER(op_returned) {
  ATH_SYNC();
  engine::save_registers(*vm, ip, 1);
  vm->outcome = Outcome::Waiting;
}
extern const engine::FixedCell kReturned{&engine::kNoSite, op_returned};

// x0 none, x1 the value.
ATH_HANDLER(op_caught) {
  ATH_SYNC();
  x[0] = x[1];
  engine::save_registers(*vm, ip, 1);
  vm->outcome = Outcome::Waiting;
}
extern const engine::FixedCell kCaught{&engine::kNoSite, op_caught};

}  // namespace

struct Bench::Layers {
  process::Runtime runtime;
  std::unique_ptr<AtomTable> atoms;
  std::unique_ptr<machine::Joins> joins;
  base::Epochs epochs;
  heap::LiteralSpace literals;
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
  std::unique_ptr<process::ThreadScope> scope;
  base::Epochs::Participant* participant = nullptr;
};

// As Machine::Implementation::join_layers, with the waker and the end in our hands.
Bench::Bench(const BenchOptions& options) : layers_(std::make_unique<Layers>()), uses_(options.uses) {
  Layers& l = *layers_;
  process::Runtime& r = l.runtime;
  l.atoms.reset(make_atom_table(options.atom_limit));
  r.terms.atoms = l.atoms.get();
  r.terms.node_name = atoms::nonode_at_nohost;
  r.terms.otp_release = 25;
  r.epochs = &l.epochs;
  r.literals = &l.literals;
  r.halt = [](process::Runtime& runtime, int, bool, const char*) { static_cast<Bench*>(runtime.waker)->has_halted_ = true; };
  l.processes = std::make_unique<process::ProcessTable>(options.process_limit);
  r.processes = l.processes.get();
  l.registry.reset(process::make_registry());
  r.registry = l.registry.get();
  sched::SchedulingOptions scheduling;
  scheduling.schedulers = 1;
  scheduling.dirty_cpu = 1;
  scheduling.dirty_io = 1;
  l.scheduling = sched::Scheduling::create(r, scheduling, engine::make_executor);   // never started
  r.waker = this;
  r.start_monotonic_ns = r.clock->monotonic_ns();
  r.time_offset_ns = r.clock->system_ns() - bif::kErlangStartNs;
  l.scope = std::make_unique<process::ThreadScope>(r);
  l.participant = l.epochs.join();
  l.epochs.enter(l.participant);
  l.code = std::make_unique<code::CodeServer>(r, options.natives, engine::make_stubs());
  r.code = l.code.get();
  l.tracing = std::make_unique<trace::Trace>(r);
  r.tracing = l.tracing.get();
  l.joins = std::make_unique<machine::Joins>(r);
  r.terms.host = l.joins.get();
  l.tables = ets::Tables::create(r, 1024);
  r.tables = l.tables.get();
  l.ports = io::Ports::create(r, 1024);
  r.ports = l.ports.get();
  l.distribution = std::make_unique<dist::Distribution>(r, size_t{1} << 20);
  r.distribution = l.distribution.get();
  machine::join(r);
  MachineOptions machine_options;
  machine_options.names = NameEncoding::Utf8;
  machine_options.use_standard_streams = false;
  machine::configure(r, machine_options, machine::Release{"/nonexistent", "13.1.5", 25, "/nonexistent", "/nonexistent"});
  l.nif = machine::make_nif_host(r);
  l.drivers = machine::make_drivers(r);
  r.system_logger_raw.store(atoms::undefined.raw);   // nobody is told of what hostile code dies of
  executor_.reset(engine::make_executor(r));
  // The first process is the machine's own: whoever ends it ends the machine.
  (void)process::spawn(r, nullptr, atoms::lists, atoms::map, Term::nil(), {});
  queue_.clear();
}

Bench::~Bench() {
  Layers& l = *layers_;
  clear();
  executor_.reset();
  l.epochs.exit(l.participant);
  l.epochs.leave(l.participant);
  l.nif->end();
  l.drivers->end();
  l.ports.reset();
  l.tables.reset();
  l.processes.reset();
  l.code.reset();
  l.runtime.tracing = nullptr;
  l.tracing.reset();
  l.scheduling.reset();
  l.distribution.reset();
}

process::Runtime& Bench::runtime() { return layers_->runtime; }
code::CodeServer& Bench::code() { return *layers_->code; }

code::CodeAddress Bench::entry_of(const process::NativeRow& row) {
  return engine::native_entry(row, Mfa{intern(row.module), intern(row.name), row.arity});
}

bool Bench::is_worn() const {
  return cleared_ > uses_ || layers_->atoms->count() * 2 > layers_->atoms->limit() || has_halted_;
}

void Bench::start_process() {
  pid_ = process::spawn(runtime(), nullptr, atoms::lists, atoms::map, Term::nil(), {}).pid;
  ATH_ASSERT(!pid_.is_none());
  process_ = runtime().processes->find(pid_);
  std::erase(queue_, process_);
  const bool runs = process::begin_run(*process_);
  ATH_ASSERT(runs);
  Term* top = process_->heap().stack_top();
  *--top = Term{reinterpret_cast<Word>(engine::kNormalExit.address())};
  *--top = Term::nil();
  process_->heap().set_stack_top(top);
  process_->saved_[0] = Term::nil();
  process_->live_ = 1;
  process_->ip_ = kReturned.address();
  const AfterRun after = process::end_run(*process_, Outcome::Waiting);
  ATH_ASSERT(after == AfterRun::Sleep);
}

Process& Bench::process() {
  if (pid_.is_none() || runtime().processes->find(pid_) != process_) start_process();
  return *process_;
}

void Bench::slice(Process& process, int64_t reductions) {
  if (!process::begin_run(process)) return;
  process.home_scheduler_ = 1;
  if (!process.ip_) executor_->prepare_call(process, process.saved_[0], process.saved_[1], process.saved_[2]);
  process.reductions_left_ = reductions;
  const Outcome outcome = executor_->run(process);
  switch (process::end_run(process, outcome)) {
    case AfterRun::Requeue: queue_.push_back(&process); break;
    case AfterRun::Dirty:
      executor_->run_dirty(process);
      process::end_dirty(process);
      break;
    case AfterRun::Sleep:
    case AfterRun::Gone: break;
  }
}

void Bench::serve() {
  while (!errands_.empty()) {
    const Term pid = errands_.front();
    errands_.pop_front();
    if (Process* process = runtime().processes->find(pid)) process::serve_signals(*process);
  }
}

Ended Bench::call(code::CodeAddress entry, const Term* arguments, uint32_t arity, const Limits& limits) {
  Process& self = process();
  ATH_ASSERT(arity <= Process::kSavedInline);
  Term* top = self.heap().stack_top();
  *top = Term::catch_mark(kCaught.address());
  *--top = Term{reinterpret_cast<Word>(kReturned.address())};
  self.heap().set_stack_top(top);
  for (uint32_t i = 0; i < arity; ++i) self.saved_[i] = arguments[i];
  self.live_ = static_cast<uint16_t>(arity);
  self.ip_ = entry;
  answer_ = Term::none();
  process::make_runnable(self);
  for (uint32_t i = 0; i < limits.slices; ++i) {
    serve();
    auto found = std::find(queue_.begin(), queue_.end(), &self);
    if (found == queue_.end()) break;
    queue_.erase(found);
    slice(self, limits.reductions);
    if (runtime().processes->find(pid_) != &self) return Ended::Gone;
  }
  if (process::is_exiting(self)) {
    end(self);
    return Ended::Gone;
  }
  if (self.ip_ == kReturned.address() || self.ip_ == kCaught.address()) {
    answer_ = self.saved_[0];
    *self.heap().stack_top() = Term::nil();
    return self.ip_ == kCaught.address() ? Ended::Raised : Ended::Value;
  }
  const bool is_queued = std::find(queue_.begin(), queue_.end(), &self) != queue_.end();
  end(self);
  return is_queued ? Ended::Unfinished : Ended::Waits;
}

void Bench::run_others(uint32_t slices, int64_t reductions) {
  for (uint32_t i = 0; i < slices; ++i) {
    serve();
    if (queue_.empty()) return;
    Process* process = queue_.front();
    queue_.pop_front();
    slice(*process, reductions);
  }
}

void Bench::end(Process& process) {
  std::erase(queue_, &process);
  const Term pid = process.pid();
  // One that is suspended is not run otherwise.
  process.state_.fetch_and(~uint32_t{process::kSuspended});
  process::make_runnable(process);
  std::erase(queue_, &process);
  if (!process::begin_run(process)) {
    // Its exit went on by itself.
    while (runtime().processes->find(pid) == &process) {
      std::erase(queue_, &process);
      if (process::begin_run(process)) break;
    }
  }
  if (runtime().processes->find(pid) != &process) return;
  process.reductions_left_ = 4000;
  while (!process::exit_process(process, process::is_exiting(process) ? Term::none() : atoms::killed)) process.reductions_left_ = 4000;
}

void Bench::clear() {
  ++cleared_;
  for (Term pid : runtime().processes->all()) {
    if (pid == Term::local_pid(0)) continue;
    if (Process* process = runtime().processes->find(pid)) end(*process);
  }
  std::erase_if(queue_, [](Process* process) { return process->pid() != Term::local_pid(0); });
  queue_.clear();
  errands_.clear();
  pid_ = Term::none();
  process_ = nullptr;
  // What puts all there are into one more would double them from input to input; shared as they are, it is their hash that takes the time.
  if (ets::PersistentTerms& terms = layers_->tables->persistent_terms(); terms.count() > 0) terms.erase_all();
  layers_->epochs.quiescent(layers_->participant);
  layers_->epochs.collect();
}

Bench& bench(const BenchOptions& options) {
  static Bench* machine = nullptr;   // the last lives on: at the program's end what it needs may have ended before
  if (machine && machine->is_worn()) {
    delete machine;
    machine = nullptr;
  }
  if (!machine) machine = new Bench(options);
  return *machine;
}

}  // namespace athanor::fuzz
