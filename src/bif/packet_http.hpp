// SPDX-License-Identifier: Apache-2.0
// Lines of HTTP/1 as terms: {http_request, …}, {http_response, …}, {http_header, …}, http_eoh, {http_error, Line}.
#pragma once

#include <string_view>

#include "term/allocator.hpp"

namespace athanor::bif::packet {

// `line` with its line end. Strings are binaries or lists. `in_headers`: false for a start line; set for what comes next.
Term parse_http(Allocator& heap, std::string_view line, bool binaries, bool& in_headers);

}  // namespace athanor::bif::packet
