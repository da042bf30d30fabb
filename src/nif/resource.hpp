// SPDX-License-Identifier: Apache-2.0
// Resources: objects of a library that terms refer to, and their types.
//
//   term (magic reference) ──► Resource ──► ResourceType ──► Library
//                              | header | the library's bytes |
//                                       ▲ what the library holds
//
// A resource ends with its last count, on a scheduler, or on a dirty thread where the last count was given up by a thread that may hold
// locks of the library's. A type lives as long as its library or a resource of it.
#pragma once

#include <map>
#include <new>
#include <mutex>
#include <vector>

#include "nif/library.hpp"
#include "process/monitors.hpp"

struct enif_resource_type_t {
  athanor::nif::Host* host;
  athanor::Term module, name;
  athanor::nif::Library* library;      // whose callbacks these are; under ResourceTypes' lock
  bool holds_library = true;           // OTP: a type without callbacks does not keep its library open
  ErlNifResourceDtor* destructor = nullptr;
  ErlNifResourceStop* stop = nullptr;
  ErlNifResourceDown* down = nullptr;
  ErlNifResourceDynCall* dynamic_call = nullptr;
  std::atomic<uint64_t> references{1};   // the table, and each resource
};

namespace athanor::nif {

using ResourceType = enif_resource_type_t;

class Resource final : public MagicObject {
 public:
  static Resource* create(ResourceType& type, size_t bytes);
  static Resource* of(void* data, const char* function);   // checked: ends the program where it is none
  void* data() { return reinterpret_cast<char*>(this) + kHeaderBytes; }
  ResourceType& type() const { return *type_; }
  size_t bytes() const { return bytes_; }
  process::Runtime& runtime() const { return type_->host->runtime; }
  Host& host() const { return *type_->host; }
  bool try_retain();                                       // false: its last count is gone
  // Counts of the library's own (alloc, keep, release), which are counts as others are.
  void keep();
  void give_up(const char* function);
  Term make_reference(Allocator& heap);                    // takes a count
  const uint64_t* reference() const { return reference_; }
  // The last count is gone. Not the destructor, because that may have to wait for another thread.
  static void operator delete(Resource* resource, std::destroying_delete_t);

 private:
  Resource(ResourceType& type, size_t bytes);
  void destroy();
  static const size_t kHeaderBytes;
  static constexpr uint64_t kMagic = 0x4E69665265736F75;
  uint64_t magic_ = kMagic;
  ResourceType* type_;
  size_t bytes_;
  uint64_t reference_[3];
  std::atomic<int64_t> kept_{1};                           // by the library
  std::atomic<bool> is_known_{false};                      // has a reference: the table knows it
  friend class LiveResources;
};

// The resource of a reference or of a binary made by enif_make_resource_binary. Null: none.
Resource* resource_of(Term term);

class ResourceTypes {
 public:
  ResourceType* find(Term module, Term name);
  // In load and upgrade callbacks. Takes effect when the callback succeeds (commit), else not at all (roll_back).
  ResourceType* open(Library& library, Term name, const ErlNifResourceTypeInit& init, ErlNifResourceFlags flags, ErlNifResourceFlags* tried);
  void commit(Library& library);
  void roll_back(Library& library);
  void orphan(Library& library);                           // its types are no longer found; they end with their resources
  static void release(ResourceType& type);
  // The callbacks as they are now, and the library that has them, with a user's count of the caller's (null: there are no callbacks).
  struct Callbacks {
    ErlNifResourceDtor* destructor;
    ErlNifResourceStop* stop;
    ErlNifResourceDown* down;
    Library* library;
    void release() const { if (library) library->release_user(); }
  };
  Callbacks callbacks(ResourceType& type);

 private:
  struct Opened {
    Library* library;
    ResourceType* type;
    ErlNifResourceTypeInit init;
    bool is_new;
  };
  std::mutex mutex_;
  std::vector<ResourceType*> types_;
  std::vector<Opened> opened_;
};

// Resources that have a reference, and what they monitor.
class LiveResources {
 public:
  void add(Resource& resource);
  void remove(Resource& resource);
  Resource* find(const uint64_t* reference);               // with a count of the caller's; null: none, or ending
  struct Monitor {
    Resource* resource;
    Term pid;
  };
  void add_monitor(const uint64_t* reference, Monitor monitor);
  bool take_monitor(const uint64_t* reference, const Resource* of, Monitor& monitor);   // `of` null: any; then with a count of the caller's
  Resource* monitoring(const uint64_t* reference);         // with a count of the caller's
  std::vector<std::pair<process::ReferenceKey, Term>> take_monitors(Resource& of);

 private:
  std::mutex mutex_;
  std::map<process::ReferenceKey, Resource*> by_reference_;
  std::map<process::ReferenceKey, Monitor> monitors_;
};

}  // namespace athanor::nif
