// SPDX-License-Identifier: Apache-2.0
// The tcp_inet driver: streams over TCP and local sockets. Cut by subject: tcp_driver.cpp (requests, the end), tcp_input.cpp (reading,
// packets), tcp_output.cpp (writing, watermarks), tcp_listener.cpp (accepting), tcp_sendfile.cpp.
//
//   socket ──edge──► receive() ──► buffer_ ──packets──► messages, or the pending recv
//   port_command ──► output_data() ──writev──► socket, the rest into queue_ ──edge──► write_queue()
#pragma once

#include <deque>

#include "bif/packet_parser.hpp"
#include "io/byte_queue.hpp"
#include "io/inet/inet_driver.hpp"
#include "io/inet/receive_buffer.hpp"

namespace athanor::io::inet {

class TcpDriver final : public InetDriver {
 public:
  explicit TcpDriver(Ports& ports);
  ~TcpDriver() override;
  void output(Port& port, std::string&& bytes) override;
  void output_frames(Port& port, FrameBatch& batch) override;
  bool output_data(Port& port, Term data, size_t& bytes) override;
  void close(Port& port) override;
  size_t queued_bytes() const override { return queue_ == nullptr ? 0 : queue_->size(); }
  void edge(Port& port, uint32_t ready) override;
  void timer_expired(Port& port, uint64_t timer) override;
  void flush() override;

 private:
  enum class Shutdown : uint8_t { None, Write, Both };
  struct Accepting {
    Term caller;
    uint64_t timer;
    uint16_t id;
  };
  struct SendFile;

  bool request(Port& port, Request which, std::string_view data, Answer& answer) override;
  Setting set_own_option(Port& port, uint8_t number, uint32_t value) override;
  bool get_own_option(uint8_t number, std::string& reply) override;
  void options_set(Port& port, const Options& before) override;
  bool is_stream() const override { return true; }
  Term passive_tag() const override { return atoms::tcp_passive; }
  void activated_after_end(Port& port) override;

  void connect(Port& port, std::string_view data, Answer& answer);
  void connected_or_not(Port& port);
  void shut_down(std::string_view data, Answer& answer);
  void end_connection(Port& port);         // the socket, what was read, what is queued: all go
  void close_all_requests(Port& port);     // {error, closed} to whoever waits

  // --- reading ---
  void receive_request(Port& port, std::string_view data, Answer& answer);
  void unreceive(Port& port, std::string_view data, Answer& answer);
  bool wants_input() const { return is_connected() && (options_.active != kPassive || pending_.has_value()); }
  void receive(Port& port);                // tells what is complete, reads while there is something and somebody wants it
  bool tell_complete(Port& port);          // false: the connection has ended
  bool read_more(Port& port);              // likewise
  int64_t packet_length();                 // of what waits; as packet::length
  void tell(Port& port, size_t length);
  bool tell_sink(Port& port);              // all complete packets; false: the connection has ended
  bool feeds_sink(Port& port) const { return options_.deliver == kAsPort && options_.active != kPassive && port.sink() != nullptr; }
  Term packet_term(Port& port, heap::FragmentAllocator& heap, size_t length, bool& is_parsed);
  void input_closed(Port& port);
  void input_failed(Port& port, int error);
  void end_input(Port& port, int error);   // 0: its end
  void tell_closed(Port& port);            // {tcp_closed, S}, once

  // --- writing ---
  size_t header(size_t bytes, char out[4]) const;
  bool may_write(Port& port);              // else the caller has been answered
  // Writes bytes that lie flat, or in pieces, as far as they go; the rest is queued. False: the connection has ended.
  bool write_flat(Port& port, const char* bytes, size_t count);
  bool write_batch(Port& port, const FrameBatch& batch);
  void queue_output(Port& port, Term data, std::string_view header);
  void check_high_mark(Port& port);
  bool write_queue(Port& port);            // false: the connection has ended
  void after_write(Port& port);
  void output_failed(Port& port, int error);
  void end_output(Port& port, int error);
  void no_more_busy(Port& port);           // who waited may go on; its sender is not yet answered
  void answer_busy_sender(Port& port, Term reason);   // none: ok
  ByteQueue& queue();
  void drop_queue(Port& port);
  void want_output_edges(Port& port, bool wanted);

  // --- accepting ---
  void listen(std::string_view data, Answer& answer);
  void accept_request(Port& port, std::string_view data, Answer& answer);
  void accept_all(Port& port);
  void accept_done();
  void forget_dead_acceptors();            // otherwise done when a connection comes
  Term accepted(Port& port, int socket, Term caller, int& error);

  // --- files ---
  void send_file(Port& port, std::string_view data, Answer& answer);
  bool send_file_on(Port& port);           // false: the connection has ended
  void file_sent(Port& port);
  void file_aborted(Port& port, int error);

  ReceiveBuffer buffer_;
  std::unique_ptr<ByteQueue> queue_;
  std::unique_ptr<std::deque<Accepting>> accepting_;
  std::unique_ptr<SendFile> send_file_;
  uint32_t requested_ = 0;                 // of the pending recv; 0: a packet, or what there is
  uint32_t high_ = kHighWatermark, low_ = kLowWatermark;
  uint32_t send_timeout_ = kForever, send_timeout_close_ = 0;
  Term busy_sender_;
  uint64_t send_timer_ = 0, delay_timer_ = 0;
  Shutdown shutdown_ = Shutdown::None;     // to do when the queue is empty
  bool in_headers_ = false;                // http: the start line is behind us
  bool delay_send_ = false, show_reset_ = false, linger_zero_ = false;
  bool close_told_ = false, write_shut_ = false, closing_ = false;
  // What the next recv or send is told, though the connection is already gone.
  bool late_receive_ = false, late_send_ = false, late_reset_ = false;
};

}  // namespace athanor::io::inet
