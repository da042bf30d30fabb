// SPDX-License-Identifier: Apache-2.0
#include "machine/crash_dump.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "athanor/machine.hpp"
#include "process/process_table.hpp"

namespace athanor::machine {

void write_crash_dump(process::Runtime& runtime, const char* slogan) {
  const char* seconds = std::getenv("ERL_CRASH_DUMP_SECONDS");
  if (seconds && std::atoi(seconds) == 0) return;   // OTP: 0 asks for none
  const char* path = std::getenv("ERL_CRASH_DUMP");
  if (!path || !*path) path = "erl_crash.dump";
  FILE* file = std::fopen(path, "w");
  if (!file) return;
  std::fprintf(stderr, "\nCrash dump is being written to: %s...", path);
  std::fflush(stderr);
  std::time_t now = std::time(nullptr);
  char date[64] = "";
  ctime_r(&now, date);
  std::fprintf(file, "=erl_crash_dump:0.5\n%sSlogan: %s\nSystem version: Erlang/OTP %d [Athanor %s]\n", date, slogan,
               runtime.identity.otp_release, version());
  std::fprintf(file, "Processes: %llu\n=end\n", static_cast<unsigned long long>(runtime.processes->count()));
  std::fclose(file);
  std::fprintf(stderr, "done\n");
}

}  // namespace athanor::machine
