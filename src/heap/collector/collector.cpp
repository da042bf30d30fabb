// SPDX-License-Identifier: Apache-2.0
// When what is collected, and how large the blocks become.
//
// minor:  [start, high_water) survived a collection already and moves to the old generation; the rest of the young one is copied
//         to a new block, whose top becomes the high-water mark.
//         After one that most of what was young survived, and much, all that survives the next moves to the old generation at once (promote_all): a process
//         that builds something large copies it once, not twice.
// full:   young and old are copied. What has lived is not copied again by the next minor collection: if it is much, it becomes the old generation, and the block
//         is empty. If it is little it lies in the new block, as if it had survived for the first time: one block takes less memory than two. That is also
//         so when the collection was asked for, or the heap is limited, since both want as little memory as can be.
// What refers from old to young does not exist: terms are not changed once made, and fragments are emptied by every collection.
#include "heap/collector/collector.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>

#include "heap/block.hpp"
#include "heap/collector/tracer.hpp"
#include "heap/off_heap.hpp"

namespace athanor::heap {

namespace {

constexpr size_t kSmallestBlock = 38;
// Least words of the block after so many minor collections since the last full one. A process that starts small and only waits keeps its small block, but one that
// works would collect at each size up to the first of these; and one that does so again and again would spend its time with it, however little it keeps.
// (Who has worked and waits is collected whole, which counts from the start: process/resting.hpp.) OTP: every process begins with the first, and each collection
// of a small heap makes it larger.
constexpr size_t kWorkingBlocks[] = {kWorkingBlockWords, 376, 610, 987, 1598, 2586};
size_t working_block(uint32_t minor_collections) {
  const auto doublings = static_cast<size_t>(std::bit_width(minor_collections / 4));
  return kWorkingBlocks[std::min(doublings, std::size(kWorkingBlocks) - 1)];
}
// CollectRequest::large_words
#ifdef ATH_STRESS
constexpr size_t kLargeWords = 64;
#else
constexpr size_t kLargeWords = 4096;
#endif
// Behind the live terms of a process that hibernates: it goes on with a call, and the callee asks for the room it needs.
constexpr size_t kHibernatedReserve = 4;
// Most words behind the old generation that a full collection asks the system for, though most of it is mapped and not touched.
constexpr size_t kMostRoom = size_t{1} << 27;
// Instead of the words that live: there was no memory, and nothing was done.
constexpr size_t kNoMemory = ~size_t{0};

// What was in use, [from, to), is unreadable from now on where the preset `stress` looks for lost roots.
void poison([[maybe_unused]] Term* from, [[maybe_unused]] const Term* to) {
#ifdef ATH_STRESS
  if (from != to) std::memset(static_cast<void*>(from), 0xDE, static_cast<size_t>(to - from) * sizeof(Term));
#endif
}

enum class Shape : uint8_t { Normal, Exact };

struct Sizes {
  size_t stack;         // words of the stack
  size_t extra;         // words that must be free afterwards
  size_t young_max;     // most words that can survive into the young block; full: of all
  size_t promoted_max;  // most words that can be promoted
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

// Words of the block after a minor collection, unless what must fit takes more.
size_t wanted_block(const Heap& heap, const CollectRequest& request, size_t needed) {
  size_t block = heap.block_words();
  if (heap.grow_next_) block = next_heap_size(block + 1);
  const bool works = needed > kSmallestBlock || heap.minor_collections_ > 0;
  if (works && request.max_words == 0) block = std::max(block, working_block(heap.minor_collections_));   // with a limit, no more than is needed
#ifdef ATH_STRESS
  block = std::min(block, std::max<size_t>(next_heap_size(needed), heap.min_words_));   // so many collections: large blocks cost too much
#endif
  return block;
}

size_t large_words(const CollectRequest& request) { return request.large_words != 0 ? request.large_words : kLargeWords; }

AddressRange literals_of(const CollectRequest& request) { return request.literals ? request.literals->range() : AddressRange{}; }

bool create_old(Heap& heap, size_t words) {
  Term* block = take_block_or_null(words);
  if (block == nullptr) return false;
  heap.old_start_ = heap.old_top_ = block;
  heap.old_end_ = block + words;
  return true;
}

// A block without terms for when nothing is young any more.
struct EmptyBlock {
  EmptyBlock(const Heap& heap, size_t words) : words(words) {
#ifndef ATH_STRESS   // which wants every address of before to be a wrong one, those inside of the stack too
    if (words == heap.block_words()) return;
#endif
    fresh = take_block_or_null(words);
    is_there = fresh != nullptr;
  }
  void install(Heap& heap) const {
    if (fresh != nullptr) {
      install_block(heap, fresh, fresh, words, words);
      return;
    }
    heap.high_water_ = heap.start_;
    heap.set_top(heap.start_);
  }
  size_t words;
  Term* fresh = nullptr;   // null: the block that is there
  bool is_there = true;    // false: no memory
};

// What is told to the next collection of `survived` words of `looked_at`.
void note_survivors(Heap& heap, const CollectRequest& request, size_t survived, size_t looked_at) {
  heap.promote_next_ = request.max_words == 0 && survived >= large_words(request) && survived * 4 >= looked_at * 3;
}

size_t minor(Heap& heap, RootSource& roots, const CollectRequest& request, const Sizes& sizes) {
  const size_t promoted_max = static_cast<size_t>(heap.high_water_ - heap.start_);
  if (!heap.old_start_ && promoted_max > 0) {
    // One that works must not collect all of it again because the old generation is so small.
    const size_t least = heap.block_words() > kWorkingBlocks[0] ? heap.block_words() / 2 : 0;
    if (!create_old(heap, next_heap_size(std::max(promoted_max + promoted_max / 2, least)))) return kNoMemory;
  }
  const size_t needed = sizes.young_max + sizes.stack + sizes.extra;
  const size_t block = wanted_block(heap, request, needed);
  // The most that can survive rarely does: room for it is taken, but the block ends where its size says.
  size_t capacity = std::max(block, needed);
  if (sizes.extra + sizes.stack > block / 2) capacity = std::max(block, next_heap_size(needed));
  Term* const to = take_block_or_null(capacity);
  if (to == nullptr) return kNoMemory;
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
  Term* const top = heap.fragments_ == nullptr ? trace(MinorTracer({{heap.start_, heap.top()}})) : trace(MinorWithFragments({old, literals_of(request)}));
  const size_t live = static_cast<size_t>(top - to);
  const size_t used = live + sizes.stack + sizes.extra;
  const size_t words = install_block(heap, to, top, capacity, used <= block ? block : capacity);
  heap.grow_next_ = used * 4 > words * 3;
  note_survivors(heap, request, live, sizes.young_max);
  ++heap.minor_collections_;
  return live + static_cast<size_t>(heap.old_top_ - old_top_before);
}

// A minor collection after which nothing is young.
size_t promote_all(Heap& heap, RootSource& roots, const CollectRequest& request, const Sizes& sizes) {
  if (!heap.old_start_ && !create_old(heap, next_heap_size(2 * sizes.promoted_max))) return kNoMemory;
  const size_t needed = sizes.stack + sizes.extra;
  const size_t block = wanted_block(heap, request, needed);
  const EmptyBlock empty(heap, needed <= block ? block : next_heap_size(needed));
  if (!empty.is_there) return kNoMemory;
  Term* const old_top_before = heap.old_top_;
  const AddressRange old(heap.old_start_, heap.old_end_);
  const auto trace = [&](auto tracer) {
    tracer.young = {heap.old_top_, heap.old_top_, heap.old_end_};
    run(heap, roots, tracer, false, old);
    heap.old_top_ = tracer.young.top;
  };
  if (heap.fragments_ == nullptr) trace(MovingTracer({{heap.start_, heap.top()}}));
  else trace(MovingWithFragments({old, literals_of(request)}));
  const size_t live = static_cast<size_t>(heap.old_top_ - old_top_before);
  empty.install(heap);
  heap.grow_next_ = (live + needed) * 4 > heap.block_words() * 3;
  note_survivors(heap, request, live, sizes.promoted_max);
  ++heap.minor_collections_;
  return live;
}

// What a full collection left, [block, top), becomes the old generation, with as much room behind it. False: there is no memory for the young one.
bool make_old(Heap& heap, const CollectRequest& request, const Sizes& sizes, Term* block, Term* top, size_t capacity) {
  const size_t live = static_cast<size_t>(top - block);
  const size_t wanted = wanted_words(live + sizes.stack + sizes.extra, heap.min_words_);
  const size_t words = heap.block_words();
  const EmptyBlock empty(heap, words < wanted || words > 4 * wanted ? wanted : words);
  if (!empty.is_there) return false;
  heap.old_start_ = block;
  heap.old_top_ = top;
  heap.old_end_ = block + trim_block(block, capacity, std::min(capacity, live + std::max(live, heap.block_words())));
  off_heap_append(heap.old_off_heap_, heap.off_heap());
  empty.install(heap);
  heap.grow_next_ = false;
  note_survivors(heap, request, live, sizes.young_max);
  return true;
}

size_t full(Heap& heap, RootSource& roots, const CollectRequest& request, const Sizes& sizes, Shape shape) {
  size_t min_words = shape == Shape::Exact ? 0 : std::max<size_t>(heap.min_words_, kSmallestBlock);
  if (shape == Shape::Normal && !request.full && request.max_words == 0) min_words = std::max(min_words, std::min(heap.block_words(), working_block(heap.minor_collections_)));
  bool may_be_old = shape == Shape::Normal && !request.full && !request.evacuate && request.max_words == 0 && request.fullsweep_after != 0 &&
                          sizes.young_max >= large_words(request);
  const size_t least = std::max(sizes.young_max + sizes.stack + sizes.extra, min_words);
  size_t capacity = may_be_old ? least + std::max(std::min(sizes.young_max, kMostRoom), heap.block_words()) : least;
  Term* to = take_block_or_null(capacity);
  if (to == nullptr && may_be_old) {
    may_be_old = false;
    to = take_block_or_null(capacity = least);
  }
  if (to == nullptr) return kNoMemory;
  const auto trace = [&](auto tracer, Term* to, size_t capacity) {
    tracer.source.literals = literals_of(request);
    tracer.evacuate = request.evacuate;
    tracer.young = {to, to, to + capacity};
    run(heap, roots, tracer, true, AddressRange{});
    return tracer.young.top;
  };
  Term* top = request.evacuate ? trace(EvacuatingTracer(), to, capacity) : trace(MovingWithFragments(), to, capacity);
  poison(heap.old_start_, heap.old_top_);
  give_block(heap.old_start_, static_cast<size_t>(heap.old_end_ - heap.old_start_));
  heap.old_start_ = heap.old_top_ = heap.old_end_ = nullptr;
  heap.minor_collections_ = 0;
  const size_t live = static_cast<size_t>(top - to);
  if (may_be_old && live >= large_words(request) && make_old(heap, request, sizes, to, top, capacity)) return live;
  const size_t used = live + sizes.stack + sizes.extra;
  const size_t wanted = shape == Shape::Exact ? std::max(used, min_words) : wanted_words(used, min_words);
  install_block(heap, to, top, capacity, std::min(capacity, wanted));
  heap.grow_next_ = wanted > capacity;
  heap.promote_next_ = false;
  const bool wasteful = shape == Shape::Exact ? capacity > wanted : capacity > 2 * wanted;
  if (wasteful && used < capacity) {
    // Most of what was there is gone: what is left, which is known now, moves once more into a block of its size.
    Term* const smaller = take_block_or_null(wanted);
    if (smaller == nullptr) return live;
    top = trace(MovingWithFragments(), smaller, wanted);
    install_block(heap, smaller, top, wanted, wanted);
  }
  return live;
}

size_t young_words(const Heap& heap) { return static_cast<size_t>(heap.top() - heap.start_) + heap.fragment_words_; }

// Will a minor collection promote all that survives? A limit may have been set since the last one.
bool promotes_all(const Heap& heap, const CollectRequest& request) { return heap.promote_next_ && request.max_words == 0; }

// The most that a minor collection could promote.
size_t promoted_max(const Heap& heap, const CollectRequest& request) {
  return promotes_all(heap, request) ? young_words(heap) : static_cast<size_t>(heap.high_water_ - heap.start_);
}

// Bytes of binaries that may come to `alive` ones before the next collection. Not as much again: no collection moves a binary, however large, and the sooner one is
// dropped the sooner its memory, still in the processor's cache, is there for the next.
uint64_t binary_room(const CollectRequest& request, uint64_t alive) { return std::max(request.min_binary_bytes, alive / 2); }

CollectResult collect_as(Heap& heap, RootSource& roots, const CollectRequest& request, Shape shape) {
  roots.before_collection();
  CollectResult result;
  const size_t before = young_words(heap) + static_cast<size_t>(heap.old_top_ - heap.old_start_);
  Sizes sizes;
  sizes.stack = static_cast<size_t>(heap.end_ - heap.stack_top());
  sizes.extra = request.words_needed + (shape == Shape::Exact ? kHibernatedReserve : Allocator::kReserveWords);
  sizes.promoted_max = promoted_max(heap, request);
  size_t live;
  if (is_full_due(heap, request)) {
    sizes.young_max = before + (request.evacuate ? request.evacuate->words() : 0);
    live = full(heap, roots, request, sizes, shape);
    if (live == kNoMemory) return {.out_of_memory = true};
    const uint64_t bytes = heap.off_heap_bytes() + heap.old_off_heap_.bytes;
    heap.binary_limit_ = heap.off_heap_bytes() + binary_room(request, bytes);
    heap.old_binary_limit_ = 2 * std::max(request.min_binary_bytes, bytes);   // else what is alive and large would make every second collection a full one
  } else {
    sizes.young_max = static_cast<size_t>(heap.top() - heap.high_water_) + heap.fragment_words_;
    live = promotes_all(heap, request) ? promote_all(heap, roots, request, sizes) : minor(heap, roots, request, sizes);
    if (live == kNoMemory) return {.out_of_memory = true};
    heap.binary_limit_ = heap.off_heap_bytes() + binary_room(request, heap.off_heap_bytes());
  }
  const size_t after = static_cast<size_t>(heap.top() - heap.start_) + static_cast<size_t>(heap.old_top_ - heap.old_start_);
  result.words_reclaimed = before > after ? before - after : 0;
  result.reductions = std::max<uint64_t>(1, live / 10);
  result.exceeded_max = request.max_words != 0 && heap.total_words() + request.queued_words > request.max_words;
  ATH_ASSERT(heap.free_words() >= sizes.extra);
  return result;
}

}  // namespace

bool is_full_due(const Heap& heap, const CollectRequest& request) {
  const bool old_is_full = heap.old_start_ && static_cast<size_t>(heap.old_end_ - heap.old_top_) < promoted_max(heap, request);
  const bool old_binaries = heap.old_off_heap_.bytes > std::max(heap.old_binary_limit_, 2 * request.min_binary_bytes);
  return request.full || request.evacuate || old_is_full || old_binaries || heap.minor_collections_ >= request.fullsweep_after;
}

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
