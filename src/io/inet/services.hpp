// SPDX-License-Identifier: Apache-2.0
// Names of services (/etc/services), as requests ask for them. False: malformed, or no such service.
#pragma once

#include <string>
#include <string_view>

namespace athanor::io::inet {

bool service_by_name(std::string_view data, std::string& reply);   // length, name, length, protocol: port in 16 bits
bool service_by_port(std::string_view data, std::string& reply);   // port in 16 bits, length, protocol: name

}  // namespace athanor::io::inet
