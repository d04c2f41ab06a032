// What a command has of the world, so that tests can be the world.
#ifndef PARLEY_CLIENT_COMMAND_ENVIRONMENT_H_
#define PARLEY_CLIENT_COMMAND_ENVIRONMENT_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "parley/connection.h"
#include "parley/options.h"

namespace parley::command {

struct Environment {
  // Results, for programs and people.
  std::function<void(std::string_view)> out;
  // Everything else, for people.
  std::function<void(std::string_view)> err;
  // The whole content of a file; "-" is the standard input.
  std::function<absl::StatusOr<std::string>(const std::string& path)> read;
  // "" where it is not set.
  std::function<std::string(const char* name)> variable;
  std::function<std::shared_ptr<client::Connection>(client::ConnectionOptions)>
      connect;
  // Calls `task`, on another thread, when the user asks the command to end
  // (SIGINT, SIGTERM), which else ends it at once. To be called once.
  std::function<void(std::function<void()> task)> on_interrupt;
};

}  // namespace parley::command

#endif  // PARLEY_CLIENT_COMMAND_ENVIRONMENT_H_
