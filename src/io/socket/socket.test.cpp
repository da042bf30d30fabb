// SPDX-License-Identifier: Apache-2.0
// Addresses and control messages to and from terms; the life of a socket whose owner ends.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstring>

#include "bif/bif.hpp"
#include "io/ports.hpp"
#include "io/socket/address.hpp"
#include "io/socket/arguments.hpp"
#include "io/socket/control_messages.hpp"
#include "io/socket/options.hpp"
#include "io/socket/natives.hpp"
#include "process/test_machine.hpp"
#include "term/print.hpp"

namespace athanor::io::socket {
namespace {

namespace nif = athanor::bif::prim_socket;

class SocketTest : public testing::Test {
 protected:
  SocketTest() : atoms(make_atom_table(1 << 16)) {
    machine.runtime.terms.atoms = atoms.get();
    ports = Ports::create(machine.runtime, 10);
    machine.runtime.ports = ports.get();
    self = &machine.spawned();
  }
  Allocator& heap() { return self->heap(); }
  template <class... Args>
  std::string call(BifResult (*native)(Process&, const Term*), Args... args) {
    Term terms[] = {args..., Term::nil()};
    BifResult result = native(*self, terms);
    last = result.value;
    return result.has_value() ? to_text(result.value) : "raised";
  }
  Term open(Term domain, Term type) {
    call(nif::nif_open_4, domain, type, Term::small(0), make_map(heap(), {{atoms::use_registry, atoms::false_}}));
    EXPECT_TRUE(is_tuple_of(last, 2));
    return tuple_element(last, 1);
  }
  Term in_address(Term addr, int port) {
    return make_map(heap(), {{atoms::family, atoms::inet}, {atoms::addr, addr}, {atoms::port, Term::small(port)}});
  }
  std::string back(Term map) {
    Address address;
    return read_address(map, address) ? to_text(make_address(heap(), &address.any, static_cast<int>(address.length))) : "malformed";
  }

  std::unique_ptr<AtomTable> atoms;
  process::TestMachine machine;
  std::unique_ptr<Ports> ports;
  process::Process* self;
  Term last;
};

TEST_F(SocketTest, AddressesGoThereAndBack) {
  EXPECT_EQ(back(in_address(atoms::loopback, 80)), "#{addr=>{127,0,0,1},family=>inet,port=>80}");
  EXPECT_EQ(back(in_address(bif::make_tuple(heap(), Term::small(1), Term::small(2), Term::small(3), Term::small(256)), 80)), "malformed");
  EXPECT_EQ(back(in_address(Term::small(7), 80)), "malformed");
  EXPECT_EQ(back(make_map(heap(), {{atoms::family, atoms::local}, {atoms::path, binary::from_text(heap(), "/tmp/x")}})),
            "#{family=>local,path=><<\"/tmp/x\">>}");
  std::string longest(sizeof(sockaddr_un{}.sun_path) - 1, 'p'), too_long(sizeof(sockaddr_un{}.sun_path), 'p');
  EXPECT_NE(back(make_map(heap(), {{atoms::family, atoms::local}, {atoms::path, binary::from_text(heap(), longest)}})), "malformed");
  EXPECT_EQ(back(make_map(heap(), {{atoms::family, atoms::local}, {atoms::path, binary::from_text(heap(), too_long)}})), "malformed");
  EXPECT_EQ(back(make_map(heap(), {{atoms::family, atoms::unspec}, {atoms::addr, binary::from_text(heap(), "ab")}})),
            "#{addr=><<\"ab\">>,family=>unspec}");
}

TEST_F(SocketTest, ControlMessagesKeepWithinTheirBuffer) {
  Term service = make_map(heap(), {{atoms::level, Term::small(SOL_IP)}, {atoms::type, atoms::tos}, {atoms::value, atoms::lowdelay}});
  Term list = bif::make_list(heap(), &service, 1);
  std::vector<uint8_t> buffer;
  EXPECT_FALSE(read_control_messages(list, CMSG_SPACE(sizeof(int)) - 1, buffer));
  ASSERT_TRUE(read_control_messages(list, CMSG_SPACE(sizeof(int)), buffer));
  std::string text = to_text(make_control_messages(heap(), buffer.data(), buffer.size()));
  EXPECT_NE(text.find("value=>lowdelay"), std::string::npos) << text;
  // A length that leads out of the buffer is not believed.
  cmsghdr header{};
  header.cmsg_len = 1000;
  std::memcpy(buffer.data(), &header, sizeof header);
  EXPECT_EQ(to_text(make_control_messages(heap(), buffer.data(), buffer.size())), "[bad_data]");
  header.cmsg_len = 1;
  std::memcpy(buffer.data(), &header, sizeof header);
  EXPECT_EQ(to_text(make_control_messages(heap(), buffer.data(), buffer.size())), "[]");
}

TEST_F(SocketTest, KnowsOptionsByLevelAndNumber) {
  ASSERT_NE(find_option(SOL_SOCKET, SO_KEEPALIVE), nullptr);
  EXPECT_EQ(find_option(SOL_SOCKET, SO_KEEPALIVE)->name, atoms::keepalive);
  EXPECT_EQ(find_option(IPPROTO_TCP, SO_KEEPALIVE), nullptr);   // what it does not implement is not found by number 0 either
  EXPECT_EQ(find_option(SOL_SOCKET, 0), nullptr);
}

TEST_F(SocketTest, EndsWithItsOwner) {
  Term reference = open(atoms::local, atoms::dgram);
  Socket* socket = socket_of(reference);
  ASSERT_NE(socket, nullptr);
  int descriptor = socket->descriptor;
  EXPECT_GE(::fcntl(descriptor, F_GETFD), 0);
  EXPECT_EQ(ports->sockets().counts().all, 1u);
  ports->sockets().process_exited(self->pid());
  EXPECT_LT(::fcntl(descriptor, F_GETFD), 0);
  EXPECT_EQ(ports->sockets().counts().all, 0u);
  EXPECT_EQ(call(nif::nif_sockname_1, reference), "{error,closed}");
  EXPECT_EQ(call(nif::nif_close_1, reference), "{error,closed}");
}

TEST_F(SocketTest, ClosesInTwoSteps) {
  Term reference = open(atoms::local, atoms::stream);
  EXPECT_EQ(call(nif::nif_finalize_close_1, reference), "raised");
  EXPECT_EQ(call(nif::nif_close_1, reference), "ok");
  EXPECT_EQ(call(nif::nif_sockname_1, reference), "{error,closed}");
  EXPECT_EQ(call(nif::nif_finalize_close_1, reference), "ok");
  EXPECT_EQ(call(nif::nif_finalize_close_1, reference), "{error,closed}");
}

TEST_F(SocketTest, DescriptorOfAnotherStaysOpen) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  Term options = make_map(heap(), {{atoms::dup, atoms::false_}, {atoms::use_registry, atoms::false_}});
  call(nif::nif_open_2, Term::small(pair[0]), options);
  ASSERT_TRUE(is_tuple_of(last, 2));
  Term reference = tuple_element(last, 1);
  EXPECT_EQ(call(nif::nif_close_1, reference), "ok");
  EXPECT_EQ(call(nif::nif_finalize_close_1, reference), "ok");
  EXPECT_GE(::fcntl(pair[0], F_GETFD), 0);
  ::close(pair[0]);
  ::close(pair[1]);
}

}  // namespace
}  // namespace athanor::io::socket
