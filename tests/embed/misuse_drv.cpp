// SPDX-License-Identifier: Apache-2.0
// A driver that does what drivers must not. A control's answer is the number of answers that were not as they should be.
#include <erl_driver.h>

#include <cstring>
#include <thread>
#include <vector>

namespace {

ErlDrvPort stale = nullptr, first = nullptr, second = nullptr;
std::thread asking;

ErlDrvData start(ErlDrvPort port, char* command) {
  if (std::strstr(command, " dies")) driver_failure_atom(port, const_cast<char*>("died"));
  if (std::strstr(command, " first")) first = port;
  if (std::strstr(command, " second")) second = port;
  return reinterpret_cast<ErlDrvData>(port);
}

void stop(ErlDrvData data) {
  stale = reinterpret_cast<ErlDrvPort>(data);
  driver_failure_atom(stale, const_cast<char*>("twice"));   // while it is stopped
  driver_set_timer(stale, 1);                               // nobody will hear of it
}

char answer_to(bool is_wrong) { return is_wrong ? 1 : 0; }

// Every function that takes a handle.
char wrong_answers(ErlDrvPort port) {
  char wrong = 0;
  char text[] = "text";
  ErlDrvTermData nil[] = {ERL_DRV_NIL};
  unsigned long left = 0;
  int length = 0;
  ErlIOVec vector{};
  ErlDrvMonitor monitor{};
  ErlDrvSizeT low = 0, high = 0;
  set_busy_port(port, 1);
  set_port_control_flags(port, 1);
  erl_drv_busy_msgq_limits(port, &low, &high);
  erl_drv_init_ack(port, nullptr);
  erl_drv_set_os_pid(port, 1);
  wrong += answer_to(get_port_flags(port) != 0);
  wrong += answer_to(driver_select(port, nullptr, ERL_DRV_READ, 1) != -1);
  wrong += answer_to(driver_output(port, text, 4) != -1);
  wrong += answer_to(driver_output2(port, text, 4, text, 4) != -1);
  wrong += answer_to(driver_output_binary(port, text, 4, nullptr, 0, 0) != -1);
  wrong += answer_to(driver_outputv(port, text, 4, &vector, 0) != -1);
  wrong += answer_to(driver_set_timer(port, 1) != -1);
  wrong += answer_to(driver_cancel_timer(port) != -1);
  wrong += answer_to(driver_read_timer(port, &left) != -1);
  wrong += answer_to(driver_failure_eof(port) != -1);
  wrong += answer_to(driver_failure_atom(port, text) != -1);
  wrong += answer_to(driver_failure_posix(port, 1) != -1);
  wrong += answer_to(driver_failure(port, 1) != -1);
  wrong += answer_to(driver_exit(port, 1) != -1);
  wrong += answer_to(driver_pdl_create(port) != nullptr);
  wrong += answer_to(driver_monitor_process(port, driver_mk_term_nil(), &monitor) != -1);
  wrong += answer_to(driver_demonitor_process(port, &monitor) != -1);
  wrong += answer_to(driver_get_monitored_process(port, &monitor) != driver_term_nil);
  wrong += answer_to(driver_enq(port, text, 4) != -1);
  wrong += answer_to(driver_pushq(port, text, 4) != -1);
  wrong += answer_to(driver_enq_bin(port, nullptr, 0, 0) != -1);
  wrong += answer_to(driver_deq(port, 1) != static_cast<ErlDrvSizeT>(-1));
  wrong += answer_to(driver_sizeq(port) != static_cast<ErlDrvSizeT>(-1));
  wrong += answer_to(driver_peekq(port, &length) != nullptr || length != -1);
  wrong += answer_to(driver_peekqv(port, &vector) != static_cast<ErlDrvSizeT>(-1));
  wrong += answer_to(driver_enqv(port, &vector, 0) != -1);
  wrong += answer_to(driver_connected(port) != driver_term_nil);
  wrong += answer_to(driver_caller(port) != driver_term_nil);
  wrong += answer_to(driver_create_port(port, driver_mk_term_nil(), text, nullptr) != reinterpret_cast<ErlDrvPort>(-1));
  wrong += answer_to(erl_drv_output_term(driver_mk_port(port), nil, 1) > 0);
  wrong += answer_to(driver_async(port, nullptr, nullptr, nullptr, nullptr) != -1);
  wrong += answer_to(driver_lock_driver(port) != -1);
  wrong += answer_to(erl_drv_consume_timeslice(port, 1) != -1);
  return wrong;
}

ErlDrvSSizeT control(ErlDrvData data, unsigned int operation, char*, ErlDrvSizeT, char** reply, ErlDrvSizeT) {
  auto port = reinterpret_cast<ErlDrvPort>(data);
  char wrong = 0;
  char text[] = "text";
  switch (operation) {
    case 1:   // no handles
      for (const intptr_t value : {intptr_t{0}, intptr_t{-1}, intptr_t{0x1234}, reinterpret_cast<intptr_t>(&port)}) wrong += wrong_answers(reinterpret_cast<ErlDrvPort>(value));
      break;
    case 2: wrong = wrong_answers(stale); break;
    case 3: wrong = answer_to(driver_output(port == first ? second : first, text, 4) != -1); break;   // whose lock is another
    case 4: {   // a thread without the lock: it waits for it
      std::thread([port] {
        char from_thread[] = "thread";
        driver_output(port, from_thread, 6);
      }).detach();
      break;
    }
    case 6:   // a thread that asks as long as it is answered
      asking = std::thread([port] {
        while (driver_sizeq(port) != static_cast<ErlDrvSizeT>(-1)) {
        }
      });
      break;
    case 5: {   // what is cut short
      ErlDrvTermData binary[] = {ERL_DRV_BINARY, 0, 1, 0}, cut[] = {ERL_DRV_BINARY, 0}, large[] = {ERL_DRV_TUPLE, 1u << 30};
      wrong += answer_to(erl_drv_output_term(driver_mk_port(port), binary, 4) != -1);
      wrong += answer_to(erl_drv_output_term(driver_mk_port(port), cut, 2) != -1);
      wrong += answer_to(erl_drv_output_term(driver_mk_port(port), large, 2) != -1);
      wrong += answer_to(erl_drv_output_term(driver_mk_port(port), large, -5) != -1);
      break;
    }
  }
  (*reply)[0] = wrong;
  return 1;
}

void finish() {
  if (asking.joinable()) asking.join();
}

ErlDrvEntry entry;

}  // namespace

extern "C" __attribute__((visibility("default"))) ErlDrvEntry* driver_init() {
  entry.start = start;
  entry.stop = stop;
  entry.control = control;
  entry.finish = finish;
  entry.driver_name = const_cast<char*>("misuse_drv");
  entry.extended_marker = static_cast<int>(ERL_DRV_EXTENDED_MARKER);
  entry.major_version = ERL_DRV_EXTENDED_MAJOR_VERSION;
  entry.minor_version = ERL_DRV_EXTENDED_MINOR_VERSION;
  entry.driver_flags = ERL_DRV_FLAG_USE_PORT_LOCKING;
  return &entry;
}
