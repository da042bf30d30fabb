// SPDX-License-Identifier: Apache-2.0
// The stack of a process as text: process_info(Pid, backtrace), erlang:process_display/2.
#include <fmt/format.h>

#include <iterator>

#include "engine/engine.hpp"
#include "engine/interp/cells.hpp"
#include "engine/interp/exceptions.hpp"
#include "engine/interp/raw_trace.hpp"
#include "engine/ir/lowering/lowered.hpp"
#include "term/atom_table.hpp"
#include "term/print.hpp"

namespace athanor::engine {

namespace {

using Text = std::back_insert_iterator<std::string>;

void put_mfa(Text out, const Mfa& mfa) {
  fmt::format_to(out, "{}:{}/{}", to_text(mfa.module), to_text(mfa.function), mfa.arity);
}

// Where a return address leads: the function and, in bytes, how far into it.
void put_place(Text out, const Word* address) {
  if (address == kNormalExit.address()) {
    fmt::format_to(out, "<terminate process normally>");
    return;
  }
  const CallSite* site = call_site(address);
  if (!site || !site->function) {
    fmt::format_to(out, "unknown function");
    return;
  }
  put_mfa(out, site->function->mfa);
  const code::Lowered* lowered = site->function->lowered.load(std::memory_order_acquire);
  const Word* start = lowered ? lowered->words.get() : nullptr;
  if (start && address >= start && address < start + lowered->word_count) fmt::format_to(out, " + {}", (address - start) * sizeof(Word));
}

}  // namespace

std::string backtrace_text(process::Process& process) {
  std::string text;
  Text out(text);
  fmt::format_to(out, "Program counter: {:#018x} (", reinterpret_cast<uintptr_t>(process.ip_));
  const Word* ip = process.ip_;
  const NativeCell* native = ip ? native_cell_at(ip) : nullptr;
  const CallSite* site = ip && !native ? call_site(ip) : nullptr;
  if (site && site->function) put_place(out, ip);
  else put_mfa(out, current_function(process));
  fmt::format_to(out, ")\n");
  uint32_t slot = 0;
  for (const Term* p = process.heap().stack_top(); p < process.heap().end(); ++p) {
    if (is_address(*p)) {
      const auto* address = reinterpret_cast<const Word*>(p->raw);
      fmt::format_to(out, "\n{:#018x} Return addr {:#018x} (", reinterpret_cast<uintptr_t>(p), static_cast<uintptr_t>(p->raw));
      put_place(out, address);
      fmt::format_to(out, ")\n");
      slot = 0;
    } else {
      const std::string name = fmt::format("y({})", slot++);
      const std::string value = p->is_catch_mark() ? "Catch" : p->is_none() ? "[]" : to_text(*p);   // none: a word not yet written
      fmt::format_to(out, "{:<8} {}\n", name, value);
    }
  }
  return text;
}

}  // namespace athanor::engine
