// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace athanor::io::child_helper {

std::string_view image();   // the bytes of the helper's program

}  // namespace athanor::io::child_helper
