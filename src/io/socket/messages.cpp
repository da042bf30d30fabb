// SPDX-License-Identifier: Apache-2.0
#include "io/socket/messages.hpp"

#include "bif/bif.hpp"
#include "process/process_table.hpp"
#include "process/send.hpp"

namespace athanor::io::socket {

namespace {
constexpr size_t kMessageWords = 32;

Term tagged(Allocator& heap, Socket& socket) { return bif::make_tuple(heap, atoms::dollar_socket, socket.reference(heap)); }

void send(process::Runtime& runtime, Term to, heap::FragmentAllocator& fragments, Term message) {
  heap::Parcel parcel;
  parcel.term = message;
  parcel.fragments = fragments.take();
  process::send_parcel(runtime, to, parcel);
}
}  // namespace

void send_select(process::Runtime& runtime, Socket& socket, Term pid, Term reference) {
  heap::FragmentAllocator heap(kMessageWords);
  Term copy = heap::copy(reference, heap, runtime.literals);
  send(runtime, pid, heap, bif::make_tuple(heap, atoms::dollar_socket, tagged(heap, socket), atoms::select, copy));
}

void send_abort(process::Runtime& runtime, Socket& socket, Term pid, Term reference, Term reason) {
  heap::FragmentAllocator heap(kMessageWords);
  Term copy = heap::copy(reference, heap, runtime.literals);
  Term info = bif::make_tuple(heap, copy, reason);
  send(runtime, pid, heap, bif::make_tuple(heap, atoms::dollar_socket, tagged(heap, socket), atoms::abort, info));
}

void tell_registry(process::Runtime& runtime, Socket& socket, RegistryChange change) {
  Term registry = runtime.registry->find(atoms::socket_registry);
  if (!registry.is_local_pid()) return;
  heap::FragmentAllocator heap(kMessageWords);
  Term what = change == RegistryChange::Add ? atoms::add : atoms::del;
  send(runtime, registry, heap, bif::make_tuple(heap, atoms::dollar_socket, what, tagged(heap, socket)));
}

}  // namespace athanor::io::socket
