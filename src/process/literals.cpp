// SPDX-License-Identifier: Apache-2.0
#include "process/literals.hpp"

#include <utility>

#include "process/collect.hpp"
#include "process/process_table.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/state.hpp"
#include "term/atom_table.hpp"

namespace athanor::process {

namespace {

struct CopyRequest {
  Term from;
  heap::Parcel id;
  CopyRequest* next;
  ~CopyRequest() { heap::discard(id); }
};

void tell_collector(Runtime& runtime) {
  Term collector(runtime.literal_collector_raw.load(std::memory_order_acquire));
  if (collector.is_local_pid()) send_parcel(runtime, collector, {atoms::copy_literals, nullptr});
}

void answer(Runtime& runtime, Term to, Term id) {
  heap::FragmentAllocator builder(16);
  Term copied = heap::copy(id, builder, runtime.literals);
  Term* place = builder.allocate(4);
  place[0].raw = tuple_header(3);
  place[1] = atoms::copy_literals;
  place[2] = copied;
  place[3] = atoms::ok;
  send_parcel(runtime, to, {Term::boxed(place), builder.take()});
}

void take_request(Process& self, Signal& signal) {
  // One that ends has no literals any more but for those that its native still looks at: see exit_process.
  if (is_exiting(self) && (self.state_.load(std::memory_order_relaxed) & kDirty) == 0) {
    answer(self.runtime(), signal.from, signal.parcel.term);
    return;
  }
  Extra& extra = self.extra();
  extra.copy_requests = new CopyRequest{signal.from, signal.parcel, static_cast<CopyRequest*>(extra.copy_requests)};
  signal.parcel = {};
  if (self.collect_wanted_ == CollectWanted::No) self.collect_wanted_ = CollectWanted::Literals;
}

// Words that look like pointers into the area. A number can look so too: then a collection is done in vain.
class Search final : public heap::RootVisitor {
 public:
  explicit Search(const heap::LiteralSpace& space, const heap::LiteralArea& area) : space_(space), area_(area) {}
  void visit(Term* slots, size_t count) override { look(slots, slots + count); }
  void look(const Term* from, const Term* to) {
    words_ += static_cast<size_t>(to - from);
    for (; from < to && !found_; ++from) {
      if (ATH_UNLIKELY(space_.contains(*from)) && from->is_pointer()) found_ = area_.contains(*from);
    }
  }
  void look(const heap::Fragment* chain) {
    for (; chain && !found_; chain = chain->next) {
      const Term* memory = const_cast<heap::Fragment*>(chain)->memory();
      look(memory, memory + chain->used);
    }
  }
  // Forgets what it found.
  bool take_found() { return std::exchange(found_, false); }
  bool found() const { return found_; }
  size_t words() const { return words_; }

 private:
  const heap::LiteralSpace& space_;
  const heap::LiteralArea& area_;
  bool found_ = false;
  size_t words_ = 0;
};

// Messages that refer to the area become part of the heap: the collector sees their terms as roots then.
bool adopt_messages(Process& self, Search& search) {
  bool any = false;
  for (Signal* message = self.mailbox().first(); message; message = message->next) {
    search.look(&message->parcel.term, &message->parcel.term + 1);
    search.look(&message->token, &message->token + 1);
    search.look(message->parcel.fragments);
    if (!search.take_found()) continue;
    self.heap().adopt(message->parcel.fragments);
    message->parcel.fragments = nullptr;
    self.heap_messages_ = true;
    any = true;
  }
  return any;
}

bool heap_refers(Process& self, Search& search) {
  heap::Heap& heap = self.heap();
  search.look(heap.start(), heap.top());
  search.look(heap.stack_top(), heap.end());
  search.look(heap.old_start_, heap.old_top_);
  search.look(heap.fragments_);
  if (!search.found()) self.visit_roots(search);
  return search.take_found();
}

// Runtime::literal_phase
enum Phase : uint8_t {
  kIdle,      // no area leaves, or all processes are being asked
  kSpreading,    // one leaves, and some thread may not know yet
  kKnown,
};

}  // namespace

void retire_literals(Runtime& runtime, std::unique_ptr<heap::LiteralArea> area) {
  if (!area || area->empty()) return;
  if (runtime.literals->retire(std::move(area))) tell_collector(runtime);
}

LiteralSwitch switch_literals(Runtime& runtime) {
  switch (runtime.literal_phase.load(std::memory_order_acquire)) {
    case kSpreading: return LiteralSwitch::Wait;
    case kKnown:
      runtime.literal_phase.store(kIdle, std::memory_order_relaxed);
      return LiteralSwitch::Asking;
    default: break;
  }
  heap::LiteralSpace& space = *runtime.literals;
  if (auto left = space.end_leaving()) {
    runtime.epochs->retire(left.release(), [](void* area) { delete static_cast<heap::LiteralArea*>(area); });
  }
  if (!space.begin_leaving()) return LiteralSwitch::Nothing;
  runtime.literal_phase.store(kSpreading, std::memory_order_relaxed);
  // Goes when every thread has passed since: then each of them knows the area that leaves.
  runtime.epochs->retire(&runtime, [](void* object) {
    Runtime& of = *static_cast<Runtime*>(object);
    of.literal_phase.store(kKnown, std::memory_order_release);
    tell_collector(of);
  });
  return LiteralSwitch::Wait;
}

void request_copies(Runtime& runtime, Term target, Term collector, Term id) {
  if (!request(runtime, target, SignalKind::SystemTask, collector, nullptr, heap::pack(id, runtime.literals), 0, take_request)) {
    answer(runtime, collector, id);
  }
}

const heap::LiteralArea* prepare_evacuation(Process& self) {
  Extra* extra = self.extra_if_any();
  if (!extra || !extra->copy_requests) return nullptr;
  Runtime& runtime = self.runtime();
  const heap::LiteralArea* area = runtime.literals->leaving();
  ATH_ASSERT(area != nullptr);   // it leaves until all have answered
  Search search(*runtime.literals, *area);
  adopt_messages(self, search);
  return area;
}

void settle_literals(Process& self) {
  Extra* extra = self.extra_if_any();
  self.collect_wanted_ = CollectWanted::No;
  if (!extra || !extra->copy_requests) return;
  Runtime& runtime = self.runtime();
  Search search(*runtime.literals, *runtime.literals->leaving());
  bool refers = adopt_messages(self, search);
  refers |= heap_refers(self, search);
  self.charge(search.words() / 256);
  if (refers) (void)collect_garbage(self, 0, true);
  else answer_copy_requests(self);
}

void answer_copy_requests(Process& self) {
  Extra* extra = self.extra_if_any();
  if (!extra) return;
  for (auto* request = static_cast<CopyRequest*>(extra->copy_requests); request;) {
    answer(self.runtime(), request->from, request->id.term);
    CopyRequest* next = request->next;
    delete request;
    request = next;
  }
  extra->copy_requests = nullptr;
}

void forget_copy_requests(Process& self) {
  Extra* extra = self.extra_if_any();
  while (extra && extra->copy_requests) {
    auto* request = static_cast<CopyRequest*>(extra->copy_requests);
    extra->copy_requests = request->next;
    delete request;
  }
}

}  // namespace athanor::process
