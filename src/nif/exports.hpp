// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace athanor::nif {

// Libraries find the interface's functions in the program. Whoever makes a machine calls this, so that the linker keeps them all; and a
// program that was itself loaded privately (RTLD_LOCAL) is made visible to libraries.
void keep_exports();

}  // namespace athanor::nif
