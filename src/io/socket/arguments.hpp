// SPDX-License-Identifier: Apache-2.0
// Arguments and answers of the socket natives: terms to C values with the bounds that prim_socket knows, and the shapes it expects back.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "bif/bif.hpp"

namespace athanor::io::socket {

using process::BifResult;
using process::Process;

// False: of another type, or out of the C type's range.
bool read_int(Term term, int& value);
bool read_unsigned(Term term, unsigned& value);
bool read_boolean(Term term, bool& value);
bool read_latin1(Term list, std::string& text);          // a proper list of bytes
bool read_boolean_in(Term map, Term key, bool otherwise);  // what is no boolean counts as missing

Term make_map(Allocator& heap, std::initializer_list<std::pair<Term, Term>> pairs);   // up to 20 pairs, none() values are left out

Term ok(Allocator& heap, Term value);                    // {ok, Value}
Term failed(Allocator& heap, Term reason);               // {error, Reason}
Term failed_invalid(Allocator& heap, Term what);         // {error, {invalid, What}}
Term invalid(Allocator& heap, Term what);                // {invalid, What}: prim_socket names the argument
BifResult raise_invalid(Process& self, Term what);       // error:{invalid, What}
BifResult not_an_int(Process& self, Term term);          // {invalid, {integer_range, I}} for integers, else badarg

}  // namespace athanor::io::socket
