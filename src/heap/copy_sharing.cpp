// SPDX-License-Identifier: Apache-2.0
#include "heap/copy_sharing.hpp"

#include <absl/container/flat_hash_map.h>

#include "heap/copy.hpp"
#include "heap/flat_block.hpp"
#include "term/work_stack.hpp"

namespace athanor::heap {
namespace {

class SharingCopier {
 public:
  explicit SharingCopier(Allocator& to) : to_(to) {}
  Term run(Term root) {
    Term copied = take(root);
    while (!rest_.empty()) {
      Span span = rest_.pop();
      for (size_t i = 0; i < span.count; ++i) span.first[i] = take(span.first[i]);
    }
    return copied;
  }
  size_t words() const { return words_; }

 private:
  struct Span { Term* first; size_t count; };   // terms of a copy that are the old ones still

  Term take(Term t) {
    if (!t.is_pointer()) return t;
    auto [known, is_new] = copies_.try_emplace(t.raw, Term::nil());
    if (!is_new) return known->second;
    Term copied = t.is_list_cell() ? container(t, 2, 0) : boxed(t);
    copies_[t.raw] = copied;
    return copied;
  }

  Term boxed(Term t) {
    const Word header = box_header(t);
    switch (header_kind(header)) {
      case BoxedKind::Tuple:
      case BoxedKind::FlatMap:
      case BoxedKind::HashMap:
      case BoxedKind::HashNode:
      case BoxedKind::Fun: return container(t, header_arity(header) + 1, 1 + raw_words(header));
      default:
        words_ += flat_words(t, nullptr);
        return copy(t, to_, nullptr);
    }
  }

  // `first`: where its terms begin.
  Term container(Term t, size_t words, size_t first) {
    Term* place = to_.allocate(words);
    for (size_t i = 0; i < words; ++i) place[i] = t.pointer()[i];
    if (words > first) rest_.push({place + first, words - first});
    words_ += words;
    return t.is_list_cell() ? Term::list_cell(place) : Term::boxed(place);
  }

  Allocator& to_;
  WorkStack<Span> rest_;
  absl::flat_hash_map<Word, Term> copies_;
  size_t words_ = 0;
};

}  // namespace

Term copy_sharing(Term t, Allocator& to, size_t& words) {
  words = 0;
  if (!t.is_pointer()) return t;
  SharingCopier copier(to);
  Term copied = copier.run(t);
  words = copier.words();
  return copied;
}

}  // namespace athanor::heap
