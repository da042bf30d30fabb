// SPDX-License-Identifier: Apache-2.0
#include "process/collect.hpp"

#include "base/microstates.hpp"
#include "os/clock.hpp"
#include "process/continuation.hpp"
#include "process/literals.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/tracing.hpp"
#include "term/atom_table.hpp"

namespace athanor::process {

namespace {

// OTP: the text of the stock VM's report.
void report_max_heap(Process& self, const Extra& extra, size_t total) {
  auto pair = [&](Term name, size_t value) {
    Term* place = self.allocate(3);
    place[0].raw = tuple_header(2);
    place[1] = name;
    place[2] = Term::small(static_cast<int64_t>(value));
    return Term::boxed(place);
  };
  const heap::Heap& heap = self.heap();
  auto words = [](const Term* from, const Term* to) { return static_cast<size_t>(to - from); };
  const Term info[] = {
      pair(atoms::old_heap_block_size, words(heap.old_start_, heap.old_end_)), pair(atoms::heap_block_size, heap.block_words()),
      pair(atoms::mbuf_size, heap.fragment_words_), pair(atoms::recent_size, words(heap.start_, heap.high_water_)),
      pair(atoms::stack_size, words(heap.stack_top(), heap.end_)), pair(atoms::old_heap_size, words(heap.old_start_, heap.old_top_)),
      pair(atoms::heap_size, words(heap.start_, heap.top()))};
  auto cons = [&](Term head, Term tail) { return make_cons(self.allocate(2), head, tail); };
  Term list = Term::nil();
  for (size_t i = sizeof(info) / sizeof(info[0]); i-- > 0;) list = cons(info[i], list);
  const Term values[] = {self.pid(), Term::small(static_cast<int64_t>(extra.max_heap.words)), Term::small(static_cast<int64_t>(total)),
                         boolean(extra.max_heap.kill), atoms::true_, Term::small(static_cast<int64_t>(self.mailbox().count())), list};
  Term args = Term::nil();
  for (size_t i = sizeof(values) / sizeof(values[0]); i-- > 0;) args = cons(values[i], args);
  log_event(self.runtime(), atoms::error,
            "     Process:            ~p ~n     Context:            maximum heap size reached~n"
            "     Max Heap Size:      ~p~n     Total Heap Size:    ~p~n     Kill:               ~p~n"
            "     Error Logger:       ~p~n     Message Queue Len:  ~p~n     GC Info:            ~p~n",
            args, self.group_leader_, self.pid());
}

// The stock VM ends as a whole here.
void end_without_memory(Process& self) {
  Term* cells = self.allocate(4);
  const Term words = Term::small(static_cast<int64_t>(self.heap().total_words()));
  const Term args = make_cons(cells + 2, self.pid(), make_cons(cells, words, Term::nil()));
  log_event(self.runtime(), atoms::error, "     Process:            ~p ~n     Context:            no memory to collect its heap of ~p words~n", args, self.group_leader_,
            self.pid());
  start_exit(self, atoms::system_limit);
}

}  // namespace

size_t queued_words(Process& self) {
  size_t words = 0;
  if (self.extra_if_any() && self.extra().off_heap_messages) return words;
  for (const Signal* message = self.mailbox().first(); message; message = message->next) {
    for (const heap::Fragment* fragment = message->parcel.fragments; fragment; fragment = fragment->next) words += fragment->used;
  }
  return words;
}

bool collect_garbage(Process& self, size_t words_needed, bool full) {
  ATH_ASSERT(self.continuation_ == nullptr || !self.continuation_->holds_addresses);
  Runtime& runtime = self.runtime();
  const heap::LiteralArea* evacuate = prepare_evacuation(self);
  const Extra* extra = self.extra_if_any();
  heap::CollectRequest request;
  request.words_needed = words_needed;
  request.full = full;
  request.fullsweep_after =
      extra && extra->fullsweep_set ? extra->fullsweep_after : runtime.fullsweep_after.load(std::memory_order_relaxed);
  request.min_binary_bytes = uint64_t{min_binary_heap_words(self)} * 8;
  request.literals = runtime.literals;
  request.evacuate = evacuate;
  request.max_words = extra ? extra->max_heap.words : 0;
  if (request.max_words != 0) request.queued_words = queued_words(self);
  const bool traced = ATH_UNLIKELY(is_traced(self, trace_flag::kGarbageCollection));
  // What is being sent to the tracer lies in fragments of its own: nothing of it is on this heap.
  const bool is_major = traced && heap::is_full_due(self.heap(), request);
  if (traced) runtime.tracing->collects(self, is_major ? atoms::gc_major_start : atoms::gc_minor_start, words_needed);
  const bool monitored = ATH_UNLIKELY(runtime.monitors_collections.load(std::memory_order_relaxed));
  const int64_t began = monitored ? runtime.clock->monotonic_ns() : 0;
  heap::CollectResult result;
  {
    const base::InMicrostate collecting(base::Microstate::Gc);
    if (const uint32_t ms = runtime.test_gc_sleep_ms.load(std::memory_order_relaxed); ATH_UNLIKELY(ms != 0)) os::sleep_ms(ms);
    result = heap::collect(self.heap(), self, request);
  }
  if (monitored) runtime.tracing->collected(self, runtime.clock->monotonic_ns() - began);
  if (traced) runtime.tracing->collects(self, is_major ? atoms::gc_major_end : atoms::gc_minor_end, result.words_reclaimed);
  runtime.collections.fetch_add(1, std::memory_order_relaxed);
  runtime.words_reclaimed.fetch_add(result.words_reclaimed, std::memory_order_relaxed);
  self.collect_wanted_ = CollectWanted::No;
  self.charge(result.reductions);
  if (ATH_UNLIKELY(result.out_of_memory)) {
    // Not all collections must be: many are only due.
    if (evacuate == nullptr && self.heap().free_words() >= words_needed + Allocator::kReserveWords) return true;
    end_without_memory(self);
    return false;
  }
  if (evacuate) answer_copy_requests(self);
  if (!result.exceeded_max) return true;
  if (extra->max_heap.error_logger) report_max_heap(self, *extra, self.heap().total_words() + request.queued_words);
  if (!extra->max_heap.kill) return true;
  start_exit(self, atoms::killed);
  return false;
}

}  // namespace athanor::process
