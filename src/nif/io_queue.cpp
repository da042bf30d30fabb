// SPDX-License-Identifier: Apache-2.0
// Vectors of binaries for writev, and queues of them. Every element has an OffHeapBinary behind it: the term's own, or a copy where its
// bytes are on a heap or start inside a byte.
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "bif/bif.hpp"
#include "nif/env.hpp"

using namespace athanor;
using namespace athanor::nif;

struct erts_io_queue {
  std::vector<SysIOVec> vectors;
  std::vector<OffHeapBinary*> binaries;   // a count each
  size_t head = 0;                        // both: what is before it has been taken
  size_t size = 0;

  void drop_head() {
    binaries[head]->release();
    ++head;
    if (head * 2 < vectors.size() || head < 16) return;
    vectors.erase(vectors.begin(), vectors.begin() + static_cast<ptrdiff_t>(head));
    binaries.erase(binaries.begin(), binaries.begin() + static_cast<ptrdiff_t>(head));
    head = 0;
  }
  void push(const void* bytes, size_t count, OffHeapBinary* binary) {
    vectors.push_back(SysIOVec{const_cast<char*>(static_cast<const char*>(bytes)), count});
    binaries.push_back(binary);
    size += count;
  }
};

namespace {

enum : int { kBelongsToCaller = 1 };   // ErlNifIOVec::flags: the structure itself is not to be freed

struct Element {
  const uint8_t* bytes;
  size_t size;
  OffHeapBinary* binary;   // with a count
};

OffHeapBinary* copy_of(const uint8_t* bytes, uint64_t bit_offset, size_t size) {
  OffHeapBinary* made = OffHeapBinary::create(size);
  binary::copy_bits(bytes, bit_offset, made->data(), 0, uint64_t{size} * 8);
  return made;
}

Element element_of(Term t) {
  const binary::Bits bits = binary::bits_of(t);
  const size_t size = bits.bit_size / 8;
  const Term base = is_kind(t, BoxedKind::SubBinary) ? t.pointer()[4] : t;
  if (is_kind(base, BoxedKind::BinaryRef) && bits.is_aligned()) {
    auto* binary = reinterpret_cast<OffHeapBinary*>(base.pointer()[3].raw);
    binary->retain();
    return {bits.bytes + bits.bit_offset / 8, size, binary};
  }
  OffHeapBinary* copy = copy_of(bits.bytes, bits.bit_offset, size);
  return {copy->data(), size, copy};
}

void release_elements(ErlNifIOVec& vector) {
  for (int i = 0; i < vector.iovcnt; ++i) {
    if (vector.ref_bins[i]) static_cast<OffHeapBinary*>(vector.ref_bins[i])->release();
  }
  vector.iovcnt = 0;
}

}  // namespace

// `*into` is null, or a structure of the caller's that is used where the elements fit.
int enif_inspect_iovec(ErlNifEnv* env, size_t max_length, ERL_NIF_TERM term, ERL_NIF_TERM* tail, ErlNifIOVec** into) {
  if (env) check(env, __func__);
  Term rest = term_of(term);
  std::vector<Element> elements;
  size_t taken = 0, size = 0;
  bool is_good = true;
  for (; rest.is_list_cell() && taken < max_length; rest = rest.tail(), ++taken) {
    if (!binary::is_binary(rest.head())) {
      is_good = false;
      break;
    }
    if (binary::bit_size(rest.head()) == 0) continue;
    elements.push_back(element_of(rest.head()));
    size += elements.back().size;
  }
  if (!is_good || !rest.is_list()) {
    for (const Element& element : elements) element.binary->release();
    return 0;
  }
  ErlNifIOVec* vector = *into;
  const size_t count = elements.size();
  const size_t bytes = sizeof(ErlNifIOVec) + count * (sizeof(SysIOVec) + sizeof(void*));
  if (vector && count <= ERL_NIF_IOVEC_SIZE) {
    vector->iov = vector->small_iov;
    vector->ref_bins = vector->small_ref_bin;
    vector->flags = kBelongsToCaller;
  } else {
    vector = static_cast<ErlNifIOVec*>(env ? add_temporary(*env, bytes) : std::malloc(bytes));
    ATH_ASSERT(vector != nullptr && "out of memory");
    vector->iov = reinterpret_cast<SysIOVec*>(vector + 1);
    vector->ref_bins = reinterpret_cast<void**>(vector->iov + count);
    vector->flags = env ? kBelongsToCaller : 0;
  }
  vector->iovcnt = static_cast<int>(count);
  vector->size = size;
  for (size_t i = 0; i < count; ++i) {
    vector->iov[i] = SysIOVec{reinterpret_cast<char*>(const_cast<uint8_t*>(elements[i].bytes)), elements[i].size};
    vector->ref_bins[i] = elements[i].binary;
  }
  if (env) {
    // The counts go with the environment: enif_free_iovec is for vectors made without one.
    auto** keeps = static_cast<OffHeapBinary**>(add_temporary(*env, (count + 1) * sizeof(void*), [](Temporary* temporary) {
      for (auto** binary = static_cast<OffHeapBinary**>(temporary->payload()); *binary; ++binary) (*binary)->release();
    }));
    for (size_t i = 0; i < count; ++i) keeps[i] = elements[i].binary;
    keeps[count] = nullptr;
  }
  *into = vector;
  *tail = raw_of(rest);
  return 1;
}

void enif_free_iovec(ErlNifIOVec* vector) {
  release_elements(*vector);
  if (!(vector->flags & kBelongsToCaller)) std::free(vector);
}

ErlNifIOQueue* enif_ioq_create(ErlNifIOQueueOpts options) { return options == ERL_NIF_IOQ_NORMAL ? new erts_io_queue : nullptr; }

void enif_ioq_destroy(ErlNifIOQueue* queue) {
  if (!queue) misuse(__func__, "the queue is null");
  for (size_t i = queue->head; i < queue->binaries.size(); ++i) queue->binaries[i]->release();
  delete queue;
}

int enif_ioq_enqv(ErlNifIOQueue* queue, ErlNifIOVec* vector, size_t skip) {
  if (skip > vector->size) return 0;
  for (int i = 0; i < vector->iovcnt; ++i) {
    const SysIOVec& element = vector->iov[i];
    if (skip >= element.iov_len) {
      skip -= element.iov_len;
      continue;
    }
    const auto* bytes = reinterpret_cast<const uint8_t*>(element.iov_base) + skip;
    const size_t count = element.iov_len - skip;
    skip = 0;
    if (auto* binary = static_cast<OffHeapBinary*>(vector->ref_bins[i])) {
      binary->retain();
      queue->push(bytes, count, binary);
    } else {
      OffHeapBinary* copy = copy_of(bytes, 0, count);
      queue->push(copy->data(), count, copy);
    }
  }
  return 1;
}

int enif_ioq_enq_binary(ErlNifIOQueue* queue, ErlNifBinary* bin, size_t skip) {
  ErlNifIOVec vector{};
  vector.iovcnt = 1;
  vector.size = bin->size;
  vector.iov = vector.small_iov;
  vector.ref_bins = vector.small_ref_bin;
  vector.small_iov[0] = SysIOVec{reinterpret_cast<char*>(bin->data), bin->size};
  vector.small_ref_bin[0] = bin->ref_bin;
  const int result = enif_ioq_enqv(queue, &vector, skip);
  enif_release_binary(bin);
  return result;
}

size_t enif_ioq_size(ErlNifIOQueue* queue) { return queue->size; }

int enif_ioq_deq(ErlNifIOQueue* queue, size_t count, size_t* size) {
  if (count > queue->size) return 0;
  queue->size -= count;
  while (count > 0) {
    SysIOVec& first = queue->vectors[queue->head];
    if (count < first.iov_len) {
      first.iov_base = static_cast<char*>(first.iov_base) + count;
      first.iov_len -= count;
      break;
    }
    count -= first.iov_len;
    queue->drop_head();
  }
  if (size) *size = queue->size;
  return 1;
}

SysIOVec* enif_ioq_peek(ErlNifIOQueue* queue, int* count) {
  *count = static_cast<int>(queue->vectors.size() - queue->head);
  return *count == 0 ? nullptr : queue->vectors.data() + queue->head;
}

int enif_ioq_peek_head(ErlNifEnv* env, ErlNifIOQueue* queue, size_t* size, ERL_NIF_TERM* term) {
  check(env, __func__);
  if (queue->size == 0) return 0;
  const SysIOVec& first = queue->vectors[queue->head];
  if (size) *size = first.iov_len;
  if (first.iov_len <= binary::kHeapBinaryMax) {
    *term = raw_of(binary::from_bytes(*env->heap, first.iov_base, first.iov_len));
    return 1;
  }
  OffHeapBinary* binary = queue->binaries[queue->head];
  binary->retain();
  const Term made = binary::from_off_heap(*env->heap, binary, first.iov_len);
  made.pointer()[4].raw = reinterpret_cast<Word>(first.iov_base);
  *term = raw_of(made);
  return 1;
}
