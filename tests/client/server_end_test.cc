// The client library and servers that end while they are used.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "parley/client.h"
#include "parley/messages.h"
#include "parley/nodes_watch.h"
#include "tests/client/parleyd.h"

namespace parley {
namespace {

using client::Client;

// What has to happen at all happens in this time.
constexpr absl::Duration kPatience = absl::Seconds(60);

TEST(ServerEndTest, TheEndOfTheServerIsSeenAsTheEndOfThePeer) {
  Parleyd server;
  client::ConnectionOptions options;
  options.server = server.target();
  const Client client(client::MakeConnection(options));
  const auto peer = client.CreatePeer(v1::CreatePeerRequest());
  ASSERT_TRUE(peer.ok()) << peer.status();
  client::PeerWatch watch = client.WatchPeer(peer->peer().name());
  ASSERT_TRUE(watch.Next(kPatience).ok());
  EXPECT_EQ(server.Terminate(), 0);
  bool drained = false;
  while (true) {
    const auto update = watch.Next(kPatience);
    ASSERT_TRUE(update.ok()) << update.status();
    if (!update->has_value()) break;
    drained = (*update)->event().closed().reason() == v1::CLOSE_REASON_DRAINED;
  }
  EXPECT_TRUE(drained);
  EXPECT_TRUE(
      absl::IsUnavailable(client.GetPeer(peer->peer().name()).status()));
}

TEST(ServerEndTest, AllPeersOfAllNodesComeOnOneStream) {
  std::map<std::string, std::unique_ptr<Parleyd>> servers;
  std::vector<std::string> targets;
  std::map<std::string, std::string> peers;  // by the target of their node
  for (const char* node : {"one", "two"}) {
    auto server =
        std::make_unique<Parleyd>(std::vector{absl::StrCat("--node=", node)});
    const std::string target = server->target();
    const Client client(client::MakeConnection({.server = target}));
    const auto peer = client.CreatePeer(v1::CreatePeerRequest());
    ASSERT_TRUE(peer.ok()) << peer.status();
    peers[target] = peer->peer().name();
    targets.push_back(target);
    servers[target] = std::move(server);
  }
  client::NodesWatchOptions options;
  options.reconnect_timeout = absl::ZeroDuration();
  client::NodesWatch watch =
      client::WatchNodes([targets] { return targets; }, {}, options);
  std::map<std::string, std::string> seen;
  while (seen.size() < 2) {
    const auto update = watch.Next(kPatience);
    ASSERT_TRUE(update.ok()) << update.status();
    if ((*update)->update.has_snapshot()) {
      seen[(*update)->node] = (*update)->update.name();
    }
  }
  EXPECT_EQ(seen, peers);
  // One ends: its peers' last events still come, then it is lost.
  EXPECT_EQ(servers[targets[0]]->Terminate(), 0);
  std::string closed;
  while (true) {
    const auto update = watch.Next(kPatience);
    ASSERT_TRUE(update.ok()) << update.status();
    if (!(*update)->lost.ok()) {
      EXPECT_EQ((*update)->node, targets[0]);
      break;
    }
    if ((*update)->update.event().has_closed()) {
      closed = (*update)->update.name();
    }
  }
  EXPECT_EQ(closed, peers[targets[0]]);
}

}  // namespace
}  // namespace parley
