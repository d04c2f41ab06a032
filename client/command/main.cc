// The command `parley`.
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/command/command.h"
#include "parley/client.h"

namespace {

void Write(std::FILE* file, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), file);
  std::fflush(file);  // readers of a pipe wait for each line
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const auto all = [](std::istream& in) {
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  if (path == "-") return all(std::cin);
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot read ", path, ": ", std::strerror(errno)));
  }
  return all(in);
}

int interrupt_pipe[2];

extern "C" void WakeInterrupted(int) {
  const char one = 1;
  // Nothing can be done if it cannot; there is room for the first.
  [[maybe_unused]] const ssize_t written = write(interrupt_pipe[1], &one, 1);
}

// The first signal runs the task, a second one ends the process.
void OnInterrupt(std::function<void()> task) {
  if (pipe(interrupt_pipe) != 0) return;
  std::thread([task = std::move(task)] {
    char one = 0;
    if (read(interrupt_pipe[0], &one, 1) == 1) task();
  }).detach();
  struct sigaction action = {};
  action.sa_handler = WakeInterrupted;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  for (const int number : {SIGINT, SIGTERM}) {
    sigaction(number, &action, nullptr);
  }
}

}  // namespace

int main(int argc, char** argv) {
  parley::command::Environment environment;
  environment.out = [](std::string_view text) { Write(stdout, text); };
  environment.err = [](std::string_view text) { Write(stderr, text); };
  environment.read = ReadFile;
  environment.variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  environment.connect = parley::client::MakeConnection;
  environment.on_interrupt = OnInterrupt;
  const std::vector<std::string> words(argv + 1, argv + argc);
  return parley::command::Run(environment, words);
}
