// SPDX-License-Identifier: Apache-2.0
// An open socket of the socket module, behind a magic reference: its descriptor, who owns it, who waits for it, what it counted.
//
//   read side  (bind, listen, accept, recv…)        write side (connect, send…)
//   mutex ─ state, role, current, queue, counters    likewise; where both are wanted, read comes first
//     └ question_mutex ─ armed                         and is all that the poller's thread takes
//
// Of those that wait on a side one is *current*: its readiness is asked of the poller (armed), and it is sent the select message.
// The others queue behind it; each becomes current, and is asked for, when the one before is done. Whether they receive, accept,
// send or connect is the side's role: the side serves one of the two at a time.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "heap/copy.hpp"
#include "process/process.hpp"

namespace athanor::io::socket {

class Sockets;

enum StateBit : uint32_t {
  kBound = 1, kListening = 2, kAccepting = 4, kConnecting = 8, kConnected = 16, kSelected = 32, kClosing = 64, kClosed = 128,
};
enum class Role : uint8_t { None, Receive, Accept, Send, Connect };

// A process that waits, with the reference it wants back.
struct Waiter {
  Term pid;
  heap::Parcel reference;
};

struct Side {
  std::mutex mutex;
  uint32_t state = 0;                 // StateBits
  Role role = Role::None;
  Waiter current;                     // pid none: nobody. Changed with both mutexes held
  std::vector<Waiter> queue;
  std::mutex question_mutex;
  bool armed = false;                 // the poller has been asked for `current`, and has not answered
  bool is_open() const { return (state & (kClosing | kClosed)) == 0; }
  size_t waiting(Role of) const { return role == of && !current.pid.is_none() ? 1 + queue.size() : 0; }
};

struct TransferCounters {
  uint64_t bytes = 0, fails = 0, packages = 0, largest_package = 0, tries = 0, waits = 0;
  uint64_t package = 0;               // bytes of the one under way
  void finish_package() {
    if (package > largest_package) largest_package = package;
    package = 0;
  }
};
struct AcceptCounters { uint64_t successes = 0, fails = 0, tries = 0, waits = 0; };
struct SendfileCounters { uint64_t calls = 0, bytes = 0, fails = 0, largest = 0, packages = 0, largest_package = 0, tries = 0, waits = 0, sent = 0; };

class Socket final : public MagicObject {
 public:
  Socket(std::shared_ptr<Sockets> sockets, int descriptor, int domain, int type, int protocol);
  ~Socket() override;

  // --- turns; the side's mutex held ---
  enum class Turn : uint8_t { Ours, Queued, Repeated };
  // Ours: nobody waits, or this process does, or it asks without waiting (`reference` an atom). Repeated: it is queued already.
  Turn take_turn(Side& side, Term pid, Term reference);
  void become_current(Side& side, Role role, Term pid, Term reference);   // not asked for yet
  void ask(Side& side);                                    // the select message comes when the descriptor is ready
  void finish(Side& side);                                 // the current one is done; the next becomes current
  void fail(Side& side, Term reason);                      // the current one has failed; those behind it are told
  enum class Cancelled : uint8_t { Yes, MessageSent, NotFound };
  Cancelled cancel(Side& side, Term pid, Term reference);

  // --- the end; both mutexes held. Answers go out, the poller lets go. ---
  void stop();
  // After stop: the descriptor is given up. What is left to do without the mutexes is in the answer.
  struct Remains { int descriptor = -1, file = -1; bool was_open = false; };
  Remains give_up();
  int dispose(const Remains& remains);                     // no mutex held: 0 or an error number

  void process_exited(Term pid);
  Term reference(Allocator& heap);                         // as the one given out by open or accept

  // --- fixed when opened ---
  const std::shared_ptr<Sockets> sockets;
  const int domain, type, protocol;
  int original_descriptor = -1;                            // open(FD, …)
  bool close_on_close = true;
  uint64_t reference_words[2] = {0, 0};

  Side read, write;

  // --- both mutexes to write, either to read ---
  int descriptor;
  Term owner, closer;

  // --- read side ---
  TransferCounters received;
  AcceptCounters accepted;
  size_t receive_bytes = kReceiveBytes, receive_control_bytes = kControlBytes;
  unsigned receive_count = 0, receive_counted = 0;         // {otp, rcvbuf}: how many full buffers make a package

  // --- write side ---
  TransferCounters sent;
  std::unique_ptr<SendfileCounters> sendfile;              // when first used
  int sendfile_descriptor = -1;
  size_t send_control_bytes = kControlBytes;
  heap::Parcel meta;                                       // {otp, meta}
  std::atomic<bool> debug{false}, wrap_messages{false}, use_registry{true};

  static constexpr size_t kReceiveBytes = 8192, kControlBytes = 1024;

 private:
  friend class Sockets;
  static void readable(void* socket, uint32_t ready);
  static void writable(void* socket, uint32_t ready);
  void answer(Side& side);
  void drop(Side& side, Term pid);
  void clear_current(Side& side);
  void abort_all(Side& side, Term reason);

  std::atomic<bool> polled_{false};   // the poller may call back: it holds a count
  std::vector<Term> watched_;         // processes whose end it is told; guarded by Sockets
};

}  // namespace athanor::io::socket
