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
//
// What moves and where to is known before a collection begins, so each kind of collection has a tracer of its own, which asks as little as it must.
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

// What moves lies in one range: a young generation without fragments.
struct OneRange {
  AddressRange moving;
  bool moves(const Term* from) const { return moving.contains(from); }
};

// What moves lies anywhere, but for the old generation of a minor collection, and literals.
struct Anywhere {
  AddressRange staying;
  AddressRange literals;
  bool moves(const Term* from) const { return !staying.contains(from) && !literals.contains(from); }
};

enum class Spaces : uint8_t { One, Two };
enum class Literals : uint8_t { Stay, Leave };   // Leave: those of one area are copied, too

template <class Source, Spaces kSpaces, Literals kLiterals = Literals::Stay>
class Tracer final : public RootVisitor {
 public:
  explicit Tracer(Source source = {}) : source(source) {}
  Source source;
  AddressRange promoted;                    // of two spaces: what lies in it goes to `old`, all else to `young`
  const LiteralArea* evacuate = nullptr;    // of literals that leave
  ToSpace young, old;
  OffHeapList evacuated;                    // off-heap boxes copied out of `evacuate`: new ones of this heap

  void visit(Term* slots, size_t count) override { visit_all(slots, slots + count); }
  void visit_all(Term* from, Term* to);     // of a stack, too: addresses and catch marks are no pointers of terms
  void trace();                             // until everything copied is scanned

 private:
  // The ends of the spaces while a loop runs: in registers.
  struct Ends {
    Term* young;
    Term* old;
    Term* young_limit;
    Term* old_limit;
  };
  Ends ends() const { return {young.top, old.top, young.end, old.end}; }
  void keep(const Ends& ends) {
    young.top = ends.young;
    old.top = ends.old;
  }
  bool promotes(const Term* from) const { return kSpaces == Spaces::Two && promoted.contains(from); }
  Term forward(Term t, Ends& ends);
  Term forward_pointer(Term t, Ends& ends);
  Term copy_box(Term* from, Term header, Term*& top, const Term* limit);
  Term copy_cells(Term* from, bool promoting, Term*& top, const Term* limit);
  Term forward_literal(Term t, Ends& ends);
  Term copy_out(Term t, Ends& ends);
  void forward_context(Term* box, Ends& ends);
  void scan(Term* at, Term* const& upto, Ends& ends);
  // Literals are shared between processes: their forward pointers are kept apart.
  std::unordered_map<const Term*, Term> moved_literals_;
};

using MinorTracer = Tracer<OneRange, Spaces::Two>;                   // survivors of an earlier collection are promoted
using MinorWithFragments = Tracer<Anywhere, Spaces::Two>;
using MovingTracer = Tracer<OneRange, Spaces::One>;                  // all that is young goes to one place
using MovingWithFragments = Tracer<Anywhere, Spaces::One>;           // with nothing that stays: the tracer of a full collection
using EvacuatingTracer = Tracer<Anywhere, Spaces::One, Literals::Leave>;

}  // namespace athanor::heap
