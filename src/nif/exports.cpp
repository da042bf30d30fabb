// SPDX-License-Identifier: Apache-2.0
// Every function that the release's header declares, by name: a missing body is a link error, and a program has them all.
#include "nif/exports.hpp"

#include <dlfcn.h>

#include "nif/api.hpp"

namespace athanor::nif {

namespace list {
#define ERL_NIF_API_FUNC_DECL(result, name, arguments) [[gnu::used, gnu::retain]] static void (*const kept_##name)() = reinterpret_cast<void (*)()>(&::name)
#include <erl_nif_api_funcs.h>
#undef ERL_NIF_API_FUNC_DECL
}  // namespace list

void keep_exports() {
  Dl_info info{};
  if (!dladdr(reinterpret_cast<void*>(&::enif_alloc), &info) || !info.dli_fname) return;
  // Fails where we are the program itself, which is visible anyway.
  if (void* self = dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL)) dlclose(self);
}

}  // namespace athanor::nif
