// SPDX-License-Identifier: Apache-2.0
// Hostile command lines of `erl`: read or refused in words, never more. Arguments end in a zero byte; what follows `-args_file` is what stands in
// the file.
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "cli/erl_arguments.hpp"

extern char** environ;

namespace {

std::string file_name() { return "/tmp/athanor_fuzz_arguments_" + std::to_string(getpid()); }

// -env sets variables of the program itself.
class KeptEnvironment {
 public:
  KeptEnvironment() {
    for (char** at = environ; *at; ++at) before_.emplace_back(*at);
  }
  ~KeptEnvironment() {
    clearenv();
    for (const std::string& variable : before_) {
      const size_t equals = variable.find('=');
      if (equals != variable.npos && equals != 0) setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
    }
  }

 private:
  std::vector<std::string> before_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t count) {
  const std::string text(reinterpret_cast<const char*>(bytes), count);
  if (text.find("/dev") != text.npos || text.find("/proc") != text.npos) return -1;   // files without an end
  std::vector<std::string> arguments;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\0', at), text.size());
    std::string word = text.substr(at, end - at);
    at = end + 1;
    if (!arguments.empty() && arguments.back() == "-args_file") {
      std::ofstream(file_name(), std::ios::binary) << word;
      word = file_name();
    }
    arguments.push_back(word);
  }
  KeptEnvironment kept;
  const athanor::cli::ErlCommand command = athanor::cli::read_erl_arguments(arguments, "/nonexistent/bin/erl");
  if (!command.error.empty()) return 0;
  const athanor::MachineOptions& options = command.options;
  // What a machine takes for granted.
  if (options.process_limit == 0 || options.atom_limit == 0 || options.schedulers > 1024 || options.schedulers_online > 1024) __builtin_trap();
  return 0;
}
