// SPDX-License-Identifier: Apache-2.0
// How many references there are to a fun's entry: fun_info(Fun, refc). Making, copying and dropping funs counts nothing, so the
// question is answered by asking: each process counts the funs of that entry on its heap and in its messages, tables are walked. As on
// the stock VM what is dead counts until a collection, and loaded code counts for one.
#include "bif/bif.hpp"
#include "bif/fun_references.hpp"
#include "bif/magic.hpp"
#include "code/code_server.hpp"
#include "heap/census.hpp"
#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/state.hpp"
#define ATH_FAMILY "bif/code.def"
#include "bif/declare.inc"

namespace athanor::bif {
namespace {

using process::Signal;

// Held by who asks and by each question under way.
struct Census final : MagicObject {
  Census(const FunHead* entry, Term asker) : entry(entry), asker(asker) {}
  const FunHead* entry;
  Term asker;
  std::atomic<uint64_t> found{0};
  std::atomic<uint64_t> open{1};   // questions, and one for the asking itself
};

uint64_t count_in(Process& process, const FunHead* entry) {
  uint64_t found = heap::count_funs(process.heap(), entry);
  for (const Signal* message = process.mailbox().first(); message; message = message->next) {
    found += heap::count_funs(message->parcel.fragments, entry);
  }
  return found;
}

void close_one(process::Runtime& runtime, Census& census) {
  if (census.open.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    if (Process* asker = runtime.processes->find(census.asker)) process::make_runnable(*asker);
  }
  census.release();
}

void ask(process::Runtime& runtime, Term pid, Census& census);

void answer(Process& target, Signal& signal) {
  auto& census = *reinterpret_cast<Census*>(signal.number);
  const bool is_dirty = (target.state_.load(std::memory_order_relaxed) & process::kDirty) != 0;
  if (target.continuation_) {
    ask(target.runtime(), target.pid(), census);   // a built-in is in the middle of building something: later
  } else if (!process::is_exiting(target) && !is_dirty) {   // what a native builds on another thread cannot be looked at
    census.found.fetch_add(count_in(target, census.entry), std::memory_order_relaxed);
  }
  close_one(target.runtime(), census);
}

void ask(process::Runtime& runtime, Term pid, Census& census) {
  census.open.fetch_add(1, std::memory_order_relaxed);
  census.retain();
  const auto number = reinterpret_cast<uint64_t>(&census);
  if (!process::request(runtime, pid, process::SignalKind::Rpc, census.asker, nullptr, {}, number, answer)) close_one(runtime, census);
}

}  // namespace

BifResult count_fun_references(Process& self, Term fun) {
  auto* census = new Census(fun_entry(fun), self.pid());
  const Term reference = make_magic_reference(self, census);
  for (Term pid : self.runtime().processes->all()) {
    if (pid != self.pid()) ask(self.runtime(), pid, *census);
  }
  census->open.fetch_sub(1, std::memory_order_acq_rel);
  census->release();   // the reference has it
  return self.trap(self.runtime().code->export_of(atoms::erlang, intern("ath_fun_references"), 2), {fun, reference});
}

// erlang:ath_fun_references(Fun, Census): all have answered, or it waits.
BifResult erlang::ath_fun_references_2(Process& self, const Term* args) {
  auto* census = magic_as<Census>(args[1]);
  if (!census || !is_local_fun(args[0])) return self.badarg();
  if (census->open.load(std::memory_order_acquire) != 0) return self.wait({args[0], args[1]});
  process::Runtime& runtime = self.runtime();
  auto* entry = static_cast<code::FunEntry*>(fun_entry(args[0]));
  uint64_t count = census->found.load(std::memory_order_relaxed) + count_in(self, entry);
  if (runtime.funs_in_tables) count += runtime.funs_in_tables(runtime, entry);
  if (entry->function.load(std::memory_order_acquire)) ++count;
  return make_tuple(self.heap(), atoms::refc, integer::from_uint64(self.heap(), count));
}

}  // namespace athanor::bif
