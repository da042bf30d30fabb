// SPDX-License-Identifier: Apache-2.0
// The golden files of tests/instr. With ATHANOR_GOLDEN=write in the environment they are rewritten (./dev golden).
#include "engine/ir/listing.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "code/code_server.hpp"
#include "engine/engine.hpp"
#include "engine/ir/lowering/lowering.hpp"
#include "process/test_machine.hpp"

namespace athanor::engine::ir {
namespace {

namespace fs = std::filesystem;

process::BifResult never_called(process::Process& self, const Term*) { return self.badarg(); }

#define GUARD(name, arity) process::NativeRow{"erlang", name, arity, process::BifKind::Guard, never_called, 25, 999, false}
constexpr process::NativeRow kGuards[] = {GUARD("+", 2), GUARD("-", 2), GUARD("*", 2), GUARD("band", 2), GUARD("bsr", 2), GUARD("abs", 1), GUARD("float", 1)};
#undef GUARD

class GoldenTest : public testing::Test, public TermHost {
 protected:
  GoldenTest() {
    machine_.runtime.terms.atoms = atoms_.get();
    machine_.runtime.terms.host = this;
    for (const process::NativeRow& row : kGuards) rows_.push_back(&row);
    server_ = std::make_unique<code::CodeServer>(machine_.runtime, rows_, make_stubs());
    machine_.runtime.code = server_.get();
  }
  // Every function of a module, or why it cannot be had.
  std::string listings(const std::string& name, const std::vector<uint8_t>& bytes) {
    auto prepared = server_->prepare(intern(name), bytes.data(), bytes.size());
    if (!prepared) return prepared.error().message;
    code::Prepared* one = *prepared;
    std::vector<Term> failed;
    server_->finish({&one, 1}, failed);
    one->release();
    code::ModuleCode& code = *server_->find_module(intern(name))->current.load();
    std::string text;
    for (size_t i = 0; i < code.function_count; ++i) {
      code::Function& function = code.functions[i];
      if (function.mfa.function == atoms::module_info) continue;
      Layout layout;
      code::Lowered& lowered = *function.lowered.load();
      if (!Lowering(machine_.runtime, function, &layout).run(lowered)) return "malformed";
      text += std::string(atom_text(function.mfa.function)) + "/" + std::to_string(function.mfa.arity) + "\n";
      text += listing(lowered.words.get(), lowered.word_count, layout) + "\n";
    }
    return text;
  }
  ExportHead* export_of(Mfa mfa) override { return server_->export_of(mfa.module, mfa.function, mfa.arity); }
  FunHead* fun_of(Term module, uint32_t index, uint32_t old_uniq, const uint8_t uniq[16], uint32_t arity, uint32_t num_free) override {
    return server_->fun_of(module, index, old_uniq, uniq, arity, num_free);
  }
  Node* node_of(Term, uint32_t) override { return nullptr; }

  std::unique_ptr<AtomTable> atoms_{make_atom_table(1 << 16)};
  process::TestMachine machine_;
  std::vector<const process::NativeRow*> rows_;
  std::unique_ptr<code::CodeServer> server_;
};

template <class Bytes>
Bytes file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

TEST_F(GoldenTest, FunctionsAreLoweredAsTheFilesSay) {
  const char* mode = std::getenv("ATHANOR_GOLDEN");
  const bool writes = mode && std::string_view(mode) == "write";
  const fs::path folder = fs::path(ATH_SOURCE_DIR) / "tests/instr";
  const fs::path compiled = fs::temp_directory_path() / ("athanor_golden_" + std::to_string(::getpid()));
  fs::create_directories(compiled);
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".erl") continue;
    const std::string name = entry.path().stem();
    ASSERT_EQ(std::system(("erlc +deterministic -o " + compiled.string() + " " + entry.path().string()).c_str()), 0) << name;
    const std::string text = listings(name, file<std::vector<uint8_t>>(compiled / (name + ".beam")));
    const fs::path golden = folder / (name + ".ir");
    if (writes) {
      std::ofstream(golden, std::ios::binary) << text;
    } else {
      EXPECT_EQ(text, file<std::string>(golden)) << golden << ": ./dev golden rewrites it";
    }
    ++count;
  }
  fs::remove_all(compiled);
  EXPECT_GE(count, 3u);
}

}  // namespace
}  // namespace athanor::engine::ir
