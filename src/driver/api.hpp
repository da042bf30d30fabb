// SPDX-License-Identifier: Apache-2.0
// The release's own header of the driver interface. What it declares is exported by whatever program or library we are linked into.
#pragma once

#include "nif/api.hpp"

#include <cstdlib>

#pragma GCC visibility push(default)
extern "C" {   // one of its functions says so for C alone
#include <erl_driver.h>
}
#pragma GCC visibility pop

#include "io/ports.hpp"

namespace athanor::driver {

static_assert(sizeof(ErlDrvTermData) == sizeof(Term));
inline Term term_of(ErlDrvTermData raw) { return Term{raw}; }
inline ErlDrvTermData raw_of(Term t) { return t.raw; }

// A handle names a port by its number, so that one which has ended, or never was, is recognised.
constexpr uint64_t kHandleMark = 0x0A7D'0000'0000'0000, kHandleMarkMask = 0xFFFF'0000'0000'000F;
inline ErlDrvPort handle_of(Term port) { return reinterpret_cast<ErlDrvPort>(kHandleMark | uint64_t{port.port_number()} << 4); }
inline bool is_handle(ErlDrvPort port) { return (reinterpret_cast<uint64_t>(port) & kHandleMarkMask) == kHandleMark; }
inline uint32_t number_of(ErlDrvPort port) { return static_cast<uint32_t>(reinterpret_cast<uint64_t>(port) >> 4); }

}  // namespace athanor::driver
