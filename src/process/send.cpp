// SPDX-License-Identifier: Apache-2.0
#include "process/send.hpp"

#include <cstdio>

#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/state.hpp"
#include "process/tracing.hpp"
#include "term/atom_table.hpp"

namespace athanor::process {

// A message wakes the receiver only where it is the first since the last take: the one before it did, or is about to. Other signals
// always do, since a suspended process must look at them though it must not run for a message.
bool deliver(Runtime& runtime, Term to, Signal* signal, Priority priority) {
  if (!to.is_local_pid()) {
    if (runtime.deliver_elsewhere) return runtime.deliver_elsewhere(runtime, to, signal);
    Signal::destroy(signal);
    return false;
  }
  Process* target = runtime.processes->find(to);
  bool is_message = signal->kind == SignalKind::Message;
  bool was_empty = false;
  if (!target || !target->mailbox().push(signal, was_empty)) {
    Signal::destroy(signal);
    return false;
  }
  if (!is_message) notify(*target, kSignals, priority);
  else if (was_empty) notify(*target, kActive);
  return true;
}

bool send_parcel(Runtime& runtime, Term to, heap::Parcel parcel, Term from) {
  Signal* signal = Signal::create(SignalKind::Message);
  signal->parcel = parcel;
  signal->token = atoms::undefined;
  if (from.is_immediate()) signal->from = from;
  return deliver(runtime, to, signal);
}

bool send_message(Runtime& runtime, Term to, Term message, Term from) {
  Process* target = runtime.processes->find(to);
  if (!target || is_exiting(*target)) return false;   // spares the copy
  return send_parcel(runtime, to, heap::pack(message, runtime.literals), from);
}

bool send_to_name(Runtime& runtime, Term name, Term message) {
  Term to = runtime.registry->find(name);
  return to.is_local_pid() && send_message(runtime, to, message);
}

namespace {

// A message of the running process, with the sequential trace's token if one travels.
bool send_from(Process& self, Term to, Term message) {
  Runtime& runtime = self.runtime();
  Process* target = runtime.processes->find(to);
  if (!target || is_exiting(*target)) return false;   // spares the copy
  if (ATH_LIKELY(!(self.trace_flags_ & trace_flag::kToken))) {
    Signal* plain = Signal::create(SignalKind::Message);
    plain->parcel = heap::pack(message, runtime.literals);
    plain->from = self.pid();
    return deliver(runtime, to, plain);
  }
  Term token = runtime.tracing->token_of_send(self, to, message);
  Signal* signal = Signal::create(SignalKind::Message);
  heap::FragmentAllocator builder(32);
  signal->parcel.term = heap::copy(message, builder, runtime.literals);
  if (!token.is_none()) signal->token = heap::copy(token, builder, runtime.literals);
  signal->parcel.fragments = builder.take();
  signal->from = self.pid();
  return deliver(runtime, to, signal);
}

BifResult send_elsewhere(Process& self, Term to, Term message, const SendOptions& options, SendOutcome& outcome) {
  Runtime& runtime = self.runtime();
  if (runtime.send_elsewhere) outcome = runtime.send_elsewhere(self, to, message, options);
  return message;
}

BifResult send_to_registered(Process& self, Term name, Term message, bool must_exist, const SendOptions& options, SendOutcome& outcome) {
  Runtime& runtime = self.runtime();
  Term to = runtime.registry->find(name);
  if (to.is_none()) return must_exist ? self.badarg() : BifResult(message);
  if (to.is_local_port()) return send_elsewhere(self, to, message, options, outcome);
  send_from(self, to, message);
  return message;
}

bool is_destination(Term to) {
  return to.is_atom() || is_pid(to) || is_port(to) || is_reference(to) || (is_tuple_of(to, 2) && tuple_element(to, 0).is_atom() && tuple_element(to, 1).is_atom());
}

BifResult send_to_alias(Process& self, Term alias, Term message) {
  uint64_t words[3];
  reference_words(alias, words);
  if (words[2] == 0) return message;   // an ordinary reference: nobody listens
  Term to(words[2]);
  if (!self.runtime().processes->find(to)) return message;
  Signal* signal = Signal::create(SignalKind::AliasMessage);
  heap::FragmentAllocator builder(32);
  signal->parcel.term = heap::copy(message, builder, self.runtime().literals);
  if (ATH_UNLIKELY(self.trace_flags_ & trace_flag::kToken)) {
    signal->token = heap::copy(self.runtime().tracing->token_of_send(self, alias, message), builder, self.runtime().literals);
  }
  signal->parcel.fragments = builder.take();
  signal->from = self.pid();
  for (int i = 0; i < 3; ++i) signal->reference[i] = words[i];
  deliver(self.runtime(), to, signal);
  return message;
}

}  // namespace

// A message that the external format cannot say never leaves.
static BifResult to_elsewhere(Process& self, Term to, Term message, const SendOptions& options, SendOutcome& outcome) {
  const BifResult sent = send_elsewhere(self, to, message, options, outcome);
  return outcome == SendOutcome::TooLarge ? self.system_limit() : sent;
}

static void tell_send(Process& self, Term to, Term message) {
  if (self.trace_flags_ & trace_flag::kSavesCalls) self.extra().saved_calls->note(atoms::send);
  if (is_traced(self, trace_flag::kSend) && is_destination(to)) self.runtime().tracing->sent(self, to, message);
}

BifResult send(Process& self, Term to, Term message, const SendOptions& options, SendOutcome& outcome) {
  outcome = SendOutcome::Sent;
  if (ATH_UNLIKELY(self.trace_flags_ != 0)) tell_send(self, to, message);
  if (to.is_local_pid()) {
    send_from(self, to, message);
    return message;
  }
  if (to.is_atom()) return send_to_registered(self, to, message, true, options, outcome);
  if (to.is_local_port()) return to_elsewhere(self, to, message, options, outcome);
  if (is_local_reference(to)) return send_to_alias(self, to, message);
  if (is_reference(to) || is_pid(to)) return to_elsewhere(self, to, message, options, outcome);
  if (is_tuple_of(to, 2) && tuple_element(to, 0).is_atom() && tuple_element(to, 1).is_atom()) {
    if (tuple_element(to, 1) == self.runtime().terms.node_name) {
      return send_to_registered(self, tuple_element(to, 0), message, false, options, outcome);
    }
    return to_elsewhere(self, to, message, options, outcome);
  }
  return self.badarg();
}

void send_exit(Runtime& runtime, Term from, Term to, Term reason, ExitOrigin origin, Term token) {
  Signal* signal = Signal::create(SignalKind::Exit);
  if (ATH_LIKELY(token.is_none())) {
    signal->parcel = heap::pack(reason, runtime.literals);
  } else {
    heap::FragmentAllocator builder(32);
    signal->parcel.term = heap::copy(reason, builder, runtime.literals);
    signal->token = heap::copy(token, builder, runtime.literals);
    signal->parcel.fragments = builder.take();
  }
  signal->from = from;
  signal->number = static_cast<uint64_t>(origin);
  deliver(runtime, to, signal);
}

// OTP: the first of the three numbers has 18 bits, the others 32.
Term make_reference(Runtime& runtime, Allocator& heap) {
  uint64_t count = runtime.counters.reference.fetch_add(1, std::memory_order_relaxed);
  uint64_t words[3] = {(count & 0x3FFFF) | ((count >> 18) & 0xFFFFFFFF) << 32, count >> 50, 0};
  return reference_from_words(heap, words);
}

namespace {
// In the third number of an alias, over the 28 bits of its owner's pid. The count of ordinary references would come there after
// 2^50 * 2^31 of them.
constexpr uint32_t kAliasMark = 8;
constexpr uint32_t kPidNumberBits = 28;
}  // namespace

Term make_alias_reference(Runtime& runtime, Allocator& heap, Term owner, uint64_t words[3]) {
  uint64_t count = runtime.counters.reference.fetch_add(1, std::memory_order_relaxed);
  words[0] = (count & 0x3FFFF) | ((count >> 18) & 0xFFFFFFFF) << 32;
  words[1] = uint64_t{kAliasMark} << kPidNumberBits | owner.pid_number();
  words[2] = owner.raw;
  return reference_from_words(heap, words);
}

Term alias_owner(const uint32_t numbers[3]) {
  if (numbers[2] >> kPidNumberBits != kAliasMark) return Term::none();
  return Term::local_pid(numbers[2] & ((1u << kPidNumberBits) - 1));
}

void reference_words(Term reference, uint64_t words[3]) {
  const Term* box = reference.pointer();
  words[0] = box[1].raw;
  words[1] = box[2].raw;
  words[2] = boxed_kind(reference) == BoxedKind::Reference && header_arity(box[0].raw) == 3 ? box[3].raw : 0;
}

Term reference_from_words(Allocator& heap, const uint64_t words[3]) {
  size_t size = words[2] ? kAliasReferenceWords : kReferenceWords;
  Term* place = heap.allocate(size);
  place[0].raw = make_header(BoxedKind::Reference, size - 1);
  place[1].raw = words[0];
  place[2].raw = words[1];
  if (words[2]) place[3].raw = words[2];
  return Term::boxed(place);
}

bool request(Runtime& runtime, Term target, SignalKind kind, Term from, const uint64_t* reference, heap::Parcel argument,
             uint64_t number, void (*callback)(Process&, Signal&), Priority priority) {
  Signal* signal = Signal::create(kind);
  signal->from = from;
  signal->parcel = argument;
  signal->number = number;
  signal->callback = callback;
  for (int i = 0; reference && i < 3; ++i) signal->reference[i] = reference[i];
  return target.is_local_pid() ? deliver(runtime, target, signal, priority) : (Signal::destroy(signal), false);
}

void reply(Runtime& runtime, Term to, const uint64_t* reference, Term result) {
  heap::FragmentAllocator builder(3 + kAliasReferenceWords);
  Term copied = heap::copy(result, builder, runtime.literals);
  Term ref = reference_from_words(builder, reference);
  Term* place = builder.allocate(3);
  place[0].raw = tuple_header(2);
  place[1] = ref;
  place[2] = copied;
  send_parcel(runtime, to, {Term::boxed(place), builder.take()});
}

}  // namespace athanor::process
