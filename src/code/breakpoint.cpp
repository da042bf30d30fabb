// SPDX-License-Identifier: Apache-2.0
#include "code/breakpoint.hpp"

#include "code/code_server.hpp"
#include "code/tables.hpp"
#include "process/process.hpp"

namespace athanor::code {

process::BifResult at_breakpoint(process::Process& self, const Term*) {
  self.pending_ = process::Pending::Breakpoint;
  return Term::none();
}

bool CodeServer::has_breakpoint(const Function& function) const {
  const Breakpoint* point = function.breakpoint.load(std::memory_order_acquire);
  return point && function.entry.load(std::memory_order_acquire) == point->address;
}

bool CodeServer::has_breakpoint(const Export& exported) const {
  const Breakpoint* point = exported.breakpoint.load(std::memory_order_acquire);
  return point && exported.entry.load(std::memory_order_acquire) == point->address;
}

namespace {
// Where calls of the export go that are no global trace's.
CodeAddress plain_entry(const Export& exported) {
  if (const Function* function = exported.function.load(std::memory_order_acquire)) return function->entry.load(std::memory_order_acquire);
  return exported.native && !exported.native->is_nif ? exported.native_entry : exported.undefined_entry;
}

void renew_native(const CodeServer& server, Export& exported) {
  if (!exported.native) return;
  const Function* function = exported.function.load(std::memory_order_acquire);
  const bool stopped = server.has_breakpoint(exported) || (function && server.has_breakpoint(*function));
  exported.call.store(stopped ? at_breakpoint : exported.native->function, std::memory_order_release);
}
}  // namespace

// Lowering holds the same mutex while it swings entries.
void CodeServer::set_breakpoint(Function& function, Breakpoint& point) {
  std::lock_guard lock(tables_->mutex);
  std::lock_guard lowering(function.code->lowering_mutex);
  const CodeAddress before = function.entry.load(std::memory_order_acquire);
  if (before == point.address) return;
  point.real.store(before, std::memory_order_release);
  function.breakpoint.store(&point, std::memory_order_release);
  function.entry.store(point.address, std::memory_order_release);
  lead_to(function, point.address);
}

void CodeServer::clear_breakpoint(Function& function) {
  std::lock_guard lock(tables_->mutex);
  std::lock_guard lowering(function.code->lowering_mutex);
  if (!has_breakpoint(function)) return;
  const CodeAddress real = function.breakpoint.load(std::memory_order_acquire)->real.load(std::memory_order_acquire);
  function.entry.store(real, std::memory_order_release);
  lead_to(function, real);
}

// Export and funs of the function follow its entry, unless they lead to something that comes before it.
void CodeServer::lead_to(Function& function, CodeAddress entry) {
  if (Export* exported = function.exported; exported && exported->function.load(std::memory_order_acquire) == &function) {
    if (!has_breakpoint(*exported)) exported->entry.store(entry, std::memory_order_release);
    renew_native(*this, *exported);
  }
  if (FunEntry* fun = function.lambda; fun && fun->function.load(std::memory_order_acquire) == &function) {
    if (fun->entry.load(std::memory_order_acquire) != fun->unloaded_entry) fun->entry.store(entry, std::memory_order_release);
  }
}

void CodeServer::set_breakpoint(Export& exported, Breakpoint& point) {
  std::lock_guard lock(tables_->mutex);
  exported.breakpoint.store(&point, std::memory_order_release);
  exported.entry.store(point.address, std::memory_order_release);
  renew_native(*this, exported);
}

void CodeServer::clear_breakpoint(Export& exported) {
  std::lock_guard lock(tables_->mutex);
  if (!has_breakpoint(exported)) return;
  exported.entry.store(plain_entry(exported), std::memory_order_release);
  renew_native(*this, exported);
}

// Under the tables' mutex. OTP: code that is no longer current is not traced.
void CodeServer::clear_breakpoints(ModuleCode& code) {
  for (size_t i = 0; i < code.function_count; ++i) {
    if (code.functions[i].breakpoint.load(std::memory_order_acquire)) clear_breakpoint(code.functions[i]);
  }
}

std::vector<Export*> CodeServer::all_exports() const {
  std::vector<Export*> result;
  tables_->exports.each([&](Export& exported) {
    if (exported.is_defined()) result.push_back(&exported);
  });
  return result;
}

ModuleCode::~ModuleCode() {
  if (release_lowered) release_lowered(*this);
  for (size_t i = 0; i < function_count; ++i) delete functions[i].breakpoint.exchange(nullptr);
}

Export::~Export() { delete breakpoint.exchange(nullptr); }

}  // namespace athanor::code
