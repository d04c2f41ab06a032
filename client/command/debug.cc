// The command that looks for a fault: debug.
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/command/command.h"
#include "client/command/describe.h"
#include "client/src/durations.h"
#include "parley/messages.h"
#include "parley/names.h"

namespace parley::command {
namespace {

using client::W3cName;

std::string Took(const google::protobuf::Duration& duration) {
  return absl::FormatDuration(absl::Trunc(client::internal::FromProto(duration),
                                          absl::Microseconds(1)));
}

std::string DescribeOperation(const v1::OperationRecord& operation) {
  std::string text = absl::StrCat(
      DescribeTime(operation.time()), "  ", Printable(operation.method()),
      "  waited ", Took(operation.wait()), ", took ", Took(operation.run()),
      ", then ", W3cName(operation.signaling_state()));
  if (operation.has_error()) {
    absl::StrAppend(&text, "\n      failed: ", operation.error().reason(), ": ",
                    Printable(operation.error().message()));
  }
  return text;
}

std::string DescribeRecord(const v1::CandidateRecord& record) {
  v1::IceCandidateResult result;
  result.set_outcome(record.outcome());
  result.set_ignored_reason(record.ignored_reason());
  if (record.has_error()) *result.mutable_error() = record.error();
  return absl::StrCat(
      W3cName(record.side()), "  mid ", Printable(record.candidate().sdp_mid()),
      "  ", Printable(record.candidate().candidate()), "  ",
      DescribeCandidateResult(result), record.selected() ? ", in use" : "");
}

void PrintDump(const Context& context, const v1::PeerDump& dump) {
  const auto row = [&context](const std::string& text) {
    context.Print(absl::StrCat("  ", text));
  };
  context.Print(DescribePeer(dump.peer()));
  context.Print("\ncalls");
  for (const auto& operation : dump.operations()) {
    row(DescribeOperation(operation));
  }
  context.Print("\nevents");
  for (const v1::Event& event : dump.events()) {
    row(absl::StrCat(DescribeTime(event.time()), "  ", event.sequence(), "  ",
                     DescribeEvent(event)));
  }
  context.Print("\ncandidates");
  for (const auto& record : dump.candidates()) row(DescribeRecord(record));
  context.Print("\ncounters");
  for (const auto& [name, value] : dump.counters()) {
    row(absl::StrCat(Printable(name), " ", value));
  }
  context.Print("\nstatistics");
  for (const v1::Stats& stats : dump.stats().stats()) {
    row(Printable(stats.ShortDebugString()));
  }
}

int Debug(const Context& context) {
  if (context.arguments.operands().size() != 1) {
    return context.FailUsage("debug takes one peer");
  }
  v1::DumpPeerRequest request;
  request.set_name(context.arguments.operands()[0]);
  const auto reply = context.client.DumpPeer(request, context.Options());
  if (!reply.ok()) return context.Fail("dump the peer", reply.status());
  if (context.json) {
    context.PrintJson(reply->dump());
  } else {
    PrintDump(context, reply->dump());
  }
  return kDone;
}

}  // namespace

Command DebugCommand() {
  Command command;
  command.name = "debug";
  command.operands = "PEER";
  command.summary = "everything that is known about a peer, or a closed one";
  command.help =
      R"(Prints the peer with its descriptions, its last calls and what they came to, its
events, its candidates and why some are not used, counters and statistics.
Secrets are left out, so that it can be shown to others.

  parley debug PEER > fault.txt
  parley debug PEER --json | jq '.candidates[] | select(.ignoredReason)'
)";
  command.timeout = absl::Seconds(15);
  command.run = Debug;
  return command;
}

}  // namespace parley::command
