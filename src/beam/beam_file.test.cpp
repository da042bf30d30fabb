// SPDX-License-Identifier: Apache-2.0
#include "beam/beam_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string_view>

#include "term/context.hpp"

namespace athanor::beam {
namespace {

namespace fs = std::filesystem;

class BeamFileTest : public testing::Test {
 protected:
  void SetUp() override {
    context_.atoms = atoms_.get();
    current_term_context = &context_;
  }
  void TearDown() override { current_term_context = nullptr; }
  static std::vector<uint8_t> load(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::unique_ptr<AtomTable> atoms_{make_atom_table(1 << 20)};
  TermContext context_;
};

std::vector<fs::path> installed_modules() {
  std::vector<fs::path> found;
  for (const char* root : {"/usr/lib/erlang", "/usr/lib/elixir"}) {
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(root, error)) {
      if (entry.path().extension() == ".beam") found.push_back(entry.path());
    }
  }
  return found;
}

TEST_F(BeamFileTest, EveryInstalledModuleIsReadAndVerified) {
  size_t count = 0, bytes = 0;
  for (const fs::path& path : installed_modules()) {
    auto data = load(path);
    auto file = read(data.data(), data.size());
    ASSERT_TRUE(file) << path << ": " << file.error().message;
    auto verified = verify(**file);
    EXPECT_TRUE(verified) << path << ": " << (verified ? "" : verified.error().message);
    ++count;
    bytes += (*file)->code_bytes;
  }
  EXPECT_GT(count, 500u);
  EXPECT_GT(bytes, 1000000u);
}

TEST_F(BeamFileTest, DamagedFilesAreRefusedOrReadWithoutHarm) {
  std::mt19937 random(4711);
  size_t refused = 0, tried = 0;
  for (const fs::path& path : installed_modules()) {
    if (path.stem() != "lists" && path.stem() != "gen_server" && path.stem() != "prim_file") continue;
    auto original = load(path);
    for (int round = 0; round < 400; ++round) {
      auto data = original;
      for (int flip = 0; flip < 3; ++flip) data[random() % data.size()] = static_cast<uint8_t>(random());
      if (round % 7 == 0) data.resize(random() % data.size());
      ++tried;
      auto file = read(data.data(), data.size());
      if (!file || !verify(**file)) ++refused;
    }
    // Behind the checks of the chunks: bytes of code alone.
    auto file = read(original.data(), original.size());
    ASSERT_TRUE(file);
    auto* code = const_cast<uint8_t*>((*file)->code);
    for (int round = 0; round < 2000; ++round) {
      const size_t at = random() % (*file)->code_bytes;
      const uint8_t before = code[at];
      code[at] = static_cast<uint8_t>(random());
      ++tried;
      if (!verify(**file)) ++refused;
      for (const FunctionRow& function : (*file)->functions) {
        if (function.code_begin <= at && at < function.code_end) EXPECT_FALSE(disassemble(**file, function).empty());
      }
      code[at] = before;
    }
    EXPECT_TRUE(verify(**file));
  }
  EXPECT_GT(tried, 400u);
  EXPECT_GT(refused, 0u);
}

// OTP: a corrupt atom table. Who reads the characters of an atom takes them for granted.
TEST_F(BeamFileTest, AtomsAreUtf8) {
  for (const fs::path& path : installed_modules()) {
    if (path.filename() != "lists.beam") continue;
    std::vector<uint8_t> data = load(path);
    static constexpr std::string_view kName = "reverse";
    auto place = std::search(data.begin(), data.end(), kName.begin(), kName.end());
    ASSERT_NE(place, data.end());
    ASSERT_TRUE(read(data.data(), data.size()));
    place[5] = 0xF0;   // of four bytes, two of which are there
    EXPECT_FALSE(read(data.data(), data.size()));
    return;
  }
  FAIL() << "no lists.beam";
}

TEST_F(BeamFileTest, GarbageIsNoBeamFile) {
  const uint8_t garbage[] = "FOR1 but nothing else";
  EXPECT_FALSE(read(garbage, sizeof garbage));
  EXPECT_FALSE(read(garbage, 0));
}

}  // namespace
}  // namespace athanor::beam
