// SPDX-License-Identifier: Apache-2.0
// erts_internal:process_display/2 and what asks about processes that run dirty.
#include <cstdio>

#include "bif/bif.hpp"
#include "engine/engine.hpp"
#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/state.hpp"
#include "term/print.hpp"
#define ATH_FAMILY "bif/processes.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

// OTP: goes to the standard error stream of the machine.
void display_backtrace(Process& target) {
  const std::string text = engine::backtrace_text(target);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void answer_display(Process& target, process::Signal& signal) {
  bool alive = !process::is_exiting(target);
  if (alive) display_backtrace(target);
  process::reply(target.runtime(), signal.from, signal.reference, alive ? atoms::true_ : atoms::badarg);
}

}  // namespace

// true | badarg | badopt, or a reference that {Ref, Result} answers.
BifResult erts_internal::process_display_2(Process& self, const Term* args) {
  if (args[1] != atoms::backtrace) return atoms::badopt;
  if (!args[0].is_local_pid()) return atoms::badarg;
  if (args[0] == self.pid()) {
    display_backtrace(self);
    return atoms::true_;
  }
  Term reference = process::make_reference(self.runtime(), self.heap());
  uint64_t words[3];
  process::reference_words(reference, words);
  bool asked = process::request(self.runtime(), args[0], process::SignalKind::Rpc, self.pid(), words, {}, 0, answer_display, self.priority());
  return asked ? BifResult(reference) : BifResult(atoms::badarg);
}

// Signals of a process that runs dirty wait for the end of its job: then it is `busy`, else a plain system task serves.
BifResult erts_internal::check_dirty_process_code_2(Process& self, const Term* args) {
  if (!args[0].is_local_pid() || !args[1].is_atom()) return self.badarg();
  Process* target = self.runtime().processes->find(args[0]);
  if (!target) return atoms::false_;
  return target->state_.load(std::memory_order_acquire) & process::kDirty ? atoms::busy : atoms::normal;
}

}  // namespace athanor::bif
