// SPDX-License-Identifier: Apache-2.0
// Hostile .beam files: read, verified or refused, never more.
#include <cstdint>

#include "beam/beam_file.hpp"
#include "term/context.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t count) {
  using namespace athanor;
  // A small table made anew now and then, since files bring atoms of their own.
  static TermContext context;
  static int uses = 0;
  if (uses++ % 5000 == 0) {
    delete context.atoms;
    context.atoms = make_atom_table(1 << 20);
  }
  current_term_context = &context;
  auto file = beam::read(bytes, count);
  if (file) (void)beam::verify(**file);
  return 0;
}
