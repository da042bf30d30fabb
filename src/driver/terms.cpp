// SPDX-License-Identifier: Apache-2.0
// Terms that drivers describe word by word (ERL_DRV_TUPLE, …), built on a stack into a message.
#include <algorithm>
#include <cmath>
#include <vector>

#include "bif/bif.hpp"
#include "driver/handle.hpp"
#include "nif/library.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"
#include "process/state.hpp"
#include "term/external/external.hpp"
#include "term/map.hpp"

namespace athanor::driver {

Term binary_part(Allocator& heap, ErlDrvBinary* binary, size_t offset, size_t count);

namespace {

template <class T>
T* pointer_of(ErlDrvTermData word) { return reinterpret_cast<T*>(word); }

class Builder {
 public:
  Builder(Allocator& heap, const ErlDrvTermData* words, int count) : heap_(heap), at_(words), end_(words + (count < 0 ? 0 : count)) {}
  // none(): the description is wrong.
  Term build() {
    while (at_ < end_) {
      if (!step(*at_++)) return Term::none();
    }
    return stack_.size() == 1 ? stack_[0] : Term::none();
  }

 private:
  bool push(Term term) {
    if (term.is_none()) return false;
    stack_.push_back(term);
    return true;
  }
  bool has(size_t words) const { return static_cast<size_t>(end_ - at_) >= words; }
  // The uppermost `count` terms; null: there are fewer.
  Term* take(size_t count) {
    if (count > stack_.size()) return nullptr;
    Term* const first = stack_.data() + (stack_.size() - count);
    stack_.resize(stack_.size() - count);   // the memory stays
    return first;
  }

  bool step(ErlDrvTermData tag) {
    constexpr int kArguments[] = {-1, 0, 1, 1, 1, 3, 2, 1, 1, 2, 1, 1, 2, 1, 2, 1, 1, 1};
    if (tag == 0 || tag >= std::size(kArguments) || !has(static_cast<size_t>(kArguments[tag]))) return false;
    const ErlDrvTermData* const given = at_;
    at_ += kArguments[tag];
    switch (tag) {
      case ERL_DRV_NIL: return push(Term::nil());
      case ERL_DRV_ATOM: return term_of(given[0]).is_atom() && push(term_of(given[0]));
      case ERL_DRV_PORT: return term_of(given[0]).is_local_port() && push(term_of(given[0]));
      case ERL_DRV_PID: return term_of(given[0]).is_local_pid() && push(term_of(given[0]));
      case ERL_DRV_INT: return push(integer::from_int64(heap_, static_cast<int64_t>(given[0])));
      case ERL_DRV_UINT: return push(integer::from_uint64(heap_, given[0]));
      case ERL_DRV_INT64: return push(integer::from_int64(heap_, *pointer_of<ErlDrvSInt64>(given[0])));
      case ERL_DRV_UINT64: return push(integer::from_uint64(heap_, *pointer_of<ErlDrvUInt64>(given[0])));
      case ERL_DRV_BINARY: {
        auto* binary = pointer_of<ErlDrvBinary>(given[0]);
        const ErlDrvTermData size = given[1], offset = given[2];
        if (!binary || size + offset < size || size + offset > static_cast<ErlDrvTermData>(binary->orig_size)) return false;
        return push(binary_part(heap_, binary, offset, size));
      }
      case ERL_DRV_BUF2BINARY:
        if (!given[0] && given[1] > 0) return false;
        return push(binary::from_bytes(heap_, pointer_of<char>(given[0]), given[1]));
      case ERL_DRV_STRING:
      case ERL_DRV_STRING_CONS: return push_string(given, tag == ERL_DRV_STRING_CONS);
      case ERL_DRV_LIST: {
        const auto length = static_cast<int>(given[0]);
        const Term* items = length <= 0 ? nullptr : take(static_cast<size_t>(length));
        return items && push(bif::make_list(heap_, items, static_cast<size_t>(length) - 1, items[length - 1]));
      }
      case ERL_DRV_TUPLE: return push_tuple(static_cast<int>(given[0]));
      case ERL_DRV_MAP: {
        const auto pairs = static_cast<int>(given[0]);
        Term* items = pairs < 0 ? nullptr : take(static_cast<size_t>(pairs) * 2);
        if (!items && pairs != 0) return false;
        return push(pairs == 0 ? map::empty(heap_) : map::from_unique_pairs(heap_, items, static_cast<size_t>(pairs)));
      }
      case ERL_DRV_FLOAT: {
        const double value = *pointer_of<double>(given[0]);
        return std::isfinite(value) && push(make_float(heap_.allocate(2), value));
      }
      case ERL_DRV_EXT2TERM: {
        const auto size = static_cast<int64_t>(given[1]);
        if (!given[0] || size <= 0) return false;
        return push(external::decode(heap_, pointer_of<uint8_t>(given[0]), static_cast<size_t>(size), {}).term);
      }
      default: return false;
    }
  }

  bool push_string(const ErlDrvTermData* given, bool onto_last) {
    if (!given[0] || static_cast<int>(given[1]) < 0) return false;
    Term tail = Term::nil();
    if (onto_last) {
      const Term* last = take(1);
      if (!last) return false;
      tail = *last;
    }
    const auto* text = pointer_of<const uint8_t>(given[0]);
    for (size_t i = given[1]; i-- > 0;) tail = bif::cons(heap_, Term::small(text[i]), tail);
    return push(tail);
  }

  bool push_tuple(int arity) {
    const Term* elements = arity < 0 ? nullptr : take(static_cast<size_t>(arity));
    if (!elements && arity != 0) return false;
    Term* place = heap_.allocate(static_cast<size_t>(arity) + 1);
    place[0].raw = tuple_header(static_cast<size_t>(arity));
    std::copy_n(elements, arity, place + 1);
    return push(Term::boxed(place));
  }

  Allocator& heap_;
  const ErlDrvTermData* at_;
  const ErlDrvTermData* const end_;
  std::vector<Term> stack_;
};

// OTP: 1 sent; 0 there is no such process; -1 the description is wrong. `traced`: the port, where its lock is held; else null.
int send(process::Runtime& runtime, Term from, io::Port* traced, Term to, const ErlDrvTermData* words, int count) {
  heap::FragmentAllocator heap(64);
  const Term message = Builder(heap, words, count).build();
  if (message.is_none()) return -1;
  if (traced && traced->is_traced(process::trace_flag::kSend)) traced->tell_sent(to, message);
  const process::Process* receiver = to.is_local_pid() ? runtime.processes->find(to) : nullptr;
  if (!receiver || process::is_exiting(*receiver)) return 0;
  return process::send_parcel(runtime, to, {message, heap.take()}, from) ? 1 : 0;
}

// A port by its term, for any thread: none of its locks is asked for.
int send_of_port(Term id, bool to_owner, Term to, const ErlDrvTermData* words, int count, const void* caller, const char* function) {
  process::Runtime& runtime = nif::machine_of_caller_or_end(caller, function);
  nif::Entry entry(runtime);
  nif::Inside inside(runtime);
  if (inside.is_refused()) return -1;
  std::shared_ptr<io::Port> port = id.is_local_port() ? runtime.ports->find_working(id.port_number()) : nullptr;
  auto* foreign = port ? dynamic_cast<ForeignPort*>(&port->driver()) : nullptr;
  if (!foreign || !foreign->is_there()) return -1;
  if (!foreign->takes_output()) return 0;
  return send(runtime, id, Callback::is_inside(*port) ? port.get() : nullptr, to_owner ? port->owner() : to, words, count);
}

}  // namespace
}  // namespace athanor::driver

using namespace athanor;
using namespace athanor::driver;

int erl_drv_output_term(ErlDrvTermData port, ErlDrvTermData* words, int count) {
  return send_of_port(term_of(port), true, Term::none(), words, count, __builtin_return_address(0), __func__);
}
int erl_drv_send_term(ErlDrvTermData port, ErlDrvTermData to, ErlDrvTermData* words, int count) {
  return send_of_port(term_of(port), false, term_of(to), words, count, __builtin_return_address(0), __func__);
}
int driver_output_term(ErlDrvPort raw, ErlDrvTermData* words, int count) {
  Handle port(raw, ATH_DRIVER_CALL);
  if (!port) return -1;
  if (!port->takes_output()) return 0;
  return send(port->drivers().runtime, port->port().id(), &port->port(), port->port().owner(), words, count);
}
int driver_send_term(ErlDrvPort raw, ErlDrvTermData to, ErlDrvTermData* words, int count) {
  Handle port(raw, ATH_DRIVER_CALL);
  if (!port) return -1;
  return port->takes_output() ? send(port->drivers().runtime, port->port().id(), &port->port(), term_of(to), words, count) : 0;
}

const ErlDrvTermData driver_term_nil = Term::nil().raw;
ErlDrvTermData driver_mk_term_nil() { return Term::nil().raw; }
ErlDrvTermData driver_mk_atom(char* text) {
  process::Runtime& runtime = nif::machine_of_caller_or_end(__builtin_return_address(0), __func__);
  nif::Entry entry(runtime);
  return raw_of(name_atom(text));
}
ErlDrvTermData driver_mk_port(ErlDrvPort port) { return is_handle(port) ? Term::local_port(number_of(port)).raw : driver_term_nil; }
