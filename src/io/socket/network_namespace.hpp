// SPDX-License-Identifier: Apache-2.0
// Works in another network namespace for as long as it lives. The calling thread alone is moved.
#pragma once

#include <string>

namespace athanor::io::socket {

class NetworkNamespace {
 public:
  explicit NetworkNamespace(const std::string& path);   // empty: stays where it is
  ~NetworkNamespace() { leave(); }
  NetworkNamespace(const NetworkNamespace&) = delete;
  int error() const { return error_; }                  // 0, or why it could not be entered
  int leave();                                          // 0, or why the thread could not go back

 private:
  int home_ = -1;
  int error_ = 0;
};

}  // namespace athanor::io::socket
