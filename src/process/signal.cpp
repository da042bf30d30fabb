// SPDX-License-Identifier: Apache-2.0
#include "process/signal.hpp"

#include <new>

#include "base/block_cache.hpp"

namespace athanor::process {

Signal* Signal::create(SignalKind kind) {
  void* memory = base::take_block(sizeof(Signal));
  ATH_ASSERT(memory != nullptr && "out of memory");
  auto* signal = new (memory) Signal;
  signal->kind = kind;
  return signal;
}

void Signal::destroy(Signal* signal) {
  heap::discard(signal->parcel);
  base::give_block(signal, sizeof(Signal));
}

}  // namespace athanor::process
