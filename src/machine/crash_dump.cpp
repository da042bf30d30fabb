// SPDX-License-Identifier: Apache-2.0
#include "machine/crash_dump.hpp"

#include <fmt/ranges.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "io/ports.hpp"
#include "machine/crash_dump_process.hpp"
#include "machine/reports.hpp"
#include "process/process_table.hpp"
#include "process/state.hpp"
#include "sched/scheduling.hpp"
#include "term/print.hpp"

namespace athanor::machine {

namespace {

// What a program says as it ends may have several lines; one that looks like the head of a part is set in, and so are those at which a reader would end the
// slogan: the machine's version, and an empty line. It does not see carriage returns.
std::string harmless(std::string slogan) {
  std::erase(slogan, '\r');
  for (size_t at = slogan.find('\n'); at != slogan.npos; at = slogan.find('\n', at + 1)) {
    const std::string_view line = std::string_view(slogan).substr(at + 1);
    if (line.empty() || line.starts_with('\n') || line.starts_with('=') || line.starts_with("System version: ")) slogan.insert(at + 1, " ");
  }
  return slogan;
}

// OTP: messages that have arrived are in the queue, also where the process has not looked. Signals of other kinds stay where they are.
void fetch_messages(process::Process& process) {
  if ((process.state_.load(std::memory_order_acquire) & process::kDirty) || process::is_exiting(process)) return;
  for (process::Signal* signal = process.mailbox().take_incoming(); signal;) {
    process::Signal* const next = signal->next;
    bool was_empty = false;
    if (signal->kind == process::SignalKind::Message) process.mailbox().append(signal);
    else if (!process.mailbox().push(signal, was_empty)) process::Signal::destroy(signal);
    signal = next;
  }
}

void write_head(DumpFile& file, process::Runtime& runtime, const char* slogan) {
  std::time_t now = std::time(nullptr);
  char date[64] = "";
  ctime_r(&now, date);
  const process::Identity& identity = runtime.identity;
  const sched::Scheduling& s = *runtime.scheduling;
  std::vector<std::string> taints;   // OTP: the latest first
  for (Term name : runtime.taints.all()) taints.insert(taints.begin(), to_text(name));
  file.write(fmt::format("=erl_crash_dump:0.5\n{}Slogan: {}\n"
                          "System version: Erlang/OTP {} [erts-{}] [source] [64-bit] [smp:{}:{}] [ds:{}:{}:{}] [async-threads:{}]\n"
                          "Taints: {}\nAtoms: {}\nCalling Thread: scheduler:0\n",
                          date, harmless(slogan), identity.otp_release, identity.erts_version, s.scheduler_count(), s.schedulers_online(), s.dirty_cpu_count(),
                          s.dirty_cpu_online(), s.dirty_io_count(), identity.async_threads, fmt::join(taints, ","), atom_table().count()));
}

// The queues at the moment when the schedulers stopped.
void write_schedulers(DumpFile& file, process::Runtime& runtime) {
  uint32_t index = 0;
  for (uint32_t length : runtime.scheduling->run_queue_lengths()) {
    if (++index > runtime.scheduling->scheduler_count()) break;
    file.write(fmt::format("=scheduler:{}\nCurrent Port: \nRun Queue Normal Length: {}\nCurrent Process: \n", index, length));
  }
}

void write_atoms(DumpFile& file) {
  file.write("=atoms\n");
  for (uint32_t i = atom_table().count(); i-- > 0;) file.write(to_text(Term::atom(i)) + "\n");   // OTP: the latest first
}

bool has_heart(process::Runtime& runtime) { return !runtime.registry->find(intern("heart_port")).is_none(); }

}  // namespace

void write_crash_dump(process::Runtime& runtime, DumpFile& file, const char* slogan) {
  write_head(file, runtime, slogan);
  write_schedulers(file, runtime);
  file.write(memory_report(runtime) + internal_tables_report(runtime));
  std::vector<process::Process*> processes;
  for (Term pid : runtime.processes->all()) {
    process::Process* process = runtime.processes->find(pid);
    if (!process) continue;
    fetch_messages(*process);
    processes.push_back(process);
  }
  for (process::Process* process : processes) {
    if (file.goes_on()) file.write(process_text(*process, Reader::Viewer));
  }
  if (file.goes_on()) file.write(ports_report(runtime));
  if (file.goes_on()) file.write(ets_report(runtime, Reader::Viewer));
  if (file.goes_on()) file.write(timers_report(runtime));
  if (file.goes_on()) file.write(nodes_report(runtime) + "=loaded_modules\n" + modules_report(runtime, Reader::Viewer));
  if (file.goes_on()) file.write(funs_report(runtime));
  SharedTerms shared;
  for (process::Process* process : processes) {
    if (file.goes_on()) write_process_terms(file, *process, shared);
  }
  if (file.goes_on()) write_shared_terms(file, runtime, shared);
  if (file.goes_on()) {
    write_atoms(file);
    file.write("=end\n");
  }
}

// OTP: with heart to wait for it, a machine that may not take its time (ERL_CRASH_DUMP_SECONDS unset) leaves none.
void write_crash_dump(process::Runtime& runtime, const char* slogan) {
  process::ThreadScope scope(runtime);
  const io::Environment& environment = runtime.ports->environment();
  const std::optional<std::string> seconds = environment.get("ERL_CRASH_DUMP_SECONDS");
  const int limit_seconds = seconds ? std::atoi(seconds->c_str()) : -1;
  if (limit_seconds == 0 || (!seconds && has_heart(runtime))) return;
  uint64_t limit_bytes = UINT64_MAX;
  if (const std::optional<std::string> bytes = environment.get("ERL_CRASH_DUMP_BYTES"); bytes && !bytes->empty()) {
    char* end = nullptr;
    errno = 0;
    const long long limit = std::strtoll(bytes->c_str(), &end, 10);
    if (errno == 0 && *end == '\0' && limit >= 0) limit_bytes = static_cast<uint64_t>(limit);
    if (limit_bytes == 0) return;
  }
  const std::string path = environment.get("ERL_CRASH_DUMP").value_or("erl_crash.dump");
  std::fprintf(stderr, "\r\nCrash dump is being written to: %s...", path.c_str());
  std::fflush(stderr);
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  FILE* opened = descriptor < 0 ? nullptr : ::fdopen(descriptor, "w");
  if (!opened) return;
  const int64_t deadline = limit_seconds < 0 ? INT64_MAX : runtime.clock->monotonic_ns() + int64_t{limit_seconds} * 1'000'000'000;
  auto* participant = runtime.epochs->join();
  runtime.epochs->enter(participant);
  bool is_full = false;
  {
    DumpFile file(opened, limit_bytes, *runtime.clock, deadline);
    write_crash_dump(runtime, file, slogan);
    is_full = file.is_full();
  }
  runtime.epochs->exit(participant);
  runtime.epochs->leave(participant);
  if (!is_full) std::fprintf(stderr, "done\r\n");
}

}  // namespace athanor::machine
