// SPDX-License-Identifier: Apache-2.0
// The passage of an area: it stays until every process has answered, who refers to it keeps a copy, and then its memory is given back.
#include "process/literals.hpp"

#include <gtest/gtest.h>

#include "heap/copy.hpp"
#include "process/collect.hpp"
#include "process/relations.hpp"
#include "process/send.hpp"
#include "process/test_machine.hpp"
#include "term/compare.hpp"

namespace athanor::process {
namespace {

class Literals : public testing::Test {
 protected:
  // {Number, [Number]} in an area of its own.
  Term literal(int64_t number, std::unique_ptr<heap::LiteralArea>& area) {
    area = std::make_unique<heap::LiteralArea>(machine_.literals);
    Term list = make_cons(area->allocate(2), Term::small(number), Term::nil());
    Term* place = area->allocate(3);
    place[0].raw = tuple_header(2);
    place[1] = Term::small(number);
    place[2] = list;
    return Term::boxed(place);
  }
  // As erts_literal_area_collector: until all have answered.
  void pass(std::initializer_list<Process*> asked) {
    while (switch_literals(machine_.runtime) == LiteralSwitch::Wait) {
      machine_.epochs.quiescent(machine_.participant);
      machine_.epochs.collect();
    }
    for (Process* process : asked) request_copies(machine_.runtime, process->pid(), collector_.pid(), Term::small(1));
    machine_.settle();
  }
  void free_what_left() {
    ASSERT_EQ(switch_literals(machine_.runtime), LiteralSwitch::Nothing);
    machine_.epochs.quiescent(machine_.participant);
    machine_.epochs.collect();
  }
  TestMachine machine_;
  Process& collector_ = machine_.spawned();
};

TEST_F(Literals, WhoRefersKeepsACopy) {
  Process& idle = machine_.spawned();
  Process& holder = machine_.spawned();
  machine_.settle();
  const size_t before = machine_.literals.used_bytes();
  std::unique_ptr<heap::LiteralArea> area;
  Term value = literal(7, area);
  heap::LiteralArea* raw_area = area.get();
  holder.group_leader_ = make_cons(holder.allocate(2), value, Term::nil());   // a root
  send_message(machine_.runtime, holder.pid(), value);                        // shares it: no fragment
  retire_literals(machine_.runtime, std::move(area));
  pass({&idle, &holder, &collector_});
  EXPECT_FALSE(raw_area->contains(holder.group_leader_.head()));
  Signal* message = holder.mailbox().first();
  ASSERT_NE(message, nullptr);
  EXPECT_FALSE(machine_.literals.contains(message->parcel.term));
  EXPECT_EQ(message->parcel.term, holder.group_leader_.head());               // what was one term is one term still
  EXPECT_EQ(collector_.mailbox().count(), 3u);
  EXPECT_GT(machine_.literals.used_bytes(), before);
  free_what_left();
  EXPECT_EQ(machine_.literals.used_bytes(), before);
  EXPECT_EQ(tuple_element(holder.group_leader_.head(), 1).head(), Term::small(7));
}

TEST_F(Literals, CopiesDoNotShareWhatLeaves) {
  machine_.settle();
  std::unique_ptr<heap::LiteralArea> leaving, staying;
  Term gone = literal(1, leaving), kept = literal(2, staying);
  retire_literals(machine_.runtime, std::move(leaving));
  ASSERT_EQ(switch_literals(machine_.runtime), LiteralSwitch::Wait);
  heap::Parcel parcel = heap::pack(gone, &machine_.literals);
  EXPECT_FALSE(machine_.literals.contains(parcel.term));
  EXPECT_TRUE(equal_exact(parcel.term, gone));
  heap::discard(parcel);
  parcel = heap::pack(kept, &machine_.literals);
  EXPECT_EQ(parcel.term, kept);
  EXPECT_EQ(parcel.fragments, nullptr);
  pass({});
  free_what_left();
}

// All that wait leave together; one that is retired meanwhile waits for the next turn.
TEST_F(Literals, AreasWaitForTheirTurn) {
  Process& holder = machine_.spawned();
  machine_.settle();
  const size_t before = machine_.literals.used_bytes();
  std::unique_ptr<heap::LiteralArea> areas[3];
  Term values[3];
  for (int i = 0; i < 3; ++i) values[i] = literal(i, areas[i]);
  retire_literals(machine_.runtime, std::move(areas[0]));
  retire_literals(machine_.runtime, std::move(areas[1]));
  ASSERT_EQ(switch_literals(machine_.runtime), LiteralSwitch::Wait);
  holder.group_leader_ = values[2];
  retire_literals(machine_.runtime, std::move(areas[2]));
  EXPECT_TRUE(machine_.literals.leaving()->contains(values[0]));
  EXPECT_TRUE(machine_.literals.leaving()->contains(values[1]));
  EXPECT_FALSE(machine_.literals.leaving()->contains(values[2]));
  pass({&holder});
  EXPECT_EQ(holder.group_leader_, values[2]);
  pass({&holder});
  EXPECT_FALSE(machine_.literals.contains(holder.group_leader_));
  free_what_left();
  EXPECT_EQ(machine_.literals.used_bytes(), before);
}

TEST_F(Literals, AnEndingProcessTakesItsReasonAlong) {
  Process& ending = machine_.spawned();
  std::vector<Process*> others;
  for (int i = 0; i < 1010; ++i) others.push_back(&machine_.spawned());
  machine_.settle();
  for (Process* other : others) (void)link(ending, other->pid());
  machine_.settle();
  std::unique_ptr<heap::LiteralArea> area;
  Term value = literal(3, area);
  EXPECT_FALSE(exit_process(ending, value));   // more links than it tells at once
  EXPECT_FALSE(machine_.literals.contains(ending.exit_reason_));
  EXPECT_TRUE(equal_exact(ending.exit_reason_, value));
  while (!exit_process(ending, Term::none())) {}
  machine_.settle();
}

}  // namespace
}  // namespace athanor::process
