// SPDX-License-Identifier: Apache-2.0
#include "io/inet/services.hpp"

#include <netdb.h>
#include <netinet/in.h>

#include "io/inet/address.hpp"

namespace athanor::io::inet {

namespace {

bool take_text(std::string_view& data, std::string& text) {
  if (data.empty()) return false;
  size_t bytes = static_cast<uint8_t>(data[0]);
  if (data.size() < 1 + bytes) return false;
  text = data.substr(1, bytes);
  data.remove_prefix(1 + bytes);
  return true;
}

}  // namespace

bool service_by_name(std::string_view data, std::string& reply) {
  std::string name, protocol;
  if (!take_text(data, name) || !take_text(data, protocol)) return false;
  struct servent entry, *found = nullptr;
  char texts[4096];
  if (::getservbyname_r(name.c_str(), protocol.c_str(), &entry, texts, sizeof texts, &found) != 0 || found == nullptr) return false;
  write_number(reply, ntohs(static_cast<uint16_t>(entry.s_port)), 2);
  return true;
}

bool service_by_port(std::string_view data, std::string& reply) {
  if (data.size() < 3) return false;
  auto number = static_cast<uint16_t>(read_number(data, 2));
  data.remove_prefix(2);
  std::string protocol;
  if (!take_text(data, protocol)) return false;
  struct servent entry, *found = nullptr;
  char texts[4096];
  if (::getservbyport_r(htons(number), protocol.c_str(), &entry, texts, sizeof texts, &found) != 0 || found == nullptr) return false;
  reply += entry.s_name;
  return true;
}

}  // namespace athanor::io::inet
