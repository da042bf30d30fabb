// SPDX-License-Identifier: Apache-2.0
// Ports seen from a process: natives, messages, links, on a poller stepped by hand.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <deque>

#include "bif/bif.hpp"
#include "io/ports.hpp"
#include "process/links.hpp"
#include "process/test_machine.hpp"
#include "sched/scheduling.hpp"
#include "term/print.hpp"
#define ATH_FAMILY "io/ports.def"
#include "bif/declare.inc"

namespace athanor::io {
namespace {

class StepScheduling : public sched::Scheduling {
 public:
  void enqueue(process::Process&) override {}
  void enqueue_signals(process::Process&, process::Priority) override {}
  void start() override {}
  void stop() override {}
  uint32_t scheduler_count() const override { return 1; }
  uint32_t schedulers_online() const override { return 1; }
  uint32_t dirty_cpu_count() const override { return 1; }
  uint32_t dirty_io_count() const override { return 1; }
  void set_schedulers_online(uint32_t) override {}
  uint32_t current_scheduler_id() const override { return 1; }
  uint32_t awake_schedulers() const override { return 1; }
  uint32_t run_queue_length() const override { return 0; }
  std::vector<uint32_t> run_queue_lengths() const override { return {0}; }
  uint64_t total_reductions() const override { return 0; }
  uint64_t context_switches() const override { return 0; }
  void set_wall_time_measuring(bool) override {}
  std::vector<WallTime> wall_times() const override { return {}; }
  sched::Bindings& bindings() override { return bindings_; }
  uint32_t dirty_cpu_online() const override { return 1; }
  void set_dirty_cpu_online(uint32_t) override {}
  std::vector<uint32_t> active_tasks() const override { return {0}; }
  uint32_t dirty_queue_length(bool) const override { return 0; }
  uint32_t dirty_busy(bool) const override { return 0; }
  size_t timer_count() const override { return 0; }
  size_t polled_descriptors() const override { return interests_.size(); }
  void poll(int descriptor, uint32_t interest, void (*callback)(void*, uint32_t), void* argument) override {
    interests_[descriptor] = {interest, callback, argument};
  }
  void stop_polling(int descriptor) override { interests_.erase(descriptor); }
  void run_in_background(void (*job)(void*), void* argument) override { jobs_.push_back({job, argument}); }
  // Jobs and ready descriptors until nothing happens for a while.
  void settle(int quiet_ms = 150) {
    for (;;) {
      if (!jobs_.empty()) {
        auto [job, argument] = jobs_.front();
        jobs_.pop_front();
        job(argument);
        continue;
      }
      std::vector<pollfd> descriptors;
      for (auto& [descriptor, interest] : interests_) {
        descriptors.push_back({descriptor, static_cast<short>(interest.events == kReadable ? POLLIN : POLLOUT), 0});
      }
      if (::poll(descriptors.data(), descriptors.size(), quiet_ms) <= 0) return;
      for (const pollfd& ready : descriptors) {
        auto found = interests_.find(ready.fd);
        if (ready.revents == 0 || found == interests_.end()) continue;
        Interest interest = found->second;
        interests_.erase(found);
        interest.callback(interest.argument, interest.events);
      }
    }
  }

 private:
  sched::Bindings bindings_{1, {}};
  struct Interest { uint32_t events; void (*callback)(void*, uint32_t); void* argument; };
  std::map<int, Interest> interests_;
  std::deque<std::pair<void (*)(void*), void*>> jobs_;
};

class PortTest : public testing::Test {
 protected:
  PortTest() : atoms(make_atom_table(1 << 16)) {
    machine.runtime.terms.atoms = atoms.get();
    machine.runtime.scheduling = &scheduling;
    ports = Ports::create(machine.runtime, 100);
    machine.runtime.ports = ports.get();
    machine.runtime.exit_hooks = [](process::Process& p, Term reason) { p.runtime().ports->process_exited(p, reason); };
    machine.runtime.deliver_elsewhere = [](process::Runtime& r, Term to, process::Signal* s) { return r.ports->deliver(to, s); };
    self = &machine.spawned();
    self->trap_exit_ = true;
  }
  ~PortTest() override {
    scheduling.settle(0);
    ports.reset();
  }
  Term list(std::initializer_list<Term> items) { return bif::make_list(self->heap(), items.begin(), items.size()); }
  Term text(std::string_view bytes) { return bif::latin1_list(self->heap(), bytes); }
  Term pair(Term a, Term b) { return bif::make_tuple(self->heap(), a, b); }
  Term open(Term name, Term settings) {
    Term args[] = {name, settings};
    return bif::erts_internal::open_port_2(*self, args).value;
  }
  Term spawn(std::string_view command, std::initializer_list<Term> settings) { return open(pair(atoms::spawn, text(command)), list(settings)); }
  Term command(Term port, std::string_view bytes) {
    Term args[] = {port, text(bytes), Term::nil()};
    return bif::erts_internal::port_command_3(*self, args).value;
  }
  // Everything that arrived, as text, with `Port` for the port.
  std::string received(Term port) {
    scheduling.settle();
    process::handle_signals(*self);
    std::string out;
    for (self->mailbox().restart(); process::Signal* message = self->mailbox().peek();) {
      out += to_text(message->parcel.term) + " ";
      process::Signal::destroy(self->mailbox().remove_current());
    }
    std::string name = to_text(port);
    for (size_t at; (at = out.find(name)) != std::string::npos;) out.replace(at, name.size(), "Port");
    return out;
  }

  std::unique_ptr<AtomTable> atoms;
  process::TestMachine machine;
  StepScheduling scheduling;
  std::unique_ptr<Ports> ports;
  process::Process* self;
};

TEST_F(PortTest, EchoesThroughACommand) {
  Term port = spawn("cat", {atoms::binary});
  ASSERT_TRUE(port.is_local_port());
  EXPECT_EQ(command(port, "hello"), atoms::true_);
  EXPECT_EQ(received(port), "{Port,{data,<<\"hello\">>}} ");
  ASSERT_TRUE(self->links_ != nullptr && self->links_->find(port) != nullptr);
  Term args[] = {port};
  EXPECT_EQ(bif::erts_internal::port_close_1(*self, args).value, atoms::true_);
  EXPECT_EQ(received(port), "{'EXIT',Port,normal} ");
  EXPECT_EQ(bif::erts_internal::port_close_1(*self, args).value, atoms::badarg);
}

TEST_F(PortTest, ReportsStatusAfterOutputThenEof) {
  Term port = spawn("sh -c 'printf \"a\\nbcdefgh\\nxy\"; exit 7'", {pair(atoms::line, Term::small(4)), atoms::exit_status, atoms::eof, atoms::binary});
  EXPECT_EQ(received(port),
            "{Port,{data,{eol,<<\"a\">>}}} {Port,{data,{noeol,<<\"bcde\">>}}} {Port,{data,{eol,<<\"fgh\">>}}} {Port,{exit_status,7}} "
            "{Port,{data,{noeol,<<\"xy\">>}}} {Port,eof} ");
}

TEST_F(PortTest, PacketsGoBothWays) {
  Term port = spawn("cat", {pair(atoms::packet, Term::small(2)), atoms::binary});
  command(port, "one");
  command(port, "");
  EXPECT_EQ(received(port), "{Port,{data,<<\"one\">>}} {Port,{data,<<>>}} ");
  std::string large(70000, 'x');
  command(port, large);
  EXPECT_EQ(received(port), "{'EXIT',Port,einval} ");
}

TEST_F(PortTest, MessagesFromTheOwner) {
  Term port = spawn("cat", {atoms::binary});
  ports->send(*self, port, pair(self->pid(), pair(atoms::command, text("hi"))), {});
  EXPECT_EQ(received(port), "{Port,{data,<<\"hi\">>}} ");
  ports->send(*self, port, atoms::ok, {});
  EXPECT_EQ(received(port), "{'EXIT',Port,badsig} ");
  ports->send(*self, port, pair(self->pid(), atoms::close), {});
  EXPECT_EQ(received(port), "{'EXIT',Port,normal} {Port,closed} ");
}

TEST_F(PortTest, MissingProgramAndBadOptions) {
  EXPECT_EQ(open(pair(atoms::spawn_executable, text("/nonexistent")), Term::nil()), atoms::enoent);
  EXPECT_EQ(spawn("cat", {atoms::ok}), atoms::badopt);
  EXPECT_EQ(open(pair(atoms::spawn_driver, text("no_such_driver")), Term::nil()), atoms::badarg);
  EXPECT_EQ(ports->count(), 0u);
}

TEST_F(PortTest, LargeOutputMakesTheWriterWait) {
  Term port = spawn("sh -c 'sleep 0.3; cat >/dev/null'", {});
  command(port, std::string(200000, 'x'));
  Term args[] = {port, text("more"), list({atoms::nosuspend})};
  EXPECT_EQ(bif::erts_internal::port_command_3(*self, args).value, atoms::false_);
  args[2] = Term::nil();
  EXPECT_FALSE(bif::erts_internal::port_command_3(*self, args).has_value());
  EXPECT_EQ(self->pending_, process::Pending::Yield);
  self->pending_ = process::Pending::None;
  EXPECT_TRUE(self->state_.load() & process::kSuspended);
  Term message = pair(self->pid(), pair(atoms::command, text("more")));
  EXPECT_EQ(ports->send(*self, port, message, {.nosuspend = true}), process::SendOutcome::WouldSuspend);
  EXPECT_EQ(ports->send(*self, port, message, {}), process::SendOutcome::Suspended);
  // Suspended twice: two signals, when the child has read it all.
  for (int i = 0; i < 500 && (self->state_.load() & process::kSuspended); ++i) {
    scheduling.settle(20);
    process::handle_signals(*self);
  }
  EXPECT_FALSE(self->state_.load() & process::kSuspended);
}

TEST_F(PortTest, EndsWithItsOwner) {
  Term port = spawn("cat", {});
  received(port);
  process::exit_process(*self, atoms::normal);
  EXPECT_FALSE(ports->exists(port));
}

// A connection to another node is gone before the net kernel hears that its port is: it would make the next one out of this one.
TEST_F(PortTest, WhoReadsFramesHearsOfTheEndBeforeThoseLinked) {
  struct Sink final : FrameSink {
    explicit Sink(process::Process& process) : linked(process) {}
    void input_begins(Port&) override {}
    void input_ends(Port&) override {}
    void frame(Port&, std::string_view, OffHeapBinary*) override {}
    void writable(Port&) override {}
    void sent(Port&) override {}
    void ended(Port&, Term reason) override {
      process::handle_signals(linked);
      linked.mailbox().restart();
      had_heard = linked.mailbox().peek() != nullptr;
      ended_with = reason;
    }
    process::Process& linked;
    bool had_heard = false;
    Term ended_with;
  };
  Term port = spawn("cat", {atoms::binary});
  auto sink = std::make_shared<Sink>(*self);
  ports->find(port)->set_sink(sink);
  Term args[] = {port};
  EXPECT_EQ(bif::erts_internal::port_close_1(*self, args).value, atoms::true_);
  EXPECT_EQ(sink->ended_with, atoms::normal);
  EXPECT_FALSE(sink->had_heard);
  EXPECT_EQ(received(port), "{'EXIT',Port,normal} ");
}

TEST_F(PortTest, UdpAnswersTheHostName) {
  Term port = open(pair(atoms::spawn_driver, text("udp_inet")), list({atoms::binary}));
  Term args[] = {port, Term::small(0x03f1a300 + 12), Term::nil()};
  std::string reply;
  ASSERT_TRUE(bif::iolist_to_string(bif::erts_internal::port_control_3(*self, args).value, reply));
  char name[256];
  gethostname(name, sizeof name);
  EXPECT_EQ(reply, std::string("\1") + name);
}

}  // namespace
}  // namespace athanor::io
