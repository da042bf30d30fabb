// SPDX-License-Identifier: Apache-2.0
// Timers that send messages: erlang:start_timer, send_after, cancel_timer, read_timer.
#include "bif/bif.hpp"
#include "process/send.hpp"
#include "process/timers.hpp"
#define ATH_FAMILY "bif/timers.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

constexpr int64_t kNsPerMs = 1000000;
constexpr int64_t kMonotonicStartMs = -576460752000;
constexpr int64_t kMaxMs = int64_t{1} << 43;   // beyond any uptime; keeps nanoseconds in range

// [{abs, Boolean}]
bool read_abs(Term options, bool& abs) {
  for (; options.is_list_cell(); options = options.tail()) {
    Term option = options.head();
    if (!is_tuple_of(option, 2) || tuple_element(option, 0) != atoms::abs) return false;
    Term value = tuple_element(option, 1);
    if (value != atoms::true_ && value != atoms::false_) return false;
    abs = value == atoms::true_;
  }
  return options.is_nil();
}

enum class Form : bool { Plain, Timeout };   // Msg, or {timeout, Ref, Msg}

BifResult start(Process& self, const Term* args, Term options, Form form) {
  bool abs = false;
  if (!read_abs(options, abs)) return self.badarg();
  Term to = args[1];
  if (!args[0].is_small() || (!to.is_atom() && !to.is_local_pid())) return self.badarg();
  int64_t ms = args[0].small_value();
  process::Runtime& runtime = self.runtime();
  int64_t deadline;
  if (abs) {
    if (ms < kMonotonicStartMs || ms > kMonotonicStartMs + kMaxMs) return self.badarg();
    deadline = runtime.start_monotonic_ns + (ms - kMonotonicStartMs) * kNsPerMs;
  } else {
    if (ms < 0 || ms > kMaxMs) return self.badarg();
    deadline = runtime.clock->monotonic_ns() + ms * kNsPerMs;
  }
  Term reference = process::make_reference(runtime, self.heap());
  uint64_t words[3];
  process::reference_words(reference, words);
  Term message = form == Form::Timeout ? make_tuple(self.heap(), atoms::timeout, reference, args[2]) : args[2];
  runtime.timers->start(words, deadline, to, heap::pack(message, runtime.literals));
  return reference;
}

Term left_term(int64_t ms) { return ms < 0 ? atoms::false_ : Term::small(ms); }

// [{async, Boolean}, {info, Boolean}]
bool read_cancel_options(Term options, bool& async, bool& info) {
  for (; options.is_list_cell(); options = options.tail()) {
    Term option = options.head();
    if (!is_tuple_of(option, 2)) return false;
    Term name = tuple_element(option, 0), value = tuple_element(option, 1);
    if (value != atoms::true_ && value != atoms::false_) return false;
    if (name == atoms::async) async = value == atoms::true_;
    else if (name == atoms::info) info = value == atoms::true_;
    else return false;
  }
  return options.is_nil();
}

BifResult look(Process& self, Term reference, Term options, bool cancel) {
  bool async = false, info = true;
  if (!is_reference(reference) || !read_cancel_options(options, async, info)) return self.badarg();
  int64_t left = -1;
  if (is_local_reference(reference)) {
    uint64_t words[3];
    process::reference_words(reference, words);
    left = cancel ? self.runtime().timers->cancel(words) : self.runtime().timers->read(words);
  }
  if (!async) return info ? left_term(left) : atoms::ok;
  if (info) {
    Term message = make_tuple(self.heap(), cancel ? atoms::cancel_timer : atoms::read_timer, reference, left_term(left));
    process::send_message(self.runtime(), self.pid(), message, self.pid());
  }
  return atoms::ok;
}

}  // namespace

namespace erlang {
BifResult start_timer_3(Process& self, const Term* args) { return start(self, args, Term::nil(), Form::Timeout); }
BifResult start_timer_4(Process& self, const Term* args) { return start(self, args, args[3], Form::Timeout); }
BifResult send_after_3(Process& self, const Term* args) { return start(self, args, Term::nil(), Form::Plain); }
BifResult send_after_4(Process& self, const Term* args) { return start(self, args, args[3], Form::Plain); }
BifResult cancel_timer_1(Process& self, const Term* args) { return look(self, args[0], Term::nil(), true); }
BifResult cancel_timer_2(Process& self, const Term* args) { return look(self, args[0], args[1], true); }
BifResult read_timer_1(Process& self, const Term* args) { return look(self, args[0], Term::nil(), false); }
BifResult read_timer_2(Process& self, const Term* args) { return look(self, args[0], args[1], false); }
}  // namespace erlang
}  // namespace athanor::bif
