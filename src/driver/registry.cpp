// SPDX-License-Identifier: Apache-2.0
// Loading and unloading.
#include "driver/registry.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstring>

#include "bif/bif.hpp"
#include "driver/async.hpp"
#include "driver/exports.hpp"
#include "driver/foreign_port.hpp"
#include "driver/handle.hpp"
#include "driver/select.hpp"
#include "nif/library.hpp"
#include "sched/scheduling.hpp"

namespace athanor::driver {

namespace {
constexpr int kFirstSystemError = -10;   // OTP: {open_error, -10} is the first that the system gave
}

Drivers::Drivers(process::Runtime& runtime)
    : runtime(runtime), selections_(std::make_unique<Selections>(*this)),
      async_(std::make_unique<AsyncPool>(runtime)) {
  keep_exports();
}

void Drivers::end() {
  async_->stop();
  std::lock_guard guard(mutex);
  is_ending_ = true;
}

Drivers::~Drivers() {
  end();
  for (auto& library : libraries_) close(*library);
}

Driver* Drivers::find(const std::string& name) {
  for (auto at = list_.rbegin(); at != list_.rend(); ++at) {
    if ((*at)->name == name) return *at;
  }
  return nullptr;
}

std::vector<std::string> Drivers::names() {
  std::vector<std::string> result;
  for (const Driver* driver : list_) result.push_back(driver->name);
  return result;
}

// The system's words, each kept once, without the name of the file in front.
static std::string shortened(const char* error, const std::string& file) {
  std::string_view text = error ? error : "unspecified error";
  if (!text.starts_with(file)) return std::string(text);
  std::string_view rest = text.substr(file.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(": "), rest.size()));
  return std::string(rest.empty() ? text : rest);
}

LoadError Drivers::open(Library& library, const std::string& path, const std::string& name) {
  const std::string file = path + ".so";
  library.handle = dlopen(file.c_str(), RTLD_NOW);
  if (!library.handle) {
    const std::string text = shortened(dlerror(), file);
    auto found = std::find(system_errors_.begin(), system_errors_.end(), text);
    if (found == system_errors_.end()) found = system_errors_.insert(found, text);
    return {nullptr, kFirstSystemError - static_cast<int>(found - system_errors_.begin())};
  }
  const auto refuse = [&](const char* atom) {
    if (library.base) nif::abandon_library(runtime, library.base);
    dlclose(library.handle);
    library.handle = library.base = nullptr;
    return LoadError{atom, 0};
  };
  void* init = dlsym(library.handle, "driver_init");
  if (!init) init = dlsym(library.handle, "_driver_init");
  if (!init) return refuse("no_driver_init");
  // From here on the library's code may run, and ask which machine it is in.
  void* const base = nif::base_of_library(init);
  if (!nif::claim_library(runtime, base)) return refuse("loaded_by_another_machine");
  library.base = base;
  const ErlDrvEntry* entry = reinterpret_cast<ErlDrvEntry* (*)()>(init)();
  if (!entry) return refuse("driver_init_failed");
  const bool is_known = static_cast<unsigned>(entry->extended_marker) == ERL_DRV_EXTENDED_MARKER && entry->major_version >= ERL_DRV_MIN_REQUIRED_MAJOR_VERSION_ON_LOAD &&
                        (entry->major_version < ERL_DRV_EXTENDED_MAJOR_VERSION ||
                         (entry->major_version == ERL_DRV_EXTENDED_MAJOR_VERSION && entry->minor_version <= ERL_DRV_EXTENDED_MINOR_VERSION));
  if (!is_known) return refuse("driver_incorrect_version");
  if (!entry->driver_name || name != entry->driver_name) return refuse("bad_driver_name");
  library.path = path;
  library.status = Library::Status::Ok;
  library.references = 0;
  if (!add_entry(*entry, &library)) return refuse("driver_init_failed");
  return {};
}

// The driver's finish comes last of all that is called.
void Drivers::close(Library& library) {
  if (!library.handle) return;
  std::erase(list_, library.driver.get());
  if (library.driver->entry.finish) library.driver->entry.finish();
  nif::abandon_library(runtime, library.base);
  dlclose(library.handle);
  library.handle = library.base = nullptr;
  library.driver.reset();
}

LoadError Drivers::load(const std::string& path, const std::string& name, Library*& into) {
  auto library = std::make_unique<Library>();
  library->drivers = this;
  if (LoadError error = open(*library, path, name)) return error;
  into = library.get();
  libraries_.push_back(std::move(library));
  return {};
}

bool Drivers::add_entry(const ErlDrvEntry& entry, Library* library) {
  std::lock_guard guard(mutex);
  auto driver = std::make_unique<Driver>();
  driver->name = entry.driver_name;
  driver->given = &entry;
  driver->entry = entry;
  // OTP: before 3.2 there was no emergency_close.
  if (entry.major_version < 3 || (entry.major_version == 3 && entry.minor_version < 2)) driver->entry.emergency_close = nullptr;
  driver->library = library;
  if (!driver->has(ERL_DRV_FLAG_USE_PORT_LOCKING)) driver->lock = std::make_shared<std::mutex>();
  Driver* const added = driver.get();
  list_.push_back(added);
  if (library) library->driver = std::move(driver);
  else added_.push_back(std::move(driver));
  if (!entry.init || entry.init() == 0) {
    runtime.taints.add(name_atom(added->name));
    return true;
  }
  std::erase(list_, added);
  if (library) library->driver.reset();
  else added_.remove_if([&](const auto& one) { return one.get() == added; });
  return false;
}

// OTP: 1 removed; 0 not there; -1 a library's, which erl_ddll unloads.
int Drivers::remove_entry(const ErlDrvEntry& entry) {
  std::lock_guard guard(mutex);
  for (Driver* driver : list_) {
    if (driver->given != &entry) continue;
    if (driver->library) return -1;
    std::erase(list_, driver);   // its ports may still be there: the record stays
    return 1;
  }
  return 0;
}

void run_removal(void* raw) {
  auto& library = *static_cast<Library*>(raw);
  process::ThreadScope scope(library.drivers->runtime);
  library.drivers->remove_unused(library);
}

void Drivers::dereference(Library& library) {
  if (--library.references > 0 || library.is_removal_asked || is_ending_) return;
  library.is_removal_asked = true;
  runtime.scheduling->run_in_background(run_removal, &library);
}

// Nobody uses it any more, unless somebody came back meanwhile.
void Drivers::remove_unused(Library& library) {
  std::lock_guard guard(mutex);
  library.is_removal_asked = false;
  if (library.references > 0 || !library.driver) return;
  const std::string text = library.driver->name;
  const Term name = name_atom(text);
  close(library);
  const bool reload = library.is_reloading();
  for (auto at = library.users.begin(); at != library.users.end();) {
    const bool waits = at->kind == User::Kind::AwaitsUnload || at->kind == User::Kind::AwaitsUnloadOnly;
    if (waits) tell(*at, name, atoms::DOWN, intern("unloaded"));
    at = waits ? library.users.erase(at) : std::next(at);
  }
  LoadError error{"not_loaded", 0};
  if (reload) {
    const std::string path = std::move(library.reload_path);
    library.reload_path.clear();
    error = open(library, path, text);
  }
  if (!error) {
    library.kill_ports = library.reload_kill_ports;
    for (auto at = library.users.begin(); at != library.users.end();) {
      if (at->kind == User::Kind::Loaded) {
        ++library.references;
        at->counts = true;
      }
      const bool waits = at->kind == User::Kind::AwaitsLoad;
      if (waits) tell(*at, name, atoms::UP, intern("loaded"));
      at = waits ? library.users.erase(at) : std::next(at);
    }
    return;
  }
  for (const User& user : library.users) {
    if (user.kind == User::Kind::AwaitsLoad) tell(user, name, atoms::DOWN, intern("load_failure"), error);
  }
  libraries_.remove_if([&](const auto& one) { return one.get() == &library; });
}

// --- ports ---

Driver* Drivers::take_for_port(const std::string& name) {
  std::lock_guard guard(mutex);
  for (auto at = list_.rbegin(); at != list_.rend(); ++at) {
    if ((*at)->name == name && take_again(**at)) return *at;
  }
  return nullptr;
}

bool Drivers::take_again(Driver& driver) {
  std::lock_guard guard(mutex);
  if (driver.library && driver.library->is_forced()) return false;
  ++driver.port_count;
  if (driver.library) reference(*driver.library);
  return true;
}

void Drivers::port_stopped(Driver& driver) { --driver.port_count; }

void Drivers::port_gone(Driver& driver) {
  std::lock_guard guard(mutex);
  if (driver.library) dereference(*driver.library);
}

void Drivers::emergency_close() {
  nif::Entry entry(runtime);
  nif::Inside inside_epoch(runtime);
  for (Term id : runtime.ports->all()) {
    std::shared_ptr<io::Port> port = runtime.ports->find(id);
    auto* foreign = port ? dynamic_cast<ForeignPort*>(&port->driver()) : nullptr;
    if (!foreign || !foreign->driver().entry.emergency_close) continue;
    std::lock_guard lock(port->mutex());
    Callback inside(*foreign);
    foreign->driver().entry.emergency_close(foreign->data());
  }
}

void Drivers::kill_ports(Library& library) {
  for (Term id : runtime.ports->all()) {
    std::shared_ptr<io::Port> port = runtime.ports->find(id);
    if (!port) continue;
    auto* foreign = dynamic_cast<ForeignPort*>(&port->driver());
    if (!foreign || foreign->driver().library != &library) continue;
    std::lock_guard lock(port->mutex());
    if (port->is_open()) foreign->fail(intern("driver_unloaded"), ForeignPort::Failure::Reason);
  }
}

}  // namespace athanor::driver
