// SPDX-License-Identifier: Apache-2.0
#include "io/inet/udp_driver.hpp"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "io/inet/messages.hpp"
#include "io/inet/udp_messages.hpp"
#include "io/posix_error.hpp"
#include "sched/scheduling.hpp"

namespace athanor::io::inet {

using sched::Scheduling;

namespace {

constexpr size_t kControlBytes = 256;

void dissolve(int socket) {
  sockaddr none = {};
  none.sa_family = AF_UNSPEC;
  ::connect(socket, &none, offsetof(sockaddr, sa_data));
}

}  // namespace

bool UdpDriver::request(Port& port, Request which, std::string_view data, Answer& answer) {
  switch (which) {
    case kOpen:
      if (data.size() != 2 || (data[1] != kDatagram && data[1] != kStream)) answer.fail(EINVAL);
      else open(static_cast<uint8_t>(data[0]), data[1] == kStream ? SOCK_STREAM : SOCK_DGRAM, IPPROTO_UDP, answer);
      if (is_open()) receive(port);
      return true;
    case kOpenDescriptor:
      if (data.size() < 2 || data[1] != kDatagram) answer.fail(EINVAL);
      else open_descriptor(data, SOCK_DGRAM, answer);
      if (is_open()) receive(port);
      return true;
    case kClose: forget_socket(); return true;
    case kConnect: connect(port, data, answer); return true;
    case kPacketReceive: receive_request(port, data, answer); return true;
    default: return false;
  }
}

// Timeout (not heeded: it is done at once) and address; nothing: no longer connected.
void UdpDriver::connect(Port& port, std::string_view data, Answer& answer) {
  if (!is_open()) { answer.fail("exbadport"); return; }
  if (data.empty()) {
    dissolve(socket_);
    state_ = static_cast<uint16_t>(state_ & ~kIsConnected);
    remote_.reset();
  } else {
    if (data.size() < 6) { answer.fail(EINVAL); return; }
    data.remove_prefix(4);
    Address address;
    if (const char* wrong = read_address(data, family_, address)) { answer.fail(wrong); return; }
    // Linux keeps the source address of an earlier connection.
    if (is_connected()) dissolve(socket_);
    if (::connect(socket_, address.get(), address.length) != 0) {
      int error = errno;
      dissolve(socket_);
      state_ = static_cast<uint16_t>(state_ & ~kIsConnected);
      remote_.reset();
      answer.fail(error);
      return;
    }
    state_ |= kIsConnected;
    remote_ = std::make_unique<Address>(address);
  }
  uint16_t id = next_id();
  answer.number(id, 2);
  send_async_ok(port, port.caller(), id);
}

// Timeout and length, 32 bits each; the length means nothing for datagrams.
void UdpDriver::receive_request(Port& port, std::string_view data, Answer& answer) {
  if (!is_open()) { answer.fail("exbadport"); return; }
  if (options_.active != kPassive || data.size() != 8) { answer.fail(EINVAL); return; }
  if (pending_) { answer.fail(EALREADY); return; }
  begin_pending(port, read_number(data, 4));
  answer.number(pending_->id, 2);
  receive(port);
}

// --- options ---

Setting UdpDriver::set_own_option(Port&, uint8_t number, uint32_t value) {
  switch (number) {
    case kReadPackets:
      if (static_cast<int32_t>(value) <= 0) return Setting::Invalid;
      read_packets_ = value;
      return Setting::Done;
    case kHighMark:
    case kLowMark:
    case kSendTimeout:
    case kSendTimeoutClose:
    case kDelaySend:
    case kShowReset: return Setting::Done;   // OTP: of streams; passed over
    case kReceiveTos:
    case kReceiveTrafficClass:
    case kReceiveTtl: {
      OptionReader none({});
      Setting done = set_system_option(socket_, family_, number, value, none);
      auto bit = static_cast<uint8_t>(number == kReceiveTos ? 1 : number == kReceiveTrafficClass ? 2 : 4);
      if (done == Setting::Done) told_options_ = static_cast<uint8_t>(value != 0 ? told_options_ | bit : told_options_ & ~bit);
      return done;
    }
    default: return Setting::Unknown;
  }
}

bool UdpDriver::get_own_option(uint8_t number, std::string& reply) {
  switch (number) {
    case kReadPackets:
      reply += static_cast<char>(number);
      write_number(reply, read_packets_, 4);
      return true;
    case kHighMark:
    case kLowMark:
    case kSendTimeout:
    case kSendTimeoutClose:
    case kDelaySend:
    case kShowReset: return true;   // OTP: left out
    default: return false;
  }
}

void UdpDriver::options_set(Port& port, const Options&) {
  if (is_open()) receive(port);
}

// --- receiving ---

void UdpDriver::edge(Port& port, uint32_t ready) {
  if (!is_open()) return;
  if (ready & (uint32_t{Scheduling::kReadable} | uint32_t{Scheduling::kHangUp})) readable_ = true;
  receive(port);
}

void UdpDriver::receive(Port& port) {
  for (uint32_t count = 0; wants_input(); ++count) {
    watch(port, Scheduling::kReadable);
    if (!readable_) return;
    if (count == read_packets_) {
      watched_ = 0;   // asking again makes an edge of what is still there
      watch(port, Scheduling::kReadable);
      return;
    }
    if (!receive_one(port)) return;
  }
}

bool UdpDriver::receive_one(Port& port) {
  Address from;
  OffHeapBinary* bytes = OffHeapBinary::create(options_.buffer);
  struct iovec place = {bytes->data(), options_.buffer};
  alignas(struct cmsghdr) char control[kControlBytes];
  struct msghdr message = {};
  message.msg_name = &from.storage;
  message.msg_namelen = sizeof from.storage;
  message.msg_iov = &place;
  message.msg_iovlen = 1;
  if (has_ancillary()) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
  }
  ssize_t count = ::recvmsg(socket_, &message, MSG_DONTWAIT);
  if (count < 0) {
    int error = errno;
    bytes->release();
    if (error == EINTR) return true;
    if (error == EAGAIN) { readable_ = false; return false; }
    if (options_.active == kPassive) fail_pending(port, error_atom(error));
    else send_tagged(port, port.owner(), atoms::udp_error, error_atom(error));
    return options_.active != kPassive;
  }
  from.length = message.msg_namelen;
  if (is_connected() && remote_ != nullptr) from = *remote_;
  received_.add(static_cast<size_t>(count));
  auto size = static_cast<size_t>(count);
  if (size * 4 < bytes->capacity * 3 && size > binary::kHeapBinaryMax && options_.mode == kBinaryMode) bytes = OffHeapBinary::reallocate(bytes, size);
  tell(port, bytes, size, from, has_ancillary() ? &message : nullptr);
  bytes->release();
  return true;
}

// {udp, S, IP, Port, Data} or, where the owner asked for options of datagrams, {udp, S, IP, Port, Options, Data}.
void UdpDriver::tell(Port& port, OffHeapBinary* bytes, size_t size, const Address& from, const msghdr* ancillary) {
  heap::FragmentAllocator heap(data_words(options_, size) + 48);
  Piece piece = {bytes, 0, size};
  if (options_.active == kPassive) {
    // The address goes in front of the data, byte by byte.
    Pending ended = end_pending();
    Term data = with_address(heap, data_term(heap, options_, piece), from);
    if (ancillary != nullptr) data = bif::make_tuple(heap, data, ancillary_list(heap, *ancillary));
    Term message = bif::make_tuple(heap, atoms::inet_async, port.id(), Term::small(ended.id), bif::make_tuple(heap, atoms::ok, data));
    port.send_term(ended.caller, heap, message);
    return;
  }
  Term message;
  if (options_.deliver == kAsPort) {
    // OTP: the address belongs to the data.
    std::string head = address_bytes(from);
    OffHeapBinary* whole = OffHeapBinary::create(head.size() + size);
    std::memcpy(whole->data(), head.data(), head.size());
    std::memcpy(whole->data() + head.size(), bytes->data(), size);
    Term data = data_term(heap, options_, {whole, 0, head.size() + size});
    whole->release();
    port.count_input(size);
    message = bif::make_tuple(heap, port.id(), bif::make_tuple(heap, atoms::data, data));
  } else {
    Term data = data_term(heap, options_, piece), number;
    Term host = address_terms(heap, from, number);
    message = ancillary == nullptr ? bif::make_tuple(heap, atoms::udp, port.id(), host, number, data)
                                   : bif::make_tuple(heap, atoms::udp, port.id(), host, number, ancillary_list(heap, *ancillary), data);
  }
  port.send_term(port.owner(), heap, message);
  count_told(port);
}

void UdpDriver::timer_expired(Port& port, uint64_t timer) {
  if (!pending_ || pending_->timer != timer) return;
  pending_->timer = 0;
  fail_pending(port, atoms::timeout);
}

// --- sending ---

// Address, length of options, these, the datagram.
void UdpDriver::output(Port& port, std::string&& bytes) {
  std::string_view data = bytes;
  Address to;
  Term caller = port.caller();
  if (!is_open()) { send_reply_error(port, caller, error_atom(EINVAL)); return; }
  if (const char* wrong = read_address(data, family_, to)) { send_reply_error(port, caller, intern(wrong)); return; }
  alignas(struct cmsghdr) char control[2 * CMSG_SPACE(sizeof(int))];
  struct msghdr message = {};
  size_t options = data.size() < 4 ? 0 : read_number(data, 4);
  if (data.size() < 4 || data.size() - 4 < options) { send_reply_error(port, caller, error_atom(EINVAL)); return; }
  data.remove_prefix(4);
  if (options > 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (!read_ancillary(data.substr(0, options), message)) { send_reply_error(port, caller, error_atom(EINVAL)); return; }
    data.remove_prefix(options);
  }
  if (!is_connected()) {
    message.msg_name = &to.storage;
    message.msg_namelen = to.length;
  }
  struct iovec place = {const_cast<char*>(data.data()), data.size()};
  message.msg_iov = &place;
  message.msg_iovlen = 1;
  sent_.add(data.size());
  if (::sendmsg(socket_, &message, MSG_NOSIGNAL) < 0) send_reply_error(port, caller, error_atom(errno));
  else send_reply_ok(port, caller);
}

void UdpDriver::close(Port& port) {
  fail_pending(port, atoms::closed);
  forget_socket();
  if (is_borrowed_) socket_ = -1;
  ports_.release(port);
}

}  // namespace athanor::io::inet
