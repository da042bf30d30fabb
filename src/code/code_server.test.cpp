// SPDX-License-Identifier: Apache-2.0
// The code server with stubs of an engine that runs nothing: entries are compared, never followed.
#include "code/code_server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "process/process_table.hpp"
#include "process/runtime.hpp"
#include "process/state.hpp"

namespace athanor::code {
namespace {

namespace fs = std::filesystem;

process::BifResult never_called(process::Process&, const Term*) { return Term::nil(); }
constexpr process::NativeRow kReverse{"lists", "reverse", 2, process::BifKind::Light, never_called, 25, 999, false};
constexpr process::NativeRow kReadFile{"prim_file", "read_file_nif", 1, process::BifKind::DirtyIo, never_called, 25, 999, true};

CodeAddress address(const void* p) { return static_cast<const Word*>(p); }
EngineStubs stubs() {
  EngineStubs s;
  s.native_entry = [](const process::NativeRow& row, Mfa) { return address(&row); };
  s.lowering_entry = [](Function& function) { return address(&function); };
  s.undefined_entry = [](Export& exported) { return address(&exported); };
  s.unloaded_fun_entry = [](FunEntry& entry) { return address(&entry); };
  return s;
}

class CodeServerTest : public testing::Test, public TermHost {
 protected:
  void SetUp() override {
    runtime_.terms.atoms = atoms_.get();
    runtime_.terms.host = this;
    runtime_.epochs = &epochs_;
    runtime_.literals = &literals_;
    current_term_context = &runtime_.terms;
    server_ = std::make_unique<CodeServer>(runtime_, rows(), stubs());
  }
  void TearDown() override {
    server_.reset();
    current_term_context = nullptr;
  }
  static std::span<const process::NativeRow* const> rows() {
    static const std::vector<const process::NativeRow*> all = [] {
      static std::vector<process::NativeRow> guards;
      const std::vector<std::pair<const char*, std::vector<int>>> names = {
          {"abs", {1}}, {"+", {1, 2}}, {"-", {1, 2}}, {"*", {2}}, {"/", {2}}, {"div", {2}}, {"rem", {2}}, {"band", {2}}, {"bor", {2}}, {"bxor", {2}},
          {"bsl", {2}}, {"bsr", {2}}, {"bnot", {1}}, {"hd", {1}}, {"tl", {1}}, {"length", {1}}, {"size", {1}}, {"byte_size", {1}}, {"bit_size", {1}},
          {"map_size", {1}}, {"map_get", {2}}, {"is_map_key", {2}}, {"tuple_size", {1}}, {"element", {2}}, {"self", {0}}, {"node", {0, 1}}, {"get", {1}},
          {"round", {1}}, {"trunc", {1}}, {"float", {1}}, {"ceil", {1}}, {"floor", {1}}, {"not", {1}}, {"and", {2}}, {"or", {2}}, {"xor", {2}},
          {"=:=", {2}}, {"=/=", {2}}, {"==", {2}}, {"/=", {2}}, {"<", {2}}, {"=<", {2}}, {">", {2}}, {">=", {2}}, {"is_atom", {1}}, {"is_binary", {1}},
          {"is_bitstring", {1}}, {"is_boolean", {1}}, {"is_float", {1}}, {"is_function", {1, 2}}, {"is_integer", {1}}, {"is_list", {1}}, {"is_map", {1}},
          {"is_number", {1}}, {"is_pid", {1}}, {"is_port", {1}}, {"is_reference", {1}}, {"is_tuple", {1}}, {"binary_part", {2, 3}}, {"max", {2}}, {"min", {2}}};
      for (auto& [name, arities] : names) {
        for (int arity : arities) guards.push_back({"erlang", name, static_cast<uint8_t>(arity), process::BifKind::Guard, never_called, 25, 999, false});
      }
      std::vector<const process::NativeRow*> result{&kReverse, &kReadFile};
      for (const process::NativeRow& row : guards) result.push_back(&row);
      return result;
    }();
    return all;
  }
  ExportHead* export_of(Mfa mfa) override { return server_->export_of(mfa.module, mfa.function, mfa.arity); }
  FunHead* fun_of(Term module, uint32_t index, uint32_t old_uniq, const uint8_t uniq[16], uint32_t arity, uint32_t num_free) override {
    return server_->fun_of(module, index, old_uniq, uniq, arity, num_free);
  }
  Node* node_of(Term, uint32_t) override { return nullptr; }

  // The file of an installed module; empty: not there.
  static std::vector<uint8_t> file_of(const std::string& name) {
    static const std::map<std::string, fs::path> paths = [] {
      std::map<std::string, fs::path> found;
      std::error_code error;
      for (const auto& entry : fs::recursive_directory_iterator("/usr/lib/erlang/lib", error)) {
        if (entry.path().extension() == ".beam") found.emplace(entry.path().stem(), entry.path());
      }
      return found;
    }();
    auto path = paths.find(name);
    if (path == paths.end()) return {};
    std::ifstream in(path->second, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  Prepared* prepare(const char* name) {
    auto bytes = file_of(name);
    auto prepared = server_->prepare(intern(name), bytes.data(), bytes.size());
    EXPECT_TRUE(prepared) << (prepared ? "" : prepared.error().message);
    return prepared ? *prepared : nullptr;
  }
  CodeServer::Finish load(const char* name) {
    Prepared* prepared = prepare(name);
    std::vector<Term> failed;
    auto result = server_->finish({&prepared, 1}, failed);
    prepared->release();
    return result;
  }
  Export* exported(const char* module, const char* name, uint32_t arity) { return server_->find_export(intern(module), intern(name), arity); }

  std::unique_ptr<AtomTable> atoms_{make_atom_table(1 << 20)};
  base::Epochs epochs_;
  heap::LiteralSpace literals_;
  process::Runtime runtime_;
  std::unique_ptr<CodeServer> server_;
};
#define REQUIRE_INSTALLED(name) ASSERT_FALSE(file_of(name).empty()) << name " is not installed"

TEST_F(CodeServerTest, ExportsLeadToTheirFunctions) {
  REQUIRE_INSTALLED("lists");
  EXPECT_EQ(load("lists"), CodeServer::Finish::Ok);
  Export* map = exported("lists", "map", 2);
  ASSERT_NE(map, nullptr);
  ASSERT_NE(map->function.load(), nullptr);
  EXPECT_EQ(map->function.load()->mfa.arity, 2u);
  EXPECT_EQ(map->entry.load(), address(map->function.load()));
  EXPECT_EQ(server_->find_module(intern("lists"))->current.load()->find(intern("map"), 2), map->function.load());
  EXPECT_EQ(exported("lists", "nonesuch", 2), nullptr);
}
TEST_F(CodeServerTest, BuiltInsReplaceBodies) {
  REQUIRE_INSTALLED("lists");
  load("lists");
  EXPECT_EQ(exported("lists", "reverse", 2)->entry.load(), address(&kReverse));
  EXPECT_EQ(server_->find_module(intern("lists"))->current.load()->find(intern("reverse"), 2)->entry.load(), address(&kReverse));
  server_->remove_current(intern("lists"));
  EXPECT_EQ(exported("lists", "reverse", 2)->entry.load(), address(&kReverse));
  EXPECT_EQ(exported("lists", "map", 2)->entry.load(), address(exported("lists", "map", 2)));
}
TEST_F(CodeServerTest, NifsWaitForLoadNif) {
  REQUIRE_INSTALLED("prim_file");
  load("prim_file");
  Export* read = exported("prim_file", "read_file_nif", 1);
  Function* function = server_->find_module(intern("prim_file"))->current.load()->find(intern("read_file_nif"), 1);
  EXPECT_NE(function->entry.load(), address(&kReadFile));
  server_->activate_nifs(*server_->find_module(intern("prim_file"))->current.load());
  EXPECT_EQ(function->entry.load(), address(&kReadFile));
  if (function->exported) EXPECT_EQ(read->entry.load(), address(&kReadFile));
}
TEST_F(CodeServerTest, TwoGenerationsAndNoThird) {
  REQUIRE_INSTALLED("lists");
  load("lists");
  Function* first = exported("lists", "map", 2)->function.load();
  EXPECT_EQ(load("lists"), CodeServer::Finish::Ok);
  EXPECT_NE(exported("lists", "map", 2)->function.load(), first);
  EXPECT_TRUE(server_->has_old(intern("lists")));
  EXPECT_EQ(load("lists"), CodeServer::Finish::NotPurged);
  EXPECT_TRUE(server_->purge(intern("lists")));
  EXPECT_FALSE(server_->purge(intern("lists")));
  EXPECT_EQ(load("lists"), CodeServer::Finish::Ok);
}
TEST_F(CodeServerTest, TheSameModuleTwiceInOneLoad) {
  REQUIRE_INSTALLED("lists");
  Prepared* both[] = {prepare("lists"), prepare("lists")};
  std::vector<Term> failed;
  EXPECT_EQ(server_->finish(both, failed), CodeServer::Finish::Duplicated);
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(server_->find_module(intern("lists")), nullptr);
  both[0]->release();
  both[1]->release();
}
TEST_F(CodeServerTest, FunsAreHeldUpDuringAPurge) {
  REQUIRE_INSTALLED("gen_server");
  load("gen_server");
  ModuleCode* code = server_->find_module(intern("gen_server"))->current.load();
  ASSERT_FALSE(code->lambdas.empty());
  process::ProcessTable processes(64);
  struct : process::Waker {
    void enqueue(process::Process&) override {}
    void enqueue_signals(process::Process&, process::Priority) override {}
  } waker;
  runtime_.processes = &processes;
  runtime_.waker = &waker;
  process::Process* caller = processes.create(runtime_);
  FunEntry* fun = code->lambdas[0];
  CodeAddress entry = fun->entry.load();
  EXPECT_EQ(entry, fun->function.load()->entry.load());
  server_->remove_current(intern("gen_server"));
  EXPECT_EQ(fun->entry.load(), entry);
  ASSERT_TRUE(server_->begin_purge(intern("gen_server"), false));
  EXPECT_EQ(fun->entry.load(), address(fun));
  EXPECT_EQ(server_->call_unloaded_fun(*fun, *caller), UnloadedFun::Purging);
  EXPECT_TRUE(caller->state_.load() & process::kSuspended);
  server_->abort_purge();
  (void)process::begin_run(*caller);
  EXPECT_FALSE(caller->state_.load() & process::kSuspended);
  EXPECT_EQ(fun->entry.load(), entry);
  EXPECT_EQ(server_->call_unloaded_fun(*fun, *caller), UnloadedFun::Callable);
  ASSERT_TRUE(server_->begin_purge(intern("gen_server"), false));
  EXPECT_TRUE(server_->purge(intern("gen_server")));
  EXPECT_EQ(server_->call_unloaded_fun(*fun, *caller), UnloadedFun::NotLoaded);
  load("gen_server");   // the same MD5: the same funs
  EXPECT_EQ(server_->call_unloaded_fun(*fun, *caller), UnloadedFun::Callable);
}
TEST_F(CodeServerTest, LoweredFunctionsTakeTheirExportAlong) {
  REQUIRE_INSTALLED("lists");
  load("lists");
  Export* map = exported("lists", "map", 2);
  const Word lowered = 0;
  replace_entry(*map->function.load(), map->entry.load(), &lowered);
  EXPECT_EQ(map->entry.load(), &lowered);
}
TEST_F(CodeServerTest, AnotherModulesFileIsRefused) {
  REQUIRE_INSTALLED("lists");
  auto bytes = file_of("lists");
  EXPECT_FALSE(server_->prepare(intern("maps"), bytes.data(), bytes.size()));
}
TEST_F(CodeServerTest, ReadersSeeATableThatGrows) {
  std::atomic<bool> done{false};
  std::atomic<size_t> misses{0};
  const Term module = intern("m"), known = intern("known");
  Export* expected = server_->export_of(module, known, 0);
  std::thread reader([&] {
    base::Epochs::Participant* self = epochs_.join();
    epochs_.enter(self);
    while (!done.load(std::memory_order_relaxed)) {
      if (server_->find_export(module, known, 0) != expected) misses.fetch_add(1);
      epochs_.quiescent(self);
    }
    epochs_.exit(self);
    epochs_.leave(self);
  });
  for (int i = 0; i < 40000; ++i) server_->export_of(module, intern("f" + std::to_string(i)), static_cast<uint32_t>(i % 4));
  done.store(true);
  reader.join();
  epochs_.collect();
  EXPECT_EQ(misses.load(), 0u);
}
TEST_F(CodeServerTest, BootModulesArePreparedQuickly) {
  const char* names[] = {"erl_init", "init", "prim_buffer", "prim_eval", "prim_inet", "prim_file", "zlib", "erl_prim_loader", "erlang", "erts_internal",
                         "erl_tracer", "atomics", "counters", "persistent_term", "error_handler", "application", "application_controller", "code",
                         "code_server", "file", "file_server", "file_io_server", "gen", "gen_event", "gen_server", "heart", "kernel", "supervisor", "proc_lib",
                         "error_logger", "lists", "maps", "ets", "string", "io", "io_lib", "io_lib_format", "io_lib_pretty", "logger", "logger_server",
                         "user_drv", "group", "edlin", "erl_scan", "erl_parse", "erl_eval", "erl_lint", "erl_expand_records", "shell", "unicode", "proplists"};
  std::vector<std::vector<uint8_t>> files;
  size_t bytes = 0;
  for (const char* name : names) {
    files.push_back(file_of(name));
    bytes += files.back().size();
  }
  auto start = std::chrono::steady_clock::now();
  size_t count = 0;
  for (const auto& file : files) {
    if (file.empty()) continue;
    auto prepared = server_->prepare(Term::none(), file.data(), file.size());
    ASSERT_TRUE(prepared) << prepared.error().message;
    (*prepared)->release();
    ++count;
  }
  std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  RecordProperty("modules", static_cast<int>(count));
  std::printf("%zu modules, %zu bytes: %.2f ms\n", count, bytes, took.count());
}

}  // namespace
}  // namespace athanor::code
