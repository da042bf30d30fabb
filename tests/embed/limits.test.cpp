// SPDX-License-Identifier: Apache-2.0
// What asks for more memory than there is: the process that asked hears of it, the machine goes on. (The stock VM ends.)
#include <gtest/gtest.h>

#include <string>

#include "athanor/machine.hpp"
#include "athanor/release.hpp"

namespace {

// The code is Erlang's; it halts with 0 where all is as it should be. 2^45 bytes are more than any machine has for one allocation.
int status_of(const std::string& code) {
  athanor::MachineOptions options;
  options.schedulers = 2;
  options.use_standard_streams = false;
  athanor::ReleaseInfo release = athanor::find_release("", "");
  options.arguments = {"-root", release.root, "-bindir", release.bin_dir, "-progname", "embedded", "--", "-home", "/", "--", "-noshell", "-noinput",
                       "-eval", "logger:set_primary_config(level, none), Many = 1 bsl 45, Large = binary:copy(<<0>>, 1 bsl 20), "
                                "Refused = fun(F) -> try F() of R -> {unexpected, R} catch error:system_limit -> refused end end, " + code};
  athanor::Machine machine(options);
  if (!machine.boot()) return -1;
  return machine.wait();
}

TEST(Limits, BinariesForWhichThereIsNoMemory) {
  EXPECT_EQ(status_of("refused = Refused(fun() -> binary:copy(<<0>>, Many div 32) end),"
                      "refused = Refused(fun() -> binary:copy(Large, 1 bsl 16) end),"
                      "refused = Refused(fun() -> list_to_binary(lists:duplicate(1 bsl 16, Large)) end),"
                      "refused = Refused(fun() -> iolist_to_binary(lists:duplicate(1 bsl 16, Large)) end),"
                      "refused = Refused(fun() -> unicode:characters_to_binary(lists:duplicate(1 bsl 16, Large)) end),"
                      "halt(0)."), 0);
}

TEST(Limits, BitSyntaxForWhichThereIsNoMemory) {
  // Compiled: the shell's evaluator builds segment by segment.
  const std::string code =
      "Forms = [begin {ok, Ts, _} = erl_scan:string(S), {ok, F} = erl_parse:parse_form(Ts), F end || S <- ["
      "\"-module(huge).\", \"-export([fresh/1, bytes/1, append/2, comprehension/2]).\","
      "\"fresh(N) -> <<0:N>>.\", \"bytes(N) -> <<1, 0:N/unit:8>>.\", \"append(B, N) -> <<B/binary, 0:N/unit:8>>.\","
      "\"comprehension(B, N) -> << <<B/binary, 0:N/unit:8>> || _ <- [1] >>.\"]],"
      "{ok, huge, Beam} = compile:forms(Forms), {module, huge} = code:load_binary(huge, \"huge\", Beam),"
      "refused = Refused(fun() -> huge:fresh(Many) end), refused = Refused(fun() -> huge:bytes(Many div 32) end),"
      "refused = Refused(fun() -> huge:append(<<1, 2, 3>>, Many div 32) end),"
      "refused = Refused(fun() -> huge:append(<<Large/binary, 1>>, Many div 32) end),"
      "refused = Refused(fun() -> huge:comprehension(Large, Many div 32) end),"
      "<<1, 2, 3, 0>> = huge:append(<<1, 2, 3>>, 1), halt(0).";
  EXPECT_EQ(status_of(code), 0);
}

TEST(Limits, FilesThatAreLargerThanMemory) {
  EXPECT_EQ(status_of("Name = \"/tmp/athanor-limits-\" ++ os:getpid(), {ok, F} = file:open(Name, [read, write, raw, binary]),"
                      "{ok, _} = file:position(F, Many div 32), ok = file:truncate(F), {ok, 0} = file:position(F, 0),"
                      "A = file:read(F, Many div 32), B = file:pread(F, 0, Many div 32), C = file:read_file(Name), ok = file:close(F),"
                      "ok = file:delete(Name), halt(case {A, B, C} of {{error, enomem}, {error, enomem}, {error, enomem}} -> 0; _ -> 1 end)."), 0);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !(defined(__has_feature) && (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer)))
// With so much address space more than there was after the boot. A program of its own: the limit stays.
const char* const kHeapsWithoutMemory =
    "{ok, Status} = file:open(\"/proc/self/status\", [read]),"
    "Lines = (fun F(Ls) -> case file:read_line(Status) of {ok, L} -> F([L | Ls]); eof -> Ls end end)([]),"
    "[Used] = [list_to_integer(hd(string:lexemes(L, \" \\t\"))) || \"VmSize:\" ++ L <- Lines],"
    "\"\" = os:cmd(\"prlimit --pid \" ++ os:getpid() ++ \" --as=\" ++ integer_to_list((Used + (1 bsl 18)) * 1024)),"
    "Other = spawn(fun F() -> receive {From, N} -> From ! {self(), N * 2}, F() end end),"
    "Ends = [begin {_, Mon} = spawn_monitor(Hog), receive {'DOWN', Mon, process, _, Reason} -> Reason end end"
    "  || Hog <- [fun() -> (fun F(L) -> F([L | L]) end)([]) end, fun() -> (fun F(N) -> 1 + F(N + 1) end)(0) end, fun() -> length(lists:seq(1, 1 bsl 40)) end]],"
    "Other ! {self(), 21}, receive {Other, 42} -> ok end,"
    "halt(case Ends of [system_limit, system_limit, system_limit] -> 0; _ -> io:format(\"~p~n\", [Ends]), 1 end).";

TEST(LimitsDeathTest, HeapsForWhichThereIsNoMemory) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(std::exit(status_of(kHeapsWithoutMemory)), testing::ExitedWithCode(0), "");
}
#endif

}  // namespace
