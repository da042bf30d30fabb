// SPDX-License-Identifier: Apache-2.0
// For unit tests: a heap that frees what it made, and a context with atoms, exports, fun entries and nodes.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "term/allocator.hpp"
#include "term/boxed.hpp"
#include "term/context.hpp"

namespace athanor::testing {

class TestHeap final : public Allocator {
 public:
  ~TestHeap() {
    for (Term* box = off_heap_.first; box != nullptr;) {
      if (header_kind(box->raw) == BoxedKind::BinaryRef) {
        reinterpret_cast<OffHeapBinary*>(box[3].raw)->release();
        box = reinterpret_cast<Term*>(box[2].raw);
      } else {
        reinterpret_cast<MagicObject*>(box[4].raw)->release();
        box = reinterpret_cast<Term*>(box[3].raw);
      }
    }
  }
  size_t words() const { return words_; }  // of all blocks

 protected:
  Term* grow(size_t words) override {
    size_t size = std::max<size_t>(words + kReserveWords, 4096);
    blocks_.push_back(std::make_unique<Term[]>(size));
    words_ += size;
    top_ = blocks_.back().get() + words;
    limit_ = blocks_.back().get() + size;
    return blocks_.back().get();
  }

 private:
  std::vector<std::unique_ptr<Term[]>> blocks_;
  size_t words_ = 0;
};

class TestHost final : public TermHost {
 public:
  ExportHead* export_of(Mfa mfa) override {
    auto& entry = exports_[{mfa.module.raw, mfa.function.raw, mfa.arity}];
    if (!entry) entry = std::make_unique<ExportHead>(ExportHead{mfa});
    return entry.get();
  }
  FunHead* fun_of(Term module, uint32_t index, uint32_t old_uniq, const uint8_t uniq[16], uint32_t arity, uint32_t num_free) override {
    auto& entry = funs_[{module.raw, index, old_uniq, arity, num_free}];
    if (!entry) {
      entry = std::make_unique<FunHead>();
      entry->module = module;
      entry->arity = arity;
      entry->num_free = num_free;
      entry->index = index;
      entry->old_uniq = old_uniq;
      std::memcpy(entry->uniq, uniq, 16);
    }
    return entry.get();
  }
  Node* node_of(Term name, uint32_t creation) override {
    auto& node = nodes_[{name.raw, creation}];
    if (!node) node = std::make_unique<Node>(Node{name, creation});
    return node.get();
  }

 private:
  std::map<std::tuple<Word, Word, uint32_t>, std::unique_ptr<ExportHead>> exports_;
  std::map<std::tuple<Word, uint32_t, uint32_t, uint32_t, uint32_t>, std::unique_ptr<FunHead>> funs_;
  std::map<std::pair<Word, uint32_t>, std::unique_ptr<Node>> nodes_;
};

// Current for this thread while it lives.
class TestContext {
 public:
  TestContext() : atoms_(make_atom_table(1 << 16)) {
    context_.atoms = atoms_.get();
    context_.host = &host_;
    context_.node_name = intern_first("nonode@nohost");
    current_term_context = &context_;
  }
  ~TestContext() { current_term_context = nullptr; }
  TermContext& context() { return context_; }

 private:
  Term intern_first(const char* text) { return atoms_->intern(text); }
  std::unique_ptr<AtomTable> atoms_;
  TestHost host_;
  TermContext context_;
};

}  // namespace athanor::testing
