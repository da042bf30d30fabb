// SPDX-License-Identifier: Apache-2.0
#include "driver/queue.hpp"

#include <cstring>

#include "bif/iodata.hpp"
#include "driver/handle.hpp"

namespace athanor::driver {

long release(Pdl* pdl) {
  const long left = pdl->references.fetch_sub(1, std::memory_order_acq_rel) - 1;
  if (left == 0) delete pdl;
  return left;
}

void Queue::insert(End end, SysIOVec vector, OffHeapBinary* owned) {
  if (end == End::Back) {
    vectors_.push_back(vector);
    binaries_.push_back(binary_of(owned));
  } else if (head_ > 0) {
    --head_;
    vectors_[head_] = vector;
    binaries_[head_] = binary_of(owned);
  } else {
    vectors_.insert(vectors_.begin(), vector);
    binaries_.insert(binaries_.begin(), binary_of(owned));
  }
  size_ += vector.iov_len;
}

void Queue::add(End end, const void* bytes, size_t count, OffHeapBinary* binary) {
  if (count == 0) return;
  if (binary) {
    binary->retain();
  } else {
    binary = OffHeapBinary::create(count);
    std::memcpy(binary->data(), bytes, count);
    bytes = binary->data();
  }
  insert(end, SysIOVec{static_cast<char*>(const_cast<void*>(bytes)), count}, binary);
}

bool Queue::add(End end, const ErlIOVec& given, size_t skip) {
  if (skip > given.size) return false;
  // It may be the queue's own, from driver_peekqv: adding moves that.
  const std::vector<SysIOVec> elements(given.iov, given.iov + given.vsize);
  const std::vector<ErlDrvBinary*> owners(given.binv ? given.binv : nullptr, given.binv ? given.binv + given.vsize : nullptr);
  const struct {
    int vsize;
    const SysIOVec* iov;
    ErlDrvBinary* const* binv;
  } vector{given.vsize, elements.data(), given.binv ? owners.data() : nullptr};
  // In front the last element goes first.
  int first = 0;
  while (first < vector.vsize && skip >= vector.iov[first].iov_len) skip -= vector.iov[first++].iov_len;
  const auto add_element = [&](int i) {
    const size_t from = i == first ? skip : 0;
    ErlDrvBinary* binary = vector.binv ? vector.binv[i] : nullptr;
    add(end, static_cast<char*>(vector.iov[i].iov_base) + from, vector.iov[i].iov_len - from, binary ? off_heap_of(binary) : nullptr);
  };
  if (end == End::Back) {
    for (int i = first; i < vector.vsize; ++i) add_element(i);
  } else {
    for (int i = vector.vsize - 1; i >= first; --i) add_element(i);
  }
  return true;
}

bool Queue::drop(size_t count) {
  if (count > size_) return false;
  size_ -= count;
  while (count > 0) {
    SysIOVec& first = vectors_[head_];
    if (count < first.iov_len) {
      first.iov_base = static_cast<char*>(first.iov_base) + count;
      first.iov_len -= count;
      break;
    }
    count -= first.iov_len;
    off_heap_of(binaries_[head_])->release();
    ++head_;
  }
  if (head_ >= 16 && head_ * 2 >= vectors_.size()) {
    vectors_.erase(vectors_.begin(), vectors_.begin() + static_cast<ptrdiff_t>(head_));
    binaries_.erase(binaries_.begin(), binaries_.begin() + static_cast<ptrdiff_t>(head_));
    head_ = 0;
  }
  return true;
}

void Queue::clear() {
  for (size_t i = head_; i < binaries_.size(); ++i) off_heap_of(binaries_[i])->release();
  vectors_.clear();
  binaries_.clear();
  head_ = size_ = 0;
}

// --- output ---

namespace {
constexpr size_t kSharedFrom = 256;      // OTP: shorter binaries are copied
}

OutputVector::~OutputVector() {
  for (ErlDrvBinary* binary : binaries_) {
    if (binary) off_heap_of(binary)->release();
  }
}

void OutputVector::begin() {
  if (!vectors_.empty()) return;
  vectors_.push_back(SysIOVec{nullptr, 0});
  binaries_.push_back(nullptr);
}

void OutputVector::push(const void* bytes, size_t count, OffHeapBinary* owned) {
  begin();
  vectors_.push_back(SysIOVec{static_cast<char*>(const_cast<void*>(bytes)), count});
  binaries_.push_back(binary_of(owned));
  size_ += count;
}

void OutputVector::gather(std::string_view bytes) {
  if (bytes.empty()) return;
  if (places_.empty() || places_.back().first != vectors_.size() - 1) {
    push(nullptr, 0, nullptr);
    places_.emplace_back(vectors_.size() - 1, gathered_.size());
  }
  gathered_ += bytes;
  vectors_.back().iov_len += bytes.size();
  size_ += bytes.size();
}

void OutputVector::finish() {
  begin();
  if (places_.empty()) return;
  OffHeapBinary* all = OffHeapBinary::create(gathered_.size());
  std::memcpy(all->data(), gathered_.data(), gathered_.size());
  for (const auto& [element, offset] : places_) {
    all->retain();
    vectors_[element].iov_base = reinterpret_cast<char*>(all->data()) + offset;
    binaries_[element] = binary_of(all);
  }
  all->release();
}

bool OutputVector::read(Term data) {
  const bool is_good = bif::iodata::walk(
      data,
      [&](int64_t value) {
        const char byte = static_cast<char>(value);
        if (value < 0 || value > 255) return false;
        gather({&byte, 1});
        return true;
      },
      [&](Term part) {
        const binary::Bits bits = binary::bits_of(part);
        if (!bits.is_whole_bytes()) return false;
        const size_t size = bits.bit_size / 8;
        const Term base = is_kind(part, BoxedKind::SubBinary) ? part.pointer()[4] : part;
        if (size >= kSharedFrom && is_kind(base, BoxedKind::BinaryRef) && bits.is_aligned()) {
          auto* binary = reinterpret_cast<OffHeapBinary*>(base.pointer()[3].raw);
          binary->retain();
          push(bits.bytes + bits.bit_offset / 8, size, binary);
          return true;
        }
        binary::Scratch scratch;
        gather(binary::bytes_of(part, scratch));
        return true;
      });
  finish();
  return is_good;
}

void OutputVector::set(std::string_view bytes) {
  gather(bytes);
  finish();
}

ErlIOVec* OutputVector::get() {
  vector_ = {static_cast<int>(vectors_.size()), size_, vectors_.data(), binaries_.data()};
  return &vector_;
}

}  // namespace athanor::driver

using namespace athanor::driver;

// --- the port data lock ---

ErlDrvPDL driver_pdl_create(ErlDrvPort raw) {
  Handle port(raw, ATH_DRIVER_CALL);
  return port ? port->make_pdl() : nullptr;
}
void driver_pdl_lock(ErlDrvPDL pdl) { pdl->mutex.lock(); }
void driver_pdl_unlock(ErlDrvPDL pdl) { pdl->mutex.unlock(); }
ErlDrvSInt driver_pdl_get_refc(ErlDrvPDL pdl) { return pdl->references.load(std::memory_order_acquire); }
ErlDrvSInt driver_pdl_inc_refc(ErlDrvPDL pdl) { return pdl->references.fetch_add(1, std::memory_order_relaxed) + 1; }
ErlDrvSInt driver_pdl_dec_refc(ErlDrvPDL pdl) { return release(pdl); }

// --- the queue; a driver's own thread works on it with the port data lock ---

namespace {
int add_bytes(const Handle& port, Queue::End end, const char* bytes, size_t count) {
  if (!port) return -1;
  port->queue().add(end, bytes, count, nullptr);
  return 0;
}
int add_binary(const Handle& port, Queue::End end, ErlDrvBinary* binary, size_t offset, size_t count) {
  if (!port || !binary || offset + count > static_cast<size_t>(binary->orig_size)) return -1;
  port->queue().add(end, binary->orig_bytes + offset, count, off_heap_of(binary));
  return 0;
}
}  // namespace

int driver_enq(ErlDrvPort raw, char* bytes, ErlDrvSizeT count) {
  return add_bytes(Handle(raw, ATH_DRIVER_CALL, Handle::Needs::QueueLock), Queue::End::Back, bytes, count);
}
int driver_pushq(ErlDrvPort raw, char* bytes, ErlDrvSizeT count) {
  return add_bytes(Handle(raw, ATH_DRIVER_CALL, Handle::Needs::QueueLock), Queue::End::Front, bytes, count);
}
int driver_enq_bin(ErlDrvPort raw, ErlDrvBinary* binary, ErlDrvSizeT offset, ErlDrvSizeT count) {
  return add_binary(Handle(raw, ATH_DRIVER_CALL, Handle::Needs::QueueLock), Queue::End::Back, binary, offset, count);
}
int driver_pushq_bin(ErlDrvPort raw, ErlDrvBinary* binary, ErlDrvSizeT offset, ErlDrvSizeT count) {
  return add_binary(Handle(raw, ATH_DRIVER_CALL, Handle::Needs::QueueLock), Queue::End::Front, binary, offset, count);
}
int driver_enqv(ErlDrvPort raw, ErlIOVec* vector, ErlDrvSizeT skip) {
  Handle port(raw, ATH_DRIVER_CALL, Handle::Needs::QueueLock);
  return port && port->queue().add(Queue::End::Back, *vector, skip) ? 0 : -1;
}
int driver_pushqv(ErlDrvPort raw, ErlIOVec* vector, ErlDrvSizeT skip) {
  Handle port(raw, ATH_DRIVER_CALL, Handle::Needs::QueueLock);
  return port && port->queue().add(Queue::End::Front, *vector, skip) ? 0 : -1;
}
ErlDrvSizeT driver_sizeq(ErlDrvPort raw) {
  Handle port(raw, ATH_DRIVER_CALL, Handle::Needs::QueueLock);
  return port ? port->queue().size() : static_cast<ErlDrvSizeT>(-1);
}
ErlDrvSizeT driver_deq(ErlDrvPort raw, ErlDrvSizeT count) {
  Handle port(raw, ATH_DRIVER_CALL, Handle::Needs::QueueLock);
  return port && port->queue().drop(count) ? port->queue().size() : static_cast<ErlDrvSizeT>(-1);
}
SysIOVec* driver_peekq(ErlDrvPort raw, int* length) {
  Handle port(raw, ATH_DRIVER_CALL, Handle::Needs::QueueLock);
  *length = port ? port->queue().length() : -1;
  return *length > 0 ? port->queue().vectors() : nullptr;
}
ErlDrvSizeT driver_peekqv(ErlDrvPort raw, ErlIOVec* into) {
  Handle port(raw, ATH_DRIVER_CALL, Handle::Needs::QueueLock);
  if (!port) return static_cast<ErlDrvSizeT>(-1);
  Queue& queue = port->queue();
  *into = {queue.length(), queue.size(), queue.vectors(), queue.binaries()};
  return queue.size();
}
