// SPDX-License-Identifier: Apache-2.0
// Monitors and aliases: what the natives send and what the other side does with it.
#include "process/monitors.hpp"

#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/signals/signals.hpp"
#include "process/spawn.hpp"
#include "term/atom_table.hpp"
#include "term/identifier.hpp"
#include "term/integer.hpp"

namespace athanor::process {

namespace {

Monitors& monitors_of(Process& self) {
  if (!self.monitors_) self.monitors_ = new Monitors;
  return *self.monitors_;
}

void send_demonitor(Runtime& runtime, Term from, Term to, const uint64_t* reference) {
  if (to.is_none() || to == atoms::undefined) return;
  Signal* signal = Signal::create(SignalKind::Demonitor);
  signal->from = from;
  for (int i = 0; i < 3; ++i) signal->reference[i] = reference[i];
  deliver(runtime, to, signal);
}

// The reference ends as a monitor; it may live on as an alias.
void end_monitor(Monitors& monitors, const uint64_t* reference, Monitors::Origin& origin) {
  if (origin.alias == AliasMode::ExplicitUnalias) {
    origin.type = MonitorType::AliasOnly;
    origin.target = origin.name = origin.tag = Term::none();
  } else {
    monitors.erase_origin(reference);
  }
}

Term new_reference(Process& self, bool alias, uint64_t words[3]) {
  if (alias) return make_alias_reference(self.runtime(), self.heap(), self.pid(), words);
  Term reference = make_reference(self.runtime(), self.heap());
  reference_words(reference, words);
  return reference;
}

BifResult monitor_local(Process& self, MonitorType type, Term target, Term name, const MonitorOptions& options) {
  uint64_t words[3];
  Term reference = new_reference(self, options.alias != AliasMode::None, words);
  if (target == self.pid()) return reference;   // OTP: one does not monitor oneself
  Monitors::Origin origin;
  origin.type = type;
  origin.alias = options.alias;
  origin.target = target.is_none() ? atoms::undefined : target;
  origin.name = name;
  origin.tag = options.tag;
  origin.pid_word = words[2];
  monitors_of(self).add_origin(words, origin);
  if (type == MonitorType::TimeOffset) {
    self.runtime().time_offset_watched.store(true, std::memory_order_relaxed);
    return reference;
  }
  Runtime& runtime = self.runtime();
  Signal* signal = Signal::create(SignalKind::Monitor);
  signal->from = self.pid();
  signal->parcel.term = name;
  for (int i = 0; i < 3; ++i) signal->reference[i] = words[i];
  bool sent = !target.is_none() && deliver(runtime, target, signal);
  if (target.is_none()) Signal::destroy(signal);
  if (!sent) signals::send_down(runtime, self.pid(), words, origin.target, atoms::noproc);
  return reference;
}

// A process of another node (`name` none: target is its pid, else the node's name), or of this node's earlier life (other creation),
// which is down at once.
BifResult monitor_external(Process& self, MonitorType type, Term target, Term name, const MonitorOptions& options) {
  uint64_t words[3];
  Term reference = new_reference(self, options.alias != AliasMode::None, words);
  Monitors::Origin origin;
  origin.type = type;
  origin.alias = options.alias;
  origin.target = target;
  origin.name = name;
  origin.is_remote_name = !name.is_none();
  origin.tag = options.tag;
  origin.pid_word = words[2];
  monitors_of(self).add_origin(words, origin);
  Runtime& runtime = self.runtime();
  Term reason = atoms::noconnection;
  if (name.is_none() && node_of(target).name == runtime.terms.node_name) {
    reason = atoms::noproc;
  } else {
    Signal* signal = Signal::create(SignalKind::Monitor);
    signal->from = self.pid();
    signal->parcel.term = name;
    for (int i = 0; i < 3; ++i) signal->reference[i] = words[i];
    if (deliver(runtime, target, signal)) return reference;
  }
  signals::send_down(runtime, self.pid(), words, atoms::undefined, reason);
  return reference;
}

bool is_name_and_node(Term target) { return is_tuple_of(target, 2) && tuple_element(target, 0).is_atom() && tuple_element(target, 1).is_atom(); }

}  // namespace

bool parse_monitor_options(Term list, MonitorOptions& options) {
  for (; list.is_list_cell(); list = list.tail()) {
    if (!is_tuple_of(list.head(), 2)) return false;
    Term option = tuple_element(list.head(), 0), value = tuple_element(list.head(), 1);
    if (option == atoms::tag) {
      options.tag = value;
    } else if (option == atoms::alias) {
      if (value == atoms::explicit_unalias) options.alias = AliasMode::ExplicitUnalias;
      else if (value == atoms::demonitor) options.alias = AliasMode::Demonitor;
      else if (value == atoms::reply_demonitor) options.alias = AliasMode::ReplyDemonitor;
      else return false;
    } else {
      return false;
    }
  }
  return list.is_nil();
}

BifResult monitor(Process& self, Term type, Term target, const MonitorOptions& options) {
  Registry& registry = *self.runtime().registry;
  if (type == atoms::process || type == atoms::port) {
    bool process = type == atoms::process;
    MonitorType kind = process ? MonitorType::Process : MonitorType::Port;
    if (process ? target.is_local_pid() : target.is_local_port()) return monitor_local(self, kind, target, Term::none(), options);
    Term node = self.runtime().terms.node_name;
    // OTP: ports of other nodes cannot be watched.
    if (is_kind(target, process ? BoxedKind::ExternalPid : BoxedKind::ExternalPort) && (process || node_of(target).name == node)) {
      return monitor_external(self, kind, target, Term::none(), options);
    }
    Term name = target.is_atom() ? target : Term::none();
    if (is_name_and_node(target)) {
      if (tuple_element(target, 1) == node) name = tuple_element(target, 0);
      else if (process && self.runtime().may_reach_nodes()) return monitor_external(self, kind, tuple_element(target, 1), tuple_element(target, 0), options);
    }
    if (!name.is_none()) {
      Term found = registry.find(name);
      if (!found.is_none() && (process ? !found.is_local_pid() : !found.is_local_port())) found = Term::none();
      return monitor_local(self, kind, found, name, options);
    }
    return self.badarg();
  }
  if (type == atoms::time_offset) {
    if (target != atoms::clock_service) return self.badarg();
    return monitor_local(self, MonitorType::TimeOffset, target, Term::none(), options);
  }
  return self.badarg_because(atoms::badtype);
}

static void show_time_offset(Process& self, Signal&) {
  if (!self.monitors_) return;
  Runtime& runtime = self.runtime();
  for (auto& [key, origin] : self.monitors_->origins()) {
    if (origin.type != MonitorType::TimeOffset) continue;
    const uint64_t words[3] = {key.words[0], key.words[1], origin.pid_word};
    heap::FragmentAllocator builder(6 + kAliasReferenceWords + 2);
    Term tag = origin.tag.is_none() ? atoms::CHANGE : heap::copy(origin.tag, builder, runtime.literals);
    Term reference = reference_from_words(builder, words);
    Term offset = integer::from_int64(builder, runtime.time_offset_ns.load(std::memory_order_relaxed));
    Term* place = builder.allocate(6);
    place[0].raw = tuple_header(5);
    place[1] = tag;
    place[2] = reference;
    place[3] = atoms::time_offset;
    place[4] = atoms::clock_service;
    place[5] = offset;
    send_parcel(runtime, self.pid(), {Term::boxed(place), builder.take()});
  }
}

void tell_time_offset(Runtime& runtime) {
  if (!runtime.time_offset_watched.load(std::memory_order_relaxed)) return;
  for (Term pid : runtime.processes->all()) request(runtime, pid, SignalKind::Rpc, pid, nullptr, {}, 0, show_time_offset);
}

Demonitored demonitor(Process& self, Term reference, bool& multiple) {
  multiple = false;
  if (!is_local_reference(reference)) return Demonitored::BadArgument;
  if (!self.monitors_) return Demonitored::False;
  uint64_t words[3];
  reference_words(reference, words);
  Monitors::Origin* origin = self.monitors_->find_origin(words);
  if (!origin || origin->type == MonitorType::AliasOnly) return Demonitored::False;
  MonitorType type = origin->type;
  Term target = origin->target;
  end_monitor(*self.monitors_, words, *origin);
  multiple = type == MonitorType::TimeOffset;
  if (!multiple) send_demonitor(self.runtime(), self.pid(), target, words);
  return Demonitored::True;
}

Term make_alias(Process& self, bool reply) {
  uint64_t words[3];
  Term reference = new_reference(self, true, words);
  Monitors::Origin origin;
  origin.type = MonitorType::AliasOnly;
  origin.alias = reply ? AliasMode::ReplyDemonitor : AliasMode::ExplicitUnalias;
  origin.pid_word = words[2];
  monitors_of(self).add_origin(words, origin);
  return reference;
}

bool unalias(Process& self, Term reference) {
  if (!self.monitors_ || !is_local_reference(reference)) return false;
  uint64_t words[3];
  reference_words(reference, words);
  Monitors::Origin* origin = self.monitors_->find_origin(words);
  if (!origin || origin->alias == AliasMode::None) return false;
  origin->alias = AliasMode::None;
  if (origin->type == MonitorType::AliasOnly) self.monitors_->erase_origin(words);
  return true;
}

namespace signals {

void send_down(Runtime& runtime, Term watcher, const uint64_t* reference, Term watched, Term reason) {
  Signal* signal = Signal::create(SignalKind::MonitorDown);
  signal->from = watched;
  signal->parcel = heap::pack(reason, runtime.literals);
  for (int i = 0; i < 3; ++i) signal->reference[i] = reference[i];
  deliver(runtime, watcher, signal);
}

After handle_monitor(Process& self, Signal& signal) {
  monitors_of(self).add_target(signal.reference, {Peer::of(signal.from), signal.parcel.term, signal.reference[2]});
  return After::Nothing;
}

After handle_demonitor(Process& self, Signal& signal) {
  if (self.monitors_) self.monitors_->erase_target(signal.reference, Peer::of(signal.from).node);
  return After::Nothing;
}

// {Tag, Ref, process | port, Pid | Port | {Name, Node}, Reason}
After handle_monitor_down(Process& self, Signal& signal) {
  Monitors::Origin* found = self.monitors_ ? self.monitors_->find_origin(signal.reference) : nullptr;
  if (!found || found->type == MonitorType::AliasOnly) return After::Nothing;   // demonitored meanwhile
  Monitors::Origin origin = *found;
  end_monitor(*self.monitors_, signal.reference, *found);
  uint64_t words[3] = {signal.reference[0], signal.reference[1], origin.pid_word};
  heap::FragmentAllocator builder(6 + kAliasReferenceWords + 3);
  Term tag = origin.tag.is_none() ? atoms::DOWN : heap::copy(origin.tag, builder, self.runtime().literals);
  Term object = origin.target.is_pointer() ? heap::copy(origin.target, builder, self.runtime().literals) : origin.target;
  if (!origin.name.is_none()) {
    Term* name = builder.allocate(3);
    name[0].raw = tuple_header(2);
    name[1] = origin.name;
    name[2] = origin.is_remote_name ? origin.target : Term(self.runtime().terms.node_name);
    object = Term::boxed(name);
  }
  Term reference = reference_from_words(builder, words);
  Term* place = builder.allocate(6);
  place[0].raw = tuple_header(5);
  place[1] = tag;
  place[2] = reference;
  place[3] = origin.type == MonitorType::Port ? atoms::port : atoms::process;
  place[4] = object;
  place[5] = signal.parcel.term;
  heap::Fragment* fragments = builder.take();
  heap::Fragment* last = fragments;
  while (last->next) last = last->next;
  last->next = signal.parcel.fragments;
  signal.parcel = {};
  // OTP: a larger reason travels as exits do, which end a token.
  append_message(self, {Term::boxed(place), fragments}, Term::none(), place[5].is_immediate() ? Term(atoms::undefined) : Term::nil());
  return After::Look;
}

After handle_alias_message(Process& self, Signal& signal) {
  Monitors::Origin* origin = self.monitors_ ? self.monitors_->find_origin(signal.reference) : nullptr;
  if (!origin || origin->alias == AliasMode::None) return After::Nothing;
  if (origin->alias == AliasMode::ReplyDemonitor) {
    bool is_monitor = origin->type != MonitorType::AliasOnly;
    Term target = origin->target;
    self.monitors_->erase_origin(signal.reference);
    if (is_monitor) send_demonitor(self.runtime(), self.pid(), target, signal.reference);
  }
  heap::Parcel parcel = signal.parcel;
  signal.parcel = {};
  append_message(self, parcel, signal.from, signal.token);
  return After::Look;
}

}  // namespace signals
}  // namespace athanor::process
