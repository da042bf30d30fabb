// SPDX-License-Identifier: Apache-2.0
// What most files include of the standard library, precompiled (cmake/layers.cmake). Nothing includes this file: each names what it uses,
// and the presets with ATH_PRECOMPILE=OFF hold them to it.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>
