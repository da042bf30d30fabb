// SPDX-License-Identifier: Apache-2.0
// Links, monitors and aliases: arguments and options; process/relations.hpp does the work.
#include "bif/bif.hpp"
#include "bif/channel_room.hpp"
#include "process/links.hpp"
#include "process/monitors.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/spawn.hpp"
#define ATH_FAMILY "bif/processes.def"
#include "bif/declare.inc"

namespace athanor::bif::erlang {
namespace {

// Removes a message {_, Ref, _, _, _} from the inner queue: demonitor's flush.
void flush_down_message(Process& self, Term reference) {
  uint64_t wanted[3], found[3];
  process::reference_words(reference, wanted);
  process::handle_signals(self);
  self.mailbox().restart();
  while (process::Signal* message = self.mailbox().peek()) {
    Term t = message->parcel.term;
    if (is_tuple_of(t, 5) && is_local_reference(tuple_element(t, 1))) {
      process::reference_words(tuple_element(t, 1), found);
      if (found[0] == wanted[0] && found[1] == wanted[1]) {
        process::Signal::destroy(self.mailbox().remove_current());
        return;
      }
    }
    self.mailbox().advance();
  }
  self.mailbox().restart();
}

// Whom of another node a monitor of the caller watches: a pid, or {Name, Node}; none() where it is nobody there.
Term watched_elsewhere(Process& self, Term reference) {
  if (!self.monitors_ || !is_local_reference(reference)) return Term::none();
  uint64_t words[3];
  process::reference_words(reference, words);
  const process::Monitors::Origin* origin = self.monitors_->find_origin(words);
  if (!origin) return Term::none();
  if (origin->is_remote_name) return make_tuple(self.heap(), origin->name, origin->target);
  return is_kind(origin->target, BoxedKind::ExternalPid) ? origin->target : Term::none();
}

}  // namespace

BifResult link_1(Process& self, const Term* args) { return and_wait_for_room(self, args[0], process::link(self, args[0])); }
BifResult unlink_1(Process& self, const Term* args) {
  const process::Links::Link* link = self.links_ && is_kind(args[0], BoxedKind::ExternalPid) ? self.links_->find(args[0]) : nullptr;
  const bool says_so = link && link->unlinking == 0;
  const BifResult result = process::unlink(self, args[0]);
  return says_so ? and_wait_for_room(self, args[0], result) : result;
}

BifResult monitor_2(Process& self, const Term* args) {
  return and_wait_for_room(self, args[1], process::monitor(self, args[0], args[1], {}));
}
BifResult monitor_3(Process& self, const Term* args) {
  process::MonitorOptions options;
  if (!process::parse_monitor_options(args[2], options)) return self.badarg_because(atoms::badopt);
  return and_wait_for_room(self, args[1], process::monitor(self, args[0], args[1], options));
}

BifResult demonitor_1(Process& self, const Term* args) {
  bool multiple = false;
  const Term watched = watched_elsewhere(self, args[0]);
  if (process::demonitor(self, args[0], multiple) == process::Demonitored::BadArgument) return self.badarg();
  return and_wait_for_room(self, watched, atoms::true_);
}
// erlang:demonitor/2: with info, whether the monitor was found; with flush, its message is taken out of the queue.
BifResult demonitor_2(Process& self, const Term* args) {
  bool info = false, flush = false;
  Term list = args[1];
  for (; list.is_list_cell(); list = list.tail()) {
    if (list.head() == atoms::info) info = true;
    else if (list.head() == atoms::flush) flush = true;
    else return self.badarg();
  }
  if (!list.is_nil()) return self.badarg();
  bool multiple = false;
  const Term watched = watched_elsewhere(self, args[0]);
  process::Demonitored done = process::demonitor(self, args[0], multiple);
  if (done == process::Demonitored::BadArgument) return self.badarg();
  bool found = done == process::Demonitored::True;
  if (flush && (!found || multiple) && is_local_reference(args[0])) flush_down_message(self, args[0]);
  return and_wait_for_room(self, watched, info ? boolean(found) : Term(atoms::true_));
}

BifResult alias_0(Process& self, const Term*) { return process::make_alias(self, false); }
BifResult alias_1(Process& self, const Term* args) {
  bool reply = false;
  Term list = args[0];
  for (; list.is_list_cell(); list = list.tail()) {
    if (list.head() == atoms::reply) reply = true;
    else if (list.head() == atoms::explicit_unalias) reply = false;
    else return self.badarg();
  }
  return list.is_nil() ? BifResult(process::make_alias(self, reply)) : self.badarg();
}
BifResult unalias_1(Process& self, const Term* args) {
  if (!is_reference(args[0])) return self.badarg();
  return boolean(process::unalias(self, args[0]));
}

}  // namespace athanor::bif::erlang
