// SPDX-License-Identifier: Apache-2.0
#include "nif/library.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>

#include "nif/exports.hpp"
#include "nif/resource.hpp"
#include "nif/select.hpp"
#include "sched/thread_kind.hpp"

namespace athanor::nif {

namespace {

// The one thing all machines of a program share: dlopen gives them the same library with the same static data.
struct Claims {
  struct Claim {
    void* base;
    process::Runtime* runtime;
    uint32_t count;
  };
  std::mutex mutex;
  std::condition_variable visitor_left;
  std::vector<Claim> claims;
  std::vector<Host*> hosts;
};
Claims& claims() {
  static Claims all;
  return all;
}

}  // namespace

bool claim_library(process::Runtime& runtime, void* base) {
  std::lock_guard lock(claims().mutex);
  for (Claims::Claim& claim : claims().claims) {
    if (claim.base != base) continue;
    if (claim.runtime != &runtime) return false;
    ++claim.count;
    return true;
  }
  claims().claims.push_back({base, &runtime, 1});
  return true;
}

void abandon_library(process::Runtime& runtime, void* base) {
  std::lock_guard lock(claims().mutex);
  std::erase_if(claims().claims, [&](Claims::Claim& claim) { return claim.base == base && claim.runtime == &runtime && --claim.count == 0; });
}

// With the lock.
static Host* find_host(const process::Runtime& runtime) {
  auto& hosts = claims().hosts;
  auto found = std::ranges::find_if(hosts, [&](const Host* host) { return &host->runtime == &runtime; });
  return found == hosts.end() ? nullptr : *found;
}

Host* host_of(const process::Runtime& runtime) {
  std::lock_guard lock(claims().mutex);
  return find_host(runtime);
}

Host* admit(const process::Runtime& runtime) {
  std::lock_guard lock(claims().mutex);
  Host* host = find_host(runtime);
  if (!host || host->is_ending.load(std::memory_order_relaxed)) return nullptr;
  ++host->visitors_;
  return host;
}

void Host::visitor_left() {
  std::lock_guard lock(claims().mutex);
  if (--visitors_ == 0 && is_ending.load(std::memory_order_relaxed)) claims().visitor_left.notify_all();
}

void Host::end() {
  std::unique_lock lock(claims().mutex);
  is_ending.store(true, std::memory_order_release);
  claims().visitor_left.wait(lock, [this] { return visitors_ == 0; });
}

void* base_of_library(void* address_in_it) {
  Dl_info info{};
  return dladdr(address_in_it, &info) ? info.dli_fbase : nullptr;
}

process::Runtime* machine_of_library_at(const void* address) {
  void* const base = base_of_library(const_cast<void*>(address));
  if (!base) return nullptr;
  std::lock_guard lock(claims().mutex);
  for (const Claims::Claim& claim : claims().claims) {
    if (claim.base == base) return claim.runtime;
  }
  return nullptr;
}

void NifRow::set(Library& owner, const code::Function& function, std::string name, unsigned own, unsigned first, NifFunction implementation, unsigned flags) {
  module_text = std::string(atom_text(owner.module));
  name_text = std::move(name);
  module = module_text.c_str();
  this->name = name_text.c_str();
  arity = static_cast<uint8_t>(own + first);
  own_arity = own;
  first_arity = first;
  kind = flags == ERL_NIF_DIRTY_JOB_CPU_BOUND ? process::BifKind::DirtyCpu : flags == ERL_NIF_DIRTY_JOB_IO_BOUND ? process::BifKind::DirtyIo : process::BifKind::Full;
  this->function = nullptr;              // `bound` is called
  first_release = 0;
  last_release = 999;
  is_nif = true;
  bound = call_nif;
  library = &owner;
  of = &function;
  nif = implementation;
  site = engine::CallSite{&function, 0};
  cell = engine::NativeCell{&site, engine::native_handler(*this), this};
}

Library::Library(Host& host, void* handle, const ErlNifEntry& given, code::ModuleCode& code)
    : host(host), runtime(host.runtime), handle(handle), base(base_of_library(const_cast<ErlNifEntry*>(&given))), entry{}, code(&code), module(code.module) {
  // Fields came with versions 2.1, 2.7, 2.12 and 2.14 of the interface.
  const auto at_least = [&](int minor) { return given.major > 2 || (given.major == 2 && given.minor >= minor); };
  std::memcpy(static_cast<void*>(&entry), &given, offsetof(ErlNifEntry, vm_variant));
  entry.vm_variant = at_least(1) ? given.vm_variant : "beam.vanilla";
  entry.options = at_least(7) ? given.options : 0;
  entry.sizeof_ErlNifResourceTypeInit = at_least(12) ? given.sizeof_ErlNifResourceTypeInit : 0;
  entry.min_erts = at_least(14) ? given.min_erts : "";
}

bool Library::retain_user_of_living() {
  uint32_t users = users_.load(std::memory_order_relaxed);
  while (users > 0) {
    if (users_.compare_exchange_weak(users, users + 1, std::memory_order_acquire, std::memory_order_relaxed)) return true;
  }
  return false;
}

// OTP: unload comes last, after the destructors of resources that outlive the generation.
void Library::release_user() {
  if (users_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  if (is_loaded && entry.unload) {
    OwnEnv env(EnvKind::Callback, runtime, this);
    entry.unload(&env, private_data);
    env.clear();
  }
  abandon_library(runtime, base);
  dlclose(handle);
  release();
}

void Library::purged() {
  Entry entry(runtime);
  host.forget(*this);
  code = nullptr;
  host.types->orphan(*this);
  release_user();
}

void Library::release() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

Host::Host(process::Runtime& runtime, const Joins& joins)
    : runtime(runtime), joins(joins), release_text(std::to_string(runtime.identity.otp_release)), types(std::make_unique<ResourceTypes>()),
      resources(std::make_unique<LiveResources>()), selections(std::make_unique<Selections>(*this)) {
  keep_exports();
  std::string wish;
  checks_terms = joins.get_environment(runtime, "ATHANOR_NIF_CHECK", wish) && wish == "1";
  std::lock_guard lock(claims().mutex);
  claims().hosts.push_back(this);
}

Host::~Host() {
  selections->stop();
  std::vector<Library*> rest;
  {
    std::lock_guard lock(mutex_);
    rest.swap(libraries_);
  }
  for (Library* library : rest) {
    types->orphan(*library);
    library->release_user();
    library->release();                  // its generation ended without a purge
  }
  std::lock_guard lock(claims().mutex);
  std::erase(claims().hosts, this);
}

void Host::add(Library& library) {
  std::lock_guard lock(mutex_);
  libraries_.push_back(&library);
}

Library* Host::library_of(const code::ModuleCode& code) {
  std::lock_guard lock(mutex_);
  for (Library* library : libraries_) {
    if (library->code == &code) return library;
  }
  return nullptr;
}

void Host::forget(Library& library) {
  std::lock_guard lock(mutex_);
  std::erase(libraries_, &library);
}

}  // namespace athanor::nif
