// SPDX-License-Identifier: Apache-2.0
// Events of processes.
#include "bif/bif.hpp"
#include "engine/engine.hpp"
#include "heap/copy.hpp"
#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/spawn.hpp"
#include "process/state.hpp"
#include "trace/flag_signals.hpp"
#include "trace/sequential.hpp"
#include "trace/trace.hpp"

namespace athanor::trace {

using process::Process;

void Trace::tell_event(Process& self, const Event& event) {
  Term tracer = tracer_of(self);
  if (tracer.is_none() || tracer == self.pid()) return;
  // OTP: the end of a call is told wherever the call was.
  if (is_module_tracer(tracer) && event.tag != atoms::return_to && look(runtime_, tracer, self.pid(), event.tag) != Told::Yes) return;
  tell(runtime_, tracer, self.trace_flags_, event, self.pid());
}

void Trace::sent(Process& self, Term to, Term message) {
  const EventPattern& pattern = *sends_.load(std::memory_order_acquire);
  if (!pattern.on || tracer_of(self).is_none()) return;
  Term result = atoms::true_;
  if (pattern.spec) {
    const Term arguments[] = {to, message};
    result = judge(self, pattern.spec, arguments, 2).value;
    if (result == atoms::false_ || (self.trace_flags_ & flag::kSilent)) return;
  }
  Process* target = to.is_local_pid() ? runtime_.processes->find(to) : nullptr;
  const bool is_gone = to.is_local_pid() && (!target || process::is_exiting(*target));
  tell_event(self, {self.pid(), is_gone ? atoms::send_to_non_existing_process : atoms::send, message, to, result});
}

void Trace::received(Process& self, const process::Signal& message) {
  const EventPattern& pattern = *receives_.load(std::memory_order_acquire);
  if (!pattern.on || tracer_of(self).is_none()) return;
  Term result = atoms::true_;
  if (pattern.spec) {
    const bool is_known = message.from.is_local_pid();
    const Term node = runtime_.terms.node_name;
    const Term sender = message.from.is_atom() ? message.from : is_known || message.from.is_local_port() ? node : atoms::system;
    const Term arguments[] = {sender, is_known ? message.from : atoms::undefined, message.parcel.term};
    result = judge(self, pattern.spec, arguments, 3).value;
    if (result == atoms::false_ || (self.trace_flags_ & flag::kSilent)) return;
  }
  tell_event(self, {self.pid(), atoms::receive, message.parcel.term, Term::none(), result});
}

void Trace::told(Process& self, Term what, Term data, Term extra) { tell_event(self, {self.pid(), what, data, extra, Term::none()}); }

void Trace::ran(Process& self, Term what, bool is_exiting) {
  if (self.trace_flags_ & flag::kTimed) time_switch(self, nullptr, what != atoms::in);
  if ((self.trace_flags_ & flag::kAsksTracer) && what == atoms::in) (void)living_tracer_of(self);
  const uint32_t wanted = what == atoms::out_exited ? flag::kExiting : is_exiting ? flag::kExiting : flag::kRunning | flag::kRunningProcs;
  if (!(self.trace_flags_ & wanted) || (self.trace_flags_ & flag::kSensitive)) return;
  Term tag = what;
  if (is_exiting && what == atoms::in) tag = atoms::in_exiting;
  if (is_exiting && what == atoms::out) tag = atoms::out_exiting;
  heap::FragmentAllocator memory(4);
  Term function = Term::small(0);
  if (!is_exiting) {
    Mfa mfa = engine::current_function(self);
    function = bif::make_tuple(memory, mfa.module, mfa.function, Term::small(mfa.arity));
  }
  tell_event(self, {self.pid(), tag, function, Term::none(), Term::none()});
}

// OTP: the figures that the stock VM tells, in its order; sizes of virtual binary heaps in words.
void Trace::collects(Process& self, Term what, size_t words) {
  const heap::Heap& heap = self.heap();
  auto count = [](const Term* from, const Term* to) { return static_cast<int64_t>(to - from); };
  struct Row { Term name; int64_t value; };
  const Row rows[] = {
      {atoms::wordsize, static_cast<int64_t>(words)},
      {atoms::old_heap_block_size, count(heap.old_start_, heap.old_end_)},
      {atoms::heap_block_size, static_cast<int64_t>(heap.block_words())},
      {atoms::mbuf_size, heap.fragment_words_},
      {atoms::recent_size, count(heap.start_, heap.high_water_)},
      {atoms::stack_size, count(heap.stack_top(), heap.end_)},
      {atoms::old_heap_size, count(heap.old_start_, heap.old_top_)},
      {atoms::heap_size, count(heap.start_, heap.top())},
      {atoms::bin_vheap_size, static_cast<int64_t>(heap.off_heap_bytes() / sizeof(Term))},
      {atoms::bin_vheap_block_size, static_cast<int64_t>(heap.binary_limit_ / sizeof(Term))},
      {atoms::bin_old_vheap_size, static_cast<int64_t>(heap.old_off_heap_.bytes / sizeof(Term))},
      {atoms::bin_old_vheap_block_size, static_cast<int64_t>(heap.old_binary_limit_ / sizeof(Term))},
  };
  heap::FragmentAllocator memory(64);
  Term list = Term::nil();
  for (size_t i = std::size(rows); i-- > 0;) {
    list = bif::cons(memory, bif::make_tuple(memory, rows[i].name, Term::small(rows[i].value)), list);
  }
  tell_event(self, {self.pid(), what, list, Term::none(), Term::none()});
}

// --- flags that pass on ---

namespace {
uint32_t passed_by_spawn(uint32_t flags) { return flags & (flag::kSetOnSpawn | flag::kSetOnFirstSpawn) ? flags & flag::kAll : 0; }
uint32_t passed_by_link(uint32_t flags) { return flags & (flag::kSetOnLink | flag::kSetOnFirstLink) ? flags & flag::kAll : 0; }
}  // namespace

void Trace::spawned(Process* parent, Process& child, Term module, Term function, Term args, const process::SpawnOptions& options, Term monitor) {
  const bool is_linked = options.link;
  if (parent && has_token(*parent)) token_spawned(*parent, child, module, function, args, options, monitor);
  if (uint32_t flags = runtime_.new_process_trace.load(std::memory_order_relaxed)) {
    std::lock_guard lock(new_mutex_);
    if (!new_tracer_.is_none() && is_alive(runtime_, new_tracer_) && new_tracer_ != child.pid()) set_flags(child, flags, new_tracer_);
  }
  Term tracer = parent ? tracer_of(*parent) : Term::none();
  if (!tracer.is_none()) {
    const uint32_t before = parent->trace_flags_;
    if (uint32_t flags = passed_by_spawn(before)) {
      const uint32_t ended = before & flag::kSetOnFirstSpawn ? flag::kSetOnFirstSpawn | flag::kSetOnSpawn : 0;
      set_flags(child, flags & ~ended, tracer);
      parent->trace_flags_ &= ~ended;
    }
    if (uint32_t flags = is_linked ? passed_by_link(before) : 0) {
      const uint32_t ended = before & flag::kSetOnFirstLink ? flag::kSetOnFirstLink | flag::kSetOnLink : 0;
      set_flags(child, (child.trace_flags_ & flag::kAll) | (flags & ~ended), tracer);
      parent->trace_flags_ &= ~ended;
    }
  }
  auto call = [&](Allocator& memory) { return bif::make_tuple(memory, module, function, args); };
  heap::FragmentAllocator memory(8);
  if (parent && process::is_traced(*parent, flag::kProcs)) {
    tell_event(*parent, {parent->pid(), atoms::spawn, child.pid(), call(memory), Term::none()});
    if (is_linked) tell_event(*parent, {parent->pid(), atoms::link, child.pid(), Term::none(), Term::none()});
  }
  if (process::is_traced(child, flag::kProcs)) {
    tell_event(child, {child.pid(), atoms::spawned, parent ? parent->pid() : Term::nil(), call(memory), Term::none()});
    if (is_linked) tell_event(child, {child.pid(), atoms::getting_linked, parent->pid(), Term::none(), Term::none()});
  }
}

void Trace::linking(Process& self, Term other) {
  if (process::is_traced(self, flag::kProcs)) told(self, atoms::link, other, Term::none());
  const uint32_t flags = passed_by_link(self.trace_flags_);
  if (!flags || !other.is_local_pid()) return;
  Term tracer = tracer_of(self);
  if (tracer.is_none()) return;
  const uint32_t ended = flags & flag::kSetOnFirstLink ? flag::kSetOnFirstLink | flag::kSetOnLink : 0;
  change_flags_of(self, other, 0, flags & ~ended, tracer);
  self.trace_flags_ &= ~ended;
}

void Trace::change_newcomers(TracerHandle& holder, std::atomic<uint32_t>& place, uint32_t off, uint32_t on, Term tracer) {
  std::lock_guard lock(new_mutex_);
  const uint32_t flags = (place.load(std::memory_order_relaxed) & ~off) | on;
  in_use.store(true, std::memory_order_relaxed);
  if (!tracer.is_none()) holder = tracer;
  if (flags == 0) holder = {};
  place.store(holder.is_none() ? 0 : flags, std::memory_order_relaxed);
}

Term Trace::newcomers_info(Allocator& heap, TracerHandle& holder, std::atomic<uint32_t>& place, Term key) {
  std::lock_guard lock(new_mutex_);
  if (!holder.is_none() && !is_alive(runtime_, holder)) {
    holder = {};
    place.store(0, std::memory_order_relaxed);
  }
  if (key == atoms::flags) return bif::make_tuple(heap, key, flag_list(heap, place.load(std::memory_order_relaxed)));
  if (key == atoms::tracer) return bif::make_tuple(heap, key, holder.is_none() ? Term::nil() : tracer_term(runtime_, heap, holder));
  return Term::none();
}

// --- sequences ---

Term Trace::token_of_send(Process& self, Term to, Term message) { return trace::token_of_send(self, to, message); }
void Trace::token_received(Process& self, const process::Signal& message) { trace::token_received(self, message); }
Term Trace::token_of_exit(Process& self, Term to, Term reason) { return trace::token_of_exit(self, to, reason); }
Term Trace::token_of_remote_spawn(Process& child, Term token, Term parent, Term request, Term reply) {
  return trace::token_of_remote_spawn(child, token, parent, request, reply);
}
Term Trace::token_of_refusal(Term token, Term parent, Term request, Term reply, Allocator& memory) {
  return trace::token_of_refusal(runtime_, token, parent, request, reply, memory);
}

// One that is gone is forgotten, so that serial numbers go on as they do where there is none.
Term Trace::living_sequence_tracer() {
  Word raw = sequence_tracer_raw.load(std::memory_order_acquire);
  if (raw == 0 || is_alive(runtime_, Term(raw))) return Term(raw);
  if (sequence_tracer_raw.compare_exchange_strong(raw, 0, std::memory_order_acq_rel)) modules.release(Term(raw));
  return Term::none();
}

Term Trace::sequence_tracer(Allocator& heap) {
  const Term tracer = living_sequence_tracer();
  return tracer.is_none() ? atoms::false_ : tracer_term(runtime_, heap, tracer);
}

Term Trace::change_sequences(Process& self, Term what, Term value) {
  if (what == atoms::reset_seq_trace) {
    if (value != atoms::true_) return Term::none();
    // Each gives its token up itself; messages under way lose theirs when the receiver looks at its queue.
    for (Term pid : runtime_.processes->all()) {
      if (pid == self.pid()) forget_tokens(self);
      else process::request(runtime_, pid, process::SignalKind::Rpc, self.pid(), nullptr, {}, 0, [](Process& target, process::Signal&) { forget_tokens(target); });
    }
    return atoms::true_;
  }
  TracerHandle next;
  if (is_tuple_of(value, 2) && tuple_element(value, 0).is_atom()) {
    next = module_tracer(runtime_, tuple_element(value, 0), tuple_element(value, 1));
    if (next.is_none()) return Term::none();
  } else if (value.is_local_pid() || value.is_local_port()) {
    if (!is_alive(runtime_, value)) return Term::none();
    next = value;
  } else if (value != atoms::false_) {
    return Term::none();
  }
  Term before = sequence_tracer(self.heap());
  const Term next_word = next;
  modules.retain(next_word);
  modules.release(Term(sequence_tracer_raw.exchange(next_word.raw, std::memory_order_acq_rel)));
  return before;
}

bool has_sequence_tracer(process::Runtime& runtime) { return !trace_of(runtime).living_sequence_tracer().is_none(); }

Term tracer_of_sequences(process::Runtime& runtime, Term pid) {
  const Term tracer = trace_of(runtime).living_sequence_tracer();
  if (tracer.is_none() || look(runtime, tracer, pid, atoms::seq_trace) != Told::Yes) return Term::none();
  return tracer;
}

}  // namespace athanor::trace
