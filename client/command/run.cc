#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/command/command.h"
#include "client/src/strings.h"

namespace parley::command {
namespace {

using client::internal::ToAbsl;

constexpr char kDefaultServer[] = "localhost:50051";

const Command* FindCommand(std::string_view name) {
  const auto commands = Commands();
  const auto it = std::find_if(
      commands.begin(), commands.end(),
      [&](const Command& command) { return command.name == name; });
  return it == commands.end() ? nullptr : &*it;
}

int UsageError(const Environment& environment, absl::string_view problem,
               absl::string_view help) {
  environment.err(
      absl::StrCat("parley: ", problem, "; see parley ", help, "\n"));
  return kUsage;
}

// The value of an option, else of its environment variable.
std::string Setting(const Environment& environment, const Arguments& arguments,
                    std::string_view option, const char* variable) {
  std::string value = arguments.Get(option);
  return value.empty() ? environment.variable(variable) : value;
}

absl::Status ReadInto(const Environment& environment,
                      const Arguments& arguments, std::string_view option,
                      std::string& to) {
  const std::string path = arguments.Get(option);
  if (path.empty()) return absl::OkStatus();
  auto content = environment.read(path);
  if (!content.ok()) return content.status();
  to = *std::move(content);
  return absl::OkStatus();
}

absl::StatusOr<client::ConnectionOptions> Connection(
    const Environment& environment, const Arguments& arguments) {
  client::ConnectionOptions options;
  options.server = Setting(environment, arguments, "--server", "PARLEY_SERVER");
  if (options.server.empty()) options.server = kDefaultServer;
  options.token = environment.variable("PARLEY_TOKEN");
  options.token_file =
      Setting(environment, arguments, "--token-file", "PARLEY_TOKEN_FILE");
  // The connection reads it as it needs it; here that it can be read.
  if (!options.token_file.empty()) {
    const auto content = environment.read(options.token_file);
    if (!content.ok()) return content.status();
  }
  options.plaintext_token = arguments.Has("--plaintext-token");
  if (arguments.Has("--tls") || arguments.Has("--ca") ||
      arguments.Has("--cert") || arguments.Has("--key")) {
    client::TlsOptions& tls = options.tls.emplace();
    for (auto status :
         {ReadInto(environment, arguments, "--ca", tls.root_certificates),
          ReadInto(environment, arguments, "--cert", tls.certificate_chain),
          ReadInto(environment, arguments, "--key", tls.private_key)}) {
      if (!status.ok()) return status;
    }
  }
  return options;
}

int RunCommand(const Environment& environment, const Command& command,
               std::span<const std::string> words) {
  std::vector<Option> options = command.options;
  const auto common = CommonOptions();
  options.insert(options.end(), common.begin(), common.end());
  const std::string help = absl::StrCat("help ", ToAbsl(command.name));
  const auto arguments = Arguments::Parse(options, words);
  if (!arguments.ok()) {
    return UsageError(environment, arguments.status().message(), help);
  }
  if (arguments->Has("--help")) {
    environment.out(HelpOf(command));
    return kDone;
  }
  const auto timeout = arguments->Duration("--timeout");
  if (!timeout.ok()) {
    return UsageError(environment, timeout.status().message(), help);
  }
  auto connection = Connection(environment, *arguments);
  if (!connection.ok()) {
    return UsageError(environment, connection.status().message(), help);
  }
  const Context context{environment,
                        *arguments,
                        client::Client(environment.connect(*connection)),
                        *connection,
                        arguments->Has("--json"),
                        arguments->Has("--verbose"),
                        absl::Now() + timeout->value_or(command.timeout),
                        timeout->has_value()};
  return command.run(context);
}

}  // namespace

std::span<const Command> Commands() {
  static const auto* commands = new std::vector<Command>{
      OfferCommand(), AnswerCommand(), AcceptCommand(), CandidateCommand(),
      WatchCommand(), GetCommand(),    ListCommand(),   CloseCommand(),
      StatsCommand(), DebugCommand(),  SendCommand(),   ReceiveCommand(),
      PoolCommand(),  DemoCommand()};
  return *commands;
}

int Run(const Environment& environment, std::span<const std::string> words) {
  // Options may also stand before the command.
  size_t at = 0;
  std::vector<std::string> rest;
  for (; at < words.size() && words[at].size() > 1 && words[at][0] == '-';
       ++at) {
    const std::string& word = words[at];
    if (word == "--version") {
      environment.out("parley " PARLEY_VERSION "\n");
      return kDone;
    }
    if (word == "--help" || word == "-h") {
      environment.out(GeneralHelp());
      return kDone;
    }
    rest.push_back(word);
    const auto common = CommonOptions();
    const auto option =
        std::find_if(common.begin(), common.end(),
                     [&](const Option& o) { return o.name == word; });
    if (option != common.end() && !option->value.empty() &&
        at + 1 < words.size()) {
      rest.push_back(words[++at]);
    }
  }
  if (at == words.size()) {
    environment.err(GeneralHelp());
    return kUsage;
  }
  const std::string& name = words[at];
  rest.insert(rest.end(), words.begin() + static_cast<ptrdiff_t>(at) + 1,
              words.end());
  if (name == "help") {
    const Command* command = rest.empty() ? nullptr : FindCommand(rest[0]);
    if (!rest.empty() && command == nullptr) {
      return UsageError(environment,
                        absl::StrCat("there is no command ", rest[0]), "help");
    }
    environment.out(command == nullptr ? GeneralHelp() : HelpOf(*command));
    return kDone;
  }
  if (name == "version") {
    environment.out("parley " PARLEY_VERSION "\n");
    return kDone;
  }
  const Command* command = FindCommand(name);
  if (command == nullptr) {
    return UsageError(environment, absl::StrCat("there is no command ", name),
                      "help");
  }
  return RunCommand(environment, *command, rest);
}

}  // namespace parley::command
