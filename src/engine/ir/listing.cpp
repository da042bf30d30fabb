// SPDX-License-Identifier: Apache-2.0
#include "engine/ir/listing.hpp"

#include <fmt/format.h>

#include <string_view>
#include <unordered_map>

#include "engine/bit_syntax.hpp"
#include "engine/interp/ops/each_handler.hpp"
#include "term/atom_table.hpp"
#include "term/print.hpp"

namespace athanor::engine::ir {

namespace {

using Names = std::unordered_map<Word, std::string>;

char letter(Kind kind) { return kind == Kind::X ? 'x' : kind == Kind::Y ? 'y' : 'c'; }

// All handlers by address; of several names of one the first stays.
Names handler_names() {
  Names names;
  each_handler([&](Handler handler, Op, std::string_view name, std::initializer_list<Kind> kinds) {
    std::string text(name.substr(3));
    if (kinds.size() != 0) text += ' ';
    for (Kind kind : kinds) text += letter(kind);
    names.try_emplace(reinterpret_cast<Word>(handler), text);
  });
  return names;
}

std::string text_of(Mfa mfa) { return fmt::format("{}:{}/{}", atom_text(mfa.module), atom_text(mfa.function), mfa.arity); }
std::string text_of_register(Register r) { return fmt::format("{}{}", is_y(r) ? 'y' : 'x', register_index(r)); }
std::string text_of_source(Source s) { return is_constant(s) ? to_text(Term{s}, 60) : text_of_register(static_cast<Register>(s)); }

class Listing {
 public:
  Listing(const Word* words, size_t count, const Layout& layout) : words_(words), count_(count), layout_(layout), names_(handler_names()) {}

  std::string text() {
    for (auto at = layout_.begin(); at != layout_.end() && at->first < count_; ++at) {
      at_ = at->first;
      auto next = std::next(at);
      end_ = next == layout_.end() ? count_ : std::min(next->first, count_);
      auto name = names_.find(words_[at_]);
      out_ += fmt::format("{:>4}  {:<26}", at_, name == names_.end() ? "?" : name->second);
      fields(at->second);
      while (!out_.empty() && out_.back() == ' ') out_.pop_back();
      out_ += '\n';
    }
    return std::move(out_);
  }

 private:
  void field(std::string_view type, std::string_view name, uint32_t value) {
    if (type == "Register") say(name, text_of_register(value));
    else if (name == "quiet") out_ += value != 0 ? " quiet" : "";
    else if (name != "unused") say(name, fmt::to_string(value));
  }
  void field(std::string_view, std::string_view name, JumpOffset value) {
    if (value != 0) say(name, fmt::format("→{}", static_cast<int64_t>(at_) + value));
  }
  void field(std::string_view type, std::string_view name, Word value) {
    say(name, type == "Source" ? text_of_source(value) : type == "Word" && name == "header" ? fmt::format("arity {}", header_arity(value)) : fmt::to_string(value));
  }
  void field(std::string_view, std::string_view name, int64_t value) { say(name, fmt::to_string(value)); }
  void field(std::string_view, std::string_view name, Term value) { say(name, to_text(value, 60)); }
  void field(std::string_view, std::string_view name, const code::Function* value) { say(name, value ? text_of(value->mfa) : "none"); }
  void field(std::string_view, std::string_view name, const code::Export* value) { say(name, text_of(value->mfa)); }
  void field(std::string_view, std::string_view name, const code::FunEntry* value) { say(name, fmt::format("fun {}/{}", value->index, value->arity)); }
  void field(std::string_view, std::string_view name, const process::NativeRow* value) { say(name, fmt::format("{}:{}/{}", value->module, value->name, value->arity)); }
  void field(std::string_view, std::string_view, process::BifFunction) {}
  void field(std::string_view, std::string_view name, const CallSite* value) { say("line", fmt::to_string(value->line_item)); }
  void field(std::string_view, std::string_view, const uint8_t*) {}
  void list(std::string_view type, std::string_view name, size_t from) {
    std::string text;
    auto add = [&](const std::string& item) { text += (text.empty() ? "" : ", ") + item; };
    auto target = [&](Word offset) { return fmt::format("→{}", static_cast<int64_t>(at_) + static_cast<int64_t>(offset)); };
    for (size_t i = from; i < end_; ++i) {
      const Word word = words_[i];
      if (name == "targets") add(target(word));
      else if (name == "fields") add(fmt::format("{}:{}/{}", text_of_register(static_cast<Register>(word >> 32)), word & 0xFF, word >> 8 & 0xFF));
      else if (name == "rows" && is_selection_ && i + 1 < end_) {
        add(((word & 3) == 0 ? fmt::format("arity {}", header_arity(word)) : to_text(Term{word}, 60)) + target(words_[i + 1]));
        ++i;
      } else if (name == "segments" && i + 2 < end_) {
        bool is_string = static_cast<bit_syntax::SegmentType>(word & 0xFF) == bit_syntax::SegmentType::String;
        add(fmt::format("{:x}", word) + (is_string ? fmt::format(" {} bytes", words_[i + 2]) : " " + text_of_source(words_[i + 1]) + " " + text_of_source(words_[i + 2])));
        i += 2;
      } else {
        add(type == "Source" || name == "rows" ? text_of_source(word) : fmt::format("{:x}", word));
      }
    }
    say(name, "[" + text + "]");
  }
  void say(std::string_view name, const std::string& text) { out_ += fmt::format(" {}={}", name, text); }

  void fields(Row row) {
    is_selection_ = row == Row::SelectLinear;
    switch (row) {
#define FIELD(type, name) field(#type, #name, in.name);
#define LIST(type, name) list(#type, #name, at_ + words);
#define INSTRUCTION(Name, ...)                                        \
  case Row::Name: {                                                   \
    [[maybe_unused]] const auto& in = at<Name>(words_ + at_);         \
    [[maybe_unused]] constexpr size_t words = kWords<Name>;           \
    __VA_ARGS__                                                       \
    break;                                                            \
  }
#include "engine/ir/instructions.def"
#undef INSTRUCTION
#undef LIST
#undef FIELD
    }
  }

  const Word* words_;
  size_t count_, at_ = 0, end_ = 0;
  bool is_selection_ = false;
  const Layout& layout_;
  Names names_;
  std::string out_;
};

}  // namespace

std::string listing(const Word* words, size_t count, const Layout& layout) { return Listing(words, count, layout).text(); }

}  // namespace athanor::engine::ir
