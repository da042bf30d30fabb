// SPDX-License-Identifier: Apache-2.0
// Match specs: a list of {Head, Guards, Body} becomes one flat program, which the machine (machine.hpp) runs against terms.
//
//   clause:  Try next · head instructions · guard expressions, each followed by True · Body · body expressions · Halt
//
// The head is matched by a cursor over adjacent terms (tuple elements, the two words of a list cell, one value of a map), with
// a stack of cursors to come back to. Expressions use a stack that grows downwards, so that arguments lie in order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "heap/fragment.hpp"
#include "term/off_heap_binary.hpp"
#include "term/term.hpp"

namespace athanor::match_spec {

enum class Dialect : uint8_t { Table, Trace };
struct Options {
  Dialect dialect = Dialect::Table;
  bool fake_destructive = false;   // match_spec_test: actions that would change something only pretend
  bool call_trace = false;         // the event is a call: caller is allowed
  bool trace_actions = false;      // actions on trace flags and the sequential token are allowed
};

// A function callable in guards, opaque here; who runs the program knows how to call it.
using GuardFunction = void (*)();
class GuardFunctions {
 public:
  virtual GuardFunction find(Term name, uint32_t arity) const = 0;   // null: this machine lacks it
 protected:
  ~GuardFunctions() = default;
};

#define ATH_MATCH_INSTRUCTIONS(X)                                                                     \
  X(Try)             /* number: instruction to go on with when this clause fails */                   \
  X(Array)           /* number: arity; trace dialect, first: the cursor goes to the arguments */      \
  X(ArrayBind)       /* number: variable, bound to the list of arguments */                           \
  X(Tuple)           /* number: arity; pushes the cursor and enters */                                \
  X(Cons)            /* enters a list cell */                                                         \
  X(ConsTail)        /* goes on in the tail; nothing is left to do in the cell */                     \
  X(Map)             /* number: least size; pushes cursor and map */                                  \
  X(MapValue)        /* term: key; the cursor goes to its value in the map on the stack */            \
  X(Leave)           /* pops the cursor */                                                            \
  X(LeaveMap)        /* pops map and cursor */                                                        \
  X(Bind)            /* number: variable */                                                           \
  X(Same)            /* number: variable already bound */                                             \
  X(Skip)                                                                                             \
  X(Equal)           /* term, boxed or list */                                                        \
  X(EqualImmediate)  /* term */                                                                       \
  X(PushConstant)    /* term */                                                                       \
  X(PushVariable)    /* number */                                                                     \
  X(PushSubject)                                                                                      \
  X(PushArray)       /* the arguments as a list */                                                    \
  X(PushBindings)    /* number: index into Program::binding_lists */                                  \
  X(MakeList)        /* number: elements above the tail */                                            \
  X(MakeTuple)       /* number: arity */                                                              \
  X(MakeMap)         /* number: pairs; key above value */                                             \
  X(Call)            /* number: arity; quick; function */                                             \
  X(And)             /* number: operands */                                                           \
  X(Or)              /* number: operands */                                                           \
  X(AndAlso)         /* number: where to go with the value kept */                                    \
  X(OrElse)          /* number: where to go with the value kept */                                    \
  X(Jump)            /* number */                                                                     \
  X(Self)                                                                                             \
  X(Action)          /* number: arity; quick: Action */                                               \
  X(SetReturnTrace)                                                                                   \
  X(SetExceptionTrace)                                                                                \
  X(True)            /* fails unless true */                                                          \
  X(Body)            /* matched: failures are values from here on */                                  \
  X(Drop)                                                                                             \
  X(Return)          /* the value becomes the result */                                               \
  X(Halt)

enum class Op : uint8_t {
#define X(name) name,
  ATH_MATCH_INSTRUCTIONS(X)
#undef X
};

// What a trace program asks of its surroundings.
enum class Action : uint8_t {
  IsSeqTrace, SetSeqToken, SetSeqTokenFake, GetSeqToken, Display, ProcessDump, EnableTrace, DisableTrace, Trace, Caller,
  CallerLine, Silent, GetControlWord, SetControlWord, SetControlWordFake,
};

// Guard functions that the machine does itself where no memory is needed; else the function is called.
enum class Quick : uint8_t {
  None, Equal, NotEqual, ExactEqual, ExactNotEqual, Less, LessEqual, Greater, GreaterEqual, IsAtom, IsFloat, IsInteger, IsList,
  IsNumber, IsPid, IsPort, IsReference, IsTuple, IsMap, IsBinary, IsFunction, Element, Head, Tail, Not, Xor, Add, Subtract,
  MapGet, IsMapKey,
};

struct Instruction {
  Op op;
  uint8_t quick = 0;
  uint32_t number = 0;
  union {
    Word term = 0;
    GuardFunction function;
  };
};
static_assert(sizeof(Instruction) == 16);

struct Program final : MagicObject {
  std::vector<Instruction> code;
  std::vector<std::vector<uint32_t>> binding_lists;   // variables of '$$', in order of their names
  uint32_t variables = 0;
  uint32_t cursors = 0;       // depth of the stack of cursors
  uint32_t stack_words = 0;   // depth of the stack of values
  heap::FragmentAllocator constants{0};   // terms the instructions name
};

struct Problem {
  bool is_error;
  std::string text;
};

// Owned by the caller (one count); null: not a match spec. Problems are told in the stock VM's words where asked for.
Program* compile(Term spec, const Options& options, const GuardFunctions& functions, std::vector<Problem>* problems);

}  // namespace athanor::match_spec
