// SPDX-License-Identifier: Apache-2.0
// Moving terms, building and taking apart lists, tuples and funs.
#include "engine/interp/cells.hpp"
#include "engine/interp/exceptions.hpp"
#include "engine/interp/ops/handlers.hpp"

namespace athanor::engine {

using ir::Kind;

namespace {

template <Kind kSource, Kind kDestination>
ATH_HANDLER(move_register) {
  const auto& in = ir::at<ir::Move>(ip);
  ir::place<kDestination>(in.destination, x, stack_top) = ir::load<kSource>(in.source, x, stack_top);
  ATH_NEXT(Move);
}
template <Kind kDestination>
ATH_HANDLER(move_constant) {
  const auto& in = ir::at<ir::MoveConstant>(ip);
  ir::place<kDestination>(in.destination, x, stack_top) = Term{in.constant};
  ATH_NEXT(MoveConstant);
}
template <Kind kSource, Kind kDestination>
ATH_HANDLER(get_tuple_element) {
  const auto& in = ir::at<ir::GetTupleElement>(ip);
  ir::place<kDestination>(in.destination, x, stack_top) = tuple_element(ir::load<kSource>(in.source, x, stack_top), in.index);
  ATH_NEXT(GetTupleElement);
}

template <template <Kind, Kind> class Chosen>
Handler choose(Kind first, Kind second) {
  if (first == Kind::Y) return second == Kind::Y ? Chosen<Kind::Y, Kind::Y>::handler : Chosen<Kind::Y, Kind::X>::handler;
  return second == Kind::Y ? Chosen<Kind::X, Kind::Y>::handler : Chosen<Kind::X, Kind::X>::handler;
}
template <Kind kA, Kind kB> struct MoveRegister { static constexpr Handler handler = move_register<kA, kB>; };
template <Kind kA, Kind kB> struct GetElement { static constexpr Handler handler = get_tuple_element<kA, kB>; };

}  // namespace

Handler op_move(Kind first, Kind second) { return choose<MoveRegister>(first, second); }
Handler op_get_tuple_element(Kind first, Kind second) { return choose<GetElement>(first, second); }
ATH_CHOOSE_REGISTER(op_move_constant, move_constant)

namespace {
template <Kind kSource, Kind kDestination, Kind kSource2, Kind kDestination2>
ATH_HANDLER(move_two) {
  const auto& in = ir::at<ir::MoveTwo>(ip);
  ir::place<kDestination>(in.destination, x, stack_top) = ir::load<kSource>(in.source, x, stack_top);
  ir::place<kDestination2>(in.destination_2, x, stack_top) = ir::load<kSource2>(in.source_2, x, stack_top);
  ATH_NEXT(MoveTwo);
}
}  // namespace
Handler op_move_two(Kind source, Kind destination, Kind source_2, Kind destination_2) {
  return with_register(source, [=](auto s) {
    return with_register(destination, [=](auto d) {
      return with_register(source_2, [=](auto s2) {
        return with_register(destination_2, [](auto d2) -> Handler {
          return move_two<decltype(s)::value, decltype(d)::value, decltype(s2)::value, decltype(d2)::value>;
        });
      });
    });
  });
}
namespace {
template <Kind kFirst, Kind kSecond>
ATH_HANDLER(swap) {
  const auto& in = ir::at<ir::Swap>(ip);
  Term& first = ir::place<kFirst>(in.first, x, stack_top);
  Term& second = ir::place<kSecond>(in.second, x, stack_top);
  Term kept = first;
  first = second;
  second = kept;
  ATH_NEXT(Swap);
}
template <Kind kA, Kind kB> struct SwapRegisters { static constexpr Handler handler = swap<kA, kB>; };
}  // namespace
Handler op_swap(Kind first, Kind second) { return choose<SwapRegisters>(first, second); }
ATH_HANDLER(op_init_y) {
  const auto& in = ir::at<ir::InitY>(ip);
  Term* y = &ir::y_at(stack_top, in.first);
  for (uint32_t i = 0; i < in.count; ++i) y[i] = Term::nil();
  ATH_NEXT(InitY);
}

// --- tuples ---
ATH_HANDLER(op_get_tuple_element_checked) {
  const auto& in = ir::at<ir::GetTupleElement>(ip);
  Term tuple = ir::place(in.source, x, stack_top);
  if (ATH_UNLIKELY(!is_tuple(tuple) || in.index >= tuple_arity(tuple))) ATH_LEAVE(raise_badfile(*vm, in.site));
  ir::place(in.destination, x, stack_top) = tuple_element(tuple, in.index);
  ATH_NEXT(GetTupleElement);
}
// Two neighbours of a proven tuple.
namespace {
template <Kind kSource, Kind kDestination, Kind kDestination2>
ATH_HANDLER(get_two_elements) {
  const auto& in = ir::at<ir::GetTwoElements>(ip);
  Term tuple = ir::load<kSource>(in.source, x, stack_top);
  Term first = tuple_element(tuple, in.index), second = tuple_element(tuple, in.index + 1);
  ir::place<kDestination>(in.destination, x, stack_top) = first;
  ir::place<kDestination2>(in.destination_2, x, stack_top) = second;
  ATH_NEXT(GetTwoElements);
}

// A template over three registers.
#define ATH_CHOOSE_REGISTERS_3(name, body)                                                                                   \
  Handler name(Kind first, Kind second, Kind third) {                                                                        \
    return with_register(first, [=](auto a) {                                                                                \
      return with_register(second, [=](auto b) {                                                                             \
        return with_register(third, [](auto c) -> Handler { return body<decltype(a)::value, decltype(b)::value, decltype(c)::value>; }); \
      });                                                                                                                    \
    });                                                                                                                      \
  }
}  // namespace
ATH_CHOOSE_REGISTERS_3(op_get_two_elements, get_two_elements)

namespace {
// Only a tuple that was just made may be written to: a literal is shared, and the old generation must not point at the young one.
bool is_young(const heap::Heap& heap, const Term* place, const Term* heap_top) {
  if (place >= heap.start() && place < heap_top) return true;
  for (heap::Fragment* fragment = heap.fragments_; fragment; fragment = fragment->next) {
    if (place >= fragment->memory() && place < fragment->memory() + fragment->used) return true;
  }
  return false;
}
}  // namespace

// The old generation must not refer to the young one. A tuple that a collection promoted since it was made is given what was there before that collection,
// which is old as well.
ATH_HANDLER(op_set_tuple_element) {
  const auto& in = ir::at<ir::SetTupleElement>(ip);
  const heap::Heap& heap = vm->self->heap_;
  Term tuple = ir::place(in.tuple, x, stack_top);
  const Term value = ir::load(in.value, x, stack_top);
  const auto takes = [&] {
    if (is_young(heap, tuple.pointer(), heap_top)) return true;
    const bool is_old = tuple.pointer() >= heap.old_start_ && tuple.pointer() < heap.old_top_;
    return is_old && !(value.is_pointer() && is_young(heap, value.pointer(), heap_top));
  };
  if (ATH_UNLIKELY(!is_tuple(tuple) || in.index >= tuple_arity(tuple) || !takes())) ATH_LEAVE(raise_badfile(*vm, in.site));
  tuple_elements(tuple)[in.index] = value;
  ATH_NEXT(SetTupleElement);
}

// Room that a preceding test_heap is not known to have made: where there is none, the term goes to a fragment.
#define ATH_TAKE(place, words)                          \
  Term* place;                                          \
  if (has_room(heap_top, stack_top, (words))) {         \
    place = heap_top;                                   \
    heap_top += (words);                                \
  } else {                                              \
    ATH_SYNC();                                         \
    place = vm->self->allocate(words);                  \
    heap_top = vm->self->heap_.top();                   \
  }

#define ATH_FILL_TUPLE(arity)                                                                            \
  do {                                                                                                   \
    place[0].raw = tuple_header(arity);                                                                  \
    const Word* elements = ir::tail<ir::PutTuple>(ip);                                                   \
    for (uint32_t i = 0; i < (arity); ++i) place[1 + i] = ir::load(elements[i], x, stack_top);           \
    ir::place(in.destination, x, stack_top) = Term::boxed(place);                                        \
    ATH_GO(elements + (arity));                                                                          \
  } while (0)

ATH_HANDLER(op_put_tuple_checked) {
  const auto& in = ir::at<ir::PutTuple>(ip);
  ATH_TAKE(place, in.arity + 1);
  ATH_FILL_TUPLE(in.arity);
}
// Where a preceding test_heap has made the room.
ATH_HANDLER(op_put_tuple) {
  const auto& in = ir::at<ir::PutTuple>(ip);
  Term* place = heap_top;
  heap_top += in.arity + 1;
  ATH_FILL_TUPLE(in.arity);
}
ATH_HANDLER(op_put_tuple_2) {
  const auto& in = ir::at<ir::PutTuple>(ip);
  Term* place = heap_top;
  heap_top += 3;
  ATH_FILL_TUPLE(2u);
}
ATH_HANDLER(op_put_tuple_3) {
  const auto& in = ir::at<ir::PutTuple>(ip);
  Term* place = heap_top;
  heap_top += 4;
  ATH_FILL_TUPLE(3u);
}

// --- lists ---
ATH_HANDLER(op_put_list_checked) {
  const auto& in = ir::at<ir::PutList>(ip);
  ATH_TAKE(place, 2);
  place[0] = ir::load(in.head, x, stack_top);
  place[1] = ir::load(in.tail, x, stack_top);
  ir::place(in.destination, x, stack_top) = Term::list_cell(place);
  ATH_NEXT(PutList);
}

namespace {
template <Kind kHead, Kind kTail, Kind kDestination>
ATH_HANDLER(put_list) {
  const auto& in = ir::at<ir::PutList>(ip);
  heap_top[0] = ir::load<kHead>(in.head, x, stack_top);
  heap_top[1] = ir::load<kTail>(in.tail, x, stack_top);
  ir::place<kDestination>(in.destination, x, stack_top) = Term::list_cell(heap_top);
  heap_top += 2;
  ATH_NEXT(PutList);
}
template <Kind kSource, Kind kHead, Kind kTail>
ATH_HANDLER(get_list) {
  const auto& in = ir::at<ir::GetList>(ip);
  const Term* cell = ir::load<kSource>(in.source, x, stack_top).pointer();
  Term head = cell[0], tail = cell[1];
  ir::place<kHead>(in.head, x, stack_top) = head;
  ir::place<kTail>(in.tail, x, stack_top) = tail;
  ATH_NEXT(GetList);
}
template <Kind kSource, Kind kHead, Kind kTail>
ATH_HANDLER(test_get_list) {
  const auto& in = ir::at<ir::TestGetList>(ip);
  Term list = ir::load<kSource>(in.source, x, stack_top);
  if (!list.is_list_cell()) ATH_FAIL(in.fail);
  Term head = list.head(), tail = list.tail();
  ir::place<kHead>(in.head, x, stack_top) = head;
  ir::place<kTail>(in.tail, x, stack_top) = tail;
  ATH_NEXT(TestGetList);
}
template <Kind kSource, Kind kHead>
ATH_HANDLER(get_head) {
  const auto& in = ir::at<ir::GetList>(ip);
  ir::place<kHead>(in.head, x, stack_top) = ir::load<kSource>(in.source, x, stack_top).head();
  ATH_NEXT(GetList);
}
template <Kind kSource, Kind kTail>
ATH_HANDLER(get_tail) {
  const auto& in = ir::at<ir::GetList>(ip);
  ir::place<kTail>(in.tail, x, stack_top) = ir::load<kSource>(in.source, x, stack_top).tail();
  ATH_NEXT(GetList);
}
template <Kind kA, Kind kB> struct GetHead { static constexpr Handler handler = get_head<kA, kB>; };
template <Kind kA, Kind kB> struct GetTail { static constexpr Handler handler = get_tail<kA, kB>; };
}  // namespace
Handler op_put_list(Kind head, Kind tail, Kind destination) {
  return with_kind(head, [=](auto h) {
    return with_kind(tail, [=](auto t) {
      return with_register(destination, [](auto d) -> Handler { return put_list<decltype(h)::value, decltype(t)::value, decltype(d)::value>; });
    });
  });
}
ATH_CHOOSE_REGISTERS_3(op_get_list, get_list)
ATH_CHOOSE_REGISTERS_3(op_test_get_list, test_get_list)
Handler op_get_head(Kind source, Kind head) { return choose<GetHead>(source, head); }
Handler op_get_tail(Kind source, Kind tail) { return choose<GetTail>(source, tail); }

// Of what is not known to be a list cell.
ATH_HANDLER(op_get_list_checked) {
  const auto& in = ir::at<ir::GetList>(ip);
  Term list = ir::place(in.source, x, stack_top);
  if (ATH_UNLIKELY(!list.is_list_cell())) ATH_LEAVE(raise_badfile(*vm, in.site));
  ir::place(in.head, x, stack_top) = list.head();
  ir::place(in.tail, x, stack_top) = list.tail();
  ATH_NEXT(GetList);
}
ATH_HANDLER(op_get_head_checked) {
  const auto& in = ir::at<ir::GetList>(ip);
  Term list = ir::place(in.source, x, stack_top);
  if (ATH_UNLIKELY(!list.is_list_cell())) ATH_LEAVE(raise_badfile(*vm, in.site));
  ir::place(in.head, x, stack_top) = list.head();
  ATH_NEXT(GetList);
}
ATH_HANDLER(op_get_tail_checked) {
  const auto& in = ir::at<ir::GetList>(ip);
  Term list = ir::place(in.source, x, stack_top);
  if (ATH_UNLIKELY(!list.is_list_cell())) ATH_LEAVE(raise_badfile(*vm, in.site));
  ir::place(in.tail, x, stack_top) = list.tail();
  ATH_NEXT(GetList);
}

// --- funs ---
ATH_HANDLER(op_make_fun) {
  const auto& in = ir::at<ir::MakeFun>(ip);
  ATH_TAKE(place, fun_words(in.count));
  const Word* environment = ir::tail<ir::MakeFun>(ip);
  place[0].raw = make_header(BoxedKind::Fun, fun_words(in.count) - 1);
  place[1].raw = reinterpret_cast<Word>(static_cast<FunHead*>(in.entry));
  place[2].raw = in.entry->arity | static_cast<Word>(in.count) << 8;
  place[3] = vm->self->pid_;
  for (uint32_t i = 0; i < in.count; ++i) place[4 + i] = ir::load(environment[i], x, stack_top);
  ir::place(in.destination, x, stack_top) = Term::boxed(place);
  ATH_GO(environment + in.count);
}

}  // namespace athanor::engine
