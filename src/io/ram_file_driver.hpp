// SPDX-License-Identifier: Apache-2.0
// ram_file_drv, the driver behind ram_file: a file that is nothing but bytes in memory. Output is a request, its first byte says which;
// each is answered at once by {Port, {data, [Code | …]}} to the owner.
#pragma once

#include "io/port.hpp"

namespace athanor::io {

class RamFileDriver : public PortDriver {
 public:
  explicit RamFileDriver(Ports& ports) : ports_(ports) {}
  int start(Port&) override { return 0; }
  void output(Port& port, std::string&& bytes) override;
  void close(Port& port) override;

 private:
  void open(Port& port, std::string_view arguments);
  void read(Port& port, int64_t position, int64_t count, bool move);
  void write(Port& port, int64_t position, std::string_view bytes, bool move);
  void seek(Port& port, std::string_view arguments);
  void truncate(Port& port);

  Ports& ports_;
  std::string content_;
  size_t position_ = 0;   // may lie beyond the content
  uint32_t mode_ = 0;     // bits: reading, writing; 0: not opened yet
};

}  // namespace athanor::io
