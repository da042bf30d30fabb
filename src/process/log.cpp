// SPDX-License-Identifier: Apache-2.0
// What the machine itself tells the logger, in the stock VM's words.
#include <cstdio>
#include <string>

#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/spawn.hpp"
#include "process/state.hpp"
#include "term/atom_table.hpp"
#include "term/integer.hpp"
#include "term/map.hpp"
#include "term/print.hpp"

namespace athanor::process {

namespace {

Term character_list(Allocator& to, std::string_view text) {
  Term list = Term::nil();
  for (size_t i = text.size(); i-- > 0;) {
    list = make_cons(to.allocate(2), Term::small(static_cast<unsigned char>(text[i])), list);
  }
  return list;
}

Term make_map(Allocator& to, std::initializer_list<Term> pairs) {
  Term flat[8];
  size_t count = 0;
  for (Term term : pairs) flat[count++] = term;
  return map::from_pairs(to, flat, count / 2);
}

// The event as text, for when no logger runs: ~p takes the next argument, ~n is a new line.
std::string plain_text(const char* format, Term args) {
  std::string text;
  for (const char* at = format; *at; ++at) {
    if (at[0] != '~' || at[1] == 0) {
      text += *at;
    } else if (*++at == 'n') {
      text += '\n';
    } else if (args.is_list_cell()) {
      text += to_text(args.head());
      args = args.tail();
    }
  }
  return text;
}

// The logger's process; none where there is none yet; `undefined` where nobody is to be told. OTP: system_flag(system_logger); one that
// has ended is followed by `logger`.
Term logger_pid(Runtime& runtime) {
  uint64_t set = runtime.system_logger_raw.load(std::memory_order_acquire);
  Term logger(set);
  if (logger == atoms::undefined) return logger;
  if (logger.is_local_pid()) {
    const Process* process = runtime.processes->find(logger);
    if (process != nullptr && !is_exiting(*process)) return logger;
    runtime.system_logger_raw.compare_exchange_strong(set, 0);
  }
  logger = runtime.registry->find(atoms::logger);
  return logger.is_local_pid() ? logger : Term::none();
}

}  // namespace

void log_event(Runtime& runtime, Term level, const char* format, Term args, Term group_leader, Term pid) {
  Term receiver = logger_pid(runtime);
  if (receiver == atoms::undefined) return;
  if (receiver.is_none()) {   // too early or too late for a logger: the terminal must do
    std::string text = plain_text(format, args);
    std::fprintf(stderr, "=%s REPORT====\n%s\n", level == atoms::error ? "ERROR" : "INFO", text.c_str());
    return;
  }
  heap::FragmentAllocator to(256);
  Term tag = level == atoms::info ? atoms::info_msg : level == atoms::warning ? atoms::warning_msg : level;
  Term emulator = make_map(to, {atoms::emulator, atoms::true_, atoms::tag, tag});
  Term time = integer::from_int64(to, runtime.clock ? runtime.clock->system_ns() / 1000 : 0);
  Term leader = heap::copy(group_leader, to, runtime.literals);
  Term meta;
  if (group_leader.is_nil() || group_leader.is_none()) {
    meta = pid.is_none() ? make_map(to, {atoms::error_logger, emulator, atoms::time, time})
                         : make_map(to, {atoms::error_logger, emulator, atoms::pid, pid, atoms::time, time});
  } else {
    meta = pid.is_none() ? make_map(to, {atoms::error_logger, emulator, atoms::gl, leader, atoms::time, time})
                         : make_map(to, {atoms::error_logger, emulator, atoms::gl, leader, atoms::pid, pid, atoms::time, time});
  }
  Term text = character_list(to, format);
  Term copied = heap::copy(args, to, runtime.literals);
  Term* place = to.allocate(6);
  place[0].raw = tuple_header(5);
  place[1] = atoms::log;
  place[2] = level;
  place[3] = text;
  place[4] = copied;
  place[5] = meta;
  send_parcel(runtime, receiver, {Term::boxed(place), to.take()}, pid);
}

// erlang:error/1 & co. uncaught: {Reason, Stacktrace}, logged; throw: {{nocatch, Value}, Stacktrace}, logged; exit: as it is, in silence.
Term report_uncaught(Process& self, Class klass, Term value, Term stacktrace) {
  if (klass == Class::Exit) return value;
  auto pair = [&](Term first, Term second) {
    Term* place = self.allocate(3);
    place[0].raw = tuple_header(2);
    place[1] = first;
    place[2] = second;
    return Term::boxed(place);
  };
  Term reason = pair(klass == Class::Throw ? pair(atoms::nocatch, value) : value, stacktrace);
  Runtime& runtime = self.runtime();
  bool alive = runtime.terms.node_name != atoms::nonode_at_nohost && !Term(runtime.terms.node_name).is_none();
  Term args = make_cons(self.allocate(2), reason, Term::nil());
  if (alive) args = make_cons(self.allocate(2), runtime.terms.node_name, args);
  args = make_cons(self.allocate(2), self.pid(), args);
  log_event(runtime, atoms::error,
            alive ? "Error in process ~p on node ~p with exit value:~n~p~n" : "Error in process ~p with exit value:~n~p~n", args,
            self.group_leader_, self.pid());
  return reason;
}

}  // namespace athanor::process
