// SPDX-License-Identifier: Apache-2.0
#include "io/spawn_driver.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "sched/scheduling.hpp"

namespace athanor::io {

SpawnDriver::SpawnDriver(Ports& ports, const PortOptions& options) : StreamDriver(ports, options), options_(options) {}

SpawnDriver::~SpawnDriver() {
  if (child_.report >= 0) ::close(child_.report);
}

int SpawnDriver::start(Port& port) {
  begin(port);
  port_ = &port;
  ChildRequest request;
  std::shared_ptr<Directory> directory = ports_.files().current_directory();
  request.environment = std::move(options_.environment);
  request.base_directory = directory->descriptor();
  request.directory = options_.directory;
  request.stderr_to_out = options_.stderr_to_stdout;
  request.use_stdio = options_.use_stdio;
  struct stat status;
  if (!options_.directory.empty() && (::fstatat(request.base_directory, options_.directory.c_str(), &status, 0) != 0 ||
                                      ::faccessat(request.base_directory, options_.directory.c_str(), X_OK, 0) != 0)) {
    fail_instead(request, errno, "spawn: Could not cd to " + options_.directory + "\r\n");
  } else if (options_.kind == PortOptions::Kind::SpawnExecutable) {
    if (::fstatat(request.base_directory, options_.name.c_str(), &status, 0) != 0) return errno;
    if (::faccessat(request.base_directory, options_.name.c_str(), X_OK, AT_EACCESS) != 0) return EACCES;
    request.program = options_.name;
    request.arguments.push_back(options_.argument0.value_or(options_.name));
    if (options_.arguments) request.arguments.insert(request.arguments.end(), options_.arguments->begin(), options_.arguments->end());
  } else {
    request.program = "/bin/sh";
    request.arguments = {"sh", "-c", "exec " + options_.name};
  }
  return start_program(port, request);
}

// OTP: the child finds out that it cannot become the program, says so where its errors went before, and ends with the error's number.
void SpawnDriver::fail_instead(ChildRequest& request, int error, std::string complaint) {
  request.program = "/bin/sh";
  request.arguments = {"sh", "-c", "printf %s \"$0\" >&2; exit \"$1\"", std::move(complaint), std::to_string(error)};
  request.directory.clear();
  request.environment.clear();   // it may be what was too long
  request.stderr_to_out = false;
}

namespace {
bool is_no_program(int error) {
  switch (error) {
    case EACCES: case ENOENT: case ENOEXEC: case ENOTDIR: case EISDIR: case ELOOP: case ETXTBSY: case E2BIG: return true;
    default: return false;
  }
}
}  // namespace

int SpawnDriver::start_program(Port&, ChildRequest& request) {
  int to_child[2] = {-1, -1}, from_child[2] = {-1, -1};
  int error = options_.write ? make_pipe(to_child) : 0;
  if (error == 0 && options_.read) error = make_pipe(from_child);
  if (error == 0) {
    request.in = to_child[0];
    request.out = from_child[1];
    child_ = ports_.children().start(request);
    if (is_no_program(child_.error)) {
      fail_instead(request, child_.error, "");
      child_ = ports_.children().start(request);
    }
    error = child_.error;
  }
  if (to_child[0] >= 0) ::close(to_child[0]);
  if (from_child[1] >= 0) ::close(from_child[1]);
  if (error != 0) {
    if (to_child[1] >= 0) ::close(to_child[1]);
    if (from_child[0] >= 0) ::close(from_child[0]);
    return error;
  }
  if (options_.write) {
    ::fcntl(to_child[1], F_SETFL, O_NONBLOCK);
    begin_output(to_child[1]);
  }
  input_done_ = !options_.read;
  if (options_.read) {
    ::fcntl(from_child[0], F_SETFL, O_NONBLOCK);
    begin_input(from_child[0]);
  }
  ports_.runtime().scheduling->poll(child_.report, sched::Scheduling::kReadable, on_exit, this);
  return 0;
}

// The end of its output says nothing about the program: with exit_status both are waited for.
void SpawnDriver::input_ended(Port& port, int error) {
  if (error != 0) { port.fail(error); return; }
  input_done_ = true;
  if (!options_.exit_status || status_ >= 0) report(port);
}

void SpawnDriver::report(Port& port) {
  if (options_.exit_status) port.send_exit_status(status_);
  finish_framing(port);
  port.end_of_input();
}

void SpawnDriver::on_exit(void* argument, uint32_t) {
  auto* driver = static_cast<SpawnDriver*>(argument);
  process::ThreadScope scope(driver->ports_.runtime());
  std::shared_ptr<Port> port = driver->port_->shared_from_this();
  std::lock_guard lock(port->mutex());
  const PortTurn turn(*port, Term::small(0));
  driver->status_ = child_status(driver->child_);
  if (port->is_open() && driver->options_.exit_status && driver->input_done_) driver->report(*port);
  driver->ports_.runtime().scheduling->run_in_background(retire_child, new std::shared_ptr<Port>(port));
}

void SpawnDriver::retire_child(void* argument) {
  std::unique_ptr<std::shared_ptr<Port>> held(static_cast<std::shared_ptr<Port>*>(argument));
  Port& port = **held;
  auto& driver = static_cast<SpawnDriver&>(port.driver());
  process::ThreadScope scope(driver.ports_.runtime());
  driver.ports_.runtime().scheduling->stop_polling(driver.child_.report);
  std::lock_guard lock(port.mutex());
  ::close(driver.child_.report);
  driver.child_.report = -1;
  driver.child_gone_ = true;
  if (driver.descriptors_gone_) driver.ports_.release(port);
}

void SpawnDriver::descriptors_closed(Port& port) {
  descriptors_gone_ = true;
  if (child_gone_) ports_.release(port);
}

}  // namespace athanor::io
