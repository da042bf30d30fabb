// SPDX-License-Identifier: Apache-2.0
// Numbers of the protocol between prim_inet and the inet drivers. Requests go by erlang:port_control/3.
#pragma once

#include <cstdint>

namespace athanor::io::inet {

constexpr uint32_t kControlBase = 0x03f1a300;   // control operation = base + request

enum Request : uint32_t {
  kOpen = 1, kClose = 2, kConnect = 3, kPeer = 4, kName = 5, kBind = 6, kSetOptions = 7, kGetOptions = 8, kGetStatistics = 11,
  kGetHostName = 12, kOpenDescriptor = 13, kGetDescriptor = 14, kGetType = 15, kGetStatus = 16, kServiceByName = 17,
  kServiceByPort = 18, kSetName = 19, kSetPeer = 20, kInterfaceList = 21, kInterfaceGet = 22, kInterfaceSet = 23, kSubscribe = 24,
  kInterfaceAddresses = 25, kAccept = 26, kListen = 27, kIgnoreDescriptor = 28, kLocalAddresses = 29, kPeerAddresses = 30,
  kTcpReceive = 42, kTcpUnreceive = 43, kTcpShutdown = 44, kTcpSendFile = 45, kPacketReceive = 60, kSctpBind = 62, kSctpPeelOff = 63,
};

enum ReplyCode : uint8_t { kReplyError = 0, kReplyOk = 1, kReplyLater = 2 };

enum SocketType : uint8_t { kStream = 1, kDatagram = 2, kSequenced = 3 };

// The state as getstatus tells it: bits.
enum StateBit : uint16_t {
  kIsOpen = 1, kIsConnected = 4, kIsListening = 8, kIsConnecting = 16, kIsAccepting = 32, kIsBusy = 128, kHasSeveralAccepting = 256,
};

enum Active : uint8_t { kPassive = 0, kActive = 1, kOnce = 2, kCounted = 3 };
enum Mode : uint8_t { kListMode = 0, kBinaryMode = 1 };
enum Deliver : uint8_t { kAsPort = 0, kAsTerm = 1 };

constexpr uint32_t kDefaultBuffer = 1460;
constexpr uint32_t kHighWatermark = 8192, kLowWatermark = 4096;
constexpr uint32_t kMessageQueueWatermark = 8192, kMessageQueueLow = 4096;
constexpr uint32_t kLongestReceive = 64u << 20;   // gen_tcp:recv/2: more is enomem
constexpr uint32_t kLongestOptionReply = 64u << 10;
constexpr uint32_t kForever = 0xFFFFFFFF;         // as a timeout

}  // namespace athanor::io::inet
