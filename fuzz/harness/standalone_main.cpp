// SPDX-License-Identifier: Apache-2.0
// A fuzz target without libFuzzer, for every preset: runs the inputs that are kept, then changes of them at random for a few seconds.
//
//   hostile_NAME [--seconds N] [--seed S] [FILE | FOLDER]…
//
// What ends the program or takes too long is left in the file `hostile-input`, which is told with the seed.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t count);
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());
extern "C" __attribute__((weak)) int LLVMFuzzerInitialize(int* count, char*** arguments);
extern "C" __attribute__((weak)) size_t LLVMFuzzerCustomMutator(uint8_t* bytes, size_t count, size_t max_count, unsigned seed);

namespace {

namespace fs = std::filesystem;
using Input = std::vector<uint8_t>;
using Clock = std::chrono::steady_clock;

constexpr size_t kLongest = 1 << 16;
constexpr size_t kMostKept = 4000;
constexpr unsigned kSecondsAnInput = 60;

std::minstd_rand chance;
uint64_t seed = 0;
const Input* running = nullptr;   // for the handler

// Async-signal-safe.
void leave_input() {
  const int file = open("hostile-input", O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (running && file >= 0 && write(file, running->data(), running->size()) < 0) _exit(98);
  static constexpr char kWords[] = "\nhostile: the input is in the file hostile-input\n";
  if (write(2, kWords, sizeof kWords - 1) < 0) _exit(98);
}

void leave(int signal) {
  leave_input();
  ::signal(signal, SIG_DFL);
  raise(signal);
}

void watch_for_the_end() {
  if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(leave_input);   // it has handlers of its own
  else for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) ::signal(signal, leave);
  for (int signal : {SIGABRT, SIGALRM}) ::signal(signal, leave);
}

void run(const Input& input) {
  running = &input;
  alarm(kSecondsAnInput);
  // A block of its own size, so that a sanitizer sees what reads past its end.
  std::vector<uint8_t> exact(input);
  (void)LLVMFuzzerTestOneInput(exact.data(), exact.size());
  running = nullptr;
}

void read_into(const fs::path& path, std::vector<Input>& inputs) {
  if (fs::is_directory(path)) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) read_into(file, inputs);
    return;
  }
  std::ifstream in(path, std::ios::binary);
  inputs.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

size_t below(size_t limit) { return limit ? chance() % limit : 0; }

}  // namespace

// One change of bytes, as libFuzzer's function of this name.
extern "C" size_t LLVMFuzzerMutate(uint8_t* bytes, size_t count, size_t max_count) {
  static constexpr uint8_t kEdges[] = {0, 1, 0x7F, 0x80, 0xFE, 0xFF, 131, 104, 109};
  const size_t at = below(count);
  const size_t rest = count - at;
  switch (below(7)) {
    case 0:
      if (count) bytes[at] ^= static_cast<uint8_t>(1u << below(8));
      return count;
    case 1:
      if (count) bytes[at] = static_cast<uint8_t>(chance());
      return count;
    case 2:
      if (count) bytes[at] = kEdges[below(std::size(kEdges))];
      return count;
    case 3: {   // something goes
      const size_t gone = std::min(rest, 1 + below(8));
      std::memmove(bytes + at, bytes + at + gone, rest - gone);
      return count - gone;
    }
    case 4: {   // something comes
      const size_t more = 1 + below(8);
      if (count + more > max_count) return count;
      std::memmove(bytes + at + more, bytes + at, rest);
      for (size_t i = 0; i < more; ++i) bytes[at + i] = static_cast<uint8_t>(chance());
      return count + more;
    }
    case 5: {   // a part again elsewhere
      if (count < 2) return count;
      const size_t from = below(count);
      const size_t length = std::min<size_t>({below(32) + 1, count - from, rest});
      std::memmove(bytes + at, bytes + from, length);
      return count;
    }
    default: {
      for (size_t i = 0; i < std::min<size_t>(4, rest); ++i) bytes[at + i] = static_cast<uint8_t>(chance());
      return count;
    }
  }
}

namespace {

Input changed(const std::vector<Input>& inputs) {
  Input result = inputs.empty() ? Input() : inputs[below(inputs.size())];
  if (inputs.size() > 1 && below(8) == 0) {   // the beginning of one, the end of another
    const Input& other = inputs[below(inputs.size())];
    result.resize(below(result.size() + 1));
    const size_t from = below(other.size() + 1);
    result.insert(result.end(), other.begin() + static_cast<ptrdiff_t>(from), other.end());
  }
  size_t count = std::min(result.size(), kLongest);
  result.resize(kLongest);
  for (size_t changes = 1 + below(4); changes > 0; --changes) {
    count = LLVMFuzzerCustomMutator ? LLVMFuzzerCustomMutator(result.data(), count, kLongest, static_cast<unsigned>(chance()))
                                    : LLVMFuzzerMutate(result.data(), count, kLongest);
  }
  result.resize(count);
  return result;
}

}  // namespace

int main(int count, char** arguments) {
  double seconds = 0;
  std::vector<Input> inputs;
  seed = static_cast<uint64_t>(Clock::now().time_since_epoch().count());
  for (int i = 1; i < count; ++i) {
    const std::string word = arguments[i];
    if (word == "--seconds" && i + 1 < count) seconds = std::atof(arguments[++i]);
    else if (word == "--seed" && i + 1 < count) seed = std::strtoull(arguments[++i], nullptr, 10);
    else if (fs::exists(word)) read_into(word, inputs);
  }
  chance.seed(static_cast<unsigned>(seed));
  if (LLVMFuzzerInitialize) LLVMFuzzerInitialize(&count, &arguments);
  std::printf("hostile: %zu inputs, then %g s of seed %llu\n", inputs.size(), seconds, static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  watch_for_the_end();
  for (const Input& input : inputs) run(input);
  uint64_t runs = inputs.size();
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  while (Clock::now() < end) {
    Input input = changed(inputs);
    run(input);
    ++runs;
    // Without coverage to say what is of interest, a few are kept to be changed further.
    if (below(50) == 0 && inputs.size() < kMostKept) inputs.push_back(std::move(input));
  }
  std::printf("hostile: %llu runs\n", static_cast<unsigned long long>(runs));
  std::fflush(stdout);
  _exit(0);   // machines that live on are not taken down
}
