// SPDX-License-Identifier: Apache-2.0
#include "io/child.hpp"

#include <gtest/gtest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace athanor::io {
namespace {

struct Result {
  std::string output;
  int status = -1, error = 0;
};

Result run(ChildRequest request, std::string_view input = "") {
  int to_child[2], from_child[2];
  EXPECT_EQ(make_pipe(to_child), 0);
  EXPECT_EQ(make_pipe(from_child), 0);
  request.in = to_child[0];
  request.out = from_child[1];
  ChildHelper helper;
  Child child = helper.start(request);
  close(to_child[0]);
  close(from_child[1]);
  Result result;
  result.error = child.error;
  if (child.error == 0) {
    EXPECT_EQ(write(to_child[1], input.data(), input.size()), static_cast<ssize_t>(input.size()));
    close(to_child[1]);
    to_child[1] = -1;
    char buffer[4096];
    for (ssize_t count; (count = read(from_child[0], buffer, sizeof buffer)) > 0;) result.output.append(buffer, static_cast<size_t>(count));
    pollfd ended = {child.report, POLLIN, 0};
    EXPECT_EQ(poll(&ended, 1, 10000), 1);
    result.status = child_status(child);
    close(child.report);
  }
  if (to_child[1] >= 0) close(to_child[1]);
  close(from_child[0]);
  return result;
}

ChildRequest shell(std::string command) {
  ChildRequest request;
  request.program = "/bin/sh";
  request.arguments = {"sh", "-c", std::move(command)};
  return request;
}

TEST(Child, PassesInputAndOutput) {
  Result result = run(shell("cat; exit 3"), "hello");
  EXPECT_EQ(result.output, "hello");
  EXPECT_EQ(result.status, 3);
}

TEST(Child, ReportsSignalsAbove128) { EXPECT_EQ(run(shell("kill -9 $$")).status, 137); }

TEST(Child, HasItsOwnEnvironmentDirectoryAndErrors) {
  ChildRequest request = shell("echo \"$NAME\" $(pwd); echo err >&2; echo ${HOME-none}");
  request.environment = {{"NAME", "a value"}, {"PATH", "/usr/bin:/bin"}};
  request.directory = "/usr/bin";
  request.stderr_to_out = true;
  EXPECT_EQ(run(request).output, "a value /usr/bin\nerr\nnone\n");
}

TEST(Child, UsesDescriptors3And4) {
  ChildRequest request = shell("cat <&3 >&4");
  request.use_stdio = false;
  EXPECT_EQ(run(request, "x").output, "x");
}

TEST(Child, SeesNoDescriptorsOfOurs) {
  EXPECT_EQ(run(shell("ls /proc/self/fd | tr '\\n' ' '")).output, "0 1 2 3 ");   // 3: of ls itself
}

TEST(Child, HasOneDescriptorOfItsOwnWhereItOnlyWrites) {
  ChildRequest request = shell("ls /proc/self/fd | tr '\\n' ' ' >&4");
  request.use_stdio = false;
  int ends[2];
  ASSERT_EQ(make_pipe(ends), 0);
  request.out = ends[1];
  ChildHelper helper;
  Child child = helper.start(request);
  ASSERT_EQ(child.error, 0);
  ::close(ends[1]);
  char buffer[100] = {};
  ASSERT_GT(read(ends[0], buffer, sizeof buffer - 1), 0);
  EXPECT_STREQ(buffer, "0 1 2 3 4 ");   // 3: of ls itself
  EXPECT_EQ(child_status(child), 0);
  ::close(ends[0]);
  ::close(child.report);
}

TEST(Child, IsNoChildOfOurs) {
  // The shell's parent is the helper, and that is no child of this process either.
  Result result = run(shell("cut -d' ' -f4 /proc/$PPID/stat; echo $PPID"));
  EXPECT_EQ(result.output.find(std::to_string(::getpid()) + "\n"), std::string::npos) << result.output;
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(Child, ReplacesAHelperThatWasKilled) {
  ChildHelper helper;
  ChildRequest request = shell("read line; exec kill -9 $PPID");
  int ends[2];
  ASSERT_EQ(make_pipe(ends), 0);
  request.in = ends[0];
  Child child = helper.start(request);
  ASSERT_EQ(child.error, 0);
  ::close(ends[0]);
  ::close(ends[1]);   // only now it goes on
  EXPECT_EQ(child_status(child), 255);
  ::close(child.report);
  child = helper.start(shell("exit 7"));
  ASSERT_EQ(child.error, 0);
  EXPECT_EQ(child_status(child), 7);
  ::close(child.report);
}

TEST(Child, TakesMoreArgumentsThanAPacketHolds) {
  ChildRequest request = shell("echo $#");
  request.arguments.push_back("sh");
  for (int i = 0; i < 5000; ++i) request.arguments.push_back(std::string(100, 'x'));
  EXPECT_EQ(run(request).output, "5000\n");
}

TEST(Child, GivesDescriptorsBack) {
  auto count = [] {
    int open = 0;
    for (int i = 0; i < 1024; ++i) open += ::fcntl(i, F_GETFD) >= 0 ? 1 : 0;
    return open;
  };
  ChildHelper helper;
  Child first = helper.start(shell("exit 0"));
  EXPECT_EQ(child_status(first), 0);
  ::close(first.report);
  int before = count();
  for (int i = 0; i < 200; ++i) {
    Child child = helper.start(shell("exit 3"));
    ASSERT_EQ(child.error, 0);
    ASSERT_EQ(child_status(child), 3);
    ::close(child.report);
  }
  EXPECT_EQ(count(), before);
}

TEST(Child, MissingProgramIsAnError) {
  ChildRequest request;
  request.program = "/nonexistent";
  request.arguments = {"x"};
  EXPECT_EQ(run(request).error, ENOENT);
}

}  // namespace
}  // namespace athanor::io
