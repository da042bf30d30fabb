// SPDX-License-Identifier: Apache-2.0
// The udp_inet driver: datagrams over UDP and local sockets. A datagram is read into an off-heap binary that its message takes over.
#pragma once

#include "io/inet/inet_driver.hpp"

namespace athanor::io::inet {

class UdpDriver final : public InetDriver {
 public:
  explicit UdpDriver(Ports& ports) : InetDriver(ports) {}
  void output(Port& port, std::string&& bytes) override;
  void close(Port& port) override;
  void edge(Port& port, uint32_t ready) override;
  void timer_expired(Port& port, uint64_t timer) override;

 private:
  bool request(Port& port, Request which, std::string_view data, Answer& answer) override;
  Setting set_own_option(Port& port, uint8_t number, uint32_t value) override;
  bool get_own_option(uint8_t number, std::string& reply) override;
  void options_set(Port& port, const Options& before) override;
  bool is_stream() const override { return false; }
  Term passive_tag() const override { return atoms::udp_passive; }

  void connect(Port& port, std::string_view data, Answer& answer);
  void receive_request(Port& port, std::string_view data, Answer& answer);
  bool wants_input() const { return is_open() && (options_.active != kPassive || pending_.has_value()); }
  void receive(Port& port);
  bool receive_one(Port& port);            // false: nothing there, or an error that was told
  void tell(Port& port, OffHeapBinary* bytes, size_t size, const Address& from, const msghdr* ancillary);
  int send(std::string_view data);
  bool has_ancillary() const { return told_options_ != 0; }

  uint32_t read_packets_ = 5;              // at once; then other sockets get their turn
  uint8_t told_options_ = 0;               // recvtos, recvtclass, recvttl: bits
  std::unique_ptr<Address> remote_;        // connected to
};

}  // namespace athanor::io::inet
