// The commands that follow events: watch.
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/command/command.h"
#include "client/command/describe.h"
#include "parley/messages.h"
#include "parley/names.h"
#include "parley/nodes_watch.h"

namespace parley::command {
namespace {

// The connection state that an update shows; UNSPECIFIED: none.
v1::PeerConnectionState ConnectionState(const v1::WatchPeerResponse& update) {
  if (update.has_snapshot())
    return update.snapshot().state().connection_state();
  const v1::Event& event = update.event();
  if (event.has_closed()) return v1::PEER_CONNECTION_STATE_CLOSED;
  if (event.has_description_applied()) {
    return event.description_applied().state().connection_state();
  }
  return event.connection_state_change().connection_state();
}

std::string EventLine(const v1::Event& event) {
  return absl::StrCat(DescribeTime(event.time()), "  ", event.sequence(), "  ",
                      DescribeEvent(event));
}

void PrintUpdate(const Context& context, const v1::WatchPeerResponse& update) {
  if (context.json) {
    context.PrintJson(update);
  } else if (update.has_snapshot()) {
    context.Print(DescribePeer(update.snapshot()));
  } else {
    context.Print(EventLine(update.event()));
  }
}

// A stream that ends when the user interrupts the command.
template <typename Update>
class Interruptible {
 public:
  Interruptible(const Context& context, client::StreamReader<Update> reader)
      : shared_(std::make_shared<Shared>(std::move(reader))) {
    context.environment.on_interrupt([weak = std::weak_ptr(shared_)] {
      const auto shared = weak.lock();
      if (shared == nullptr) return;
      shared->interrupted = true;
      shared->reader.Cancel();
    });
  }

  absl::StatusOr<std::optional<Update>> Next(absl::Duration timeout) {
    return shared_->reader.Next(timeout);
  }
  bool interrupted() const { return shared_->interrupted; }

 private:
  struct Shared {
    explicit Shared(client::StreamReader<Update> reader)
        : reader(std::move(reader)) {}
    client::StreamReader<Update> reader;
    std::atomic<bool> interrupted = false;
  };
  std::shared_ptr<Shared> shared_;
};

// The sequence of the last event that an update knows of.
uint64_t SequenceOf(const v1::WatchPeerResponse& update) {
  return update.has_snapshot() ? update.snapshot().state().last_event_sequence()
                               : update.event().sequence();
}

int WatchOne(const Context& context) {
  for (const char* option : {"--label", "--resume", "--nodes"}) {
    if (!context.arguments.Has(option)) continue;
    return context.FailUsage(
        absl::StrCat(option, " is for all peers, without a name"));
  }
  const auto from = context.arguments.Number("--after");
  if (!from.ok()) return context.FailUsage(from.status());
  client::WatchOptions options;
  options.after_sequence = *from;
  options.keep_alive = context.arguments.Has("--keep-alive");
  options.full_view = context.arguments.Has("--full");
  const std::string until = context.arguments.Get("--until");
  if (!until.empty() && until != "connected" && until != "disconnected" &&
      until != "failed" && until != "closed") {
    return context.FailUsage(absl::StrCat(
        "--until ", until, ": not connected, disconnected, failed or closed"));
  }
  const std::string& name = context.arguments.operands()[0];
  Interruptible watch(context, context.client.WatchPeer(name, options));
  uint64_t sequence = from->value_or(0);
  while (true) {
    const auto update = watch.Next(context.deadline - absl::Now());
    if (watch.interrupted()) {
      context.Note(absl::StrCat("go on with: parley watch ", name, " --after ",
                                sequence));
      return kInterrupted;
    }
    if (absl::IsDeadlineExceeded(update.status()) &&
        absl::Now() >= context.deadline) {
      return context.TimeIsUp("watching");
    }
    if (!update.ok()) return context.Fail("watch the peer", update.status());
    if (!update->has_value()) break;
    PrintUpdate(context, **update);
    sequence = SequenceOf(**update);
    const std::string state = client::W3cName(ConnectionState(**update));
    if (!until.empty() && state == until) return kDone;
  }
  if (until.empty() || until == "closed") return kDone;
  context.Note(
      absl::StrCat("parley: the peer was closed before it was ", until));
  return kRefused;
}

void PrintUpdate(const Context& context, const v1::WatchPeersResponse& update) {
  if (context.json) {
    context.PrintJson(update);
  } else if (update.has_snapshot()) {
    context.Print(SummarizePeer(update.snapshot()));
  } else if (update.has_event()) {
    context.Print(absl::StrCat(Printable(update.name()), "  ",
                               EventLine(update.event())));
  } else if (update.has_snapshots_complete()) {
    context.Note("these are all; now what happens:");
  }
}

// Prints what comes until the time is up or the watch ends.
template <typename Update, typename Print>
int Follow(const Context& context, client::StreamReader<Update> reader,
           const Print& print) {
  Interruptible watch(context, std::move(reader));
  while (true) {
    const auto update = watch.Next(context.deadline - absl::Now());
    if (watch.interrupted()) return kInterrupted;
    if (absl::IsDeadlineExceeded(update.status()) &&
        absl::Now() >= context.deadline) {
      return context.TimeIsUp("watching");
    }
    if (!update.ok()) return context.Fail("watch the peers", update.status());
    if (!update->has_value()) return kDone;
    print(**update);
  }
}

int WatchNode(const Context& context, client::PeersWatchOptions options) {
  options.resume_token = context.arguments.Get("--resume");
  std::string token;
  const int code = Follow(context, context.client.WatchPeers(options),
                          [&](const v1::WatchPeersResponse& update) {
                            token = update.resume_token();
                            PrintUpdate(context, update);
                          });
  if (!token.empty() && !context.json) {
    context.Note(absl::StrCat("go on with: parley watch --resume ", token));
  }
  return code;
}

int WatchEveryNode(const Context& context,
                   const client::PeersWatchOptions& of_node) {
  client::NodesWatchOptions options;
  options.labels = of_node.labels;
  options.full_view = of_node.full_view;
  client::ConnectionOptions connection = context.connection;
  // Nodes are reached by their addresses; their certificates have the name.
  if (connection.tls.has_value()) {
    connection.tls->server_name =
        connection.server.substr(0, connection.server.rfind(':'));
  }
  const auto list = [server = connection.server] {
    return client::ResolveNodes(server);
  };
  return Follow(
      context, client::WatchNodes(list, connection, options),
      [&](const client::NodeUpdate& update) {
        if (update.lost.ok()) {
          PrintUpdate(context, update.update);
        } else {
          context.Note(absl::StrCat("lost the node ", update.node,
                                    " and its peers: ", update.lost.message()));
        }
      });
}

int WatchAll(const Context& context) {
  for (const char* option : {"--after", "--until", "--keep-alive"}) {
    if (!context.arguments.Has(option)) continue;
    return context.FailUsage(absl::StrCat(option, " is for one peer"));
  }
  const auto labels = context.arguments.Pairs("--label");
  if (!labels.ok()) return context.FailUsage(labels.status());
  client::PeersWatchOptions options;
  options.labels.insert(labels->begin(), labels->end());
  options.full_view = context.arguments.Has("--full");
  if (!context.arguments.Has("--nodes")) return WatchNode(context, options);
  if (context.arguments.Has("--resume")) {
    return context.FailUsage("--resume is for one node");
  }
  return WatchEveryNode(context, options);
}

int Watch(const Context& context) {
  const size_t peers = context.arguments.operands().size();
  if (peers > 1) return context.FailUsage("watch takes one peer, or none");
  return peers == 1 ? WatchOne(context) : WatchAll(context);
}

}  // namespace

Command WatchCommand() {
  Command command;
  command.name = "watch";
  command.operands = "[PEER]";
  command.summary = "print the events of a peer, or of all, as they happen";
  command.help =
      R"(First shows the peer as it is, or with --after the events that were missed; then
each event: its time (UTC), its number, and what happened. Survives broken
connections without loss. Ends when the peer is closed, or by a signal; it then
says how to go on later.

Without a name: all peers, also those that come; first a line for each, then
their events, also over broken connections. When the time is up, the server
refuses to go on, or it is interrupted, it says how to go on later.
With --nodes: of every node that the server's name has an address for, also of
those that come.

  parley watch PEER --until connected --timeout 30s
  parley watch PEER --json | jq .event.localCandidate
  parley watch PEER --after 0         all that is still kept, then what comes
  parley watch --label room=7         all peers with this label
)";
  command.options = {
      {"--after", "NUMBER", "go on after this event; 0: from the first"},
      {"--until", "STATE",
       "end with 0 at this connection state: connected,\n"
       "disconnected, failed or closed"},
      {"--keep-alive", "", "hold the peer's lease while watching"},
      {"--full", "", "descriptions in what is shown first"},
      {"--label", "KEY=VALUE",
       "of all peers only those with this label; may be\n"
       "repeated"},
      {"--nodes", "",
       "all peers of all nodes: of each address that the\n"
       "name of --server has"},
      {"--resume", "TOKEN", "go on with all peers where this was printed"}};
  command.timeout = absl::InfiniteDuration();
  command.run = Watch;
  return command;
}

}  // namespace parley::command
