// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bif/bif.hpp"

namespace athanor::bif {

// Answers {refc, Count} for a local fun.
BifResult count_fun_references(Process& self, Term fun);

}  // namespace athanor::bif
