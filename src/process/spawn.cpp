// SPDX-License-Identifier: Apache-2.0
#include "process/spawn.hpp"

#include <algorithm>
#include <utility>

#include "heap/block.hpp"
#include "process/links.hpp"
#include "process/monitors.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/signals/signals.hpp"
#include "process/state.hpp"
#include "process/tracing.hpp"
#include "term/atom_table.hpp"

namespace athanor::process {

namespace {

constexpr size_t kFirstBlockWords = 38;

// One that only waits needs very little. What proc_lib starts keeps who started it, catches what ends it, and calls on from there: it would grow out of the small
// block as soon as it runs. (That must not hang on what became of others: the reductions of a collection are to be a function of the program.)
size_t first_block_words(Term module, Term function) {
  return function == atoms::init_p && is_named(module, "proc_lib") ? heap::kWorkingBlockWords : kFirstBlockWords;
}

AliasMode alias_mode(Term alias) {
  if (alias == atoms::explicit_unalias) return AliasMode::ExplicitUnalias;
  if (alias == atoms::demonitor) return AliasMode::Demonitor;
  if (alias == atoms::reply_demonitor) return AliasMode::ReplyDemonitor;
  return AliasMode::None;
}

uint32_t arity_of(Term list) {
  uint32_t arity = 0;
  for (; list.is_list_cell(); list = list.tail()) ++arity;
  return arity;
}

void apply_options(Runtime& runtime, Process& child, const SpawnOptions& options) {
  uint32_t min_words = options.min_heap_words ? options.min_heap_words : runtime.min_heap_words.load(std::memory_order_relaxed);
  child.heap().min_words_ = min_words ? static_cast<uint32_t>(heap::next_heap_size(min_words)) : 0;
  const MaxHeap max_heap = options.max_heap ? *options.max_heap : runtime.max_heap();
  const uint32_t min_binary_words = std::max(options.min_binary_heap_words, runtime.min_binary_heap_words.load(std::memory_order_relaxed));
  child.heap().binary_limit_ = uint64_t{min_binary_words} * 8;
  const bool off_heap_messages = options.off_heap_messages.value_or(runtime.off_heap_messages.load(std::memory_order_relaxed));
  if (options.fullsweep_set || off_heap_messages || options.min_binary_heap_words || max_heap != MaxHeap{}) {
    Extra& extra = child.extra();
    extra.fullsweep_after = options.fullsweep_after;
    extra.fullsweep_set = options.fullsweep_set;
    extra.max_heap = max_heap;
    extra.off_heap_messages = off_heap_messages;
    extra.min_binary_heap_words = options.min_binary_heap_words ? min_binary_words : 0;
  }
  child.bound_scheduler_ = static_cast<uint16_t>(options.scheduler);
}

// Parent and child know each other before the child runs: no signal is needed.
Term relate(Runtime& runtime, Process& parent, Process& child, const SpawnOptions& options) {
  if (options.link) {
    bool created;
    if (!parent.links_) parent.links_ = new Links;
    parent.links_->insert(child.pid(), created);
    child.links_ = new Links;
    child.links_->insert(parent.pid(), created);
  }
  if (!options.monitor) return Term::none();
  Monitors::Origin origin;
  origin.alias = alias_mode(options.monitor_alias);
  origin.target = child.pid();
  origin.tag = options.monitor_tag;
  uint64_t words[3];
  Term reference;
  if (origin.alias != AliasMode::None) {
    reference = make_alias_reference(runtime, parent.heap(), parent.pid(), words);
    origin.pid_word = words[2];
  } else {
    reference = make_reference(runtime, parent.heap());
    reference_words(reference, words);
  }
  if (!parent.monitors_) parent.monitors_ = new Monitors;
  parent.monitors_->add_origin(words, origin);
  child.monitors_ = new Monitors;
  child.monitors_->add_target(words, {Peer::of(parent.pid()), Term::none(), words[2]});
  return reference;
}

void answer(Process& parent, Process& child, const SpawnRequest& request) {
  Runtime& runtime = parent.runtime();
  heap::FragmentAllocator builder(16 + kAliasReferenceWords);
  Term tag = heap::copy(request.tag, builder, runtime.literals);
  Term reference = heap::copy(request.reference, builder, runtime.literals);
  Term* place = builder.allocate(5);
  place[0].raw = tuple_header(4);
  place[1] = tag;
  place[2] = reference;
  place[3] = atoms::ok;
  place[4] = child.pid();
  Signal* signal = Signal::create(SignalKind::Message);
  signal->parcel.term = Term::boxed(place);
  if (ATH_UNLIKELY(child.trace_flags_ & trace_flag::kToken)) {
    signal->token = heap::copy(runtime.tracing->token_of_send(child, parent.pid(), signal->parcel.term), builder, runtime.literals);
  }
  signal->parcel.fragments = builder.take();
  signal->from = child.pid();
  deliver(runtime, parent.pid(), signal);
}

// The parent is of another node: it hears of the child by its own means.
void relate_remote(Process& child, const SpawnOptions& options) {
  const RemoteParent& remote = *options.remote;
  if (options.link) {
    bool created;
    child.links_ = new Links;
    child.links_->insert(remote.parent, created);
  }
  if (options.monitor) {
    child.monitors_ = new Monitors;
    child.monitors_->add_target(remote.reference, {Peer::of(remote.parent), Term::none(), remote.reference[2]});
  }
}

}  // namespace

// saved_ holds module, function and arguments until the first run: see state.hpp.
Spawned spawn(Runtime& runtime, Process* parent, Term module, Term function, Term args, const SpawnOptions& options) {
  // Running, until it is made: signals may reach it from now on, and one that waited would be run for them.
  uint32_t state = kRunning | static_cast<uint32_t>(options.priority) << kPriorityShift;
  if (options.system_process) state |= kSystemProcess;
  Process* child = runtime.processes->create(runtime, state);
  if (!child) return {};
  apply_options(runtime, *child, options);
  // Room for the arguments and for the first frame, which prepare_call and the first instructions push.
  size_t words = heap::flat_words(args, runtime.literals) + 2 * Allocator::kReserveWords;
  const bool is_limited = child->extra_if_any() && child->extra().max_heap.words != 0;
  const size_t first_words = is_limited ? kFirstBlockWords : first_block_words(module, function);
  child->heap().create_block(heap::next_heap_size(std::max({words, first_words, size_t{child->heap().min_words_}})));
  child->saved_[0] = module;
  child->saved_[1] = function;
  child->saved_[2] = heap::copy(args, child->heap(), runtime.literals);
  child->live_ = 3;
  child->initial_call_ = options.initial_call.value_or(Mfa{module, function, arity_of(args)});
  child->error_handler_ = atoms::error_handler;
  child->parent_ = parent ? parent->pid() : Term::none();
  if (options.remote) {
    child->parent_ = heap::copy(options.remote->parent, child->heap(), runtime.literals);
    child->group_leader_ = heap::copy(options.remote->group_leader, child->heap(), runtime.literals);
    relate_remote(*child, options);
    options.remote->before_run(*child, options.remote->argument);
  } else {
    child->group_leader_ = parent ? heap::copy(parent->group_leader_, child->heap(), runtime.literals) : child->pid();
  }
  Spawned spawned{child->pid(), Term::none()};
  if (parent) spawned.monitor = relate(runtime, *parent, *child, options);
  if (options.request) options.request->reference = spawned.monitor.is_none() ? make_reference(runtime, parent->heap()) : spawned.monitor;
  if (ATH_UNLIKELY((parent && parent->trace_flags_ != 0) || runtime.new_process_trace.load(std::memory_order_relaxed) != 0)) {
    runtime.tracing->spawned(parent, *child, module, function, args, options, spawned.monitor);
  }
  if (options.request && options.request->is_answered) answer(*parent, *child, *options.request);
  if (options.remote && options.remote->first_message) {
    signals::append_message(*child, std::exchange(*options.remote->first_message, {}), Term::none(), options.remote->token);
  }
  begin_life(*child);
  return spawned;
}

Spawned spawn_fun(Runtime& runtime, Process& parent, Term fun, Term args, const SpawnOptions& options) {
  // The call is erlang:apply(Fun, Args); its argument list is built on the parent's heap and copied from there.
  Term list = make_cons(parent.allocate(2), args, Term::nil());
  list = make_cons(parent.allocate(2), fun, list);
  return spawn(runtime, &parent, atoms::erlang, atoms::apply, list, options);
}

}  // namespace athanor::process
