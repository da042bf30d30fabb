// SPDX-License-Identifier: Apache-2.0
// Hostile state of a machine (names, messages, dictionaries, tables, timers …), then its crash dump, which is read back: it has the form that the
// release's crashdump_viewer expects, whatever the names say, and tells what is there. Cut by a limit it is well formed as far as it goes.
//
// ATHANOR_FUZZ_DUMP=FILE leaves the dump of the last input there, for other readers.
//
//   an input:  [how it is written] [limit, 3 bytes, if it has one] [size of the slogan] slogan, then calls (harness/calls.hpp)
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "bif/bif.hpp"
#include "harness/calls.hpp"
#include "harness/dump_reader.hpp"
#include "machine/crash_dump.hpp"
#include "machine/natives.hpp"

namespace {

using namespace athanor;
using namespace athanor::fuzz;

constexpr size_t kCalls = 40;
constexpr uint64_t kMostLimit = 1 << 18;

struct Written {
  std::string text;
  bool is_full = false;
};

// Code to spawn: a process in the middle of it has a stack, with slots of all kinds.
void load_shapes(Bench& machine) {
  static const std::string file = [] {
    std::ifstream in(ATH_SHAPES, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  }();
  code::CodeServer& server = machine.code();
  if (server.find_module(intern("shapes"))) return;
  auto prepared = server.prepare(Term::none(), reinterpret_cast<const uint8_t*>(file.data()), file.size());
  ATH_ASSERT(prepared);
  code::Prepared* one = *prepared;
  std::vector<Term> failed;
  const code::CodeServer::Finish finish = server.finish({&one, 1}, failed);
  one->release();
  ATH_ASSERT(finish == code::CodeServer::Finish::Ok);
}

// Behind the driver's name may stand what the port's is to be.
void open_port(Bench& machine, const std::string& name) {
  for (const process::NativeRow* row : machine::native_rows()) {
    if (std::string_view(row->module) != "erts_internal" || std::string_view(row->name) != "open_port") continue;
    heap::Heap& heap = machine.process().heap();
    const Term arguments[2] = {bif::make_tuple(heap, atoms::spawn_driver, bif::latin1_list(heap, "ram_file_drv " + name)), Term::nil()};
    (void)machine.call(machine.entry_of(*row), arguments, row->arity, {});
  }
}

Written written(process::Runtime& runtime, uint64_t most_bytes, int64_t deadline_ns, const std::string& slogan) {
  char* text = nullptr;
  size_t size = 0;
  FILE* memory = ::open_memstream(&text, &size);
  ATH_ASSERT(memory);
  Written result;
  {
    machine::DumpFile file(memory, most_bytes, *runtime.clock, deadline_ns);
    machine::write_crash_dump(runtime, file, slogan.c_str());
    result.is_full = file.is_full();
  }
  result.text.assign(text, size);
  std::free(text);
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t count) {
  BenchOptions options{harmless_natives()};
  options.atom_limit = 1 << 14;   // all are written each time
  options.process_limit = 1 << 7;
  options.uses = 500;             // timers that are to send to a name outlive an input
  Bench& machine = bench(options);
  process::Runtime& runtime = machine.runtime();
  TermSource source(bytes, count);
  const uint8_t how = source.byte();
  const bool has_size_limit = how & 1, is_late = how & 2;
  const uint64_t limit = has_size_limit ? source.number(3) % kMostLimit : UINT64_MAX;
  std::string slogan(source.bytes(source.byte()));
  slogan.resize(slogan.find('\0') == slogan.npos ? slogan.size() : slogan.find('\0'));
  load_shapes(machine);
  if (how & 64) open_port(machine, slogan);
  Calls calls;
  calls.most = kCalls;
  calls.limits.reductions = how & 4 ? 10 : 4000;
  calls.limits.slices = 100;
  calls.slices_of_others = how & 8 ? 0 : 4;   // none: they stay as they were spawned, with all that comes to them
  make_calls(machine, *family("crash_dump"), source, calls);
  machine.run_others(how >> 4 & 3, how & 4 ? 1 : 25);   // some are in the middle of something
  const Written dump = written(runtime, limit, is_late ? 0 : INT64_MAX, slogan);
  ATH_ASSERT(has_size_limit || !dump.is_full);
  if (const char* file = std::getenv("ATHANOR_FUZZ_DUMP")) std::ofstream(file, std::ios::binary) << dump.text;
  check_dump(dump.text, dump.is_full ? DumpExtent::SizeLimit : is_late ? DumpExtent::TimeLimit : DumpExtent::Whole, runtime, slogan);
  machine.clear();
  return 0;
}
