// SPDX-License-Identifier: Apache-2.0
#include "cli/erl_arguments.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

#include "athanor/release.hpp"
#include "cli/emulator_flags.hpp"

namespace athanor::cli {
namespace {

// Words of a flags variable or an -args_file, as erlexec reads them: blanks separate; quotes take everything up to the next one, a
// backslash outside quotes takes the next character; # begins a comment in files. "--" ends each, so that they don't affect each other.
std::vector<std::string> split_words(const std::string& text, bool comments) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  auto finish = [&] {
    if (in_word) words.push_back(word);
    word.clear();
    in_word = false;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quote) {
      if (c == quote) quote = 0;
      else word += c;
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true;
    } else if (c == '\\') {
      if (i + 1 < text.size()) word += text[++i];
      in_word = true;
    } else if (comments && c == '#') {
      finish();
      while (i + 1 < text.size() && text[i + 1] != '\n') ++i;
    } else if (std::isspace(static_cast<unsigned char>(c))) {
      finish();
    } else {
      word += c;
      in_word = true;
    }
  }
  finish();
  if (!words.empty()) words.push_back("--");
  return words;
}

void append_variable(const char* name, std::vector<std::string>& words) {
  const char* value = std::getenv(name);
  if (!value) return;
  for (std::string& word : split_words(value, false)) words.push_back(std::move(word));
}

constexpr int kMostNestedFiles = 1000;   // more are taken for files that name each other

std::optional<std::string> text_of(const std::string& path) {
  std::ifstream in(path);
  if (!in) return std::nullopt;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// Replaces each `-args_file F` by the words of that file; what follows an -extra goes to `extra`. False: unreadable.
bool expand_files(const std::vector<std::string>& from, std::vector<std::string>& words, std::vector<std::string>& extra, std::string& error,
                  int depth = 0) {
  for (size_t i = 0; i < from.size(); ++i) {
    if (from[i] == "-extra") {
      extra.insert(extra.end(), from.begin() + static_cast<long>(i) + 1, from.end());
      return true;
    }
    if (from[i] != "-args_file") {
      words.push_back(from[i]);
      continue;
    }
    if (++i == from.size()) {
      error = "Missing argument(s) for '-args_file'.";
      return false;
    }
    std::optional<std::string> text;   // the file is closed before those that it names are opened
    if (depth <= kMostNestedFiles) text = text_of(from[i]);
    if (!text) {
      std::error_code ignored;
      error = "Failed to open arguments file \"" + from[i] + "\" at \"" + std::filesystem::current_path(ignored).string() +
              "\": " + std::strerror(depth <= kMostNestedFiles ? errno : ELOOP);
      return false;
    }
    if (!expand_files(split_words(*text, true), words, extra, error, depth + 1)) return false;
  }
  return true;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

ErlCommand read_erl_arguments(const std::vector<std::string>& arguments, const std::string& own_path) {
  ErlCommand command;
  std::vector<std::string> words;
  std::vector<std::string> before, after, extra;
  append_variable("ERL_OTP25_FLAGS", before);
  append_variable("ERL_AFLAGS", before);
  append_variable("ERL_FLAGS", after);
  append_variable("ERL_ZFLAGS", after);
  if (!expand_files(before, words, extra, command.error) || !expand_files(arguments, words, extra, command.error)) return command;
  if (!arguments.empty() && !after.empty()) words.push_back("--");
  if (!expand_files(after, words, extra, command.error)) return command;
  if (!extra.empty()) {
    words.push_back("-extra");
    words.insert(words.end(), extra.begin(), extra.end());
  }

  std::vector<std::string> emulator_flags, init_flags;
  std::string wrong_flag;   // what the emulator would refuse; nothing to whoever only wants to see its arguments
  if (const char* jit = std::getenv("ATHANOR_JIT")) wrong_flag = apply_emulator_flag("JIT", jit, command);   // for programs one gives no flags to
  bool has_epmd = true, named = false;
  auto refuse = [&](const std::string& why) {
    command.error = why + "\nUsage: erl [-sname NAME | -name NAME] [-noshell] [-noinput] [-env VAR VALUE] [-args_file FILE] [-version] [+FLAG VALUE ...] [args ...]";
    return command;
  };
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const bool has_next = i + 1 < words.size() && words[i + 1] != "--";   // what a variable gives begins with that
    if (word == "-extra") {
      init_flags.insert(init_flags.end(), words.begin() + static_cast<long>(i), words.end());
      break;
    }
    if (word.size() > 1 && word[0] == '+') {
      std::string flag = word.substr(1);
      bool next = flag_takes_next(flag, has_next ? &words[i + 1] : nullptr);
      if (next && !has_next) return refuse("Missing argument(s) for '" + word + "'.");
      size_t length = flag_name_length(flag);
      std::string name = flag.substr(0, length), value = flag.substr(length);
      emulator_flags.push_back("-" + flag);
      if (next) emulator_flags.push_back(value = words[++i]);
      std::string wrong = apply_emulator_flag(name, value, command);
      if (wrong_flag.empty()) wrong_flag = wrong;
    } else if ((word == "-env" && (!has_next || i + 2 >= words.size() || words[i + 2] == "--")) ||
               (!has_next && is_one_of(word, {"-sname", "-name", "-proto_dist", "-start_epmd", "-emu_type", "-emu_flavor", "-epmd", "-configfd"}))) {
      return refuse("Missing argument(s) for '" + word + "'.");
    } else if (word == "-smpdisable" || (word == "-smp" && has_next && words[i + 1] == "disable")) {
      return refuse("Argument '-smp disable' not supported. Use \"+S 1\" instead.");
    } else if (word == "-smpenable" || word == "-smpauto" || (word == "-smp" && has_next && is_one_of(words[i + 1], {"enable", "auto"}))) {
      i += word == "-smp";
    } else if (word == "-man") {
      command.manual_arguments.emplace(words.begin() + static_cast<long>(i) + 1, words.end());
      return command;
    } else if (word == "-version") {
      command.print_version = true;
    } else if (word == "-noinput") {
      init_flags.insert(init_flags.end(), {"-noshell", "-noinput"});
    } else if (word == "-compile") {
      init_flags.insert(init_flags.end(), {"-noshell", "-noinput", "-s", "c", "lc_batch"});
    } else if (word == "-make") {
      init_flags.insert(init_flags.end(), {"-noshell", "-noinput", "-s", "make", "all_or_nothing", "-s", "erlang", "halt"});
      break;
    } else if (word == "-env" && i + 2 < words.size()) {
      setenv(words[i + 1].c_str(), words[i + 2].c_str(), 1);
      i += 2;
    } else if (word == "-detached") {
      command.detached = true;
      init_flags.insert(init_flags.end(), {"-noshell", "-noinput"});
    } else if (word == "-noinput") {   // OTP: who reads nothing has no shell either
      init_flags.insert(init_flags.end(), {"-noshell", "-noinput"});
    } else if ((word == "-emu_type" || word == "-emu_flavor") && has_next) {
      ++i;
    } else if (word == "-start_epmd" && has_next) {
      has_epmd = words[++i] == "true";
      if (!has_epmd && words[i] != "false") return refuse("Expected boolean argument for '-start_epmd'.");
      init_flags.insert(init_flags.end(), {"-start_epmd", words[i]});
    } else if (word == "-no_epmd") {
      has_epmd = false;
      init_flags.push_back(word);
    } else if (word == "-epmd" && has_next) {
      command.epmd_command = words[++i];
    } else if (word == "-emu_args") {
      // Accepted: the arguments are what system_info(emu_args) tells.
    } else if (word == "-emu_args_exit" || word == "-emu_qouted_cmd_exit") {   // OTP: spelt so
      command.shown = word == "-emu_args_exit" ? ErlCommand::Shown::Lines : ErlCommand::Shown::Quoted;
    } else {
      if (word == "-configfd" && words[i + 1] == "0") init_flags.insert(init_flags.end(), {"-noshell", "-noinput"});   // the standard input is taken
      named |= word == "-sname" || word == "-name";
      init_flags.push_back(word);
    }
  }
  const std::string wrong_counts = command.schedulers.finish(command.options);
  if (wrong_flag.empty()) wrong_flag = wrong_counts;
  if (!wrong_flag.empty() && command.shown == ErlCommand::Shown::No) return refuse(wrong_flag);
  command.start_epmd = named && has_epmd;
  const bool has_limit = command.options.ets_limit != MachineOptions{}.ets_limit;
  if (const char* tables = std::getenv("ERL_MAX_ETS_TABLES"); tables && !has_limit) (void)apply_emulator_flag("e", tables, command);   // -env sets it too

  MachineOptions& options = command.options;
  std::string own_dir = own_path.substr(0, own_path.rfind('/'));
  ReleaseInfo release = find_release("", own_dir);
  if (!release.error.empty()) {
    command.error = "erl: " + release.error;
    return command;
  }
  options.otp_root = release.root;
  options.otp_release = release.otp;
  options.bin_dir = release.bin_dir;
  options.handle_signals = true;
  options.write_crash_dump = true;
  const char* home = std::getenv("HOME");
  options.arguments = {"-root", release.root, "-bindir", release.bin_dir, "-progname", own_path, "--", "-home", home ? home : "/"};
  if (const char* port = std::getenv("ERL_EPMD_PORT")) options.arguments.insert(options.arguments.end(), {"-epmd_port", port});
  // A node that gets its name later has no epmd started for it: see lib/athanor_epmd.erl.
  bool has_module = std::find(init_flags.begin(), init_flags.end(), "-epmd_module") != init_flags.end();
  const bool is_run = command.shown == ErlCommand::Shown::No;
  if (is_run && !named && has_epmd && !has_module && has_own_module("athanor_epmd")) options.arguments.insert(options.arguments.end(), {"-epmd_module", "athanor_epmd"});
  options.arguments.push_back("--");
  options.arguments.insert(options.arguments.end(), init_flags.begin(), init_flags.end());
  options.emulator_arguments = {own_path};
  options.emulator_arguments.insert(options.emulator_arguments.end(), emulator_flags.begin(), emulator_flags.end());
  options.emulator_arguments.push_back("--");
  options.emulator_arguments.insert(options.emulator_arguments.end(), options.arguments.begin(), options.arguments.end());
  return command;
}

std::string own_executable() {
  char path[4096];
  ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  return length > 0 ? std::string(path, static_cast<size_t>(length)) : std::string();
}

// As erlexec does, by a shell: the daemon leaves at once where one runs already.
static void start_epmd(const std::string& command) {
  if (std::system(command.c_str()) == -1) std::fprintf(stderr, "Error spawning %s (error %d)\n", command.c_str(), errno);
}

// The release's manual pages, by man(1).
static int show_manual(const std::string& own_path, std::vector<std::string> arguments) {
  const ReleaseInfo release = find_release("", own_path.substr(0, own_path.rfind('/')));
  if (::access((release.root + "/man").c_str(), R_OK) == 0) ::setenv("MANPATH", (release.root + "/man").c_str(), 1);   // else they are among the system's
  std::vector<char*> words{const_cast<char*>("man")};
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  ::execvp("man", words.data());
  std::fprintf(stderr, "Could not execute program 'man': %s\n", std::strerror(errno));
  return 1;
}

// malloc gives back at once what is free at the end of an arena beyond its limit, and by default that is so little that what a socket's
// messages lie in is given back and faulted in again all the time. To free a block that malloc has mapped raises the limit to twice the block's
// size (mallopt(3), M_MMAP_THRESHOLD), and leaves it able to adapt further, which setting it would not. Who sets the limit by environment
// variables has the say.
static void let_malloc_keep_bursts() {
  constexpr size_t kBlock = size_t{4} << 20;
  void* volatile block = std::malloc(kBlock);   // volatile: the pair is not to be left out
  std::free(block);
}

int run_erl(const std::vector<std::string>& arguments, const std::string& own_path) {
  let_malloc_keep_bursts();
  ErlCommand command = read_erl_arguments(arguments, own_path);
  if (!command.error.empty()) {
    std::fprintf(stderr, "%s\n", command.error.c_str());
    return 1;
  }
  if (command.manual_arguments) return show_manual(own_path, *command.manual_arguments);
  if (command.print_version) {
    // The stock VM's line, which build tools read, with our name in it.
    ReleaseInfo release = find_release("", own_path.substr(0, own_path.rfind('/')));
    std::fprintf(stderr, "Erlang (SMP,ASYNC_THREADS) (BEAM) emulator version %s [Athanor %s]\n", release.erts_version.c_str(), version());
    return 0;
  }
  const MachineOptions& options = command.options;
  if (command.shown != ErlCommand::Shown::No) {
    const bool quoted = command.shown == ErlCommand::Shown::Quoted;
    for (const std::string& word : options.emulator_arguments) std::printf(quoted ? "\"%s\" " : "%s\n", word.c_str());
    if (quoted) std::printf("\n");
    return 0;
  }
  std::string own_dir = own_path.substr(0, own_path.rfind('/'));
  setenv("ROOTDIR", options.otp_root.c_str(), 1);
  setenv("BINDIR", options.bin_dir.c_str(), 1);
  setenv("EMU", "beam", 1);
  setenv("PROGNAME", "erl", 1);
  const char* path = std::getenv("PATH");
  setenv("PATH", (own_dir + ":" + options.bin_dir + (path ? ":" + std::string(path) : "")).c_str(), 1);
  if (command.detached && daemon(1, 0) != 0) {
    std::fprintf(stderr, "erl: cannot detach: %s\n", std::strerror(errno));
    return 1;
  }
  if (command.start_epmd) start_epmd(command.epmd_command.empty() ? "\"" + options.bin_dir + "/epmd\" -daemon" : command.epmd_command);
  Machine machine(command.options);
  if (!machine.boot()) {
    std::fprintf(stderr, "erl: %s\n", machine.error().c_str());
    return 1;
  }
  int status = machine.wait();
  std::fflush(nullptr);
#if defined(ATH_LEAK_CHECK)
  return status;
#else
  _exit(status);   // The system takes memory back faster than we could.
#endif
}

}  // namespace athanor::cli
