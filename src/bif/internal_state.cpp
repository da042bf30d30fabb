// SPDX-License-Identifier: Apache-2.0
// erts_debug:get_internal_state/1 and set_internal_state/2: what OTP's own test suites ask of the machine. Only states that this
// machine has; the others are badarg.
#include <string_view>

#include "base/epoch.hpp"
#include "bif/bif.hpp"
#include "bif/magic.hpp"
#include "bif/process_items.hpp"
#include "bif/processor_info.hpp"
#include "code/code_server.hpp"
#include "os/clock.hpp"
#include "process/executor.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#include "sched/scheduling.hpp"
#include "term/context.hpp"
#include "term/hash.hpp"
#include "term/print.hpp"
#define ATH_FAMILY "bif/internal_state.def"
#include "bif/declare.inc"

namespace athanor::bif::erts_debug {
namespace {

sched::SystemSettings& settings_of(Process& self) { return self.runtime().scheduling->settings; }

void tell_access(Process& self) {
  std::string text = "Process " + to_text(self.pid()) +
                     " enabled access to the emulator internal state.\nNOTE: This is an erts internal test feature and should *only* be "
                     "used by OTP test-suites.\n";
  const Term arguments = cons(self.heap(), latin1_list(self.heap(), text), Term::nil());
  process::log_event(self.runtime(), atoms::warning, "~s", arguments, self.group_leader_, self.pid());
}

// OTP: natives that yield there count loops; here they charge reductions, so the number is kept and told, no more.
BifResult set_loop_limit(Process& self, std::atomic<int64_t>& limit, Term value) {
  int64_t count = sched::SystemSettings::kDefaultLoopLimit;
  if (value != atoms::default_ && (!integer::to_int64(value, count) || count <= 0)) return self.badarg();
  return integer::from_int64(self.heap(), limit.exchange(count));
}

// {heap_binary, Bytes, Bytes} or {refc_binary, Bytes, {binary, Bytes of the whole}, Flags}.
BifResult binary_info(Process& self, Term value) {
  if (!athanor::binary::is_binary(value)) return self.badarg();
  auto whole = [&](uint64_t number) { return integer::from_uint64(self.heap(), number); };
  const Term* box = value.pointer();
  const bool is_part = boxed_kind(value) == BoxedKind::SubBinary;
  const Term size = whole(box[1].raw);
  if (is_part) box = box[4].pointer();
  if (header_kind(box[0].raw) == BoxedKind::HeapBinary) return make_tuple(self.heap(), intern("heap_binary"), size, size);
  return make_tuple(self.heap(), intern("refc_binary"), size, make_tuple(self.heap(), atoms::binary, whole(box[1].raw)), Term::small(is_part ? 0 : static_cast<int64_t>(box[5].raw & 3)));
}

// Goes with the last of what was retired before it.
struct Retired final : MagicObject {
  std::atomic<bool> gone{false};
};

}  // namespace

BifResult ath_wait_retired_1(Process& self, const Term* args) {
  auto* marker = magic_as<Retired>(args[0]);
  if (!marker) return self.badarg();
  if (marker->gone.load(std::memory_order_acquire)) return atoms::ok;
  self.runtime().epochs->collect();
  return self.yield({args[0]});
}

// Nothing else of the machine runs for so long; dirty, as a scheduler cannot hold itself.
BifResult ath_block_1(Process& self, const Term* args) {
  int64_t milliseconds;
  if (!integer::to_int64(args[0], milliseconds) || milliseconds < 0) return self.badarg();
  sched::Scheduling& scheduling = *self.runtime().scheduling;
  scheduling.pause();
  os::sleep_ms(milliseconds);
  scheduling.resume();
  return atoms::true_;
}

BifResult set_internal_state_2(Process& self, const Term* args) {
  sched::SystemSettings& settings = settings_of(self);
  if (is_named(args[0], "available_internal_state") && (args[1] == atoms::true_ || args[1] == atoms::false_)) {
    const bool on = args[1] == atoms::true_;
    const bool before = settings.internal_state_available.exchange(on);
    if (on) tell_access(self);
    return boolean(before);
  }
  if (!settings.internal_state_available.load()) return self.error(atoms::undef);
  int64_t number;
  if (is_named(args[0], "reds_left") && integer::to_int64(args[1], number)) {
    if (number >= 0 && number <= process::kReductionsPerSlice) self.reductions_left_ = number;
    return atoms::true_;
  }
  if (is_named(args[0], "force_gc")) return self.trap(self.runtime().code->export_of(atoms::erlang, atoms::garbage_collect, 1), {args[1]});
  if (is_named(args[0], "sleep") && integer::to_int64(args[1], number)) {
    os::sleep_ms(number);
    return atoms::true_;
  }
  if (is_named(args[0], "block")) return self.trap(self.runtime().code->export_of(atoms::erts_debug, intern("ath_block"), 1), {args[1]});
  if (is_named(args[0], "test_long_gc_sleep") && integer::to_int64(args[1], number) && number >= 0 && number <= UINT32_MAX) {
    self.runtime().test_gc_sleep_ms.store(static_cast<uint32_t>(number), std::memory_order_relaxed);
    return atoms::true_;
  }
  if (is_named(args[0], "binary_loop_limit")) return set_loop_limit(self, settings.binary_loop_limit, args[1]);
  if (is_named(args[0], "re_loop_limit")) return set_loop_limit(self, settings.re_loop_limit, args[1]);
  if (is_named(args[0], "unicode_loop_limit")) return set_loop_limit(self, settings.unicode_loop_limit, args[1]);
  if (is_named(args[0], "ets_force_trap")) return atoms::notsup;
  // OTP: hints about the shape of a contention adapting tree, which tables here do not have.
  if ((is_named(args[0], "ets_force_split") || is_named(args[0], "ets_debug_random_split_join")) && is_tuple_of(args[1], 2)) return atoms::ok;
  if (is_named(args[0], "mbuf")) return args[1];
  if (is_named(args[0], "fill_heap")) {   // with what nobody refers to: whatever is built next asks for a collection
    if (const size_t free = self.heap().free_words(); free > Allocator::kReserveWords) {
      const size_t words = free - Allocator::kReserveWords;
      Term* place = self.allocate(words);
      place[0].raw = tuple_header(words - 1);
      for (size_t i = 1; i < words; ++i) place[i] = Term::nil();
    }
    return atoms::true_;
  }
  if (is_named(args[0], "wait") && (is_named(args[1], "deallocations") || is_named(args[1], "thread_progress") ||
                                    is_named(args[1], "aux_work") || is_named(args[1], "timer_cancellations"))) {
    auto* marker = new Retired;
    const Term reference = make_magic_reference(self, marker);
    self.runtime().epochs->retire(marker, [](void* object) {
      auto* retired = static_cast<Retired*>(object);
      retired->gone.store(true, std::memory_order_release);
      retired->release();
    });
    return self.trap(self.runtime().code->export_of(atoms::erts_debug, intern("ath_wait_retired"), 1), {reference});
  }
  return self.badarg();
}

BifResult get_internal_state_1(Process& self, const Term* args) {
  if (!settings_of(self).internal_state_available.load()) return self.error(atoms::undef);
  const Term key = args[0];
  if (is_named(key, "available_internal_state")) return atoms::true_;
  if (is_named(key, "reds_left")) return Term::small(std::max<int64_t>(self.reductions_left_, 0));
  if (is_named(key, "force_heap_frags") || is_named(key, "scheduler_dump")) return atoms::false_;
  if (is_tuple_of(key, 2) && is_named(tuple_element(key, 0), "internal_hash")) {   // what places a key in a hashed map
    return integer::from_uint64(self.heap(), map_hash(tuple_element(key, 1), 0));
  }
  if (is_named(key, "persistent_term")) {
    const process::NativeRow* table = self.runtime().code->native(atoms::persistent_term, intern("ath_table"), 0);
    return table ? table->function(self, nullptr) : self.error(atoms::notsup);
  }
  if (is_tuple_of(key, 2) && is_named(tuple_element(key, 0), "binary_info")) return binary_info(self, tuple_element(key, 1));
  if (is_tuple_of(key, 2) && is_named(tuple_element(key, 0), "atom")) {   // the atom of this number, as those of a program's own are told apart
    const Term index = tuple_element(key, 1);
    const AtomTable& atoms = *self.runtime().terms.atoms;
    if (index.is_small() && index.small_value() >= 0 && static_cast<uint64_t>(index.small_value()) < atoms.count()) {
      return Term::atom(static_cast<uint32_t>(index.small_value()));
    }
  }
  if (is_named(key, "process_info_args")) return process_info_items(self.heap());
  if (is_tuple_of(key, 2) && is_named(tuple_element(key, 0), "process_status") && tuple_element(key, 1).is_local_pid()) {
    Process* process = self.runtime().processes->find(tuple_element(key, 1));
    return process ? process_status(*process, process == &self) : atoms::undefined;
  }
  if (is_named(key, "flxctr_memory_usage")) return atoms::notsup;
  // How often schedulers looked whether the work is spread evenly.
  if (is_named(key, "nbalance")) return integer::from_uint64(self.heap(), self.runtime().scheduling->balance_rounds());
  if (is_tuple_of(key, 3) && is_named(tuple_element(key, 0), "check_time_config")) return atoms::true_;   // every time warp mode goes with and without correction
  if (is_tuple_of(key, 2) && is_named(tuple_element(key, 0), "fake_scheduler_bindings")) return planned_bindings(self, tuple_element(key, 1));
  if (is_named(key, "check_io_debug")) {
    const process::NativeRow* check = self.runtime().code->native(atoms::erts_debug, intern("ath_check_io"), 0);
    return check ? check->function(self, nullptr) : self.error(atoms::notsup);
  }
  const process::NativeRow* distribution = self.runtime().code->native(atoms::erts_debug, intern("ath_dist_state"), 1);
  return distribution ? distribution->function(self, args) : self.badarg();
}

}  // namespace athanor::bif::erts_debug
