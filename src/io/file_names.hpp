// SPDX-License-Identifier: Apache-2.0
// File names, variables and commands between Erlang's lists of code points and the bytes of the system.
#pragma once

#include <string>

#include "term/allocator.hpp"

namespace athanor::io {

// Of the environment's variables (LC_ALL, LC_CTYPE, LANG).
bool locale_is_utf8();
// Raw names are UTF-8, else Latin-1: as the locale, unless the machine was told otherwise. On threads of a machine.
bool names_are_utf8();

// An atom's text is allowed only where asked for.
enum class Atoms : uint8_t { Refused, Allowed };
// The bytes of a name: a binary as it is, or a deep list of code points (and atoms). False: something else, a zero character, or
// a character that the encoding does not have.
bool name_to_bytes(Term name, Atoms atoms, std::string& bytes);
// As the system gave it: a list of code points; bytes that are no UTF-8 become a binary.
Term name_from_bytes(Allocator& heap, std::string_view bytes);

bool is_utf8(std::string_view bytes);

}  // namespace athanor::io
