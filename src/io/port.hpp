// SPDX-License-Identifier: Apache-2.0
// Port: one end of a connection to the outside. What processes see (owner, links, monitors, messages) is here; what it is
// connected to is its driver's business.
//
// A port has one lock; a driver may give all its ports the same. Its driver's functions are called with the lock held and may call the
// port's; messages and signals are sent under it, so that they keep their order. A port ends in two steps: it leaves the table and tells its relations (end), then
// its driver gives up what it holds, which may take longer (output to write, a child to wait for); until then Ports keeps it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/microstates.hpp"
#include "heap/copy.hpp"
#include "io/frame_batch.hpp"
#include "io/framing.hpp"
#include "process/process.hpp"
#include "process/tracing.hpp"

namespace athanor::io {

class Port;
class Ports;

// What takes a port's input in its owner's stead and fills its output: a channel to another node (dist/). All with the port's lock.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  // Around the packets that came together.
  virtual void input_begins(Port& port) = 0;
  virtual void input_ends(Port& port) = 0;
  // One packet as the driver's options cut it, without its header; may be empty. May end the port: look at is_open() after it.
  // `binary`: whose bytes these are, or null.
  virtual void frame(Port& port, std::string_view bytes, OffHeapBinary* binary) = 0;
  virtual void writable(Port& port) = 0;                // it is busy no more
  virtual void sent(Port& port) = 0;                    // something has gone out, of the channel or by command (a tick)
  virtual void ended(Port& port, Term reason) = 0;      // before links and monitors are told
};

class PortDriver {
 public:
  virtual ~PortDriver() = default;
  // Begins to work; readiness may be reported from now on. 0, or an error number.
  virtual int start(Port& port) = 0;
  // Bytes for the other side. May end the port.
  virtual void output(Port& port, std::string&& bytes) = 0;
  // Packets of a channel; their headers are the driver's, by its options. Nobody is told about the outcome; may make the port busy or
  // end it. Called only where soft_busy() says that the driver knows busyness (OTP: what a carrier of distribution must have).
  virtual void output_frames(Port& port, FrameBatch& batch) {
    for (size_t i = 0; i < batch.count(); ++i) output(port, batch.frame(i));
  }
  // The same from iodata; `bytes` becomes their number. False: no iodata. A driver that need not copy does better than this.
  virtual bool output_data(Port& port, Term data, size_t& bytes);
  // Reply as bytes. False: badarg.
  virtual bool control(Port&, uint32_t, std::string_view, std::string&) { return false; }
  // What a tracer is shown of output; none(): it is no iodata. (OTP: a driver that takes vectors, a list of their elements.)
  virtual Term shown_output(Allocator& heap, Term data);
  // The same from iodata, with any reply; none(): badarg.
  virtual Term control_data(Port& port, Allocator& heap, uint32_t operation, Term data);
  // erlang:port_call/3: the answer, or none(): badarg.
  virtual Term call(Port&, Allocator&, uint32_t, Term) { return Term::none(); }
  // The port has ended. The driver calls Ports::release once it holds nothing any more.
  virtual void close(Port& port) = 0;
  virtual void close_for(Port& port, Term /*reason*/) { close(port); }
  // It has ended but writes on. Whoever closed it by a message is told (confirm_close) when it is done.
  virtual bool is_flushing() const { return false; }
  // A lock that the driver's ports share (OTP: driver level locking); null: each its own.
  virtual std::shared_ptr<std::mutex> shared_lock() const { return nullptr; }
  // It says by a message of its own, later, what became of start: open_port waits for it. `reference` as process::reference_words gives it.
  virtual bool acknowledges_start() const { return false; }
  virtual void acknowledge_to(Term /*owner*/, const uint64_t /*reference*/[3]) {}
  // How much of a slice, in percent, its last request took by its own account: charged to who asked.
  virtual uint32_t take_consumed_percent() { return 0; }
  // Processes that the driver watches for itself, and the end of one.
  virtual std::vector<Term> watched() const { return {}; }
  virtual void process_down(Port&, const uint64_t /*reference*/[3]) {}
  virtual size_t queued_bytes() const { return 0; }
  virtual bool soft_busy() const { return false; }   // may be forced when busy
  virtual int64_t os_pid() const { return -1; }
  // A descriptor watched for edges under this port's key (Ports::watch) is ready: Scheduling::kReadable and so on. May be late.
  virtual void edge(Port&, uint32_t) {}
  // A timer that Ports::start_timer named so has run out. May be late too.
  virtual void timer_expired(Port&, uint64_t) {}
  // Writes what is queued, waiting for the system: at the machine's end. Without the port's lock, no other thread works for it.
  virtual void flush() {}
};

class Port : public std::enable_shared_from_this<Port> {
 public:
  Port(Ports& ports, Term id, Term owner, std::string name, std::unique_ptr<PortDriver> driver);
  ~Port();

  Term id() const { return id_; }
  Ports& ports() const { return ports_; }
  PortDriver& driver() { return *driver_; }
  const std::string& name() const { return name_; }
  std::mutex& mutex() { return *mutex_; }

  // --- all below with the lock held ---
  bool is_open() const { return open_; }
  Term owner() const { return Term(owner_raw_.load(std::memory_order_relaxed)); }   // any thread
  void set_owner(Term owner) { owner_raw_.store(owner.raw, std::memory_order_relaxed); }
  Term caller() const { return caller_; }   // who asked for the operation under way
  void set_caller(Term pid) { caller_ = pid; }
  void set_formats(bool binary, bool soft_eof) { binary_ = binary; soft_eof_ = soft_eof; }
  bool is_binary() const { return binary_; }
  bool has_soft_eof() const { return soft_eof_; }
  bool wants_parallelism() const { return parallelism_; }
  void set_parallelism(bool wanted) { parallelism_ = wanted; }

  // Messages to the owner.
  void send_data(std::string_view bytes);                              // {Port, {data, D}}
  void send_piece(Framing::Piece piece, std::string_view bytes);       // as framed
  // {Port, {data, [Byte… | Data]}}: drivers that answer requests. `data` null: a list of the head alone.
  void send_reply(std::string_view head, const std::string_view* data = nullptr);
  void send_exit_status(int status);                                   // {Port, {exit_status, N}}
  void send_atom(Term to, Term what);                                  // {Port, What}
  void send_closed(Term to);                                           // {Port, closed}, the last
  void send_inet_reply(Term to, int error);                            // {inet_reply, Port, ok | {error, E}}
  void end_of_input();                                                 // {Port, eof}, or the port ends
  void fail(int error_number);                                         // the port ends with the error's atom
  void send_term(Term to, heap::FragmentAllocator& heap, Term message);   // built in `heap`
  void send_badsig();                                                  // exit signal to the owner: it asked for nonsense

  // Its driver has said by a message of its own why the port ends: the owner gets no exit signal.
  void unlink_owner();
  // The port ends: links and monitors hear `reason`. No effect on one that has ended. `closed_by`: whom {Port, closed} is for.
  void end(Term reason, Term closed_by = Term::none());
  void confirm_close();

  bool link(Term pid);      // false: already there
  void unlink(Term pid);
  bool has_link(Term pid) const;
  void monitor(Term watcher, const uint64_t reference[3]);
  bool demonitor(const uint64_t reference[3]);

  // Who waits for room in the output.
  bool is_busy() const { return busy_; }
  void set_busy(bool busy);                  // false wakes who waits
  void suspend_until_room(process::Process& self);   // it is to yield and ask again

  void charge_to(process::Process& self);    // what the driver says the request took

  // --- what tracers hear (port_trace.cpp); is_traced() before all that costs ---
  process::PortTrace& trace() { return trace_; }
  bool is_traced(uint32_t flag) const { return trace_.is_traced(flag); }
  void tell(uint32_t flag, Term what, Term data, Term extra = Term::none());
  void tell_opened();                                          // open, getting_linked
  void tell_command(Term from, Term data);                     // data: what output is made from
  void tell_request(Term from, Term kind, uint32_t number, std::string_view bytes);   // control, call
  void tell_reply(Term to, Term kind, std::string_view bytes);
  void tell_connect(Term from, Term to);
  void tell_closing(Term from);
  void tell_sent(Term to, Term message);

  // The channel that owns input and output from now on (deliver: port). A driver that delivers to the port asks for it.
  void set_sink(std::shared_ptr<FrameSink> sink) { sink_ = std::move(sink); }
  const std::shared_ptr<FrameSink>& sink() const { return sink_; }

  void count_input(size_t bytes) { input_bytes_ += bytes; }
  void count_output(size_t bytes) {
    output_bytes_ += bytes;
    if (sink_) sink_->sent(*this);
  }
  uint64_t input_bytes() const { return input_bytes_; }
  uint64_t output_bytes() const { return output_bytes_; }
  const std::vector<Term>& links() const { return links_; }
  std::vector<Term> watchers() const;

  // erlang:port_set_data/2; a lock of its own, as it is no signal.
  void set_data(heap::Parcel parcel);
  Term data(Allocator& heap);

 private:
  struct Monitor { Term watcher; uint64_t reference[3]; };
  Term build_data(Allocator& heap, std::string_view bytes) const;
  template <class Build>
  void send_to(Term to, size_t words_hint, Build&& build);

  Ports& ports_;
  const Term id_;
  const std::string name_;
  std::unique_ptr<PortDriver> driver_;
  std::shared_ptr<std::mutex> shared_lock_;
  std::mutex own_lock_;
  std::mutex* const mutex_;
  Term closed_by_;
  bool open_ = true, binary_ = false, soft_eof_ = false, busy_ = false, parallelism_ = false;
  std::atomic<uint64_t> owner_raw_;
  Term caller_;
  std::vector<Term> links_;
  std::vector<Monitor> monitors_;
  std::vector<Term> waiting_;
  std::shared_ptr<FrameSink> sink_;
  uint64_t input_bytes_ = 0, output_bytes_ = 0;
  process::PortTrace trace_;
  friend class PortTurn;
  uint32_t turns_ = 0;                     // PortTurn: operations under way, one within the other
  std::mutex data_mutex_;
  heap::Parcel data_;
};

// An operation on a port: tells that it runs, and what it does (running_ports). With the port's lock.
class PortTurn {
 public:
  // `caller`: the process that waits for it, or null. `task`: what made the port run by itself, for system_monitor (a small integer: a signal); else none(). A turn
  // within another of the same port is a part of it.
  PortTurn(Port& port, Term operation, process::Process* caller = nullptr, Term task = Term::none()) : port_(port), caller_(caller), operation_(operation), task_(task) {
    if (ATH_UNLIKELY(is_watched())) begin();
    ++port_.turns_;
  }
  ~PortTurn() {
    --port_.turns_;
    if (ATH_UNLIKELY(is_watched())) end();
  }
  PortTurn(const PortTurn&) = delete;
  PortTurn& operator=(const PortTurn&) = delete;

 private:
  const base::InMicrostate microstate_{base::Microstate::Port};
  bool is_watched() const;
  bool tells_profile() const;
  void begin();
  void end();
  Port& port_;
  process::Process* const caller_;
  const Term operation_, task_;
  int64_t began_ns_ = 0;
};

}  // namespace athanor::io
