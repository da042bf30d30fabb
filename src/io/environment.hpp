// SPDX-License-Identifier: Apache-2.0
// The machine's environment variables: a copy of the program's, made at start; the program's own stay as they are.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace athanor::io {

class Environment {
 public:
  Environment();   // copies the program's
  std::optional<std::string> get(const std::string& name) const;
  void put(const std::string& name, const std::string& value);
  void unset(const std::string& name);
  std::map<std::string, std::string> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> variables_;
};

}  // namespace athanor::io
