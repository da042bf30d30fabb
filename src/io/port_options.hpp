// SPDX-License-Identifier: Apache-2.0
// The settings of erlang:open_port/2, taken apart.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/environment.hpp"
#include "term/term.hpp"

namespace athanor::io {

struct PortOptions {
  enum class Kind : uint8_t { Spawn, SpawnDriver, SpawnExecutable, Fd, Vanilla };
  Kind kind = Kind::Spawn;
  std::string name;                 // command, program or file
  int in_descriptor = -1, out_descriptor = -1;   // Kind::Fd

  uint32_t packet_bytes = 0;
  uint32_t line_length = 0;
  bool use_stdio = true, stderr_to_stdout = false;
  bool read = false, write = false;
  bool binary = false, soft_eof = false, exit_status = false;
  bool parallelism = false;         // told by port_info; our ports work off what they are asked at once in any case
  std::optional<std::vector<std::string>> arguments;
  std::optional<std::string> argument0;
  std::string directory;            // empty: the machine's
  std::map<std::string, std::string> environment;
  bool has_port_limits = false;     // watermarks were given: for programs, files and descriptors alone
  bool has_queue_limits = false;    // busy_limits_msgq, other than disabled
  uint64_t low_queue_limit = 4096, high_queue_limit = 8192;
  uint64_t low_watermark = 4096, high_watermark = 8192;   // high 0: never busy
};

enum class OptionsError : uint8_t { None, BadOption, BadArgument };
OptionsError parse_port_options(Term name, Term settings, const Environment& environment, PortOptions& options);

}  // namespace athanor::io
