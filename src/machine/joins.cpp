// SPDX-License-Identifier: Apache-2.0
#include "machine/joins.hpp"

#include "code/code_server.hpp"
#include "dist/distribution.hpp"
#include "driver/foreign_port.hpp"
#include "ets/persistent_terms.hpp"
#include "ets/tables.hpp"
#include "io/file_names.hpp"
#include "io/ports.hpp"
#include "nif/monitor.hpp"
#include "nif/resource.hpp"
#include "nif/select.hpp"
#include "nif/tracers.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/timers.hpp"
#include "sched/scheduling.hpp"
#include "term/print.hpp"
#include "term/magic_reference.hpp"

namespace athanor::machine {

ExportHead* Joins::export_of(Mfa mfa) { return runtime_.code->export_of(mfa.module, mfa.function, mfa.arity); }

FunHead* Joins::fun_of(Term module, uint32_t index, uint32_t old_uniq, const uint8_t uniq[16], uint32_t arity, uint32_t num_free) {
  return runtime_.code->fun_of(module, index, old_uniq, uniq, arity, num_free);
}

Node* Joins::node_of(Term name, uint32_t creation) { return runtime_.distribution->node_of(name, creation); }

// An alias that comes back from elsewhere is one again: its numbers name its owner. So is a resource of a NIF library that still exists.
Term Joins::reference_of(Allocator& heap, const uint32_t numbers[3]) {
  if (Term owner = process::alias_owner(numbers); !owner.is_none()) {
    const uint64_t alias[3] = {numbers[0] | uint64_t{numbers[1]} << 32, numbers[2], owner.raw};
    return process::reference_from_words(heap, alias);
  }
  const uint64_t words[3] = {numbers[0] | uint64_t{numbers[1]} << 32, numbers[2], 0};
  nif::Host* host = nif::host_of(runtime_);
  nif::Resource* resource = host ? host->resources->find(words) : nullptr;
  if (!resource) {
    const Word box[2] = {words[0], words[1]};
    return known_.find(heap, box);
  }
  const Term reference = resource->make_reference(heap);
  resource->release();
  return reference;
}

// Resources are found by nif/.
void Joins::note_shown(Term magic_reference) {
  if (!dynamic_cast<nif::Resource*>(magic_object_of_box(magic_reference.pointer()))) known_.note(magic_reference);
}

namespace {

void run_exit_hooks(process::Process& exiting, Term reason) {
  process::Runtime& runtime = exiting.runtime();
  runtime.tables->process_exited(exiting, reason);
  runtime.ports->process_exited(exiting, reason);
  runtime.distribution->process_exited(exiting, reason);
  runtime.drivers->process_exited(exiting.pid());
  runtime.timers->process_exited(exiting);
  runtime.scheduling->forget_blocker(exiting.pid());
  // OTP: the machine does not live on without a process of its own, init first of all.
  if (exiting.pid() == Term::local_pid(0) || (exiting.state_.load(std::memory_order_relaxed) & process::kSystemProcess)) {
    const std::string words = "System process " + to_text(exiting.pid()) + " terminated: " + to_text(reason);
    runtime.halt(runtime, 1, true, words.c_str());
  }
}

process::SendOutcome send_elsewhere(process::Process& self, Term to, Term message, const process::SendOptions& options) {
  process::Runtime& runtime = self.runtime();
  if (to.is_local_port()) return runtime.ports->send(self, to, message, options);
  return runtime.distribution->send(self, to, message, options);
}

// Output of the machine itself to a port (a tracer); nobody's if the port has ended.
void port_output(process::Runtime& runtime, Term id, std::string&& bytes) {
  std::shared_ptr<io::Port> port = runtime.ports->find(id);
  if (!port) return;
  std::lock_guard lock(port->mutex());
  if (!port->is_open()) return;
  port->count_output(bytes.size());
  port->driver().output(*port, std::move(bytes));
}

bool port_is_open(process::Runtime& runtime, Term port) { return runtime.ports->exists(port); }

std::vector<Term> all_ports(process::Runtime& runtime) { return runtime.ports->all(); }

bool with_port_trace(process::Runtime& runtime, Term id, void (*change)(process::PortTrace& trace, void* context), void* context) {
  std::shared_ptr<io::Port> port = runtime.ports->find(id);
  if (!port) return false;
  std::lock_guard lock(port->mutex());
  if (!port->is_open()) return false;
  change(port->trace(), context);
  return true;
}

bool has_room(process::Process& self, Term to) { return self.runtime().distribution->has_room(self, to); }

bool has_room_for_last_word(process::Process& self, Term to) { return self.runtime().distribution->has_room_for_last_word(self, to); }

void link_dropped(process::Process& self, Term remote, uint64_t connection) {
  self.runtime().distribution->forget_link(self.pid(), remote, connection);
}

bool deliver_elsewhere(process::Runtime& runtime, Term to, process::Signal* signal) {
  if (to == nif::kObjectWatcher) return nif::host_of(runtime)->deliver(to, signal);
  return to.is_local_port() ? runtime.ports->deliver(to, signal) : runtime.distribution->deliver(to, signal);
}

// OTP: erts_internal:dynamic_node_name/0 keeps it so.
bool awaits_name(process::Runtime& runtime) {
  Term place[3] = {Term{tuple_header(2)}, atoms::erts_internal, atoms::dynamic_node_name};
  return runtime.tables->persistent_terms().find(Term::boxed(place)) == atoms::true_;
}

Term watching_object(process::Runtime& runtime, const uint64_t reference[3], Allocator& heap) {
  nif::Host* host = nif::host_of(runtime);
  nif::Resource* resource = host ? host->resources->monitoring(reference) : nullptr;
  if (!resource) return Term::none();
  const Term made = resource->make_reference(heap);
  resource->release();
  return made;
}

Term monitor_nodes(process::Process& self, bool on, Term options) { return self.runtime().distribution->monitor_nodes(self, on, options); }

}  // namespace

void join(process::Runtime& runtime) {
  runtime.port_output = port_output;
  runtime.port_is_open = port_is_open;
  runtime.all_ports = all_ports;
  runtime.with_port_trace = with_port_trace;
  runtime.call_tracer = nif::call_tracer;
  runtime.monitor_nodes = monitor_nodes;
  runtime.exit_hooks = run_exit_hooks;
  runtime.send_elsewhere = send_elsewhere;
  runtime.has_room = has_room;
  runtime.has_room_for_last_word = has_room_for_last_word;
  runtime.link_dropped = link_dropped;
  runtime.deliver_elsewhere = deliver_elsewhere;
  runtime.watching_object = watching_object;
  runtime.awaits_name = awaits_name;
}

std::unique_ptr<nif::Host> make_nif_host(process::Runtime& runtime) {
  nif::Host::Joins joins{};
  joins.is_port_alive = [](process::Runtime& r, Term port) { return r.ports->exists(port); };
  joins.command_port = [](process::Runtime& r, Term id, std::string&& bytes) {
    const auto port = r.ports->find(id);
    if (!port) return false;
    std::lock_guard lock(port->mutex());
    if (!port->is_open()) return false;
    port->count_output(bytes.size());
    port->driver().output(*port, std::move(bytes));
    return true;
  };
  joins.get_environment = [](process::Runtime& r, const char* name, std::string& value) {
    const auto found = r.ports->environment().get(name);
    if (found) value = *found;
    return found.has_value();
  };
  return std::make_unique<nif::Host>(runtime, joins);
}

std::unique_ptr<driver::Drivers> make_drivers(process::Runtime& runtime) {
  runtime.ports->find_driver = driver::make_port;
  auto made = std::make_unique<driver::Drivers>(runtime);
  runtime.drivers = made.get();
  return made;
}

void configure(process::Runtime& runtime, const MachineOptions& options, const Release& release) {
  process::Identity& identity = runtime.identity;
  identity.otp_release = release.otp;
  identity.erts_version = release.erts_version;
  identity.otp_root = release.root;
  identity.bin_dir = release.bin_dir;
  identity.emulator_arguments = options.emulator_arguments;
  identity.port_limit = options.port_limit;
  identity.printable_unicode = options.printable_unicode;
  identity.ets_compressed = options.ets_compressed;
  identity.correct_time = options.correct_time;
  identity.utf8_names = options.names == NameEncoding::Utf8 || (options.names == NameEncoding::Locale && io::locale_is_utf8());
  identity.odd_names = static_cast<process::Identity::OddNames>(options.odd_names);
  identity.time_warp = static_cast<process::Identity::TimeWarp>(options.time_warp);
  identity.async_threads = std::max(options.async_threads, 1u);
  identity.ets_limit = options.ets_limit;
  runtime.port_count = [](process::Runtime& r) -> uint64_t { return r.ports->count(); };
  runtime.ets_count = [](process::Runtime& r) -> uint64_t { return r.tables->count(); };
  runtime.ets_bytes = [](process::Runtime& r) -> int64_t { return static_cast<int64_t>(r.tables->memory_words() * sizeof(Word)); };
  runtime.funs_in_tables = [](process::Runtime& r, const FunHead* entry) { return r.tables->count_funs(entry); };
  identity.handle_signals = options.handle_signals;
  identity.use_standard_streams = options.use_standard_streams;
  identity.break_key = static_cast<process::Identity::BreakKey>(options.break_key);
}

// init:stop(): the message that erl_signal_server's default handler would send on SIGTERM.
void request_stop(process::Runtime& runtime) {
  process::ThreadScope scope(runtime);
  base::Epochs::Participant* participant = runtime.epochs->join();
  runtime.epochs->enter(participant);
  heap::FragmentAllocator heap(16);
  Term* place = heap.allocate(3);
  place[0].raw = tuple_header(2);
  place[1] = atoms::stop;
  place[2] = atoms::stop;
  // By pid: it may not have registered its name yet.
  process::send_message(runtime, Term::local_pid(0), Term::boxed(place));
  runtime.epochs->exit(participant);
  runtime.epochs->leave(participant);
}

}  // namespace athanor::machine
