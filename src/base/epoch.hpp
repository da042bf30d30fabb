// SPDX-License-Identifier: Apache-2.0
// Epoch-based reclamation: memory that readers may still look at is retired and freed when every participating thread has
// passed a quiescent point. One Epochs a machine.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

namespace athanor::base {

class Epochs {
 public:
  // One per thread that reads shared structures.
  struct Participant {
    std::atomic<uint64_t> seen{0};     // epoch last seen; 0: outside (asleep)
    bool in_use = false;
  };
  Epochs();
  ~Epochs();                           // frees everything retired
  Participant* join();                 // thread starts to take part (outside)
  void leave(Participant* participant);
  void enter(Participant* p);          // from now on what it reads stays
  void exit(Participant* p);           // goes to sleep / leaves the machine
  static bool is_inside(const Participant* p) { return p->seen.load(std::memory_order_relaxed) != 0; }   // p's own thread
  void quiescent(Participant* p);      // holds no pointers right now
  void retire(void* object, void (*destroy)(void*));   // any thread
  // Frees what is safe. Called now and then by schedulers.
  void collect();

 private:
  struct Retired { void* object; void (*destroy)(void*); uint64_t epoch; };
  std::atomic<uint64_t> epoch_{1};
  std::mutex mutex_;
  std::vector<Participant*> participants_;
  std::vector<Retired> retired_;
};

}  // namespace athanor::base
