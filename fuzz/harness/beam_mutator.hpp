// SPDX-License-Identifier: Apache-2.0
// Changes .beam files so that they stay files: whole instructions are moved, dropped, doubled, their opcodes and operands replaced, sizes set
// right; literals are changed unpacked.
#pragma once

#include <cstddef>
#include <cstdint>

namespace athanor::fuzz {

using MutateBytes = size_t (*)(uint8_t* bytes, size_t count, size_t max_count);

// The new size. `mutate`: libFuzzer's own, for bytes without a form.
size_t mutate_beam_file(uint8_t* bytes, size_t count, size_t max_count, unsigned seed, MutateBytes mutate);

}  // namespace athanor::fuzz
