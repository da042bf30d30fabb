// SPDX-License-Identifier: Apache-2.0
// Hostile frames of distribution on a connection of a whole machine: what they ask for is done (messages, links, monitors, exits, spawned
// processes), and what is answered is fetched. Input as of dist_frame.cpp. Identifiers of this node that name process 2 or 3 are made to name
// one that is there.
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "dist/distribution.hpp"
#include "harness/bench.hpp"
#include "harness/families.hpp"
#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/spawn.hpp"
#include "term/atom_table.hpp"
#include "term/print.hpp"

namespace {

using namespace athanor;
using namespace athanor::fuzz;

constexpr std::string_view kHere = "here@host";
constexpr uint32_t kCreation = 7;

void put32(std::string& bytes, size_t at, uint32_t value) {
  for (int i = 3; i >= 0; --i, value >>= 8) bytes[at + static_cast<size_t>(i)] = static_cast<char>(value);
}

std::string with_pids(std::string frame, const Term* pids, uint32_t first, uint32_t count) {
  for (size_t at = frame.find(kHere); at != frame.npos; at = frame.find(kHere, at + 1)) {
    const size_t place = at + kHere.size();
    if (place + 4 > frame.size()) break;
    const auto number = static_cast<uint8_t>(frame[place + 3]);
    if (std::memcmp(&frame[place], "\0\0\0", 3) == 0 && number >= first && number < first + count) put32(frame, place, pids[number - first].pid_number());
  }
  return frame;
}

void look_at_messages(process::Process& process) {
  process.mailbox().restart();
  while (process::Signal* message = process.mailbox().peek()) {
    (void)to_text(message->parcel.term, 2000);
    process::Signal::destroy(process.mailbox().remove_current());
  }
}

Term spawn_sleeper(Bench& machine) {
  return process::spawn(machine.runtime(), nullptr, atoms::lists, atoms::map, Term::nil(), {}).pid;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t count) {
  if (count == 0) return 0;
  Bench& machine = bench({harmless_natives()});
  process::Runtime& runtime = machine.runtime();
  dist::Distribution& distribution = *runtime.distribution;
  process::Process& self = machine.process();
  const Term pids[2] = {self.pid(), spawn_sleeper(machine)};
  process::Process& net_kernel = *runtime.processes->find(spawn_sleeper(machine));
  process::register_name(net_kernel, atoms::net_kernel);
  process::register_name(self, intern("name"));
  bool named = distribution.set_name(intern(kHere), kCreation);
  ATH_ASSERT(named);
  dist::RemoteNode& node = distribution.find_or_insert(intern("peer@host"));
  const uint64_t flags = bytes[0] & 1 ? dist::kMandatoryFlags : dist::kDefaultFlags | dist::kPublished;
  const uint32_t connection_id = distribution.begin_connection(node);
  self.extra().carries_node = true;
  const auto connected = distribution.connect(node, self.pid(), nullptr, flags, 1, self.pid());
  ATH_ASSERT(connected == connection_id);
  const uint8_t* at = bytes + 1;
  const uint8_t* end = bytes + count;
  while (end - at >= 2) {
    const size_t length = std::min<size_t>(at[0] << 8 | at[1], static_cast<size_t>(end - at) - 2);
    at += 2;
    const std::string frame = with_pids({reinterpret_cast<const char*>(at), length}, pids, 2, 2);
    at += length;
    // In a block of its own, so that reading past its end is seen.
    const std::vector<char> exact(frame.begin(), frame.end());
    distribution.receive(node, connection_id, {exact.data(), exact.size()}, nullptr);
    machine.run_others(6, 200);
    std::string out;
    while (distribution.take_frame(node, connection_id, out)) {}
  }
  if (runtime.processes->find(pids[0]) == &self) look_at_messages(self);
  machine.clear();
  return 0;
}
