// The commands about peers as such: get, list, close, stats, pool.
#include <string>

#include "absl/strings/str_cat.h"
#include "client/command/command.h"
#include "client/command/describe.h"
#include "parley/messages.h"
#include "parley/names.h"

namespace parley::command {
namespace {

int Get(const Context& context) {
  if (context.arguments.operands().size() != 1) {
    return context.FailUsage("get takes one peer");
  }
  v1::GetPeerRequest request;
  request.set_name(context.arguments.operands()[0]);
  if (context.arguments.Has("--full")) request.set_view(v1::PEER_VIEW_FULL);
  const auto reply = context.client.GetPeer(request, context.Options());
  if (!reply.ok()) return context.Fail("get the peer", reply.status());
  if (context.json) {
    context.PrintJson(reply->peer());
  } else {
    context.Print(DescribePeer(reply->peer()));
  }
  return kDone;
}

int List(const Context& context) {
  if (!context.arguments.operands().empty()) {
    return context.FailUsage("list takes no operand");
  }
  const auto labels = context.arguments.Pairs("--label");
  if (!labels.ok()) return context.FailUsage(labels.status());
  v1::ListPeersRequest request;
  request.set_page_size(500);
  request.mutable_labels()->insert(labels->begin(), labels->end());
  request.set_show_closed(context.arguments.Has("--closed"));
  size_t count = 0;
  do {
    const auto page = context.client.ListPeers(request, context.Options());
    if (!page.ok()) return context.Fail("list peers", page.status());
    for (const v1::Peer& peer : page->peers()) {
      ++count;
      if (context.json) {
        context.PrintJson(peer);
      } else {
        context.Print(SummarizePeer(peer));
      }
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  if (!context.json) {
    context.Note(absl::StrCat(count, count == 1 ? " peer" : " peers"));
  }
  return kDone;
}

int Close(const Context& context) {
  const auto& operands = context.arguments.operands();
  if (operands.empty()) return context.FailUsage("close takes peers");
  int code = kDone;
  for (const std::string& peer : operands) {
    v1::ClosePeerRequest request;
    request.set_name(peer);
    request.set_detail(context.arguments.Get("--detail"));
    const auto reply = context.client.ClosePeer(request, context.Options());
    if (!reply.ok()) {
      code = context.Fail(absl::StrCat("close ", peer), reply.status());
    } else if (context.json) {
      context.PrintJson(reply->peer());
    } else {
      context.Print(SummarizePeer(reply->peer()));
    }
  }
  return code;
}

int Stats(const Context& context) {
  if (context.arguments.operands().size() != 1) {
    return context.FailUsage("stats takes one peer, transceiver or channel");
  }
  v1::GetStatsRequest request;
  request.set_name(context.arguments.operands()[0]);
  const auto reply = context.client.GetStats(request, context.Options());
  if (!reply.ok()) return context.Fail("get statistics", reply.status());
  for (const v1::Stats& stats : reply->report().stats()) {
    if (context.json) {
      context.PrintJson(stats);
    } else {
      context.Print(Printable(stats.ShortDebugString()));
    }
  }
  return kDone;
}

int Pool(const Context& context) {
  const auto reply =
      context.client.GetPool(v1::GetPoolRequest(), context.Options());
  if (!reply.ok()) return context.Fail("get the pool", reply.status());
  const v1::Pool& pool = reply->pool();
  if (context.json) {
    context.PrintJson(pool);
    return kDone;
  }
  context.Print(absl::StrCat("node ", Printable(pool.node()), ", parleyd ",
                             Printable(pool.version()), ", ",
                             client::W3cName(pool.state())));
  context.Print(absl::StrCat("peers ", pool.use().peers(), " of ",
                             pool.capacity().peers(), " (",
                             pool.use().connected_peers(), " connected, ",
                             pool.use().tombstones(), " tombstones)"));
  std::string features = "features";
  for (const std::string& feature : pool.features()) {
    absl::StrAppend(&features, " ", Printable(feature));
  }
  context.Print(features);
  return kDone;
}

}  // namespace

Command GetCommand() {
  Command command;
  command.name = "get";
  command.operands = "PEER";
  command.summary = "show a peer, or the tombstone of a closed one";
  command.help =
      R"(Shows the states, transceivers, data channels and the lease of a peer, or what
closed it. Does not renew its lease.

  parley get PEER --full       with the texts of its descriptions
  parley get PEER --json | jq .state.dataChannels
)";
  command.options = {{"--full", "", "with the texts of the descriptions"}};
  command.timeout = absl::Seconds(15);
  command.run = Get;
  return command;
}

Command ListCommand() {
  Command command;
  command.name = "list";
  command.summary = "list the peers of the server";
  command.help =
      R"(Prints name, connection state, signaling state and labels, a peer a line.

  parley list --label room=7
  parley list --json | jq -r .name
)";
  command.options = {
      {"--label", "KEY=VALUE", "only peers with this label; may be repeated"},
      {"--closed", "", "tombstones of closed peers too"}};
  command.timeout = absl::Seconds(30);
  command.run = List;
  return command;
}

Command CloseCommand() {
  Command command;
  command.name = "close";
  command.operands = "PEER...";
  command.summary = "close peers";
  command.help =
      R"(Closes peers and gives back what they used. Can be repeated.

  parley close PEER --detail "the meeting is over"
  parley list --label room=7 --json | jq -r .name | xargs parley close
)";
  command.options = {
      {"--detail", "TEXT", "why; shown in the event and the tombstone"}};
  command.timeout = absl::Seconds(15);
  command.run = Close;
  return command;
}

Command StatsCommand() {
  Command command;
  command.name = "stats";
  command.operands = "NAME";
  command.summary = "W3C statistics of a peer";
  command.help =
      R"(Prints the objects of getStats of a peer, or those that belong to one of its
transceivers or data channels.

  parley stats PEER --json | jq 'select(.transport)'
)";
  command.timeout = absl::Seconds(15);
  command.run = Stats;
  return command;
}

Command PoolCommand() {
  Command command;
  command.name = "pool";
  command.summary = "capacity, use and features of the server";
  command.help =
      R"(Shows the pool of peers of the server; with --json also its limits.

  parley pool --json | jq .limits
)";
  command.timeout = absl::Seconds(15);
  command.run = Pool;
  return command;
}

}  // namespace parley::command
