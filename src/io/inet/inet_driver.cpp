// SPDX-License-Identifier: Apache-2.0
// The requests that all inet drivers answer alike. Options are in inet_options.cpp.
#include "io/inet/inet_driver.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "io/inet/interfaces.hpp"
#include "io/inet/messages.hpp"
#include "io/inet/services.hpp"
#include "io/posix_error.hpp"

namespace athanor::io::inet {

namespace {

constexpr uint8_t kEmptyOutput = 1;   // what subscribe waits for

// Network namespaces belong to threads: this one is in another while the object lives.
class InNamespace {
 public:
  explicit InNamespace(const std::string& path) {
    if (path.empty()) return;
    home_ = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    int other = home_ < 0 ? -1 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (other < 0 || ::setns(other, CLONE_NEWNET) != 0) error_ = errno;
    else moved_ = true;
    if (other >= 0) ::close(other);
  }
  ~InNamespace() {
    // Nothing of this thread would be right afterwards.
    if (moved_) ATH_ASSERT(::setns(home_, CLONE_NEWNET) == 0);
    if (home_ >= 0) ::close(home_);
  }
  int error() const { return error_; }

 private:
  int home_ = -1, error_ = 0;
  bool moved_ = false;
};

}  // namespace

void InetDriver::Answer::fail(const char* name) {
  bytes.assign(1, static_cast<char>(kReplyError));
  bytes += name;
}
void InetDriver::Answer::fail(int error_number) { fail(error_name(error_number)); }

InetDriver::~InetDriver() {
  if (socket_ >= 0 && !is_borrowed_) ::close(socket_);
}

InetDriver::Extra& InetDriver::extra() {
  if (extra_ == nullptr) extra_ = std::make_unique<Extra>();
  return *extra_;
}

// --- the socket ---

void InetDriver::open(uint8_t family, int type, int protocol, Answer& answer) {
  int domain = system_family(family);
  if (domain < 0) { answer.fail("eafnosupport"); return; }
  if (state_ != 0) { answer.fail("exbadseq"); return; }
  int socket, error;
  {
    InNamespace in(extra_ == nullptr ? std::string() : extra_->network_namespace);
    if (in.error() != 0) { answer.fail(in.error()); return; }
    socket = ::socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, domain == AF_UNIX ? 0 : protocol);
    error = errno;
  }
  if (socket < 0) { answer.fail(error); return; }
  socket_ = socket;
  state_ = kIsOpen;
  family_ = static_cast<int16_t>(domain);
  readable_ = true;
  hung_up_ = false;
  watched_ = 0;
}

// Family, type, descriptor, and whether it must have an address already.
void InetDriver::open_descriptor(std::string_view data, int type, Answer& answer) {
  if (data.size() != 6 && data.size() != 10) { answer.fail(EINVAL); return; }
  int domain = system_family(static_cast<uint8_t>(data[0]));
  if (domain < 0) { answer.fail("eafnosupport"); return; }
  int socket = static_cast<int>(read_number(data.substr(2), 4));
  bool has_address = data.size() == 6 || read_number(data.substr(6), 4) != 0;
  Address address;
  if (has_address) {
    address.length = sizeof address.storage;
    if (::getsockname(socket, address.get(), &address.length) != 0) { answer.fail(errno); return; }
    if (address.storage.ss_family != domain) { answer.fail(EINVAL); return; }
  }
  socket_ = socket;
  is_borrowed_ = true;
  ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
  state_ = kIsOpen;
  family_ = static_cast<int16_t>(domain);
  address.length = sizeof address.storage;
  if (type == SOCK_STREAM && ::getpeername(socket, address.get(), &address.length) == 0) state_ |= kIsConnected;
}

void InetDriver::bind(std::string_view data, Answer& answer) {
  Address address;
  if (data.size() < 2) { answer.fail(EINVAL); return; }
  if (state_ != kIsOpen) { answer.fail("exbadport"); return; }
  if (const char* wrong = read_address(data, family_, address)) { answer.fail(wrong); return; }
  if (::bind(socket_, address.get(), address.length) != 0) { answer.fail(errno); return; }
  int number = port_of(address);
  if (number == 0) {
    address.length = sizeof address.storage;
    ::getsockname(socket_, address.get(), &address.length);
    number = port_of(address);
  }
  answer.number(static_cast<uint64_t>(std::max(number, 0)), 2);
}

void InetDriver::forget_socket() {
  if (socket_ < 0) return;
  if (watched_ != 0 && !is_ignored_) ports_.unwatch(socket_);
  watched_ = 0;
  // OTP: one that was handed to us open stays as it is.
  if (is_borrowed_) return;
  ::close(socket_);
  socket_ = -1;
  state_ = 0;
}

void InetDriver::watch(Port& port, uint32_t interest) {
  if (is_ignored_ || socket_ < 0 || watched_ == interest) return;
  watched_ = static_cast<uint8_t>(interest);
  ports_.watch(port, socket_, interest);
}

// OTP: a socket whose descriptor is used by others is left alone until it is given back.
void InetDriver::ignore(Port& port, std::string_view data, Answer& answer) {
  if (!is_connected()) { answer.fail(ENOTCONN); return; }
  if (!is_stream() || data.empty() || (data[0] != 0) == is_ignored_) { answer.fail(EINVAL); return; }
  if (data[0] != 0) {
    if (watched_ != 0) ports_.unwatch(socket_);
    is_ignored_ = true;
    return;
  }
  is_ignored_ = false;
  uint32_t interest = watched_;
  watched_ = 0;
  readable_ = true;
  watch(port, interest);
  options_set(port, options_);
}

// --- the pending request ---

void InetDriver::begin_pending(Port& port, uint32_t timeout_ms) {
  pending_ = Pending{port.caller(), 0, next_id()};
  if (timeout_ms != kForever) pending_->timer = ports_.start_timer(port, timeout_ms);
}

InetDriver::Pending InetDriver::end_pending() {
  Pending ended = *pending_;
  pending_.reset();
  if (ended.timer != 0) ports_.cancel_timer(ended.timer);
  return ended;
}

void InetDriver::fail_pending(Port& port, Term reason) {
  if (!pending_) return;
  Pending ended = end_pending();
  send_async_error(port, ended.caller, ended.id, reason);
}

void InetDriver::tell_output_is_empty(Port& port) {
  if (extra_ == nullptr || extra_->wait_for_empty.empty()) return;
  std::vector<Term> waiting = std::move(extra_->wait_for_empty);
  extra_->wait_for_empty.clear();
  for (Term pid : waiting) send_tagged(port, pid, atoms::empty_out_q);
}

// --- requests ---

bool InetDriver::control(Port& port, uint32_t operation, std::string_view data, std::string& reply) {
  Answer answer(reply);
  auto which = static_cast<Request>(operation - kControlBase);
  if (!request(port, which, data, answer)) common_request(port, which, data, answer);
  return !answer.is_badarg;
}

void InetDriver::common_request(Port& port, Request which, std::string_view data, Answer& answer) {
  switch (which) {
    case kBind: bind(data, answer); break;
    case kSetOptions: set_options(port, data, answer); break;
    case kGetOptions: get_options(data, answer); break;
    case kGetStatistics: get_statistics(data, answer); break;
    case kSubscribe: subscribe(port, data, answer); break;
    case kPeer:
    case kName: show_address(answer, which == kPeer); break;
    case kSetPeer:
    case kSetName: set_shown(data, answer, which == kSetPeer); break;
    case kPeerAddresses:
    case kLocalAddresses: list_addresses(data, answer, which == kPeerAddresses); break;
    case kIgnoreDescriptor: ignore(port, data, answer); break;
    case kGetStatus: answer.number(state_, 4); break;
    case kGetType:
      if (family_ < 0) { answer.fail(EINVAL); break; }
      answer.number(family_code(family_), 4);
      answer.number(is_stream() ? kStream : kDatagram, 4);
      break;
    case kGetDescriptor:
      if (!is_open()) answer.fail(EINVAL);
      else answer.number(static_cast<uint32_t>(socket_), 4);
      break;
    case kGetHostName: {
      char name[256] = {};
      if (!data.empty()) answer.fail(EINVAL);
      else if (::gethostname(name, sizeof name - 1) != 0) answer.fail(errno);
      else answer.bytes.append(name, ::strnlen(name, sizeof name));
      break;
    }
    case kServiceByName:
    case kServiceByPort:
      if (!(which == kServiceByName ? service_by_name(data, answer.bytes) : service_by_port(data, answer.bytes))) answer.fail(EINVAL);
      break;
    case kInterfaceList:
    case kInterfaceGet:
    case kInterfaceSet:
    case kInterfaceAddresses: {
      if (!is_open()) { answer.fail("exbadport"); break; }
      int error = which == kInterfaceList ? interface_list(answer.bytes)
                  : which == kInterfaceGet ? interface_get(socket_, data, answer.bytes)
                  : which == kInterfaceSet ? interface_set(socket_, data)
                                           : interface_addresses(answer.bytes);
      if (error != 0) answer.fail(error);
      break;
    }
    default: answer.fail("exbadport"); break;
  }
}

void InetDriver::show_address(Answer& answer, bool peer) {
  const std::optional<Address>* shown = extra_ == nullptr ? nullptr : peer ? &extra_->shown_peer : &extra_->shown_name;
  if (peer && !(state_ & kIsConnected)) { answer.fail(ENOTCONN); return; }
  Address address;
  address.length = sizeof address.storage;
  if (shown != nullptr && shown->has_value()) address = **shown;
  else if ((peer ? ::getpeername(socket_, address.get(), &address.length) : ::getsockname(socket_, address.get(), &address.length)) != 0) {
    answer.fail(errno);
    return;
  }
  if (!write_address(address, answer.bytes)) answer.fail(EINVAL);
}

// Of a socket that has one address only.
void InetDriver::list_addresses(std::string_view data, Answer& answer, bool peer) {
  if (data.size() != 4) { answer.fail(EINVAL); return; }
  if (!is_open()) { answer.fail("exbadport"); return; }
  Address address;
  address.length = sizeof address.storage;
  if ((peer ? ::getpeername(socket_, address.get(), &address.length) : ::getsockname(socket_, address.get(), &address.length)) != 0) {
    answer.fail(errno);
    return;
  }
  write_address(address, answer.bytes);
}

void InetDriver::set_shown(std::string_view data, Answer& answer, bool peer) {
  if (data.size() == 1) { answer.fail(EINVAL); return; }
  std::optional<Address>& shown = peer ? extra().shown_peer : extra().shown_name;
  if (data.empty()) { shown.reset(); return; }
  Address address;
  if (const char* wrong = read_address(data, family_, address)) answer.fail(wrong);
  else shown = address;
}

void InetDriver::get_statistics(std::string_view data, Answer& answer) {
  for (char which : data) {
    uint64_t value;
    int bytes = 4;
    switch (which) {
      case 1: value = received_.count; break;
      case 2: value = received_.largest; break;
      case 3: value = static_cast<uint64_t>(received_.average); break;
      case 4: value = static_cast<uint64_t>(received_.deviation < 0 ? -received_.deviation : received_.deviation); break;
      case 5: value = sent_.count; break;
      case 6: value = sent_.largest; break;
      case 7: value = static_cast<uint64_t>(sent_.average); break;
      case 8: value = queued_bytes(); break;
      case 9: value = received_.bytes; bytes = 8; break;
      case 10: value = sent_.bytes; bytes = 8; break;
      default: answer.refuse(); return;
    }
    answer.bytes += which;
    answer.number(value, bytes);
  }
}

void InetDriver::subscribe(Port& port, std::string_view data, Answer& answer) {
  for (char which : data) {
    if (which != kEmptyOutput) { answer.refuse(); return; }
    size_t queued = queued_bytes();
    if (queued > 0) extra().wait_for_empty.push_back(port.caller());
    answer.bytes += which;
    answer.number(queued, 4);
  }
}

}  // namespace athanor::io::inet
