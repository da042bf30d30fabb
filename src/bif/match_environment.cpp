// SPDX-License-Identifier: Apache-2.0
#include "bif/match_environment.hpp"

#include "code/code_server.hpp"

namespace athanor::bif {

match_spec::GuardFunction NativeGuards::find(Term name, uint32_t arity) const {
  code::CodeServer* code = self_.runtime().code;   // null in unit tests
  const process::NativeRow* row = code ? code->native(atoms::erlang, name, arity) : nullptr;
  return row ? reinterpret_cast<match_spec::GuardFunction>(row->function) : nullptr;
}

Term ProcessEnvironment::call(match_spec::GuardFunction function, const Term* arguments) {
  Term value = reinterpret_cast<process::BifFunction>(function)(self_, arguments).value;
  if (value.is_none()) {   // the failure is no more than "no value" here
    self_.pending_ = process::Pending::None;
    self_.exception() = process::Exception{};
  }
  return value;
}

ProcessEnvironment::Mark ProcessEnvironment::mark() const {
  heap::Heap& heap = self_.heap();
  return {heap.top(), heap.fragments_, heap.fragments_ ? heap.fragments_->used : 0, heap.fragment_words_, heap.off_heap().first};
}

void ProcessEnvironment::roll_back(const Mark& mark) {
  heap::Heap& heap = self_.heap();
  if (heap.fragments_ != mark.fragments || heap.off_heap().first != mark.off_heap) return;
  heap.set_top(mark.top);
  if (mark.fragments) mark.fragments->used = mark.fragment_used;
  heap.fragment_words_ = mark.fragment_words;
}

match_spec::Program* compile_for_table(process::Process& self, Term spec) {
  return match_spec::compile(spec, {.dialect = match_spec::Dialect::Table}, NativeGuards(self), nullptr);
}

}  // namespace athanor::bif
