// SPDX-License-Identifier: Apache-2.0
#include "engine/interp/cells.hpp"

#include <cstring>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "engine/interp/bound_native.hpp"
#include "engine/interp/exceptions.hpp"
#include "process/collect.hpp"
#include "process/spawn.hpp"
#include "process/state.hpp"

namespace athanor::engine {

using process::Outcome;
using process::Pending;
using process::Process;

ATH_HANDLER(op_cell_apply_list);
ATH_HANDLER(op_cell_apply_fun_list);
ATH_HANDLER(op_undefined);
ATH_HANDLER(op_unloaded_fun);

static ATH_HANDLER(op_exiting) {
  ATH_SYNC();
  Term reason = vm->exit_reason;
  vm->exit_reason = Term::none();
  bool exiting = process::is_exiting(*vm->self);
  vm->outcome = process::exit_process(*vm->self, exiting ? Term::none() : reason) ? Outcome::Exited : Outcome::Yielded;
}
static ATH_HANDLER(op_normal_exit) {
  ATH_SYNC();
  vm->outcome = process::exit_process(*vm->self, atoms::normal) ? Outcome::Exited : Outcome::Yielded;
}

// The caller's frame stays, so that an exception shows it.
static ATH_HANDLER(op_retry_native) {
  const auto* after = reinterpret_cast<const Word*>(stack_top->raw);
  ++stack_top;
  ATH_GO(after - ir::kWords<ir::CallBif>);
}

// A hibernating process goes on when a message is there; other signals do not wake it.
static ATH_HANDLER(op_hibernated) {
  ATH_SYNC();
  Process& self = *vm->self;
  while (!self.mailbox().first() && self.mailbox().has_incoming()) {
    save_registers(*vm, ip, 3);   // signals may collect
    process::handle_signals(self);
    std::memcpy(static_cast<void*>(vm->x), self.saved_, 3 * sizeof(Term));
    self.live_ = 0;
    if (process::is_exiting(self)) {
      ATH_RELOAD();
      ATH_GO(exit_cell());
    }
  }
  if (!self.mailbox().first()) {
    save_registers(*vm, ip, 3);
    vm->outcome = Outcome::Waiting;
    return;
  }
  ATH_RELOAD();
  ATH_GO(kApplyList.address());
}

const CallSite kNoSite{nullptr, 0};
const FixedCell kNormalExit{&kNoSite, op_normal_exit};
const FixedCell kExiting{&kNoSite, op_exiting};
const FixedCell kApplyList{&kNoSite, op_cell_apply_list};
const FixedCell kApplyFunList{&kNoSite, op_cell_apply_fun_list};
const FixedCell kRetryNative{&kNoSite, op_retry_native};
const FixedCell kHibernated{&kNoSite, op_hibernated};

namespace {

const Word* hibernate(Interpreter& vm) {
  Process& self = *vm.self;
  self.hibernated_ = false;
  Term* stack_top = self.heap().end();
  *--stack_top = Term{reinterpret_cast<Word>(kNormalExit.address())};
  self.heap().set_stack_top(stack_top);
  self.catches_ = 0;
  self.ip_ = kHibernated.address();
  if (self.mailbox().first() || self.mailbox().has_incoming()) {
    vm.outcome = Outcome::Yielded;
    return nullptr;
  }
  heap::compact(self.heap(), self, vm.runtime.literals);
  vm.outcome = Outcome::Waiting;
  return nullptr;
}

}  // namespace

const Word* continue_native(Interpreter& vm, const process::NativeRow& row, const CallSite* site, const Word* after, const Mfa* name) {
  Process& self = *vm.self;
  Pending pending = self.pending_;
  self.pending_ = Pending::None;
  if (pending == Pending::Raise) {
    self.live_ = 0;
    return raise_from_bif(vm, site, name != nullptr ? *name : mfa_of(row), vm.x);
  }
  if (pending == Pending::Exit) {
    self.live_ = 0;
    return exit_with(vm, process::is_exiting(self) ? Term::none() : self.exception().value);
  }
  if (after) {
    Term* stack_top = self.heap().stack_top();
    *--stack_top = Term{reinterpret_cast<Word>(after)};
    self.heap().set_stack_top(stack_top);
  }
  switch (pending) {
    case Pending::Trap: {
      if (self.hibernated_) return hibernate(vm);
      // Of a native that goes on in another one nobody is told.
      const code::Export& target = *self.trap_target_;
      const bool is_native = target.native && !target.native->is_nif;
      const Word* entry = is_native ? target.native_entry : target.entry.load(std::memory_order_acquire);
      if (--self.reductions_left_ <= 0) {
        self.ip_ = entry;   // the arguments are in saved_ already
        vm.outcome = Outcome::Yielded;
        return nullptr;
      }
      std::memcpy(static_cast<void*>(vm.x), self.saved_, self.live_ * sizeof(Term));
      self.live_ = 0;
      return entry;
    }
    case Pending::Yield:
      self.ip_ = native_entry(row, {});
      vm.outcome = Outcome::Yielded;
      return nullptr;
    case Pending::Wait:
      self.ip_ = native_entry(row, {});
      vm.outcome = Outcome::Waiting;
      return nullptr;
    case Pending::Room: {
      const bool alive = process::collect_garbage(self, self.room_wanted_, self.collect_wanted_ == process::CollectWanted::Full);   // the arguments are in saved_
      std::memcpy(static_cast<void*>(vm.x), self.saved_, self.live_ * sizeof(Term));
      self.live_ = 0;
      return alive ? native_entry(row, {}) : exit_cell();
    }
    case Pending::Breakpoint:
      return vm.runtime.code->export_of(intern(row.module), intern(row.name), row.arity)->entry.load(std::memory_order_acquire);
    default:
      // A native gave neither a value nor a reason for having none.
      return raise_as_bif(vm, site, mfa_of(row), vm.x, atoms::internal_error);
  }
}

// A built-in called as a function: by apply, as a fun, in tail position.
static ATH_HANDLER(op_native) {
  const process::NativeRow& row = *cell_at<NativeCell>(ip).row;
  ATH_SYNC();
  vm->self->ip_ = reinterpret_cast<const Word*>(stack_top[0].raw);
  process::BifResult result = call_native(row, *vm->self, x);
  if (ATH_UNLIKELY(!result.has_value())) {
    const Word* next = continue_native(*vm, row, nullptr, nullptr);
    if (!next) return;
    ATH_RELOAD();
    ATH_GO(next);
  }
  x[0] = result.value;
  bool alive = !wants_collection(*vm) || collect(*vm, 0, 1);
  ATH_RELOAD();
  if (ATH_UNLIKELY(!alive)) ATH_GO(exit_cell());
  const Word* back = reinterpret_cast<const Word*>(stack_top->raw);
  ++stack_top;
  ATH_GO(back);
}

// Runs twice: before the dirty thread has it, and with the answer.
static ATH_HANDLER(op_native_dirty) {
  const NativeCell& cell = cell_at<NativeCell>(ip);
  Process& self = *vm->self;
  ATH_SYNC();
  if (!self.dirty_done_) {
    save_registers(*vm, ip, cell.row->arity);
    self.dirty_job_ = const_cast<process::NativeRow*>(cell.row);
    self.dirty_waits_ = cell.row->kind == process::BifKind::DirtyIo;
    vm->outcome = Outcome::Dirty;
    return;
  }
  self.dirty_done_ = false;
  self.dirty_job_ = nullptr;
  if (self.pending_ != Pending::None) {
    const Word* next = continue_native(*vm, *cell.row, nullptr, nullptr);
    if (!next) return;
    ATH_RELOAD();
    ATH_GO(next);
  }
  self.live_ = 0;
  bool alive = !wants_collection(*vm) || collect(*vm, 0, 1);
  ATH_RELOAD();
  if (ATH_UNLIKELY(!alive)) ATH_GO(exit_cell());
  const Word* back = reinterpret_cast<const Word*>(stack_top->raw);
  ++stack_top;
  ATH_GO(back);
}

namespace {

// Cells by what they name. They hold nothing of a machine but that pointer, so all machines of a program share the table.
template <class Cell, class Named>
class CellTable {
 public:
  const Word* entry(Named* named, Handler handler) {
    std::lock_guard lock(mutex_);
    auto [place, is_new] = cells_.try_emplace(named, Cell{&kNoSite, handler, named});
    return address_of(place->second);
  }

 private:
  std::mutex mutex_;
  std::unordered_map<Named*, Cell> cells_;   // values stay where they are
};

bool is_apply(const process::NativeRow& row) {
  return std::string_view(row.name) == "apply" && std::string_view(row.module) == "erlang";
}

}  // namespace

code::CodeAddress native_entry(const process::NativeRow& row, Mfa) {
  if (is_apply(row)) return row.arity == 3 ? kApplyList.address() : kApplyFunList.address();
  static CellTable<NativeCell, const process::NativeRow> cells;
  return cells.entry(&row, native_handler(row));
}

Handler native_handler(const process::NativeRow& row) {
  return row.kind == process::BifKind::DirtyCpu || row.kind == process::BifKind::DirtyIo ? op_native_dirty : op_native;
}

code::CodeAddress undefined_entry(code::Export& exported) {
  static CellTable<ExportCell, code::Export> cells;
  return cells.entry(&exported, op_undefined);
}

code::CodeAddress unloaded_fun_entry(code::FunEntry& entry) {
  static CellTable<FunCell, code::FunEntry> cells;
  return cells.entry(&entry, op_unloaded_fun);
}

const NativeCell* native_cell_at(const Word* ip) {
  Handler handler = *reinterpret_cast<const Handler*>(ip);
  return handler == op_native || handler == op_native_dirty ? &cell_at<NativeCell>(ip) : nullptr;
}

}  // namespace athanor::engine
