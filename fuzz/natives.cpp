// SPDX-License-Identifier: Apache-2.0
// Hostile arguments of natives: a few calls in a row, whose answers may be arguments of later ones. Which natives, the name of the program says:
// it is linked once and called fuzz_text, fuzz_re, fuzz_zlib … (harness/families.cpp).
//
//   an input:  [reductions a slice], then calls (harness/calls.hpp)
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string_view>

#include "harness/calls.hpp"

namespace {

using namespace athanor;
using namespace athanor::fuzz;

const Family* chosen = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char*** arguments) {
  std::string_view name = (*arguments)[0];
  if (const char* given = std::getenv("ATHANOR_FUZZ_FAMILY")) name = given;
  name.remove_prefix(name.rfind('/') == name.npos ? 0 : name.rfind('/') + 1);
  if (name.starts_with("fuzz_")) name.remove_prefix(5);
  chosen = family(name);
  if (chosen) return 0;
  std::fprintf(stderr, "there is no family of natives called %.*s\n", static_cast<int>(name.size()), name.data());
  std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t count) {
  Bench& machine = bench({harmless_natives()});
  if (chosen->prepare) chosen->prepare(machine);
  TermSource source(bytes, count);
  Calls calls;
  // Many short slices, or a few of the usual length: the work is the same.
  static constexpr int64_t kReductions[] = {1, 7, 50, 400, 4000, 4000};
  calls.limits.reductions = kReductions[source.byte() % std::size(kReductions)];
  calls.limits.slices = 400;
  make_calls(machine, *chosen, source, calls);
  machine.clear();
  return 0;
}
