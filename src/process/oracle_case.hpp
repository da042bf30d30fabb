// SPDX-License-Identifier: Apache-2.0
// For unit tests: calls that the stock VM made, with what came of them. A case is the external form of {Module, Function,
// Arguments, Outcome} in hexadecimal; Outcome is {ok, Value} or {Class, Reason}.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "process/test_machine.hpp"
#include "term/external/external.hpp"
#include "term/testing.hpp"

namespace athanor::testing {

// A process to call natives in.
struct NativeBench {
  process::TestMachine machine;
  std::unique_ptr<AtomTable> atoms{make_atom_table(1 << 16)};
  TestHost host;
  process::Process* self = nullptr;
  NativeBench() {
    machine.runtime.terms.atoms = atoms.get();
    machine.runtime.terms.host = &host;
    self = &machine.spawned();
  }
  Term pair(Term first, Term second) {
    Term* place = self->allocate(3);
    place[0].raw = tuple_header(2);
    place[1] = first;
    place[2] = second;
    return Term::boxed(place);
  }
  Term ok(Term value) { return pair(atoms::ok, value); }
  Term error(Term reason) { return pair(atoms::error, reason); }
};

struct OracleCase {
  std::string module, function;
  Term arguments;             // the list, for messages
  std::vector<Term> args;
  Term outcome;
};

inline OracleCase read_case(NativeBench& bench, std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'A' + 10; };
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes.push_back(static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  const auto decoded = external::decode(bench.self->heap(), reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), {});
  ATH_ASSERT(!decoded.term.is_none());
  const Term* elements = tuple_elements(decoded.term);
  OracleCase one{std::string(atom_text(elements[0])), std::string(atom_text(elements[1])), elements[2], {}, elements[3]};
  for (Term list = elements[2]; list.is_list_cell(); list = list.tail()) one.args.push_back(list.head());
  return one;
}

}  // namespace athanor::testing
