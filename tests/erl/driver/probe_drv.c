/* SPDX-License-Identifier: Apache-2.0
 * A linked-in driver that does what it is told: the first byte of a command, or the operation of a control, names it.
 * NAME and FLAGS come from the compiler's command line, so that one source makes drivers with both ways of locking. */
#include <erl_driver.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  ErlDrvPort port;
  ErlDrvTermData id;
  int pipe[2];
  ErlDrvMonitor monitor;
  ErlDrvPDL pdl;
  ErlDrvTermData told;   /* who hears of stop */
  int loud;              /* so does the standard output */
} Probe;

static int open_ports;

static void say(Probe* p, ErlDrvTermData to, const char* what, long value) {
  ErlDrvTermData spec[] = {ERL_DRV_ATOM, driver_mk_atom((char*)what), ERL_DRV_INT, (ErlDrvTermData)value, ERL_DRV_TUPLE, 2};
  erl_drv_send_term(p->id, to, spec, sizeof spec / sizeof *spec);
}
static void tell(Probe* p, const char* what, long value) { say(p, driver_connected(p->port), what, value); }

static ErlDrvData start(ErlDrvPort port, char* command) {
  Probe* p;
  if (strstr(command, " general")) return ERL_DRV_ERROR_GENERAL;
  if (strstr(command, " badarg")) return ERL_DRV_ERROR_BADARG;
  if (strstr(command, " errno")) {
    errno = ENOSPC;
    return ERL_DRV_ERROR_ERRNO;
  }
  p = driver_alloc(sizeof *p);
  memset(p, 0, sizeof *p);
  p->port = port;
  p->id = driver_mk_port(port);
  p->pipe[0] = p->pipe[1] = -1;
  p->told = driver_connected(port);
  p->loud = strstr(command, " loud") != NULL;
  ++open_ports;
  return (ErlDrvData)p;
}

static void stop(ErlDrvData data) {
  Probe* p = (Probe*)data;
  if (p->pipe[0] >= 0) {
    driver_select(p->port, (ErlDrvEvent)(long)p->pipe[0], ERL_DRV_USE, 0);
    driver_select(p->port, (ErlDrvEvent)(long)p->pipe[1], ERL_DRV_USE, 0);
  }
  say(p, p->told, "stop", --open_ports);
  if (p->loud) write(1, "stopped\n", 8);
  driver_free(p);
}

static void stop_select(ErlDrvEvent event, void* reserved) { close((int)(long)event); }

static void ready_input(ErlDrvData data, ErlDrvEvent event) {
  Probe* p = (Probe*)data;
  char buffer[64];
  long count = read((int)(long)event, buffer, sizeof buffer);
  if (count > 0) driver_output2(p->port, "in:", 3, buffer, (ErlDrvSizeT)count);
}
static void ready_output(ErlDrvData data, ErlDrvEvent event) {
  Probe* p = (Probe*)data;
  driver_select(p->port, event, ERL_DRV_WRITE, 0);
  tell(p, "ready_output", write((int)(long)event, "piped", 5));
}
static void timeout(ErlDrvData data) {
  Probe* p = (Probe*)data;
  tell(p, "timeout", (long)driver_caller(p->port) == (long)driver_term_nil);
}
static void flush(ErlDrvData data) {
  Probe* p = (Probe*)data;
  say(p, p->told, "never_seen", 0);   /* a port that flushes is heard no more */
  if (p->loud) write(1, "flushed\n", 8);
  driver_deq(p->port, driver_sizeq(p->port));
}

typedef struct {
  int input, output;
} Work;
static void square(void* raw) { ((Work*)raw)->output = ((Work*)raw)->input * ((Work*)raw)->input; }
static void ready_async(ErlDrvData data, ErlDrvThreadData raw) {
  Work* work = (Work*)raw;
  tell((Probe*)data, "async", work->output);
  driver_free(work);
}
static void process_exit(ErlDrvData data, ErlDrvMonitor* monitor) {
  Probe* p = (Probe*)data;
  tell(p, "process_exit", driver_compare_monitors(monitor, &p->monitor) == 0);
}

static void* threaded(void* raw) {
  Probe* p = raw;
  ErlDrvTermData spec[] = {ERL_DRV_ATOM, driver_mk_atom("from_thread"), ERL_DRV_PORT, p->id, ERL_DRV_TUPLE, 2};
  erl_drv_output_term(p->id, spec, sizeof spec / sizeof *spec);
  return p;
}

/* Every kind of term there is. */
static void send_all(Probe* p) {
  static double number = 2.5;
  static ErlDrvSInt64 negative = -9000000000000000000LL;
  static ErlDrvUInt64 large = 18000000000000000000ULL;
  static unsigned char external[] = {131, 104, 2, 97, 1, 97, 2};
  ErlDrvBinary* binary = driver_alloc_binary(100);
  memset(binary->orig_bytes, 'b', 100);
  binary->orig_bytes[10] = '!';
  {
    ErlDrvTermData spec[] = {ERL_DRV_ATOM, driver_mk_atom("all"), ERL_DRV_NIL, ERL_DRV_INT, (ErlDrvTermData)-3, ERL_DRV_UINT, ~(ErlDrvTermData)0,
                             ERL_DRV_BINARY, (ErlDrvTermData)binary, 80, 10, ERL_DRV_BINARY, (ErlDrvTermData)binary, 3, 9,
                             ERL_DRV_BUF2BINARY, (ErlDrvTermData)"buffer", 6, ERL_DRV_STRING, (ErlDrvTermData)"string", 6,
                             ERL_DRV_INT, 1, ERL_DRV_INT, 2, ERL_DRV_STRING, (ErlDrvTermData)"tail", 4, ERL_DRV_LIST, 3,
                             ERL_DRV_ATOM, driver_mk_atom("x"), ERL_DRV_STRING_CONS, (ErlDrvTermData)"improper", 8,
                             ERL_DRV_FLOAT, (ErlDrvTermData)&number, ERL_DRV_EXT2TERM, (ErlDrvTermData)external, sizeof external,
                             ERL_DRV_INT64, (ErlDrvTermData)&negative, ERL_DRV_UINT64, (ErlDrvTermData)&large,
                             ERL_DRV_ATOM, driver_mk_atom("k"), ERL_DRV_INT, 1, ERL_DRV_INT, 7, ERL_DRV_NIL, ERL_DRV_MAP, 2,
                             ERL_DRV_MAP, 0, ERL_DRV_TUPLE, 0, ERL_DRV_TUPLE, 17};
    tell(p, "sent", erl_drv_output_term(p->id, spec, sizeof spec / sizeof *spec));
  }
  tell(p, "references", driver_binary_get_refc(binary));
  driver_free_binary(binary);
}

static void send_wrong(Probe* p) {
  ErlDrvTermData two[] = {ERL_DRV_NIL, ERL_DRV_NIL}, unknown[] = {99}, few[] = {ERL_DRV_NIL, ERL_DRV_TUPLE, 2}, cut[] = {ERL_DRV_INT};
  ErlDrvTermData twice[] = {ERL_DRV_INT, 1, ERL_DRV_NIL, ERL_DRV_INT, 1, ERL_DRV_NIL, ERL_DRV_MAP, 2};
  ErlDrvTermData good[] = {ERL_DRV_NIL};
  tell(p, "two", erl_drv_output_term(p->id, two, 2));
  tell(p, "unknown", erl_drv_output_term(p->id, unknown, 1));
  tell(p, "few", erl_drv_output_term(p->id, few, 3));
  tell(p, "cut", erl_drv_output_term(p->id, cut, 1));
  tell(p, "none", erl_drv_output_term(p->id, cut, 0));
  tell(p, "twice", erl_drv_output_term(p->id, twice, 8));
  tell(p, "no_port", erl_drv_send_term(driver_mk_atom("no"), driver_connected(p->port), good, 1));
}

static void use_queue(Probe* p, char* bytes, ErlDrvSizeT count) {
  ErlIOVec vector;
  SysIOVec parts[2];
  ErlDrvBinary* owners[2] = {NULL, NULL};
  int length = 0;
  char copy[256];
  ErlDrvBinary* binary = driver_alloc_binary(4);
  memcpy(binary->orig_bytes, "BINS", 4);
  driver_enq(p->port, bytes, count);
  driver_pushq(p->port, "front", 5);
  driver_enq_bin(p->port, binary, 1, 2);
  driver_pushq_bin(p->port, binary, 0, 4);
  tell(p, "references", driver_binary_get_refc(binary));
  parts[0].iov_base = "0123456789";
  parts[0].iov_len = 10;
  parts[1].iov_base = binary->orig_bytes;
  parts[1].iov_len = 4;
  owners[1] = binary;
  vector.vsize = 2;
  vector.size = 14;
  vector.iov = parts;
  vector.binv = owners;
  driver_enqv(p->port, &vector, 6);
  vector.iov = parts + 1;   /* in front only what is in binaries: the stock VM mistakes the places of other bytes */
  vector.binv = owners + 1;
  vector.vsize = 1;
  vector.size = 4;
  driver_pushqv(p->port, &vector, 1);
  tell(p, "references", driver_binary_get_refc(binary));
  driver_free_binary(binary);
  driver_peekq(p->port, &length);
  tell(p, "length", length);
  driver_peekqv(p->port, &vector);
  driver_output(p->port, copy, driver_vec_to_buf(&vector, copy, vector.size));
  tell(p, "left", (long)driver_deq(p->port, 13));
  tell(p, "too_much", (long)driver_deq(p->port, 1000));
  driver_peekqv(p->port, &vector);
  driver_outputv(p->port, "h", 1, &vector, 0);
}

static void on_command(Probe* p, char* bytes, ErlDrvSizeT count) {
  unsigned long left = 0;
  if (count == 0) return;
  switch (bytes[0]) {
    case 'e': driver_output(p->port, bytes + 1, count - 1); break;
    case 'E': driver_output2(p->port, "head", 4, bytes + 1, count - 1); break;
    case 'b': {
      ErlDrvBinary* binary = driver_alloc_binary(count);
      memcpy(binary->orig_bytes, bytes, count);
      binary = driver_realloc_binary(binary, count + 10);
      driver_output_binary(p->port, NULL, 0, binary, 1, count - 1);
      driver_output_binary(p->port, "H", 1, binary, 1, count - 1);
      tell(p, "references", driver_binary_inc_refc(binary) - driver_binary_dec_refc(binary));
      driver_free_binary(binary);
      break;
    }
    case 't':
      driver_set_timer(p->port, 100000);
      driver_read_timer(p->port, &left);
      tell(p, "left", left > 90000 && left <= 100001);
      driver_cancel_timer(p->port);
      driver_read_timer(p->port, &left);
      tell(p, "left", (long)left);
      driver_set_timer(p->port, 1);
      break;
    case 'p':
      if (pipe(p->pipe) != 0) break;
      fcntl(p->pipe[0], F_SETFL, O_NONBLOCK);
      driver_select(p->port, (ErlDrvEvent)(long)p->pipe[0], ERL_DRV_READ | ERL_DRV_USE, 1);
      driver_select(p->port, (ErlDrvEvent)(long)p->pipe[1], ERL_DRV_WRITE | ERL_DRV_USE, 1);
      break;
    case 'w': tell(p, "wrote", write(p->pipe[1], bytes + 1, count - 1)); break;
    case 'a': {
      Work* work = driver_alloc(sizeof *work);
      unsigned key = 5;
      work->input = bytes[1];
      tell(p, "queued", driver_async(p->port, &key, square, work, driver_free) >= 0);
      break;
    }
    case 's': send_all(p); break;
    case 'S': send_wrong(p); break;
    case 'q': use_queue(p, bytes, count); break;
    case 'Q': driver_enq(p->port, bytes, count); break;
    case 'o': tell(p, "owner_is_caller", driver_connected(p->port) == driver_caller(p->port)); break;
    case 'f': driver_failure_atom(p->port, "given_up"); break;
    case 'F': driver_failure_posix(p->port, EPIPE); break;
    case 'n': driver_failure(p->port, 17); break;
    case 'z': driver_failure_eof(p->port); break;
    case 'x': driver_exit(p->port, 0); break;
    case 'X': driver_exit(p->port, EIO); break;
    case 'B': set_busy_port(p->port, 1); break;
    case 'c': {
      Probe* other = driver_alloc(sizeof *other);
      memset(other, 0, sizeof *other);
      other->port = driver_create_port(p->port, driver_connected(p->port), "made", (ErlDrvData)other);
      other->id = driver_mk_port(other->port);
      other->pipe[0] = other->pipe[1] = -1;
      other->told = p->told;
      ++open_ports;
      driver_output(other->port, "born", 4);
      break;
    }
    case 'T': {
      ErlDrvTid thread;
      void* result = NULL;
      erl_drv_thread_create("probe", &thread, threaded, p, NULL);
      erl_drv_thread_join(thread, &result);
      tell(p, "joined", result == p);
      break;
    }
    case 'l':
      p->pdl = driver_pdl_create(p->port);
      tell(p, "second_lock", driver_pdl_create(p->port) == NULL);
      tell(p, "references", driver_pdl_inc_refc(p->pdl));
      driver_pdl_lock(p->pdl);
      driver_pdl_unlock(p->pdl);
      tell(p, "references", driver_pdl_dec_refc(p->pdl));
      break;
    case 'h': {
      ErlDrvPort none = (ErlDrvPort)-1;
      tell(p, "no_port", driver_output(none, "x", 1));
      tell(p, "no_port", driver_set_timer(none, 1));
      tell(p, "no_port", (long)driver_sizeq(none));
      tell(p, "no_port", driver_failure_atom(none, "x"));
      break;
    }
  }
}

static void output(ErlDrvData data, char* bytes, ErlDrvSizeT count) { on_command((Probe*)data, bytes, count); }

#ifdef WITH_OUTPUTV
static void outputv(ErlDrvData data, ErlIOVec* vector) {
  Probe* p = (Probe*)data;
  char bytes[4096];
  ErlDrvSizeT count = driver_vec_to_buf(vector, bytes, vector->size);
  tell(p, "elements", vector->vsize);
  tell(p, "size", (long)vector->size);
  if (count > 0 && bytes[0] == 'v') driver_outputv(p->port, "v:", 2, vector, 1);
  else on_command(p, bytes, count);
}
#endif

/* The answer is binary from the operation 'B' on. */
static ErlDrvSSizeT control(ErlDrvData data, unsigned int operation, char* bytes, ErlDrvSizeT count, char** reply, ErlDrvSizeT room) {
  Probe* p = (Probe*)data;
  switch (operation) {
    case 'B': set_port_control_flags(p->port, PORT_CONTROL_FLAG_BINARY); break;
    case 'L': set_port_control_flags(p->port, 0); break;
    case 'N': set_busy_port(p->port, 0); break;
    case 'x': return -1;
    case '0': *reply = NULL; return 0;
    case 'f': return get_port_flags(p->port) ? (*reply)[0] = (char)get_port_flags(p->port), 1 : 0;
    case 'm': {
      ErlDrvTermData pid = driver_caller(p->port);
      (*reply)[0] = (char)driver_monitor_process(p->port, pid, &p->monitor);
      (*reply)[1] = driver_get_monitored_process(p->port, &p->monitor) == pid;
      return 2;
    }
    case 'M':
      (*reply)[0] = (char)driver_demonitor_process(p->port, &p->monitor);
      (*reply)[1] = (char)driver_demonitor_process(p->port, &p->monitor);
      (*reply)[2] = driver_get_monitored_process(p->port, &p->monitor) == driver_term_nil;
      return 3;
    case 'i': {
      ErlDrvSysInfo info;
      driver_system_info(&info, sizeof info);
      return sprintf(*reply, "%d.%d %s %d", info.driver_major_version, info.driver_minor_version, info.otp_release, info.thread_support);
    }
    case 'e': return sprintf(*reply, "%s %s", erl_errno_id(ENOENT), erl_errno_id(EAGAIN));
    case 'u': {
      size_t size = room;
      char* value = strchr(bytes, '=');
      *value++ = 0;
      erl_drv_putenv(bytes, value);
      return erl_drv_getenv(bytes, *reply, &size) == 0 ? (ErlDrvSSizeT)size : -1;
    }
    case 'k': {
      ErlDrvSizeT low = 100, high = 200;
      erl_drv_busy_msgq_limits(p->port, &low, &high);
      low = high = ERL_DRV_BUSY_MSGQ_READ_ONLY;
      erl_drv_busy_msgq_limits(p->port, &low, &high);
      return sprintf(*reply, "%d %d", (int)low, (int)high);
    }
    case 'T': {
      ErlDrvTime now = erl_drv_monotonic_time(ERL_DRV_USEC), later = erl_drv_monotonic_time(ERL_DRV_USEC);
      return sprintf(*reply, "%d %d %d", later >= now, erl_drv_time_offset(ERL_DRV_SEC) > 1000000, (int)erl_drv_convert_time_unit(5, ERL_DRV_SEC, ERL_DRV_MSEC));
    }
    case 'D': driver_lock_driver(p->port); break;
  }
  if (operation == 'B') {
    if (count <= room) {
      memcpy(*reply, bytes, count);
    } else {
      ErlDrvBinary* binary = driver_alloc_binary(count);
      memcpy(binary->orig_bytes, bytes, count);
      *reply = (char*)binary;
    }
    return (ErlDrvSSizeT)count;
  }
  if (count > room) *reply = driver_alloc(count);
  memcpy(*reply, bytes, count);
  return (ErlDrvSSizeT)count;
}

static ErlDrvSSizeT call(ErlDrvData data, unsigned int operation, char* bytes, ErlDrvSizeT count, char** reply, ErlDrvSizeT room, unsigned int* flags) {
  static char kept[] = {(char)131, 97, 42};
  if (operation == 1) return -1;
  if (operation == 2) {
    *reply = kept;
    *flags |= DRIVER_CALL_KEEP_BUFFER;
    return sizeof kept;
  }
  if (count > room) *reply = driver_alloc(count);
  memcpy(*reply, bytes, count);
  return (ErlDrvSSizeT)count;
}

static ErlDrvEntry entry;

DRIVER_INIT(probe) {
  entry.start = start;
  entry.stop = stop;
  entry.output = output;
  entry.ready_input = ready_input;
  entry.ready_output = ready_output;
  entry.driver_name = NAME;
  entry.control = control;
  entry.timeout = timeout;
#ifdef WITH_OUTPUTV
  entry.outputv = outputv;
#endif
  entry.ready_async = ready_async;
  entry.flush = flush;
  entry.call = call;
  entry.extended_marker = (int)ERL_DRV_EXTENDED_MARKER;
  entry.major_version = ERL_DRV_EXTENDED_MAJOR_VERSION;
  entry.minor_version = ERL_DRV_EXTENDED_MINOR_VERSION;
  entry.driver_flags = FLAGS;
  entry.process_exit = process_exit;
  entry.stop_select = stop_select;
  return &entry;
}
