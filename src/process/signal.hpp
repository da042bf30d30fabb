// SPDX-License-Identifier: Apache-2.0
// Signals: everything one process does to another. Pushed to the receiver's mailbox without a lock; a message waits
// for `receive`, any other signal is handled by the receiver's owner when it fetches (see mailbox.hpp). Signals of one
// sender to one receiver keep their order.
#pragma once

#include <atomic>
#include <cstdint>

#include "heap/copy.hpp"
#include "term/term.hpp"

namespace athanor::process {

class Process;

// Kind, what it carries in `parcel` / `from` / `reference`.
#define ATH_SIGNALS(X)                                                                                            \
  X(Message)          /* parcel: the message */                                                                   \
  X(AliasMessage)     /* parcel: the message; reference: the alias, dropped if no longer active */                \
  X(Exit)             /* parcel: reason; from: who; number: ExitOrigin; reference[0] as Link */                    \
  X(Link)             /* from: who linked; number: kNewLink or 0; of another node: reference[0] says by which connection it came */ \
  X(Unlink)           /* from; number: unlink id, answered by UnlinkAck; reference[0] as Link */                   \
  X(UnlinkAck)        /* from; number; reference[0] as Link */                                                     \
  X(Monitor)          /* from: watcher pid; reference; parcel: name term or none (watched by name) */             \
  X(Demonitor)        /* from; reference */                                                                       \
  X(MonitorDown)      /* from: watched; reference; parcel: reason */                                              \
  X(GroupLeader)      /* parcel: new leader */                                                                    \
  X(IsAlive)          /* from: asker; reference: answered by message {Ref, Bool} */                               \
  X(ProcessInfo)      /* from: asker; reference; parcel: item list; answered by {Ref, Result} */                  \
  X(Suspend)          /* from; reference or none */                                                               \
  X(Resume)           /* from */                                                                                  \
  X(SystemTask)       /* from: asker; parcel: {Type, RequestId, Arg}; runs by priority: garbage_collect, check_process_code, copy_literals */ \
  X(Rpc)              /* callback: run on the owner's thread (internal requests) */                               \
  X(TraceFlags)       /* parcel: change of trace flags */                                                         \
  X(Timeout)          /* a receive timer fired; number: its generation */                                         \
  X(Mark)             /* from the receiver itself: here stands its receive marker `number` */

enum class SignalKind : uint8_t {
#define X(name) name,
  ATH_SIGNALS(X)
#undef X
};

constexpr uint64_t kNewLink = 1;   // the sender had none before, not even one being unlinked

enum class ExitOrigin : uint8_t { Link, ExitBif, Kill };

struct Signal {
  Signal* next = nullptr;          // in the mailbox
  SignalKind kind = SignalKind::Message;
  uint64_t number = 0;
  heap::Parcel parcel;
  Term from;                       // pid or port; immediate (an external pid travels in the parcel's fragments)
  uint64_t reference[3] = {0, 0, 0};   // reference_words of a reference of the watcher's node; local: [2] != 0 for aliases (pid word)
  // seq_trace token, in parcel.fragments. Of a message without: none() or [] ends the receiver's, undefined leaves it alone.
  Term token;
  void (*callback)(Process& self, Signal& signal) = nullptr;

  static Signal* create(SignalKind kind);
  static void destroy(Signal* signal);   // with its parcel
};

}  // namespace athanor::process
