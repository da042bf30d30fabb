// SPDX-License-Identifier: Apache-2.0
// The network interfaces of this host, as requests ask for them. Each function: 0, or an error number.
#pragma once

#include <string>
#include <string_view>

namespace athanor::io::inet {

int interface_addresses(std::string& reply);                                    // all, with flags and addresses
int interface_list(std::string& reply);                                         // names, each ended by a zero
int interface_get(int socket, std::string_view data, std::string& reply);       // length, name, options wanted
int interface_set(int socket, std::string_view data);                           // length, name, options with values

}  // namespace athanor::io::inet
