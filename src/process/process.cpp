// SPDX-License-Identifier: Apache-2.0
#include "process/process.hpp"

#include <cstdlib>

#include "process/continuation.hpp"
#include "process/dictionary.hpp"
#include "process/links.hpp"
#include "process/literals.hpp"
#include "process/monitors.hpp"
#include "process/suspending.hpp"
#include "process/tracing.hpp"
#include "term/atom_table.hpp"

namespace athanor::process {

Process::Process(Runtime& runtime, Term pid) : pid_(pid), runtime_(&runtime) {}

Process::~Process() {
  // One that was never run to its end (the machine stops) still has its signals.
  for (Signal* signal = mailbox_.close(); signal;) {
    Signal* next = signal->next;
    Signal::destroy(signal);
    signal = next;
  }
  release_memory();
}

void Process::release_memory() {
  mailbox_.destroy_all();
  delete links_;
  links_ = nullptr;
  delete monitors_;
  monitors_ = nullptr;
  delete dictionary_;
  dictionary_ = nullptr;
  if (extra_) {
    if (extra_->trace || extra_->tracer.is_small() || extra_->saved_calls) runtime_->tracing->ended(*this);
    delete static_cast<Suspending*>(extra_->suspending);
    extra_->suspending = nullptr;
    forget_copy_requests(*this);
  }
  extra_.reset();
  delete exception_;
  exception_ = nullptr;
  delete continuation_;
  continuation_ = nullptr;
  heap::Fragment::destroy_chain(late_fragments_);
  late_fragments_ = nullptr;
  if (saved_ != saved_inline_) std::free(saved_);
  saved_ = saved_inline_;
  saved_capacity_ = kSavedInline;
  live_ = 0;
  heap_.release();
}

Extra& Process::extra() {
  if (!extra_) extra_ = std::make_unique<Extra>();
  return *extra_;
}

Exception& Process::exception() {
  if (!exception_) exception_ = new Exception;
  return *exception_;
}

BifResult Process::raise(Class klass, Term value) {
  exception() = Exception{};
  exception_->klass = klass;
  exception_->value = value;
  pending_ = Pending::Raise;
  return Term::none();
}

BifResult Process::badarg() { return raise(Class::Error, atoms::badarg); }

BifResult Process::badarg_because(Term cause) {
  BifResult result = badarg();
  exception_->error_info_cause = cause;
  return result;
}

BifResult Process::badarith() { return raise(Class::Error, atoms::badarith); }
BifResult Process::system_limit() { return raise(Class::Error, atoms::system_limit); }

namespace {
Term pair(Process& self, Term first, Term second) {
  Term* place = self.allocate(3);
  place[0].raw = tuple_header(2);
  place[1] = first;
  place[2] = second;
  return Term::boxed(place);
}
}  // namespace

BifResult Process::badmap(Term map) { return error(pair(*this, atoms::badmap, map)); }
BifResult Process::badkey(Term key) { return error(pair(*this, atoms::badkey, key)); }

BifResult Process::exit_now(Term reason) {
  exception() = Exception{};
  exception_->klass = Class::Exit;
  exception_->value = reason;
  pending_ = Pending::Exit;
  return Term::none();
}

// The arguments go to saved_, where visit_roots finds them.
static void save_arguments(Process& self, const Term* args, size_t count) {
  ATH_ASSERT(count <= 255);
  if (count > self.saved_capacity_) {
    auto* larger = static_cast<Term*>(std::malloc(count * sizeof(Term)));
    ATH_ASSERT(larger != nullptr);
    if (self.saved_ != self.saved_inline_) std::free(self.saved_);
    self.saved_ = larger;
    self.saved_capacity_ = static_cast<uint16_t>(count);
  }
  for (size_t i = 0; i < count; ++i) self.saved_[i] = args[i];
  self.live_ = static_cast<uint16_t>(count);
}
static void save_arguments(Process& self, std::initializer_list<Term> args) { save_arguments(self, args.begin(), args.size()); }

BifResult Process::trap(code::Export* target, std::initializer_list<Term> args) {
  save_arguments(*this, args);
  trap_target_ = target;
  pending_ = Pending::Trap;
  return Term::none();
}

BifResult Process::yield(std::initializer_list<Term> args) {
  save_arguments(*this, args);
  pending_ = Pending::Yield;
  return Term::none();
}

BifResult Process::suspend(std::unique_ptr<Continuation> continuation, const Term* args, uint32_t arity) {
  ATH_DCHECK(continuation_ == nullptr);
  continuation_ = continuation.release();
  save_arguments(*this, args, arity);
  pending_ = Pending::Yield;
  return Term::none();
}

BifResult Process::wait(std::initializer_list<Term> args) {
  save_arguments(*this, args);
  pending_ = Pending::Wait;
  return Term::none();
}

void Process::adopt(heap::Fragment* fragments) {
  if (!fragments) return;
  if ((state_.load(std::memory_order_relaxed) & kDirtySignals) == 0) return heap_.adopt(fragments);
  heap::Fragment* last = fragments;
  while (last->next) last = last->next;
  last->next = late_fragments_;
  late_fragments_ = fragments;
}

// The engine may be matching the message under the receive cursor: registers hold parts of it. It joins the heap now, so that the
// collector may move it, and stays in the queue as a root.
void Process::before_collection() {
  if (!is_matching_) return;
  Signal* current = mailbox_.peek();
  if (!current || !current->parcel.fragments) return;
  heap_.adopt(current->parcel.fragments);
  current->parcel.fragments = nullptr;
  heap_messages_ = true;
}

void Process::visit_roots(heap::RootVisitor& visitor) {
  visitor.visit(saved_, live_);
  visitor.visit(&group_leader_, 1);
  visitor.visit(&parent_, 1);
  visitor.visit(&exit_reason_, 1);
  if (dictionary_) dictionary_->visit_roots(visitor);
  if (monitors_) monitors_->visit_roots(visitor);
  if (exception_) {
    Term* roots[] = {&exception_->value, &exception_->trace, &exception_->error_info_cause, &exception_->error_info,
                     &exception_->arguments, &exception_->first_item};
    for (Term* root : roots) visitor.visit(root, 1);
  }
  if (extra_) {
    visitor.visit(&extra_->seq_token, 1);
    visitor.visit(&extra_->tracer, 1);
  }
  if (heap_messages_) {
    bool any = false;
    for (Signal* message = mailbox_.first(); message; message = message->next) {
      if (message->parcel.fragments || !(message->parcel.term.is_pointer() || message->token.is_pointer())) continue;
      visitor.visit(&message->parcel.term, 1);
      visitor.visit(&message->token, 1);   // it came in the same fragments
      any = true;
    }
    heap_messages_ = any;
  }
}

}  // namespace athanor::process
