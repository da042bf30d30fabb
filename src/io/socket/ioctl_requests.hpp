// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "term/allocator.hpp"

namespace athanor::io::socket {

Term ioctl_request_table(Allocator& heap);   // [{Name, Number}], last first

}  // namespace athanor::io::socket
