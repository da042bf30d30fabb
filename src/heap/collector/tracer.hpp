// SPDX-License-Identifier: Apache-2.0
// Cheney's algorithm: what a root points at is copied behind the copies already made, its old place gets a forward pointer, and
// the copies are scanned in order until there is none left. The to-space is the list of work; nothing recurses.
//
//   forward pointers:  box  header word := the new box (tag 10; headers have 00)
//                      cell head := none(), tail := the new cell
//
// The cells of a list are copied in one go, one behind the other, as far as they go to the same place: a list that had been scattered is read
// in order afterwards, and long ones are not walked a cell at a time between everything else. A tail that refers to the word behind it
// tells the scan that this has been done: no pointer into the old place can look so.
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
  Term forward(Term t) { return t.is_pointer() ? forward_pointer(t) : t; }
  Term forward_pointer(Term t);
  Term forward_literal(Term t);
  Term copy_cells(Term* from);
  bool stays(const Term* from) const { return from >= stay_start && from < stay_end; }
  ToSpace& space_of(const Term* from) {
    return from >= promote_start && from < promote_end ? old : young;
  }
  void scan(Term* from, Term*& upto);
  Term* place(const Term* from, size_t words);
  Term copy_out(Term t);
  // Literals are shared between processes: their forward pointers are kept apart.
  std::unordered_map<const Term*, Term> moved_literals_;
};

}  // namespace athanor::heap
