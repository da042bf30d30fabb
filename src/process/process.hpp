// SPDX-License-Identifier: Apache-2.0
// Process: identity, heap and stack, mailbox, relations. Everything but `state_` and the outer mailbox is touched only by the
// thread that runs it. Kept small: an idle one costs at most 1 KiB with its heap; what few processes need is in `Extra`.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "heap/collector/collector.hpp"
#include "heap/heap.hpp"
#include "process/bif_result.hpp"
#include "process/exit_work.hpp"
#include "process/mailbox.hpp"
#include "process/runtime.hpp"
#include "process/saved_calls.hpp"

namespace athanor::code { class Export; }

namespace athanor::process {

// Bits of Process::state_ (atomic, any thread).
enum StateBit : uint32_t {
  kRunning = 1 << 0,        // a thread owns it
  kQueued = 1 << 1,         // in a run queue
  kActive = 1 << 2,         // has work: runnable, or will be again when it stops running
  kSignals = 1 << 3,        // signals to handle though it may not be runnable for receive
  kSuspended = 1 << 4,
  kExiting = 1 << 5,
  kFree = 1 << 6,           // gone from the table
  kDirty = 1 << 7,          // runs, or waits to run, in a dirty pool
  kPriorityShift = 8,       // two bits: 0 max, 1 high, 2 normal, 3 low
  kSystemProcess = 1 << 10,
  kSignalPriorityShift = 11,  // two bits: 3 less the priority at which waiting signals want to be handled; 0: none
  kDirtySignals = 1 << 13,    // another thread handles its signals while it runs dirty
};
enum class Priority : uint8_t { Max, High, Normal, Low };

enum class Class : uint8_t { Error, Exit, Throw };

// What a BIF asks for when it gives no value.
enum class Pending : uint8_t {
  None,
  Raise,    // exception_ is set
  Trap,     // continue by calling trap_target with trap_args (x0..): a call in tail position of the BIF
  Yield,    // call the same BIF again with trap_args after giving up the slice
  Wait,     // call the same BIF again with trap_args when a signal or message arrives
  Exit,     // the process ends now (exception_.value is the reason), no catch sees it
  Room,     // collect so that room_wanted_ words are free, then call the same BIF again with trap_args, at once
  Breakpoint,   // a breakpoint sits on the BIF's entry: call it there, with the arguments as they are
};

// A collection that a built-in asked for; the engine does it at the built-in's end.
enum class CollectWanted : uint8_t { No, Literals, Minor, Full };   // Literals: process/literals.hpp

struct Exception {
  Class klass = Class::Error;
  Term value;                 // reason
  Term trace;                 // raw stack trace: list of {M,F,A|Args,Location} as built by engine, or nil/none
  Term error_info_cause;      // none, or the `cause` for error_info
  Term error_info;            // error/3: the whole error_info map, or none
  Term first_item;            // a whole first item for the trace (undef), or none
  bool by_program = false;    // erlang:error/1 and its kin: the built-in itself is no item of the trace
  bool has_arguments = false; // error/2: args given in `arguments`
  Term arguments;
  bool trace_given = false;   // raise/3: trace is the whole trace
};

class Continuation;  // process/continuation.hpp
class Links;      // process/links.hpp
class Monitors;   // process/monitors.hpp
class Dictionary; // process/dictionary.hpp

// Rare things, made when first needed.
struct Extra {
  MaxHeap max_heap;
  uint32_t min_binary_heap_words = 0;  // 0: the machine's
  bool off_heap_messages = false;
  bool monitors_nodes = false;         // dist/ has something noted for it
  bool carries_node = false;           // it is the controller of a connection to a node
  Term seq_token;                      // root; none or {Flags, Label, Serial, From, Last}
  uint64_t seq_clock = 0, seq_last = 0;   // serial numbers of the sequential trace
  Term tracer;                         // root; with trace flags: pid, port, or a small integer that trace/ knows
  std::unique_ptr<SavedCalls> saved_calls;   // while the flag kSavesCalls is set
  uint32_t fullsweep_after = 0; bool fullsweep_set = false;
  std::atomic<uint32_t> suspend_count{0};
  void* suspending = nullptr;          // bookkeeping of suspend_process/2
  uint64_t timers = 0;                 // head of this process's timers, owned by Timers
  void* trace = nullptr;               // trace/: call_time's clock
  void* tables = nullptr;              // ETS tables owned, heirs and fixations: ets/
  void* copy_requests = nullptr;       // process/literals.cpp
  void* delayed_exit = nullptr;
  std::unique_ptr<ExitWork> exit_work;  // of its end
};

class Process final : public heap::RootSource {
 public:
  Process(Runtime& runtime, Term pid);
  ~Process();

  Runtime& runtime() const { return *runtime_; }
  Term pid() const { return pid_; }
  heap::Heap& heap() { return heap_; }
  Term* allocate(size_t words) { return heap_.allocate(words); }
  Mailbox& mailbox() { return mailbox_; }

  // --- what a BIF returns when it has no value ---
  BifResult raise(Class klass, Term value);
  BifResult badarg();                       // error:badarg; error_info is added by the engine
  BifResult badarg_because(Term cause);     // with `cause` in error_info
  BifResult badarith();
  BifResult system_limit();
  BifResult error(Term value) { return raise(Class::Error, value); }
  BifResult badmap(Term map);               // error:{badmap, Map}
  BifResult badkey(Term key);               // error:{badkey, Key}
  BifResult exit_now(Term reason);          // Pending::Exit
  BifResult trap(code::Export* target, std::initializer_list<Term> args);
  BifResult yield(std::initializer_list<Term> args);
  BifResult wait(std::initializer_list<Term> args);
  bool has_room(size_t words) const { return heap_.free_words() >= words + Allocator::kReserveWords; }
  // Ends the slice in the middle of a built-in of these arguments; called again it finds what it kept in take_continuation().
  BifResult suspend(std::unique_ptr<Continuation> continuation, const Term* args, uint32_t arity);
  // Null on a built-in's first call. Afterwards what it kept: none but the built-in that kept it is called next.
  template <class T>
  std::unique_ptr<T> take_continuation() {
    T* kept = continuation_ ? dynamic_cast<T*>(continuation_) : nullptr;
    ATH_ASSERT(!continuation_ || kept != nullptr);
    continuation_ = nullptr;
    return std::unique_ptr<T>(kept);
  }

  // Charges a long BIF's work. True when the slice is used up: yield soon.
  bool charge(uint64_t reductions) { reductions_left_ -= static_cast<int64_t>(reductions); return reductions_left_ <= 0; }

  // Fragments that a signal brought become part of the heap: at once, or, while a native builds on it on another thread, at its end.
  void adopt(heap::Fragment* fragments);

  void visit_roots(heap::RootVisitor& visitor) override;  // dictionary, messages in the inner queue, saved registers, exception, extras
  void before_collection() override;        // the message under the receive cursor becomes part of the heap
  void release_memory();                    // at exit: messages, heap, tables of its own
  Extra& extra();                           // makes it
  Extra* extra_if_any() const { return extra_.get(); }

  Priority priority() const { return static_cast<Priority>((state_.load(std::memory_order_relaxed) >> kPriorityShift) & 3); }

  // --- fields, owner only unless said ---
  std::atomic<uint32_t> state_{0};          // any thread; see StateBit
  Term pid_;
  Runtime* runtime_;
  heap::Heap heap_;
  Mailbox mailbox_;

  // Continuation: where the engine goes on. `ip_` is a code address (engine/frame.hpp); saved_[0..live_) are x registers.
  const Word* ip_ = nullptr;
  Term* saved_ = saved_inline_;             // grows to a heap array for more than kSavedInline
  static constexpr uint32_t kSavedInline = 6;
  Term saved_inline_[kSavedInline];
  uint16_t live_ = 0;
  uint16_t saved_capacity_ = kSavedInline;
  Pending pending_ = Pending::None;
  bool trap_exit_ = false;
  bool hibernated_ = false;
  bool dirty_done_ = false;                 // a dirty job has ended: saved_[0] or pending_ hold its answer
  bool dirty_waits_ = false;                // dirty_job_ waits for the system rather than computes
  bool has_left_ = false;                   // ends, and has given up its name and what it owned
  CollectWanted collect_wanted_ = CollectWanted::No;
  bool is_matching_ = false;                // in a receive, registers may hold parts of the message under the cursor (the engine's)
  bool code_is_due_ = false;                // signals are handled, and its code is to run after them: for who asks for its status
  bool heap_messages_ = false;              // a queued message has its term on this heap: the queue is a root
  uint8_t timer_state_ = 0;                 // receive timer: 0 none, 1 set, 2 fired, 3 infinity
  uint32_t catches_ = 0;                    // catch marks on the stack
  uint32_t trace_flags_ = 0;                // trace_flag::k… (tracing.hpp); 0: nothing of it is traced
  uint32_t timer_generation_ = 0;
  uint32_t room_wanted_ = 0;                // words, with Pending::Room
  int64_t reductions_left_ = 0;             // in this slice
  uint64_t reductions_done_ = 0;            // before this slice
  code::Export* trap_target_ = nullptr;
  Exception* exception_ = nullptr;          // made when first raised; freed at exit
  Exception& exception();

  Term exit_reason_;                        // root; set with kExiting
  Term group_leader_;                       // root when boxed (external)
  Term parent_;                             // likewise; none() of the first
  std::atomic<Term> registered_name_{Term::none()};   // atom or none; any thread (see registry.cpp)
  Mfa initial_call_;
  Term error_handler_;                      // module; default error_handler
  Dictionary* dictionary_ = nullptr;
  Links* links_ = nullptr;
  Monitors* monitors_ = nullptr;            // both directions, aliases
  std::unique_ptr<Extra> extra_;
  Process* queue_next_ = nullptr;           // run queue
  uint64_t receive_timer_ = 0;              // handle in Timers
  void* dirty_job_ = nullptr;               // pending native while kDirty
  heap::Fragment* late_fragments_ = nullptr;   // adopted when the dirty job ends; written under kDirtySignals
  Continuation* continuation_ = nullptr;    // of the built-in that gave up its slice; no collection while it is there
  uint16_t home_scheduler_ = 0;             // where it ran last
  uint16_t bound_scheduler_ = 0;            // the only one that it may run on (process_flag(scheduler, _)); 0: any
  bool used_slice_up_ = false;              // when it was last queued; guarded by the run queue
};

}  // namespace athanor::process
