// SPDX-License-Identifier: Apache-2.0
// What is said of the allocators of the stock VM, none of which is here: each is as one that was switched off (+MSe false and the like).
#pragma once

#include "process/bif_result.hpp"
#include "process/process.hpp"

namespace athanor::bif::allocators {

// system_info({allocator | allocator_sizes, Name | [Name]}). none(): there is no allocator of that name there either.
Term figures(Allocator& heap, Term names);
// system_info({memory_internal | allocator | allocator_sizes, Reference, [Name]}): answers come as messages.
process::BifResult tell(process::Process& self, Term reference, Term names);

}  // namespace athanor::bif::allocators
