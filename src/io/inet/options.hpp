// SPDX-License-Identifier: Apache-2.0
// Options of inet sockets: those the driver keeps, those the system keeps, and how both are read from and written to requests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "io/inet/protocol.hpp"

namespace athanor::io::inet {

// Numbers of options that are no plain int of the system.
enum OptionNumber : uint8_t {
  kLinger = 3, kReceiveBuffer = 7, kMulticastInterface = 11, kAddMembership = 14, kDropMembership = 15, kBuffer = 20, kHeader = 21,
  kActiveOption = 22, kPacket = 23, kModeOption = 24, kDeliverOption = 25, kExitOnClose = 26, kHighMark = 27, kLowMark = 28,
  kSendTimeout = 30, kDelaySend = 31, kPacketSize = 32, kReadPackets = 33, kRaw = 34, kSendTimeoutClose = 35, kMessageHighMark = 36,
  kMessageLowMark = 37, kNamespace = 38, kShowReset = 39, kLineDelimiter = 40, kBindToDevice = 42, kReceiveTos = 43,
  kReceiveTrafficClass = 44, kPacketOptions = 45, kReceiveTtl = 47, kDebug = 99,
};

// What the driver itself keeps of every socket. An accepted one begins with its listener's.
struct Options {
  uint32_t buffer = kDefaultBuffer, header = 0, packet_size = 0;
  int16_t active_count = 0;
  uint8_t active = kPassive, mode = kListMode, deliver = kAsTerm, packet = 0;
  char line_delimiter = '\n';
  bool buffer_is_set = false;
  uint32_t exit_on_close = 1, debug = 0;      // as given
  uint32_t message_high = kMessageQueueWatermark, message_low = kMessageQueueLow;
};

// Reads the value's bytes off the front of a request.
class OptionReader {
 public:
  explicit OptionReader(std::string_view data) : rest_(data) {}
  bool at_end() const { return rest_.empty(); }
  size_t left() const { return rest_.size(); }
  bool number(uint32_t& value, size_t bytes = 4);
  bool text(size_t bytes, std::string_view& value);

 private:
  std::string_view rest_;
};

// Options of the system. The family (AF_INET …) tells membership and interface options apart.
enum class Setting : uint8_t { Done, Invalid, Unknown };
Setting set_system_option(int socket, int family, uint8_t number, uint32_t value, OptionReader& more);
// Appends number and value; one that cannot be read is left out. Unknown: no option of the system.
Setting get_system_option(int socket, int family, uint8_t number, OptionReader& more, std::string& reply);

}  // namespace athanor::io::inet
