// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or the words for what went wrong in the world (a file, a format, a system call).
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/assert.hpp"

namespace athanor::base {

struct Error {
  std::string message;  // says what happened and where
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Error error) : error_(std::move(error)) {}
  explicit operator bool() const { return value_.has_value(); }
  T& operator*() { ATH_ASSERT(value_.has_value()); return *value_; }
  const T& operator*() const { ATH_ASSERT(value_.has_value()); return *value_; }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }
  const Error& error() const { return error_; }

 private:
  std::optional<T> value_;
  Error error_;
};

}  // namespace athanor::base
