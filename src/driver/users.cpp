// SPDX-License-Identifier: Apache-2.0
// Who has loaded a library, who waits for what, and what they are told.
#include <algorithm>

#include "bif/bif.hpp"
#include "driver/foreign_port.hpp"
#include "driver/registry.hpp"
#include "process/send.hpp"

namespace athanor::driver {

namespace {

struct ErrorText { const char* atom; const char* text; };
constexpr ErrorText kErrors[] = {
    {"no_error", "No error"},
    {"no_driver_init", "No driver init in dynamic library"},
    {"driver_init_failed", "Driver init failed"},
    {"bad_driver_name", "Bad driver name"},
    {"driver_name_to_long", "Driver name to long"},
    {"driver_incorrect_version", "Driver compiled with incorrect version of erl_driver.h"},
    {"no_ddll_available", "DDLL functionality not available on this platform"},
    {"unspecified_error", "Unspecified dynamic library error"},
    {"symbol_not_found", "Symbol not found in dynamic library"},
    {"loaded_by_another_machine", "Driver library is loaded by another machine of this program"},
    {"inconsistent", "Driver name and/or driver options are inconsistent with currently loaded driver"},
    {"linked_in_driver", "Driver is statically linked and cannot be loaded/unloaded"},
    {"permanent", "DDLL driver is permanent an cannot be unloaded/loaded"},
    {"not_loaded", "DDLL driver is not loaded"},
    {"not_loaded_by_this_process", "DDLL driver was not loaded by this process"},
    {"not_pending", "DDLL load not pending for this driver name"},
    {"already_loaded", "DDLL driver is already loaded successfully"},
    {"pending_reload", "Driver reloading is already pending"},
    {"pending_process", "Driver is loaded by others when attempting option {reload, pending_driver}"},
};

}  // namespace

const char* error_text_of(std::string_view atom) {
  for (const ErrorText& error : kErrors) {
    if (atom == error.atom) return error.text;
  }
  return nullptr;
}

Term LoadError::term(Allocator& heap) const { return atom ? intern(atom) : bif::make_tuple(heap, intern("open_error"), Term::small(number)); }

// OTP: the first errors of the table have numbers, too: 0, -1, ….
std::string Drivers::error_text(int number) const {
  if (number <= 0 && number > -9) return kErrors[-number].text;
  if (number > -10) return "Unspecified error";
  const auto index = static_cast<size_t>(-10 - number);
  return index < system_errors_.size() ? system_errors_[index] : "Unknown dlload error";
}

void Drivers::add_loaded(Library& library, Term pid, bool counts) {
  library.users.push_front({User::Kind::Loaded, pid, counts, {}});
  if (counts) reference(library);
  note_user();
}

User* Drivers::find_user(Library& library, Term pid, User::Kind kind) {
  for (User& user : library.users) {
    if (user.pid == pid && user.kind == kind) return &user;
  }
  return nullptr;
}

void Drivers::remove_user(Library& library, User* user) {
  const bool counted = user->counts;
  library.users.remove_if([&](const User& one) { return &one == user; });
  if (counted) dereference(library);
}

int Drivers::count(Library& library, User::Kind kind) const {
  return static_cast<int>(std::count_if(library.users.begin(), library.users.end(), [&](const User& user) { return user.kind == kind; }));
}

Term Drivers::add_monitor(Library& library, process::Process& self, User::Kind kind) {
  const Term reference = process::make_reference(runtime, self.heap());
  User user{kind, self.pid(), false, {}};
  process::reference_words(reference, user.reference);
  library.users.push_front(user);
  note_user();
  return reference;
}

// {Type, Ref, driver, Name, Tag | {Tag, Error}}
void Drivers::tell(const User& user, Term name, Term type, Term tag, const LoadError& error) {
  heap::FragmentAllocator heap(16);
  const Term reference = process::reference_from_words(heap, user.reference);
  if (error) tag = bif::make_tuple(heap, tag, error.term(heap));
  const Term message = bif::make_tuple(heap, type, reference, atoms::driver, name, tag);
  process::send_parcel(runtime, user.pid, {message, heap.take()});
}

void Drivers::tell_all(Library& library, User::Kind kind, Term type, Term tag) {
  const Term name = name_atom(library.driver->name);
  for (auto at = library.users.begin(); at != library.users.end();) {
    if (at->kind != kind) { ++at; continue; }
    tell(*at, name, type, tag);
    at = library.users.erase(at);
  }
}

void Drivers::cancel_reload(Library& library) {
  if (!library.is_reloading()) return;
  tell_all(library, User::Kind::AwaitsLoad, atoms::DOWN, intern("load_cancelled"));
  library.reload_path.clear();
}

void Drivers::remove_monitor(Term pid, const uint64_t reference[3]) {
  for (auto& library : libraries_) {
    if (library->status == Library::Status::Permanent) continue;
    library->users.remove_if([&](const User& user) {
      return user.pid == pid && user.kind != User::Kind::Loaded && std::equal(user.reference, user.reference + 2, reference);
    });
  }
}

// OTP: it stays for good; whoever waits is told so, and nobody counts any more.
void Drivers::make_permanent(Driver& driver) {
  std::lock_guard guard(mutex);
  if (!driver.library) return;
  Library& library = *driver.library;
  const Term tag = atoms::permanent;
  tell_all(library, User::Kind::AwaitsLoad, atoms::UP, tag);
  tell_all(library, User::Kind::AwaitsUnload, atoms::UP, tag);
  tell_all(library, User::Kind::AwaitsUnloadOnly, atoms::UP, tag);
  library.users.clear();
  reference(library);
  library.status = Library::Status::Permanent;
}

void Drivers::process_exited(Term pid) {
  if (!has_users_.load(std::memory_order_acquire)) return;
  std::unique_lock guard(mutex);
  std::vector<Library*> killed;
  for (auto& library : libraries_) {
    if (library->status == Library::Status::Permanent || !library->driver) continue;
    bool was_user = false;
    for (auto at = library->users.begin(); at != library->users.end();) {
      if (at->pid != pid) { ++at; continue; }
      was_user = true;
      const bool counted = at->counts;
      at = library->users.erase(at);
      if (counted) dereference(*library);
    }
    if (!was_user || count(*library, User::Kind::Loaded) > 0) continue;
    cancel_reload(*library);
    library->status = Library::Status::Unload;
    if (library->driver->port_count > 0 && library->kill_ports) {
      reference(*library);
      library->status = Library::Status::ForceUnload;
      killed.push_back(library.get());
    }
  }
  guard.unlock();
  for (Library* library : killed) kill_ports(*library);
  guard.lock();
  for (Library* library : killed) dereference(*library);
}

}  // namespace athanor::driver
