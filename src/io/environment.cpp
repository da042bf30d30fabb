// SPDX-License-Identifier: Apache-2.0
#include "io/environment.hpp"

#include <unistd.h>

#include <cstring>

namespace athanor::io {

Environment::Environment() {
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    // OTP: a first '=' belongs to the name.
    const char* separator = **entry == '\0' ? nullptr : std::strchr(*entry + 1, '=');
    if (separator == nullptr) continue;
    variables_.emplace(std::string(*entry, static_cast<size_t>(separator - *entry)), std::string(separator + 1));
  }
}

std::optional<std::string> Environment::get(const std::string& name) const {
  std::lock_guard lock(mutex_);
  auto found = variables_.find(name);
  if (found == variables_.end()) return std::nullopt;
  return found->second;
}

void Environment::put(const std::string& name, const std::string& value) {
  std::lock_guard lock(mutex_);
  variables_[name] = value;
}

void Environment::unset(const std::string& name) {
  std::lock_guard lock(mutex_);
  variables_.erase(name);
}

std::map<std::string, std::string> Environment::all() const {
  std::lock_guard lock(mutex_);
  return variables_;
}

}  // namespace athanor::io
