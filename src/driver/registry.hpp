// SPDX-License-Identifier: Apache-2.0
// Drivers: a machine's list of drivers that are in libraries, and who has loaded them (erl_ddll).
//
//   Driver    the functions of one ErlDrvEntry, between its init and its finish; its ports point at it
//   Library   a driver as erl_ddll sees it, over its reloads: who uses it, who waits for it
//
// A Library has references: one for each load that counts, one a port. With the last the driver is unloaded, always as a job of its own,
// since whoever gives up the last may have come out of the driver's code. Ports give up theirs when nothing can be in a callback any more.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "driver/api.hpp"

namespace athanor::driver {

class AsyncPool;
class Drivers;
class Selections;
struct Library;

struct Driver {
  std::string name;
  const ErlDrvEntry* given;             // in the library
  ErlDrvEntry entry;                    // what it said when it was added
  std::shared_ptr<std::mutex> lock;     // of all its ports; null: each has its own
  Library* library = nullptr;           // null: added by add_driver_entry
  std::atomic<int> port_count{0};
  bool has(int flag) const { return entry.driver_flags & flag; }
};

// What a process has to do with a library.
struct User {
  enum class Kind : uint8_t { Loaded, AwaitsLoad, AwaitsUnload, AwaitsUnloadOnly };
  Kind kind;
  Term pid;
  bool counts = false;                  // Loaded: holds a reference (not while a reload is pending)
  uint64_t reference[3] = {};           // the others: of their monitor
};

struct Library {
  Drivers* drivers = nullptr;
  enum class Status : uint8_t { Ok, Unload, ForceUnload, Reload, ForceReload, Permanent };
  std::string path;                     // without the extension
  void* handle = nullptr;
  void* base = nullptr;                 // where it is mapped
  std::unique_ptr<Driver> driver;
  Status status = Status::Ok;
  bool kill_ports = false;
  std::string reload_path;
  bool reload_kill_ports = false;
  std::list<User> users;                // latest first
  int references = 0;
  bool is_removal_asked = false;
  bool is_reloading() const { return status == Status::Reload || status == Status::ForceReload; }
  bool is_forced() const { return status == Status::ForceUnload || status == Status::ForceReload; }
};

// Why a driver could not be loaded: an atom, or {open_error, Number} for what the system said.
struct LoadError {
  const char* atom = nullptr;           // null and number 0: none
  int number = 0;
  explicit operator bool() const { return atom || number != 0; }
  Term term(Allocator& heap) const;
};

class Drivers {
 public:
  explicit Drivers(process::Runtime& runtime);
  ~Drivers();                           // no port and no thread of the machine is there any more
  process::Runtime& runtime;

  // --- erl_ddll; all with `mutex` ---
  std::recursive_mutex mutex;           // init and finish run under it and may come back. A port's lock may be held when it is taken, not the reverse.
  Driver* find(const std::string& name);
  std::vector<std::string> names();     // latest last
  LoadError load(const std::string& path, const std::string& name, Library*& library);
  void reference(Library& library) { ++library.references; }
  void dereference(Library& library);
  void add_loaded(Library& library, Term pid, bool counts);
  User* find_user(Library& library, Term pid, User::Kind kind);
  void remove_user(Library& library, User* user);
  int count(Library& library, User::Kind kind) const;
  Term add_monitor(Library& library, process::Process& self, User::Kind kind);
  void tell_all(Library& library, User::Kind kind, Term type, Term tag);
  void tell(const User& user, Term name, Term type, Term tag, const LoadError& error = {});
  void cancel_reload(Library& library);
  void remove_monitor(Term pid, const uint64_t reference[3]);
  void make_permanent(Driver& driver);
  std::string error_text(int number) const;
  // Ends all ports of the library (driver_unloaded). Without `mutex`; `library` is referenced.
  void kill_ports(Library& library);
  void note_user() { has_users_.store(true, std::memory_order_release); }
  void process_exited(Term pid);

  // --- entries ---
  bool add_entry(const ErlDrvEntry& entry, Library* library);   // false: its init refused
  int remove_entry(const ErlDrvEntry& entry);

  // --- ports ---
  // The driver of this name, counted for one port and referenced; null: none that may be opened.
  Driver* take_for_port(const std::string& name);
  bool take_again(Driver& driver);      // for a port that one of its ports makes
  void port_stopped(Driver& driver);    // its stop function has run
  void port_gone(Driver& driver);       // nothing is inside the driver for it any more

  Selections& selections() { return *selections_; }
  AsyncPool& async() { return *async_; }
  void emergency_close();               // the machine crashes: drivers that asked for it are told. No process runs any more
  void end();                           // the machine's threads have been joined; ours are now

 private:
  friend void run_removal(void* raw);
  LoadError open(Library& library, const std::string& path, const std::string& name);
  void close(Library& library);
  void remove_unused(Library& library);
  void process_exited(Library& library, Term pid);

  std::list<std::unique_ptr<Library>> libraries_;
  std::vector<Driver*> list_;           // all drivers, in the order of their coming
  std::list<std::unique_ptr<Driver>> added_;
  std::vector<std::string> system_errors_;
  bool is_ending_ = false;              // nothing is unloaded any more but by the end itself
  std::atomic<bool> has_users_{false};  // some process has called erl_ddll
  std::unique_ptr<Selections> selections_;
  std::unique_ptr<AsyncPool> async_;
};

}  // namespace athanor::driver
