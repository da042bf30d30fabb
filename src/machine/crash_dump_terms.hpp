// SPDX-License-Identifier: Apache-2.0
// Terms in a crash dump: a line for each cell and box, under its address, so that what is shared is written once and a huge term needs
// no memory. Literals and off-heap binaries, which many processes refer to, have sections of their own.
//
//   =proc_heap:<0.80.0>   7F01:t2:A2:ok,H7F20      7F20:Yc8800:0:FF
//   =literals             9010:lI1|N
//   =binary:8800          FF:AQID…
#pragma once

#include <string>
#include <vector>

#include <absl/container/flat_hash_set.h>

#include "heap/fragment.hpp"
#include "machine/crash_dump_file.hpp"
#include "process/runtime.hpp"

namespace athanor::machine {

// What the terms of a dump have referred to so far. An address is written at most once.
template <class Address>
class Addresses {
 public:
  void add(Address address) {
    if (seen_.insert(address).second) waiting_.push_back(address);
  }
  bool take(Address& address) {
    if (waiting_.empty()) return false;
    address = waiting_.back();
    waiting_.pop_back();
    return true;
  }

 private:
  absl::flat_hash_set<Address> seen_;
  std::vector<Address> waiting_;
};

struct SharedTerms {
  Addresses<Word> literals;              // words of lists and boxes
  Addresses<OffHeapBinary*> binaries;
};

class TermLines {
 public:
  // `own`: the terms that are written here; those of the other kind are left to who writes them.
  TermLines(DumpFile& file, process::Runtime& runtime, SharedTerms& shared, Addresses<Word>& own) : file_(file), runtime_(runtime), shared_(shared), own_(own) {}
  // The term as it stands in a line; what it refers to is to be written.
  std::string word(Term t);
  // The lines of all that is to be written.
  void write();

 private:
  std::string line_of(Term t);
  std::string list_of(const Term* terms, size_t count);
  std::string address_of(Term t);
  std::string external(Term t);

  DumpFile& file_;
  process::Runtime& runtime_;
  SharedTerms& shared_;
  Addresses<Word>& own_;
};

// =persistent_terms, =literals, =binary: what the processes' terms have referred to.
void write_shared_terms(DumpFile& file, process::Runtime& runtime, SharedTerms& shared);

}  // namespace athanor::machine
