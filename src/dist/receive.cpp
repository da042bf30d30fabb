// SPDX-License-Identifier: Apache-2.0
// Signals of other nodes to local processes: what each control message does. Order: a frame is worked off before the next is looked at,
// so signals of a pair keep theirs. What cannot be delivered is answered where the sender waits for an answer.
#include "bif/bif.hpp"
#include "bif/spawn_options.hpp"
#include "dist/distribution.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/spawn.hpp"
#include "process/state.hpp"
#include "process/tracing.hpp"
#include "term/atom_table.hpp"
#include "term/identifier.hpp"

namespace athanor::dist {

using process::ExitOrigin;
using process::Peer;
using process::Signal;
using process::SignalKind;

class Receiver {
 public:
  Receiver(Distribution& distribution, RemoteNode& node, uint32_t connection_id)
      : distribution_(distribution), runtime_(distribution.runtime()), node_(node), connection_id_(connection_id) {}

  // False: malformed.
  bool handle(const Incoming& message) {
    switch (message.control.kind) {
      case ControlKind::Nothing: return false;
#define CONTROL(number, name, operands, payload, needs, otherwise) \
  case ControlKind::name: return on_##name(message.control, message);
#include "dist/control.def"
#undef CONTROL
    }
    return false;
  }

 private:
  // --- messages ---
  bool on_Send(const Control& control, const Incoming& in) { return message_to(control['t'], in); }
  bool on_SendTT(const Control& control, const Incoming& in) { return message_to(control['t'], in); }
  bool on_SendSender(const Control& control, const Incoming& in) { return message_to(control['t'], in); }
  bool on_SendSenderTT(const Control& control, const Incoming& in) { return message_to(control['t'], in); }
  bool on_RegSend(const Control& control, const Incoming& in) { return message_to(runtime_.registry->find(control['n']), in); }
  bool on_RegSendTT(const Control& control, const Incoming& in) { return on_RegSend(control, in); }
  bool on_AliasSend(const Control& control, const Incoming& in) {
    Term alias = control['a'];
    if (!is_local_reference(alias)) return true;
    uint64_t words[3];
    process::reference_words(alias, words);
    if (words[2] == 0 || !is_there(Term(words[2]))) return true;
    heap::Parcel parcel;
    Term token = token_of(control);
    if (!decode(in, parcel, &token)) return false;
    Signal* signal = Signal::create(SignalKind::AliasMessage);
    signal->from = node_.name;   // OTP: match specs of receive are told the node alone
    signal->parcel = parcel;
    signal->token = token;
    std::copy_n(words, 3, signal->reference);
    process::deliver(runtime_, Term(words[2]), signal);
    return true;
  }
  bool on_AliasSendTT(const Control& control, const Incoming& in) { return on_AliasSend(control, in); }

  // --- links ---
  bool on_Link(const Control& control, const Incoming&) {
    const Term from = control['F'], to = control['t'];
    if (to.is_local_pid()) {
      {
        std::lock_guard lock(node_.mutex);
        if (node_.connection_id != connection_id_) return true;
        ++node_.relations.links[{to.raw, Peer::of(from)}];
      }
      if (process::deliver(runtime_, to, link_signal(SignalKind::Link, from))) return true;
      distribution_.forget_link(to, from, Distribution::link_connection(connection_id_));
    }
    send({ControlKind::PayloadExit, {to, from}, atoms::noproc}, to.raw);
    return true;
  }
  bool on_Unlink(const Control& control, const Incoming&) { return unlink(control['F'], control['t'], 0); }
  bool on_UnlinkId(const Control& control, const Incoming&) { return unlink(control['F'], control['t'], number_of(control['u'])); }
  bool on_UnlinkIdAck(const Control& control, const Incoming&) {
    Signal* signal = link_signal(SignalKind::UnlinkAck, control['F']);
    signal->number = number_of(control['u']);
    deliver_local(control['t'], signal);
    return true;
  }
  bool on_Exit(const Control& control, const Incoming& in) { return exit(control, in, ExitOrigin::Link); }
  bool on_ExitTT(const Control& control, const Incoming& in) { return exit(control, in, ExitOrigin::Link); }
  bool on_PayloadExit(const Control& control, const Incoming& in) { return exit(control, in, ExitOrigin::Link); }
  bool on_PayloadExitTT(const Control& control, const Incoming& in) { return exit(control, in, ExitOrigin::Link); }
  bool on_Exit2(const Control& control, const Incoming& in) { return exit(control, in, ExitOrigin::ExitBif); }
  bool on_Exit2TT(const Control& control, const Incoming& in) { return exit(control, in, ExitOrigin::ExitBif); }
  bool on_PayloadExit2(const Control& control, const Incoming& in) { return exit(control, in, ExitOrigin::ExitBif); }
  bool on_PayloadExit2TT(const Control& control, const Incoming& in) { return exit(control, in, ExitOrigin::ExitBif); }

  // --- monitors ---
  bool on_MonitorP(const Control& control, const Incoming&) {
    const Term watcher = control['F'], watched = control['w'], reference = control['r'];
    if (!is_kind(reference, BoxedKind::ExternalReference) || (is_boxed_pid(watched) && !is_ours(watched))) return false;
    const Term name = watched.is_atom() ? watched : Term::none();
    const Term pid = watched.is_atom() ? runtime_.registry->find(watched) : watched;
    if (pid.is_local_pid()) {
      uint64_t words[3];
      words_of_external(reference, words);
      const process::ReferenceKey key = process::key_of(words, Peer::of(watcher).node);
      {
        std::lock_guard lock(node_.mutex);
        if (node_.connection_id != connection_id_) return true;
        node_.relations.targets[key] = {pid, name, Peer::of(watcher), words[2]};
      }
      Signal* signal = signal_from(SignalKind::Monitor, watcher);
      signal->parcel.term = name;
      std::copy_n(words, 3, signal->reference);
      if (process::deliver(runtime_, pid, signal)) return true;
      std::lock_guard lock(node_.mutex);
      node_.relations.targets.erase(key);
    }
    send({ControlKind::PayloadMonitorPExit, {watched, watcher, reference}, atoms::noproc}, pid.raw);
    return true;
  }
  bool on_DemonitorP(const Control& control, const Incoming&) {
    const Term watcher = control['F'], reference = control['r'];
    if (!is_kind(reference, BoxedKind::ExternalReference)) return false;
    uint64_t words[3];
    words_of_external(reference, words);
    Term watched;
    {
      std::lock_guard lock(node_.mutex);
      auto found = node_.relations.targets.find(process::key_of(words, Peer::of(watcher).node));
      if (found == node_.relations.targets.end()) return true;
      watched = found->second.watched;
      node_.relations.targets.erase(found);
    }
    Signal* signal = signal_from(SignalKind::Demonitor, watcher);
    std::copy_n(words, 3, signal->reference);
    process::deliver(runtime_, watched, signal);
    return true;
  }
  bool on_MonitorPExit(const Control& control, const Incoming& in) {
    const Term watcher = control['t'], reference = control['r'];
    if (!is_local_reference(reference)) return true;   // of an earlier life
    uint64_t words[3];
    process::reference_words(reference, words);
    {
      std::lock_guard lock(node_.mutex);
      auto found = node_.relations.origins.find(process::key_of(words));
      if (found == node_.relations.origins.end() || found->second.watcher != watcher) return true;
      node_.relations.origins.erase(found);
    }
    heap::Parcel reason;
    if (!reason_of(control, in, reason)) return false;
    Signal* signal = Signal::create(SignalKind::MonitorDown);
    signal->from = atoms::undefined;
    signal->parcel = reason;
    std::copy_n(words, 3, signal->reference);
    deliver_local(watcher, signal);
    return true;
  }
  bool on_PayloadMonitorPExit(const Control& control, const Incoming& in) { return on_MonitorPExit(control, in); }

  bool on_GroupLeader(const Control& control, const Incoming&) {
    Signal* signal = Signal::create(SignalKind::GroupLeader);
    signal->parcel = heap::pack(control['f'], runtime_.literals);
    deliver_local(control['t'], signal);
    return true;
  }

  // --- spawning ---
  bool on_SpawnRequest(const Control& control, const Incoming& in) {
    if (!is_kind(control['r'], BoxedKind::ExternalReference)) return false;
    Term token = control['T'];
    heap::Parcel arguments;
    if (!decode(in, arguments, &token)) return false;
    const bool is_made = make_child(control, arguments, token);
    heap::discard(arguments);   // what no child took
    return is_made;
  }
  // False: malformed. OTP: the child waits in erts_internal:dist_spawn_init/1 for its arguments, which are its first message.
  bool make_child(const Control& control, heap::Parcel& arguments, Term token) {
    const Term reference = control['r'], parent = control['F'], call = control['m'];
    const Term arity = tuple_element(call, 2);
    if (bif::list_length(arguments.term) != arity.small_value()) return false;
    process::SpawnOptions options;
    Child child{*this, parent, reference};
    process::RemoteParent remote;
    remote.parent = parent;
    remote.group_leader = control['f'];
    words_of_external(reference, remote.reference);
    remote.before_run = [](Process& process, void* argument) {
      Child& asked = *static_cast<Child*>(argument);
      asked.receiver.child_is_made(process, asked);
    };
    remote.argument = &child;
    remote.first_message = &arguments;
    remote.token = child.token = token;
    child.call = call;
    child.given = control['o'];
    options.remote = &remote;
    if (bif::list_length(control['o']) < 0) return false;
    if (!bif::read_spawn_options(runtime_, control['o'], options, nullptr)) return refuse_spawn(child, control['f'], atoms::badopt);
    child.options = &options;
    options.initial_call = Mfa{tuple_element(call, 0), tuple_element(call, 1), static_cast<uint32_t>(arity.small_value())};
    heap::ScratchAllocator heap;
    const Term begin = bif::cons(heap, call, Term::nil());
    process::Spawned spawned = process::spawn(runtime_, nullptr, atoms::erts_internal, atoms::dist_spawn_init, begin, options);
    if (spawned.pid.is_none()) return refuse_spawn(child, control['f'], atoms::system_limit);
    return true;
  }
  bool on_SpawnRequestTT(const Control& control, const Incoming& in) { return on_SpawnRequest(control, in); }
  bool on_SpawnReply(const Control& control, const Incoming&);
  bool on_SpawnReplyTT(const Control& control, const Incoming& in) { return on_SpawnReply(control, in); }

  struct Child {
    Receiver& receiver;
    Term parent, reference;
    const process::SpawnOptions* options = nullptr;
    Term token{}, call{}, given{};   // token: none() where there is none
  };
  // The request as the sequential trace shows it.
  Term shown_request(Allocator& heap, const Child& child, Term group_leader) const {
    return bif::make_tuple(heap, atoms::spawn_request, child.reference, child.parent, group_leader, child.call, child.given);
  }
  static constexpr int64_t kSpawnedWithLink = 1, kSpawnedWithMonitor = 2;
  // The answer goes out before anything that the child says.
  void child_is_made(Process& process, const Child& child) {
    const Term pid = process.pid();
    const process::SpawnOptions& options = *child.options;
    {
      std::lock_guard lock(node_.mutex);
      if (node_.connection_id == connection_id_ && node_.state == NodeState::Connected) {
        const Peer parent = Peer::of(child.parent);
        if (options.link) ++node_.relations.links[{pid.raw, parent}];
        if (options.monitor) {
          node_.relations.targets[process::key_of(options.remote->reference, parent.node)] = {pid, Term::none(), parent, options.remote->reference[2]};
        }
      }
    }
    const int64_t flags = (options.link ? kSpawnedWithLink : 0) | (options.monitor ? kSpawnedWithMonitor : 0);
    Control reply{ControlKind::SpawnReply, {child.reference, child.parent, Term::small(flags), pid}, {}};
    if (!child.token.is_none()) {
      heap::FragmentAllocator heap(32);
      const Term request = shown_request(heap, child, process.group_leader_);
      const Term answer = bif::make_tuple(heap, atoms::spawn_reply, child.reference, atoms::ok, pid);
      reply.kind = ControlKind::SpawnReplyTT;
      reply.operands[4] = runtime_.tracing->token_of_remote_spawn(process, child.token, child.parent, request, answer);
    }
    const bool is_sent = send(reply, pid.raw);
    if (is_sent || !options.link) return;
    // The connection went meanwhile: the child hears of it as one that was linked.
    process::deliver(runtime_, pid, exit_from(child.parent, {atoms::noconnection, nullptr}, ExitOrigin::Link));
  }
  bool refuse_spawn(const Child& child, Term group_leader, Term why) {
    Control reply{ControlKind::SpawnReply, {child.reference, child.parent, Term::small(0), why}, {}};
    heap::FragmentAllocator heap(32);
    if (!child.token.is_none()) {
      const Term answer = bif::make_tuple(heap, atoms::spawn_reply, child.reference, atoms::error, why);
      reply.kind = ControlKind::SpawnReplyTT;
      reply.operands[4] = runtime_.tracing->token_of_refusal(child.token, child.parent, shown_request(heap, child, group_leader), answer, heap);
    }
    send(reply, 0);
    return true;
  }

  // --- helpers ---
  static bool is_boxed_pid(Term t) { return is_kind(t, BoxedKind::ExternalPid); }
  static bool is_ours(Term identifier) { return athanor::node_of(identifier).name == local_node().name; }
  static uint64_t number_of(Term t) {
    uint64_t number = 0;
    integer::to_uint64(t, number);
    return number;
  }
  bool is_there(Term pid) const { return pid.is_local_pid() && runtime_.processes->find(pid) != nullptr; }
  bool send(const Control& control, uint64_t sender) {
    return distribution_.push(node_, control, sender, Distribution::Flush::Later, connection_id_);
  }
  bool decode(const Incoming& in, heap::Parcel& parcel, Term* token = nullptr) const {
    heap::FragmentAllocator heap(std::min<size_t>(in.payload_bytes / 2 + 16, 4096));
    parcel.term = in.decode_payload(heap);
    if (parcel.term.is_none()) return false;
    if (token && token->is_pointer()) *token = heap::copy(*token, heap, nullptr);
    parcel.fragments = heap.take();
    return true;
  }
  // [] is the token of a message that came without one: it ends the receiver's.
  static Term token_of(const Control& control) {
    const Term token = control['T'];
    return token.is_none() ? Term::nil() : token;
  }
  // `token` is copied to where the reason is.
  bool reason_of(const Control& control, const Incoming& in, heap::Parcel& reason, Term* token = nullptr) const {
    if (in.control.row().payload == Payload::Reason) return decode(in, reason, token);
    heap::FragmentAllocator heap(16);
    reason.term = heap::copy(control['R'], heap, runtime_.literals);
    if (token && !token->is_none()) *token = heap::copy(*token, heap, runtime_.literals);
    reason.fragments = heap.take();
    return true;
  }
  bool message_to(Term to, const Incoming& in) {
    if (!is_there(to)) return true;   // nobody: not even decoded
    Signal* signal = Signal::create(SignalKind::Message);
    signal->from = node_.name;
    signal->token = token_of(in.control);
    if (!decode(in, signal->parcel, &signal->token)) {
      signal->token = Term::none();
      Signal::destroy(signal);
      return false;
    }
    process::deliver(runtime_, to, signal);
    return true;
  }
  // A signal whose sender is a pid of another node, which travels with it.
  static Signal* signal_from(SignalKind kind, Term from, heap::Parcel parcel = {}) {
    Signal* signal = Signal::create(kind);
    heap::FragmentAllocator heap(process::kExternalPidWords);
    signal->from = Peer::of(from).build(heap);
    heap::Fragment* fragments = heap.take();
    if (fragments) {
      fragments->next = parcel.fragments;
      parcel.fragments = fragments;
    }
    signal->parcel = parcel;
    return signal;
  }
  static Signal* exit_from(Term from, heap::Parcel reason, ExitOrigin origin) {
    Signal* signal = signal_from(SignalKind::Exit, from, reason);
    signal->number = static_cast<uint64_t>(origin);
    return signal;
  }
  void deliver_local(Term to, Signal* signal) {
    if (to.is_local_pid()) process::deliver(runtime_, to, signal);
    else Signal::destroy(signal);
  }
  // About a link: over which connection is said, since it may be handled when there is another.
  Signal* link_signal(SignalKind kind, Term from) {
    Signal* signal = signal_from(kind, from);
    signal->reference[0] = Distribution::link_connection(connection_id_);
    return signal;
  }
  bool is_linked(Term local, Term remote) {
    std::lock_guard lock(node_.mutex);
    return node_.connection_id == connection_id_ && node_.relations.links.contains({local.raw, Peer::of(remote)});
  }
  bool unlink(Term from, Term to, uint64_t number) {
    if (!to.is_local_pid()) return true;
    Signal* signal = link_signal(SignalKind::Unlink, from);
    signal->number = number;
    if (process::deliver(runtime_, to, signal) || number == 0) return true;
    heap::FragmentAllocator heap(8);   // numbers have 64 bits
    send({ControlKind::UnlinkIdAck, {integer::from_uint64(heap, number), to, from}, {}}, to.raw);
    return true;
  }
  bool exit(const Control& control, const Incoming& in, ExitOrigin origin) {
    const Term from = control['F'], to = control['t'];
    if (!to.is_local_pid()) return true;
    if (origin == ExitOrigin::Link && !is_linked(to, from)) return true;
    if (!is_there(to)) return true;
    heap::Parcel reason;
    Term token = control['T'];
    if (!reason_of(control, in, reason, &token)) return false;
    Signal* signal = exit_from(from, reason, origin);
    signal->token = token;
    if (origin == ExitOrigin::Link) signal->reference[0] = Distribution::link_connection(connection_id_);
    process::deliver(runtime_, to, signal);
    return true;
  }

  Distribution& distribution_;
  Runtime& runtime_;
  RemoteNode& node_;
  const uint32_t connection_id_;
};

// What the parent asked for is in force from here on; where it is gone, the child hears of it.
bool Receiver::on_SpawnReply(const Control& control, const Incoming&) {
  const Term reference = control['r'], parent = control['t'], result = control['s'];
  const int64_t flags = control['i'].small_value();
  if (!parent.is_local_pid() || !is_local_reference(reference)) return true;   // of an earlier life
  uint64_t words[3];
  process::reference_words(reference, words);
  const process::ReferenceKey key = process::key_of(words);
  const bool linked = result.is_boxed() && (flags & kSpawnedWithLink), monitored = result.is_boxed() && (flags & kSpawnedWithMonitor);
  Relations::Spawn spawn;
  {
    std::lock_guard lock(node_.mutex);
    if (node_.connection_id != connection_id_) return true;
    auto found = node_.relations.spawns.find(key);
    if (found == node_.relations.spawns.end() || found->second.parent != parent) return true;
    spawn = found->second;
    node_.relations.spawns.erase(found);
    if (linked) ++node_.relations.links[{parent.raw, Peer::of(result)}];
    if (monitored) node_.relations.origins[key] = {parent, Peer::of(result), Term::none(), words[2]};
  }
  heap::FragmentAllocator heap(16);
  heap::Parcel answer{heap::copy(result, heap, runtime_.literals), nullptr};
  const Term token = control['T'].is_none() ? Term::none() : heap::copy(control['T'], heap, runtime_.literals);
  answer.fragments = heap.take();
  if (!spawn.is_parent_gone && answer_spawn(runtime_, parent, words, answer, token)) return true;
  {
    std::lock_guard lock(node_.mutex);
    if (linked) node_.relations.drop_link({parent.raw, Peer::of(result)});
    if (monitored) node_.relations.origins.erase(key);
  }
  if (monitored) send({ControlKind::DemonitorP, {parent, result, reference}, {}}, parent.raw);
  if (linked) send({ControlKind::PayloadExit, {parent, result}, spawn.is_parent_gone ? spawn.exit_reason.term : Term(atoms::noproc)}, parent.raw);
  heap::discard(spawn.exit_reason);
  return true;
}

void Distribution::receive(RemoteNode& node, uint32_t connection_id, std::string_view frame, io::Port* port, OffHeapBinary* binary) {
  node.frames_in.fetch_add(1, std::memory_order_relaxed);
  if (frame.empty()) return;
  const char* reason = nullptr;
  {
    std::lock_guard lock(node.input_mutex);
    if (node.reader_connection != connection_id || !node.reader) return;
    heap::ScratchAllocator heap;
    Incoming& message = node.incoming;
    switch (node.reader->read(frame, heap, message, reason, binary)) {
      case FrameReader::Result::Partial: return;
      case FrameReader::Result::Message:
        reason = Receiver(*this, node, connection_id).handle(message) ? nullptr : "a term that cannot be read, or of the wrong kind";
        node.reader->forget_message();
        break;
      case FrameReader::Result::Malformed: break;
    }
    if (reason) log_malformed(node, frame, message.control, reason);
  }
  if (reason) kill_connection(node, connection_id, port);
  else if (!port) flush(node);   // a port's input has an end where this is done
}

void Distribution::log_malformed(RemoteNode& node, std::string_view frame, const Control& control, const char* reason) {
  std::string text = "Invalid distribution message from node " + std::string(atom_text(node.name)) + ": " + reason;
  if (control.kind != ControlKind::Nothing) text += std::string(" (") + control.row().name + ")";
  text += "; connection closed. Frame of " + std::to_string(frame.size()) + " bytes:";
  constexpr size_t kShown = 40;
  char hex[4];
  for (size_t i = 0; i < frame.size() && i < kShown; ++i) {
    std::snprintf(hex, sizeof hex, " %02x", static_cast<uint8_t>(frame[i]));
    text += hex;
  }
  heap::FragmentAllocator heap(2 * text.size() + 16);
  Term shown = bif::latin1_list(heap, text);
  process::log_event(runtime_, atoms::error, "~s~n", bif::make_list(heap, &shown, 1), Term::none(), Term::none());
}

}  // namespace athanor::dist
