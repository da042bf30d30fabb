// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace athanor::driver {

// As nif::keep_exports, for the functions that drivers find in the program.
void keep_exports();

}  // namespace athanor::driver
