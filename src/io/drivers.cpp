// SPDX-License-Identifier: Apache-2.0
// Which driver stands behind a port's name.
#include <cerrno>

#include "io/fd_driver.hpp"
#include "io/inet/tcp_driver.hpp"
#include "io/inet/udp_driver.hpp"
#include "io/ram_file_driver.hpp"
#include "io/spawn_driver.hpp"
#include "io/tty_driver.hpp"

namespace athanor::io {

std::unique_ptr<PortDriver> make_driver(Ports& ports, const PortOptions& options, int& error) {
  using Kind = PortOptions::Kind;
  switch (options.kind) {
    case Kind::Fd: return std::make_unique<FdDriver>(ports, options);
    case Kind::Vanilla: return std::make_unique<VanillaDriver>(ports, options);
    case Kind::SpawnExecutable: return std::make_unique<SpawnDriver>(ports, options);
    case Kind::Spawn:
    case Kind::SpawnDriver: break;
  }
  // The first word may name a driver; it is looked for before programs.
  std::string first = options.name.substr(0, options.name.find(' '));
  if (first == "udp_inet" || first == "tty_sl" || first == "tcp_inet" || first == "ram_file_drv") {
    error = kBadArgument;
    if (options.exit_status) return nullptr;
    if (first == "ram_file_drv") return std::make_unique<RamFileDriver>(ports);
    if (first == "tcp_inet") return std::make_unique<inet::TcpDriver>(ports);
    if (first == "udp_inet") return std::make_unique<inet::UdpDriver>(ports);
    if (first == "tty_sl") return std::make_unique<TtyDriver>(ports, options);
    error = ENOTSUP;
    return nullptr;
  }
  if (ports.find_driver) {
    error = 0;
    std::unique_ptr<PortDriver> found = ports.find_driver(ports.runtime(), first, options, error);
    if (found || error != 0) return found;
  }
  if (options.kind == Kind::SpawnDriver) { error = kBadArgument; return nullptr; }
  return std::make_unique<SpawnDriver>(ports, options);
}

}  // namespace athanor::io
