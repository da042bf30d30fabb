// SPDX-License-Identifier: Apache-2.0
#include "io/port_options.hpp"

#include "io/file_names.hpp"
#include "term/atom_table.hpp"
#include "term/binary.hpp"
#include "term/boxed.hpp"
#include "term/integer.hpp"

namespace athanor::io {

namespace {

// OTP: a binary counts up to its first zero; a list must have none.
bool text_to_bytes(Term text, std::string& bytes) {
  if (!binary::is_binary(text)) return name_to_bytes(text, Atoms::Allowed, bytes);
  binary::Scratch scratch;
  std::string_view all = binary::bytes_of(text, scratch);
  bytes = all.substr(0, all.find('\0'));
  return true;
}

bool parse_environment(Term list, std::map<std::string, std::string>& environment) {
  for (; list.is_list_cell(); list = list.tail()) {
    if (!is_tuple_of(list.head(), 2)) return false;
    std::string name, value;
    Term given = tuple_element(list.head(), 1);
    if (!name_to_bytes(tuple_element(list.head(), 0), Atoms::Refused, name)) return false;
    if (name.find('=', 1) != std::string::npos || name.starts_with('=')) return false;
    if (given.is_nil() || given == atoms::false_) { environment.erase(name); continue; }   // OTP: "" unsets, too
    if (!name_to_bytes(given, Atoms::Refused, value)) return false;
    environment[name] = value;
  }
  return list.is_nil();
}

bool parse_arguments(Term list, std::vector<std::string>& arguments) {
  arguments.clear();
  for (; list.is_list_cell(); list = list.tail()) {
    std::string argument;
    if (!text_to_bytes(list.head(), argument)) return false;
    arguments.push_back(std::move(argument));
  }
  return list.is_nil();
}

// disabled, or {Low, High} within what a driver may ask for.
bool parse_limits(Term value, uint64_t& low, uint64_t& high) {
  constexpr uint64_t kMaximum = ~uint64_t{0} - 1;
  if (value == atoms::disabled) { low = high = 0; return true; }
  if (!is_tuple_of(value, 2)) return false;
  if (!integer::to_uint64(tuple_element(value, 0), low) || !integer::to_uint64(tuple_element(value, 1), high)) return false;
  if (low < 1 || high < 1 || low > kMaximum || high > kMaximum) return false;
  low = std::min(low, high);
  return true;
}

bool parse_pair(Term key, Term value, const Environment& environment, PortOptions& options, Term& directory) {
  if (key == atoms::packet) {
    if (value != Term::small(1) && value != Term::small(2) && value != Term::small(4)) return false;
    options.packet_bytes = static_cast<uint32_t>(value.small_value());
    return true;
  }
  if (key == atoms::line) {
    if (!value.is_small() || value.small_value() <= 0) return false;
    options.line_length = static_cast<uint32_t>(std::min<int64_t>(value.small_value(), UINT32_MAX));
    return true;
  }
  if (key == atoms::env) {
    options.environment = environment.all();   // OTP: the last env option counts alone
    return parse_environment(value, options.environment);
  }
  if (key == atoms::args) return parse_arguments(value, options.arguments.emplace());
  if (key == atoms::arg0) return text_to_bytes(value, options.argument0.emplace());
  if (key == atoms::cd) { directory = value; return true; }
  if (key == atoms::parallelism) {
    options.parallelism = value == atoms::true_;
    return options.parallelism || value == atoms::false_;
  }
  if (key == atoms::busy_limits_port) {
    options.has_port_limits = true;
    return parse_limits(value, options.low_watermark, options.high_watermark);
  }
  if (key == atoms::busy_limits_msgq) {
    options.has_queue_limits = value != atoms::disabled;
    return parse_limits(value, options.low_queue_limit, options.high_queue_limit);   // told to drivers: no request waits in a queue here
  }
  return false;
}

bool parse_flag(Term flag, PortOptions& options) {
  if (flag == atoms::stream) options.packet_bytes = 0;
  else if (flag == atoms::use_stdio) options.use_stdio = true;
  else if (flag == atoms::nouse_stdio) options.use_stdio = false;
  else if (flag == atoms::stderr_to_stdout) options.stderr_to_stdout = true;
  else if (flag == atoms::line) options.line_length = 512;
  else if (flag == atoms::binary) options.binary = true;
  else if (flag == atoms::in) options.read = true;
  else if (flag == atoms::out) options.write = true;
  else if (flag == atoms::eof) options.soft_eof = true;
  else if (flag == atoms::exit_status) options.exit_status = true;
  else if (flag != atoms::hide && flag != atoms::overlapped_io) return false;
  return true;
}

bool parse_settings(Term settings, const Environment& environment, PortOptions& options, Term& directory) {
  options.environment = environment.all();
  for (; settings.is_list_cell(); settings = settings.tail()) {
    Term setting = settings.head();
    bool good = is_tuple_of(setting, 2)
                    ? parse_pair(tuple_element(setting, 0), tuple_element(setting, 1), environment, options, directory)
                    : parse_flag(setting, options);
    if (!good) return false;
  }
  if (!settings.is_nil()) return false;
  if (!options.read && !options.write) options.read = options.write = true;
  if (options.line_length != 0 && options.packet_bytes != 0) return false;
  return !options.stderr_to_stdout || options.use_stdio;
}

bool parse_name(Term name, PortOptions& options) {
  if (name.is_atom() || name.is_list_cell()) {
    options.kind = PortOptions::Kind::Vanilla;
    return name_to_bytes(name, Atoms::Allowed, options.name);
  }
  if (!is_tuple(name) || tuple_arity(name) == 0) return false;
  Term kind = tuple_element(name, 0);
  if (kind == atoms::fd) {
    if (tuple_arity(name) != 3 || !tuple_element(name, 1).is_small() || !tuple_element(name, 2).is_small()) return false;
    options.kind = PortOptions::Kind::Fd;
    options.in_descriptor = static_cast<int>(tuple_element(name, 1).small_value());
    options.out_descriptor = static_cast<int>(tuple_element(name, 2).small_value());
    options.name = std::to_string(options.in_descriptor) + "/" + std::to_string(options.out_descriptor);
    return true;
  }
  if (kind == atoms::spawn) options.kind = PortOptions::Kind::Spawn;
  else if (kind == atoms::spawn_driver) options.kind = PortOptions::Kind::SpawnDriver;
  else if (kind == atoms::spawn_executable) options.kind = PortOptions::Kind::SpawnExecutable;
  else return false;
  return tuple_arity(name) == 2 && text_to_bytes(tuple_element(name, 1), options.name) && !options.name.empty();
}

}  // namespace

OptionsError parse_port_options(Term name, Term settings, const Environment& environment, PortOptions& options) {
  Term directory;
  if (!settings.is_list() || !parse_settings(settings, environment, options, directory)) return OptionsError::BadOption;
  using Kind = PortOptions::Kind;
  if (!parse_name(name, options)) return OptionsError::BadArgument;
  if ((options.arguments || options.argument0) && options.kind != Kind::SpawnExecutable) return OptionsError::BadArgument;
  if (!directory.is_none() && !text_to_bytes(directory, options.directory)) return OptionsError::BadArgument;
  if (options.exit_status && (options.kind == Kind::Fd || options.kind == Kind::Vanilla || options.kind == Kind::SpawnDriver)) {
    return OptionsError::BadArgument;
  }
  return OptionsError::None;
}

}  // namespace athanor::io
