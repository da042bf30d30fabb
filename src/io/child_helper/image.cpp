// SPDX-License-Identifier: Apache-2.0
// The helper's program, kept in ours: a library has no place of its own where it could look for another file.
#include "io/child_helper/image.hpp"

asm(".section .rodata\n"
    ".balign 16\n"
    "athanor_child_helper_begin:\n"
    ".incbin \"" ATH_CHILD_HELPER_FILE "\"\n"
    "athanor_child_helper_end:\n"
    ".previous\n");

extern "C" {
__attribute__((visibility("hidden"))) extern const char athanor_child_helper_begin[];
__attribute__((visibility("hidden"))) extern const char athanor_child_helper_end[];
}

namespace athanor::io::child_helper {

std::string_view image() {
  return {athanor_child_helper_begin, static_cast<size_t>(athanor_child_helper_end - athanor_child_helper_begin)};
}

}  // namespace athanor::io::child_helper
