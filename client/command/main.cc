// The command `parley`.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
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
  const std::vector<std::string> words(argv + 1, argv + argc);
  return parley::command::Run(environment, words);
}
