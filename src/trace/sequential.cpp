// SPDX-License-Identifier: Apache-2.0
#include "trace/sequential.hpp"

#include "bif/bif.hpp"
#include "heap/copy.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/state.hpp"
#include "term/compare.hpp"
#include "trace/trace.hpp"
#include "trace/tracer.hpp"
#define ATH_FAMILY "trace/trace.def"
#include "bif/declare.inc"

namespace athanor::trace {

using process::Process;

namespace {

// OTP: the bits of the token's first element.
constexpr int64_t kSend = 1 << 0, kReceive = 1 << 1, kPrint = 1 << 2, kTimestamp = 1 << 3, kStrict = 1 << 4, kMonotonic = 1 << 5;

int64_t bit_of(Term component) {
  if (component == atoms::send) return kSend;
  if (component == atoms::receive) return kReceive;
  if (component == atoms::print) return kPrint;
  if (component == atoms::timestamp) return kTimestamp;
  if (component == atoms::strict_monotonic_timestamp) return kStrict;
  if (component == atoms::monotonic_timestamp) return kMonotonic;
  return 0;
}

Term field(Process& self, size_t index) { return tuple_element(self.extra().seq_token, index); }

void hold(Process& self, Term flags, Term label, Term serial, Term from, Term last) {
  self.extra().seq_token = bif::make_tuple(self.heap(), flags, label, serial, from, last);
  self.trace_flags_ |= flag::kToken;
}

// Tokens are never changed in place: a message, or what a program read, may share them.
void ensure(Process& self) {
  if (has_token(self)) return;
  Term zero = Term::small(0);
  hold(self, zero, zero, zero, self.pid(), Term::small(static_cast<int64_t>(self.extra().seq_last)));
}

void next_serial(Process& self) {
  if (tracer_of_sequences(self.runtime(), self.pid()).is_none() && has_sequence_tracer(self.runtime())) return;
  process::Extra& extra = self.extra();
  hold(self, field(self, 0), field(self, 1), Term::small(static_cast<int64_t>(++extra.seq_clock)), self.pid(),
       Term::small(static_cast<int64_t>(extra.seq_last)));
}

// `tracee`: on whose behalf, or undefined. What is told is built beside all heaps.
void put_out(process::Runtime& runtime, Term tracee, Term held, int64_t kind, Term receiver, Term message) {
  Term tracer = tracer_of_sequences(runtime, tracee);
  const int64_t flags = tuple_element(held, 0).small_value();
  if (tracer.is_none() || !(flags & kind)) return;
  heap::FragmentAllocator memory(16);
  Term serials = bif::make_tuple(memory, tuple_element(held, 4), tuple_element(held, 2));
  const Term name = kind == kSend ? atoms::send : kind == kReceive ? atoms::receive : atoms::print;
  Term data = bif::make_tuple(memory, name, serials, tuple_element(held, 3), receiver, message);
  uint32_t stamps = (flags & kTimestamp ? flag::kTimestamp : 0) | (flags & kStrict ? flag::kStrictTimestamp : 0) |
                    (flags & kMonotonic ? flag::kMonotonicTimestamp : 0);
  tell_sequential(runtime, tracer, stamps, tuple_element(held, 1), data, tracee);
}

void put_out(Process& self, Term held, int64_t kind, Term receiver, Term message) {
  if (!(self.trace_flags_ & flag::kSensitive)) put_out(self.runtime(), self.pid(), held, kind, receiver, message);
}

int64_t serial_of(Term held) { return tuple_element(held, 2).small_value(); }

Term with_serial(Allocator& memory, Term held, int64_t serial, Term from, Term last) {
  return bif::make_tuple(memory, tuple_element(held, 0), tuple_element(held, 1), Term::small(serial), from, last);
}

}  // namespace

bool has_token(const Process& self) { return (self.trace_flags_ & flag::kToken) != 0; }

Term token(Process& self) { return has_token(self) ? self.extra().seq_token : Term::nil(); }

Term set_token(Process& self, Term component, Term value) {
  if (!component.is_atom()) return Term::none();
  if (component == atoms::sequential_trace_token) {
    if (!value.is_nil()) return Term::none();
    Term before = token(self);
    if (has_token(self)) {
      self.extra().seq_token = Term::none();
      self.trace_flags_ &= ~flag::kToken;
    }
    return before;
  }
  if (int64_t bit = bit_of(component)) {
    if (value != atoms::true_ && value != atoms::false_) return Term::none();
    ensure(self);
    const int64_t flags = field(self, 0).small_value();
    hold(self, Term::small(value == atoms::true_ ? flags | bit : flags & ~bit), field(self, 1), field(self, 2), field(self, 3), field(self, 4));
    return boolean(flags & bit);
  }
  if (component == atoms::label) {
    ensure(self);
    Term before = field(self, 1);
    hold(self, field(self, 0), value, field(self, 2), field(self, 3), field(self, 4));
    return before;
  }
  if (component == atoms::serial) {
    if (!is_tuple_of(value, 2) || !tuple_element(value, 0).is_small() || !tuple_element(value, 1).is_small()) return Term::none();
    ensure(self);
    Term before = bif::make_tuple(self.heap(), field(self, 4), field(self, 2));
    hold(self, field(self, 0), field(self, 1), tuple_element(value, 1), field(self, 3), tuple_element(value, 0));
    self.extra().seq_clock = static_cast<uint64_t>(tuple_element(value, 1).small_value());
    self.extra().seq_last = static_cast<uint64_t>(tuple_element(value, 0).small_value());
    return before;
  }
  return Term::none();
}

Term token_info(Process& self, Term component) {
  const int64_t bit = bit_of(component);
  if (!has_token(self)) {
    if (bit || component == atoms::spawn) return bif::make_tuple(self.heap(), component, atoms::false_);
    return component == atoms::label || component == atoms::serial ? Term::nil() : Term::none();
  }
  Term value;
  if (bit) value = boolean(field(self, 0).small_value() & bit);
  else if (component == atoms::label) value = field(self, 1);
  else if (component == atoms::serial) value = bif::make_tuple(self.heap(), field(self, 4), field(self, 2));
  else return Term::none();
  return bif::make_tuple(self.heap(), component, value);
}

void forget_tokens(Process& self) {
  set_token(self, atoms::sequential_trace_token, Term::nil());
  if (process::Extra* extra = self.extra_if_any()) extra->seq_clock = extra->seq_last = 0;
  for (process::Signal* message = self.mailbox().first(); message; message = message->next) message->token = Term::nil();
}

bool print(Process& self, Term message) {
  if (!has_token(self)) return false;
  next_serial(self);
  put_out(self, self.extra().seq_token, kPrint, Term::nil(), message);
  return true;
}

Term token_of_send(Process& self, Term to, Term message) {
  next_serial(self);
  put_out(self, self.extra().seq_token, kSend, to, message);
  return self.extra().seq_token;
}

// The message's terms are on self's heap by now; one without a token ends the receiver's.
void token_received(Process& self, const process::Signal& message) {
  process::Extra& extra = self.extra();
  Term arrived = message.token;
  if (!is_tuple_of(arrived, 5)) {
    // OTP: messages of ports and of the system leave the token alone; those of other nodes come with [].
    if (arrived == atoms::undefined || (!arrived.is_nil() && !message.from.is_local_pid())) return;
    extra.seq_token = Term::none();
    self.trace_flags_ &= ~flag::kToken;
    return;
  }
  extra.seq_token = arrived;
  self.trace_flags_ |= flag::kToken;
  const auto serial = static_cast<uint64_t>(tuple_element(arrived, 2).small_value());
  extra.seq_last = serial;
  if (extra.seq_clock < serial) extra.seq_clock = serial;
  put_out(self, arrived, kReceive, self.pid(), message.parcel.term);
}

// --- tokens taken along by spawn and exit ---

// OTP: shown as {spawn_request, …} and its answer, both sent and received before the child runs.
void token_spawned(Process& parent, Process& child, Term module, Term function, Term args, const process::SpawnOptions& options, Term monitor) {
  process::Runtime& runtime = parent.runtime();
  next_serial(parent);
  const Term held = parent.extra().seq_token;
  process::Extra& extra = child.extra();
  extra.seq_token = heap::copy(held, child.heap(), runtime.literals);
  child.trace_flags_ |= flag::kToken;
  extra.seq_clock = extra.seq_last = static_cast<uint64_t>(serial_of(held));

  heap::FragmentAllocator memory(48);
  const process::SpawnRequest* request = options.request;
  Term reference = request ? request->reference : monitor.is_none() ? process::make_reference(runtime, memory) : monitor;
  uint32_t arity = 0;
  for (Term rest = args; rest.is_list_cell(); rest = rest.tail()) ++arity;
  const Term call = bif::make_tuple(memory, module, function, Term::small(arity));
  const Term tag = request ? request->tag : Term(atoms::spawn_reply);
  const Term shown = bif::make_tuple(memory, atoms::spawn_request, reference, parent.pid(), child.group_leader_, call, options.given, tag, args);
  put_out(parent, held, kSend, child.pid(), shown);
  put_out(parent, held, kReceive, child.pid(), shown);
  if (request) {
    if (!request->is_answered) next_serial(child);
    return;   // the answer is a message with a token of its own
  }
  next_serial(child);
  const Term answer = bif::make_tuple(memory, tag, reference, atoms::ok, child.pid());
  put_out(parent, extra.seq_token, kSend, parent.pid(), answer);
  put_out(parent, extra.seq_token, kReceive, parent.pid(), answer);
  // OTP: the parent's clock goes on from the word of the serial number, with its tag.
  const auto word = static_cast<uint64_t>(serial_of(extra.seq_token)) << 4 | 0xF;
  parent.extra().seq_clock = parent.extra().seq_last = word;
}

Term token_of_exit(Process& self, Term to, Term reason) {
  next_serial(self);
  const Process* target = to.is_local_pid() ? self.runtime().processes->find(to) : nullptr;
  if (!to.is_local_pid() || (target && !process::is_exiting(*target))) {
    heap::FragmentAllocator memory(8);
    put_out(self, self.extra().seq_token, kSend, to, bif::make_tuple(memory, atoms::EXIT_, self.pid(), reason));
  }
  return self.extra().seq_token;
}

// OTP: the request came with the serial number of the second of its two messages, the arguments.
Term token_of_remote_spawn(Process& child, Term token, Term parent, Term request, Term reply) {
  heap::FragmentAllocator memory(16);
  const int64_t serial = serial_of(token);
  process::Extra& extra = child.extra();
  child.trace_flags_ |= flag::kToken;
  put_out(child, with_serial(memory, token, serial - 1, tuple_element(token, 3), tuple_element(token, 4)), kReceive, child.pid(), request);
  extra.seq_clock = extra.seq_last = static_cast<uint64_t>(serial - 1);
  extra.seq_token = heap::copy(token, child.heap(), child.runtime().literals);
  next_serial(child);
  const Term answer = extra.seq_token;
  put_out(child, answer, kSend, parent, reply);
  return answer;
}

Term token_of_refusal(process::Runtime& runtime, Term token, Term parent, Term request, Term reply, Allocator& memory) {
  const int64_t serial = serial_of(token);
  const Term node = runtime.terms.node_name;
  put_out(runtime, atoms::undefined, with_serial(memory, token, serial - 1, tuple_element(token, 3), tuple_element(token, 4)), kReceive, node, request);
  const Term answer = with_serial(memory, token, serial, node, Term::small(serial - 1));
  put_out(runtime, atoms::undefined, answer, kSend, parent, reply);
  return answer;
}

}  // namespace athanor::trace

namespace athanor::bif {

BifResult erlang::seq_trace_2(Process& self, const Term* args) {
  Term before = trace::set_token(self, args[0], args[1]);
  return before.is_none() ? self.badarg() : BifResult(before);
}

BifResult erlang::seq_trace_info_1(Process& self, const Term* args) {
  Term info = trace::token_info(self, args[0]);
  return info.is_none() ? self.badarg() : BifResult(info);
}

BifResult erlang::seq_trace_print_1(Process& self, const Term* args) { return boolean(trace::print(self, args[0])); }

BifResult erlang::seq_trace_print_2(Process& self, const Term* args) {
  Term held = trace::token(self);
  if (held.is_nil() || !equal_exact(tuple_element(held, 1), args[0])) return atoms::false_;
  return boolean(trace::print(self, args[1]));
}

}  // namespace athanor::bif
