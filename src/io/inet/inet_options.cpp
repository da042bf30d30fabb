// SPDX-License-Identifier: Apache-2.0
// Options of inet sockets in requests: setopts and getopts.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "io/inet/inet_driver.hpp"
#include "io/inet/messages.hpp"

namespace athanor::io::inet {

namespace {

constexpr uint32_t kMessageQueueMost = 1u << 30;

void put(std::string& reply, uint8_t number, uint32_t value) {
  reply += static_cast<char>(number);
  write_number(reply, value, 4);
}

}  // namespace

void InetDriver::set_options(Port& port, std::string_view data, Answer& answer) {
  const Options before = options_;
  OptionReader reader(data);
  while (reader.left() >= 5) {
    uint32_t number = 0, value = 0;
    reader.number(number, 1);
    reader.number(value);
    if (set_option(port, static_cast<uint8_t>(number), value, reader) != Setting::Done) { answer.fail(EINVAL); return; }
    if (!port.is_open()) return;   // its connection had ended, and now it has been told
  }
  options_set(port, before);
}

Setting InetDriver::set_option(Port& port, uint8_t number, uint32_t value, OptionReader& reader) {
  switch (number) {
    case kHeader: options_.header = value; return Setting::Done;
    case kModeOption: options_.mode = static_cast<uint8_t>(value); return Setting::Done;
    case kDeliverOption: options_.deliver = static_cast<uint8_t>(value); return Setting::Done;
    case kBuffer:
      options_.buffer = static_cast<uint32_t>(std::clamp<int64_t>(static_cast<int32_t>(value), 1, INT32_MAX));
      options_.buffer_is_set = true;
      return Setting::Done;
    case kActiveOption: {
      uint32_t count = 0;
      if (value == kCounted) {
        if (!reader.number(count, 2)) return Setting::Invalid;
        int sum = options_.active_count + static_cast<int16_t>(count);
        if (sum > INT16_MAX || sum < INT16_MIN) return Setting::Invalid;
      }
      set_active(port, static_cast<uint8_t>(value), static_cast<int16_t>(count));
      return Setting::Done;
    }
    case kPacket: options_.packet = static_cast<uint8_t>(value); return Setting::Done;
    case kPacketSize: options_.packet_size = value; return Setting::Done;
    case kExitOnClose: options_.exit_on_close = value; return Setting::Done;
    case kLineDelimiter: options_.line_delimiter = static_cast<char>(value); return Setting::Done;
    case kDebug: options_.debug = value != 0; return Setting::Done;
    case kMessageHighMark:
    case kMessageLowMark:
      if (value < 1 || value > kMessageQueueMost) return Setting::Invalid;
      (number == kMessageHighMark ? options_.message_high : options_.message_low) = value;
      return Setting::Done;
    case kNamespace: {
      std::string_view path;
      if (!reader.text(value, path)) return Setting::Invalid;
      extra().network_namespace = path;
      return Setting::Done;
    }
    default: break;
  }
  Setting own = set_own_option(port, number, value);
  if (own != Setting::Unknown) return own;
  system_options_changed_ = true;
  if (number == kReceiveBuffer && !options_.buffer_is_set) {
    // What one read may bring grows with what the system keeps; a datagram has no more than 64 KiB.
    uint32_t most = is_stream() ? INT32_MAX : 1u << 16;
    options_.buffer = std::max(options_.buffer, std::min(value, most));
  }
  return set_system_option(socket_, family_, number, value, reader);
}

void InetDriver::set_active(Port& port, uint8_t active, int16_t count) {
  options_.active = active;
  if (active == kCounted) {
    options_.active_count = std::max<int16_t>(0, static_cast<int16_t>(options_.active_count + count));
    if (options_.active_count == 0) {
      options_.active = kPassive;
      send_tagged(port, port.owner(), passive_tag());
    }
  } else {
    options_.active_count = 0;
  }
  if (options_.active != kPassive) activated_after_end(port);
}

void InetDriver::count_told(Port& port) {
  if (options_.active == kOnce) {
    options_.active = kPassive;
  } else if (options_.active == kCounted && --options_.active_count <= 0) {
    options_.active_count = 0;
    options_.active = kPassive;
    send_tagged(port, port.owner(), passive_tag());
  }
}

void InetDriver::get_options(std::string_view data, Answer& answer) {
  OptionReader reader(data);
  while (!reader.at_end()) {
    uint32_t number = 0;
    reader.number(number, 1);
    auto option = static_cast<uint8_t>(number);
    if (!get_driver_option(option, answer.bytes) && !get_own_option(option, answer.bytes) &&
        get_system_option(socket_, family_, option, reader, answer.bytes) != Setting::Done) {
      answer.fail(EINVAL);
      return;
    }
    if (answer.bytes.size() > kLongestOptionReply) { answer.fail(EINVAL); return; }
  }
}

bool InetDriver::get_driver_option(uint8_t number, std::string& reply) {
  switch (number) {
    case kBuffer: put(reply, number, options_.buffer); return true;
    case kHeader: put(reply, number, options_.header); return true;
    case kModeOption: put(reply, number, options_.mode); return true;
    case kDeliverOption: put(reply, number, options_.deliver); return true;
    case kActiveOption:
      put(reply, number, options_.active);
      if (options_.active == kCounted) write_number(reply, static_cast<uint16_t>(options_.active_count), 2);
      return true;
    case kPacket: put(reply, number, options_.packet); return true;
    case kPacketSize: put(reply, number, options_.packet_size); return true;
    case kExitOnClose: put(reply, number, options_.exit_on_close); return true;
    case kDebug: put(reply, number, options_.debug); return true;
    case kMessageHighMark: put(reply, number, options_.message_high); return true;
    case kMessageLowMark: put(reply, number, options_.message_low); return true;
    case kNamespace:
      if (extra_ == nullptr || extra_->network_namespace.empty()) return true;
      put(reply, number, static_cast<uint32_t>(extra_->network_namespace.size()));
      reply += extra_->network_namespace;
      return true;
    default: return false;
  }
}

}  // namespace athanor::io::inet
