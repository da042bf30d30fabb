// SPDX-License-Identifier: Apache-2.0
// process_info: items are computed on the thread that owns the process, into the heap of who asks or into a message to it.
#include <algorithm>
#include <vector>

#include "bif/bif.hpp"
#include "bif/max_heap.hpp"
#include "bif/priority.hpp"
#include "bif/process_items.hpp"
#include "bif/system.hpp"
#include "code/code_server.hpp"
#include "engine/engine.hpp"
#include "process/collect.hpp"
#include "process/dictionary.hpp"
#include "process/links.hpp"
#include "process/monitors.hpp"
#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/spawn.hpp"
#include "process/state.hpp"
#include "process/tracing.hpp"
#include "term/map.hpp"
#define ATH_FAMILY "bif/processes.def"
#include "bif/declare.inc"

namespace athanor::bif {

namespace {

using process::Signal;
using process::SignalKind;

Term mfa_tuple(Allocator& heap, const Mfa& mfa) { return make_tuple(heap, mfa.module, mfa.function, Term::small(mfa.arity)); }

Term count_term(uint64_t count) { return Term::small(static_cast<int64_t>(count)); }

// Of a process that runs dirty only what its native does not change meanwhile.
bool is_running_dirty(const Process& p) { return (p.state_.load(std::memory_order_acquire) & process::kDirty) != 0; }

uint64_t total_heap_words(Process& p) {
  const heap::Heap& heap = p.heap();
  if (is_running_dirty(p)) return heap.block_words() + static_cast<uint64_t>(heap.old_end_ - heap.old_start_);
  return heap.block_words() + static_cast<uint64_t>(heap.old_end_ - heap.old_start_) + heap.fragment_words_ + process::queued_words(p);
}

uint64_t memory_bytes(Process& p) {
  return sizeof(Process) + (p.extra_if_any() ? sizeof(process::Extra) : 0) + total_heap_words(p) * sizeof(Word) + p.mailbox().count() * sizeof(Signal);
}

}  // namespace

Term min_heap_size(Process& p) { return Term::small(p.heap().min_words_ != 0 ? p.heap().min_words_ : default_min_heap_words(p.runtime())); }

Term process_status(Process& p, bool asks_itself) {
  uint32_t state = p.state_.load(std::memory_order_relaxed);
  if (asks_itself) return atoms::running;
  if (state & process::kExiting) return atoms::exiting;
  if (state & process::kDirty) return atoms::running;
  if (state & process::kSuspended) return atoms::suspended;
  if ((state & process::kActive) || p.code_is_due_) return atoms::runnable;
  return atoms::waiting;
}

namespace {

Term messages_list(Process& p, Allocator& heap) {
  std::vector<Term> messages;
  for (Signal* s = p.mailbox().first(); s; s = s->next) messages.push_back(s->parcel.term);
  Term list = Term::nil();
  for (size_t i = messages.size(); i-- > 0;) {
    // Messages stay in their fragments: copied, so that the list survives their being received.
    list = cons(heap, heap::copy(messages[i], heap, p.runtime().literals), list);
  }
  return list;
}

Term links_list(Process& p, Allocator& heap) {
  Term list = Term::nil();
  if (!p.links_) return list;
  std::vector<Term> ids;
  for (const auto& [peer, link] : p.links_->all()) {
    if (link.unlinking == 0) ids.push_back(peer.build(heap));
  }
  return make_list(heap, ids.data(), ids.size());
}

Term monitors_list(Process& p, Allocator& heap) {
  Term list = Term::nil();
  if (!p.monitors_) return list;
  for (auto& [reference, origin] : p.monitors_->origins()) {
    Term what = origin.target;
    Term kind = origin.type == process::MonitorType::Port ? atoms::port : atoms::process;
    if (origin.type == process::MonitorType::TimeOffset || origin.type == process::MonitorType::AliasOnly) continue;
    if (!origin.name.is_none()) what = make_tuple(heap, origin.name, origin.is_remote_name ? origin.target : Term(p.runtime().terms.node_name));
    else if (what.is_pointer()) what = heap::copy(what, heap, p.runtime().literals);
    list = cons(heap, make_tuple(heap, kind, what), list);
  }
  return list;
}

Term monitored_by_list(Process& p, Allocator& heap) {
  Term list = Term::nil();
  if (!p.monitors_) return list;
  for (auto& [reference, target] : p.monitors_->targets()) {
    Term watcher;
    if (Term(target.watcher.id).is_small() && target.watcher.is_local()) {   // an object of a NIF library
      const uint64_t words[3] = {reference.words[0], reference.words[1], 0};
      if (p.runtime().watching_object) watcher = p.runtime().watching_object(p.runtime(), words, heap);
    } else {
      watcher = target.watcher.build(heap);
    }
    if (!watcher.is_none()) list = cons(heap, watcher, list);
  }
  return list;
}

Term dictionary_list(Process& p, Allocator& heap) {
  Term list = Term::nil();
  if (!p.dictionary_) return list;
  for (size_t i = p.dictionary_->count(); i-- > 0;) {
    Term key = heap::copy(p.dictionary_->key(i), heap, p.runtime().literals);
    Term value = heap::copy(p.dictionary_->value(i), heap, p.runtime().literals);
    list = cons(heap, make_tuple(heap, key, value), list);
  }
  return list;
}

Term last_calls_list(Process& p, Allocator& heap) {
  const process::Extra* extra = p.extra_if_any();
  if (!extra || !extra->saved_calls) return atoms::false_;
  const process::SavedCalls& calls = *extra->saved_calls;
  std::vector<Term> items;
  for (size_t i = 0; i < calls.count(); ++i) {
    const Mfa& call = calls.call(i);
    items.push_back(call.module.is_none() ? call.function : mfa_tuple(heap, call));
  }
  return make_list(heap, items.data(), items.size());
}

// OTP: {Pid, Active, Outstanding}. Outstanding: the other has not come to its signal yet, and still runs.
Term suspending_list(Process& p, Allocator& heap) {
  Term list = Term::nil();
  for (size_t i = process::suspending_count(p); i-- > 0;) {
    Term target;
    uint32_t count;
    process::suspending_at(p, i, target, count);
    const Process* other = p.runtime().processes->find(target);
    const bool is_active = !other || (other->state_.load(std::memory_order_acquire) & process::kSuspended);
    list = cons(heap, make_tuple(heap, target, Term::small(is_active ? count : 0), Term::small(is_active ? 0 : count)), list);
  }
  return list;
}

Term pair(Allocator& heap, Term name, Term value) { return make_tuple(heap, name, value); }

Term collection_settings(Process& p, Allocator& heap) {
  process::Extra* extra = p.extra_if_any();
  Term items[] = {
      pair(heap, atoms::max_heap_size, max_heap_map(heap, max_heap_of(p))),
      pair(heap, atoms::min_bin_vheap_size, Term::small(process::min_binary_heap_words(p))),
      pair(heap, atoms::min_heap_size, min_heap_size(p)),
      pair(heap, atoms::fullsweep_after, Term::small(extra && extra->fullsweep_set ? extra->fullsweep_after : p.runtime().fullsweep_after.load())),
      pair(heap, atoms::minor_gcs, Term::small(p.heap().minor_collections_))};
  return make_list(heap, items, 5);
}

Term collection_details(Process& p, Allocator& heap) {
  const heap::Heap& h = p.heap();
  auto old_size = count_term(static_cast<uint64_t>(h.old_top_ - h.old_start_));
  auto old_block = count_term(static_cast<uint64_t>(h.old_end_ - h.old_start_));
  Term items[] = {
      pair(heap, atoms::old_heap_block_size, old_block),
      pair(heap, atoms::heap_block_size, count_term(h.block_words())),
      pair(heap, atoms::mbuf_size, count_term(is_running_dirty(p) ? 0 : h.fragment_words_)),
      pair(heap, atoms::recent_size, count_term(static_cast<uint64_t>(h.high_water_ - h.start_))),
      pair(heap, atoms::stack_size, count_term(static_cast<uint64_t>(h.end() - h.stack_top()))),
      pair(heap, atoms::old_heap_size, old_size),
      pair(heap, atoms::heap_size, count_term(is_running_dirty(p) ? h.block_words() : static_cast<uint64_t>(h.top() - h.start()))),
      pair(heap, atoms::bin_vheap_size, count_term(is_running_dirty(p) ? 0 : p.heap().off_heap().bytes / 8)),
      pair(heap, atoms::bin_vheap_block_size, Term::small(process::min_binary_heap_words(p))),
      pair(heap, atoms::bin_old_vheap_size, count_term(h.old_off_heap_.bytes / 8)),
      pair(heap, atoms::bin_old_vheap_block_size, Term::small(process::min_binary_heap_words(p)))};
  return make_list(heap, items, sizeof(items) / sizeof(items[0]));
}

// Off-heap binaries that the process refers to: {Address, Bytes, References}.
Term binaries_list(Process& p, Allocator& heap) {
  Term list = Term::nil();
  if (is_running_dirty(p)) return list;
  for (const OffHeapList* chain : {&p.heap().off_heap(), static_cast<OffHeapList*>(&p.heap().old_off_heap_)}) {
    for (Term* box = chain->first; box;) {
      bool is_binary = header_kind(box[0].raw) == BoxedKind::BinaryRef;
      if (is_binary) {
        auto* binary = reinterpret_cast<OffHeapBinary*>(box[3].raw);
        list = cons(heap, make_tuple(heap, integer::from_uint64(heap, reinterpret_cast<uint64_t>(binary)), count_term(binary->size), count_term(binary->references.load())), list);
      }
      box = reinterpret_cast<Term*>(box[is_binary ? 2 : 3].raw);
    }
  }
  return list;
}

Term reductions_of(Process& p, bool asks_itself) {
  int64_t in_slice = asks_itself ? process::kReductionsPerSlice - p.reductions_left_ : 0;
  return Term::small(static_cast<int64_t>(p.reductions_done_) + (in_slice > 0 ? in_slice : 0));
}

// The value of one item; none() where the item is unknown; `absent` where registered_name has none.
Term item_value(Process& p, Term item, Allocator& heap, bool asks_itself) {
  if (item == atoms::registered_name) {
    Term name = p.registered_name_.load(std::memory_order_relaxed);
    return name.is_none() ? Term::nil() : name;
  }
  if (item == atoms::current_function) {
    Mfa mfa = engine::current_function(p);
    return mfa.module.is_none() ? atoms::undefined : mfa_tuple(heap, mfa);
  }
  if (item == atoms::current_location) {
    Term trace = engine::current_stacktrace(p, heap, 1);
    return trace.is_list_cell() ? trace.head() : atoms::undefined;
  }
  if (item == atoms::current_stacktrace) return engine::current_stacktrace(p, heap, p.runtime().backtrace_depth.load());
  if (item == atoms::initial_call) return mfa_tuple(heap, p.initial_call_);
  if (item == atoms::status) return process_status(p, asks_itself);
  // OTP: of a sensitive process others see neither messages nor dictionary.
  const bool is_hidden = !asks_itself && (p.trace_flags_ & process::trace_flag::kSensitive);
  if (is_hidden && (item == atoms::messages || item == atoms::dictionary)) return Term::nil();
  if (item == atoms::messages) return messages_list(p, heap);
  if (item == atoms::message_queue_len) return count_term(p.mailbox().count());
  if (item == atoms::message_queue_data) return p.extra_if_any() && p.extra().off_heap_messages ? atoms::off_heap : atoms::on_heap;
  if (item == atoms::links) return links_list(p, heap);
  if (item == atoms::monitors) return monitors_list(p, heap);
  if (item == atoms::monitored_by) return monitored_by_list(p, heap);
  if (item == atoms::dictionary) return dictionary_list(p, heap);
  if (item == atoms::trap_exit) return boolean(p.trap_exit_);
  if (item == atoms::error_handler) return p.error_handler_;
  if (item == atoms::heap_size) return count_term(static_cast<uint64_t>(p.heap().block_words()));
  if (item == atoms::stack_size) return count_term(static_cast<uint64_t>(p.heap().end() - p.heap().stack_top()));
  if (item == atoms::total_heap_size) return count_term(total_heap_words(p));
  if (item == atoms::memory) return count_term(memory_bytes(p));
  if (item == atoms::garbage_collection) return collection_settings(p, heap);
  if (item == atoms::garbage_collection_info) return collection_details(p, heap);
  if (item == atoms::group_leader) return heap::copy(p.group_leader_, heap, p.runtime().literals);
  if (item == atoms::reductions) return reductions_of(p, asks_itself);
  if (item == atoms::priority) return priority_atom(p.priority());
  if (item == atoms::trace) return Term::small(p.trace_flags_ & process::trace_flag::kAll);
  if (item == atoms::backtrace) return binary::from_text(heap, is_hidden ? std::string() : engine::backtrace_text(p));
  if (item == atoms::binary) return binaries_list(p, heap);
  if (item == atoms::sequential_trace_token) {
    return p.trace_flags_ & process::trace_flag::kToken ? heap::copy(p.extra().seq_token, heap, p.runtime().literals) : Term::nil();
  }
  if (item == atoms::catchlevel) return Term::small(p.catches_);
  if (item == atoms::last_calls) return last_calls_list(p, heap);
  if (item == atoms::suspending) return suspending_list(p, heap);
  if (item == atoms::parent) return p.parent_.is_none() ? atoms::undefined : heap::copy(p.parent_, heap, p.runtime().literals);
  if (item == atoms::min_heap_size) return min_heap_size(p);
  if (item == atoms::min_bin_vheap_size) return Term::small(process::min_binary_heap_words(p));
  if (item == atoms::max_heap_size) return max_heap_map(heap, max_heap_of(p));
  if (item == atoms::fullsweep_after) {
    process::Extra* extra = p.extra_if_any();
    return Term::small(extra && extra->fullsweep_set ? extra->fullsweep_after : p.runtime().fullsweep_after.load());
  }
  if (is_tuple_of(item, 2) && tuple_element(item, 0) == atoms::dictionary && p.runtime().identity.otp_release >= 26) return atoms::undefined;
  return Term::none();
}

constexpr Term kDefaultItems[] = {
    atoms::current_function, atoms::initial_call, atoms::status, atoms::message_queue_len, atoms::links, atoms::dictionary,
    atoms::trap_exit, atoms::error_handler, atoms::priority, atoms::group_leader, atoms::total_heap_size, atoms::heap_size,
    atoms::stack_size, atoms::reductions, atoms::garbage_collection, atoms::suspending};

constexpr Term kItems[] = {
      atoms::registered_name, atoms::current_function, atoms::current_location, atoms::current_stacktrace, atoms::initial_call,
      atoms::status, atoms::messages, atoms::message_queue_len, atoms::message_queue_data, atoms::links, atoms::monitors,
      atoms::monitored_by, atoms::dictionary, atoms::trap_exit, atoms::error_handler, atoms::heap_size, atoms::stack_size,
      atoms::total_heap_size, atoms::memory, atoms::garbage_collection, atoms::garbage_collection_info, atoms::group_leader,
      atoms::reductions, atoms::priority, atoms::trace, atoms::binary, atoms::sequential_trace_token, atoms::catchlevel,
      atoms::last_calls, atoms::suspending, atoms::parent, atoms::min_heap_size, atoms::min_bin_vheap_size, atoms::max_heap_size,
      atoms::fullsweep_after, atoms::backtrace};
bool is_item(Term item) { return std::find(std::begin(kItems), std::end(kItems), item) != std::end(kItems); }

// process_info/2 of one item: {Item, Value}; registered_name without one: [].
Term one_item(Process& p, Term item, Allocator& heap, bool asks_itself) {
  Term value = item_value(p, item, heap, asks_itself);
  if (item == atoms::registered_name && value.is_nil()) return Term::nil();
  return pair(heap, item, value);
}

Term many_items(Process& p, const std::vector<Term>& items, Allocator& heap, bool asks_itself, bool skip_unnamed) {
  std::vector<Term> answers;
  for (Term item : items) {
    Term value = item_value(p, item, heap, asks_itself);
    if (skip_unnamed && item == atoms::registered_name && value.is_nil()) continue;
    answers.push_back(pair(heap, item, value));
  }
  return make_list(heap, answers.data(), answers.size());
}

Term answer_for(Process& p, Term what, Allocator& heap, bool asks_itself) {
  if (what == atoms::all) {
    std::vector<Term> items{atoms::registered_name};
    items.insert(items.end(), std::begin(kDefaultItems), std::end(kDefaultItems));
    return many_items(p, items, heap, asks_itself, true);
  }
  if (!what.is_list()) return one_item(p, what, heap, asks_itself);
  std::vector<Term> items;
  for (Term list = what; list.is_list_cell(); list = list.tail()) items.push_back(list.head());
  return many_items(p, items, heap, asks_itself, false);
}

void answer_request(Process& target, Signal& signal) {
  heap::FragmentAllocator heap(64);
  Term result = process::is_exiting(target) ? atoms::undefined : answer_for(target, signal.parcel.term, heap, false);
  Term message = make_tuple(heap, process::reference_from_words(heap, signal.reference), result);
  process::send_message(target.runtime(), signal.from, message);
}

}  // namespace

Term process_info_items(Allocator& heap) { return make_list(heap, kItems, std::size(kItems)); }

namespace {

BifResult process_info(Process& self, Term pid, Term what) {
  if (!pid.is_local_pid()) return self.badarg();
  if (pid == self.pid()) {
    // Messages that have arrived count.
    process::handle_signals(self);
    if (process::is_exiting(self)) return self.exit_now(Term::none());
    return answer_for(self, what, self.heap(), true);
  }
  Term reference = process::make_reference(self.runtime(), self.heap());
  uint64_t words[3];
  process::reference_words(reference, words);
  heap::Parcel items = heap::pack(what, self.runtime().literals);
  process::handle_signals(self);
  if (process::is_exiting(self)) return self.exit_now(Term::none());
  self.mailbox().skip_to_end();   // the answer is none of the messages that are there
  if (!process::request(self.runtime(), pid, SignalKind::ProcessInfo, self.pid(), words, items, 0, answer_request, self.priority())) {
    self.mailbox().restart();
    return atoms::undefined;
  }
  return self.trap(self.runtime().code->export_of(atoms::erts_internal, atoms::await_result, 1), {reference});
}

}  // namespace

namespace erlang {

BifResult process_info_1(Process& self, const Term* args) { return process_info(self, args[0], atoms::all); }

BifResult process_info_2(Process& self, const Term* args) {
  Term items = args[1];
  if (items.is_atom()) {
    if (!is_item(items)) return self.badarg();
    return process_info(self, args[0], items);
  }
  Term list = items;
  for (; list.is_list_cell(); list = list.tail()) {
    if (!is_item(list.head())) return self.badarg();
  }
  if (!list.is_nil()) return self.badarg();
  return process_info(self, args[0], items);
}

}  // namespace erlang
}  // namespace athanor::bif
