// SPDX-License-Identifier: Apache-2.0
// What the drivers tcp_inet, udp_inet and sctp_inet share: a socket with its state, options and statistics, the requests that are the
// same for all, and one pending request (connect, recv) that is answered later by {inet_async, S, Id, Result}.
//
// A socket is watched for edges (Ports::watch): once it was found empty, readable_ is false until the poller says otherwise.
#pragma once

#include <memory>
#include <optional>

#include "io/inet/address.hpp"
#include "io/inet/options.hpp"
#include "io/inet/statistics.hpp"
#include "io/ports.hpp"

namespace athanor::io::inet {

class InetDriver : public PortDriver {
 public:
  explicit InetDriver(Ports& ports) : ports_(ports) {}
  ~InetDriver() override;
  int start(Port&) override { return 0; }
  bool control(Port& port, uint32_t operation, std::string_view data, std::string& reply) final;
  bool soft_busy() const override { return true; }

 protected:
  // The answer to a request: bytes behind kReplyOk, or an error's name.
  class Answer {
   public:
    explicit Answer(std::string& reply) : bytes(reply) { bytes.assign(1, static_cast<char>(kReplyOk)); }
    void fail(int error_number);
    void fail(const char* name);
    void number(uint64_t value, int size) { write_number(bytes, value, size); }
    void refuse() { is_badarg = true; }   // the caller made a request that has no form
    std::string& bytes;
    bool is_badarg = false;
  };
  struct Pending {
    Term caller;
    uint64_t timer = 0;
    uint16_t id = 0;
  };

  // Requests of one driver. False: none of its own.
  virtual bool request(Port& port, Request which, std::string_view data, Answer& answer) = 0;
  // Options of one driver; none: not known to it. Setting::Invalid: einval.
  virtual Setting set_own_option(Port& port, uint8_t number, uint32_t value) = 0;
  virtual bool get_own_option(uint8_t number, std::string& reply) = 0;   // false: not known
  // The options of a request are all set; they were these before.
  virtual void options_set(Port& port, const Options& before) = 0;
  virtual bool is_stream() const = 0;
  virtual Term passive_tag() const = 0;   // {Tag, S}: it went passive by count
  // active was asked of a stream whose connection had ended.
  virtual void activated_after_end(Port&) {}

  void open(uint8_t family, int type, int protocol, Answer& answer);
  void open_descriptor(std::string_view data, int type, Answer& answer);
  void bind(std::string_view data, Answer& answer);
  void forget_socket();                   // gives it up: closed, unless it was handed to us open
  void watch(Port& port, uint32_t interest);
  bool is_open() const { return state_ & kIsOpen; }
  bool is_connected() const { return (state_ & (kIsOpen | kIsConnected)) == (kIsOpen | kIsConnected); }

  // A message or packet was told: {active, once} and {active, N} count.
  void count_told(Port& port);

  uint16_t next_id() { return next_id_++; }
  // The pending request begins, ends. `timeout_ms` kForever: none.
  void begin_pending(Port& port, uint32_t timeout_ms);
  Pending end_pending();
  void fail_pending(Port& port, Term reason);

  void tell_output_is_empty(Port& port);  // {empty_out_q, S} to who asked for it

  Ports& ports_;
  int socket_ = -1;
  uint16_t state_ = 0, next_id_ = 0;
  int16_t family_ = -1;                   // AF_INET …
  bool is_borrowed_ = false;              // handed to us open: not ours to close
  bool is_ignored_ = false;               // inet:ignorefd
  bool readable_ = true, hung_up_ = false;
  bool system_options_changed_ = false;   // since options_set last looked
  uint8_t watched_ = 0;
  Options options_;
  Traffic received_, sent_;
  std::optional<Pending> pending_;

 private:
  // What few sockets need.
  struct Extra {
    std::optional<Address> shown_peer, shown_name;
    std::string network_namespace;
    std::vector<Term> wait_for_empty;
  };
  Extra& extra();
  void set_options(Port& port, std::string_view data, Answer& answer);
  Setting set_option(Port& port, uint8_t number, uint32_t value, OptionReader& reader);
  void set_active(Port& port, uint8_t active, int16_t count);
  void get_options(std::string_view data, Answer& answer);
  bool get_driver_option(uint8_t number, std::string& reply);
  void get_statistics(std::string_view data, Answer& answer);
  void subscribe(Port& port, std::string_view data, Answer& answer);
  void show_address(Answer& answer, bool peer);
  void list_addresses(std::string_view data, Answer& answer, bool peer);
  void set_shown(std::string_view data, Answer& answer, bool peer);
  void ignore(Port& port, std::string_view data, Answer& answer);
  void common_request(Port& port, Request which, std::string_view data, Answer& answer);

  std::unique_ptr<Extra> extra_;
};

}  // namespace athanor::io::inet
