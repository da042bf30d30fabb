// SPDX-License-Identifier: Apache-2.0
// What one process asks of another by signal: sending, ending, group leaders, system tasks, being alive.
#include "bif/bif.hpp"
#include "bif/channel_room.hpp"
#include "bif/priority.hpp"
#include "code/code_server.hpp"
#include "engine/engine.hpp"
#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/spawn.hpp"
#include "process/state.hpp"
#include "term/external/external.hpp"
#define ATH_FAMILY "bif/processes.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

using process::Signal;
using process::SignalKind;

// A reason that the external format cannot say: only a binary of more than 4 GB can be why. OTP: exit/2 raises for processes of other nodes.
bool is_unspeakable(Process& self, Term to, Term reason) {
  if (!is_kind(to, BoxedKind::ExternalPid) || reason.is_immediate()) return false;
  if (self.heap().off_heap_bytes() + self.heap().old_off_heap_.bytes <= UINT32_MAX) return false;
  return !external::is_representable(reason);
}

// Signals that the process sent to itself take effect before the built-in returns.
BifResult after_own_signal(Process& self, Term value) {
  process::handle_signals(self);
  if (process::is_exiting(self)) return self.exit_now(Term::none());
  return value;
}

}  // namespace

namespace erlang {

BifResult send_operator_2(Process& self, const Term* args) {
  process::SendOutcome outcome;
  BifResult result = process::send(self, args[0], args[1], {}, outcome);
  if (outcome == process::SendOutcome::Suspended) return self.yield({args[0], args[1]});
  return result.has_value() ? BifResult(args[1]) : result;
}
BifResult send_2(Process& self, const Term* args) { return send_operator_2(self, args); }
// erlang:send/3: ok | nosuspend | noconnect.
BifResult send_3(Process& self, const Term* args) {
  process::SendOptions options;
  Term list = args[2];
  for (; list.is_list_cell(); list = list.tail()) {
    if (list.head() == atoms::nosuspend) options.nosuspend = true;
    else if (list.head() == atoms::noconnect) options.noconnect = true;
    else return self.badarg();
  }
  if (!list.is_nil()) return self.badarg();
  process::SendOutcome outcome;
  BifResult result = process::send(self, args[0], args[1], options, outcome);
  if (!result.has_value()) return result;
  switch (outcome) {
    case process::SendOutcome::Sent:
    case process::SendOutcome::TooLarge: return atoms::ok;   // the latter has raised
    case process::SendOutcome::NoConnection: return options.noconnect ? atoms::noconnect : atoms::ok;
    case process::SendOutcome::WouldSuspend: return atoms::nosuspend;
    case process::SendOutcome::Suspended: return self.yield({args[0], args[1], args[2]});
  }
  return atoms::ok;
}

BifResult exit_2(Process& self, const Term* args) {
  if (ATH_UNLIKELY(is_unspeakable(self, args[0], args[1]))) return self.system_limit();
  return and_wait_for_room(self, args[0], process::exit_signal(self, args[0], args[1], true));
}
BifResult exit_signal_2(Process& self, const Term* args) {
  return and_wait_for_room(self, args[0], process::exit_signal(self, args[0], args[1], false));
}

// Where a process stands whose signal to another node is sent and who waits for room on the way (process/send.hpp).
BifResult bif_return_trap_1(Process& self, const Term* args) {
  if (self.state_.load(std::memory_order_acquire) & process::kSuspended) return self.yield({args[0]});
  return args[0];
}

BifResult is_process_alive_1(Process& self, const Term* args) {
  if (!args[0].is_local_pid()) return self.badarg();
  if (args[0] == self.pid()) return atoms::true_;
  Process* target = self.runtime().processes->find(args[0]);
  if (!target || process::is_exiting(*target)) return atoms::false_;
  if (!target->mailbox().has_incoming()) return atoms::true_;
  // Signals sent before this question must have had their effect.
  return self.trap(self.runtime().code->export_of(atoms::erts_internal, atoms::is_process_alive, 1), {args[0]});
}

BifResult resume_process_1(Process& self, const Term* args) {
  if (!args[0].is_local_pid() || !process::resume(self, args[0])) return self.badarg();
  return atoms::true_;
}

}  // namespace erlang

namespace erts_internal {

BifResult is_process_alive_2(Process& self, const Term* args) {
  if (!args[0].is_local_pid() || !is_local_reference(args[1])) return self.badarg();
  uint64_t reference[3];
  process::reference_words(args[1], reference);
  bool asked = process::request(self.runtime(), args[0], SignalKind::IsAlive, self.pid(), reference, {}, 0, [](Process& target, Signal& signal) {
    process::reply(target.runtime(), signal.from, signal.reference, boolean(!process::is_exiting(target)));
  }, self.priority());
  if (!asked) process::send_message(self.runtime(), self.pid(), make_tuple(self.heap(), args[1], atoms::false_), self.pid());
  return atoms::ok;
}

BifResult is_process_executing_dirty_1(Process& self, const Term* args) {
  if (!args[0].is_local_pid()) return self.badarg();
  Process* target = self.runtime().processes->find(args[0]);
  return boolean(target && (target->state_.load(std::memory_order_acquire) & process::kDirty));
}

BifResult is_system_process_1(Process& self, const Term* args) {
  if (!args[0].is_local_pid()) return self.badarg();
  Process* target = self.runtime().processes->find(args[0]);
  return boolean(target && (target->state_.load(std::memory_order_acquire) & process::kSystemProcess));
}

// OTP: a process of the machine calls it for one that runs dirty. Here the schedulers see to that (process::serve_signals).
BifResult dirty_process_handle_signals_1(Process& self, const Term* args) {
  if (!args[0].is_local_pid()) return atoms::noproc;
  Process* target = self.runtime().processes->find(args[0]);
  return target ? atoms::normal : atoms::noproc;
}

// erts_internal:group_leader/2: true | badarg | false: then it takes a signal, see group_leader/3.
BifResult group_leader_2(Process& self, const Term* args) {
  if (!is_pid(args[0]) || !is_pid(args[1])) return atoms::badarg;
  if (args[1] != self.pid()) return atoms::false_;
  self.group_leader_ = args[0];
  return atoms::true_;
}
// erts_internal:group_leader/3: answered by {Ref, true | badarg}.
BifResult group_leader_3(Process& self, const Term* args) {
  if (!is_pid(args[0]) || !is_pid(args[1]) || !is_local_reference(args[2])) return self.badarg();
  Signal* signal = Signal::create(SignalKind::GroupLeader);
  signal->from = self.pid();
  signal->parcel = heap::pack(args[0], self.runtime().literals);
  process::reference_words(args[2], signal->reference);
  const bool is_elsewhere = !args[1].is_local_pid();
  const bool sent = process::deliver(self.runtime(), args[1], signal, self.priority());
  // OTP: of a process elsewhere nothing is known.
  if (is_elsewhere || !sent) {
    const Term answer = is_elsewhere ? atoms::true_ : atoms::badarg;
    process::send_message(self.runtime(), self.pid(), make_tuple(self.heap(), args[2], answer), self.pid());
  }
  return atoms::ok;
}

// erts_internal:garbage_collect/1 (major | minor) of the caller: done by the engine at the end of this built-in.
BifResult garbage_collect_1(Process& self, const Term* args) {
  if (args[0] != atoms::major && args[0] != atoms::minor) return self.badarg();
  self.collect_wanted_ = args[0] == atoms::major ? process::CollectWanted::Full : process::CollectWanted::Minor;
  return atoms::true_;
}

BifResult check_process_code_1(Process& self, const Term* args) {
  if (!args[0].is_atom()) return self.badarg();
  code::Module* module = self.runtime().code->find_module(args[0]);
  code::ModuleCode* old = module ? module->old.load(std::memory_order_acquire) : nullptr;
  return boolean(old && engine::refers_to(self, *old));
}

// OTP: a process that is gone refers to no code and has no garbage.
static Term task_result_when_gone(Term type) {
  return boolean(type == atoms::copy_literals);
}

// Runs on the thread of the process asked. A collection is only noted: it is done at that process's next safepoint.
static void run_system_task(Process& target, Signal& signal) {
  Term task = signal.parcel.term;
  Term type = tuple_element(task, 0), id = tuple_element(task, 1);
  Term argument = tuple_arity(task) > 2 ? tuple_element(task, 2) : Term::none();
  Term result = atoms::true_;
  if (process::is_exiting(target)) {
    result = task_result_when_gone(type);
  } else if (type == atoms::check_process_code) {
    result = check_process_code_1(target, &argument).value;
  } else if (type == atoms::garbage_collect || type == atoms::copy_literals) {
    target.collect_wanted_ = argument == atoms::minor ? process::CollectWanted::Minor : process::CollectWanted::Full;
  }
  heap::FragmentAllocator builder(16);
  Term copied = heap::copy(id, builder, target.runtime().literals);
  Term message = make_tuple(builder, type, copied, result);
  process::send_parcel(target.runtime(), signal.from, {message, builder.take()}, target.pid());
}

// erts_internal:request_system_task(Pid, Priority, {Type, RequestId, Argument …}): answered {Type, RequestId, Result}. `inherit`: at the
// caller's own priority.
static BifResult request_task(Process& self, Term requester, Term target, Term wanted, Term task) {
  process::Priority priority = self.priority();
  if (wanted != atoms::inherit && !read_priority(wanted, priority)) return self.badarg();
  if (!target.is_local_pid() || !is_tuple(task) || tuple_arity(task) < 2 || !requester.is_local_pid()) return self.badarg();
  Term kind = tuple_element(task, 0);
  // system_task_test does nothing: when it is answered tells when its turn was.
  const bool is_test = is_named(kind, "system_task_test") && tuple_arity(task) == 2;
  const bool is_task = kind == atoms::garbage_collect || kind == atoms::check_process_code || kind == atoms::copy_literals;
  if (!is_test && (!is_task || tuple_arity(task) < 3)) return self.badarg();
  if (kind == atoms::check_process_code && !tuple_element(task, 2).is_atom()) return self.badarg();
  Signal* signal = Signal::create(SignalKind::SystemTask);
  signal->from = requester;
  signal->callback = run_system_task;
  signal->parcel = heap::pack(task, self.runtime().literals);
  if (!process::deliver(self.runtime(), target, signal, priority)) {
    Term answer = make_tuple(self.heap(), kind, tuple_element(task, 1), task_result_when_gone(kind));
    process::send_message(self.runtime(), requester, answer, self.pid());
  } else if (target == self.pid()) {
    return after_own_signal(self, atoms::ok);
  }
  return atoms::ok;
}
BifResult request_system_task_3(Process& self, const Term* args) { return request_task(self, self.pid(), args[0], args[1], args[2]); }
BifResult request_system_task_4(Process& self, const Term* args) { return request_task(self, args[0], args[1], args[2], args[3]); }

// erts_internal:suspend_process(Pid, Options): true | false | badarg | badopt, or a reference that {Ref, true | false} answers.
BifResult suspend_process_2(Process& self, const Term* args) {
  bool asynchronous = false, unless_suspending = false;
  Term reply;
  Term list = args[1];
  for (; list.is_list_cell(); list = list.tail()) {
    Term option = list.head();
    if (option == atoms::unless_suspending) unless_suspending = true;
    else if (option == atoms::asynchronous) asynchronous = true;
    else if (is_tuple_of(option, 2) && tuple_element(option, 0) == atoms::asynchronous) { asynchronous = true; reply = tuple_element(option, 1); }
    else return atoms::badopt;
  }
  if (!list.is_nil()) return atoms::badopt;
  if (!args[0].is_local_pid() || args[0] == self.pid()) return atoms::badarg;
  process::SuspendRequest request;
  request.tag = reply;
  request.counts = !unless_suspending || !process::is_suspending(self, args[0]);
  if (!request.counts && asynchronous && reply.is_none()) return atoms::false_;
  // Who does not ask for it to be asynchronous waits, for a suspension under way too.
  Term answer = boolean(request.counts);
  uint64_t words[3];
  if (!asynchronous) {
    answer = process::make_reference(self.runtime(), self.heap());
    process::reference_words(answer, words);
    request.reference = words;
  }
  return process::suspend(self, args[0], request) == process::Suspended::NoProcess ? Term(atoms::badarg) : answer;
}

}  // namespace erts_internal
}  // namespace athanor::bif
