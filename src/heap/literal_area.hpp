// SPDX-License-Identifier: Apache-2.0
// Literals: constants of loaded code and persistent terms, in one reserved range of addresses a machine, so that "is it a
// literal" is one subtraction. The collector and message copies leave them alone.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "heap/address_range.hpp"
#include "term/allocator.hpp"

namespace athanor::heap {

class LiteralArea;

class LiteralSpace {
 public:
  LiteralSpace();    // reserves the range; memory comes with use
  ~LiteralSpace();
  bool contains(Term t) const { return t.raw - base_ < size_; }
  bool contains(const void* p) const { return reinterpret_cast<Word>(p) - base_ < size_; }
  AddressRange range() const { return {base_, size_}; }
  // Any thread.
  Term* allocate(size_t words);
  void release(Term* place, size_t words);
  size_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }

  // --- areas whose owner is gone, but which processes may refer to still (process/literals.hpp) ---
  bool retire(std::unique_ptr<LiteralArea> area);          // any thread: it waits for its turn. True: the only one that waits
  bool begin_leaving();                                    // all that wait become the one that leaves. False: none waits
  std::unique_ptr<LiteralArea> end_leaving();              // nobody refers to it any more: it may go when all threads have passed
  // The area that leaves, or null. While it is set copies do not share its terms.
  const LiteralArea* leaving() const { return leaving_.load(std::memory_order_acquire); }

 private:
  Word base_ = 0;
  size_t size_ = 0;
  size_t next_ = 0;
  std::atomic<size_t> used_bytes_{0};
  std::atomic<LiteralArea*> leaving_{nullptr};
  std::vector<std::unique_ptr<LiteralArea>> retired_;   // under mutex_
  std::mutex mutex_;
  struct FreeList;
  std::unique_ptr<FreeList> free_;
};

// Literals that live and go together: those of one module generation, or one persistent term. Grows in pieces.
class LiteralArea final : public Allocator {
 public:
  explicit LiteralArea(LiteralSpace& space);
  ~LiteralArea();                       // releases off-heap boxes and memory: only when no process refers to it
  bool contains(Term t) const;          // inside this area; t: a pointer
  size_t words() const { return words_; }
  bool empty() const { return pieces_.empty(); }
  void absorb(LiteralArea& other);      // all its pieces. Terms stay where they are; nothing is to be built here afterwards
  void seal();                          // nothing is to be built any more: contains() is quick from now on

 protected:
  Term* grow(size_t words) override;

 private:
  struct Piece { Term* place; size_t words; };
  LiteralSpace& space_;
  std::vector<Piece> pieces_;           // sealed: by address
  size_t words_ = 0;
  bool is_sealed_ = false;
};

}  // namespace athanor::heap
