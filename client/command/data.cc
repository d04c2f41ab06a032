// The commands about messages: send, receive.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/command/command.h"
#include "client/command/describe.h"
#include "client/src/durations.h"
#include "parley/messages.h"
#include "parley/names.h"

namespace parley::command {
namespace {

// The data channel that the operand means: itself, or that of a peer with the
// label of --channel, or its only one. Closed ones count where there is no
// other: they may have unread messages.
absl::StatusOr<std::string> ResolveChannel(const Context& context) {
  const std::string& name = context.arguments.operands()[0];
  if (client::PeerOf(name) != name) return name;
  const auto peer = context.client.GetPeer(name, context.Options());
  if (!peer.ok()) return peer.status();
  const bool by_label = context.arguments.Has("--channel");
  const std::string label = context.arguments.Get("--channel");
  std::vector<std::string> live, closed;
  for (const auto& channel : peer->peer().state().data_channels()) {
    if (by_label && channel.label() != label) continue;
    const bool is_closed =
        channel.ready_state() == v1::DATA_CHANNEL_STATE_CLOSED;
    (is_closed ? closed : live).push_back(channel.name());
  }
  const auto& candidates = live.empty() ? closed : live;
  if (candidates.empty()) {
    return absl::NotFoundError(absl::StrCat(name, " has no data channel",
                                            by_label ? " of that label" : ""));
  }
  if (candidates.size() > 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, " has several data channels", by_label ? " of that label" : "",
        "; name one in full, as parley get shows it",
        by_label ? "" : ", or by --channel LABEL"));
  }
  return candidates[0];
}

int Send(const Context& context) {
  const Arguments& arguments = context.arguments;
  if (arguments.operands().empty() || arguments.operands().size() > 2 ||
      (arguments.operands().size() == 2 && arguments.Has("--file"))) {
    return context.FailUsage("send takes a channel or peer and a text");
  }
  v1::SendMessageRequest request;
  std::string data;
  if (arguments.operands().size() == 2) {
    data = arguments.operands()[1];
  } else {
    const std::string path = arguments.Get("--file");
    auto content = context.environment.read(path.empty() ? "-" : path);
    if (!content.ok()) return context.FailUsage(content.status());
    data = *std::move(content);
  }
  if (arguments.Has("--binary")) {
    request.set_binary(std::move(data));
  } else {
    request.set_text(std::move(data));
  }
  const auto channel = ResolveChannel(context);
  if (!channel.ok()) {
    return context.Fail("find the data channel", channel.status());
  }
  request.set_name(*channel);
  const auto reply = context.client.SendMessage(request, context.Options());
  if (!reply.ok()) return context.Fail("send the message", reply.status());
  if (context.json) context.PrintJson(*reply);
  return kDone;
}

int Receive(const Context& context) {
  const Arguments& arguments = context.arguments;
  if (arguments.operands().size() != 1) {
    return context.FailUsage("receive takes a channel or peer");
  }
  const auto count = arguments.Number("--count", UINT32_MAX);
  if (!count.ok()) return context.FailUsage(count.status());
  const auto after = arguments.Number("--after");
  if (!after.ok()) return context.FailUsage(after.status());
  const auto idle = arguments.Duration("--idle");
  if (!idle.ok()) return context.FailUsage(idle.status());
  const auto channel = ResolveChannel(context);
  if (!channel.ok()) {
    return context.Fail("find the data channel", channel.status());
  }
  v1::ReceiveMessagesRequest request;
  request.set_name(*channel);
  if (after->has_value()) request.set_after_sequence(**after);
  if (count->has_value()) {
    request.set_max_messages(static_cast<uint32_t>(**count));
  }
  if (idle->has_value()) {
    *request.mutable_idle_timeout() = client::internal::ToProto(**idle);
  }
  request.set_take_over(arguments.Has("--take-over"));
  auto reader = context.client.ReceiveMessages(request);
  while (true) {
    const auto response = reader.Next(context.deadline - absl::Now());
    if (absl::IsDeadlineExceeded(response.status()) &&
        absl::Now() >= context.deadline) {
      return context.TimeIsUp("receiving");
    }
    if (!response.ok()) {
      return context.Fail("receive messages", response.status());
    }
    if (!response->has_value()) return kDone;
    const v1::DataMessage& message = (*response)->message();
    if (context.json) {
      context.PrintJson(message);
    } else if (arguments.Has("--raw")) {
      context.environment.out(message.has_text() ? message.text()
                                                 : message.binary());
    } else {
      context.Print(DescribeMessage(message));
    }
  }
}

}  // namespace

Command SendCommand() {
  Command command;
  command.name = "send";
  command.operands = "CHANNEL|PEER [TEXT]";
  command.summary = "send a message on a data channel";
  command.help =
      R"(Sends TEXT, or the content of --file, or of the standard input, as one message.
A peer stands for its only data channel, or for the one that --channel names.
Ends when the server has accepted the message.

  parley send PEER "hello"
  parley send PEER --channel chat "hello"
  parley send peers/p/dataChannels/c --binary --file picture.png
)";
  command.options = {
      {"--channel", "LABEL", "the peer's data channel of this label"},
      {"--binary", "", "send bytes instead of a string"},
      {"--file", "FILE", "send what is in the file"}};
  command.timeout = absl::Seconds(15);
  command.run = Send;
  return command;
}

Command ReceiveCommand() {
  Command command;
  command.name = "receive";
  command.operands = "CHANNEL|PEER";
  command.summary = "print the messages that a data channel receives";
  command.help =
      R"(Prints each message on a line, bytes in hexadecimal; with --json its number too,
and bytes in base64. A peer stands for its only data channel, or for the one
that --channel names. Ends when the channel is closed, after --count messages,
or after --idle without one.

  parley receive PEER --count 1 --timeout 10s
  parley receive PEER --idle 0s            what is there, without waiting
  parley receive PEER --raw --count 1 > picture.png
)";
  command.options = {
      {"--channel", "LABEL", "the peer's data channel of this label"},
      {"--count", "NUMBER", "end after so many messages"},
      {"--idle", "TIME", "end after this time without one"},
      {"--after", "NUMBER", "go on after the message of this number"},
      {"--take-over", "", "take the channel from its present reader"},
      {"--raw", "", "print only the content, nothing between"}};
  command.timeout = absl::InfiniteDuration();
  command.run = Receive;
  return command;
}

}  // namespace parley::command
