// SPDX-License-Identifier: Apache-2.0
#include "beam/verifier.hpp"

#include <string>

#include "beam/verifier_flow.hpp"
#include "beam/verifier_operands.hpp"
#include "term/context.hpp"

namespace athanor::beam {

template <size_t kWords>
const char* Verifier<kWords>::run() {
  file_.functions.clear();
  file_.functions.reserve(file_.function_count);
  file_.guard_imports.assign(file_.imports.size(), 0);
  file_.on_load_label = 0;
  file_.has_nifs = false;
  Decoder decoder(file_);
  Instruction i;
  while (decoder.next(i)) {
    at_ = i.offset;
    if (is_ended_) return "code behind int_code_end";
    const auto opcode = static_cast<Opcode>(i.opcode);
    if (expects_entry_ && opcode != Opcode::label) return "a function without an entry";
    Gathered g;
    if (Problem problem = gather(i, *opcode_info(i.opcode), g)) return problem;
    if (Problem problem = flow(i, g)) return problem;
    if (opcode != Opcode::label && opcode != Opcode::line) recent_.clear();
  }
  if (decoder.error()) {
    at_ = i.offset;
    return decoder.error();
  }
  if (!is_ended_) return "the code has no end";
  return references();
}

namespace {

template <size_t kWords>
const char* check(BeamFile& file, uint32_t& at, bool& is_too_narrow) {
  Verifier<kWords> verifier(file);
  const char* problem = verifier.run();
  at = verifier.at();
  is_too_narrow = verifier.is_too_narrow();
  return problem;
}

}  // namespace

base::Result<bool> verify(BeamFile& file) {
  uint32_t at = 0;
  bool is_too_narrow = false;
  const char* problem = check<1>(file, at, is_too_narrow);
  if (is_too_narrow) problem = check<kWideWords>(file, at, is_too_narrow);
  if (!problem) return true;
  const uint32_t opcode = at < file.code_bytes ? file.code[at] : 0;
  const char* name = opcode_name(opcode);
  std::string text = std::string(problem) + " (" + (name ? name : "opcode") + " " + std::to_string(opcode) + " at code offset " + std::to_string(at);
  if (!file.functions.empty()) {
    const FunctionRow& row = file.functions.back();
    text += ", function " + std::string(atom_text(row.name)) + "/" + std::to_string(row.arity);
  }
  return base::Error{text + ")"};
}

}  // namespace athanor::beam
