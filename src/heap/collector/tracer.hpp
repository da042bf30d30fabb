// SPDX-License-Identifier: Apache-2.0
// Cheney's algorithm: what a root points at is copied behind the copies already made, its old place gets a forward pointer, and
// the copies are scanned in order until there is none left. The to-space is the list of work; nothing recurses.
//
//   forward pointers:  box  header word := the new box (tag 10; headers have 00)
//                      cell head := none(), tail := the new cell
#pragma once

#include <unordered_map>

#include "heap/collector/collector.hpp"
#include "heap/literal_area.hpp"
#include "term/boxed.hpp"

namespace athanor::heap {

// A place to copy to.
struct ToSpace {
  Term* start = nullptr;   // what is to be scanned begins here
  Term* top = nullptr;
  Term* end = nullptr;
};

class Tracer final : public RootVisitor {
 public:
  // Objects in [stay_start, stay_end) are left alone (old generation of a minor collection), as are literals outside `evacuate`.
  // Objects in [promote_start, promote_end) go to `old`, all others to `young`.
  const Term* stay_start = nullptr;
  const Term* stay_end = nullptr;
  const Term* promote_start = nullptr;
  const Term* promote_end = nullptr;
  const LiteralSpace* literals = nullptr;
  const LiteralArea* evacuate = nullptr;
  ToSpace young, old;
  OffHeapList evacuated;   // off-heap boxes copied out of `evacuate`: new ones of this heap

  void visit(Term* slots, size_t count) override;
  void visit_stack(Term* from, Term* to);   // leaves addresses and catch marks
  void trace();                             // until everything copied is scanned

 private:
  Term forward(Term t);
  Term forward_literal(Term t);
  void scan(Term* from, Term*& upto);
  Term* place(const Term* from, size_t words);
  Term copy_out(Term t);
  // Literals are shared between processes: their forward pointers are kept apart.
  std::unordered_map<const Term*, Term> moved_literals_;
};

}  // namespace athanor::heap
