// SPDX-License-Identifier: Apache-2.0
#include "process/signal.hpp"

namespace athanor::process {

Signal* Signal::create(SignalKind kind) {
  auto* signal = new Signal;
  signal->kind = kind;
  return signal;
}

void Signal::destroy(Signal* signal) {
  heap::discard(signal->parcel);
  delete signal;
}

}  // namespace athanor::process
