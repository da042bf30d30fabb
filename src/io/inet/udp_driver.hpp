// SPDX-License-Identifier: Apache-2.0
// The udp_inet driver as far as it goes: a socket, its options, its address, sending; and the name of this host, which the start of
// every system asks it for. Receiving answers enotsup.
#pragma once

#include "io/ports.hpp"

namespace athanor::io::inet {

// Requests of the inet drivers: control operation = kControlBase + request.
constexpr uint32_t kControlBase = 0x03f1a300;
enum Request : uint32_t {
  kOpen = 1, kConnect = 3, kPeer = 4, kName = 5, kBind = 6, kSetOptions = 7, kGetOptions = 8, kGetStatistics = 11,
  kGetHostName = 12, kGetDescriptor = 14, kSubscribe = 24,
};

class UdpDriver : public PortDriver {
 public:
  UdpDriver(Ports& ports, const PortOptions&) : ports_(ports) {}
  ~UdpDriver() override;
  int start(Port&) override { return 0; }
  void output(Port& port, std::string&& bytes) override;
  bool control(Port& port, uint32_t operation, std::string_view data, std::string& reply) override;
  void close(Port& port) override;
  bool soft_busy() const override { return true; }

 private:
  int open(std::string_view data);
  int bind(std::string_view data, std::string& reply);
  int set_options(std::string_view data);
  int get_options(std::string_view data, std::string& reply);

  Ports& ports_;
  int socket_ = -1;
  uint8_t family_ = 0;
  uint32_t buffer_ = 8192, active_ = 0, mode_ = 0, header_ = 0, deliver_ = 1, exit_on_close_ = 1;
};

}  // namespace athanor::io::inet
