// SPDX-License-Identifier: Apache-2.0
// Which driver stands behind a port's name.
#include <algorithm>
#include <iterator>

#include "io/fd_driver.hpp"
#include "io/inet/tcp_driver.hpp"
#include "io/inet/udp_driver.hpp"
#include "io/ram_file_driver.hpp"
#include "io/spawn_driver.hpp"
#include "io/tty_driver.hpp"

namespace athanor::io {

namespace {
constexpr std::string_view kLinkedIn[] = {"tcp_inet", "udp_inet", "ram_file_drv", "tty_sl"};

std::unique_ptr<PortDriver> make_linked_in(std::string_view name, Ports& ports, const PortOptions& options) {
  if (name == "tcp_inet") return std::make_unique<inet::TcpDriver>(ports);
  if (name == "udp_inet") return std::make_unique<inet::UdpDriver>(ports);
  if (name == "ram_file_drv") return std::make_unique<RamFileDriver>(ports);
  return std::make_unique<TtyDriver>(ports, options);
}
}  // namespace

std::span<const std::string_view> linked_in_drivers() { return kLinkedIn; }
bool is_linked_in_driver(std::string_view name) { return std::find(std::begin(kLinkedIn), std::end(kLinkedIn), name) != std::end(kLinkedIn); }

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
  if (is_linked_in_driver(first)) {
    error = kBadArgument;
    return options.exit_status ? nullptr : make_linked_in(first, ports, options);
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
