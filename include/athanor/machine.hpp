// SPDX-License-Identifier: Apache-2.0
// Athanor as a library: a BEAM machine inside a C++ program. A Machine owns all its state; several may live in one program.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace athanor {

// What Ctrl-C (SIGINT) does to a program that lets its machine handle signals.
enum class BreakKey : uint8_t {
  Menu,             // the break menu on the standard streams
  InterruptShell,   // +Bc: a key like others, which the shell takes as a wish to interrupt what it evaluates
  Default,          // +Bd: as the system has it
  Ignored,          // +Bi
};

// How a machine's system time follows the system's clock; OTP: time warp modes.
enum class TimeWarp : uint8_t {
  None,     // never jumps: the offset to monotonic time is that of the start
  Single,   // jumps once, when erlang:system_flag(time_offset, finalize) says so
  Multi,    // jumps whenever the system's clock did
};

// How the names of files and the environment are written.
enum class NameEncoding : uint8_t { Locale, Latin1, Utf8 };
// What becomes of a name that is no UTF-8 text where a list of names is asked for.
enum class OddNames : uint8_t { Warn, Ignore, Refuse };

// The system's processors: all, and how many this program may use (affinity, quota).
struct ProcessorCounts {
  uint32_t configured = 1, usable = 1;
};
ProcessorCounts processor_counts();
// What is wrong with the text of a topology (MachineOptions::cpu_topology), in words; empty: nothing.
std::string check_cpu_topology(const std::string& text);
bool has_cpu_topology();              // does the system tell one?
bool is_scheduler_bind_type(const std::string& name);

// What a machine starts with. Everything has a default that suits a program which only wants to run code.
struct MachineOptions {
  std::vector<std::string> arguments;   // as after `erl`'s emulator flags: {"-root", R, "-bindir", B, "--", "-home", H, "--", "-noshell", …}
  std::vector<std::string> emulator_arguments;   // complete argv, for system_info(emu_args)
  std::string otp_root;                 // empty: found (doctor's rules)
  std::string bin_dir;                  // helper programs of the release (inet_gethost …)
  int otp_release = 25;
  uint32_t schedulers = 0;              // 0: as many as CPUs
  uint32_t schedulers_online = 0;
  uint32_t dirty_cpu_schedulers = 0;    // 0: as schedulers
  uint32_t dirty_cpu_schedulers_online = 0;
  uint32_t dirty_io_schedulers = 10;
  bool schedulers_poll = true;          // one without work waits for descriptors in the poller's stead
  std::string scheduler_bind_type;      // +sbt's names (u, ns, ts, ps, s, nnts, nnps, tnnps, db); empty or u: schedulers are bound to no processor
  std::string cpu_topology;             // +sct's text; empty: as the system tells
  bool skips_cpu_topology = false;      // the system is not asked (+ssrct)
  uint32_t process_limit = 262144;
  uint32_t port_limit = 65536;
  uint32_t dist_busy_limit_kib = 1024;   // of output to one node above which senders wait
  uint32_t atom_limit = 1048576;
  uint32_t ets_limit = 8192;
  uint32_t min_heap_words = 0;          // 0: the machine's own small default
  uint64_t max_heap_words = 0;          // of each process, where it sets no other (process_flag max_heap_size); 0: no limit
  bool max_heap_kill = true;            // a process over the limit is killed
  bool max_heap_error_logger = true;    // … and reported
  uint32_t min_binary_heap_words = 0;   // binaries outside of heaps that a process may hold before it is collected for them; 0: the usual
  bool off_heap_messages = false;       // of processes that choose nothing else (process_flag message_queue_data)
  bool ets_compressed = false;          // all ETS tables are compressed
  bool printable_unicode = false;       // io:printable_range/0: unicode, else latin1
  NameEncoding names = NameEncoding::Locale;
  OddNames odd_names = OddNames::Warn;
  TimeWarp time_warp = TimeWarp::None;
  bool correct_time = true;             // told by system_info(time_correction); the clock here never needs a correction
  uint32_t async_threads = 1;           // told by system_info(thread_pool_size)
  bool use_standard_streams = true;     // ports {fd,0,1} and {fd,2,2} may touch them
  bool handle_signals = false;          // programs: SIGTERM and friends become messages
  BreakKey break_key = BreakKey::Menu;  // heeded with handle_signals only
  bool write_crash_dump = false;        // programs: erlang:halt("text") leaves erl_crash.dump (ERL_CRASH_DUMP, ERL_CRASH_DUMP_SECONDS)
  uint32_t jit_calls = 50;              // a function becomes machine code with its call of this number; 0: everything is interpreted
  bool perf_map = false;                // machine code is named in /tmp/perf-PID.map, for Linux's perf
  bool stress = false;                  // collect at every safepoint, tiny slices
};

// One machine. Not copyable; destroy it on the thread that made it, after it has stopped.
class Machine {
 public:
  explicit Machine(MachineOptions options);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // Loads the preloaded modules and starts the first processes. False: `error()` says what is missing and what to do.
  bool boot();
  const std::string& error() const;
  // Waits until the machine halts (erlang:halt, init:stop) and gives its exit status.
  int wait();
  // Asks it to stop as init:stop() does, once its boot is over (a request during the boot ends it with status 1). Any thread.
  void request_stop();

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

const char* version();

}  // namespace athanor
