// SPDX-License-Identifier: Apache-2.0
// Which register holds a process's stack in native code? This answers docs/design/0002: fib with each way of pushing and finding return
// addresses (the disabled test prints the figures), and what a host's signal handler does to each.
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include "engine/jit/test_spike.hpp"

namespace athanor::engine::jit {
namespace {

using asmjit::Imm;
using asmjit::x86::qword_ptr;
using asmjit::x86::r11;
using asmjit::x86::rsp;

// How a native frame names the place to return to.
enum class Returns {
  WordInBlock,      // the frames of today: address of a word that holds the machine address; the stack in a general register
  MachineInBlock,   // the machine address itself; the stack in a general register
  OnMachineStack,   // `call` and `ret`: the machine's own stack register points into the process's block
};

// fib(x0) and nothing around it: small integers, y0, a reduction a call, room tested. Called as a C function
// (x, heap_top, stack_top, reductions left), gives reductions left.
class Frames {
 public:
  using Function = int64_t (*)(Term* x, Term* heap_top, Term* stack_top, int64_t reductions);

  explicit Frames(Returns returns) : returns_(returns) {
    code_.init(runtime_.environment());
    code_.attach(&as_);
    for (int i = 0; i < 16; ++i) as_.int3();   // UBSan's check of indirect calls reads the words before a target
    Label begin = as_.newLabel();
    as_.bind(begin);
    emit();
    char* base = nullptr;
    runtime_.add(&base, &code_);
    function_ = reinterpret_cast<Function>(base + code_.labelOffsetFromBase(begin));
  }
  int64_t run(Term argument, int64_t reductions = INT64_MAX) {
    x[0] = argument;
    return function_(x, block.data(), block.data() + block.size(), reductions);
  }
  Term x[8];
  std::vector<Term> block = std::vector<Term>(16384, Term::small(0x5EED));

 private:
  // Here: x = rdi, heap top = rsi, stack top = rcx (or rsp), reductions = r8, the C stack kept in r9, x0 in memory as ever.
  void emit() {
    auto& as = as_;
    Label fib = as.newLabel(), recurses = as.newLabel();
    out_ = as.newLabel();
    const bool on_machine_stack = returns_ == Returns::OnMachineStack;
    stack_ = on_machine_stack ? rsp : asmjit::x86::rcx;
    as.mov(r8_, asmjit::x86::rcx);
    as.mov(r9_, rsp);
    as.mov(stack_, asmjit::x86::rdx);
    call(fib);
    as.bind(out_);   // done, or given up: no room, no reductions, a sum that is too large
    as.mov(rsp, r9_);
    as.mov(asmjit::x86::rax, r8_);
    as.ret();

    as.bind(fib);
    as.mov(asmjit::x86::rax, qword_ptr(asmjit::x86::rdi));
    as.cmp(asmjit::x86::rax, Imm(Term::small(2).raw));
    as.jge(recurses);
    return_(0);
    as.bind(recurses);
    as.lea(asmjit::x86::r10, qword_ptr(asmjit::x86::rsi, 32));
    as.cmp(asmjit::x86::r10, stack_);
    as.ja(out_);
    if (!on_machine_stack) {
      as.sub(stack_, Imm(8));
      as.mov(qword_ptr(stack_), asmjit::x86::rax);
    } else {
      as.push(asmjit::x86::rax);
    }
    as.sub(asmjit::x86::rax, Imm(1 << 4));
    as.mov(qword_ptr(asmjit::x86::rdi), asmjit::x86::rax);
    call(fib);
    as.mov(asmjit::x86::rax, qword_ptr(stack_));
    as.mov(asmjit::x86::r10, qword_ptr(asmjit::x86::rdi));
    as.sub(asmjit::x86::rax, Imm(2 << 4));
    as.mov(qword_ptr(stack_), asmjit::x86::r10);
    as.mov(qword_ptr(asmjit::x86::rdi), asmjit::x86::rax);
    call(fib);
    as.mov(asmjit::x86::rax, qword_ptr(stack_));
    as.mov(asmjit::x86::r10, qword_ptr(asmjit::x86::rdi));
    as.sub(asmjit::x86::r10, Imm(0xF));
    as.add(asmjit::x86::rax, asmjit::x86::r10);
    as.jo(out_);
    as.mov(qword_ptr(asmjit::x86::rdi), asmjit::x86::rax);
    return_(1);

    as.align(asmjit::AlignMode::kZero, 64);
    for (auto [word, back] : words_) {
      as.bind(word);
      as.embedLabel(back, 8);
    }
  }
  void call(Label target) {
    auto& as = as_;
    Label back = as.newLabel();
    as.sub(r8_, Imm(1));
    as.jle(out_);
    if (returns_ == Returns::OnMachineStack) {
      as.call(target);
      return;
    }
    as.sub(stack_, Imm(8));
    if (returns_ == Returns::WordInBlock) {
      Label word = as.newLabel();
      words_.push_back({word, back});
      as.lea(r11, qword_ptr(word));
    } else {
      as.lea(r11, qword_ptr(back));
    }
    as.mov(qword_ptr(stack_), r11);
    as.jmp(target);
    as.bind(back);
  }
  void return_(int slots) {
    auto& as = as_;
    if (returns_ == Returns::OnMachineStack) {
      if (slots) as.add(rsp, Imm(8 * slots));
      as.ret();
      return;
    }
    as.mov(r11, qword_ptr(stack_, 8 * slots));
    as.add(stack_, Imm(8 * (slots + 1)));
    if (returns_ == Returns::WordInBlock) as.jmp(qword_ptr(r11));
    else as.jmp(r11);
  }

  Returns returns_;
  asmjit::JitRuntime runtime_;
  asmjit::CodeHolder code_;
  asmjit::x86::Assembler as_;
  Label out_;
  asmjit::x86::Gp stack_, r8_ = asmjit::x86::r8, r9_ = asmjit::x86::r9;
  std::vector<std::pair<Label, Label>> words_;
  Function function_ = nullptr;
};

constexpr Returns kAll[] = {Returns::WordInBlock, Returns::MachineInBlock, Returns::OnMachineStack};

TEST(NativeFramesTest, AllWaysComputeTheSame) {
  for (Returns returns : kAll) {
    Frames frames(returns);
    int64_t left = frames.run(Term::small(15), 1000000);
    EXPECT_EQ(frames.x[0], Term::small(610));
    EXPECT_EQ(1000000 - left, 1973);   // calls of fib(15)
  }
}

std::atomic<int> signals_seen{0};
void seen(int) { signals_seen.fetch_add(1, std::memory_order_relaxed); }

#if __has_feature(thread_sanitizer)
constexpr int kSignalsExpected = 0;   // it holds signals back until a thread blocks
#else
constexpr int kSignalsExpected = 3;
#endif

// A host's profiler: SIGPROF sent to this thread while `body` runs, until twenty have come in (or for two seconds).
enum class Handler { OnThreadStack, OnAlternateStack };
template <class Body>
void under_profiler(Handler kind, Body body) {
  std::vector<char> alternate(64 * 1024);
  stack_t stack{alternate.data(), 0, alternate.size()}, before_stack{};
  sigaltstack(&stack, &before_stack);
  struct sigaction action{}, before{};
  action.sa_handler = seen;
  action.sa_flags = SA_RESTART | (kind == Handler::OnAlternateStack ? SA_ONSTACK : 0);
  sigaction(SIGPROF, &action, &before);
  signals_seen = 0;
  pthread_t target = pthread_self();
  std::atomic<bool> done{false};
  std::thread profiler([&] {
    while (!done.load()) {
      pthread_kill(target, SIGPROF);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  auto until = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  do {
    body();
  } while (signals_seen.load() < 20 && std::chrono::steady_clock::now() < until);
  done = true;
  profiler.join();
  sigaction(SIGPROF, &before, nullptr);
  sigaltstack(&before_stack, nullptr);
  EXPECT_GE(signals_seen.load(), kSignalsExpected);
}

// Words of the block that fib(22)'s frames never reach and that hold something else than they did.
int words_changed(const Frames& frames) {
  return static_cast<int>(std::count_if(frames.block.begin(), frames.block.end() - 128, [](Term t) { return t != Term::small(0x5EED); }));
}

// The kernel saves a thread's registers below its stack register (red zone left out: 128 bytes, then at least half a kibibyte). A
// process's block has its heap there, and no library can demand that its host's handlers use an alternate stack.
TEST(NativeFramesTest, AHandlerWritesIntoABlockThatIsTheMachineStack) {
  Frames frames(Returns::OnMachineStack);
  under_profiler(Handler::OnThreadStack, [&] { frames.run(Term::small(22)); });
  EXPECT_EQ(frames.x[0], Term::small(17711));
  EXPECT_GT(words_changed(frames), 0);
}
TEST(NativeFramesTest, NoHandlerWritesIntoABlockHeldInAGeneralRegister) {
  for (Returns returns : {Returns::WordInBlock, Returns::MachineInBlock}) {
    for (Handler kind : {Handler::OnThreadStack, Handler::OnAlternateStack}) {
      Frames frames(returns);
      under_profiler(kind, [&] { frames.run(Term::small(22)); });
      EXPECT_EQ(frames.x[0], Term::small(17711));
      EXPECT_EQ(words_changed(frames), 0);
    }
  }
}

// The same in a whole process: native fib called by interpreted code, with garbage around it, while a host profiles.
TEST(NativeFramesTest, ProcessesRunUnderAHostsProfiler) {
  Spike spike;
  spike.make_some_native();
  under_profiler(Handler::OnThreadStack, [&] {
    EXPECT_EQ(spike.call("fib", Term::small(18), 300).text, "2584");
    EXPECT_EQ(spike.call("caught_in_both", intern("ok"), 3).text, "{[{wrapped,ok}],{wrapped,ok}}");
  });
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}
template <class Body>
double nanoseconds_a_call(Body body) {   // of fib(30): 2,692,537 calls
  double before = cpu_seconds();
  body();
  return (cpu_seconds() - before) / 2692537 * 1e9;
}

// The figures of docs/design/0002: --gtest_also_run_disabled_tests --gtest_filter='*Figures*', preset release, also under `perf record`.
TEST(NativeFramesTest, DISABLED_Figures) {
  struct { Frames frames; const char* name; double best; } ways[] = {{Frames(Returns::WordInBlock), "word in the block", 1e9},
                                                                     {Frames(Returns::MachineInBlock), "machine address in the block", 1e9},
                                                                     {Frames(Returns::OnMachineStack), "call and ret on the block", 1e9}};
  Spike interpreted, native;
  ASSERT_TRUE(native.make_native("fib"));
  double best_interpreted = 1e9, best_native = 1e9;
  for (int round = 0; round < 15; ++round) {
    for (auto& way : ways) way.best = std::min(way.best, nanoseconds_a_call([&] { way.frames.run(Term::small(30)); }));
    best_native = std::min(best_native, nanoseconds_a_call([&] { native.call("fib", Term::small(30)); }));
    best_interpreted = std::min(best_interpreted, nanoseconds_a_call([&] { interpreted.call("fib", Term::small(30)); }));
  }
  for (auto& way : ways) std::printf("fib, bare, %-30s %6.2f ns a call\n", way.name, way.best);
  std::printf("fib, native body in a process         %6.2f ns a call\n", best_native);
  std::printf("fib, interpreted                      %6.2f ns a call\n", best_interpreted);
}

}  // namespace
}  // namespace athanor::engine::jit
