// SPDX-License-Identifier: Apache-2.0
#include "machine/crash_dump_process.hpp"

#include <fmt/format.h>

#include <iterator>

#include "engine/engine.hpp"
#include "engine/frame.hpp"
#include "heap/copy.hpp"
#include "process/dictionary.hpp"
#include "process/links.hpp"
#include "process/monitors.hpp"
#include "process/state.hpp"
#include "process/tracing.hpp"
#include "term/print.hpp"

namespace athanor::machine {

using process::Process;

namespace {

bool is_elsewhere(const Process& process) { return (process.state_.load(std::memory_order_acquire) & process::kDirty) != 0; }

const char* state_text(const Process& process) {
  const uint32_t state = process.state_.load(std::memory_order_relaxed);
  if (state & process::kExiting) return "Exiting";
  if (state & process::kDirty) return "Running";
  if (state & process::kSuspended) return "Suspended";
  return state & process::kActive ? "Scheduled" : "Waiting";
}

// A reader parts lists of relations and of calls at these, within names too. Escaped they are the same names.
std::string with_escapes(std::string_view text, std::string_view separators) {
  std::string out;
  bool is_quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\'') is_quoted = !is_quoted;
    if (is_quoted && separators.find(text[i]) != separators.npos) {
      out += fmt::format("\\{:03o}", static_cast<unsigned>(text[i]));
      continue;
    }
    out += text[i];
    if (text[i] == '\\' && i + 1 < text.size()) out += text[++i];
  }
  return out;
}

std::string mfa_text(const Mfa& mfa) { return fmt::format("{}:{}/{}", to_text(mfa.module), to_text(mfa.function), mfa.arity); }

std::string peer_text(const process::Peer& peer) {
  Term place[process::kExternalPidWords];
  return to_text(peer.term(place));
}

std::string relations_text(Process& process) {
  std::string out;
  auto add = [&](std::string item) { out += (out.empty() ? "" : ", ") + std::move(item); };
  if (process.links_) {
    for (const auto& [other, link] : process.links_->all()) {
      if (link.unlinking == 0) add(peer_text(other));
    }
  }
  auto name_text = [](Term name) { return with_escapes(to_text(name), ",{}"); };
  auto reference_text = [](const uint64_t* words) {
    return fmt::format("#Ref<0.{}.{}.{}>", static_cast<uint32_t>(words[1]), static_cast<uint32_t>(words[0] >> 32), words[0] & 0x3FFFF);
  };
  if (process.monitors_) {
    for (auto& [key, origin] : process.monitors_->origins()) {
      if (origin.target.is_none()) continue;
      // OTP: {Name,Node} where a name is watched.
      std::string target = to_text(origin.target);
      if (!origin.name.is_none()) {
        const Term node = origin.is_remote_name ? origin.target : Term(process.runtime().terms.node_name);
        target = fmt::format("{{{},{}}}", name_text(origin.name), name_text(node));
      }
      add(fmt::format("{{to,{},{}}}", target, reference_text(key.words)));
    }
    for (auto& [key, target] : process.monitors_->targets()) add(fmt::format("{{from,{},{}}}", peer_text(target.watcher), reference_text(key.words)));
  }
  return "[" + out + "]";
}

std::string place_text(const Word* address) {
  const engine::CallSite* site = engine::call_site(address);
  if (!site || !site->function) return "<terminate process normally>";
  return fmt::format("{} + {}", mfa_text(site->function->mfa), site->line_item * 8);
}

// A match context is no term that could be written.
bool is_shown(Term t) { return t.is_immediate() || (t.is_pointer() && !is_kind(t, BoxedKind::MatchContext)); }

std::string stack_text(Process& process, TermLines& terms) {
  std::string out;
  int slot = 0;
  for (const Term* p = process.heap().stack_top(); p < process.heap().end(); ++p) {
    if (p->is_catch_mark()) {
      out += fmt::format("y{}:SCatch {:#x}\n", slot++, reinterpret_cast<uintptr_t>(p->catch_handler()));
    } else if (p->is_header_or_address() && !p->is_none()) {
      out += fmt::format("{:#018x}:SReturn addr {:#X} ({})\n", reinterpret_cast<uintptr_t>(p), p->raw, place_text(reinterpret_cast<const Word*>(p->raw)));
      slot = 0;
    } else {
      out += fmt::format("y{}:{}\n", slot++, is_shown(*p) ? terms.word(*p) : "SMatch context");
    }
  }
  return out;
}

std::string messages_text(Process& process) {
  std::string out;
  for (process::Signal* message = process.mailbox().first(); message; message = message->next) out += (out.empty() ? "" : ",") + to_text(message->parcel.term);
  return out;
}

// The latest first. An empty line ends them.
std::string last_calls_text(const Process& process) {
  const process::Extra* extra = process.extra_if_any();
  if (!extra || !extra->saved_calls) return {};
  std::string out = "Last calls:";
  for (size_t i = extra->saved_calls->count(); i-- > 0;) {
    const Mfa& call = extra->saved_calls->call(i);
    out += " " + with_escapes(call.module.is_none() ? to_text(call.function) : mfa_text(call), ":") + "\n";
  }
  return out + "\n";
}

std::string dictionary_text(Process& process) {
  std::string out;
  for (size_t i = 0; i < process.dictionary_->count(); ++i) {
    out += fmt::format("{}{{{},{}}}", out.empty() ? "" : ",", to_text(process.dictionary_->key(i)), to_text(process.dictionary_->value(i)));
  }
  return out;
}

// OTP: three priorities (of the code now, as asked for, of the queue), then what else the state word says.
std::string internal_state_text(const Process& process) {
  static constexpr const char* kPriorities[] = {"MAX", "HIGH", "NORMAL", "LOW"};
  const uint32_t state = process.state_.load(std::memory_order_acquire);
  const char* own = kPriorities[static_cast<size_t>(process::own_priority(state))];
  std::string out = fmt::format("ACT_PRIO_{} | USR_PRIO_{} | PRQ_PRIO_{}", own, own, kPriorities[static_cast<size_t>(process::queue_priority(state))]);
  struct Bit { uint32_t mask; const char* name; };
  for (const Bit& bit : {Bit{process::kQueued, "IN_RUNQ"}, {process::kRunning, "RUNNING"}, {process::kSuspended, "SUSPENDED"}, {process::kExiting, "EXITING"},
                         {process::kActive, "ACTIVE"}, {process::kSignals, "SIG_Q"}, {process::kDirty, "DIRTY_RUNNING"}, {process::kFree, "FREE"}}) {
    if (state & bit.mask) out += fmt::format(" | {}", bit.name);
  }
  return out;
}

}  // namespace

std::string process_text(Process& process, Reader reader) {
  std::string out = fmt::format("=proc:{}\nState: {}\n", pid_text(process.pid()), state_text(process));
  if (Term name = process.registered_name_.load(); !name.is_none()) out += fmt::format("Name: {}\n", to_text(name));
  out += fmt::format("Spawned as: {}\nSpawned by: {}\n", mfa_text(process.initial_call_), process.parent_.is_none() ? "[]" : to_text(process.parent_));
  if (is_elsewhere(process)) return out;
  const heap::Heap& heap = process.heap();
  const size_t old_words = static_cast<size_t>(heap.old_end_ - heap.old_start_);
  const bool is_read = reader == Reader::Person;
  out += fmt::format("Message queue length: {}\n", process.mailbox().count());
  if (is_read && process.mailbox().first()) out += "Message queue: [" + messages_text(process) + "]\n";
  out += fmt::format("Number of heap fragments: {}\nHeap fragment data: {}\n", heap.fragments_ ? 1 : 0, heap.fragment_words_);
  out += last_calls_text(process);
  if (std::string relations = relations_text(process); relations != "[]") out += "Link list: " + relations + "\n";
  if (is_read && process.dictionary_ && process.dictionary_->count() > 0) out += "Dictionary: [" + dictionary_text(process) + "]\n";
  out += fmt::format("Reductions: {}\nStack+heap: {}\nOldHeap: {}\nHeap unused: {}\nOldHeap unused: {}\n", process.reductions_done_, heap.block_words(), old_words,
                     heap.free_words(), heap.old_end_ - heap.old_top_);
  const uint64_t binary_words = heap.off_heap_bytes() / sizeof(Word), old_binary_words = heap.old_off_heap_.bytes / sizeof(Word), most = heap.binary_limit_ / sizeof(Word),
                 old_most = heap.old_binary_limit_ / sizeof(Word);
  auto unused = [](uint64_t used, uint64_t most) { return used < most ? most - used : 0; };
  out += fmt::format("BinVHeap: {}\nOldBinVHeap: {}\nBinVHeap unused: {}\nOldBinVHeap unused: {}\nMemory: {}\n", binary_words, old_binary_words, unused(binary_words, most),
                     unused(old_binary_words, old_most), sizeof(Process) + (heap.block_words() + old_words + heap.fragment_words_) * sizeof(Word));
  if (is_read) {
    std::string stack = engine::backtrace_text(process);
    stack.insert(stack.find('\n') + 1, fmt::format("arity = {}\n", process.live_));
    return out + "Stack dump:\n" + stack + "Internal State: " + internal_state_text(process) + "\n";
  }
  if (process.ip_) {
    const Mfa mfa = engine::current_function(process);
    out += fmt::format("Program counter: {:#018x} ({} + 0)\n", reinterpret_cast<uintptr_t>(process.ip_), mfa.module.is_none() ? "unknown function" : mfa_text(mfa));
  }
  return out + fmt::format("arity = {}\nInternal State: {}\n", process.live_, internal_state_text(process));
}

// OTP: nothing of what a sensitive process has.
void write_process_terms(DumpFile& file, Process& process, SharedTerms& shared) {
  if (is_elsewhere(process) || (process.trace_flags_ & process::trace_flag::kSensitive)) return;
  const std::string pid = pid_text(process.pid());
  Addresses<Word> own;
  TermLines terms(file, process.runtime(), shared, own);
  if (process.mailbox().first()) {
    file.write(fmt::format("=proc_messages:{}\n", pid));
    for (process::Signal* message = process.mailbox().first(); message; message = message->next) {
      file.write(terms.word(message->parcel.term) + ":" + (!message->token.is_pointer() ? "N" : terms.word(message->token)) + "\n");
    }
  }
  heap::FragmentAllocator pairs(64);
  if (process.dictionary_ && process.dictionary_->count() > 0) {
    file.write(fmt::format("=proc_dictionary:{}\n", pid));
    for (size_t i = 0; i < process.dictionary_->count(); ++i) {
      Term* place = pairs.allocate(3);
      place[0].raw = tuple_header(2);
      place[1] = process.dictionary_->key(i);
      place[2] = process.dictionary_->value(i);
      file.write(terms.word(Term::boxed(place)) + "\n");
    }
  }
  if (std::string stack = stack_text(process, terms); !stack.empty()) file.write(fmt::format("=proc_stack:{}\n", pid) + stack);
  file.write(fmt::format("=proc_heap:{}\n", pid));
  terms.write();
}

}  // namespace athanor::machine
