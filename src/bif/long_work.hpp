// SPDX-License-Identifier: Apache-2.0
// Built-ins whose work may outlast a slice: the work is an object with `bool step(int64_t& budget)` that does what the budget allows,
// lowers it and says whether all is done. It begins on the C++ stack; one that is not done when the slice is used up moves into the
// process (process/continuation.hpp) and goes on when the built-in is called again.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>

#include "process/continuation.hpp"
#include "process/process.hpp"
#include "process/room.hpp"
#include "term/binary.hpp"

namespace athanor::bif {

template <class Work>
struct Kept final : process::Continuation {
  explicit Kept(Work&& begun) : work(std::move(begun)) {}
  Work work;
};

// As much as is left of the slice. `units`: of the budget, a reduction.
template <class Work>
bool work_for_slice(process::Process& self, Work& work, int64_t units) {
  const int64_t granted = std::max<int64_t>(self.reductions_left_, 1) * units;
  int64_t budget = granted;
  const bool done = work.step(budget);
  self.charge(static_cast<uint64_t>((granted - budget) / units));
  return done;
}

// `make()` gives the work on the first call, `finish(work)` the answer. `args`, `arity`: the built-in's own, to call it again with.
// `resume(work)`: before it goes on, in a slice of its own or with the room that it asked for.
template <class Make, class Finish, class Resume>
process::BifResult long_work(process::Process& self, const Term* args, uint32_t arity, int64_t units, Make make, Finish finish, Resume resume) {
  using Work = decltype(make());
  if (auto kept = self.take_continuation<Kept<Work>>()) {
    kept->holds_addresses = true;
    resume(kept->work);
    if (work_for_slice(self, kept->work, units)) return finish(kept->work);
    return self.suspend(std::move(kept), args, arity);
  }
  Work work = make();
  if (work_for_slice(self, work, units)) return finish(work);
  return self.suspend(std::make_unique<Kept<Work>>(std::move(work)), args, arity);
}

template <class Make, class Finish>
process::BifResult long_work(process::Process& self, const Term* args, uint32_t arity, int64_t units, Make make, Finish finish) {
  return long_work(self, args, arity, units, make, finish, [](auto&) {});
}

// From `finish`: the work goes on once there is room for `words`. It must hold neither terms nor addresses of the heap.
template <class Work>
process::BifResult make_room_for(process::Process& self, Work& work, size_t words, const Term* args, uint32_t arity) {
  return process::make_room(self, words, args, arity, std::make_unique<Kept<Work>>(std::move(work)));
}

// Contiguous bytes of a binary, for works that go on while the binary stays where it is: its own where it is aligned, else a copy.
class StableBytes {
 public:
  explicit StableBytes(Term whole_bytes) {
    const athanor::binary::Bits bits = athanor::binary::bits_of(whole_bytes);
    size_ = bits.bit_size / 8;
    if (bits.is_aligned()) {
      bytes_ = bits.bytes + bits.bit_offset / 8;
      return;
    }
    copy_.reset(new uint8_t[size_]);
    athanor::binary::copy_bits(bits.bytes, bits.bit_offset, copy_.get(), 0, bits.bit_size);
    bytes_ = copy_.get();
  }
  const uint8_t* bytes() const { return bytes_; }
  size_t size() const { return size_; }

 private:
  std::unique_ptr<uint8_t[]> copy_;
  const uint8_t* bytes_;
  size_t size_;
};

}  // namespace athanor::bif
