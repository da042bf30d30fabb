// SPDX-License-Identifier: Apache-2.0
// enif_select: descriptors whose readiness becomes a message. One entry a descriptor, tied to a resource until ERL_NIF_SELECT_STOP.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

#include "heap/copy.hpp"
#include "nif/resource.hpp"

namespace athanor::nif {

class Selections {
 public:
  explicit Selections(Host& host) : host_(host), runtime_(host.runtime) {}
  ~Selections() { stop(); }
  struct Wish {
    Term to;                           // none(): no wish
    heap::Parcel message;
  };
  // Flags of enif_select's result.
  int select(int descriptor, unsigned flags, Resource& resource, Term to, Term message, Env* message_env, bool is_custom);
  int cancel(int descriptor, unsigned flags);
  int stop_select(int descriptor, Resource& resource);
  size_t count() {
    std::lock_guard lock(mutex_);
    return entries_.size();
  }
  void stop();                         // forgets all; the poller has ended

 private:
  struct Entry {
    Selections* all;
    int descriptor;
    Resource* resource;                // with a count
    Wish wishes[3];                    // read, write, error
  };
  void ready(Entry& entry, uint32_t what);
  static void discard(Entry& entry);
  Host& host_;
  process::Runtime& runtime_;
  std::mutex mutex_;
  std::unordered_map<int, std::unique_ptr<Entry>> entries_;
};

}  // namespace athanor::nif
