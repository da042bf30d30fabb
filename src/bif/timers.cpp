// SPDX-License-Identifier: Apache-2.0
#include "bif/bif.hpp"
#include "bif/time.hpp"
#include "heap/copy.hpp"
#include "process/send.hpp"
#include "process/timers.hpp"

#define ATH_FAMILY "bif/timers.def"
#include "bif/declare.inc"

namespace athanor::bif {

namespace {

struct Options {
  bool is_async = false;
  bool wants_info = true;
  bool is_absolute = false;
};

// The options that a function knows are those it names; any other: false.
bool parse_options(Term list, Options& out, bool knows_async, bool knows_info, bool knows_absolute) {
  for (; list.is_list_cell(); list = list.tail()) {
    Term option = list.head();
    if (!is_tuple_of(option, 2)) return false;
    Term name = tuple_element(option, 0), value = tuple_element(option, 1);
    if (value != atoms::true_ && value != atoms::false_) return false;
    bool is_on = value == atoms::true_;
    if (name == atoms::async && knows_async) out.is_async = is_on;
    else if (name == atoms::info && knows_info) out.wants_info = is_on;
    else if (name == atoms::abs && knows_absolute) out.is_absolute = is_on;
    else return false;
  }
  return list.is_nil();
}

// Milliseconds from now or of Erlang monotonic time to a deadline of the machine's clock.
bool parse_deadline(Process& self, Term time, bool is_absolute, int64_t& deadline_ns) {
  int64_t ms;
  if (!integer::to_int64(time, ms) || (!is_absolute && ms < 0)) return false;
  __int128 ns = static_cast<__int128>(ms) * 1'000'000;
  if (!is_absolute) ns += erlang_monotonic_ns(self.runtime());
  if (ns < kErlangStartNs || ns > kErlangEndNs) return false;
  deadline_ns = clock_ns_of(self.runtime(), static_cast<int64_t>(ns));
  return true;
}

BifResult start(Process& self, Term time, Term to, Term message, const Options& options, bool is_wrapped) {
  process::Runtime& runtime = self.runtime();
  int64_t deadline;
  if (!parse_deadline(self, time, options.is_absolute, deadline)) return self.badarg_because(atoms::time);
  if (!to.is_local_pid() && !to.is_atom()) return self.badarg();
  Term reference = process::make_reference(runtime, self.heap());
  Term whole = is_wrapped ? make_tuple(self.heap(), atoms::timeout, reference, message) : message;
  uint64_t words[3];
  process::reference_words(reference, words);
  runtime.timers->start(words, deadline, to, heap::pack(whole, nullptr));
  return reference;
}

BifResult start_with_options(Process& self, const Term* args, bool is_wrapped) {
  Options options;
  if (!parse_options(args[3], options, false, false, true)) return self.badarg_because(atoms::badopt);
  return start(self, args[0], args[1], args[2], options, is_wrapped);
}

BifResult access(Process& self, Term reference, const Options& options, bool cancels) {
  if (!is_reference(reference)) return self.badarg();
  process::Runtime& runtime = self.runtime();
  int64_t left = -1;
  if (is_local_reference(reference)) {
    uint64_t words[3];
    process::reference_words(reference, words);
    left = cancels ? runtime.timers->cancel(words) : runtime.timers->read(words);
  }
  Term result = left < 0 ? atoms::false_ : integer::from_int64(self.heap(), left);
  if (!options.is_async) return options.wants_info ? result : atoms::ok;
  if (options.wants_info) {
    Term answer = make_tuple(self.heap(), cancels ? atoms::cancel_timer : atoms::read_timer, reference, result);
    process::send_message(runtime, self.pid(), answer, self.pid());
  }
  return atoms::ok;
}

}  // namespace

BifResult erlang::start_timer_3(Process& self, const Term* args) { return start(self, args[0], args[1], args[2], {}, true); }
BifResult erlang::start_timer_4(Process& self, const Term* args) { return start_with_options(self, args, true); }
BifResult erlang::send_after_3(Process& self, const Term* args) { return start(self, args[0], args[1], args[2], {}, false); }
BifResult erlang::send_after_4(Process& self, const Term* args) { return start_with_options(self, args, false); }
BifResult erlang::cancel_timer_1(Process& self, const Term* args) { return access(self, args[0], {}, true); }
BifResult erlang::read_timer_1(Process& self, const Term* args) { return access(self, args[0], {}, false); }

BifResult erlang::cancel_timer_2(Process& self, const Term* args) {
  Options options;
  if (!parse_options(args[1], options, true, true, false)) return self.badarg();
  return access(self, args[0], options, true);
}

BifResult erlang::read_timer_2(Process& self, const Term* args) {
  Options options;
  if (!parse_options(args[1], options, true, false, false)) return self.badarg();
  return access(self, args[0], options, false);
}

}  // namespace athanor::bif
