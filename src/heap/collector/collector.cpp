// SPDX-License-Identifier: Apache-2.0
// When what is collected, and how large the blocks become.
//
// minor:  [start, high_water) survived a collection already and moves to the old generation; the rest of the young one is copied
//         to a new block, whose top becomes the high-water mark.
// full:   young and old are copied to a new block. The next minor collection copies all that survives once more, to the old generation.
// What refers from old to young does not exist: terms are not changed once made, and fragments are emptied by every collection.
#include "heap/collector/collector.hpp"

#include <algorithm>
#include <cstring>

#include "heap/block.hpp"
#include "heap/collector/tracer.hpp"
#include "heap/off_heap.hpp"

namespace athanor::heap {

namespace {

constexpr size_t kSmallestBlock = 38;
// Of a process that collects a second time: one that starts small and only waits keeps its small block, but one that works would collect at each of
// the sizes up to here. OTP: what every process begins with.
constexpr size_t kWorkingBlock = 233;
// Behind the live terms of a process that hibernates: it goes on with a call, and the callee asks for the room it needs.
constexpr size_t kHibernatedReserve = 4;

// What was in use, [from, to), is unreadable from now on where the preset `stress` looks for lost roots.
void poison([[maybe_unused]] Term* from, [[maybe_unused]] const Term* to) {
#ifdef ATH_STRESS
  if (from != to) std::memset(static_cast<void*>(from), 0xDE, static_cast<size_t>(to - from) * sizeof(Term));
#endif
}

enum class Shape : uint8_t { Normal, Exact };

struct Sizes {
  size_t stack;      // words of the stack
  size_t extra;      // words that must be free afterwards
  size_t young_max;  // most words that can survive into the young block
};

// Words the block should have for `live` words; more than three quarters full means the next size.
size_t wanted_words(size_t live, size_t min_words) {
  size_t words = next_heap_size(live);
  if (live * 4 > words * 3) words = next_heap_size(words + 1);
  return std::max({words, min_words, kSmallestBlock});
}

// Moves stack and terms into `block` (of `capacity` words, terms up to `top`) as a block of `words` words, or some more.
size_t install_block(Heap& heap, Term* block, Term* top, size_t capacity, size_t words) {
  words = trim_block(block, capacity, words);
  size_t stack = static_cast<size_t>(heap.end_ - heap.stack_top());
  Term* end = block + words;
  std::memcpy(static_cast<void*>(end - stack), heap.stack_top(), stack * sizeof(Term));
  poison(heap.start_, heap.top());
  poison(heap.stack_top(), heap.end_);
  give_block(heap.start_, heap.block_words());
  heap.start_ = block;
  heap.end_ = end;
  heap.high_water_ = top;
  heap.set_top(top);
  heap.set_stack_top(end - stack);
  return words;
}

// Roots, trace, lists of what is outside, fragments. `old`: where the old generation of a minor collection is.
template <class Tracer>
void run(Heap& heap, RootSource& roots, Tracer& tracer, bool full, AddressRange old) {
  tracer.visit_all(heap.stack_top(), heap.end_);
  roots.visit_roots(tracer);
  tracer.trace();
  OffHeapList young = tracer.evacuated, promoted;
  for (Term* box = young.first; box; box = reinterpret_cast<Term*>(off_heap_next(box))) young.bytes += off_heap_bytes(box);
  off_heap_sweep(heap.off_heap(), young, promoted, old);
  if (full) off_heap_sweep(heap.old_off_heap_, young, promoted, old);
  heap.off_heap() = young;
  off_heap_append(heap.old_off_heap_, promoted);
  Fragment::destroy_chain(heap.fragments_);
  heap.fragments_ = nullptr;
  heap.fragment_words_ = 0;
}

size_t minor(Heap& heap, RootSource& roots, const CollectRequest& request, const Sizes& sizes) {
  const AddressRange literals = request.literals ? request.literals->range() : AddressRange{};
  size_t promoted_max = static_cast<size_t>(heap.high_water_ - heap.start_);
  if (!heap.old_start_ && promoted_max > 0) {
    size_t words = next_heap_size(promoted_max + promoted_max / 2);
    heap.old_start_ = heap.old_top_ = take_block(words);
    heap.old_end_ = heap.old_start_ + words;
  }
  size_t block = heap.block_words();
  if (heap.grow_next_) block = next_heap_size(block + 1);
  if (heap.minor_collections_ > 0 && request.max_words == 0) block = std::max(block, kWorkingBlock);   // with a limit, no more than is needed
  size_t needed = sizes.young_max + sizes.stack + sizes.extra;
#ifdef ATH_STRESS
  block = std::min(block, std::max<size_t>(next_heap_size(needed), heap.min_words_));   // so many collections: large blocks cost too much
#endif
  // The most that can survive rarely does: room for it is taken, but the block ends where its size says.
  size_t capacity = std::max(block, needed);
  if (sizes.extra + sizes.stack > block / 2) capacity = std::max(block, next_heap_size(needed));
  Term* to = take_block(capacity);
  Term* const old_top_before = heap.old_top_;
  const AddressRange old(heap.old_start_, heap.old_end_);
  const auto trace = [&](auto tracer) {
    tracer.promoted = {heap.start_, heap.high_water_};
    tracer.young = {to, to, to + capacity};
    tracer.old = {heap.old_top_, heap.old_top_, heap.old_end_};
    run(heap, roots, tracer, false, old);
    heap.old_top_ = tracer.old.top;
    return tracer.young.top;
  };
  Term* top;
  if (heap.fragments_ == nullptr) {
    MinorTracer tracer;
    tracer.source.moving = {heap.start_, heap.top()};
    top = trace(tracer);
  } else {
    MinorWithFragments tracer;
    tracer.source = {old, literals};
    top = trace(tracer);
  }
  size_t live = static_cast<size_t>(top - to);
  size_t used = live + sizes.stack + sizes.extra;
  size_t words = install_block(heap, to, top, capacity, used <= block ? block : capacity);
  heap.grow_next_ = used * 4 > words * 3;
  ++heap.minor_collections_;
  return live + static_cast<size_t>(heap.old_top_ - old_top_before);
}

size_t full(Heap& heap, RootSource& roots, const CollectRequest& request, const Sizes& sizes, Shape shape) {
  size_t min_words = shape == Shape::Exact ? 0 : std::max<size_t>(heap.min_words_, kSmallestBlock);
  size_t capacity = std::max(sizes.young_max + sizes.stack + sizes.extra, min_words);
  Term* to = take_block(capacity);
  const auto trace = [&](auto tracer, Term* to, size_t capacity) {
    if (request.literals) tracer.source.literals = request.literals->range();
    tracer.evacuate = request.evacuate;
    tracer.young = {to, to, to + capacity};
    run(heap, roots, tracer, true, AddressRange{});
    return tracer.young.top;
  };
  Term* top = request.evacuate ? trace(EvacuatingTracer(), to, capacity) : trace(MovingWithFragments(), to, capacity);
  poison(heap.old_start_, heap.old_top_);
  give_block(heap.old_start_, static_cast<size_t>(heap.old_end_ - heap.old_start_));
  heap.old_start_ = heap.old_top_ = heap.old_end_ = nullptr;
  size_t live = static_cast<size_t>(top - to);
  size_t used = live + sizes.stack + sizes.extra;
  size_t wanted = shape == Shape::Exact ? std::max(used, min_words) : wanted_words(used, min_words);
  install_block(heap, to, top, capacity, std::min(capacity, wanted));
  heap.grow_next_ = wanted > capacity;
  heap.minor_collections_ = 0;
  bool wasteful = shape == Shape::Exact ? capacity > wanted : capacity > 2 * wanted;
  if (wasteful && live + sizes.stack + sizes.extra < capacity) {
    // Most of what was there is gone: what is left, which is known now, moves once more into a block of its size.
    Term* smaller = take_block(wanted);
    top = trace(MovingWithFragments(), smaller, wanted);
    install_block(heap, smaller, top, wanted, wanted);
  }
  return live;
}

CollectResult collect_as(Heap& heap, RootSource& roots, const CollectRequest& request, Shape shape) {
  roots.before_collection();
  CollectResult result;
  size_t before = static_cast<size_t>(heap.top() - heap.start_) + static_cast<size_t>(heap.old_top_ - heap.old_start_) +
                  heap.fragment_words_;
  size_t promoted = static_cast<size_t>(heap.high_water_ - heap.start_);
  bool old_is_full = heap.old_start_ && static_cast<size_t>(heap.old_end_ - heap.old_top_) < promoted;
  bool old_binaries = heap.old_off_heap_.bytes > std::max(heap.old_binary_limit_, 2 * request.min_binary_bytes);
  bool everything = request.full || request.evacuate || old_is_full || old_binaries ||
                    heap.minor_collections_ >= request.fullsweep_after;
  Sizes sizes;
  sizes.stack = static_cast<size_t>(heap.end_ - heap.stack_top());
  sizes.extra = request.words_needed + (shape == Shape::Exact ? kHibernatedReserve : Allocator::kReserveWords);
  size_t live;
  if (everything) {
    sizes.young_max = before + (request.evacuate ? request.evacuate->words() : 0);
    live = full(heap, roots, request, sizes, shape);
    heap.binary_limit_ = std::max(request.min_binary_bytes, 2 * heap.off_heap_bytes());
    heap.old_binary_limit_ = 2 * std::max(request.min_binary_bytes, heap.off_heap_bytes());   // else what is alive and large would make every second collection a full one
  } else {
    sizes.young_max = static_cast<size_t>(heap.top() - heap.high_water_) + heap.fragment_words_;
    live = minor(heap, roots, request, sizes);
    heap.binary_limit_ = std::max(request.min_binary_bytes, heap.off_heap_bytes() + std::max(request.min_binary_bytes, heap.off_heap_bytes()));
  }
  size_t after = static_cast<size_t>(heap.top() - heap.start_) + static_cast<size_t>(heap.old_top_ - heap.old_start_);
  result.words_reclaimed = before > after ? before - after : 0;
  result.reductions = std::max<uint64_t>(1, live / 10);
  result.exceeded_max = request.max_words != 0 && heap.total_words() + request.queued_words > request.max_words;
  ATH_ASSERT(heap.free_words() >= sizes.extra);
  return result;
}

}  // namespace

CollectResult collect(Heap& heap, RootSource& roots, const CollectRequest& request) {
  return collect_as(heap, roots, request, Shape::Normal);
}

CollectResult compact(Heap& heap, RootSource& roots, const LiteralSpace* literals) {
  CollectRequest request;
  request.full = true;
  request.literals = literals;
  return collect_as(heap, roots, request, Shape::Exact);
}

}  // namespace athanor::heap
