// SPDX-License-Identifier: Apache-2.0
// Hostile .beam files: read, verified, linked, all functions lowered, exported ones called with some arguments. Refused, or run to some end,
// never more.
#include <cstdint>

#include "engine/interp/cells.hpp"
#include "engine/ir/lowering/lowered.hpp"
#include "harness/beam_mutator.hpp"
#include "harness/bench.hpp"
#include "harness/families.hpp"
#include "harness/term_source.hpp"
#include "process/runtime.hpp"
#include "term/hash.hpp"

namespace {

using namespace athanor;
using namespace athanor::fuzz;

constexpr size_t kCallsOfOneFile = 6;

// Bytes that are the same for the same file.
std::vector<uint8_t> chosen_by(const uint8_t* bytes, size_t count, size_t wanted) {
  uint64_t state = 1469598103934665603u;
  for (size_t i = 0; i < count; ++i) state = (state ^ bytes[i]) * 1099511628211u;
  std::vector<uint8_t> result(wanted);
  for (uint8_t& byte : result) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    byte = static_cast<uint8_t>(state >> 32);
  }
  return result;
}

void call_exports(Bench& machine, const code::ModuleCode& code, TermSource source) {
  static const std::vector<std::string_view> kWords = {"true", "false", "ok", "error", "undefined", "a", "b", "self"};
  Bench::Limits limits;
  limits.slices = 4;   // a loop without end is cut early: files a second count for more
  limits.reductions = 150;
  const std::vector<beam::ExportRow>& exports = code.file->exports;
  const size_t first = exports.empty() ? 0 : source.byte() % exports.size();
  for (size_t i = 0; i < std::min(exports.size(), kCallsOfOneFile); ++i) {
    const beam::ExportRow& row = exports[(first + i) % exports.size()];
    process::Process& self = machine.process();
    std::vector<Term> items(row.arity);
    for (Term& item : items) item = source.term(self, kWords, {});
    Term list = Term::nil();
    for (size_t a = items.size(); a-- > 0;) list = make_cons(self.allocate(2), items[a], list);
    const Term arguments[3] = {code.module, row.function, list};
    const Ended ended = machine.call(engine::kApplyList.address(), arguments, 3, limits);
    if (ended == Ended::Value) (void)phash2(machine.answer());
    machine.run_others(8, 200);
  }
}

}  // namespace

extern "C" size_t LLVMFuzzerMutate(uint8_t* bytes, size_t count, size_t max_count);
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* bytes, size_t count, size_t max_count, unsigned seed) {
  return mutate_beam_file(bytes, count, max_count, seed, LLVMFuzzerMutate);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t count) {
  Bench& machine = bench({harmless_natives()});
  code::CodeServer& server = machine.code();
  auto prepared = server.prepare(Term::none(), bytes, count);
  if (!prepared) return -1;   // of no interest to the corpus
  code::Prepared* one = *prepared;
  const Term name = one->code->module;
  const bool has_on_load = server.has_on_load(*one);
  std::vector<Term> failed;
  const code::CodeServer::Finish finish = server.finish({&one, 1}, failed);
  one->release();
  ATH_ASSERT(finish == code::CodeServer::Finish::Ok || finish == code::CodeServer::Finish::OnLoad);
  if (has_on_load) server.finish_after_on_load(name, true);
  code::ModuleCode& code = *server.find_module(name)->current.load();
  for (size_t i = 0; i < code.function_count; ++i) {
    if (!code.functions[i].native) (void)engine::ir::lower(machine.runtime(), code.functions[i]);
  }
  const std::vector<uint8_t> chosen = chosen_by(bytes, count, 400);
  call_exports(machine, code, TermSource(chosen.data(), chosen.size()));
  machine.clear();
  server.remove_current(name);
  server.purge(name);
  return 0;
}
