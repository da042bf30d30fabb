// SPDX-License-Identifier: Apache-2.0
#include "trace/spec.hpp"

#include "bif/bif.hpp"
#include "engine/engine.hpp"
#include "engine/interp/breakpoints.hpp"
#include "heap/copy.hpp"
#include "os/system.hpp"
#include "process/process_table.hpp"
#include "sched/scheduling.hpp"
#include "term/print.hpp"
#include "trace/flag_signals.hpp"
#include "trace/sequential.hpp"
#include "trace/tracer.hpp"

namespace athanor::trace {

using match_spec::Action;
using process::Process;

Spec* compile(Process& self, Term source, Sees what) {
  match_spec::Options options;
  options.dialect = match_spec::Dialect::Trace;
  options.call_trace = what == Sees::Calls;
  options.trace_actions = what != Sees::Receives;
  match_spec::Program* program = match_spec::compile(source, options, bif::NativeGuards(self), nullptr);
  if (!program) return nullptr;
  auto* spec = new Spec;
  spec->program = program;
  spec->source = heap::copy(source, spec->memory, nullptr);
  return spec;
}

Verdict judge(Process& self, const Spec* spec, const Term* arguments, size_t count) {
  if (!spec) return {atoms::true_, 0};
  TraceEnvironment environment(self, false);
  match_spec::Outcome outcome = match_spec::run_on_arguments(*spec->program, environment, arguments, count, match_spec::Result::Shares);
  return {outcome.value.is_none() ? atoms::false_ : outcome.value, outcome.flags};
}

namespace {

// [Flag …] of the action trace; {tracer, Pid} may stand among them.
bool parse_list(process::Runtime& runtime, Term list, uint32_t& flags, TracerHandle& tracer) {
  FlagOptions options = parse_flags(runtime, list);
  flags = options.flags;
  if (!options.tracer.is_none()) tracer = options.tracer;
  return !options.is_bad && !options.cpu_timestamp;
}

Term place_of(process::Process& self, const engine::CallSite& site) {
  const code::ModuleCode* code = site.function->code;
  if (!code || site.line_item == 0 || site.line_item >= code->file->lines.size()) return atoms::undefined;
  const beam::LineItem& item = code->file->lines[site.line_item];
  std::string file = item.file == 0 || item.file >= code->file->line_files.size() ? std::string(atom_text(code->module)) + ".erl"
                                                                                   : code->file->line_files[item.file];
  return bif::make_tuple(self.heap(), bif::latin1_list(self.heap(), file), Term::small(item.line));
}

}  // namespace

// OTP: the function that the call will go back to.
Term TraceEnvironment::caller(bool with_line) {
  bool passed = false;
  const Word* back = engine::real_return(self_.heap().stack_top(), self_.heap().end(), passed);
  const engine::CallSite* site = back ? engine::call_site(back) : nullptr;
  if (!site || !site->function) return atoms::undefined;
  const Mfa& mfa = site->function->mfa;
  if (!with_line) return bif::make_tuple(self_.heap(), mfa.module, mfa.function, Term::small(mfa.arity));
  return bif::make_tuple(self_.heap(), mfa.module, mfa.function, Term::small(mfa.arity), place_of(self_, *site));
}

Term TraceEnvironment::change_flags(Term target, uint32_t off, uint32_t on, Term tracer) {
  if (is_trial_) return atoms::true_;
  if (target.is_atom()) target = self_.runtime().registry->find(target);
  if (!target.is_local_pid()) return Term::none();
  // OTP: who is not traced passes no tracer on, and his own flags stay off.
  if (target == self_.pid()) {
    Term now = tracer.is_none() ? tracer_of(self_) : tracer;
    const uint32_t before = self_.trace_flags_;
    const Term told_before = tracer_of(self_);
    set_flags(self_, now.is_none() ? 0 : ((before & flag::kAll & ~off) | on), now);
    return boolean(self_.trace_flags_ != before || !(now == told_before));
  }
  if (!self_.runtime().processes->find(target)) return Term::none();
  change_flags_of(self_, target, off, on, tracer.is_none() ? tracer_of(self_) : tracer);
  return atoms::true_;
}

Term TraceEnvironment::action(Action action, const Term* arguments, uint32_t count) {
  process::Runtime& runtime = self_.runtime();
  switch (action) {
    case Action::IsSeqTrace: return boolean(has_token(self_));
    case Action::GetSeqToken: return token(self_);
    case Action::SetSeqToken: return is_trial_ || !set_token(self_, arguments[0], arguments[1]).is_none() ? atoms::true_ : Term::none();
    case Action::SetSeqTokenFake: return token_info(self_, arguments[0]);   // OTP: what it would change
    case Action::Caller: return caller(false);
    case Action::CallerLine: return caller(true);
    case Action::GetControlWord: return integer::from_uint64(self_.heap(), runtime.scheduling->settings.trace_control_word.load());
    case Action::SetControlWord: {
      uint64_t word;
      if (!integer::to_uint64(arguments[0], word) || word > UINT32_MAX) return Term::none();
      return integer::from_uint64(self_.heap(), runtime.scheduling->settings.trace_control_word.exchange(static_cast<uint32_t>(word)));
    }
    case Action::SetControlWordFake: {
      uint64_t word;
      if (!integer::to_uint64(arguments[0], word) || word > UINT32_MAX) return Term::none();
      return integer::from_uint64(self_.heap(), runtime.scheduling->settings.trace_control_word.load());
    }
    case Action::Silent:
      if (is_trial_) return atoms::true_;
      if (arguments[0] == atoms::true_) self_.trace_flags_ |= flag::kSilent;
      else if (arguments[0] == atoms::false_) self_.trace_flags_ &= ~flag::kSilent;
      return atoms::true_;
    case Action::EnableTrace:
    case Action::DisableTrace: {
      const uint32_t bits = arguments[count - 1].is_atom() ? flag_of(arguments[count - 1]) : 0;
      if (bits == 0) return Term::none();
      Term target = count == 2 ? arguments[0] : self_.pid();
      Term changed = action == Action::EnableTrace ? change_flags(target, 0, bits, Term::none()) : change_flags(target, bits, 0, Term::none());
      return changed.is_none() ? changed : atoms::true_;
    }
    case Action::Trace: {
      uint32_t off = 0, on = 0;
      TracerHandle tracer;
      if (!parse_list(runtime, arguments[count - 2], off, tracer) || !parse_list(runtime, arguments[count - 1], on, tracer)) return Term::none();
      return change_flags(count == 3 ? arguments[0] : self_.pid(), off, on, tracer);
    }
    case Action::Display: {
      std::string text = to_text(arguments[0]) + "\r\n";
      athanor::os::write_standard_output(text.data(), text.size());
      return atoms::true_;
    }
    case Action::ProcessDump: return binary::from_text(self_.heap(), engine::backtrace_text(self_));
  }
  return Term::none();
}

}  // namespace athanor::trace
