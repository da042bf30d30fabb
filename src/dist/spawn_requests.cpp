// SPDX-License-Identifier: Apache-2.0
// Spawning on other nodes: the request, and its answer, which reaches the parent as a signal so that it takes effect in order with
// what the child says.
//
//   parent: request kept (PendingSpawn)  ──SpawnRequest──►  child made, linked, watched  ──SpawnReply──►  parent: link, monitor, message
#include "bif/bif.hpp"
#include "bif/spawn_options.hpp"
#include "dist/distribution.hpp"
#include "process/links.hpp"
#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/signals/signals.hpp"
#include "process/state.hpp"
#include "process/tracing.hpp"
#include "term/atom_table.hpp"

namespace athanor::dist {

using process::AliasMode;
using process::ExitOrigin;
using process::MonitorType;
using process::PendingSpawn;
using process::Signal;

namespace {

// {Tag, Reference, ok, Pid} | {Tag, Reference, error, Reason}
void append_reply(Process& self, const PendingSpawn& spawn, const uint64_t words[3], Term result, Term token = Term::none()) {
  heap::FragmentAllocator heap(16 + kAliasReferenceWords);
  const auto* literals = self.runtime().literals;
  Term tag = heap::copy(spawn.reply_tag, heap, literals);
  Term reference = process::reference_from_words(heap, words);
  Term copied = heap::copy(result, heap, literals);
  Term* message = heap.allocate(5);
  message[0].raw = tuple_header(4);
  message[1] = tag;
  message[2] = reference;
  message[3] = is_pid(result) ? atoms::ok : atoms::error;
  message[4] = copied;
  const Term carried = token.is_none() ? token : heap::copy(token, heap, literals);
  process::signals::append_message(self, {Term::boxed(message), heap.take()}, Term::none(), carried);
  process::make_runnable(self);
}

void tell_child_it_is_alone(Process& self, const PendingSpawn& spawn, const uint64_t words[3], Term child, Term reason) {
  if (spawn.monitor) {
    Signal* signal = Signal::create(process::SignalKind::Demonitor);
    signal->from = self.pid();
    std::copy_n(words, 3, signal->reference);
    process::deliver(self.runtime(), child, signal);
  }
  if (spawn.link) process::send_exit(self.runtime(), self.pid(), child, reason, ExitOrigin::Link);
}

// On the parent's thread; signal.parcel.term is the child or why there is none.
void take_answer(Process& self, Signal& signal) {
  if (!self.monitors_) return;
  auto& spawns = self.monitors_->spawns();
  auto found = spawns.find(process::key_of(signal.reference));
  if (found == spawns.end()) return;
  const PendingSpawn spawn = found->second;
  spawns.erase(found);
  const uint64_t words[3] = {signal.reference[0], signal.reference[1], spawn.pid_word};
  const Term result = signal.parcel.term;
  process::Monitors::Origin* alias = self.monitors_->find_origin(words);
  if (!is_pid(result)) {
    if (alias) self.monitors_->erase_origin(words);
    if (!spawn.is_abandoned && spawn.tells_error && !process::is_exiting(self)) append_reply(self, spawn, words, result, signal.token);
    return;
  }
  if (process::is_exiting(self) || spawn.is_abandoned) {
    tell_child_it_is_alone(self, spawn, words, result, process::is_exiting(self) ? self.exit_reason_ : Term(atoms::abandoned));
    return;
  }
  if (spawn.link) {
    if (!self.links_) self.links_ = new process::Links;
    bool created;
    self.links_->insert(result, created);
    if (!created) self.runtime().distribution->forget_link(self.pid(), result, 0);
    if (ATH_UNLIKELY(process::is_traced(self, process::trace_flag::kProcs))) self.runtime().tracing->told(self, atoms::link, result);
  }
  if (spawn.monitor) {
    process::Monitors::Origin origin;
    origin.target = process::Peer::of(result).build(self.heap());
    origin.tag = spawn.monitor_tag;
    // An alias that has ended meanwhile stays ended.
    origin.alias = alias ? spawn.alias : AliasMode::None;
    origin.pid_word = spawn.pid_word;
    self.monitors_->add_origin(words, origin);
  }
  if (spawn.tells_success) append_reply(self, spawn, words, result, signal.token);
}

struct Request {
  PendingSpawn spawn;
  process::SpawnOptions monitor_options;
  Term options = Term::nil();   // what the other node is to see
  bool bad_option = false;
};

// False: badarg. Options that are the child's business are the other node's to judge.
bool read_request(Process& self, Term list, bool with_reply, Request& request) {
  PendingSpawn& spawn = request.spawn;
  spawn.reply_tag = atoms::spawn_reply;
  std::vector<Term> passed;
  for (; list.is_list_cell(); list = list.tail()) {
    Term option = list.head();
    if (option == atoms::link) spawn.link = true;
    if (option == atoms::monitor) spawn.monitor = true;
    const Term key = is_tuple_of(option, 2) ? tuple_element(option, 0) : Term::none();
    const Term value = is_tuple_of(option, 2) ? tuple_element(option, 1) : Term::none();
    if (key == atoms::monitor) {
      if (!bif::read_spawn_monitor_options(value, request.monitor_options)) {
        if (!with_reply) return false;
        request.bad_option = true;
      }
      spawn.monitor = true;
      option = atoms::monitor;
    } else if (key == atoms::reply_tag || key == atoms::reply) {
      if (!with_reply) return false;
      if (key == atoms::reply_tag) {
        spawn.reply_tag = value;
      } else {
        if (value != atoms::yes && value != atoms::no && value != atoms::error_only && value != atoms::success_only) {
          request.bad_option = true;   // answered as if nothing was said of answers
          continue;
        }
        spawn.tells_success = value == atoms::yes || value == atoms::success_only;
        spawn.tells_error = value == atoms::yes || value == atoms::error_only;
      }
      continue;
    }
    passed.push_back(option);
  }
  if (!list.is_nil()) return false;
  request.options = bif::make_list(self.heap(), passed.data(), passed.size());
  return true;
}

AliasMode alias_mode(Term alias) {
  if (alias == atoms::explicit_unalias) return AliasMode::ExplicitUnalias;
  if (alias == atoms::demonitor) return AliasMode::Demonitor;
  if (alias == atoms::reply_demonitor) return AliasMode::ReplyDemonitor;
  return AliasMode::None;
}

}  // namespace

bool answer_spawn(Runtime& runtime, Term parent, const uint64_t reference[3], heap::Parcel result, Term token) {
  Signal* signal = Signal::create(process::SignalKind::Rpc);
  signal->parcel = result;
  signal->token = token;
  signal->callback = take_answer;
  std::copy_n(reference, 3, signal->reference);
  return process::deliver(runtime, parent, signal);
}

// erts_internal:dist_spawn_request(Node, {M, F, Args}, Options, spawn_request | spawn_opt): Ref | {Ref, HasMonitor} | badarg
Term Distribution::spawn_request(Process& self, const Term* args) {
  const Term call = args[1];
  if (!args[0].is_atom() || args[0] == Term(runtime_.terms.node_name) || !is_tuple_of(call, 3)) return atoms::badarg;
  const Term module = tuple_element(call, 0), function = tuple_element(call, 1), arguments = tuple_element(call, 2);
  const int64_t arity = bif::list_length(arguments);
  if (!module.is_atom() || !function.is_atom() || arity < 0) return atoms::badarg;
  const bool with_reply = args[3] == atoms::spawn_request;
  Request request;
  if (!read_request(self, args[2], with_reply, request)) return atoms::badarg;
  PendingSpawn& spawn = request.spawn;
  spawn.monitor_tag = request.monitor_options.monitor_tag;
  spawn.alias = alias_mode(request.monitor_options.monitor_alias);

  uint64_t words[3];
  Term reference;
  if (spawn.alias != AliasMode::None) {
    reference = process::make_alias_reference(runtime_, self.heap(), self.pid(), words);
  } else {
    reference = process::make_reference(runtime_, self.heap());
    process::reference_words(reference, words);
  }
  spawn.pid_word = words[2];
  const Term result = with_reply ? reference : bif::make_tuple(self.heap(), reference, boolean(spawn.monitor));
  auto refuse = [&](Term why) {
    if (spawn.tells_error) append_reply(self, spawn, words, why);
    return result;
  };
  if (request.bad_option || arity > 255) return refuse(atoms::badopt);

  RemoteNode* node = is_node_name(args[0]) || args[0] == atoms::nonode_at_nohost ? &find_or_insert(args[0]) : nullptr;
  std::unique_lock<std::mutex> lock;
  if (node == nullptr || !prepare(*node, lock, true)) return refuse(atoms::noconnection);
  Relations::Spawn waiting;
  waiting.parent = self.pid();
  node->relations.spawns[process::key_of(words)] = waiting;
  lock.unlock();
  if (!self.monitors_) self.monitors_ = new process::Monitors;
  if (spawn.alias != AliasMode::None) {
    process::Monitors::Origin alias;
    alias.type = MonitorType::AliasOnly;
    alias.alias = spawn.alias;
    alias.pid_word = words[2];
    self.monitors_->add_origin(words, alias);
  }
  self.monitors_->spawns()[process::key_of(words)] = spawn;
  const Term mfa = bif::make_tuple(self.heap(), module, function, Term::small(arity));
  Control control{ControlKind::SpawnRequest, {reference, self.pid(), self.group_leader_, mfa, request.options}, arguments};
  if (ATH_UNLIKELY(self.trace_flags_ & process::trace_flag::kToken)) {
    // OTP: shown as two messages to the node, the request and its arguments.
    const Term shown = bif::make_tuple(self.heap(), atoms::spawn_request, reference, self.pid(), self.group_leader_, mfa, request.options);
    runtime_.tracing->token_of_send(self, args[0], shown);
    control.kind = ControlKind::SpawnRequestTT;
    control.operands[5] = runtime_.tracing->token_of_send(self, args[0], arguments);
  }
  push(*node, control, self.pid().raw);
  return result;
}

bool Distribution::abandon_spawn_request(Process& self, Term reference) {
  if (!self.monitors_ || !is_local_reference(reference)) return false;
  uint64_t words[3];
  process::reference_words(reference, words);
  auto found = self.monitors_->spawns().find(process::key_of(words));
  if (found == self.monitors_->spawns().end() || found->second.is_abandoned) return false;
  found->second.is_abandoned = true;
  if (found->second.alias != AliasMode::None) self.monitors_->erase_origin(words);
  return true;
}

// The parent ends before it is answered: a linked child is to get its exit reason.
void Distribution::abandon_spawns(Process& exiting, Term reason) {
  if (!exiting.monitors_) return;
  for (const auto& [key, spawn] : exiting.monitors_->spawns()) {
    for (RemoteNode* node : all()) {
      std::lock_guard lock(node->mutex);
      auto found = node->relations.spawns.find(key);
      if (found == node->relations.spawns.end() || found->second.is_parent_gone) continue;
      found->second.is_parent_gone = true;
      found->second.exit_reason = heap::pack(spawn.is_abandoned ? Term(atoms::abandoned) : reason, nullptr);   // kept until the answer comes
    }
  }
}

}  // namespace athanor::dist
