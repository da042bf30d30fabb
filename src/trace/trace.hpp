// SPDX-License-Identifier: Apache-2.0
// Trace: all that a machine traces. Process-wide state is in the process (flags, tracer), that of functions in their breakpoints; here is the
// rest: patterns for events and for code to come, what new processes begin with, who hears of sequences.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "process/tracing.hpp"
#include "trace/point.hpp"
#include "trace/tracer.hpp"

namespace athanor::trace {

// trace_pattern(send | 'receive', …)
struct EventPattern {
  bool on = true;
  Spec* spec = nullptr;                     // holds a count
  ~EventPattern() { if (spec) spec->release(); }
};

// The flag list of trace_pattern/3.
struct PatternFlags {
  uint32_t kinds = 0;                       // kLocal, kMeta, kCount, kTime; 0: global
  TracerHandle meta_tracer;
};
enum class Switch : uint8_t { Off, On, Restart, Pause };

class Trace final : public process::Tracing {
 public:
  explicit Trace(process::Runtime& runtime) : runtime_(runtime) {}
  ~Trace() override;

  // --- process::Tracing ---
  void sent(process::Process& self, Term to, Term message) override;
  void received(process::Process& self, const process::Signal& message) override;
  void told(process::Process& self, Term what, Term data, Term extra) override;
  void ran(process::Process& self, Term what, bool is_exiting) override;
  void collects(process::Process& self, Term what, size_t words) override;
  void spawned(process::Process* parent, process::Process& child, Term module, Term function, Term args, const process::SpawnOptions& options, Term monitor) override;
  void linking(process::Process& self, Term other) override;
  void collected(process::Process& self, int64_t ns) override;
  void ran_long(process::Process& self, int64_t ms, Mfa in) override;
  void ended(process::Process& self) override;
  void port_created(process::PortTrace& trace) override;
  void port_told(Term port, process::PortTrace& trace, Term what, Term data, Term extra) override;
  void port_gone(process::PortTrace& trace) override;
  void profiled(process::Process& process, bool active) override;
  void port_profiled(Term port, bool active) override;
  void scheduler_profiled(uint32_t id, bool active) override;
  Term token_of_send(process::Process& self, Term to, Term message) override;
  void token_received(process::Process& self, const process::Signal& message) override;
  Term token_of_exit(process::Process& self, Term to, Term reason) override;
  Term token_of_remote_spawn(process::Process& child, Term token, Term parent, Term request, Term reply) override;
  Term token_of_refusal(Term token, Term parent, Term request, Term reply, Allocator& memory) override;
  Term change_sequences(process::Process& self, Term flag, Term value) override;
  Term sequence_tracer(Allocator& heap) override;
  Term living_sequence_tracer();
  process::ReturnCells called(process::Process& self, code::Breakpoint& point, const Term* args) override;
  void returned(process::Process& self, Mfa mfa, Term tracer, Term value) override;
  void raised(process::Process& self, Mfa mfa, Term tracer, Term klass, Term value) override;
  void returned_to(process::Process& self, const Mfa* mfa) override;
  void time_returned(process::Process& self, uint64_t timed_before) override;
  void loaded(code::ModuleCode& code) override;
  void save_calls(process::Process& self, uint32_t most) override;

  // --- natives ---
  // How many functions it matched. Module, Function, Arity as far as `specified` goes. `spec` may be null.
  size_t set_pattern(Mfa mfa, int specified, Switch on, const PatternFlags& flags, Spec* spec);
  void set_event_pattern(Term event, bool on, Spec* spec);
  void set_default_pattern(Switch on, PatternFlags flags, Spec* spec);   // on_load
  Term event_info(Allocator& heap, Term event);                          // of match_spec
  Term function_info(Allocator& heap, Mfa mfa, Term key);                // none(): badarg
  Term default_info(Allocator& heap, Term key);                          // likewise
  // Flags and tracer of processes to come, and of ports to come.
  void change_new(uint32_t off, uint32_t on, Term tracer) { change_newcomers(new_tracer_, runtime_.new_process_trace, off, on, tracer); }
  void change_new_ports(uint32_t off, uint32_t on, Term tracer) { change_newcomers(new_port_tracer_, runtime_.new_port_trace, off, on, tracer); }
  Term new_info(Allocator& heap, Term key) { return newcomers_info(heap, new_tracer_, runtime_.new_process_trace, key); }
  Term new_port_info(Allocator& heap, Term key) { return newcomers_info(heap, new_port_tracer_, runtime_.new_port_trace, key); }
  // One port, as erlang:trace/3 does it. False: there is no such port, or another tracer has it.
  bool change_port(Term port, uint32_t off, uint32_t on, Term tracer, bool& is_taken);
  Term port_info(Allocator& heap, Term port, Term key);                  // none(): badarg; undefined: no such port

  // system_profile/2. profile_term: {Profiler, Options}, undefined.
  bool set_profile(Term profiler, uint32_t what, uint32_t timestamp);   // false: no such profiler
  void clear_profile();
  Term profile_term(Allocator& heap);

  std::atomic<uint64_t> sequence_tracer_raw{0};   // Term: a tracer; 0: nobody
  ModuleTracers modules;

 private:
  void change_newcomers(TracerHandle& holder, std::atomic<uint32_t>& flags, uint32_t off, uint32_t on, Term tracer);
  Term newcomers_info(Allocator& heap, TracerHandle& holder, std::atomic<uint32_t>& flags, Term key);
  struct Default { bool on = false; uint32_t kinds = 0; Spec* calls = nullptr; Spec* meta = nullptr; TracerHandle meta_tracer; };
  void set_points(code::Function& function, Switch on, const PatternFlags& flags, Spec* spec);
  void set_global(code::Export& exported, bool on, Spec* spec);
  void set_saving(code::Export& exported, bool on);
  void count_savers(int by);
  Point& point_of(code::Function& function);
  Point& point_of(code::Export& exported);
  Point* new_point();
  void settle(Point& point, const PointData& next);
  uint32_t tell_call(process::Process& self, Point& point, const Spec* spec, Term meta_tracer, const Term* args);
  void forget_meta_tracer(Point& point, Term tracer);
  uint64_t time_switch(process::Process& self, Point* to, bool counts = true);
  Point* point_by_id(uint64_t id);
  void tell_event(process::Process& self, const Event& event);
  Term timed_list(Allocator& heap, Point& point);

  void forget_profiler();                   // under profile_mutex_
  void tell_profiler(Term subject, Term* elements, size_t count, heap::FragmentAllocator& memory, int schedulers);
  static void write_profile(void* trace);

  process::Runtime& runtime_;
  std::recursive_mutex mutex_;              // changes of patterns
  Default default_;
  int savers_ = 0;                          // processes with the flag kSavesCalls; under mutex_
  std::atomic<const EventPattern*> sends_{new EventPattern}, receives_{new EventPattern};
  std::atomic<uint64_t> profiler_raw_{0};   // Term: pid or port
  std::mutex profile_mutex_;                // the rest of it; stamps come in the order of the messages
  uint32_t profile_timestamp_ = 0;
  int active_schedulers_ = 0;
  struct ProfileOutput { heap::Parcel parcel; std::string bytes; };   // for a process, for a port
  std::deque<ProfileOutput> profile_output_;
  bool profile_written_ = false;            // a thread writes it out
  std::mutex new_mutex_;
  TracerHandle new_tracer_, new_port_tracer_;                         // under new_mutex_; flags: Runtime::new_process_trace, new_port_trace
  std::mutex ids_mutex_;
  std::unordered_map<uint64_t, Point*> ids_;
  uint64_t next_id_ = 1;
  friend struct Point;
};

inline Trace& trace_of(process::Runtime& runtime) { return static_cast<Trace&>(*runtime.tracing); }

// Who hears of sequences about what `pid` does; none(): nobody (any more).
Term tracer_of_sequences(process::Runtime& runtime, Term pid);
bool has_sequence_tracer(process::Runtime& runtime);

}  // namespace athanor::trace
