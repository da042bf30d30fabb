// SPDX-License-Identifier: Apache-2.0
// Literals: constants of loaded code and persistent terms, in one reserved range of addresses a machine, so that "is it a
// literal" is one subtraction. The collector and message copies leave them alone.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "term/allocator.hpp"

namespace athanor::heap {

class LiteralSpace {
 public:
  LiteralSpace();    // reserves the range; memory comes with use
  ~LiteralSpace();
  bool contains(Term t) const { return t.raw - base_ < size_; }
  bool contains(const void* p) const { return reinterpret_cast<Word>(p) - base_ < size_; }
  // Any thread.
  Term* allocate(size_t words);
  void release(Term* place, size_t words);
  size_t used_bytes() const { return used_bytes_; }

 private:
  Word base_ = 0;
  size_t size_ = 0;
  size_t next_ = 0;
  size_t used_bytes_ = 0;
  std::mutex mutex_;
  struct FreeList;
  std::unique_ptr<FreeList> free_;
};

// Literals that live and go together: those of one module generation, or one persistent term. Grows in pieces.
class LiteralArea final : public Allocator {
 public:
  explicit LiteralArea(LiteralSpace& space);
  ~LiteralArea();                       // releases off-heap boxes and memory: only when no process refers to it
  bool contains(Term t) const;          // inside this area
  size_t words() const;

 protected:
  Term* grow(size_t words) override;

 private:
  struct Piece { Term* place; size_t words; Piece* next; };
  LiteralSpace& space_;
  Piece* pieces_ = nullptr;
};

}  // namespace athanor::heap
