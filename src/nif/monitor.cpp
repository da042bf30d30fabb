// SPDX-License-Identifier: Apache-2.0
#include "nif/monitor.hpp"

#include <cstring>

#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/signal.hpp"
#include "term/atom_table.hpp"

namespace athanor::nif {

namespace {

static_assert(sizeof(ErlNifMonitor) >= 2 * sizeof(uint64_t));
void write_monitor(const uint64_t* reference, ErlNifMonitor* into) {
  std::memset(into, 0, sizeof *into);
  std::memcpy(into->data, reference, 2 * sizeof(uint64_t));
}
void read_monitor(const ErlNifMonitor* from, uint64_t reference[3]) {
  std::memcpy(reference, from->data, 2 * sizeof(uint64_t));
  reference[2] = 0;
}

void send(process::Runtime& runtime, process::SignalKind kind, const uint64_t* reference, Term to, bool* delivered = nullptr) {
  process::Signal* signal = process::Signal::create(kind);
  signal->from = kObjectWatcher;
  for (int i = 0; i < 2; ++i) signal->reference[i] = reference[i];
  const bool sent = process::deliver(runtime, to, signal);
  if (delivered) *delivered = sent;
}

}  // namespace

void end_monitors(Resource& resource) {
  process::Runtime& runtime = resource.runtime();
  const auto taken = resource.host().resources->take_monitors(resource);
  if (taken.empty()) return;
  const Inside inside(runtime);
  if (inside.is_refused()) return;
  for (const auto& [reference, pid] : taken) send(runtime, process::SignalKind::Demonitor, reference.words, pid);
}

// The monitored process has ended. Runs on the thread that ended it.
bool Host::deliver(Term to, process::Signal* signal) {
  if (to != kObjectWatcher || signal->kind != process::SignalKind::MonitorDown) {
    process::Signal::destroy(signal);
    return false;
  }
  LiveResources::Monitor monitor;
  if (resources->take_monitor(signal->reference, nullptr, monitor)) {
    Resource& resource = *monitor.resource;
    const ResourceTypes::Callbacks callbacks = types->callbacks(resource.type());
    if (callbacks.down) {
      OwnEnv env(EnvKind::Callback, runtime, callbacks.library);
      ErlNifPid pid{raw_of(monitor.pid)};
      ErlNifMonitor given;
      write_monitor(signal->reference, &given);
      callbacks.down(&env, resource.data(), &pid, &given);
      env.clear();
    }
    callbacks.release();
    resource.release();
  }
  process::Signal::destroy(signal);
  return true;
}

}  // namespace athanor::nif

using namespace athanor;
using namespace athanor::nif;

// 0: monitors; above 0: no such process; below: the type has no down callback.
int enif_monitor_process(ErlNifEnv*, void* object, const ErlNifPid* target, ErlNifMonitor* monitor) {
  Resource* resource = Resource::of(object, __func__);
  process::Runtime& runtime = resource->runtime();
  Entry entry(runtime);
  if (!resource->type().down) return -1;
  const Term pid = term_of(target->pid);
  const Inside inside(runtime);
  if (!pid.is_local_pid() || inside.is_refused()) return 1;
  uint64_t reference[3];
  heap::FragmentAllocator heap(kReferenceWords);
  process::reference_words(process::make_reference(runtime, heap), reference);
  LiveResources& resources = *resource->host().resources;
  resources.add_monitor(reference, {resource, pid});
  bool delivered;
  send(runtime, process::SignalKind::Monitor, reference, pid, &delivered);
  if (!delivered) {
    LiveResources::Monitor taken;
    resources.take_monitor(reference, resource, taken);
    return 1;
  }
  if (monitor) write_monitor(reference, monitor);
  return 0;
}

int enif_demonitor_process(ErlNifEnv*, void* object, const ErlNifMonitor* monitor) {
  Resource* resource = Resource::of(object, __func__);
  process::Runtime& runtime = resource->runtime();
  Entry entry(runtime);
  uint64_t reference[3];
  read_monitor(monitor, reference);
  LiveResources::Monitor taken;
  if (!resource->host().resources->take_monitor(reference, resource, taken)) return 1;
  const Inside inside(runtime);
  if (!inside.is_refused()) send(runtime, process::SignalKind::Demonitor, reference, taken.pid);
  return 0;
}

int enif_compare_monitors(const ErlNifMonitor* a, const ErlNifMonitor* b) { return std::memcmp(a->data, b->data, sizeof a->data); }

ERL_NIF_TERM enif_make_monitor_term(ErlNifEnv* env, const ErlNifMonitor* monitor) {
  check(env, __func__);
  uint64_t reference[3];
  read_monitor(monitor, reference);
  return raw_of(process::reference_from_words(*env->heap, reference));
}
