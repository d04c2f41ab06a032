// The command demo: the main job of Parley before the user's eyes.
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/command/command.h"
#include "client/command/demo_party.h"
#include "client/command/describe.h"
#include "client/src/strings.h"
#include "google/protobuf/struct.pb.h"
#include "parley/error_info.h"

namespace parley::command {
namespace {

using client::internal::ToAbsl;

constexpr uint64_t kMaxMessages = 100'000;
constexpr uint64_t kShownMessages = 10;

class Demo {
 public:
  Demo(const Context& context, uint64_t messages)
      : context_(context),
        messages_(messages),
        inbox_(std::make_shared<DemoInbox>()),
        alice_(context, 0, "alice", inbox_, Sayer()),
        bob_(context, 1, "bob", inbox_, Sayer()) {}

  int Run() {
    absl::Status status = Steps();
    if (absl::IsDeadlineExceeded(status)) {
      status = absl::DeadlineExceededError(
          "the time was up (--timeout allows more)");
    }
    if (!status.ok()) {
      context_.Fail(doing_, status);
      return kRefused;  // whatever it was, there is one thing to look at
    }
    Print("", absl::StrCat("demo: ", messages_, " messages each way, ok"));
    return kDone;
  }

 private:
  DemoSay Sayer() {
    return [this](std::string_view who, std::string_view what) {
      Print(who, what);
    };
  }

  absl::Status Steps() {
    doing_ = "create two peers";
    absl::Status status = alice_.Create("demo");
    if (status.ok()) status = bob_.Create("");
    if (!status.ok()) return status;
    doing_ = "connect the peers";
    status = HandleUntil([this] {
      return alice_.connected() && bob_.connected() &&
             !alice_.open_channel().empty() && !bob_.open_channel().empty();
    });
    if (!status.ok()) return status;
    Print("", "connected, and the data channel is open at both ends");
    doing_ = "exchange messages";
    status = Exchange();
    if (!status.ok()) return status;
    doing_ = "see an error";
    status = SeeError();
    if (!status.ok()) return status;
    doing_ = "close the peers";
    status = alice_.Close();
    if (status.ok()) status = bob_.Close();
    if (!status.ok()) return status;
    return HandleUntil([this] { return alice_.closed() && bob_.closed(); });
  }

  // Lets the parties do what events and signals ask for.
  template <typename Done>
  absl::Status HandleUntil(Done done) {
    while (!done()) {
      const auto item = inbox_->Take(context_.deadline);
      if (!item.has_value()) return absl::DeadlineExceededError("");
      DemoParty& party = item->party == 0 ? alice_ : bob_;
      absl::Status status;
      if (const auto* update =
              std::get_if<v1::WatchPeerResponse>(&item->what)) {
        status = party.Handle(*update);
      } else if (const auto* signal = std::get_if<Signal>(&item->what)) {
        status = party.Handle(*signal);
      } else {
        status = std::get<absl::Status>(item->what);
        if (status.ok() && !party.closed()) {
          status = absl::InternalError("a watch ended before its peer");
        }
      }
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // Text and binary in turn.
  v1::DataMessage MakeMessage(std::string_view from, uint64_t number) const {
    v1::DataMessage message;
    if (number % 2 == 1) {
      message.set_text(
          absl::StrCat("message ", number, " from ", ToAbsl(from)));
    } else {
      std::string bytes(16, '\0');
      for (size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<char>(number * 31 + i * 7);
      }
      message.set_binary(std::move(bytes));
    }
    return message;
  }

  absl::Status Exchange() {
    auto to_alice = context_.client.OpenDataSession(alice_.open_channel());
    auto to_bob = context_.client.OpenDataSession(bob_.open_channel());
    absl::Status status = SendAll(to_alice, alice_, to_bob, bob_);
    if (status.ok()) status = SendAll(to_bob, bob_, to_alice, alice_);
    if (status.ok()) status = to_alice.Finish(Left());
    if (status.ok()) status = to_bob.Finish(Left());
    return status;
  }

  // One way: all messages are sent without waiting, and must all arrive.
  absl::Status SendAll(client::DataSession& out, const DemoParty& from,
                       client::DataSession& in, const DemoParty& to) {
    uint64_t sent = 0;
    auto accepted = std::make_shared<Accepted>();
    for (uint64_t received = 0; received < messages_;) {
      // Some ahead, so that the pipe is full but the queues stay small.
      for (; sent < std::min(messages_, received + 256); ++sent) {
        out.Send(from.open_channel(), MakeMessage(from.name(), sent + 1),
                 [accepted](absl::Status status) { accepted->Note(status); });
      }
      absl::Status refused = accepted->status();
      if (!refused.ok()) return refused;
      const auto frame = in.Receive(Left());
      if (!frame.ok()) return frame.status();
      if (frame->has_detached()) {
        return client::ToStatus(frame->detached().error());
      }
      if (!frame->has_message()) continue;
      ++received;
      const absl::Status status = Check(frame->message(), from, to, received);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status Check(const v1::DataMessage& message, const DemoParty& from,
                     const DemoParty& to, uint64_t number) {
    const v1::DataMessage expected = MakeMessage(from.name(), number);
    if (message.text() != expected.text() ||
        message.binary() != expected.binary()) {
      return absl::DataLossError(
          absl::StrCat("message ", number, " of ", from.name(),
                       " arrived changed: ", DescribeMessage(message)));
    }
    if (number <= kShownMessages) {
      Print(to.name(),
            absl::StrCat("receives ", number, ": ", DescribeMessage(message)));
    } else if (number == messages_) {
      Print(to.name(), absl::StrCat("receives ", number - kShownMessages,
                                    " more, all as they were sent"));
    }
    return absl::OkStatus();
  }

  // An answer in stable is an error, which W3C calls InvalidStateError.
  absl::Status SeeError() {
    const auto answer =
        context_.client.CreateAnswer(alice_.peer(), context_.Options());
    const auto info = client::GetErrorInfo(answer.status());
    if (answer.ok()) {
      return absl::InternalError("createAnswer in stable did not fail");
    }
    if (!info.has_value()) return answer.status();
    if (info->dom_exception != "InvalidStateError") return answer.status();
    Print(alice_.name(),
          absl::StrCat("createAnswer in stable is refused: ",
                       absl::StatusCodeToString(answer.status().code()), " ",
                       info->reason, " (", info->dom_exception,
                       "): ", answer.status().message()));
    return absl::OkStatus();
  }

  absl::Duration Left() const { return context_.deadline - absl::Now(); }

  void Print(std::string_view who, std::string_view what) const {
    if (context_.json) {
      google::protobuf::Struct line;
      if (!who.empty()) {
        (*line.mutable_fields())["who"].set_string_value(std::string(who));
      }
      (*line.mutable_fields())["what"].set_string_value(std::string(what));
      context_.PrintJson(line);
    } else {
      context_.Print(
          absl::StrCat(ToAbsl(who), who.empty() ? "" : ": ", ToAbsl(what)));
    }
  }

  // Whether the messages sent were accepted; told on any thread.
  class Accepted {
   public:
    void Note(const absl::Status& status) {
      absl::MutexLock lock(&mutex_);
      status_.Update(status);
    }
    absl::Status status() {
      absl::MutexLock lock(&mutex_);
      return status_;
    }

   private:
    absl::Mutex mutex_;
    absl::Status status_ ABSL_GUARDED_BY(mutex_);
  };

  const Context& context_;
  const uint64_t messages_;
  const std::shared_ptr<DemoInbox> inbox_;
  DemoParty alice_;
  DemoParty bob_;
  const char* doing_ = "";
};

int RunDemo(const Context& context) {
  if (!context.arguments.operands().empty()) {
    return context.FailUsage("demo takes no operand");
  }
  const auto messages = context.arguments.Number("--messages", kMaxMessages);
  if (!messages.ok()) return context.FailUsage(messages.status());
  return Demo(context, messages->value_or(10)).Run();
}

}  // namespace

Command DemoCommand() {
  Command command;
  command.name = "demo";
  command.summary = "see two peers negotiate, connect and talk";
  command.help =
      R"(Creates two peers in the server, alice and bob, and does with each what a
backend does: negotiation needed, createOffer, setLocalDescription, the offer
sent over some signaling (here a queue), setRemoteDescription, createAnswer,
candidates as they come, connected. Then text and binary messages cross both
ways, an error is provoked and shown, and both are closed. Each step, state and
message is printed. Ends with the line "demo: N messages each way, ok" and 0, or
with one line that says what went wrong and 1.

  parley demo
  parley demo --messages 1000 --timeout 2m
)";
  command.options = {
      {"--messages", "NUMBER", "so many each way, half of them binary (10)"}};
  command.timeout = absl::Seconds(60);
  command.run = RunDemo;
  return command;
}

}  // namespace parley::command
