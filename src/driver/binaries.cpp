// SPDX-License-Identifier: Apache-2.0
// Memory of drivers. A driver's binary is an OffHeapBinary seen from its size on, so messages share it without a copy.
#include <cstdlib>
#include <cstring>

#include "driver/queue.hpp"
#include "nif/env.hpp"

using namespace athanor;
using namespace athanor::driver;

namespace {
OffHeapBinary* checked(ErlDrvBinary* binary, const char* function) {
  if (!binary) nif::misuse(function, "the binary is null");
  OffHeapBinary* found = off_heap_of(binary);
  if (found->references.load(std::memory_order_relaxed) == 0) nif::misuse(function, "the binary was freed already");
  return found;
}
}  // namespace

void* driver_alloc(ErlDrvSizeT size) { return std::malloc(size); }
void* driver_realloc(void* memory, ErlDrvSizeT size) { return std::realloc(memory, size); }
void driver_free(void* memory) { std::free(memory); }

ErlDrvBinary* driver_alloc_binary(ErlDrvSizeT size) {
  OffHeapBinary* made = OffHeapBinary::create_or_null(size);
  return made ? binary_of(made) : nullptr;
}

// Somebody else may look at the bytes too: a copy then.
ErlDrvBinary* driver_realloc_binary(ErlDrvBinary* binary, ErlDrvSizeT size) {
  if (!binary) return driver_alloc_binary(size);
  OffHeapBinary* own = checked(binary, __func__);
  if (own->references.load(std::memory_order_acquire) == 1) {
    OffHeapBinary* moved = OffHeapBinary::reallocate_or_null(own, size);
    if (!moved) return nullptr;
    moved->size = size;
    return binary_of(moved);
  }
  OffHeapBinary* made = OffHeapBinary::create_or_null(size);
  if (!made) return nullptr;
  std::memcpy(made->data(), own->data(), size < own->size ? size : own->size);
  own->release();
  return binary_of(made);
}

void driver_free_binary(ErlDrvBinary* binary) {
  if (binary) checked(binary, __func__)->release();
}
ErlDrvSInt driver_binary_get_refc(ErlDrvBinary* binary) { return static_cast<ErlDrvSInt>(checked(binary, __func__)->references.load(std::memory_order_acquire)); }
ErlDrvSInt driver_binary_inc_refc(ErlDrvBinary* binary) { return static_cast<ErlDrvSInt>(checked(binary, __func__)->references.fetch_add(1, std::memory_order_relaxed) + 1); }
// OTP: who comes to zero by it has forgotten the binary; only driver_free_binary frees.
ErlDrvSInt driver_binary_dec_refc(ErlDrvBinary* binary) { return static_cast<ErlDrvSInt>(checked(binary, __func__)->references.fetch_sub(1, std::memory_order_acq_rel) - 1); }
