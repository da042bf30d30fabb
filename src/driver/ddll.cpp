// SPDX-License-Identifier: Apache-2.0
// Natives of erl_ddll.
#include <algorithm>

#include "bif/bif.hpp"
#include "driver/registry.hpp"
#include "driver/select.hpp"
#include "io/file_names.hpp"
#include "io/ports.hpp"
#include "nif/select.hpp"
#include "process/send.hpp"
#include "sched/scheduling.hpp"
#define ATH_FAMILY "driver/ddll.def"
#include "bif/declare.inc"

namespace athanor::driver {

const char* error_text_of(std::string_view atom);

namespace {

using process::BifResult;
using process::Process;
using Kind = User::Kind;
using Status = Library::Status;

// An atom or iodata. OTP: what follows a zero does not count.
bool name_of(Term term, std::string& name) {
  if (term.is_atom()) {
    name = atom_text(term);
    return !name.empty();
  }
  if (!bif::iolist_to_string(term, name)) return false;
  name.resize(std::min(name.find('\0'), name.size()));
  return true;
}

enum class Pending : uint8_t { No, Driver, Any };
bool pending_of(Term value, Pending& pending) {
  if (value == atoms::pending_driver) pending = Pending::Driver;
  else if (value == atoms::pending) pending = Pending::Any;
  else return false;
  return true;
}

struct LoadOptions {
  Pending monitor = Pending::No, reload = Pending::No;
  bool kill_ports = false;
};

bool parse_driver_options(Term list, LoadOptions& options) {
  for (; list.is_list_cell(); list = list.tail()) {
    if (list.head() != atoms::kill_ports) return false;
    options.kill_ports = true;
  }
  return list.is_nil();
}

bool parse(Term list, LoadOptions& options) {
  for (; list.is_list_cell(); list = list.tail()) {
    const Term option = list.head();
    if (!is_tuple_of(option, 2)) return false;
    const Term key = tuple_element(option, 0), value = tuple_element(option, 1);
    if (key == atoms::driver_options ? !parse_driver_options(value, options)
                                     : key == atoms::monitor  ? !pending_of(value, options.monitor)
                                     : key == atoms::reload   ? !pending_of(value, options.reload)
                                                              : true) {
      return false;
    }
  }
  return list.is_nil();
}

bool parse_unload(Term list, LoadOptions& options) {
  for (; list.is_list_cell(); list = list.tail()) {
    const Term option = list.head();
    if (option == atoms::kill_ports) options.kill_ports = true;
    else if (!is_tuple_of(option, 2) || tuple_element(option, 0) != atoms::monitor || !pending_of(tuple_element(option, 1), options.monitor)) return false;
  }
  return list.is_nil();
}

// What a load or unload comes to: {ok, Status}, {ok, Status, Ref} or {error, Reason}.
struct Outcome {
  Term status;
  bool is_error = false, is_monitored = false;
  Kind monitor = Kind::AwaitsLoad;
};
Outcome failed(const char* reason) { return {intern(reason), true}; }

bool is_only_user(const Library& library, Term pid) {
  int loads = 0;
  for (const User& user : library.users) {
    if (user.kind != Kind::Loaded) continue;
    if (user.pid != pid || ++loads > 1) return false;
  }
  return loads == 1;
}

// Another load of a driver that is loaded, or whose reload is granted.
Outcome load_loaded(Drivers& drivers, Library& library, Term pid, const std::string& path, const LoadOptions& options) {
  if (options.reload == Pending::Driver && !is_only_user(library, pid)) return failed("pending_process");
  if (options.reload == Pending::No) {
    if (library.path != path || library.kill_ports != options.kill_ports) return failed("inconsistent");
    drivers.add_loaded(library, pid, true);
    return {intern("already_loaded")};
  }
  if (library.kill_ports != options.kill_ports) return failed("inconsistent");
  User* own = drivers.find_user(library, pid, Kind::Loaded);
  if (!own) return failed("not_loaded_by_this_process");
  drivers.remove_user(library, own);
  // The driver goes when its ports have; who has loaded it keeps it over that.
  for (User& user : library.users) {
    if (user.kind != Kind::Loaded || !user.counts) continue;
    user.counts = false;
    drivers.dereference(library);
  }
  drivers.add_loaded(library, pid, false);
  library.status = Status::Reload;
  library.reload_path = path;
  library.reload_kill_ports = options.kill_ports;
  return {options.reload == Pending::Driver ? atoms::pending_driver : intern("pending_process"), false, options.monitor != Pending::No};
}

Outcome load(Drivers& drivers, Term pid, const std::string& path, const std::string& name, const LoadOptions& options, Allocator& heap, Library*& library) {
  if (io::is_linked_in_driver(name)) return failed("linked_in_driver");
  Driver* driver = drivers.find(name);
  if (driver && !driver->library) return failed("linked_in_driver");
  if (!driver) {
    if (options.reload != Pending::No) return failed("not_loaded");
    if (const LoadError error = drivers.load(path, name, library)) return {error.term(heap), true};
    library->kill_ports = options.kill_ports;
    drivers.add_loaded(*library, pid, true);
    return {intern("loaded")};
  }
  library = driver->library;
  switch (library->status) {
    case Status::Ok: return load_loaded(drivers, *library, pid, path, options);
    case Status::Unload:
    case Status::ForceUnload:
      if (options.reload != Pending::No) return failed("not_loaded_by_this_process");
      if (library->path != path || library->kill_ports != options.kill_ports) return failed("inconsistent");
      library->status = Status::Ok;
      drivers.tell_all(*library, Kind::AwaitsUnload, atoms::UP, intern("unload_cancelled"));
      drivers.add_loaded(*library, pid, true);
      return {intern("already_loaded")};
    case Status::Reload:
    case Status::ForceReload:
      if (options.reload != Pending::No) return failed("pending_reload");
      if (library->reload_path != path || library->reload_kill_ports != options.kill_ports) return failed("inconsistent");
      drivers.add_loaded(*library, pid, false);
      return {atoms::pending_driver, false, true};
    case Status::Permanent: break;
  }
  return failed("permanent");
}

Outcome unload(Drivers& drivers, Term pid, const std::string& name, LoadOptions& options, Library*& library, bool& kill) {
  if (io::is_linked_in_driver(name)) return failed("linked_in_driver");
  Driver* driver = drivers.find(name);
  if (!driver) return failed("not_loaded");
  if (!driver->library) return failed("linked_in_driver");
  Library& found = *driver->library;
  if (found.status == Status::Permanent) return failed("permanent");
  library = &found;
  if (User* own = drivers.find_user(found, pid, Kind::Loaded)) drivers.remove_user(found, own);
  else if (drivers.count(found, Kind::Loaded) > 0) return failed("not_loaded_by_this_process");
  if (drivers.count(found, Kind::Loaded) > 0) return {intern("pending_process"), false, options.monitor == Pending::Any, Kind::AwaitsUnload};
  drivers.cancel_reload(found);
  found.status = Status::Unload;
  kill = (options.kill_ports || found.kill_ports) && driver->port_count > 0;
  return {atoms::pending_driver, false, options.monitor != Pending::No, Kind::AwaitsUnload};
}

// Ends the ports where that was asked, and answers. `library` null: there is none.
BifResult conclude(Process& self, Drivers& drivers, std::unique_lock<std::recursive_mutex>& guard, const Outcome& outcome, Library* library, bool kill) {
  Allocator& heap = self.heap();
  if (outcome.is_error) return bif::make_tuple(heap, atoms::error, outcome.status);
  drivers.note_user();
  Term monitor = Term::none();
  drivers.reference(*library);   // it is not unloaded meanwhile
  if (kill) {
    library->status = library->status == Status::Reload ? Status::ForceReload : Status::ForceUnload;
    guard.unlock();
    drivers.kill_ports(*library);
    guard.lock();
  }
  if (outcome.is_monitored) monitor = drivers.add_monitor(*library, self, outcome.monitor);
  drivers.dereference(*library);
  return monitor.is_none() ? bif::make_tuple(heap, atoms::ok, outcome.status) : bif::make_tuple(heap, atoms::ok, outcome.status, monitor);
}

// A monitor of what is so already: told at once.
BifResult tell_now(Process& self, Drivers& drivers, Term name, Term type, Term tag) {
  const Term reference = process::make_reference(self.runtime(), self.heap());
  User user{Kind::AwaitsLoad, self.pid(), false, {}};
  process::reference_words(reference, user.reference);
  // OTP: the name as it was given, where it is an atom; else its text.
  heap::FragmentAllocator heap(32);
  const Term copied = heap::copy(name, heap, nullptr);
  const Term message = bif::make_tuple(heap, type, process::reference_from_words(heap, user.reference), atoms::driver, copied, tag);
  process::send_parcel(drivers.runtime, self.pid(), {message, heap.take()});
  return reference;
}

Term users_of(Allocator& heap, const Library& library, Kind kind) {
  std::vector<std::pair<Term, int>> counts;
  for (const User& user : library.users) {
    const Kind shown = user.kind == Kind::AwaitsUnloadOnly ? Kind::AwaitsUnload : user.kind;
    if (shown != kind) continue;
    auto found = std::find_if(counts.begin(), counts.end(), [&](const auto& one) { return one.first == user.pid; });
    if (found == counts.end()) counts.emplace_back(user.pid, 1);
    else ++found->second;
  }
  Term list = Term::nil();
  for (const auto& [pid, number] : counts) list = bif::cons(heap, bif::make_tuple(heap, pid, Term::small(number)), list);
  return list;
}

}  // namespace
}  // namespace athanor::driver

namespace athanor::bif::erl_ddll {

using namespace athanor::driver;

BifResult try_load_3(Process& self, const Term* args) {
  Drivers& drivers = *self.runtime().drivers;
  LoadOptions options;
  std::string path, name;
  if (!parse(args[2], options) || !name_of(args[1], name) || !io::name_to_bytes(args[0], io::Atoms::Refused, path)) return self.badarg();
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (path != "/") path += '/';
  path += name;
  std::unique_lock guard(drivers.mutex);
  Library* library = nullptr;
  const Outcome outcome = load(drivers, self.pid(), path, name, options, self.heap(), library);
  const bool kill = !outcome.is_error && library->status == Status::Reload && options.reload != Pending::No && library->kill_ports;
  return conclude(self, drivers, guard, outcome, library, kill);
}

BifResult try_unload_2(Process& self, const Term* args) {
  Drivers& drivers = *self.runtime().drivers;
  LoadOptions options;
  std::string name;
  if (!parse_unload(args[1], options) || !name_of(args[0], name)) return self.badarg();
  std::unique_lock guard(drivers.mutex);
  Library* library = nullptr;
  bool kill = false;
  const Outcome outcome = unload(drivers, self.pid(), name, options, library, kill);
  return conclude(self, drivers, guard, outcome, library, kill);
}

BifResult loaded_drivers_0(Process& self, const Term*) {
  Drivers& drivers = *self.runtime().drivers;
  Allocator& heap = self.heap();
  std::vector<Term> names;
  for (std::string_view name : io::linked_in_drivers()) names.push_back(latin1_list(heap, name));
  std::lock_guard guard(drivers.mutex);
  for (const std::string& name : drivers.names()) names.push_back(latin1_list(heap, name));
  return make_tuple(heap, atoms::ok, make_list(heap, names.data(), names.size()));
}

BifResult format_error_int_1(Process& self, const Term* args) {
  Drivers& drivers = *self.runtime().drivers;
  if (args[0].is_atom()) {
    const char* text = error_text_of(atom_text(args[0]));
    return text ? BifResult(latin1_list(self.heap(), text)) : self.badarg();
  }
  if (!is_tuple_of(args[0], 2) || !is_named(tuple_element(args[0], 0), "open_error") || !tuple_element(args[0], 1).is_small()) return self.badarg();
  std::lock_guard guard(drivers.mutex);
  return latin1_list(self.heap(), drivers.error_text(static_cast<int>(tuple_element(args[0], 1).small_value())));
}

BifResult info_2(Process& self, const Term* args) {
  Drivers& drivers = *self.runtime().drivers;
  std::string name;
  if (!name_of(args[0], name) || !args[1].is_atom()) return self.badarg();
  const std::string_view item = atom_text(args[1]);
  std::lock_guard guard(drivers.mutex);
  Driver* driver = drivers.find(name);
  if (!driver && !io::is_linked_in_driver(name)) return self.badarg();
  const Library* library = driver ? driver->library : nullptr;
  const bool is_permanent = library && library->status == Status::Permanent;
  if (item == "linked_in_driver") return library ? atoms::false_ : atoms::true_;
  if (item == "permanent") return is_permanent ? atoms::true_ : atoms::false_;
  constexpr std::string_view kItems[] = {"processes", "driver_options", "port_count", "awaiting_load", "awaiting_unload"};
  if (std::find(std::begin(kItems), std::end(kItems), item) == std::end(kItems)) return self.badarg();
  if (!library) return intern("linked_in_driver");
  if (item == "driver_options") return library->kill_ports ? cons(self.heap(), atoms::kill_ports, Term::nil()) : Term::nil();
  if (is_permanent) return atoms::permanent;
  if (item == "port_count") return Term::small(driver->port_count.load());
  return users_of(self.heap(), *library, item == "processes" ? Kind::Loaded : item == "awaiting_load" ? Kind::AwaitsLoad : Kind::AwaitsUnload);
}

// monitor(driver, {Name, loaded | unloaded | unloaded_only})
BifResult monitor_2(Process& self, const Term* args) {
  Drivers& drivers = *self.runtime().drivers;
  std::string name;
  if (args[0] != atoms::driver || !is_tuple_of(args[1], 2) || !name_of(tuple_element(args[1], 0), name)) return self.badarg();
  const Term given = tuple_element(args[1], 0), event = tuple_element(args[1], 1);
  const bool load = is_named(event, "loaded");
  if (!load && !is_named(event, "unloaded") && !is_named(event, "unloaded_only")) return self.badarg();
  std::lock_guard guard(drivers.mutex);
  Driver* driver = drivers.find(name);
  if (!driver && !io::is_linked_in_driver(name)) return tell_now(self, drivers, given, atoms::DOWN, intern("unloaded"));
  Library* library = driver ? driver->library : nullptr;
  if (!library || library->status == Status::Permanent) return tell_now(self, drivers, given, atoms::UP, atoms::permanent);
  if (!load) return drivers.add_monitor(*library, self, is_named(event, "unloaded") ? Kind::AwaitsUnload : Kind::AwaitsUnloadOnly);
  if (library->status == Status::Ok) return tell_now(self, drivers, given, atoms::UP, intern("loaded"));
  if (!library->is_reloading()) return tell_now(self, drivers, given, atoms::DOWN, intern("load_cancelled"));
  return drivers.add_monitor(*library, self, Kind::AwaitsLoad);
}

BifResult demonitor_1(Process& self, const Term* args) {
  Drivers& drivers = *self.runtime().drivers;
  if (!is_reference(args[0])) return self.badarg();
  uint64_t words[3];
  process::reference_words(args[0], words);
  std::lock_guard guard(drivers.mutex);
  drivers.remove_monitor(self.pid(), words);
  return atoms::true_;
}

}  // namespace athanor::bif::erl_ddll

// get_internal_state(check_io_debug): {Selected by mistake, Watched, Watched by drivers, by NIFs}.
namespace athanor::bif::erts_debug {

BifResult ath_check_io_0(Process& self, const Term*) {
  const auto number = [](size_t count) { return Term::small(static_cast<int64_t>(count)); };
  const size_t watched = self.runtime().scheduling->polled_descriptors(), by_nifs = nif::host_of(self.runtime())->selections->count();
  return make_tuple(self.heap(), number(self.runtime().drivers->selections().closed_count()), number(watched), number(watched - std::min(watched, by_nifs)), number(by_nifs));
}

}  // namespace athanor::bif::erts_debug
