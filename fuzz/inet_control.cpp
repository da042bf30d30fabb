// SPDX-License-Identifier: Apache-2.0
// Hostile requests to the inet drivers, as erlang:port_control/3 brings them. In a network of its own, in which nobody is.
//
//   an input:  { [what] … }   what: 0 control (request, length, bytes), 1 output (length, bytes), 2 another port, 3 turns of the poller are left out
#include <sched.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <vector>

#include "bif/bif.hpp"
#include "harness/bench.hpp"
#include "harness/families.hpp"
#include "harness/term_source.hpp"
#include "io/inet/protocol.hpp"
#include "io/ports.hpp"
#include "machine/natives.hpp"
#include "term/binary.hpp"
#include "term/integer.hpp"
#include "term/print.hpp"

namespace {

using namespace athanor;
using namespace athanor::fuzz;

const process::NativeRow& native(std::string_view module, std::string_view name, uint8_t arity) {
  for (const process::NativeRow* row : machine::native_rows()) {
    if (row->module == module && row->name == name && row->arity == arity) return *row;
  }
  std::abort();
}

// Descriptors are taken on trust, as on the stock VM: those of this program are not to be given away.
bool is_about_descriptors(uint8_t request) { return request == io::inet::kOpenDescriptor || request == io::inet::kTcpSendFile; }

constexpr std::string_view kDrivers[] = {"tcp_inet", "udp_inet", "ram_file_drv"};
constexpr size_t kMostRequests = 24;

class Session {
 public:
  Session(Bench& machine, TermSource& source) : machine_(machine), source_(source) {}

  void run() {
    open();
    for (size_t i = 0; i < kMostRequests && !source_.is_empty(); ++i) {
      switch (source_.byte() % 8) {
        case 0: open(); break;
        case 1: command(); break;
        case 2: current_ = ports_.empty() ? 0 : source_.byte() % ports_.size(); break;
        default: control(); break;
      }
      machine_.run_others(2, 100);
    }
  }

 private:
  Term call(const process::NativeRow& row, const Term* arguments) {
    Bench::Limits limits;
    return machine_.call(machine_.entry_of(row), arguments, row.arity, limits) == Ended::Value ? machine_.answer() : Term::none();
  }
  void open() {
    static const process::NativeRow& row = native("erts_internal", "open_port", 2);
    process::Process& self = machine_.process();
    const std::string_view driver = kDrivers[source_.byte() % std::size(kDrivers)];
    const Term name = bif::make_tuple(self.heap(), atoms::spawn_driver, bif::latin1_list(self.heap(), driver));
    const Term arguments[2] = {name, bif::cons(self.heap(), atoms::binary, Term::nil())};
    const Term port = call(row, arguments);
    if (port.is_local_port()) ports_.push_back(port);
  }
  void control() {
    static const process::NativeRow& row = native("erts_internal", "port_control", 3);
    if (ports_.empty()) return;
    process::Process& self = machine_.process();
    const uint8_t request = source_.byte();
    if (is_about_descriptors(request)) return;
    const Term arguments[3] = {ports_[current_ % ports_.size()], integer::from_int64(self.heap(), io::inet::kControlBase + request),
                               binary::from_text(self.heap(), source_.bytes(source_.byte()))};
    (void)to_text(call(row, arguments), 300);
  }
  void command() {
    static const process::NativeRow& row = native("erts_internal", "port_command", 3);
    if (ports_.empty()) return;
    process::Process& self = machine_.process();
    const Term arguments[3] = {ports_[current_ % ports_.size()], binary::from_text(self.heap(), source_.bytes(source_.byte())), Term::nil()};
    (void)to_text(call(row, arguments), 300);
  }

  Bench& machine_;
  TermSource& source_;
  std::vector<Term> ports_;
  size_t current_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  if (unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) return 0;
  std::fprintf(stderr, "inet_control is not run: no network of its own can be had (%s)\n", std::strerror(errno));
  std::exit(0);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t count) {
  Bench& machine = bench({harmless_natives()});
  TermSource source(bytes, count);
  Session(machine, source).run();
  machine.clear();
  return 0;
}
