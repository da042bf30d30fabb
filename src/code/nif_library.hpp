// SPDX-License-Identifier: Apache-2.0
// A library of NIFs as its generation of code sees it: what ModuleCode::nif_library points at.
#pragma once

namespace athanor::code {

class NifLibrary {
 public:
  virtual void purged() = 0;    // no process refers to the code any more; not under the code server's lock
  virtual void release() = 0;   // the generation is gone, and with it whoever read its entries

 protected:
  ~NifLibrary() = default;
};

}  // namespace athanor::code
