#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/command/command.h"
#include "client/src/strings.h"

namespace parley::command {
namespace {

using client::internal::ToAbsl;

std::string OptionLines(std::span<const Option> options) {
  std::string text;
  for (const Option& option : options) {
    std::string left = absl::StrCat(ToAbsl(option.short_name),
                                    option.short_name.empty() ? "" : ", ",
                                    ToAbsl(option.name));
    if (!option.value.empty()) {
      const bool optional = option.value.front() == '[';
      absl::StrAppend(&left, optional ? "" : " ", ToAbsl(option.value));
    }
    std::string help(option.help);
    const std::string indent = "\n" + std::string(24, ' ');
    for (size_t at = 0; (at = help.find('\n', at)) != std::string::npos;
         at += indent.size()) {
      help.replace(at, 1, indent);
    }
    absl::StrAppendFormat(&text, "  %-20s  %s\n", left, help);
  }
  return text;
}

constexpr char kExitCodes[] = R"(Exit codes:
  0  done
  1  refused by the server; the error line says why and what to do
  2  the command line is wrong; nothing was done
  3  the server cannot be reached
  4  the time was up; it may still be done
  5  there is no such peer or channel
  6  the server has no room now; the same may succeed later
  130  interrupted by a signal
)";

}  // namespace

std::span<const Option> CommonOptions() {
  static constexpr Option kOptions[] = {
      {"--server", "ADDRESS",
       "host:port or unix:path of parleyd. Default:\n"
       "$PARLEY_SERVER, else localhost:50051"},
      {"--timeout", "TIME", "give up after this time, as 500ms, 10s or 2m30s"},
      {"--json", "", "print JSON, one object a line; errors too, on stderr"},
      {"--tls", "", "speak TLS, trusting the system's roots"},
      {"--ca", "FILE", "speak TLS, trusting these roots (PEM)"},
      {"--cert", "FILE", "own certificate for mutual TLS (PEM)"},
      {"--key", "FILE", "its private key (PEM)"},
      {"--token-file", "FILE",
       "send the bearer token in it. Default:\n$PARLEY_TOKEN_FILE"},
      {"--plaintext-token", "",
       "send a token without TLS beyond this machine, too,\n"
       "where others may read it"},
      {"--verbose", "", "all details of an error", "-v"},
      {"--help", "", "this text", "-h"},
  };
  return kOptions;
}

std::string GeneralHelp() {
  std::string text = R"(Usage: parley COMMAND [OPTION...] [OPERAND...]

Drives the WebRTC peer connections of a Parley server.

)";
  for (const Command& command : Commands()) {
    absl::StrAppendFormat(&text, "  %-10s %s\n", ToAbsl(command.name),
                          ToAbsl(command.summary));
  }
  absl::StrAppend(&text, R"(  help       this text, or help on one command
  version    the version of this program

A session with a browser, or with any other WebRTC end, in four steps:

  parley offer --gather > offer.sdp     1. a peer in the server offers; its
                                           name is printed on stderr
  (carry offer.sdp there, bring answer.sdp back)
  parley accept PEER answer.sdp         2. the answer is set; they connect
  parley watch PEER --until connected   3. wait for that
  parley send PEER "hello"              4. and talk

Or see all of it happen inside one server: parley demo

Options of every command:
)",
                  OptionLines(CommonOptions()), R"(
PARLEY_TOKEN, where it is set and no file is named, is sent as bearer token. No
option takes one: others on the machine can read command lines.

)",
                  kExitCodes);
  return text;
}

std::string HelpOf(const Command& command) {
  std::string text = absl::StrCat(
      "Usage: parley ", ToAbsl(command.name), " [OPTION...]",
      command.operands.empty() ? "" : " ", ToAbsl(command.operands), "\n\n",
      ToAbsl(command.help), "\n");
  if (!command.options.empty()) {
    absl::StrAppend(&text, "Options:\n", OptionLines(command.options), "\n");
  }
  absl::StrAppend(&text, "Options of every command:\n",
                  OptionLines(CommonOptions()), "\n", kExitCodes);
  return text;
}

}  // namespace parley::command
