// SPDX-License-Identifier: Apache-2.0
// Frames both ways without a carrier: atom caches, fragments, order, and frames that are not as they should be.
#include <gtest/gtest.h>

#include <random>

#include "dist/test_node.hpp"
#include "process/links.hpp"
#include "term/compare.hpp"

namespace athanor::dist {
namespace {

TEST_F(DistTest, MessagesGoThroughWithAndWithoutAtomCache) {
  for (uint64_t flags : {uint64_t{kDefaultFlags}, kNoCache}) {
    OutputQueue queue;
    FrameReader reader(peer, flags);
    for (int round = 0; round < 3; ++round) {
      Control control{ControlKind::RegSend, {remote_pid(5), atoms::no_text, intern("server")}, tuple_of({"hello", "world", "server"})};
      queue.push(std::make_unique<Outgoing>(control, flags, 1));
      std::string frame = next_frame(queue);
      EXPECT_TRUE(queue.is_empty());
      Incoming message;
      const char* reason = "";
      ASSERT_EQ(reader.read(frame, heap, message, reason), FrameReader::Result::Message) << reason;
      EXPECT_EQ(message.control['n'], intern("server"));
      EXPECT_EQ(to_text(message.decode_payload(heap)), "[hello,world,server]");
      // Texts are sent once a connection where there is a cache.
      EXPECT_EQ(frame.find("world") != std::string::npos, round == 0 || flags == kNoCache);
    }
  }
}

TEST_F(DistTest, CacheSlotsAreTakenOver) {
  OutputQueue queue;
  FrameReader reader(peer, kDefaultFlags);
  for (int i = 0; i < 5000; ++i) {
    std::string name = "atom_" + std::to_string(i * 7 % 3000);
    Control control{ControlKind::RegSend, {remote_pid(5), atoms::no_text, intern(name)}, tuple_of({name.c_str(), "x"})};
    queue.push(std::make_unique<Outgoing>(control, kDefaultFlags, 1));
    Incoming message;
    const char* reason = "";
    std::string frame = next_frame(queue);
    ASSERT_EQ(reader.read(frame, heap, message, reason), FrameReader::Result::Message) << reason;
    ASSERT_EQ(message.control['n'], intern(name));
    ASSERT_EQ(to_text(message.decode_payload(heap)), "[" + name + ",x]");
  }
}

TEST_F(DistTest, ManyAndLongAtomsInOneMessage) {
  std::vector<Term> items;
  for (int i = 0; i < 400; ++i) items.push_back(intern("many_" + std::to_string(i)));
  std::string wide;
  for (int i = 0; i < 250; ++i) wide += "\xCE\xBB";
  items.push_back(intern(wide));
  Term list = bif::make_list(heap, items.data(), items.size());
  for (const std::string& frame : frames_of({ControlKind::RegSend, {remote_pid(1), atoms::no_text, intern("server")}, list})) {
    Incoming message;
    const char* reason = "";
    ASSERT_EQ(FrameReader(peer, kDefaultFlags).read(frame, heap, message, reason), FrameReader::Result::Message) << reason;
    EXPECT_EQ(to_text(message.decode_payload(heap)), to_text(list));
  }
}

TEST_F(DistTest, LargeMessagesGoInFragmentsAndDoNotHoldOthersUp) {
  std::string large(300 * 1024, 'x');
  Term binary = binary::from_text(heap, large);
  OutputQueue queue;
  auto push = [&](uint64_t sender, const char* name, Term payload) {
    queue.push(std::make_unique<Outgoing>(Control{ControlKind::RegSend, {remote_pid(1), atoms::no_text, intern(name)}, payload}, kDefaultFlags, sender));
  };
  push(1, "large", binary);
  push(1, "after_large", atoms::ok);
  push(2, "other", atoms::ok);
  push(2, "other_large", binary);
  FrameReader reader(peer, kDefaultFlags);
  std::string order;
  while (!queue.is_empty()) {
    Incoming message;
    const char* reason = "";
    std::string frame = next_frame(queue);   // the message's payload views it
    FrameReader::Result result = reader.read(frame, heap, message, reason);
    ASSERT_NE(result, FrameReader::Result::Malformed) << reason;
    if (result != FrameReader::Result::Message) continue;
    order += std::string(atom_text(message.control['n'])) + " ";
    EXPECT_FALSE(message.decode_payload(heap).is_none());
  }
  EXPECT_EQ(order, "other large other_large after_large ");
  EXPECT_EQ(queue.bytes(), 0u);
}

// Bytes of a large binary are neither copied on their way out nor on their way in, whether in one frame or in several.
TEST_F(DistTest, LargeBinariesAreShared) {
  for (size_t bytes : {size_t{20'000}, kFragmentBytes, kWholeBytes, size_t{300 * 1024}}) {
    std::string text(bytes, '\0');
    for (size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>(i * 31 % 251);
    const Term whole = binary::from_text(heap, text);
    const Term part = binary::part(heap, whole, 8, (bytes - 1) * 8);
    auto* off_heap = reinterpret_cast<OffHeapBinary*>(whole.pointer()[3].raw);
    const Term payload = bif::make_tuple(heap, part, atoms::ok, part);
    OutputQueue queue;
    queue.push(std::make_unique<Outgoing>(Control{ControlKind::RegSend, {remote_pid(1), atoms::no_text, intern("server")}, payload}, kDefaultFlags, 1));
    EXPECT_EQ(off_heap->references.load(), 3u) << bytes;
    FrameReader reader(peer, kDefaultFlags);
    Incoming message;
    const char* reason = "";
    FrameReader::Result result = FrameReader::Result::Partial;
    OffHeapBinary* frame = nullptr;
    while (!queue.is_empty()) {
      if (frame) frame->release();
      const std::string flat = next_frame(queue);
      frame = OffHeapBinary::create(flat.size());
      std::copy(flat.begin(), flat.end(), frame->data());
      result = reader.read(std::string_view(reinterpret_cast<char*>(frame->data()), flat.size()), heap, message, reason, frame);
      ASSERT_NE(result, FrameReader::Result::Malformed) << reason;
    }
    ASSERT_EQ(result, FrameReader::Result::Message);
    EXPECT_EQ(off_heap->references.load(), 1u);
    const Term got = message.decode_payload(heap);
    ASSERT_FALSE(got.is_none());
    EXPECT_TRUE(equal_exact(got, payload)) << bytes;
    frame->release();   // what refers to it holds it
    reader.forget_message();
    EXPECT_TRUE(equal_exact(got, payload)) << bytes;
  }
}

// Nothing of a frame is shared where a term that is small would hold much.
TEST_F(DistTest, SmallPartsOfAFrameAreCopied) {
  const Term nine = binary::from_text(heap, std::string(9'000, 'x'));
  const Term payload = bif::make_tuple(heap, nine, nine, nine);
  const std::string flat = frames_of({ControlKind::RegSend, {remote_pid(1), atoms::no_text, intern("server")}, payload})[0];
  OffHeapBinary* frame = OffHeapBinary::create(flat.size());
  std::copy(flat.begin(), flat.end(), frame->data());
  FrameReader reader(peer, kDefaultFlags);
  Incoming message;
  const char* reason = "";
  ASSERT_EQ(reader.read(std::string_view(reinterpret_cast<char*>(frame->data()), flat.size()), heap, message, reason, frame), FrameReader::Result::Message);
  EXPECT_TRUE(equal_exact(message.decode_payload(heap), payload));
  EXPECT_EQ(frame->references.load(), 1u);
  frame->release();
}

TEST_F(DistTest, PeersOfFewerWordsAreSpokenToAsTheyUnderstand) {
  Term pid = remote_pid(1);
  Control exit{ControlKind::PayloadExit, {net_kernel->pid(), pid}, atoms::killed};
  Control plain = lowered(exit, kMandatoryFlags);
  EXPECT_EQ(plain.kind, ControlKind::Exit);
  EXPECT_EQ(plain['R'], atoms::killed);
  EXPECT_TRUE(plain.payload.is_none());
  EXPECT_EQ(lowered({ControlKind::UnlinkId, {Term::small(4), net_kernel->pid(), pid}, {}}, kMandatoryFlags).kind, ControlKind::Unlink);
  EXPECT_EQ(lowered({ControlKind::AliasSend, {net_kernel->pid(), pid}, atoms::ok}, kMandatoryFlags).kind, ControlKind::Nothing);
  Control send = lowered({ControlKind::SendSender, {net_kernel->pid(), pid}, atoms::ok}, kMandatoryFlags);
  EXPECT_EQ(send.kind, ControlKind::Send);
  EXPECT_EQ(send.operands[0], atoms::no_text);
}

TEST_F(DistTest, SignalsReachLocalProcesses) {
  Process& carrier = machine.spawned();
  Process& local = machine.spawned();
  local.trap_exit_ = true;
  uint32_t id = connect(carrier);
  RemoteNode& node = *distribution->find(peer);
  OutputQueue queue;
  auto hand_in = [&](const Control& control) {
    queue.push(std::make_unique<Outgoing>(control, kDefaultFlags, 1));
    while (!queue.is_empty()) distribution->receive(node, id, next_frame(queue), nullptr);
  };
  process::register_name(local, intern("local"));
  hand_in({ControlKind::RegSend, {remote_pid(9), atoms::no_text, intern("local")}, tuple_of({"a", "b"})});
  hand_in({ControlKind::SendSender, {remote_pid(9), local.pid()}, atoms::ok});
  EXPECT_EQ(received(local), "[a,b] ok ");
  hand_in({ControlKind::Link, {remote_pid(9), local.pid()}, {}});
  process::handle_signals(local);
  EXPECT_EQ(local.links_->all().size(), 1u);
  hand_in({ControlKind::PayloadExit, {remote_pid(9), local.pid()}, atoms::killed});
  EXPECT_EQ(received(local).substr(0, 7), "{'EXIT'");
  // A link to nobody is answered; so is a monitor.
  FrameReader reader(intern("here@host"), kDefaultFlags);
  EXPECT_EQ(sent(reader), "");
  hand_in({ControlKind::Link, {remote_pid(9), Term::local_pid(20000)}, {}});
  EXPECT_EQ(sent(reader), "malformed: invalid control message ");   // a pid of ours is not the peer's: read as the peer would
  machine.settle();
}

// Numbers of unlinks have 64 bits and come back as they were; so they do for who is gone.
TEST_F(DistTest, LargeNumbersOfUnlinksAreAcknowledged) {
  Process& carrier = machine.spawned();
  Process& local = machine.spawned();
  Process& gone = machine.spawned();
  const Term gone_pid = gone.pid();
  end(gone, atoms::kill);
  uint32_t id = connect(carrier);
  RemoteNode& node = *distribution->find(peer);
  FrameReader reader(intern("here@host"), kDefaultFlags);
  for (Term to : {local.pid(), gone_pid}) {
    const Term number = integer::from_uint64(heap, uint64_t{1} << 63 | 5);
    const std::vector<std::string> frames = frames_of({ControlKind::UnlinkId, {number, remote_pid(4), to}, {}});
    distribution->receive(node, id, frames[0], nullptr);
    process::handle_signals(local);
    std::string frame;
    ASSERT_TRUE(distribution->take_frame(node, id, frame));
    EXPECT_NE(frame.find(std::string("\x6e\x08\x00\x05\x00\x00\x00\x00\x00\x00\x80", 11)), std::string::npos) << "a large integer of 8 bytes";
  }
}

// A token of sequential trace comes with a message, by whatever way it was addressed; what is none is refused.
TEST_F(DistTest, TokensTravelWithMessages) {
  Process& carrier = machine.spawned();
  Process& local = machine.spawned();
  uint32_t id = connect(carrier);
  RemoteNode& node = *distribution->find(peer);
  process::register_name(local, intern("server"));
  const Term token = bif::make_tuple(heap, Term::small(7), intern("label"), Term::small(3), remote_pid(4), Term::small(2));
  const Control controls[] = {{ControlKind::SendSenderTT, {remote_pid(4), local.pid(), token}, intern("one")},
                              {ControlKind::RegSendTT, {remote_pid(4), atoms::no_text, intern("server"), token}, intern("two")},
                              {ControlKind::SendSender, {remote_pid(4), local.pid()}, intern("three")}};
  for (const Control& control : controls) {
    const std::vector<std::string> frames = frames_of(control);
    distribution->receive(node, id, frames[0], nullptr);
    process::handle_signals(local);
    local.mailbox().restart();
    process::Signal* message = local.mailbox().peek();
    ASSERT_NE(message, nullptr);
    if (control['T'].is_none()) EXPECT_TRUE(message->token.is_nil());
    else EXPECT_EQ(to_text(tuple_element(message->token, 1)), "label");
    process::Signal::destroy(local.mailbox().remove_current());
  }
  const std::vector<std::string> bad = frames_of({ControlKind::SendSenderTT, {remote_pid(4), local.pid(), tuple_of({"no", "token"})}, intern("x")});
  distribution->receive(node, id, bad[0], nullptr);
  EXPECT_EQ(received(local), "");
}

TEST_F(DistTest, WatchersOfOtherNodesHearOfAnEnd) {
  Process& carrier = machine.spawned();
  Process& local = machine.spawned();
  uint32_t id = connect(carrier);
  RemoteNode& node = *distribution->find(peer);
  Term* box = heap.allocate(5);
  box[0].raw = make_header(BoxedKind::ExternalReference, 4);
  box[1].raw = reinterpret_cast<Word>(distribution->node_of(peer, 3));
  box[2].raw = 3;
  box[3].raw = 1 | uint64_t{2} << 32;
  box[4].raw = 3;
  Term reference = Term::boxed(box);
  for (const std::string& frame : frames_of({ControlKind::MonitorP, {remote_pid(9), local.pid(), reference}, {}})) distribution->receive(node, id, frame, nullptr);
  process::handle_signals(local);
  EXPECT_EQ(node.relations.targets.size(), 1u);
  end(local, atoms::killed);
  EXPECT_EQ(node.relations.targets.size(), 0u);
  std::string frame;
  ASSERT_TRUE(distribution->take_frame(node, id, frame));
  Incoming message;
  const char* reason = "";
  machine.runtime.terms.node_name = peer;   // read as the peer does
  ASSERT_EQ(FrameReader(intern("here@host"), kDefaultFlags).read(frame, heap, message, reason), FrameReader::Result::Message) << reason;
  machine.runtime.terms.node_name = intern("here@host");
  EXPECT_EQ(message.control.kind, ControlKind::PayloadMonitorPExit);
  EXPECT_EQ(message.decode_payload(heap), atoms::killed);
  EXPECT_EQ(to_text(message.control['r']), to_text(reference));
}

TEST_F(DistTest, LostConnectionsAreTold) {
  Process& carrier = machine.spawned();
  Process& local = machine.spawned();
  local.trap_exit_ = true;
  connect(carrier);
  RemoteNode& node = *distribution->find(peer);
  EXPECT_EQ(distribution->monitor_nodes(local, true, Term::nil()), Term::small(0));
  EXPECT_EQ(process::link(local, remote_pid(4)).value, atoms::true_);
  EXPECT_TRUE(process::monitor(local, atoms::process, remote_pid(5), {}).has_value());
  EXPECT_TRUE(process::monitor(local, atoms::process, bif::make_tuple(heap, intern("name"), peer), {}).has_value());
  EXPECT_TRUE(distribution->monitor_node(local, node, true, true));
  end(carrier, bif::make_tuple(heap, atoms::shutdown, atoms::net_tick_timeout));
  std::string news = received(local);
  EXPECT_NE(news.find("{'EXIT',"), std::string::npos) << news;
  EXPECT_NE(news.find("noconnection"), std::string::npos) << news;
  EXPECT_NE(news.find("{name,'peer@host'},noconnection}"), std::string::npos) << news;
  EXPECT_NE(news.find("{nodedown,'peer@host'} {nodedown,'peer@host'}"), std::string::npos) << news;
  EXPECT_EQ(node.state, NodeState::Idle);
}

TEST_F(DistTest, SignalsWaitForAConnectionThatComesUp) {
  Process& carrier = machine.spawned();
  Process& local = machine.spawned();
  EXPECT_EQ(distribution->send(local, remote_pid(3), tuple_of({"early"}), {}), process::SendOutcome::Sent);
  EXPECT_NE(received(*net_kernel).find("{auto_connect,'peer@host',{"), std::string::npos);
  EXPECT_EQ(distribution->send(local, remote_pid(3), atoms::ok, {}), process::SendOutcome::Sent);
  connect(carrier);
  RemoteNode& node = *distribution->find(peer);
  EXPECT_GT(node.queue->bytes(), 0u);
  std::string frame;
  EXPECT_TRUE(distribution->take_frame(node, node.connection_id, frame));
  EXPECT_NE(frame.find("early"), std::string::npos);
  EXPECT_TRUE(distribution->take_frame(node, node.connection_id, frame));
  EXPECT_FALSE(distribution->take_frame(node, node.connection_id, frame));
}

// What waits here is out of sight of who purges the module that a literal is of.
TEST_F(DistTest, WhatWaitsHoldsNoLiterals) {
  heap::LiteralSpace& literals = *machine.runtime.literals;
  heap::LiteralArea area(literals);
  Term literal = heap::copy(tuple_of({"a", "literal"}), area, nullptr);
  ASSERT_TRUE(literals.contains(literal));
  Process& local = machine.spawned();
  EXPECT_EQ(distribution->send(local, remote_pid(3), literal, {}), process::SendOutcome::Sent);
  RemoteNode& node = *distribution->find(peer);
  ASSERT_EQ(node.pending.size(), 1u);
  Term waiting = node.pending.front().control.payload;
  EXPECT_FALSE(literals.contains(waiting));
  EXPECT_EQ(to_text(waiting), "[a,literal]");
  EXPECT_GE(node.pending_bytes, 4 * sizeof(Word));

  // Nor does the exit reason of a parent whose child is still to come.
  const uint64_t words[3] = {1, 2, 0};
  local.monitors_ = new process::Monitors;
  local.monitors_->spawns()[process::key_of(words)] = {};
  node.relations.spawns[process::key_of(words)].parent = local.pid();
  end(local, literal);
  const Relations::Spawn& spawn = node.relations.spawns[process::key_of(words)];
  ASSERT_TRUE(spawn.is_parent_gone);
  EXPECT_EQ(to_text(spawn.exit_reason.term), "[a,literal]");
  EXPECT_FALSE(literals.contains(spawn.exit_reason.term));
}

TEST_F(DistTest, SendersWaitWhenTheQueueIsFull) {
  Process& carrier = machine.spawned();
  Process& local = machine.spawned();
  uint32_t id = connect(carrier);
  RemoteNode& node = *distribution->find(peer);
  Process& other = machine.spawned();
  auto is_suspended = [](Process& process) {
    process::handle_signals(process);
    return (process.state_.load() & process::kSuspended) != 0;
  };
  // A large message holds up its own sender only.
  Term large = binary::from_text(heap, std::string(2 << 20, 'x'));
  EXPECT_EQ(distribution->send(local, remote_pid(3), large, {}), process::SendOutcome::Sent);
  EXPECT_EQ(distribution->send(local, remote_pid(3), atoms::ok, {}), process::SendOutcome::Suspended);
  EXPECT_TRUE(is_suspended(local));
  EXPECT_EQ(distribution->send(other, remote_pid(3), atoms::ok, {}), process::SendOutcome::Sent);
  EXPECT_TRUE(distribution->has_room(other, remote_pid(3)));
  std::string frame;
  while (distribution->take_frame(node, id, frame)) {}
  EXPECT_FALSE(is_suspended(local));
  // Many small ones hold up everybody, and who came first goes on first.
  Term small = binary::from_text(heap, std::string(32 << 10, 'x'));
  while (distribution->send(local, remote_pid(3), small, {.nosuspend = true}) == process::SendOutcome::Sent) {}
  EXPECT_EQ(distribution->send(other, remote_pid(3), atoms::ok, {}), process::SendOutcome::Suspended);
  EXPECT_FALSE(distribution->has_room(local, remote_pid(3)));
  EXPECT_TRUE(is_suspended(local) && is_suspended(other));
  while (is_suspended(other)) ASSERT_TRUE(distribution->take_frame(node, id, frame));
  EXPECT_TRUE(is_suspended(local));
  EXPECT_EQ(distribution->send(other, remote_pid(3), small, {}), process::SendOutcome::Sent);
  while (distribution->take_frame(node, id, frame)) {}
  EXPECT_FALSE(is_suspended(local));
  // Who had sent its signal before it waited has no turn in store.
  while (distribution->send(other, remote_pid(3), small, {.nosuspend = true}) == process::SendOutcome::Sent) {}
  EXPECT_EQ(distribution->send(local, remote_pid(3), atoms::ok, {}), process::SendOutcome::Suspended);
  while (distribution->take_frame(node, id, frame)) {}
  EXPECT_FALSE(is_suspended(local));
  // After what a process said as it ended, links wait; messages go on.
  Process& ending = machine.spawned();
  bool created;
  ending.links_ = new process::Links;
  ending.links_->insert(remote_pid(3), created);
  node.relations.links[{ending.pid().raw, process::Peer::of(remote_pid(3))}] = 1;
  process::Signal* exit = process::Signal::create(process::SignalKind::Exit);
  exit->from = ending.pid();
  exit->number = static_cast<uint64_t>(process::ExitOrigin::Link);
  exit->parcel = heap::pack(large, nullptr);
  EXPECT_TRUE(distribution->deliver(remote_pid(3), exit));
  EXPECT_EQ(distribution->send(other, remote_pid(3), atoms::ok, {}), process::SendOutcome::Sent);
  EXPECT_FALSE(distribution->has_room(other, remote_pid(3)));
  EXPECT_TRUE(is_suspended(other));
  // So does the next one that ends.
  EXPECT_FALSE(distribution->has_room_for_last_word(ending, remote_pid(3)));
  EXPECT_TRUE(is_suspended(ending));
  while (distribution->take_frame(node, id, frame)) {}
  EXPECT_FALSE(is_suspended(other));
  EXPECT_FALSE(is_suspended(ending));
  EXPECT_TRUE(distribution->has_room_for_last_word(ending, remote_pid(3)));
}

// A peer that understands nothing of what was said while the connection came up leaves nothing to send.
TEST_F(DistTest, SendersGoOnWhenWhatWasPendingIsLeftOut) {
  RemoteNode& node = distribution->find_or_insert(peer);
  distribution->begin_connection(node);
  Process& local = machine.spawned();
  const Term large = binary::from_text(heap, std::string(2 << 20, 'x'));
  Control control{ControlKind::AliasSend, {local.pid(), remote_pid(3)}, large};
  ASSERT_TRUE(distribution->push(node, control, local.pid().raw));
  EXPECT_EQ(distribution->send(local, remote_pid(3), atoms::ok, {}), process::SendOutcome::Suspended);
  Process& carrier = machine.spawned();
  connect(carrier, (kDefaultFlags | kPublished) & ~kAlias);
  process::handle_signals(local);
  EXPECT_FALSE(local.state_.load() & process::kSuspended);
  EXPECT_EQ(distribution->send(local, remote_pid(3), atoms::ok, {}), process::SendOutcome::Sent);
}

// Every frame cut short, and many with bytes changed: each is refused or taken, and what is taken is sound.
TEST_F(DistTest, BrokenFramesDoNoHarm) {
  std::vector<Control> controls = {
      {ControlKind::RegSend, {remote_pid(5), atoms::no_text, intern("server")}, tuple_of({"hello", "world"})},
      {ControlKind::SendSender, {remote_pid(5), net_kernel->pid()}, bif::make_tuple(heap, Term::small(-5), binary::from_text(heap, "bytes"))},
      {ControlKind::PayloadExit2, {remote_pid(5), net_kernel->pid()}, atoms::killed},
      {ControlKind::UnlinkId, {Term::small(1), remote_pid(5), net_kernel->pid()}, {}},
  };
  std::mt19937 chance(1);
  for (const Control& control : controls) {
    std::string frame = frames_of(control)[0];
    for (size_t length = 1; length < frame.size(); ++length) {
      Incoming message;
      const char* reason = "";
      std::string cut = frame.substr(0, length);   // the message's payload views it
      if (FrameReader(peer, kDefaultFlags).read(cut, heap, message, reason) == FrameReader::Result::Message) {
        EXPECT_TRUE(message.decode_payload(heap).is_none()) << length;
      }
    }
    for (int round = 0; round < 2000; ++round) {
      std::string changed = frame;
      for (int i = 0; i < 3; ++i) changed[chance() % changed.size()] = static_cast<char>(chance());
      Incoming message;
      const char* reason = "";
      heap::FragmentAllocator scratch(64);
      if (FrameReader(peer, kDefaultFlags).read(changed, scratch, message, reason) != FrameReader::Result::Message) continue;
      if (message.payload_bytes == 0) continue;
      Term payload = message.decode_payload(scratch);
      if (!payload.is_none()) to_text(payload);
    }
  }
}

TEST_F(DistTest, AMalformedFrameEndsTheConnection) {
  Process& carrier = machine.spawned();
  uint32_t id = connect(carrier);
  RemoteNode& node = *distribution->find(peer);
  distribution->receive(node, id, std::string("\x83\x44\x00nonsense", 11), nullptr);
  EXPECT_EQ(node.state, NodeState::Exiting);
  machine.settle();   // the carrier is killed
  EXPECT_EQ(node.state, NodeState::Idle);
}

}  // namespace
}  // namespace athanor::dist
