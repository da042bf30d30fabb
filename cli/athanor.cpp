// SPDX-License-Identifier: Apache-2.0
// `athanor`: runs programs of every kind on this machine, and tells what it found.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "athanor/machine.hpp"
#include "athanor/release.hpp"
#include "cli/erl_arguments.hpp"

namespace fs = std::filesystem;
using athanor::cli::own_executable;

namespace {

std::string own_dir() { return fs::path(own_executable()).parent_path().string(); }
std::string own_erl() { return own_dir() + "/erl"; }

// First program of that name on PATH that is not in our own folder; empty: none.
std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::string rest = path ? path : "/usr/bin:/bin";
  while (!rest.empty()) {
    size_t colon = rest.find(':');
    std::string directory = rest.substr(0, colon);
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
    if (directory.empty() || directory == own_dir()) continue;
    std::string candidate = directory + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

// What every program started from here finds: our `erl` first, and stock helpers told to use it.
void prepare_environment() {
  const char* path = std::getenv("PATH");
  setenv("PATH", (own_dir() + ":" + (path ? path : "/usr/bin:/bin")).c_str(), 1);
  setenv("ERLC_EMULATOR", own_erl().c_str(), 1);
  setenv("ESCRIPT_EMULATOR", own_erl().c_str(), 1);
  unsetenv("ERLC_USE_SERVER");
}

// Replaces this process; returns only when that fails.
int execute(const std::string& program, const std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  pointers.push_back(const_cast<char*>(program.c_str()));
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  execvp(program.c_str(), pointers.data());
  std::fprintf(stderr, "athanor: cannot start %s: %s\n", program.c_str(), std::strerror(errno));
  return 127;
}

const char* package_of(const std::string& program) {
  if (program == "elixir" || program == "elixirc" || program == "iex" || program == "mix") return "elixir";
  return "erlang-base";
}

int run_program(const std::string& name, const std::vector<std::string>& arguments) {
  if (name == "erl") return athanor::cli::run_erl(arguments, own_erl());
  std::string program = find_program(name);
  if (program.empty()) {
    std::fprintf(stderr, "athanor: no `%s` on PATH. Debian: apt-get install %s\n", name.c_str(), package_of(name));
    return 127;
  }
  prepare_environment();
  return execute(program, arguments);
}

// By its kind: Elixir sources, escripts and Erlang sources (their main/1), compiled modules (their main/0 or start/0).
int run_file(const std::string& file, std::vector<std::string> arguments) {
  std::string extension = fs::path(file).extension().string();
  if (!fs::exists(file)) {
    std::fprintf(stderr, "athanor: no such file: %s\n", file.c_str());
    return 1;
  }
  arguments.insert(arguments.begin(), file);
  if (extension == ".exs" || extension == ".ex") return run_program("elixir", arguments);
  std::ifstream in(file);
  std::string first_line;
  std::getline(in, first_line);
  if (extension == ".erl" || extension == ".escript" || (first_line.rfind("#!", 0) == 0 && first_line.find("escript") != std::string::npos)) {
    return run_program("escript", arguments);
  }
  if (extension == ".beam") {
    std::string module = fs::path(file).stem().string();
    std::string directory = fs::absolute(file).parent_path().string();
    std::vector<std::string> words = {"-noshell", "-pa", directory, "-s", module, "-s", "init", "stop", "-extra"};
    words.insert(words.end(), arguments.begin() + 1, arguments.end());
    return run_program("erl", words);
  }
  std::fprintf(stderr, "athanor: %s is no .exs, .ex, .erl, .escript or .beam file\n", file.c_str());
  return 1;
}

int doctor() {
  std::printf("Athanor %s\n", athanor::version());
  athanor::ReleaseInfo release = athanor::find_release("", own_dir());
  bool good = release.error.empty();
  if (good) std::printf("Erlang/OTP %d (erts %s) in %s\n", release.otp, release.erts_version.c_str(), release.root.c_str());
  else std::printf("Erlang/OTP: missing. %s\n", release.error.c_str());
  std::string elixir = find_program("elixir");
  if (elixir.empty()) {
    std::printf("Elixir: missing. Debian: apt-get install elixir\n");
    good = false;
  } else {
    std::printf("Elixir: %s\n", elixir.c_str());
  }
  for (const char* program : {"erlc", "escript", "mix", "iex"}) {
    std::string place = find_program(program);
    std::printf("%s: %s\n", program, place.empty() ? (std::string("missing. Debian: apt-get install ") + package_of(program)).c_str() : place.c_str());
  }
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"A virtual machine for the BEAM: runs Erlang and Elixir programs."};
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("Athanor ") + athanor::version());
  int status = 0;
  for (const char* name : {"elixir", "iex", "mix", "elixirc", "erl", "erlc", "escript"}) {
    CLI::App* sub = app.add_subcommand(name, std::string("runs `") + name + "` on this machine");
    sub->prefix_command();
    sub->set_help_flag();
    sub->callback([&status, sub, name] { status = run_program(name, sub->remaining()); });
  }
  CLI::App* run = app.add_subcommand("run", "runs FILE by its kind (.exs .ex .erl .escript .beam)");
  run->prefix_command();
  run->set_help_flag();
  run->callback([&] {
    std::vector<std::string> words = run->remaining();
    if (words.empty()) {
      std::fprintf(stderr, "athanor run: which FILE?\n");
      status = 2;
      return;
    }
    std::string file = words.front();
    words.erase(words.begin());
    status = run_file(file, words);
  });
  CLI::App* exec = app.add_subcommand("exec", "runs COMMAND with this machine's `erl` first on PATH: athanor exec -- COMMAND…");
  exec->prefix_command();
  exec->callback([&] {
    std::vector<std::string> words = exec->remaining();
    if (!words.empty() && words.front() == "--") words.erase(words.begin());
    if (words.empty()) {
      std::fprintf(stderr, "athanor exec: which COMMAND?\n");
      status = 2;
      return;
    }
    prepare_environment();
    std::string command = words.front();
    words.erase(words.begin());
    status = execute(command, words);
  });
  app.add_subcommand("doctor", "tells which OTP and Elixir were found and what is missing")->callback([&] { status = doctor(); });
  CLI11_PARSE(app, argc, argv);
  return status;
}
