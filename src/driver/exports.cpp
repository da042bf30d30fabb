// SPDX-License-Identifier: Apache-2.0
// Every function that the release's header declares, by name: a missing body is a link error, and a program has them all.
#include "driver/exports.hpp"

#include "driver/api.hpp"

namespace athanor::driver {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
namespace list {
#define DRIVER_FUNCTION(name) [[gnu::used, gnu::retain]] static void (*const kept_##name)() = reinterpret_cast<void (*)()>(&::name);
#include "driver/functions.def"
#undef DRIVER_FUNCTION
[[gnu::used, gnu::retain]] static const ErlDrvTermData* const kept_nil = &::driver_term_nil;
}  // namespace list
#pragma GCC diagnostic pop

void keep_exports() {}   // to call it is to have this file; nif::keep_exports makes the program visible

}  // namespace athanor::driver
