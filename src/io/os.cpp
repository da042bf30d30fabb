// SPDX-License-Identifier: Apache-2.0
// Natives of os that touch what the machine owns. (Its clocks are natives of time.)
#include <unistd.h>

#include "bif/bif.hpp"
#include "io/file_names.hpp"
#include "io/ports.hpp"
#define ATH_FAMILY "io/os.def"
#include "bif/declare.inc"

namespace athanor::bif::os {

namespace {

io::Environment& environment_of(Process& self) { return self.runtime().ports->environment(); }

// A list of characters; '=' may not be in it.
bool variable_name(Term t, std::string& name) {
  return t.is_list() && io::name_to_bytes(t, io::Atoms::Refused, name) && name.find('=') == std::string::npos;
}

}  // namespace

BifResult env_0(Process& self, const Term*) {
  Term list = Term::nil();
  std::map<std::string, std::string> all = environment_of(self).all();
  for (auto at = all.rbegin(); at != all.rend(); ++at) {
    Term name = io::name_from_bytes(self.heap(), at->first);
    list = cons(self.heap(), make_tuple(self.heap(), name, io::name_from_bytes(self.heap(), at->second)), list);
  }
  return list;
}

BifResult getenv_1(Process& self, const Term* args) {
  std::string name;
  if (!variable_name(args[0], name)) return self.badarg();
  std::optional<std::string> value = environment_of(self).get(name);
  return value ? BifResult(io::name_from_bytes(self.heap(), *value)) : BifResult(atoms::false_);
}

BifResult putenv_2(Process& self, const Term* args) {
  std::string name, value;
  if (!variable_name(args[0], name) || !args[1].is_list() || !io::name_to_bytes(args[1], io::Atoms::Refused, value)) return self.badarg();
  environment_of(self).put(name, value);
  return atoms::true_;
}

BifResult unsetenv_1(Process& self, const Term* args) {
  std::string name;
  if (!variable_name(args[0], name)) return self.badarg();
  environment_of(self).unset(name);
  return atoms::true_;
}

BifResult getpid_0(Process& self, const Term*) { return latin1_list(self.heap(), std::to_string(::getpid())); }

BifResult set_signal_2(Process& self, const Term* args) {
  using Action = io::OsSignals::Action;
  Action action;
  if (args[1] == atoms::ignore) action = Action::Ignore;
  else if (args[1] == atoms::default_) action = Action::Default;
  else if (args[1] == atoms::handle) action = Action::Handle;
  else return self.badarg_because(atoms::badopt);
  if (!self.runtime().ports->signals().set(args[0], action)) return self.badarg();
  return atoms::ok;
}

}  // namespace athanor::bif::os
