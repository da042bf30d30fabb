// SPDX-License-Identifier: Apache-2.0
// What process_info/2 knows of, for natives that ask as it does.
#pragma once

#include "process/process.hpp"

namespace athanor::bif {

Term process_info_items(Allocator& heap);                              // a list of all items
Term process_status(process::Process& process, bool asks_itself);      // as the item `status`. Any thread in an epoch.

Term min_heap_size(process::Process& process);                         // where none was set: the machine's. Owner only.

}  // namespace athanor::bif
