// SPDX-License-Identifier: Apache-2.0
// Ports on descriptors that the program has already ({fd, In, Out}: its standard streams) and on files by name.
#pragma once

#include "io/stream_driver.hpp"

namespace athanor::io {

// The descriptors themselves stay open and as they are: others share them. We work on descriptions of our own where we can, so
// that making those non-blocking is nobody else's concern.
class FdDriver : public StreamDriver {
 public:
  FdDriver(Ports& ports, const PortOptions& options);
  int start(Port& port) override;
  bool control(Port& port, uint32_t operation, std::string_view data, std::string& reply) override;

 private:
  const int in_given_, out_given_;
  const bool read_, write_;
};

// open_port(Name, …): a file. OTP: undocumented, kept.
class VanillaDriver : public StreamDriver {
 public:
  VanillaDriver(Ports& ports, const PortOptions& options);
  int start(Port& port) override;

 private:
  const std::string path_;
  const bool read_, write_;
};

}  // namespace athanor::io
