// Runs command lines against a connection that is mocked.
#ifndef PARLEY_TESTS_CLIENT_COMMAND_FIXTURE_H_
#define PARLEY_TESTS_CLIENT_COMMAND_FIXTURE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_split.h"
#include "client/command/command.h"
#include "gmock/gmock.h"
#include "parley/mocks/mock_connection.h"

namespace parley::command {

class CommandTest : public ::testing::Test {
 protected:
  CommandTest() {
    environment_.out = [this](std::string_view text) { out_ += text; };
    environment_.err = [this](std::string_view text) { err_ += text; };
    environment_.variable = [this](const char* name) {
      return variables_[name];
    };
    environment_.read =
        [this](const std::string& path) -> absl::StatusOr<std::string> {
      const auto it = files_.find(path);
      if (it == files_.end()) {
        return absl::InvalidArgumentError("cannot read " + path);
      }
      return it->second;
    };
    environment_.connect = [this](client::ConnectionOptions options) {
      connected_with_ = options;
      return connection_;
    };
    environment_.on_interrupt = [this](std::function<void()> task) {
      interrupt_ = std::move(task);
    };
  }

  // Runs the words of a line, which are parted by spaces.
  int Run(const std::string& line) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    return command::Run(environment_, words);
  }

  std::shared_ptr<::testing::StrictMock<client::MockConnection>> connection_ =
      std::make_shared<::testing::StrictMock<client::MockConnection>>();
  Environment environment_;
  client::ConnectionOptions connected_with_;
  std::map<std::string, std::string> variables_;
  std::map<std::string, std::string> files_;
  std::function<void()> interrupt_;
  std::string out_;
  std::string err_;
};

}  // namespace parley::command

#endif  // PARLEY_TESTS_CLIENT_COMMAND_FIXTURE_H_
