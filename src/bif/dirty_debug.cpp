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

void tell(Process& self, Term to, Term what) {
  process::SendOutcome outcome{};
  (void)process::send(self, to, make_tuple(self.heap(), what, self.pid()), {}, outcome);
}

BifResult go_on_in(Process& self, Term type, Term command, Term argument) {
  code::CodeServer& code = *self.runtime().code;
  if (type == atoms::normal) return self.trap(code.export_of(atoms::erts_debug, intern("dirty"), 3), {type, command, argument});
  return self.trap(code.export_of(atoms::erts_debug, type, 2), {command, argument});
}

// Counts down in steps of two, changing the kind of thread when a number is divided by four.
BifResult reschedule(Process& self, Term type, Term command, Term argument) {
  int64_t count;
  if (!integer::to_int64(argument, count) || count < 0) return self.badarg();
  if (count == 0) return atoms::ok;
  const Term cpu = intern("dirty_cpu"), io = intern("dirty_io");
  Term next = type;
  if (count % 4 == 0) next = type == cpu ? io : type == io ? atoms::normal : cpu;
  return go_on_in(self, next, command, Term::small(count - 2));
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
    if (is_io) os::sleep_ms(100);
    else std::this_thread::yield();
  }
  os::sleep_ms(1000);
  Term list = Term::nil();
  for (int i = 0; i < 10000; ++i) list = cons(self.heap(), Term::small(i), list);
  return list;
}

BifResult carry_out(Process& self, Term type, Term command, Term argument) {
  const bool is_io = is_named(type, "dirty_io");
  if (is_named(command, "scheduler")) {
    if (argument != atoms::type) return self.badarg();
    return self.runtime().scheduling->current_scheduler_id() != 0 ? atoms::normal : type;
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
    os::sleep_ms(milliseconds);
    return atoms::ok;
  }
  if (is_named(command, "reschedule")) return reschedule(self, type, command, argument);
  if (is_named(command, "ready_wait6_done")) {
    tell(self, argument, intern("ready"));
    os::sleep_ms(6000);
    tell(self, argument, intern("done"));
    return atoms::ok;
  }
  if (is_named(command, "alive_waitexiting")) return wait_for_end(self, argument, is_io);
  return self.badarg();
}

}  // namespace

BifResult dirty_cpu_2(Process& self, const Term* args) { return carry_out(self, intern("dirty_cpu"), args[0], args[1]); }
BifResult dirty_io_2(Process& self, const Term* args) { return carry_out(self, intern("dirty_io"), args[0], args[1]); }
BifResult dirty_3(Process& self, const Term* args) {
  if (args[0] == atoms::normal) return carry_out(self, atoms::normal, args[1], args[2]);
  if (!is_named(args[0], "dirty_cpu") && !is_named(args[0], "dirty_io")) return self.badarg();
  return go_on_in(self, args[0], args[1], args[2]);
}

}  // namespace athanor::bif::erts_debug
