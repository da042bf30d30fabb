// SPDX-License-Identifier: Apache-2.0
// Reading from a stream: packets are cut out of what arrives and told to the owner or to who asked for them.
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "io/inet/messages.hpp"
#include "io/inet/tcp_driver.hpp"
#include "io/inet/tcp_sendfile.hpp"
#include "io/posix_error.hpp"
#include "sched/scheduling.hpp"

namespace athanor::io::inet {

namespace packet = bif::packet;
using sched::Scheduling;

namespace {

constexpr size_t kChannelRead = 68 << 10;   // of a channel between nodes: room for a whole fragment, or for many small frames
constexpr int kReadsAtOnce = 16;   // then other sockets get their turn

// By the protocol's number of a packet type.
constexpr packet::Kind kKinds[] = {
    packet::Kind::Raw,  packet::Kind::One,  packet::Kind::Two,      packet::Kind::Four,       packet::Kind::Asn1,
    packet::Kind::SunRm, packet::Kind::Cdr, packet::Kind::Fcgi,     packet::Kind::Line,       packet::Kind::Tpkt,
    packet::Kind::Http, packet::Kind::HttpHeader, packet::Kind::SslTls, packet::Kind::HttpBin, packet::Kind::HttpHeaderBin,
};

packet::Kind kind_of(const Options& options) { return options.packet < std::size(kKinds) ? kKinds[options.packet] : packet::Kind::Raw; }

bool is_http(packet::Kind kind) {
  return kind == packet::Kind::Http || kind == packet::Kind::HttpHeader || kind == packet::Kind::HttpBin || kind == packet::Kind::HttpHeaderBin;
}

}  // namespace

// Timeout and length, 32 bits each.
void TcpDriver::receive_request(Port& port, std::string_view data, Answer& answer) {
  if (!is_connected()) {
    if (!late_receive_) { answer.fail(ENOTCONN); return; }
    answer.fail(late_reset_ ? "econnreset" : "closed");
    late_receive_ = late_send_ = late_reset_ = false;
    return;
  }
  if (options_.active != kPassive || data.size() != 8) { answer.fail(EINVAL); return; }
  uint32_t timeout_ms = read_number(data, 4), length = read_number(data.substr(4), 4);
  if (kind_of(options_) != packet::Kind::Raw && length != 0) { answer.fail(EINVAL); return; }
  if (static_cast<int32_t>(length) < 0) length = 0;   // OTP
  if (length > kLongestReceive) { answer.fail(ENOMEM); return; }
  if (pending_) { answer.fail(EALREADY); return; }
  begin_pending(port, timeout_ms == 0 ? kForever : timeout_ms);
  answer.number(pending_->id, 2);
  requested_ = length;
  uint16_t id = pending_->id;
  if (!is_ignored_) receive(port);
  if (timeout_ms == 0 && pending_ && pending_->id == id) fail_pending(port, atoms::timeout);
}

void TcpDriver::unreceive(Port& port, std::string_view data, Answer& answer) {
  if (!is_connected()) { answer.fail(ENOTCONN); return; }
  if (!data.empty()) buffer_.push_front(data);
  if (options_.active != kPassive) tell_complete(port);
}

void TcpDriver::receive(Port& port) {
  for (int reads = 0; tell_complete(port);) {
    if (!wants_input()) return;
    watch(port, watched_ | Scheduling::kReadable);
    if (!readable_ || is_ignored_) return;
    if (++reads > kReadsAtOnce) {
      // Asking again makes an edge of what is still there.
      uint32_t interest = watched_;
      watched_ = 0;
      watch(port, interest);
      return;
    }
    if (!read_more(port)) return;
  }
}

int64_t TcpDriver::packet_length() {
  packet::Kind kind = kind_of(options_);
  if (requested_ != 0 && options_.active == kPassive) return requested_;
  if (kind == packet::Kind::Raw) return static_cast<int64_t>(buffer_.size());
  packet::Limits limits;
  limits.packet_size = options_.packet_size;
  limits.line_length = static_cast<uint32_t>(buffer_.limit());
  limits.line_delimiter = options_.line_delimiter;
  return packet::length(kind, buffer_.data(), buffer_.size(), limits, in_headers_);
}

bool TcpDriver::tell_complete(Port& port) {
  if (feeds_sink(port) && !buffer_.empty()) return tell_sink(port);
  while (wants_input() && !buffer_.empty()) {
    int64_t length = packet_length();
    if (length == packet::kInvalid) { input_failed(port, EMSGSIZE); return false; }
    if (length == packet::kMore || static_cast<size_t>(length) > buffer_.size()) return true;
    tell(port, static_cast<size_t>(length));
    if (!port.is_open()) return false;
  }
  return is_connected();
}

bool TcpDriver::read_more(Port& port) {
  if (!buffer_.exists() && port.sink() != nullptr) buffer_.begin_whole(std::max<size_t>(options_.buffer, kChannelRead));
  if (!buffer_.exists()) buffer_.begin(requested_ != 0 && options_.active == kPassive ? requested_ : options_.buffer);
  size_t wanted;
  int64_t length = requested_ != 0 || !buffer_.empty() ? packet_length() : packet::kMore;
  if (length == packet::kInvalid) { input_failed(port, EMSGSIZE); return false; }
  if (length != packet::kMore && static_cast<size_t>(length) > buffer_.size()) {
    buffer_.expect(static_cast<size_t>(length));
    wanted = static_cast<size_t>(length) - buffer_.size();
  } else {
    buffer_.expect(buffer_.limit());   // what waits goes to the front
    if (buffer_.room() == 0) {
      // A packet of unknown length fills all: only packet_size lets it be longer.
      if (options_.packet_size <= buffer_.size()) { input_failed(port, EMSGSIZE); return false; }
      buffer_.expect(options_.packet_size);
    }
    wanted = buffer_.room();
  }
  auto [place, bytes] = buffer_.place(wanted);
  ssize_t count = ::recv(socket_, place, bytes, MSG_DONTWAIT);
  if (count > 0) {
    buffer_.filled(static_cast<size_t>(count));
    // Less than asked for: nothing is left, unless the end was announced together with it.
    if (static_cast<size_t>(count) < bytes && !hung_up_) readable_ = false;
    return true;
  }
  if (count == 0) { input_closed(port); return false; }
  if (errno == EAGAIN || errno == EINTR) {
    if (errno == EAGAIN) readable_ = false;
    if (buffer_.empty()) buffer_.clear();
    return true;
  }
  int error = errno;
  if (error == ECONNRESET && !show_reset_) input_closed(port);
  else input_failed(port, error);
  return false;
}

// What the packet says, or its bytes. is_parsed: the former.
Term TcpDriver::packet_term(Port& port, heap::FragmentAllocator& heap, size_t length, bool& is_parsed) {
  packet::Kind kind = kind_of(options_);
  is_parsed = options_.deliver == kAsTerm && requested_ == 0 && (is_http(kind) || kind == packet::Kind::SslTls);
  if (is_parsed) {
    Term parsed = packet::parse(heap, kind, buffer_.data(), length, in_headers_);
    if (kind == packet::Kind::SslTls) parsed.pointer()[2] = port.id();   // {ssl_tls, S, Type, Version, Data}
    return parsed;
  }
  packet::Body body = requested_ != 0 ? packet::Body{0, length} : packet::body(kind, buffer_.data(), length);
  if (length == buffer_.size() && body.size > binary::kHeapBinaryMax && options_.mode == kBinaryMode) buffer_.fit();
  return data_term(heap, options_, buffer_.piece(body.start, body.size));
}

void TcpDriver::tell(Port& port, size_t length) {
  received_.add(length);
  bool is_passive = options_.active == kPassive, is_parsed;
  heap::FragmentAllocator heap(data_words(options_, length) + 16);
  Term data = packet_term(port, heap, length, is_parsed);
  Term to = port.owner(), message;
  if (is_passive) {
    Pending ended = end_pending();
    requested_ = 0;
    to = ended.caller;
    Term result = bif::make_tuple(heap, atoms::ok, data);
    message = bif::make_tuple(heap, atoms::inet_async, port.id(), Term::small(ended.id), result);
  } else if (options_.deliver == kAsPort) {
    port.count_input(length);
    message = bif::make_tuple(heap, port.id(), bif::make_tuple(heap, atoms::data, data));
  } else if (is_parsed) {
    message = kind_of(options_) == packet::Kind::SslTls ? data : bif::make_tuple(heap, atoms::http, port.id(), data);
  } else {
    message = bif::make_tuple(heap, atoms::tcp, port.id(), data);
  }
  buffer_.consume(length);
  port.send_term(to, heap, message);
  if (!is_passive) count_told(port);
}

bool TcpDriver::tell_sink(Port& port) {
  const packet::Kind kind = kind_of(options_);
  const std::shared_ptr<FrameSink> sink = port.sink();
  sink->input_begins(port);
  int64_t length = 0;
  while (wants_input() && !buffer_.empty() && feeds_sink(port)) {
    length = packet_length();
    if (length <= 0 || static_cast<size_t>(length) > buffer_.size()) break;   // kMore, kInvalid
    received_.add(static_cast<size_t>(length));
    port.count_input(static_cast<size_t>(length));
    const packet::Body body = packet::body(kind, buffer_.data(), static_cast<size_t>(length));
    const Piece piece = buffer_.piece(body.start, body.size);
    sink->frame(port, piece.view(), piece.bytes);
    if (!port.is_open()) break;
    buffer_.consume(static_cast<size_t>(length));
    count_told(port);
  }
  sink->input_ends(port);
  if (!port.is_open()) return false;
  if (length == packet::kInvalid) { input_failed(port, EMSGSIZE); return false; }
  return is_connected();
}

// --- the end of input ---

void TcpDriver::tell_closed(Port& port) {
  if (close_told_) return;
  close_told_ = true;
  send_tagged(port, port.owner(), atoms::tcp_closed);
}

void TcpDriver::input_closed(Port& port) { end_input(port, 0); }
void TcpDriver::input_failed(Port& port, int error) { end_input(port, error); }

void TcpDriver::end_input(Port& port, int error) {
  bool was_sending = false;
  if (state_ & kIsBusy) {
    drop_queue(port);
    no_more_busy(port);
    answer_busy_sender(port, atoms::closed);
    was_sending = true;
  }
  if (send_file_ != nullptr) {
    file_aborted(port, error == 0 ? ENOTCONN : error);
    send_file_.reset();
    was_sending = true;
  }
  // The next send is told that it is closed, not that it never was connected.
  if (error == 0 && !was_sending) late_send_ = true;
  buffer_.clear();
  if (options_.active == kPassive) {
    Term reason = error == 0 ? atoms::closed : error_atom(error);
    if (options_.exit_on_close) end_connection(port);
    requested_ = 0;
    fail_pending(port, reason);
    return;
  }
  if (error != 0) send_tagged(port, port.owner(), atoms::tcp_error, error_atom(error));
  tell_closed(port);
  if (!options_.exit_on_close) return;
  drop_queue(port);
  port.unlink_owner();
  port.end(error == 0 ? atoms::normal : error_atom(error));
}

}  // namespace athanor::io::inet
