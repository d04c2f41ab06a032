// What the commands of `parley` share: their table, their context, their ends.
#ifndef PARLEY_CLIENT_COMMAND_COMMAND_H_
#define PARLEY_CLIENT_COMMAND_COMMAND_H_

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/command/arguments.h"
#include "client/command/environment.h"
#include "google/protobuf/message.h"
#include "parley/client.h"

namespace parley::command {

// How the process ends. Part of the interface: documented in the help.
enum ExitCode : int {
  kDone = 0,
  kRefused = 1,        // the server refused, or what was asked for failed
  kUsage = 2,          // the command line is wrong; nothing was done
  kUnreachable = 3,    // no server there, or it went away
  kTimedOut = 4,       // the time was up; it may still have been done
  kNotFound = 5,       // no such peer, channel or certificate
  kBusy = 6,           // the server has no room now; the same may succeed later
  kInterrupted = 130,  // by a signal, after the last words
};

// What a command runs with.
struct Context {
  const Environment& environment;
  const Arguments& arguments;
  client::Client client;
  client::ConnectionOptions connection;  // of `client`
  bool json;
  bool verbose;
  // Until when everything is to be done; infinite where nobody said.
  absl::Time deadline;
  bool has_timeout;

  // For one call, within what is left of the deadline.
  client::CallOptions Options() const;

  void Print(std::string_view line) const;  // to out, with a newline
  void Note(std::string_view line) const;   // to err, with a newline
  // One line of JSON, as the protobuf mapping has it.
  void PrintJson(const google::protobuf::Message& message) const;

  // Says what went wrong while `doing` ("create the offer"), in one line, with
  // --verbose in more, with --json as JSON; returns the exit code for it.
  int Fail(std::string_view doing, const absl::Status& status) const;
  // The --timeout of a command that would go on.
  int TimeIsUp(std::string_view doing) const;
  // The command line, or what it names, is wrong.
  int FailUsage(std::string_view problem) const;
  int FailUsage(const absl::Status& problem) const;
};

struct Command {
  std::string_view name;
  std::string_view operands;
  std::string_view summary;
  // Sentences and examples.
  std::string_view help;
  std::vector<Option> options;
  // The default of --timeout; infinite: none.
  absl::Duration timeout;
  std::function<int(const Context&)> run;
};

// All commands, in the order of the help.
std::span<const Command> Commands();

// The parts of that table.
Command OfferCommand();
Command AnswerCommand();
Command AcceptCommand();
Command CandidateCommand();
Command WatchCommand();
Command GetCommand();
Command ListCommand();
Command CloseCommand();
Command StatsCommand();
Command DebugCommand();
Command SendCommand();
Command ReceiveCommand();
Command PoolCommand();
Command DemoCommand();

// Options that every command has.
std::span<const Option> CommonOptions();

// Runs a command line without the name of the program; returns the exit code.
int Run(const Environment& environment, std::span<const std::string> words);

// The exit code for a status.
ExitCode ExitCodeOf(const absl::Status& status);

// The texts of `parley help` and of `parley help COMMAND`.
std::string GeneralHelp();
std::string HelpOf(const Command& command);

}  // namespace parley::command

#endif  // PARLEY_CLIENT_COMMAND_COMMAND_H_
