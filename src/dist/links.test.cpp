// SPDX-License-Identifier: Apache-2.0
// Links to processes of another node, however the steps of both sides are mixed.
#include <deque>
#include <random>

#include "dist/test_node.hpp"
#include "process/links.hpp"

namespace athanor::dist {
namespace {

// The other end of a link, as its node would have it.
struct FarEnd {
  enum class State { None, Linked, Unlinking };
  State state = State::None;
  int64_t number = 0;               // of its last unlink
  std::deque<Control> out;          // on their way from it
  struct Said {
    process::SignalKind kind;
    uint64_t number;
  };
  std::deque<Said> in;              // and to it
  Term self, other;
  static inline FarEnd* listening = nullptr;   // hears what is sent

  void link() {
    if (state == State::Linked) return;
    state = State::Linked;
    out.push_back({ControlKind::Link, {self, other}, {}});
  }
  void unlink() {
    if (state != State::Linked) return;
    state = State::Unlinking;
    out.push_back({ControlKind::UnlinkId, {Term::small(++number), self, other}, {}});
  }
  void handle() {
    const Said said = in.front();
    in.pop_front();
    if (said.kind == process::SignalKind::Link) {
      if (state == State::None) state = State::Linked;
    } else if (said.kind == process::SignalKind::Unlink) {
      if (state == State::Linked) state = State::None;
      out.push_back({ControlKind::UnlinkIdAck, {Term::small(static_cast<int64_t>(said.number)), self, other}, {}});
    } else if (state == State::Unlinking && said.number == static_cast<uint64_t>(number)) {
      state = State::None;
    }
  }
};

// However links and unlinks of both sides cross: both agree in the end, and the note of the connection is there as long as there is anything of a link.
TEST_F(DistTest, CrossingLinksAndUnlinksLeaveWhatIsLinked) {
  Process& carrier = machine.spawned();
  const uint32_t id = connect(carrier);
  RemoteNode& node = *distribution->find(peer);
  machine.runtime.deliver_elsewhere = [](Runtime& runtime, Term to, process::Signal* signal) {
    const FarEnd::Said said{signal->kind, signal->number};
    if (!runtime.distribution->deliver(to, signal)) return false;
    FarEnd::listening->in.push_back(said);
    return true;
  };
  std::mt19937 random(4711);
  for (int round = 0; round < 2000; ++round) {
    Process& local = machine.spawned();
    FarEnd far;
    far.self = remote_pid(100 + round);
    far.other = local.pid();
    const Relations::LinkEnds ends{local.pid().raw, process::Peer::of(far.self)};
    FarEnd::listening = &far;
    auto receive_one = [&] {
      distribution->receive(node, id, frames_of(far.out.front())[0], nullptr);
      far.out.pop_front();
    };
    for (int step = 0; step < 60; ++step) {
      switch (random() % 8) {
        case 0: (void)process::link(local, far.self); break;
        case 1: (void)process::unlink(local, far.self); break;
        case 2: far.link(); break;
        case 3: far.unlink(); break;
        case 4: process::handle_signals(local); break;
        case 5: case 6: if (!far.in.empty()) far.handle(); break;
        case 7: if (!far.out.empty()) receive_one(); break;
      }
    }
    while (!far.in.empty() || !far.out.empty() || local.mailbox().has_incoming()) {
      while (!far.in.empty()) far.handle();
      while (!far.out.empty()) receive_one();
      process::handle_signals(local);
    }
    const process::Links::Link* link = local.links_ ? local.links_->find(far.self) : nullptr;
    EXPECT_TRUE(!link || link->unlinking == 0);
    ASSERT_EQ(link != nullptr, far.state == FarEnd::State::Linked) << round;
    ASSERT_EQ(node.relations.links.contains(ends), link != nullptr) << round;
    if (link) ASSERT_EQ(node.relations.links[ends], 1u);
  }
}

}  // namespace
}  // namespace athanor::dist
