// SPDX-License-Identifier: Apache-2.0
#include "cli/emulator_flags.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>

#include "cli/erl_arguments.hpp"

namespace athanor::cli {
namespace {

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool read_count(const std::string& text, uint32_t least, uint32_t most, uint32_t& value) {
  char* end = nullptr;
  unsigned long long number = std::strtoull(text.c_str(), &end, 10);
  if (text.empty() || !std::isdigit(static_cast<unsigned char>(text[0])) || *end || number < least) return false;
  value = number > most ? most : static_cast<uint32_t>(number);
  return true;
}

// Flags that are checked and have no effect here: what they tune is not there, or done otherwise.
struct Tuning {
  enum class Value : uint8_t { Any, Boolean, Count, Waiting, Threshold, Strategy, Delay };
  std::string_view name;
  Value value;
  const char* refusal;           // followed by the value
  uint32_t least = 0, most = UINT32_MAX;
};

constexpr Tuning kTuning[] = {
    {"a", Tuning::Value::Count, "bad stack size for async threads", 16, 8192},
    {"hpds", Tuning::Value::Count, "bad initial process dictionary size", 1},
    {"IOt", Tuning::Value::Count, "bad I/O poll threads number:", 1, 1024},
    {"IOp", Tuning::Value::Count, "bad I/O pollset number:", 1, 1024},
    {"IOPt", Tuning::Value::Count, "bad I/O poll threads percentage number:", 0, 100},
    {"IOPp", Tuning::Value::Count, "bad I/O pollset percentage number:", 0, 100},
    {"JDdump", Tuning::Value::Any, ""},
    {"sbwt", Tuning::Value::Waiting, "bad scheduler busy wait threshold:"},
    {"sbwtdcpu", Tuning::Value::Waiting, "bad dirty CPU scheduler busy wait threshold:"},
    {"sbwtdio", Tuning::Value::Waiting, "bad dirty I/O scheduler busy wait threshold:"},
    {"swt", Tuning::Value::Threshold, "bad scheduler wakeup threshold:"},
    {"swtdcpu", Tuning::Value::Threshold, "bad dirty CPU scheduler wakeup threshold:"},
    {"swtdio", Tuning::Value::Threshold, "bad dirty I/O scheduler wakeup threshold:"},
    {"scl", Tuning::Value::Boolean, "bad scheduler compact load value"},
    {"sub", Tuning::Value::Boolean, "bad scheduler utilization balancing value"},
    {"spp", Tuning::Value::Boolean, "bad port parallelism scheduling hint"},
    {"sfwi", Tuning::Value::Count, "bad scheduler forced wakeup interval"},
    {"sss", Tuning::Value::Count, "bad stack size for scheduler threads", 20, 8192},
    {"sssdcpu", Tuning::Value::Count, "bad stack size for dirty CPU scheduler threads", 20, 8192},
    {"sssdio", Tuning::Value::Count, "bad stack size for dirty IO scheduler threads", 20, 8192},
    {"sws", Tuning::Value::Strategy, "bad scheduler wakeup strategy:"},
    {"zdntgc", Tuning::Value::Delay, "Invalid delayed node table gc:"},
    {"rg", Tuning::Value::Count, "bad reader groups limit:"},
    {"zosrl", Tuning::Value::Count, "Invalid outstanding requests limit", 1},
    {"zebwt", Tuning::Value::Any, ""},
    {"R", Tuning::Value::Count, "bad compatibility release number", 23, 25},
    {"T", Tuning::Value::Count, "bad modified timing level", 0, 9},
};

bool is_good(const Tuning& tuning, const std::string& value) {
  switch (tuning.value) {
    case Tuning::Value::Any: return true;
    case Tuning::Value::Boolean: return value == "true" || value == "false";
    case Tuning::Value::Waiting: return is_one_of(value, {"none", "very_short", "short", "medium", "long", "very_long"});
    case Tuning::Value::Threshold: return is_one_of(value, {"very_low", "low", "medium", "high", "very_high"});
    case Tuning::Value::Strategy: return value == "default" || value == "legacy";
    case Tuning::Value::Delay:
      if (value == "infinity") return true;
      break;
    case Tuning::Value::Count: break;
  }
  uint32_t count = 0;
  return read_count(value, tuning.least, UINT32_MAX, count) && count <= tuning.most;
}

// +fn{l,u,a}{w,i,e}
bool read_name_encoding(std::string_view value, MachineOptions& options) {
  if (value.empty() || value.size() > 2) return false;
  if (value[0] == 'l') options.names = NameEncoding::Latin1;
  else if (value[0] == 'u') options.names = NameEncoding::Utf8;
  else if (value[0] == 'a') options.names = NameEncoding::Locale;
  else return false;
  const char odd = value.size() > 1 ? value[1] : 'w';
  options.odd_names = odd == 'i' ? OddNames::Ignore : odd == 'e' ? OddNames::Refuse : OddNames::Warn;
  return odd == 'w' || odd == 'i' || odd == 'e';
}

// What is said of a flag that no other rule knows, by its first letter; empty: it tunes what is not there.
std::string of_a_family(const std::string& name) {
  static constexpr std::string_view kAllocators = "BDEFHILMRSTYZ", kOfAll = "eldu";   // +M: of one allocator, of all
  switch (name[0]) {
    case 'M': return name.size() > 1 && (kAllocators.find(name[1]) != std::string_view::npos || kOfAll.find(name[1]) != std::string_view::npos) ? "" : "bad \"" + name + "\" parameter";
    case 's': return name == "secio" || name == "swct" ? "" : "bad scheduling option -" + name;
    case 'z': return "bad -z option -" + name;
    case 'J': return "invalid JIT option -" + name;
    case 'd': case 'i': case 'I': case 'L': case 'r': case 'v': case 'V': case 'B': return {};   // of debug builds, or elsewhere
    default: return "unknown flag -" + name;
  }
}

}  // namespace

bool flag_takes_next(std::string_view flag, const std::string* next) {
  std::string_view rest = flag.substr(1);
  switch (flag[0]) {
    case 'a': case 'A': case 'C': case 'e': case 'i': case 'n': case 'P': case 'Q': case 't': case 'T': case 'R': case 'W': case 'K':
      return rest.empty();
    case 'I': return is_one_of(rest, {"Ot", "Op", "OPt", "OPp", "Os"});
    case 'J': return true;
    case 'S': return is_one_of(rest, {"", "P", "Dcpu", "DPcpu", "Dio"});
    case 'B': return rest.empty() && next && is_one_of(*next, {"i", "c", "d"});
    case 'c': return rest.empty() && next && is_one_of(*next, {"true", "false"});
    case 'M':
      return is_one_of(rest, {"ea", "ummc", "uycs", "usac", "im", "is", "lpm", "Mamcbf", "Mrmcbf", "Mmcs", "Mscs", "Mscrfsd", "Msco",
                              "Mscrpm", "Ye", "Ym", "Ytp", "Ytt", "Iscs", "Xscs", "dai"}) ||
             (!rest.empty() && std::string_view("uBIDEFHLRSTZ").find(rest[0]) != std::string_view::npos &&
              is_one_of(rest.substr(1), {"as", "asbcst", "atags", "acul", "acnl", "acfml", "acful", "cp", "e", "t", "lmbcs", "mbcgs", "mbsd",
                                         "mmbcs", "mmmbc", "mmsbc", "msbclt", "ramv", "rmbcmt", "rsbcmt", "rsbcst", "sbct", "smbcs"}));
    case 'h': return is_one_of(rest, {"ms", "mbs", "pds", "max", "maxk", "maxel", "mqd", ""});
    case 'r': return rest == "g";
    case 's':
      return is_one_of(rest, {"bt", "bwtdcpu", "bwtdio", "bwt", "cl", "ct", "ecio", "fwi", "tbt", "wct", "wtdcpu", "wtdio", "wt", "ws", "ss",
                              "ssdcpu", "ssdio", "pp", "ub"});
    case 'p': return rest == "c";
    case 'z': return is_one_of(rest, {"dbbl", "dntgc", "ebwt", "osrl"});
    case 'd': return rest == "cg";
    default: return false;
  }
}

size_t flag_name_length(const std::string& flag) {
  // Those that take their value attached too; a name stands before its own beginnings.
  static constexpr std::string_view kAttached[] = {
      "hmaxel", "hmaxk", "hmax", "hmbs", "hmqd", "hms", "hpds", "pc", "zdbbl", "zdntgc", "zosrl", "SDPcpu", "SDcpu", "SDio", "SP", "IOPt", "IOPp", "IOt", "IOp", "IOs",
      "sbwtdcpu", "sbwtdio", "sbwt", "sbt", "stbt", "sct", "swtdcpu", "swtdio", "swt", "swct", "sws", "secio", "sfwi", "sssdcpu", "sssdio", "sss", "scl", "sub", "spp", "rg",
      "P", "Q", "t", "A", "a", "R", "T", "W", "K", "C", "e", "S", "n"};
  if (flag == "ec") return flag.size();
  for (std::string_view name : kAttached)
    if (flag.starts_with(name)) return name.size();
  return flag.size();
}

std::string apply_emulator_flag(const std::string& name, const std::string& value, ErlCommand& command) {
  MachineOptions& options = command.options;
  auto checked = [&](bool good, const char* what) { return good ? std::string() : what + (" " + value); };
  if (name == "P") return checked(value == "legacy" || read_count(value, 1024, 134217727, options.process_limit), "bad number of processes");
  if (name == "Q") return checked(value == "legacy" || read_count(value, 1024, 134217727, options.port_limit), "bad number of ports");
  if (name == "t") return checked(read_count(value, 8192, 2147483647, options.atom_limit), "bad atom table size");
  if (name == "e") {   // OTP: a wish; there is room for the usual number in any case
    uint32_t wish = 0;
    if (!read_count(value, 0, 16777216, wish)) return checked(false, "bad maximum number of ets tables");
    options.ets_limit = std::max(wish, MachineOptions{}.ets_limit);
    return {};
  }
  if (name == "hms") return checked(read_count(value, 0, 1u << 30, options.min_heap_words), "bad heap size");
  if (name == "hmbs") return checked(read_count(value, 1, 1u << 30, options.min_binary_heap_words), "bad heap size");
  if (name == "hmqd") {
    options.off_heap_messages = value == "off_heap";
    return checked(value == "off_heap" || value == "on_heap", "Invalid message_queue_data flag:");
  }
  if (name == "ec") {
    options.ets_compressed = true;
    return {};
  }
  if (name == "pc") {
    options.printable_unicode = value == "unicode";
    return checked(value == "unicode" || value == "latin1", "bad range of printable characters:");
  }
  if (name.starts_with("fn")) {
    return read_name_encoding(name.substr(2), options) ? std::string() : "bad filename encoding " + name.substr(2) + ", can be (l,u or a, optionally followed by w, i or e)";
  }
  if (name == "C") {
    options.time_warp = value == "multi_time_warp" ? TimeWarp::Multi : value == "single_time_warp" ? TimeWarp::Single : TimeWarp::None;
    return checked(is_one_of(value, {"no_time_warp", "single_time_warp", "multi_time_warp"}), "Invalid time warp mode:");
  }
  if (name == "c") {
    options.correct_time = value == "true";   // alone it switches the correction off
    return {};
  }
  if (name == "JIT") {   // of this machine: off, on, or the number of calls before a function becomes machine code
    if (value == "on") return {};
    if (value == "off") return options.jit_calls = 0, std::string();
    return checked(read_count(value, 1, 1u << 30, options.jit_calls), "bad JIT setting (on, off, or a number of calls):");
  }
  if (name == "JPperf") {
    if (value == "dump") return "+JPperf dump is not there: +JPperf map names the code for perf report";
    options.perf_map = value == "true" || value == "map";
    return checked(options.perf_map || value == "false", "bad setting of +JPperf (true, map, false):");
  }
  if (name == "A") return checked(read_count(value, 0, UINT32_MAX, options.async_threads) && options.async_threads <= 1024, "bad number of async threads");
  if (name == "hmax") {   // as the stock VM: what is no number is no limit
    options.max_heap_words = std::strtoull(value.c_str(), nullptr, 10);
    return {};
  }
  if (name == "hmaxk" || name == "hmaxel") {
    (name == "hmaxk" ? options.max_heap_kill : options.max_heap_error_logger) = value == "true";
    return checked(value == "true" || value == "false", name == "hmaxk" ? "bad max heap kill" : "bad max heap error logger");
  }
  if (name == "zdbbl") return checked(read_count(value, 1, 2097152, options.dist_busy_limit_kib) && options.dist_busy_limit_kib < 2097152, "Invalid dbbl limit:");
  if (name == "W") {   // heeded by error_logger:warning_map/0, which looks at the arguments
    return checked(!value.empty() && std::string_view("wie").find(value[0]) != std::string_view::npos, "unrecognized warning_map option");
  }
  if (name == "K") return {};   // OTP: of any value, since all systems poll in the kernel
  if (name == "n") return !value.empty() && std::string_view("sad").find(value[0]) != std::string_view::npos ? std::string() : "bad -n option " + value;
  if (SchedulerFlags::is_one(name)) return command.schedulers.apply(name, value);
  if (name == "IOs") {
    options.schedulers_poll = value == "true";
    return checked(value == "true" || value == "false", "bad +IOs boolean argument:");
  }
  if (name == "sct") {
    options.cpu_topology = value;
    const std::string wrong = check_cpu_topology(value);
    return wrong.empty() ? wrong : "bad cpu topology '" + value + "': " + wrong;
  }
  if (name == "ssrct") {
    options.skips_cpu_topology = true;
    return {};
  }
  if (name == "sbt" || name == "stbt") {
    options.scheduler_bind_type = value;
    const bool is_type = is_scheduler_bind_type(value);
    if (is_type && (name == "stbt" || value == "u" || !options.cpu_topology.empty() || (!options.skips_cpu_topology && has_cpu_topology()))) return {};
    return "setting scheduler bind type '" + value + "' failed: " + (is_type ? "no cpu topology available" : "invalid type");
  }
  if (name == "B" || name == "Bc" || name == "Bd" || name == "Bi") {
    std::string kind = name.size() > 1 ? name.substr(1) : value;
    options.break_key = kind == "c" ? BreakKey::InterruptShell : kind == "i" ? BreakKey::Ignored : BreakKey::Default;
  }
  if (name == "V") command.print_version = true;
  for (const Tuning& tuning : kTuning)
    if (name == tuning.name) return checked(is_good(tuning, value), tuning.refusal);
  return of_a_family(name);
}

}  // namespace athanor::cli
