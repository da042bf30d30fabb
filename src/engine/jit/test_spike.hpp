// SPDX-License-Identifier: Apache-2.0
// For unit tests: a machine with the code of spike_module.erl and an interpreter; processes run by hand; functions made native one by one.
#pragma once

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "code/code_server.hpp"
#include "engine/engine.hpp"
#include "engine/interp/cells.hpp"
#include "engine/interp/ops/handlers.hpp"
#include "engine/ir/lowering/lowered.hpp"
#include "engine/ir/lowering/lowering.hpp"
#include "engine/jit/x64/translator.hpp"
#include "process/test_machine.hpp"
#include "term/binary.hpp"
#include "term/print.hpp"

namespace athanor::engine::jit {

// A function of the module returns here.
inline ATH_HANDLER(op_returned_to_test) {
  vm->exit_reason = x[0];
  ATH_SYNC();
  vm->outcome = process::Outcome::Waiting;
}
inline const FixedCell kReturnedToTest{&kNoSite, op_returned_to_test};

struct Answer {
  std::string text;
  int64_t reductions = 0;
  uint32_t slices = 0;
};
using Arguments = std::function<std::vector<Term>(Allocator&)>;

class Spike : public TermHost {
 public:
  Spike() {
    machine.runtime.terms.atoms = atoms_.get();
    machine.runtime.terms.host = this;
    server = std::make_unique<code::CodeServer>(machine.runtime, natives(), make_stubs());
    machine.runtime.code = server.get();
    interpreter = std::make_unique<Interpreter>(machine.runtime);
    load();
  }

  // --- the module ---
  void load() {
    static const uint8_t bytes[] = {
#include "engine/jit/spike_module.inc"
    };
    auto prepared = server->prepare(intern("spike_module"), bytes, sizeof bytes);
    ATH_ASSERT(prepared);
    std::vector<Term> failed;
    code::Prepared* one = *prepared;
    ATH_ASSERT(server->finish({&one, 1}, failed) == code::CodeServer::Finish::Ok);
    one->release();
  }
  code::ModuleCode& code() { return *server->find_module(intern("spike_module"))->current.load(); }
  code::Function& function(const char* name, uint32_t arity) {
    code::Function* found = code().find(intern(name), arity);
    ATH_ASSERT(found != nullptr);
    return *found;
  }
  // --- processes ---
  process::Process& start(const char* name, const Arguments& arguments) {
    process::spawn(machine.runtime, nullptr, intern("spike_module"), intern(name), Term::nil(), {});
    process::Process& self = *machine.next();
    std::vector<Term> values = arguments(self.heap());
    ATH_ASSERT(values.size() <= process::Process::kSavedInline);
    Term* stack_top = self.heap().stack_top();
    *--stack_top = Term{reinterpret_cast<Word>(kReturnedToTest.address())};
    self.heap().set_stack_top(stack_top);
    std::copy(values.begin(), values.end(), self.saved_);
    self.live_ = static_cast<uint16_t>(values.size());
    self.ip_ = server->export_of(intern("spike_module"), intern(name), static_cast<uint32_t>(values.size()))->entry.load();
    return self;
  }
  // One slice. True: it has returned, and `answer.text` is its value.
  bool slice(process::Process& self, Answer& answer, int64_t reductions) {
    ATH_ASSERT(process::begin_run(self));
    self.reductions_left_ = reductions;
    process::Outcome outcome = interpreter->run(self);
    answer.reductions += reductions - self.reductions_left_;
    ++answer.slices;
    if (outcome == process::Outcome::Yielded) {
      ATH_ASSERT(process::end_run(self, outcome) == process::AfterRun::Requeue);
      return false;
    }
    ATH_ASSERT(outcome == process::Outcome::Waiting);   // an exception that nothing caught would end it
    answer.text = to_text(interpreter->exit_reason, size_t{1} << 20);
    while (!process::exit_process(self, atoms::normal)) {}
    return true;
  }
  Answer call(const char* name, const Arguments& arguments, int64_t reductions = 4000) {
    process::Process& self = start(name, arguments);
    Answer answer;
    while (!slice(self, answer, reductions)) ATH_ASSERT(answer.slices < 1000000);
    return answer;
  }
  Answer call(const char* name, Term argument, int64_t reductions = 4000) {
    return call(name, [&](Allocator&) { return std::vector<Term>{argument}; }, reductions);
  }

  // --- machine code ---
  bool make_native(code::Function& target) {
    ATH_ASSERT(ir::lower(machine.runtime, target) != nullptr);
    ir::Layout layout;
    ATH_ASSERT(ir::Lowering(machine.runtime, target, &layout).lays_out_as(*target.lowered.load()));
    std::unique_ptr<NativeCode> native = Translator(memory, target, layout).translate();
    return native && publish(std::move(native));
  }
  bool make_native(const char* name) { return make_native(*named(name)); }
  // Of those that call each other every other one, so that the engines do.
  void make_some_native() {
    for (const char* name : {"fib", "fails", "wraps", "caught_in_native", "keeps"}) ATH_ASSERT(make_native(name));
  }
  code::Function* named(const char* name) {
    for (uint32_t arity : {1u, 2u}) {
      if (code::Function* found = code().find(intern(name), arity)) return found;
    }
    return nullptr;
  }

  ExportHead* export_of(Mfa mfa) override { return server->export_of(mfa.module, mfa.function, mfa.arity); }
  FunHead* fun_of(Term module, uint32_t index, uint32_t old_uniq, const uint8_t uniq[16], uint32_t arity, uint32_t num_free) override {
    return server->fun_of(module, index, old_uniq, uniq, arity, num_free);
  }
  Node* node_of(Term, uint32_t) override { return nullptr; }

 private:
  std::unique_ptr<AtomTable> atoms_{make_atom_table(1 << 16)};

 public:
  CodeMemory memory;   // outlives the code that lies in it, which the epochs of the machine may hold
  process::TestMachine machine;
  std::unique_ptr<code::CodeServer> server;
  std::unique_ptr<Interpreter> interpreter;

 private:
  // What small integers need; anything larger is not what these programs compute.
  static process::BifResult only_small(process::Process& self, const Term*) { return self.badarith(); }
  static constexpr process::NativeRow kPlus{"erlang", "+", 2, process::BifKind::Guard, only_small, 25, 999, false};
  static constexpr process::NativeRow kMinus{"erlang", "-", 2, process::BifKind::Guard, only_small, 25, 999, false};
  static constexpr process::NativeRow kRemainder{"erlang", "rem", 2, process::BifKind::Guard, only_small, 25, 999, false};
  static std::span<const process::NativeRow* const> natives() {
    static constexpr const process::NativeRow* rows[] = {&kPlus, &kMinus, &kRemainder};
    return rows;
  }
};

}  // namespace athanor::engine::jit
