// SPDX-License-Identifier: Apache-2.0
// erts_debug:dirty_cpu/2, dirty_io/2, dirty/3: commands of OTP's own suites that are carried out on a dirty thread of that kind, or on
// a scheduler.
#include <string_view>
#include <thread>

#include "bif/bif.hpp"
#include "code/code_server.hpp"
#include "heap/copy.hpp"
#include "os/clock.hpp"
#include "process/send.hpp"
#include "process/state.hpp"
#include "sched/scheduling.hpp"
#define ATH_FAMILY "bif/internal_state.def"
#include "bif/declare.inc"

namespace athanor::bif::erts_debug {
namespace {

void wait_ms(int64_t milliseconds) {
  const process::Outside outside;
  os::sleep_ms(milliseconds);
}

void tell(Process& self, Term to, Term what) {
  process::SendOutcome outcome{};
  (void)process::send(self, to, make_tuple(self.heap(), what, self.pid()), {}, outcome);
}

// What is to be carried out, and where. A command that goes on elsewhere shows the call that began it in traces: `first` is that item.
struct Command {
  Term type, name, argument;
  Term first;
};

BifResult go_on_in(Process& self, Term type, const Command& command) {
  const char* native = type == atoms::normal ? "ath_normal" : is_named(type, "dirty_cpu") ? "ath_dirty_cpu" : "ath_dirty_io";
  return self.trap(self.runtime().code->export_of(atoms::erts_debug, intern(native), 3), {command.name, command.argument, command.first});
}

// Counts down in steps of two, changing the kind of thread when a number is divided by four.
BifResult reschedule(Process& self, const Command& command) {
  int64_t count;
  if (!integer::to_int64(command.argument, count) || count < 0) return self.badarg();
  if (count == 0) return atoms::ok;
  const Term cpu = intern("dirty_cpu"), io = intern("dirty_io");
  Term next = command.type;
  if (count % 4 == 0) next = next == cpu ? io : next == io ? atoms::normal : cpu;
  return go_on_in(self, next, {command.type, command.name, Term::small(count - 2), command.first});
}

BifResult raise_named(Process& self, Term reason) {
  for (Term known : {atoms::notsup, atoms::undef, atoms::badarith, atoms::noproc, atoms::system_limit}) {
    if (reason == known) return self.error(reason);
  }
  return self.badarg();
}

// Answers when it has been told to end, and shows that it can still build.
BifResult wait_for_end(Process& self, Term to, bool is_io) {
  if (process::is_exiting(self)) return self.badarg();
  tell(self, to, atoms::alive);
  while (!process::is_exiting(self)) {
    if (is_io) wait_ms(100);
    else std::this_thread::yield();
  }
  wait_ms(1000);
  Term list = Term::nil();
  for (int i = 0; i < 10000; ++i) list = cons(self.heap(), Term::small(i), list);
  return list;
}

BifResult carry_out(Process& self, const Command& given) {
  const Term command = given.name, argument = given.argument;
  const bool is_io = is_named(given.type, "dirty_io");
  if (is_named(command, "scheduler")) {
    if (argument != atoms::type) return self.badarg();
    return self.runtime().scheduling->current_scheduler_id() != 0 ? atoms::normal : given.type;
  }
  if (command == atoms::error) return raise_named(self, argument);
  if (command == atoms::copy) {
    Term list = Term::nil();
    for (int i = 0; i < 1000; ++i) list = cons(self.heap(), heap::copy(argument, self.heap(), self.runtime().literals), list);
    return list;
  }
  if (is_named(command, "send")) {
    tell(self, argument, atoms::ok);
    return atoms::ok;
  }
  if (is_named(command, "wait")) {
    int64_t milliseconds;
    if (!integer::to_int64(argument, milliseconds) || milliseconds < 0) return self.badarg();
    wait_ms(milliseconds);
    return atoms::ok;
  }
  if (is_named(command, "reschedule")) return reschedule(self, given);
  if (is_named(command, "ready_wait6_done")) {
    tell(self, argument, intern("ready"));
    wait_ms(6000);
    tell(self, argument, intern("done"));
    return atoms::ok;
  }
  if (is_named(command, "alive_waitexiting")) return wait_for_end(self, argument, is_io);
  return self.badarg();
}

BifResult begin(Process& self, const char* type, const Term* args) {
  const Term first = make_tuple(self.heap(), atoms::erts_debug, intern(type), make_list(self.heap(), args, 2), Term::nil());
  return carry_out(self, {intern(type), args[0], args[1], first});
}

BifResult go_on(Process& self, const char* type, const Term* args) {
  const BifResult result = carry_out(self, {intern(type), args[0], args[1], args[2]});
  if (!result.has_value() && self.pending_ == process::Pending::Raise) self.exception().first_item = args[2];
  return result;
}

}  // namespace

BifResult dirty_cpu_2(Process& self, const Term* args) { return begin(self, "dirty_cpu", args); }
BifResult dirty_io_2(Process& self, const Term* args) { return begin(self, "dirty_io", args); }
BifResult dirty_3(Process& self, const Term* args) {
  if (args[0] != atoms::normal && !is_named(args[0], "dirty_cpu") && !is_named(args[0], "dirty_io")) return self.badarg();
  const Term first = make_tuple(self.heap(), atoms::erts_debug, intern("dirty"), make_list(self.heap(), args, 3), Term::nil());
  const Command command{args[0], args[1], args[2], first};
  return args[0] == atoms::normal ? carry_out(self, command) : go_on_in(self, args[0], command);
}

BifResult ath_dirty_cpu_3(Process& self, const Term* args) { return go_on(self, "dirty_cpu", args); }
BifResult ath_dirty_io_3(Process& self, const Term* args) { return go_on(self, "dirty_io", args); }
BifResult ath_normal_3(Process& self, const Term* args) { return go_on(self, "normal", args); }

}  // namespace athanor::bif::erts_debug
