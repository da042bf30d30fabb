// SPDX-License-Identifier: Apache-2.0
#include "nif/resource.hpp"

#include <cstdlib>
#include <cstring>

#include "base/utf8.hpp"
#include "nif/monitor.hpp"
#include "process/send.hpp"
#include "sched/scheduling.hpp"
#include "sched/thread_kind.hpp"
#include "term/binary.hpp"
#include "term/magic_reference.hpp"

namespace athanor::nif {

const size_t Resource::kHeaderBytes = (sizeof(Resource) + 15) & ~size_t{15};

namespace {

// A binary over bytes that a resource owns.
struct ResourceBinary : OffHeapBinary {
  Resource* resource;
};
void release_resource_binary(OffHeapBinary* binary) {
  auto* own = static_cast<ResourceBinary*>(binary);
  own->resource->release();
  own->~ResourceBinary();
  std::free(own);
}

}  // namespace

Resource::Resource(ResourceType& type, size_t bytes) : type_(&type), bytes_(bytes) {
  heap::FragmentAllocator heap(kReferenceWords);
  process::reference_words(process::make_reference(type.host->runtime, heap), reference_);
  type.references.fetch_add(1, std::memory_order_relaxed);
}

Resource* Resource::create(ResourceType& type, size_t bytes) {
  if (bytes > SIZE_MAX / 2) return nullptr;
  void* memory = std::malloc(kHeaderBytes + bytes);
  return memory ? new (memory) Resource(type, bytes) : nullptr;
}

bool Resource::try_retain() {
  uint64_t count = references.load(std::memory_order_relaxed);
  while (count != 0 && !references.compare_exchange_weak(count, count + 1, std::memory_order_relaxed)) {}
  return count != 0;
}

// What is looked at need not be a resource: the sanitizer, which would say so first, leaves it to the words.
__attribute__((no_sanitize("vptr"))) Resource* Resource::of(void* data, const char* function) {
  if (!data) misuse(function, "the object is no resource, but null");
  auto* resource = reinterpret_cast<Resource*>(static_cast<char*>(data) - kHeaderBytes);
  if (resource->magic_ != kMagic) misuse(function, "the object is no resource, or was released too often");
  return resource;
}

void Resource::keep() {
  kept_.fetch_add(1, std::memory_order_relaxed);
  retain();
}

void Resource::give_up(const char* function) {
  if (kept_.fetch_sub(1, std::memory_order_relaxed) <= 0) misuse(function, "the resource was released more often than it was made and kept: what is left are counts of terms");
  release();
}

Term Resource::make_reference(Allocator& heap) {
  if (!is_known_.load(std::memory_order_acquire)) host().resources->add(*this);
  retain();
  return make_magic_box(heap, reference_[0], reference_[1], this);
}

// The library's destructor may take locks of its own. A thread of the machine holds none of them while it collects; a dirty or foreign
// one may be inside the library.
void Resource::operator delete(Resource* resource, std::destroying_delete_t) {
  const bool is_safe = sched::current_thread_kind == sched::ThreadKind::Scheduler || resource->host().is_ending.load(std::memory_order_acquire);
  if (is_safe) {
    resource->destroy();
    return;
  }
  resource->runtime().scheduling->run_in_background([](void* gone) { static_cast<Resource*>(gone)->destroy(); }, resource);
}

void Resource::destroy() {
  Host& machine = host();
  Entry entry(machine.runtime);
  machine.resources->remove(*this);
  end_monitors(*this);
  ResourceType* type = type_;
  const ResourceTypes::Callbacks callbacks = machine.types->callbacks(*type);
  if (callbacks.destructor) {
    OwnEnv env(EnvKind::Callback, machine.runtime, callbacks.library);
    callbacks.destructor(&env, data());
    env.clear();
  }
  callbacks.release();
  magic_ = 0;
  this->~Resource();
  std::free(this);
  ResourceTypes::release(*type);
}

Resource* resource_of(Term term) {
  if (is_kind(term, BoxedKind::MagicReference)) return dynamic_cast<Resource*>(reinterpret_cast<MagicObject*>(term.pointer()[4].raw));
  if (!is_kind(term, BoxedKind::BinaryRef)) return nullptr;
  auto* binary = reinterpret_cast<OffHeapBinary*>(term.pointer()[3].raw);
  return binary->destructor == release_resource_binary ? static_cast<ResourceBinary*>(binary)->resource : nullptr;
}

// --- types ---

ResourceType* ResourceTypes::find(Term module, Term name) {
  std::lock_guard lock(mutex_);
  for (ResourceType* type : types_) {
    if (type->module == module && type->name == name) return type;
  }
  return nullptr;
}

ResourceType* ResourceTypes::open(Library& library, Term name, const ErlNifResourceTypeInit& init, ErlNifResourceFlags flags, ErlNifResourceFlags* tried) {
  ResourceType* type = find(library.module, name);
  const ErlNifResourceFlags how = type ? ERL_NIF_RT_TAKEOVER : ERL_NIF_RT_CREATE;
  if (tried) *tried = flags & how ? how : flags;
  if (!(flags & how)) return nullptr;
  std::lock_guard lock(mutex_);
  if (!type) {
    for (const Opened& opened : opened_) {
      if (opened.type->module == library.module && opened.type->name == name) type = opened.type;
    }
  }
  const bool is_new = !type;
  if (is_new) {
    type = new ResourceType{&library.host, library.module, name, &library};
    library.retain_user();
  }
  opened_.push_back({&library, type, init, is_new});
  return type;
}

void ResourceTypes::commit(Library& library) {
  std::vector<Library*> former;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(opened_, [&](const Opened& opened) {
      if (opened.library != &library) return false;
      ResourceType& type = *opened.type;
      const ErlNifResourceTypeInit& init = opened.init;
      type.destructor = init.members > 0 ? init.dtor : nullptr;
      type.stop = init.members > 1 ? init.stop : nullptr;
      type.down = init.members > 2 ? init.down : nullptr;
      type.dynamic_call = init.members > 3 ? init.dyncall : nullptr;
      if (opened.is_new) types_.push_back(&type);
      if (type.holds_library) former.push_back(type.library);
      type.library = &library;
      type.holds_library = type.destructor || type.stop || type.down || type.dynamic_call;
      if (type.holds_library) library.retain_user();
      return true;
    });
  }
  for (Library* owner : former) owner->release_user();
}

void ResourceTypes::roll_back(Library& library) {
  std::vector<ResourceType*> made;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(opened_, [&](const Opened& opened) {
      if (opened.library != &library) return false;
      if (opened.is_new) made.push_back(opened.type);
      return true;
    });
  }
  for (ResourceType* type : made) release(*type);   // the callback may have made resources of it
}

ResourceTypes::Callbacks ResourceTypes::callbacks(ResourceType& type) {
  std::lock_guard lock(mutex_);
  if (!type.holds_library) return {nullptr, nullptr, nullptr, nullptr};
  type.library->retain_user();
  return {type.destructor, type.stop, type.down, type.library};
}

void ResourceTypes::orphan(Library& library) {
  std::vector<ResourceType*> orphans;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(types_, [&](ResourceType* type) {
      if (type->library != &library) return false;
      orphans.push_back(type);
      return true;
    });
  }
  for (ResourceType* type : orphans) release(*type);
}

void ResourceTypes::release(ResourceType& type) {
  if (type.references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  Library* library = type.holds_library ? type.library : nullptr;
  delete &type;
  if (library) library->release_user();
}

// --- the table ---

namespace {
process::ReferenceKey key_of_resource(const Resource& resource) { return process::key_of(resource.reference()); }
}  // namespace

void LiveResources::add(Resource& resource) {
  std::lock_guard lock(mutex_);
  by_reference_[key_of_resource(resource)] = &resource;
  resource.is_known_.store(true, std::memory_order_release);
}

void LiveResources::remove(Resource& resource) {
  if (!resource.is_known_.load(std::memory_order_acquire)) return;
  std::lock_guard lock(mutex_);
  by_reference_.erase(key_of_resource(resource));
}

Resource* LiveResources::find(const uint64_t* reference) {
  std::lock_guard lock(mutex_);
  auto found = by_reference_.find(process::key_of(reference));
  return found != by_reference_.end() && found->second->try_retain() ? found->second : nullptr;
}

void LiveResources::add_monitor(const uint64_t* reference, Monitor monitor) {
  std::lock_guard lock(mutex_);
  monitors_[process::key_of(reference)] = monitor;
}

bool LiveResources::take_monitor(const uint64_t* reference, const Resource* of, Monitor& monitor) {
  std::lock_guard lock(mutex_);
  auto found = monitors_.find(process::key_of(reference));
  if (found == monitors_.end() || (of && found->second.resource != of)) return false;
  if (!of && !found->second.resource->try_retain()) return false;   // its destructor takes the monitor away
  monitor = found->second;
  monitors_.erase(found);
  return true;
}

Resource* LiveResources::monitoring(const uint64_t* reference) {
  std::lock_guard lock(mutex_);
  auto found = monitors_.find(process::key_of(reference));
  return found != monitors_.end() && found->second.resource->try_retain() ? found->second.resource : nullptr;
}

std::vector<std::pair<process::ReferenceKey, Term>> LiveResources::take_monitors(Resource& of) {
  std::vector<std::pair<process::ReferenceKey, Term>> taken;
  std::lock_guard lock(mutex_);
  std::erase_if(monitors_, [&](const auto& item) {
    if (item.second.resource != &of) return false;
    taken.push_back({item.first, item.second.pid});
    return true;
  });
  return taken;
}

}  // namespace athanor::nif

using namespace athanor;
using namespace athanor::nif;

namespace {

ErlNifResourceType* open_type(ErlNifEnv* env, const char* function, const char* name, const ErlNifResourceTypeInit& init, ErlNifResourceFlags flags,
                              ErlNifResourceFlags* tried) {
  Entry entry(env, function);
  if (!env->library || !env->library->is_loading) misuse(function, "it is for load and upgrade callbacks");
  if (std::strlen(name) > 255) return nullptr;
  const Term atom = intern(base::utf8_of_latin1(name));
  return atom.is_none() ? nullptr : env->library->host.types->open(*env->library, atom, init, flags, tried);
}

}  // namespace

ErlNifResourceType* enif_open_resource_type(ErlNifEnv* env, const char* module, const char* name, void (*destructor)(ErlNifEnv*, void*), ErlNifResourceFlags flags,
                                            ErlNifResourceFlags* tried) {
  if (module) misuse(__func__, "the module's name must be null");
  ErlNifResourceTypeInit init{};
  init.dtor = destructor;
  init.members = 1;
  return open_type(env, __func__, name, init, flags, tried);
}

ErlNifResourceType* enif_open_resource_type_x(ErlNifEnv* env, const char* name, const ErlNifResourceTypeInit* given, ErlNifResourceFlags flags, ErlNifResourceFlags* tried) {
  check(env, __func__);
  // Before 2.16 the structure had three callbacks and no count of them.
  ErlNifResourceTypeInit init{};
  init.dtor = given->dtor;
  init.stop = given->stop;
  init.down = given->down;
  init.members = 3;
  return open_type(env, __func__, name, init, flags, tried);
}

ErlNifResourceType* enif_init_resource_type(ErlNifEnv* env, const char* name, const ErlNifResourceTypeInit* given, ErlNifResourceFlags flags, ErlNifResourceFlags* tried) {
  return open_type(env, __func__, name, *given, flags, tried);
}

void* enif_alloc_resource(ErlNifResourceType* type, size_t size) {
  if (!type) misuse(__func__, "the type is null");
  Resource* resource = Resource::create(*type, size);
  return resource ? resource->data() : nullptr;
}

void enif_keep_resource(void* object) { Resource::of(object, __func__)->keep(); }

void enif_release_resource(void* object) { Resource::of(object, __func__)->give_up(__func__); }

size_t enif_sizeof_resource(void* object) { return Resource::of(object, __func__)->bytes(); }

ERL_NIF_TERM enif_make_resource(ErlNifEnv* env, void* object) {
  check(env, __func__);
  return raw_of(Resource::of(object, __func__)->make_reference(*env->heap));
}

int enif_get_resource(ErlNifEnv*, ERL_NIF_TERM term, ErlNifResourceType* type, void** object) {
  Resource* resource = resource_of(term_of(term));
  if (!resource || &resource->type() != type) return 0;
  *object = resource->data();
  return 1;
}

ERL_NIF_TERM enif_make_resource_binary(ErlNifEnv* env, void* object, const void* data, size_t size) {
  check(env, __func__);
  Resource* resource = Resource::of(object, __func__);
  auto* made = static_cast<ResourceBinary*>(std::malloc(sizeof(ResourceBinary)));
  ATH_ASSERT(made != nullptr && "out of memory");
  new (made) ResourceBinary;
  made->size = size;
  made->destructor = release_resource_binary;
  made->resource = resource;
  resource->retain();
  const Term term = binary::from_off_heap(*env->heap, made, size);
  term.pointer()[4].raw = reinterpret_cast<Word>(data);
  return raw_of(term);
}

int enif_dynamic_resource_call(ErlNifEnv* env, ERL_NIF_TERM module, ERL_NIF_TERM name, ERL_NIF_TERM term, void* data) {
  check(env, __func__);
  Resource* resource = resource_of(term_of(term));
  if (!resource) return 1;
  ResourceType& type = resource->type();
  if (type.module != term_of(module) || type.name != term_of(name) || !type.dynamic_call) return 1;
  type.dynamic_call(env, resource->data(), data);
  return 0;
}
