// SPDX-License-Identifier: Apache-2.0
// Resources that monitor processes. The monitored process knows a reference and kObjectWatcher; LiveResources knows whose it is.
#pragma once

#include "nif/resource.hpp"

namespace athanor::nif {

// Watcher of a process in place of a pid.
constexpr Term kObjectWatcher = Term::small(1);

void end_monitors(Resource& resource);   // before its destructor

}  // namespace athanor::nif
