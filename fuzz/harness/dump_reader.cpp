// SPDX-License-Identifier: Apache-2.0
#include "harness/dump_reader.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ets/persistent_terms.hpp"
#include "ets/table.hpp"
#include "ets/tables.hpp"
#include "harness/dump_records.hpp"
#include "harness/dump_terms.hpp"
#include "process/dictionary.hpp"
#include "process/process.hpp"
#include "process/process_table.hpp"
#include "process/timers.hpp"
#include "process/tracing.hpp"
#include "term/atom_table.hpp"
#include "term/print.hpp"

namespace athanor::fuzz {

namespace {

constexpr std::string_view kCut = "\n=abort:CRASH DUMP SIZE LIMIT REACHED\n";

struct Section {
  std::string_view tag, id;
  std::vector<std::string_view> lines;
};

constexpr std::string_view kOfTerms[] = {"proc_messages", "proc_dictionary", "proc_stack", "proc_heap", "persistent_terms", "literals", "binary", "atoms"};
constexpr std::string_view kWithoutLines[] = {"node", "no_distribution", "end"};

bool is_among(std::string_view tag, const auto& tags) { return std::find(std::begin(tags), std::end(tags), tag) != std::end(tags); }

class Reader {
 public:
  Reader(std::string_view dump, DumpExtent extent, process::Runtime& runtime, std::string_view slogan) : runtime_(runtime), slogan_(slogan), extent_(extent) {
    split(dump);
  }
  void check() {
    check_head();
    for (size_t i = 1; i < sections_.size(); ++i) {
      const Section& section = sections_[i];
      if (is_among(section.tag, kOfTerms)) continue;
      if (!is_among(section.tag, kWithoutLines)) check_dump_records(section.tag, section.lines);
      else if (!section.lines.empty()) dump_fault("a line where none is", section.lines[0]);
    }
    read_terms();
    if (extent_ == DumpExtent::Whole) compare();
  }

 private:
  bool is_whole() const { return extent_ == DumpExtent::Whole; }
  const Section* find(std::string_view tag, std::string_view id = {}) const {
    const auto found = by_name_.find({tag, id});
    return found == by_name_.end() ? nullptr : &sections_[found->second];
  }
  void split(std::string_view dump);
  void check_head();
  void read_terms();
  void check_words(const Section& section, const DumpHeap& heap, char separator, std::vector<DumpWord>* words = nullptr);
  void compare();
  void compare_process(process::Process& process, const DumpHeap& heap);
  void compare_timers();
  void compare_tables();
  void compare_atoms();

  process::Runtime& runtime_;
  const std::string_view slogan_;
  const DumpExtent extent_;
  std::vector<Section> sections_;
  std::map<std::pair<std::string_view, std::string_view>, size_t> by_name_;   // those of which there is one
  DumpBinaries binaries_;
  DumpHeap literals_{binaries_, nullptr};
  std::map<std::string_view, DumpHeap> heaps_;   // by pid
};

void Reader::split(std::string_view dump) {
  if (extent_ == DumpExtent::SizeLimit) {
    if (!dump.ends_with(kCut)) dump_fault("a dump that was cut does not say so", dump.substr(dump.size() - std::min<size_t>(dump.size(), 100)));
    dump.remove_suffix(kCut.size());
    dump = dump.substr(0, dump.rfind('\n') + 1);   // a line that was cut
    // The head of the next section may be all there is of it.
  } else if (!dump.ends_with('\n')) {
    dump_fault("the last line has no end", dump.substr(dump.size() - std::min<size_t>(dump.size(), 100)));
  }
  while (!dump.empty()) {
    const size_t end = dump.find('\n');
    const std::string_view line = dump.substr(0, end);
    dump.remove_prefix(end + 1);
    if (!line.starts_with('=')) {
      if (sections_.empty()) dump_fault("a dump begins with no section", line);
      sections_.back().lines.push_back(line);
      const bool is_slogan = sections_.size() == 1;   // which may be anything
      if (!is_slogan && std::any_of(line.begin(), line.end(), [](char c) { return static_cast<uint8_t>(c) < ' '; })) dump_fault("a control character in a line", line);
      continue;
    }
    const size_t colon = std::min(line.find(':'), line.size());
    Section section{line.substr(1, colon - 1), line.substr(std::min(colon + 1, line.size())), {}};
    static constexpr std::string_view kMany[] = {"ets", "timer", "fun"};
    if (!is_among(section.tag, kMany) && !by_name_.emplace(std::pair(section.tag, section.id), sections_.size()).second) dump_fault("a section comes twice", line);
    if (section.tag == "abort") dump_fault("a section that is not the last", line);
    sections_.push_back(std::move(section));
  }
  if (is_whole() && (sections_.empty() || sections_.back().tag != "end")) dump_fault("a dump has no end", "");
}

// The date, the slogan, which may have more than one line, and what the machine is.
void Reader::check_head() {
  if (sections_.empty()) return;   // cut before its first line's end
  const Section& head = sections_[0];
  if (head.tag != "erl_crash_dump" || head.id != "0.5") dump_fault("no crash dump", head.tag);
  std::string told;
  size_t i = 1;
  for (; i < head.lines.size() && !(i > 1 && head.lines[i].starts_with("System version: ")); ++i) {
    if (i == 1 && !head.lines[i].starts_with("Slogan: ")) dump_fault("no slogan", head.lines[i]);
    if (i > 1 && head.lines[i].empty()) dump_fault("a reader ends the slogan at an empty line", told);
    told += i == 1 ? head.lines[i].substr(8) : "\n" + std::string(head.lines[i]);
  }
  if (!is_whole()) return;
  auto plain = [](std::string text) {   // lines may be set in
    std::erase_if(text, [](char c) { return c == ' ' || c == '\r'; });
    return text;
  };
  if (plain(told) != plain(std::string(slogan_))) dump_fault("the slogan is another", told);
  static constexpr std::string_view kRest[] = {"System version: Erlang/OTP ", "Taints: ", "Atoms: ", "Calling Thread: "};
  if (head.lines.size() != i + std::size(kRest)) dump_fault("the head has more or fewer lines", told);
  for (std::string_view start : kRest) {
    if (!head.lines[i++].starts_with(start)) dump_fault("no such line in the head", head.lines[i - 1]);
  }
}

// Lines of words: one and what follows it, behind the separator.
void Reader::check_words(const Section& section, const DumpHeap& heap, char separator, std::vector<DumpWord>* words) {
  for (std::string_view line : section.lines) {
    LineParser parser(line);
    const DumpWord first = parser.word();
    if (words) words->push_back(first);
    if (is_whole()) heap.check(first, line);
    if (separator) {
      parser.take(separator);
      const DumpWord second = parser.word();
      if (words) words->push_back(second);
      if (is_whole()) heap.check(second, line);
    }
    parser.end();
  }
}

void Reader::read_terms() {
  for (const Section& section : sections_) {
    if (section.tag == "binary") {
      // Its only line may have been cut off.
      if (section.lines.size() > 1 || (section.lines.empty() && is_whole())) dump_fault("a binary has one line", section.id);
      if (section.lines.empty()) continue;
      LineParser id(section.id), bytes(section.lines[0]);
      const uint64_t address = id.hex(), size = bytes.hex();
      id.end();
      bytes.take(':');
      binaries_.emplace(address, bytes.base64(size));
      bytes.end();
    } else if (section.tag == "literals") {
      for (std::string_view line : section.lines) literals_.add(line);
    } else if (section.tag == "proc_heap") {
      DumpHeap& heap = heaps_.try_emplace(section.id, binaries_, &literals_).first->second;
      for (std::string_view line : section.lines) heap.add(line);
    }
  }
  if (is_whole()) {
    literals_.check();
    for (const auto& [pid, heap] : heaps_) heap.check();
  }
  const DumpHeap nothing(binaries_, nullptr);
  for (const Section& section : sections_) {
    const auto found = heaps_.find(section.id);
    const DumpHeap& heap = found == heaps_.end() ? nothing : found->second;
    if (section.tag.starts_with("proc_") && !find("proc", section.id)) dump_fault("terms of a process that is not there", section.id);
    if (section.tag == "proc_messages") check_words(section, heap, ':');
    if (section.tag == "proc_dictionary") check_words(section, heap, '\0');
    if (section.tag != "proc_stack") continue;
    for (std::string_view line : section.lines) {   // label:word, or label:S and text
      const size_t colon = line.find(':');
      if (colon == line.npos) dump_fault("a slot of a stack has no label", line);
      if (line.substr(colon + 1).starts_with('S')) continue;
      LineParser parser(line.substr(colon + 1));
      const DumpWord word = parser.word();
      parser.end();
      if (is_whole()) heap.check(word, line);
    }
  }
  if (const Section* terms = find("persistent_terms")) {
    // A reader takes what is before the first |, whatever it belongs to.
    for (std::string_view line : terms->lines) LineParser(line.substr(0, line.find('|'))).word();
    check_words(*terms, literals_, '|');
  }
}

void Reader::compare_process(process::Process& process, const DumpHeap& heap) {
  const std::string pid = pid_text(process.pid());
  std::vector<DumpWord> words;
  if (const Section* messages = find("proc_messages", pid)) check_words(*messages, heap, ':', &words);
  if (words.size() != process.mailbox().count() * 2) dump_fault("messages are missing", pid);
  size_t next = 0;
  for (process::Signal* message = process.mailbox().first(); message; message = message->next) {
    heap.expect(words[next++], message->parcel.term);
    heap.expect(words[next++], message->token.is_pointer() ? message->token : Term::nil());
  }
  words.clear();
  if (const Section* dictionary = find("proc_dictionary", pid)) check_words(*dictionary, heap, '\0', &words);
  const size_t pairs = process.dictionary_ ? process.dictionary_->count() : 0;
  if (words.size() != pairs) dump_fault("pairs of the dictionary are missing", pid);
  for (size_t i = 0; i < pairs; ++i) {
    Term place[3];
    place[0].raw = tuple_header(2);
    place[1] = process.dictionary_->key(i);
    place[2] = process.dictionary_->value(i);
    heap.expect(words[i], Term::boxed(place));
  }
}

void Reader::compare_timers() {
  auto section = sections_.begin();
  for (const process::Timers::Waiting& timer : runtime_.timers->waiting()) {
    section = std::find_if(section, sections_.end(), [](const Section& s) { return s.tag == "timer"; });
    if (section == sections_.end()) dump_fault("a timer is missing", to_text(timer.to));
    if (timer.to.is_atom() ? !is_atom_text(section->id, atom_text(timer.to)) : section->id != to_text(timer.to)) dump_fault("a timer is another's", section->id);
    ++section;
  }
  if (std::any_of(section, sections_.end(), [](const Section& s) { return s.tag == "timer"; })) dump_fault("more timers than there are", "");
}

void Reader::compare_tables() {
  auto section = sections_.begin();
  for (ets::Table* table : runtime_.tables->all()) {
    if (table->storage) {
      section = std::find_if(section, sections_.end(), [](const Section& s) { return s.tag == "ets"; });
      if (section == sections_.end()) dump_fault("a table is missing", to_text(table->name));
      auto value = [&](std::string_view head) {
        for (std::string_view line : section->lines) {
          if (line.starts_with(head)) return line.substr(head.size());
        }
        return std::string_view();
      };
      if (!is_atom_text(value("Name: "), atom_text(table->name))) dump_fault("a table has another's name", to_text(table->name));
      // A reader takes one for named whose identifier is its name.
      if ((value("Table: ") == value("Name: ")) != table->options.is_named) dump_fault("whether a table is named is told wrong", to_text(table->name));
      ++section;
    }
    table->release();
  }
  if (std::any_of(section, sections_.end(), [](const Section& s) { return s.tag == "ets"; })) dump_fault("more tables than there are", "");
}

void Reader::compare_atoms() {
  const Section* atoms = find("atoms");
  const uint32_t count = atom_table().count();
  if (!atoms || atoms->lines.size() != count) dump_fault("atoms are missing, or too many", "");
  for (uint32_t i = 0; i < count; ++i) {
    const std::string_view line = atoms->lines[i];
    if (!is_atom_text(line, atom_text(Term::atom(count - 1 - i)))) dump_fault("an atom is another", line);
  }
}

void Reader::compare() {
  size_t processes = 0;
  for (Term pid : runtime_.processes->all()) {
    process::Process* process = runtime_.processes->find(pid);
    if (!process) continue;
    ++processes;
    const std::string text = pid_text(pid);
    const Section* section = find("proc", text);
    if (!section) dump_fault("a process is missing", text);
    const Term name = process->registered_name_.load();
    for (std::string_view line : section->lines) {
      if (line.starts_with("Name: ") && (name.is_none() || !is_atom_text(line.substr(6), atom_text(name)))) dump_fault("a process has another name", line);
    }
    const auto heap = heaps_.find(text);
    if (process->trace_flags_ & process::trace_flag::kSensitive) {
      if (heap != heaps_.end() || find("proc_messages", text) || find("proc_dictionary", text) || find("proc_stack", text)) dump_fault("terms of a sensitive process", text);
      continue;
    }
    if (heap == heaps_.end()) dump_fault("a process has no heap", text);
    compare_process(*process, heap->second);
  }
  const auto told = std::count_if(sections_.begin(), sections_.end(), [](const Section& s) { return s.tag == "proc"; });
  if (static_cast<size_t>(told) != processes) dump_fault("more processes than there are", "");
  std::vector<DumpWord> words;
  if (const Section* terms = find("persistent_terms")) check_words(*terms, literals_, '|', &words);
  const auto pairs = runtime_.tables->persistent_terms().pairs();
  if (words.size() != pairs.size() * 2) dump_fault("persistent terms are missing", "");
  for (size_t i = 0; i < pairs.size(); ++i) {
    literals_.expect(words[2 * i], pairs[i].first);
    literals_.expect(words[2 * i + 1], pairs[i].second);
  }
  compare_timers();
  compare_tables();
  compare_atoms();
}

}  // namespace

void check_dump(std::string_view dump, DumpExtent extent, process::Runtime& runtime, std::string_view slogan) { Reader(dump, extent, runtime, slogan).check(); }

}  // namespace athanor::fuzz
