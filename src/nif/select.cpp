// SPDX-License-Identifier: Apache-2.0
#include "nif/select.hpp"

#include <climits>
#include <fcntl.h>

#include "bif/bif.hpp"
#include "process/send.hpp"
#include "sched/scheduling.hpp"
#include "sched/thread_kind.hpp"
#include "term/atom_table.hpp"

namespace athanor::nif {

namespace {

constexpr unsigned kFlags[3] = {ERL_NIF_SELECT_READ, ERL_NIF_SELECT_WRITE, ERL_NIF_SELECT_ERROR};
constexpr int kCancelled[3] = {ERL_NIF_SELECT_READ_CANCELLED, ERL_NIF_SELECT_WRITE_CANCELLED, ERL_NIF_SELECT_ERROR_CANCELLED};
constexpr uint32_t kInterests[3] = {sched::Scheduling::kReadable, sched::Scheduling::kWritable, sched::kPollError};
constexpr const char* kEvents[3] = {"ready_input", "ready_output", "ready_error"};

// {select, Resource, Ref, ready_input | ready_output | ready_error}
heap::Parcel select_message(process::Runtime& runtime, Resource& resource, Term reference, Term event) {
  heap::FragmentAllocator heap(5 + kMagicReferenceWords + kAliasReferenceWords);
  const Term object = resource.make_reference(heap);
  const Term copied = heap::copy(reference, heap, nullptr);   // it may wait for long: no literals of code that is purged meanwhile
  const Term message = bif::make_tuple(heap, atoms::select, object, copied, event);
  return {message, heap.take()};
}

// Messages that nobody is to get any more: freed when the lock is given up, as the destructor of a resource inside may come back here.
class Dropped {
 public:
  ~Dropped() {
    for (heap::Parcel& message : messages_) heap::discard(message);
  }
  void replace(Selections::Wish& wish, Term to, heap::Parcel message) {
    if (wish.message.fragments != nullptr) messages_.push_back(wish.message);
    wish = {to, message};
  }

 private:
  std::vector<heap::Parcel> messages_;
};

}  // namespace

int Selections::select(int descriptor, unsigned flags, Resource& resource, Term to, Term message, Env* message_env, bool is_custom) {
  if (descriptor < 0) return INT_MIN | ERL_NIF_SELECT_INVALID_EVENT;
  if (fcntl(descriptor, F_GETFD) < 0) return INT_MIN | ERL_NIF_SELECT_FAILED;
  heap::Parcel messages[3];
  int last = 2;
  while (last > 0 && !(flags & kFlags[last])) --last;
  for (int i = 0; i < 3; ++i) {
    if (!(flags & kFlags[i])) continue;
    if (!is_custom) messages[i] = select_message(runtime_, resource, message, intern(kEvents[i]));
    else if (message_env && i == last) messages[i] = {message, static_cast<OwnEnv*>(message_env)->take()};
    else messages[i] = heap::pack(message, nullptr);
  }
  Resource* stolen_from = nullptr;
  Dropped dropped;
  {
    std::lock_guard lock(mutex_);
    std::unique_ptr<Entry>& place = entries_[descriptor];
    if (!place) {
      place = std::make_unique<Entry>(Entry{this, descriptor, &resource, {}});
      resource.retain();
    } else if (place->resource != &resource) {
      // OTP: the descriptor was closed without ERL_NIF_SELECT_STOP and its number used again; who comes last has it.
      stolen_from = place->resource;
      place->resource = &resource;
      resource.retain();
      for (Wish& wish : place->wishes) dropped.replace(wish, Term::none(), {});
    }
    Entry* entry = place.get();
    for (int i = 0; i < 3; ++i) {
      if (flags & kFlags[i]) dropped.replace(entry->wishes[i], to, messages[i]);
    }
    // Under the lock: the poller is not told of an entry that ERL_NIF_SELECT_STOP on another thread has taken away meanwhile.
    for (int i = 0; i < 3; ++i) {
      if (!(flags & kFlags[i])) continue;
      constexpr void (*kCallbacks[3])(void*, uint32_t) = {
          [](void* raw, uint32_t) { auto* ready = static_cast<Entry*>(raw); ready->all->ready(*ready, 0); },
          [](void* raw, uint32_t) { auto* ready = static_cast<Entry*>(raw); ready->all->ready(*ready, 1); },
          [](void* raw, uint32_t) { auto* ready = static_cast<Entry*>(raw); ready->all->ready(*ready, 2); }};
      runtime_.scheduling->poll(descriptor, kInterests[i], kCallbacks[i], entry);
    }
  }
  if (stolen_from) stolen_from->release();
  return 0;
}

// On the poller's thread. The entry lives until stop_polling has returned.
void Selections::ready(Entry& entry, uint32_t what) {
  Wish wish;
  {
    std::lock_guard lock(mutex_);
    wish = entry.wishes[what];
    entry.wishes[what] = {};
  }
  if (!wish.to.is_none()) process::send_parcel(runtime_, wish.to, wish.message);
}

int Selections::cancel(int descriptor, unsigned flags) {
  if (descriptor < 0) return INT_MIN | ERL_NIF_SELECT_INVALID_EVENT;
  int result = 0;
  Dropped dropped;
  std::lock_guard lock(mutex_);
  auto found = entries_.find(descriptor);
  if (found == entries_.end()) return 0;
  for (int i = 0; i < 3; ++i) {
    Wish& wish = found->second->wishes[i];
    if (!(flags & kFlags[i]) || wish.to.is_none()) continue;
    dropped.replace(wish, Term::none(), {});
    result |= kCancelled[i];
  }
  return result;
}

void Selections::discard(Entry& entry) {
  Dropped dropped;
  for (Wish& wish : entry.wishes) dropped.replace(wish, Term::none(), {});
  entry.resource->release();
}

// After stop_polling nobody looks at the descriptor, so the library may close it in its callback.
int Selections::stop_select(int descriptor, Resource& resource) {
  if (descriptor < 0) return INT_MIN | ERL_NIF_SELECT_INVALID_EVENT;
  std::unique_ptr<Entry> entry;
  {
    std::lock_guard lock(mutex_);
    auto found = entries_.find(descriptor);
    if (found != entries_.end()) {
      entry = std::move(found->second);
      entries_.erase(found);
    }
  }
  int result = ERL_NIF_SELECT_STOP_CALLED;
  if (entry) {
    for (int i = 0; i < 3; ++i) {
      if (!entry->wishes[i].to.is_none()) result |= kCancelled[i];
    }
    runtime_.scheduling->stop_polling(descriptor);
  }
  const ResourceTypes::Callbacks callbacks = host_.types->callbacks(resource.type());
  if (callbacks.stop) {
    OwnEnv env(EnvKind::Callback, runtime_, callbacks.library);
    callbacks.stop(&env, resource.data(), descriptor, 1);
    env.clear();
  }
  callbacks.release();
  if (entry) discard(*entry);
  return result;
}

void Selections::stop() {
  std::unordered_map<int, std::unique_ptr<Entry>> rest;
  {
    std::lock_guard lock(mutex_);
    rest.swap(entries_);
  }
  for (auto& [descriptor, entry] : rest) discard(*entry);
}

}  // namespace athanor::nif

using namespace athanor::nif;

int enif_select_x(ErlNifEnv* env, ErlNifEvent event, enum ErlNifSelectFlags flags, void* object, const ErlNifPid* pid, ERL_NIF_TERM message, ErlNifEnv* message_env) {
  Resource* resource = Resource::of(object, __func__);
  athanor::process::Runtime& runtime = resource->runtime();
  Entry entry(runtime);
  Inside inside(runtime);
  Selections& all = *resource->host().selections;
  if (flags & ERL_NIF_SELECT_STOP) return all.stop_select(event, *resource);
  if (flags & ERL_NIF_SELECT_CANCEL) return all.cancel(event, flags);
  athanor::Term to;
  if (pid) to = term_of(pid->pid);
  else if (env && env->process) to = env->process->pid();
  if (!to.is_local_pid()) misuse(__func__, "there is no process to tell");
  return all.select(event, flags, *resource, to, term_of(message), message_env, flags & ERL_NIF_SELECT_CUSTOM_MSG);
}

int enif_select(ErlNifEnv* env, ErlNifEvent event, enum ErlNifSelectFlags flags, void* object, const ErlNifPid* pid, ERL_NIF_TERM reference) {
  return enif_select_x(env, event, flags, object, pid, reference, nullptr);
}
