// SPDX-License-Identifier: Apache-2.0
// The system that the program runs on, what the program has of it, and its standard output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace athanor::os {

struct SystemVersion { int major = 0, minor = 0, patch = 0; };
SystemVersion kernel_version();
std::string kernel_name();            // "Linux" in lower case
std::string machine_name();           // "x86_64"
int64_t resident_bytes();             // of the program
int64_t allocated_bytes();            // by malloc and map_memory, in use; 0 where malloc does not tell
void return_free_memory();            // malloc's free pages go back to the system, where it can
int64_t descriptor_limit();           // how many descriptors the program may have open
void write_standard_error(const char* bytes, size_t count);
void write_standard_output(const char* bytes, size_t count);

}  // namespace athanor::os
