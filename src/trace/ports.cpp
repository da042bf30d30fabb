// SPDX-License-Identifier: Apache-2.0
// Ports as tracees. Their flags and tracer are changed with the port's lock held.
#include "bif/bif.hpp"
#include "trace/trace.hpp"

namespace athanor::trace {

using process::PortTrace;

namespace {

void set_port_flags(ModuleTracers& modules, PortTrace& trace, uint32_t flags, Term tracer) {
  const Term before = trace.tracer, next = flags == 0 ? Term::none() : tracer;
  trace.flags.store(next.is_none() ? 0 : flags, std::memory_order_relaxed);
  modules.retain(next);
  trace.tracer = next;
  modules.release(before);
}

// As tracers of processes: one that is gone is forgotten where that is noticed.
bool has_living_tracer(process::Runtime& runtime, Term port, PortTrace& trace) {
  if (trace.tracer.is_none()) return false;
  if (look(runtime, trace.tracer, port) != Told::Remove) return true;
  set_port_flags(trace_of(runtime).modules, trace, 0, Term::none());
  return false;
}

}  // namespace

void Trace::port_created(PortTrace& trace) {
  std::lock_guard lock(new_mutex_);
  const uint32_t flags = runtime_.new_port_trace.load(std::memory_order_relaxed);
  if (!new_port_tracer_.is_none() && flags && is_alive(runtime_, new_port_tracer_)) set_port_flags(modules, trace, flags, new_port_tracer_);
}

void Trace::port_gone(PortTrace& trace) { set_port_flags(modules, trace, 0, Term::none()); }

void Trace::port_told(Term port, PortTrace& trace, Term what, Term data, Term extra) {
  const Term tracer = trace.tracer;
  if (tracer.is_none() || tracer == port) return;
  if (!is_module_tracer(tracer) && !has_living_tracer(runtime_, port, trace)) return;
  if (is_module_tracer(tracer) && look(runtime_, tracer, port, what) != Told::Yes) return;
  tell(runtime_, tracer, trace.flags.load(std::memory_order_relaxed), {port, what, data, extra, Term::none()}, Term::none());
}

bool Trace::change_port(Term port, uint32_t off, uint32_t on, Term tracer, bool& is_taken) {
  struct Change { Trace* self; Term port; uint32_t off, on; Term tracer; bool is_taken; } change{this, port, off, on, tracer, false};
  in_use.store(true, std::memory_order_relaxed);
  const bool found = runtime_.with_port_trace(runtime_, port, [](PortTrace& trace, void* context) {
    auto& wanted = *static_cast<Change*>(context);
    Trace& self = *wanted.self;
    if (!wanted.tracer.is_none() && !trace.tracer.is_none() && trace.tracer != wanted.tracer && has_living_tracer(self.runtime_, wanted.port, trace)) {
      wanted.is_taken = true;
      return;
    }
    const uint32_t flags = (trace.flags.load(std::memory_order_relaxed) & ~wanted.off) | wanted.on;
    set_port_flags(self.modules, trace, flags, wanted.tracer.is_none() ? trace.tracer : wanted.tracer);
  }, &change);
  is_taken = change.is_taken;
  return found && !is_taken;
}

Term Trace::port_info(Allocator& heap, Term port, Term key) {
  if (key != atoms::flags && key != atoms::tracer) return Term::none();
  struct Question { Trace* self; Allocator* heap; Term port, key, answer; } question{this, &heap, port, key, atoms::undefined};
  runtime_.with_port_trace(runtime_, port, [](PortTrace& trace, void* context) {
    auto& asked = *static_cast<Question*>(context);
    process::Runtime& runtime = asked.self->runtime_;
    const bool traced = has_living_tracer(runtime, asked.port, trace);
    Term value = asked.key == atoms::flags ? flag_list(*asked.heap, trace.flags.load(std::memory_order_relaxed))
                 : traced                  ? tracer_term(runtime, *asked.heap, trace.tracer)
                                           : Term::nil();
    asked.answer = bif::make_tuple(*asked.heap, asked.key, value);
  }, &question);
  return question.answer;
}

}  // namespace athanor::trace
