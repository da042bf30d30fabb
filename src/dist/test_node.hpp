// SPDX-License-Identifier: Apache-2.0
// For tests: this node and one other without a carrier between them.
#pragma once

#include <gtest/gtest.h>

#include "bif/bif.hpp"
#include "dist/distribution.hpp"
#include "process/test_machine.hpp"
#include "term/atom_table.hpp"
#include "term/print.hpp"

namespace athanor::dist {

inline std::string next_frame(OutputQueue& queue) {
  io::FrameBatch batch;
  queue.next_frame(batch);
  return batch.frame(0);
}

constexpr uint64_t kNoCache = kDefaultFlags & ~(kHeaderAtomCache | kFragments);

class Host final : public TermHost {
 public:
  ExportHead* export_of(Mfa) override { return nullptr; }
  FunHead* fun_of(Term, uint32_t, uint32_t, const uint8_t[16], uint32_t, uint32_t) override { return nullptr; }
  Node* node_of(Term name, uint32_t creation) override { return distribution->node_of(name, creation); }
  Distribution* distribution = nullptr;
};

class DistTest : public testing::Test {
 protected:
  DistTest() : atoms_table(make_atom_table(1 << 16)) {
    machine.runtime.terms.atoms = atoms_table.get();
    machine.runtime.terms.host = &host;
    distribution = std::make_unique<Distribution>(machine.runtime, Distribution::kDefaultBusyLimit);
    host.distribution = distribution.get();
    machine.runtime.distribution = distribution.get();
    machine.runtime.exit_hooks = [](Process& exiting, Term reason) { exiting.runtime().distribution->process_exited(exiting, reason); };
    machine.runtime.deliver_elsewhere = [](Runtime& runtime, Term to, process::Signal* signal) { return runtime.distribution->deliver(to, signal); };
    machine.runtime.link_dropped = [](Process& self, Term remote, uint64_t connection) { self.runtime().distribution->forget_link(self.pid(), remote, connection); };
    peer = intern("peer@host");
    net_kernel = &machine.spawned();
    process::register_name(*net_kernel, atoms::net_kernel);
    EXPECT_TRUE(distribution->set_name(intern("here@host"), 7));
  }
  ~DistTest() override { machine.settle(); }

  Term remote_pid(uint32_t number) {
    process::Peer pid{distribution->node_of(peer, 3), number};
    return pid.build(heap);
  }
  Term tuple_of(std::initializer_list<const char*> texts) {
    std::vector<Term> items;
    for (const char* text : texts) items.push_back(intern(text));
    return bif::make_list(heap, items.data(), items.size());
  }
  // The frames of one message, as bytes.
  std::vector<std::string> frames_of(const Control& control, uint64_t flags = kDefaultFlags) {
    OutputQueue queue;
    queue.push(std::make_unique<Outgoing>(control, flags, 1));
    std::vector<std::string> frames;
    while (!queue.is_empty()) frames.push_back(next_frame(queue));
    return frames;
  }
  // The connection as if a handshake had been: carried by a process of this machine.
  uint32_t connect(Process& carrier, uint64_t flags = kDefaultFlags | kPublished) {
    RemoteNode& node = distribution->find_or_insert(peer);
    uint32_t connection_id = distribution->begin_connection(node);
    carrier.extra().carries_node = true;
    EXPECT_EQ(distribution->connect(node, carrier.pid(), nullptr, flags, 3, carrier.pid()), connection_id);
    return connection_id;
  }
  void end(Process& process, Term reason) {
    process::send_exit(machine.runtime, net_kernel->pid(), process.pid(), reason, process::ExitOrigin::ExitBif);
    machine.settle();
  }
  std::string received(Process& process) {
    process::handle_signals(process);
    std::string out;
    for (process.mailbox().restart(); process::Signal* message = process.mailbox().peek();) {
      out += to_text(message->parcel.term) + " ";
      process::Signal::destroy(process.mailbox().remove_current());
    }
    return out;
  }
  // What has been sent to the peer, each control message by its name.
  std::string sent(FrameReader& reader) {
    RemoteNode& node = *distribution->find(peer);
    std::string out, frame;
    while (distribution->take_frame(node, node.connection_id, frame)) {
      Incoming message;
      const char* reason = "";
      FrameReader::Result result = reader.read(frame, heap, message, reason);
      if (result == FrameReader::Result::Message) out += std::string(message.control.row().name) + " ";
      if (result == FrameReader::Result::Malformed) out += std::string("malformed: ") + reason + " ";
    }
    return out;
  }

  std::unique_ptr<AtomTable> atoms_table;
  Host host;
  process::TestMachine machine;
  std::unique_ptr<Distribution> distribution;
  heap::FragmentAllocator heap{1024};
  Term peer;
  Process* net_kernel;
};

}  // namespace athanor::dist
