// SPDX-License-Identifier: Apache-2.0
// Runtime: what one machine's layers share, reached from any process (self.runtime()). Owned by machine::Machine, which fills it
// in. Upper layers appear as forward-declared services; no layer includes upwards.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/epoch.hpp"
#include "heap/literal_area.hpp"
#include "process/max_heap.hpp"
#include "process/taints.hpp"
#include "term/context.hpp"

namespace athanor::code { class CodeServer; }
namespace athanor::engine::jit { class Jit; }
namespace athanor::sched { class Scheduling; }
namespace athanor::ets { class Tables; }
namespace athanor::io { class Ports; }
namespace athanor::dist { class Distribution; }
namespace athanor::driver { class Drivers; }
namespace athanor::machine { class Machine; }

namespace athanor::process {

class Process;
enum class Priority : uint8_t;
struct Signal;
class ProcessTable;
class Registry;
class Timers;
class Tracing;
struct PortTrace;

// What programs ask about the release and the start of this machine (system_info, init). Fixed before the first process runs.
struct Identity {
  int otp_release = 25;
  std::string erts_version;                     // "13.1.5"
  std::string otp_root, bin_dir;
  std::vector<std::string> emulator_arguments;  // complete argv: system_info(emu_args)
  bool handle_signals = false;                  // the program lets us have SIGTERM and friends
  bool use_standard_streams = true;
  enum class BreakKey : uint8_t { Menu, InterruptShell, Default, Ignored } break_key = BreakKey::Menu;   // athanor::BreakKey
  uint32_t port_limit = 65536, ets_limit = 8192;
  bool printable_unicode = false, ets_compressed = false, correct_time = true;
  bool utf8_names = true;                       // of files and the environment; else Latin-1
  enum class OddNames : uint8_t { Warn, Ignore, Refuse } odd_names = OddNames::Warn;   // athanor::OddNames
  enum class TimeWarp : uint8_t { None, Single, Multi } time_warp = TimeWarp::None;   // athanor::TimeWarp
  uint32_t async_threads = 1;   // for driver_async
};

// What the break menu is told.
class BreakKeys {
 public:
  static constexpr int kNoMoreKeys = -1;   // the input has ended, or Ctrl-C came again
  // The first byte of what there is to read from the standard input, on a terminal of a line; waits for it. (OTP: the rest is lost.)
  virtual int next_key() = 0;

 protected:
  ~BreakKeys() = default;
};

// erlang:send/3, and what became of a message to another node.
struct SendOptions {
  bool nosuspend = false, noconnect = false;
};
enum class SendOutcome : uint8_t { Sent, NoConnection, WouldSuspend, Suspended, TooLarge };   // TooLarge: for the external format

// A call of a tracer's library: the function of this name, or where it has none of `otherwise`. An immediate answer is kept.
struct TracerCall {
  const char* name = nullptr;        // null: `otherwise` alone
  const char* otherwise = nullptr;   // null: nothing is called
  const Term* arguments = nullptr;
  uint32_t arity = 0;
  Term* answer = nullptr;
};

// Makes runnable processes run. Implemented by sched/.
class Waker {
 public:
  virtual ~Waker() = default;
  // `target` became runnable (its state says so already). Any thread.
  virtual void enqueue(Process& target) = 0;
  // `target` stands in a run queue or runs dirty, and its signals are to be handled before its turn: some thread is to call
  // serve_signals for it as one of this priority would run. Any thread.
  virtual void enqueue_signals(Process& target, Priority priority) = 0;
};

// References, pids, unique integers: each from one counter of the machine.
struct Counters {
  std::atomic<uint64_t> reference{1};
  std::atomic<uint64_t> unique_positive{1};
  std::atomic<uint64_t> unique_monotonic{1};
};

struct Runtime {
  TermContext terms;
  base::Clock* clock = nullptr;
  base::Chance* chance = nullptr;
  base::Epochs* epochs = nullptr;
  heap::LiteralSpace* literals = nullptr;
  ProcessTable* processes = nullptr;
  Registry* registry = nullptr;
  Timers* timers = nullptr;
  Waker* waker = nullptr;
  std::atomic<uint32_t> profiled{0};            // system_profile/2: what somebody wants to know of (profile:: in tracing.hpp)
  code::CodeServer* code = nullptr;
  engine::jit::Jit* jit = nullptr;              // null: all code is interpreted
  sched::Scheduling* scheduling = nullptr;
  ets::Tables* tables = nullptr;
  io::Ports* ports = nullptr;
  dist::Distribution* distribution = nullptr;
  driver::Drivers* drivers = nullptr;           // those in libraries
  machine::Machine* machine = nullptr;
  Tracing* tracing = nullptr;                   // src/trace; null in unit tests
  std::atomic<uint32_t> new_process_trace{0};   // trace flags that new processes begin with
  std::atomic<uint32_t> new_port_trace{0};      // and new ports
  // system_monitor/2: somebody wants to know of long or large collections; of slices this long (0: nobody).
  std::atomic<bool> monitors_collections{false};
  std::atomic<int64_t> long_slice_ms{0};
  std::atomic<uint32_t> test_gc_sleep_ms{0};     // erts_debug: collections that take this much longer
  Counters counters;
  Identity identity;
  Taints taints;
  int64_t start_monotonic_ns = 0;
  std::atomic<uint64_t> literal_collector_raw{0};   // Term: pid of erts_literal_area_collector; 0 before it starts and once the machine ends
  std::atomic<uint8_t> literal_phase{0};            // process/literals.cpp
  std::atomic<uint64_t> system_logger_raw{0};   // Term: pid or atom, system_flag(system_logger)
  std::atomic<uint32_t> backtrace_depth{8};
  std::atomic<uint32_t> min_heap_words{0};
  std::atomic<uint32_t> min_binary_heap_words{46422};   // OTP: min_bin_vheap_size
  std::atomic<bool> off_heap_messages{false};   // of new processes that choose nothing else
  // Erlang system time = monotonic time + offset (bif/time.hpp).
  std::atomic<int64_t> time_offset_ns{0};
  enum class TimeOffset : uint8_t { Preliminary, Final, Volatile };
  std::atomic<TimeOffset> time_offset_state{TimeOffset::Final};
  std::atomic<bool> time_offset_watched{false}; // somebody monitored it once
  std::atomic<int64_t> time_checked_ns{0};      // when a volatile offset was compared with the system's clock
  std::atomic<uint32_t> fullsweep_after{65535};
  // The limit that new processes begin with; three words, of which a reader may see some old and some new.
  std::atomic<uint64_t> max_heap_words{0};
  std::atomic<bool> max_heap_kill{true}, max_heap_error_logger{true};
  MaxHeap max_heap() const { return {max_heap_words.load(std::memory_order_relaxed), max_heap_kill.load(std::memory_order_relaxed), max_heap_error_logger.load(std::memory_order_relaxed)}; }
  // What statistics/1 keeps between calls, and figures others add to.
  std::atomic<int64_t> last_runtime_ms{0}, last_wall_ms{0}, last_reductions{0}, last_now_us{0};
  std::atomic<uint64_t> collections{0}, words_reclaimed{0}, bytes_in{0}, bytes_out{0};
  std::atomic<bool> wall_time_measured{false};
  std::atomic<uint32_t> system_requests_limit{2};
  // Figures of layers above; joined in machine/.
  uint64_t (*port_count)(Runtime& runtime) = nullptr;
  uint64_t (*ets_count)(Runtime& runtime) = nullptr;
  int64_t (*ets_bytes)(Runtime& runtime) = nullptr;
  uint64_t (*funs_in_tables)(Runtime& runtime, const FunHead* entry) = nullptr;   // funs of this entry in the rows of tables
  // Asks the machine to end with this status; flush: wait for output. Any thread. (erlang:halt)
  void (*halt)(Runtime& runtime, int status, bool flush, const char* crash_message) = nullptr;
  // SIGINT came: shows the break menu and does as told there. On a thread that may wait. Joined in machine/.
  void (*break_menu)(Runtime& runtime, BreakKeys& keys) = nullptr;
  // Runs when a process has ended, before its identity is given up: ETS tables, ports, timers. Joined in machine/.
  void (*exit_hooks)(Process& exiting, Term reason) = nullptr;
  // A message to something that is no local process: a port, or a pid, alias or {Name, Node} of another node. Joined in machine/.
  SendOutcome (*send_elsewhere)(Process& self, Term to, Term message, const SendOptions& options) = nullptr;
  // For tracers that are ports: raw output, without an owner; is it there? Any thread. Joined in machine/.
  void (*port_output)(Runtime& runtime, Term port, std::string&& bytes) = nullptr;
  bool (*port_is_open)(Runtime& runtime, Term port) = nullptr;
  // For tracing ports: all of them; runs `change` with the lock of one that is open, false: there is none. Joined in machine/.
  std::vector<Term> (*all_ports)(Runtime& runtime) = nullptr;
  bool (*with_port_trace)(Runtime& runtime, Term port, void (*change)(PortTrace& trace, void* context), void* context) = nullptr;
  // For tracers that are modules: calls the module's library of NIFs. `runs`: on whose behalf, or null. False: there is no library, or
  // none of a tracer. Joined in machine/.
  bool (*call_tracer)(Runtime& runtime, Process* runs, Term module, const TracerCall& call) = nullptr;
  std::atomic<bool> trace_cpu_time{false};      // trace flag cpu_timestamp: stamps are times of the CPU
  // Is there room for more on the way to this process of another node ({Name, Node} too)? False: `self` is suspended until there is. Joined in machine/.
  bool (*has_room)(Process& self, Term to) = nullptr;
  // The same for `self` that ends, before it tells this process of another node. Joined in machine/.
  bool (*has_room_for_last_word)(Process& self, Term to) = nullptr;
  // Any other signal (Link, Unlink, UnlinkAck, Monitor, Demonitor, MonitorDown, Exit, GroupLeader) to a port or a remote process, as
  // deliver() is given it; Monitor and Demonitor by name have the node's name in `to`. Takes the signal over in any case; false: no such receiver. Any thread. Joined in machine/.
  bool (*deliver_elsewhere)(Runtime& runtime, Term to, Signal* signal) = nullptr;
  // `self` has no link to this process of another node any more, or had one already when it was told of one. `connection`: reference[0] of the
  // signal it was told by, 0: none. Joined in machine/.
  void (*link_dropped)(Process& self, Term remote, uint64_t connection) = nullptr;
  // A node that has no name yet takes that which the first node it connects to gives it. Joined in machine/.
  bool (*awaits_name)(Runtime& runtime) = nullptr;
  bool may_reach_nodes() { return !(Term(terms.node_name) == atoms::nonode_at_nohost) || (awaits_name && awaits_name(*this)); }
  // Whatever monitors by this reference and is no process: a reference to it, none() where it is gone. Joined in machine/.
  Term (*watching_object)(Runtime& runtime, const uint64_t reference[3], Allocator& heap) = nullptr;
  // process_flag(monitor_nodes | {monitor_nodes, Options}): the number of such subscriptions before, none() for a bad argument.
  Term (*monitor_nodes)(Process& self, bool on, Term options) = nullptr;
};

// Sets the calling thread to work for this machine (TermContext and Runtime), and undoes it.
class ThreadScope {
 public:
  explicit ThreadScope(Runtime& runtime);
  ~ThreadScope();
 private:
  Runtime* previous_;
};
extern thread_local Runtime* current_runtime;

// A dirty thread's part in the epochs; null on other threads.
extern thread_local base::Epochs::Participant* dirty_participant;

// For the while of a call that may wait, on a dirty thread: what others retire need not wait for it. Nothing that was found in shared
// tables may be held over it. On other threads it does nothing.
class Outside {
 public:
  Outside() : is_out_(dirty_participant && base::Epochs::is_inside(dirty_participant)) {
    if (is_out_) current_runtime->epochs->exit(dirty_participant);
  }
  ~Outside() {
    if (is_out_) current_runtime->epochs->enter(dirty_participant);
  }
  Outside(const Outside&) = delete;
  Outside& operator=(const Outside&) = delete;

 private:
  const bool is_out_;
};

}  // namespace athanor::process
