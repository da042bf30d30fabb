// SPDX-License-Identifier: Apache-2.0
// {Pos, Len} of erlang:binary_part and module binary.
#pragma once

#include "bif/bif.hpp"
#include "bif/iodata.hpp"

namespace athanor::bif {

// A part given as position and length, the length possibly negative, of something `size` bytes long; false: outside it.
inline bool part_of(Term position, Term length, uint64_t size, uint64_t& start, uint64_t& count) {
  if (!Term::both_small(position, length)) return false;
  int64_t from = position.small_value(), bytes = length.small_value();
  if (from < 0 || static_cast<uint64_t>(from) > size) return false;
  if (bytes < 0) {
    if (-bytes > from) return false;
    from += bytes;
    bytes = -bytes;
  }
  if (static_cast<uint64_t>(bytes) > size - static_cast<uint64_t>(from)) return false;
  start = static_cast<uint64_t>(from);
  count = static_cast<uint64_t>(bytes);
  return true;
}

// One binary or bitstring of iodata; badarg or system_limit otherwise. `args`, `arity`: of the built-in, whose first it is.
process::BifResult flatten(process::Process& self, const Term* args, uint32_t arity, iodata::Grain grain);

}  // namespace athanor::bif
