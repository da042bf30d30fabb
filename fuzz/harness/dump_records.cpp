// SPDX-License-Identifier: Apache-2.0
#include "harness/dump_records.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "harness/dump_lines.hpp"

namespace athanor::fuzz {

namespace {

enum class Value : uint8_t { Text, Number, Relations };
struct Record {
  std::string_view tag, head;
  Value value;
};
constexpr Record kRecords[] = {
    {"scheduler", "Current Port", Value::Text},
    {"scheduler", "Run Queue Normal Length", Value::Number},
    {"scheduler", "Current Process", Value::Text},
    {"memory", "", Value::Number},   // any head
    {"index_table", "size", Value::Number},
    {"index_table", "limit", Value::Number},
    {"index_table", "entries", Value::Number},
    {"hash_table", "objs", Value::Number},
    {"proc", "State", Value::Text},
    {"proc", "Name", Value::Text},
    {"proc", "Spawned as", Value::Text},
    {"proc", "Spawned by", Value::Text},
    {"proc", "Message queue length", Value::Number},
    {"proc", "Number of heap fragments", Value::Number},
    {"proc", "Heap fragment data", Value::Number},
    {"proc", "Link list", Value::Relations},
    {"proc", "Reductions", Value::Number},
    {"proc", "Stack+heap", Value::Number},
    {"proc", "OldHeap", Value::Number},
    {"proc", "Heap unused", Value::Number},
    {"proc", "OldHeap unused", Value::Number},
    {"proc", "BinVHeap", Value::Number},
    {"proc", "OldBinVHeap", Value::Number},
    {"proc", "BinVHeap unused", Value::Number},
    {"proc", "OldBinVHeap unused", Value::Number},
    {"proc", "Memory", Value::Number},
    {"proc", "Program counter", Value::Text},
    {"proc", "Internal State", Value::Text},
    {"port", "State", Value::Text},
    {"port", "Slot", Value::Number},
    {"port", "Connected", Value::Text},
    {"port", "Links", Value::Text},
    {"port", "Monitors", Value::Text},
    {"port", "Registered as", Value::Text},
    {"port", "Port controls linked-in driver", Value::Text},
    {"port", "Input", Value::Number},
    {"port", "Output", Value::Number},
    {"port", "Queue", Value::Number},
    {"ets", "Slot", Value::Number},
    {"ets", "Table", Value::Text},
    {"ets", "Name", Value::Text},
    {"ets", "Buckets", Value::Number},
    {"ets", "Chain Length Avg", Value::Text},
    {"ets", "Chain Length Max", Value::Number},
    {"ets", "Chain Length Min", Value::Number},
    {"ets", "Chain Length Std Dev", Value::Text},
    {"ets", "Chain Length Expected Std Dev", Value::Text},
    {"ets", "Ordered set (AVL tree), Elements", Value::Number},
    {"ets", "Fixed", Value::Text},
    {"ets", "Objects", Value::Number},
    {"ets", "Words", Value::Number},
    {"ets", "Type", Value::Text},
    {"ets", "Protection", Value::Text},
    {"ets", "Compressed", Value::Text},
    {"ets", "Write Concurrency", Value::Text},
    {"ets", "Read Concurrency", Value::Text},
    {"timer", "Message", Value::Text},
    {"timer", "Time left", Value::Number},
    {"loaded_modules", "Current code", Value::Number},
    {"loaded_modules", "Old code", Value::Number},
    {"mod", "Current size", Value::Number},
    {"mod", "Current attributes", Value::Text},
    {"mod", "Current compilation info", Value::Text},
    {"fun", "Module", Value::Text},
    {"fun", "Uniq", Value::Number},
    {"fun", "Index", Value::Number},
    {"fun", "Address", Value::Text},
};
void check_number(std::string_view text, std::string_view line) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) dump_fault("no number", line);
}

// [<0.1.0>, #Port<0.2>, {to,Name or pid,reference}, {from,pid,reference}]
void check_relations(std::string_view text, std::string_view line) {
  if (!text.starts_with('[') || !text.ends_with(']')) dump_fault("no list of relations", line);
  for (text = text.substr(1, text.size() - 2);;) {
    const size_t comma = text.find(", ");
    const std::string_view item = text.substr(0, comma);
    if (item.starts_with('{')) {
      size_t parts = 0;
      for (size_t at = 0; at < item.size();) {
        const size_t end = std::min(item.find_first_of(",{}", at), item.size());
        parts += end > at;
        at = end + 1;
      }
      const bool is_known = item.starts_with("{to,") || item.starts_with("{from,");
      if (!is_known || !item.ends_with('}') || parts < 3 || parts > 4) dump_fault("no monitor", line);   // with the word itself
    } else if (!(item.starts_with('<') || item.starts_with("#Port<")) || !item.ends_with('>')) {
      dump_fault("no link", line);
    }
    if (comma == text.npos) return;
    text.remove_prefix(comma + 2);
  }
}

void check_record(std::string_view tag, std::string_view line) {
  const size_t colon = line.find(": ");
  const std::string_view head = line.substr(0, colon);
  const auto* record = std::find_if(std::begin(kRecords), std::end(kRecords), [&](const Record& r) { return r.tag == tag && (r.head == head || r.head.empty()); });
  if (colon == line.npos || record == std::end(kRecords)) dump_fault("no such line in a section of this kind", line);
  const std::string_view value = line.substr(colon + 2);
  if (record->value == Value::Number) check_number(value, line);
  if (record->value == Value::Relations) check_relations(value, line);
}

}  // namespace

// The calls begin in the line of the word, each has one, and an empty line ends them.
void check_dump_records(std::string_view tag, const std::vector<std::string_view>& lines) {
  bool is_in_calls = false;
  for (std::string_view line : lines) {
    if (tag == "proc" && line == "Last calls:") continue;   // none yet
    if (tag == "proc" && line.starts_with("Last calls: ")) is_in_calls = true;
    if (is_in_calls) {
      const std::string_view call = line.starts_with("Last calls: ") ? line.substr(12) : line;
      if (call.find(": ") != call.npos) dump_fault("a call that a reader takes for something else", line);
      if (line.empty()) is_in_calls = false;
      continue;
    }
    if (tag == "proc" && line.starts_with("arity = ")) check_number(line.substr(8), line);
    else check_record(tag, line);
  }
}

}  // namespace athanor::fuzz
