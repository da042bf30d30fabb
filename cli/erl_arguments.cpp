// SPDX-License-Identifier: Apache-2.0
#include "cli/erl_arguments.hpp"

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "athanor/release.hpp"

namespace athanor::cli {
namespace {

// Words of a flags variable or an -args_file: blanks separate, quotes and backslashes as in a shell, # begins a comment in files.
std::vector<std::string> split_words(const std::string& text, bool comments) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quote) {
      if (c == quote) quote = 0;
      else if (c == '\\' && quote == '"' && i + 1 < text.size()) word += text[++i];
      else word += c;
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true;
    } else if (c == '\\' && i + 1 < text.size()) {
      word += text[++i];
      in_word = true;
    } else if (comments && c == '#' && !in_word) {
      while (i < text.size() && text[i] != '\n') ++i;
    } else if (std::isspace(static_cast<unsigned char>(c))) {
      if (in_word) words.push_back(word);
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(word);
  return words;
}

void append_variable(const char* name, std::vector<std::string>& words) {
  const char* value = std::getenv(name);
  if (!value) return;
  for (std::string& word : split_words(value, false)) words.push_back(std::move(word));
}

// Replaces each `-args_file F` by the words of that file. False: unreadable.
bool expand_files(std::vector<std::string>& words, std::string& error, int depth = 0) {
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == "-extra") return true;
    if (words[i] != "-args_file") continue;
    std::ifstream in(words[i + 1]);
    if (!in || depth > 100) {
      error = "erl: cannot read the arguments file " + words[i + 1];
      return false;
    }
    std::stringstream text;
    text << in.rdbuf();
    std::vector<std::string> inner = split_words(text.str(), true);
    if (!expand_files(inner, error, depth + 1)) return false;
    words.erase(words.begin() + static_cast<long>(i), words.begin() + static_cast<long>(i) + 2);
    words.insert(words.begin() + static_cast<long>(i), inner.begin(), inner.end());
    i += inner.size();
    if (i > 0) --i;
  }
  return true;
}

// Emulator flags that stand alone; every other one takes a value, attached or as the next word.
bool stands_alone(const std::string& flag) {
  for (const char* alone : {"d", "l", "L", "v", "V", "i", "B", "Bc", "Bd", "Bi", "r", "n", "ns", "nl", "fnl", "fnu", "fna", "fnui", "fnuw", "fnue", "fnai", "fnaw", "fnae"}) {
    if (flag == alone) return true;
  }
  return false;
}

// Where the letter part of a flag ends: +P2000 and +P 2000 are the same.
size_t name_length(const std::string& flag) {
  for (const char* single : {"P", "Q", "t", "A", "a", "R", "T", "W", "c", "e", "K"}) {
    if (flag[0] == single[0] && flag.size() > 1 && (std::isdigit(static_cast<unsigned char>(flag[1])) || flag[0] == 'W')) return 1;
  }
  if (flag[0] == 'S' && flag.size() > 1 && (std::isdigit(static_cast<unsigned char>(flag[1])) || flag[1] == ':')) return 1;
  return flag.size();
}

bool read_count(const std::string& text, uint32_t least, uint32_t most, uint32_t& value) {
  char* end = nullptr;
  unsigned long long number = std::strtoull(text.c_str(), &end, 10);
  if (text.empty() || *end || number < least) return false;
  value = number > most ? most : static_cast<uint32_t>(number);
  return true;
}

// Heeds one emulator flag; unknown tuning flags are accepted. False: a bad value.
bool apply_emulator_flag(const std::string& name, const std::string& value, ErlCommand& command) {
  MachineOptions& options = command.options;
  if (name == "P") return value == "legacy" || read_count(value, 1024, 134217727, options.process_limit);
  if (name == "Q") return value == "legacy" || read_count(value, 1024, 134217727, options.port_limit);
  if (name == "t") return read_count(value, 8192, 2147483647, options.atom_limit);
  if (name == "e") return read_count(value, 1, 16777216, options.ets_limit);
  if (name == "hms") return read_count(value, 0, 1u << 30, options.min_heap_words);
  if (name == "S") {
    size_t colon = value.find(':');
    std::string total = value.substr(0, colon), online = colon == std::string::npos ? "" : value.substr(colon + 1);
    if (!total.empty() && !read_count(total, 1, 1024, options.schedulers)) return false;
    return online.empty() || read_count(online, 1, 1024, options.schedulers_online);
  }
  if (name == "SDcpu") return read_count(value.substr(0, value.find(':')), 1, 1024, options.dirty_cpu_schedulers);
  if (name == "SDio") return read_count(value, 1, 1024, options.dirty_io_schedulers);
  if (name == "V") command.print_version = true;
  return true;
}

}  // namespace

ErlCommand read_erl_arguments(const std::vector<std::string>& arguments, const std::string& own_path) {
  ErlCommand command;
  std::vector<std::string> words;
  append_variable("ERL_AFLAGS", words);
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> extra;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] != "-extra") continue;
    extra.assign(words.begin() + static_cast<long>(i), words.end());
    words.resize(i);
    break;
  }
  append_variable("ERL_FLAGS", words);
  append_variable("ERL_OTP25_FLAGS", words);
  std::vector<std::string> last;
  append_variable("ERL_ZFLAGS", last);
  words.insert(words.end(), last.begin(), last.end());
  if (!expand_files(words, command.error)) return command;
  words.insert(words.end(), extra.begin(), extra.end());

  std::vector<std::string> emulator_flags, init_flags;
  bool has_epmd = true, named = false;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    bool has_next = i + 1 < words.size();
    if (word == "-extra") {
      init_flags.insert(init_flags.end(), words.begin() + static_cast<long>(i), words.end());
      break;
    }
    if (word.size() > 1 && word[0] == '+') {
      std::string flag = word.substr(1);
      size_t length = name_length(flag);
      std::string name = flag.substr(0, length), value = flag.substr(length);
      emulator_flags.push_back("-" + flag);
      if (value.empty() && !stands_alone(name) && has_next) {
        value = words[++i];
        emulator_flags.push_back(value);
      }
      if (!apply_emulator_flag(name, value, command)) {
        command.error = "erl: bad value \"" + value + "\" for +" + name;
        return command;
      }
    } else if (word == "-env" && i + 2 < words.size()) {
      setenv(words[i + 1].c_str(), words[i + 2].c_str(), 1);
      i += 2;
    } else if (word == "-detached") {
      command.detached = true;
      init_flags.insert(init_flags.end(), {"-noshell", "-noinput"});
    } else if ((word == "-emu_type" || word == "-emu_flavor") && has_next) {
      ++i;
    } else if (word == "-start_epmd" && has_next) {
      has_epmd = words[++i] == "true";
      init_flags.insert(init_flags.end(), {"-start_epmd", words[i]});
    } else if (word == "-emu_args") {
      // Accepted: the arguments are what system_info(emu_args) tells.
    } else {
      named |= word == "-sname" || word == "-name";
      init_flags.push_back(word);
    }
  }
  command.start_epmd = named && has_epmd;

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
  const char* home = std::getenv("HOME");
  options.arguments = {"-root", release.root, "-bindir", release.bin_dir, "-progname", own_path, "--", "-home", home ? home : "/"};
  if (const char* port = std::getenv("ERL_EPMD_PORT")) options.arguments.insert(options.arguments.end(), {"-epmd_port", port});
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

int run_erl(const std::vector<std::string>& arguments, const std::string& own_path) {
  ErlCommand command = read_erl_arguments(arguments, own_path);
  if (!command.error.empty()) {
    std::fprintf(stderr, "%s\n", command.error.c_str());
    return 1;
  }
  if (command.print_version) {
    std::printf("Athanor %s, a virtual machine for the BEAM\n", version());
    return 0;
  }
  const MachineOptions& options = command.options;
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
