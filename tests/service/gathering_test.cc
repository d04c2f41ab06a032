// Gathering through the API: STUN and TURN servers, credentials that expire,
// and the ICE candidate pool.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "tests/core/ice/stun_server.h"
#include "tests/core/ice/turn_server.h"
#include "tests/service/harness.h"

namespace parley::service {
namespace {

using ice::testing::StunServer;
using ice::testing::TurnServer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class GatheringTest : public ServerTest {
 protected:
  GatheringTest() { StartServer(TestOptions()); }

  static void Add(const ice::Server& server, v1::Configuration* to) {
    v1::IceServer* added = to->add_ice_servers();
    added->add_urls(ice::ToUrl(server));
    added->set_username(server.username);
    added->set_credential(server.credential);
  }
  // Only relays of this server, with credentials until then.
  static v1::Configuration Relayed(const TurnServer& turn, absl::Time until) {
    v1::Configuration configuration;
    configuration.set_ice_transport_policy(v1::ICE_TRANSPORT_POLICY_RELAY);
    Add(turn.Until(until, ice::Server::Protocol::kUdp), &configuration);
    return configuration;
  }
  uint64_t Now(const std::string& name) {
    return GetPeer(name).state().last_event_sequence();
  }
  void AwaitGatheredAfter(const std::string& name, uint64_t after) {
    AwaitEvent(name, after, [](const v1::Event& event) {
      return event.ice_gathering_state_change().ice_gathering_state() ==
             v1::ICE_GATHERING_STATE_COMPLETE;
    });
  }
  // Sets its offer or answer and returns it with its candidates.
  v1::SessionDescription Describe(const std::string& name) {
    const uint64_t before = Now(name);
    SetLocal(name);
    if (GetPeer(name).state().ice_gathering_state() !=
        v1::ICE_GATHERING_STATE_COMPLETE) {
      AwaitGatheredAfter(name, before);
    }
    const v1::Peer peer = GetPeer(name, v1::PEER_VIEW_FULL);
    return peer.has_pending_local_description()
               ? peer.pending_local_description()
               : peer.current_local_description();
  }
  void Negotiate(const std::string& offerer, const std::string& answerer) {
    SetRemote(answerer, Describe(offerer));
    SetRemote(offerer, Describe(answerer));
  }
  static v1::SessionDescription WithoutCandidates(
      v1::SessionDescription description) {
    std::string kept;
    for (absl::string_view line :
         absl::StrSplit(description.sdp(), '\n', absl::SkipEmpty())) {
      if (absl::StartsWith(line, "a=candidate") ||
          absl::StartsWith(line, "a=end-of-candidates")) {
        continue;
      }
      absl::StrAppend(&kept, line, "\n");
    }
    description.set_sdp(kept);
    return description;
  }
  void AddTcpCandidates(const v1::SessionDescription& of,
                        const std::string& to) {
    v1::AddIceCandidatesRequest request;
    request.set_name(to);
    for (absl::string_view line : absl::StrSplit(of.sdp(), "\r\n")) {
      if (!absl::ConsumePrefix(&line, "a=") ||
          !absl::StrContains(line, " tcp ")) {
        continue;
      }
      v1::IceCandidate* candidate = request.add_candidates();
      candidate->set_candidate(std::string(line));
      candidate->set_sdp_mid("0");
    }
    EXPECT_GT(request.candidates_size(), 0);
    v1::AddIceCandidatesResponse response;
    EXPECT_OK(Call(&Peers::AddIceCandidates, request, &response));
    for (const auto& result : response.results()) {
      EXPECT_EQ(result.outcome(), v1::ICE_CANDIDATE_OUTCOME_APPLIED);
    }
  }
  // The local end of the next pair that is selected after this event.
  std::string NextSelected(const std::string& name, uint64_t after) {
    std::string local;
    AwaitEvent(name, after, [&local](const v1::Event& event) {
      local = event.selected_candidate_pair_change().local();
      return event.has_selected_candidate_pair_change();
    });
    return local;
  }
  void ExpectMessage(const std::string& from, const std::string& to,
                     const std::string& text) {
    v1::SendMessageRequest request;
    request.set_name(from);
    request.set_text(text);
    EXPECT_OK(Call(&Channels::SendMessage, request));
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    v1::ReceiveMessagesRequest receive;
    receive.set_name(to);
    receive.set_max_messages(1);
    const auto stream = channels_->ReceiveMessages(&context, receive);
    v1::ReceiveMessagesResponse response;
    EXPECT_TRUE(stream->Read(&response)) << text;
    EXPECT_EQ(response.message().text(), text);
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_OK(stream->Finish());
  }
};

TEST_F(GatheringTest, CredentialsThatExpireAreReplacedOnALivePeer) {
  TurnServer turn({.credentials_expire = true});
  ASSERT_TRUE(turn.ok()) << "coturn is not installed";
  const absl::Time expiry = absl::Now() + absl::Seconds(6);
  v1::CreatePeerRequest create;
  create.add_data_channels()->set_label("chat");
  *create.mutable_configuration() = Relayed(turn, expiry);
  const v1::Peer peer = CreatePeer(create);
  const std::string a = peer.name();
  const std::string b = CreatePeer().name();
  Negotiate(a, b);
  EXPECT_THAT(NextSelected(a, 0), HasSubstr("typ relay"));
  std::string channel_b;
  AwaitEvent(b, 0, [&channel_b](const v1::Event& event) {
    channel_b = event.data_channel().data_channel().name();
    return event.has_data_channel();
  });
  const std::string channel_a = peer.state().data_channels(0).name();
  AwaitEvent(a, 0, [](const v1::Event& event) {
    return event.data_channel_state_change().data_channel().ready_state() ==
           v1::DATA_CHANNEL_STATE_OPEN;
  });
  ExpectMessage(channel_a, channel_b, "before");

  // The server counts in seconds. What is in use does not mind.
  absl::Notification expired;
  expired.WaitForNotificationWithTimeout(expiry + absl::Seconds(2) -
                                         absl::Now());
  ExpectMessage(channel_b, channel_a, "after");
  v1::RestartIceRequest restart;
  restart.set_name(a);
  EXPECT_OK(Call(&Peers::RestartIce, restart));
  EXPECT_THAT(Describe(a).sdp(), Not(HasSubstr("a=candidate")))
      << "the server has refused";
  v1::SetLocalDescriptionRequest rollback;
  rollback.set_name(a);
  rollback.mutable_description()->set_type(v1::SDP_TYPE_ROLLBACK);
  EXPECT_OK(Call(&Peers::SetLocalDescription, rollback));
  ExpectMessage(channel_a, channel_b, "still");

  v1::UpdatePeerRequest update;
  update.set_name(a);
  *update.mutable_configuration() = Relayed(turn, absl::Now() + absl::Hours(1));
  EXPECT_OK(Call(&Peers::UpdatePeer, update));
  ExpectMessage(channel_a, channel_b, "on");
  const uint64_t restarted = Now(a);
  Negotiate(a, b);
  EXPECT_THAT(GetPeer(a, v1::PEER_VIEW_FULL).current_local_description().sdp(),
              HasSubstr("typ relay"));
  EXPECT_THAT(NextSelected(a, restarted), HasSubstr("typ relay"));
  ExpectMessage(channel_a, channel_b, "new");
  ExpectMessage(channel_b, channel_a, "way");
}

TEST_F(GatheringTest, RemoteCandidatesThatAreNotUsedAreAnsweredSo) {
  const Pair pair = Connect();
  v1::AddIceCandidatesRequest request;
  request.set_name(pair.a);
  const auto add = [&request](const std::string& address, int port) {
    v1::IceCandidate* candidate = request.add_candidates();
    candidate->set_candidate("candidate:9 1 udp 1 " + address + " " +
                             std::to_string(port) + " typ host");
    candidate->set_sdp_mid("0");
  };
  add("169.254.169.254", 9);
  add("127.0.0.1", 9);
  add("127.0.0.1", 9);
  for (int port = 1; port <= 120; ++port) add("127.0.0.1", port);
  v1::AddIceCandidatesResponse response;
  EXPECT_OK(Call(&Peers::AddIceCandidates, request, &response));
  ASSERT_EQ(response.results_size(), request.candidates_size());
  EXPECT_EQ(response.results(0).outcome(), v1::ICE_CANDIDATE_OUTCOME_IGNORED);
  EXPECT_EQ(response.results(0).ignored_reason(),
            v1::ICE_CANDIDATE_IGNORED_REASON_ADDRESS_POLICY);
  EXPECT_EQ(response.results(1).outcome(), v1::ICE_CANDIDATE_OUTCOME_APPLIED);
  EXPECT_EQ(response.results(2).ignored_reason(),
            v1::ICE_CANDIDATE_IGNORED_REASON_DUPLICATE);
  EXPECT_EQ(response.results().rbegin()->outcome(),
            v1::ICE_CANDIDATE_OUTCOME_IGNORED);
  EXPECT_EQ(response.results().rbegin()->ignored_reason(),
            v1::ICE_CANDIDATE_IGNORED_REASON_TOO_MANY);
}

// Each learns of the other by AddIceCandidates, and of its TCP alone.
TEST_F(GatheringTest, PeersConnectOverTcpAlone) {
  v1::CreatePeerRequest create;
  create.mutable_configuration()->set_ice_tcp(true);
  const std::string b = CreatePeer(create).name();
  create.add_data_channels()->set_label("chat");
  const v1::Peer offerer = CreatePeer(create);
  const std::string a = offerer.name();
  EXPECT_TRUE(offerer.configuration().ice_tcp());
  const v1::SessionDescription offer = Describe(a);
  SetRemote(b, WithoutCandidates(offer));
  const v1::SessionDescription answer = Describe(b);
  SetRemote(a, WithoutCandidates(answer));
  AddTcpCandidates(offer, b);
  AddTcpCandidates(answer, a);
  EXPECT_THAT(NextSelected(a, 0), HasSubstr(" tcp "));
  EXPECT_THAT(NextSelected(b, 0), HasSubstr(" tcp "));
  std::string channel_b;
  AwaitEvent(b, 0, [&channel_b](const v1::Event& event) {
    channel_b = event.data_channel().data_channel().name();
    return event.has_data_channel();
  });
  ExpectMessage(channel_b, offerer.state().data_channels(0).name(), "tcp");

  // The statistics show no trace of UDP on the way.
  v1::GetStatsRequest request;
  request.set_name(a);
  v1::GetStatsResponse response;
  EXPECT_OK(Call(&Peers::GetStats, request, &response));
  int remote = 0;
  for (const v1::Stats& one : response.report().stats()) {
    if (!one.has_remote_candidate()) continue;
    ++remote;
    EXPECT_EQ(one.remote_candidate().protocol(), "tcp");
  }
  EXPECT_GT(remote, 0);
}

TEST_F(GatheringTest, TcpMayBeAskedForOnALivePeer) {
  const Pair pair = Connect();
  v1::UpdatePeerRequest update;
  update.set_name(pair.a);
  update.mutable_configuration()->set_ice_tcp(true);
  EXPECT_OK(Call(&Peers::UpdatePeer, update));
  EXPECT_THAT(Describe(pair.a).sdp(), HasSubstr(" tcptype passive"));
}

class CandidatePoolTest : public GatheringTest {
 protected:
  v1::CreatePeerRequest Pooled(const StunServer& stun) {
    v1::CreatePeerRequest request;
    request.add_data_channels()->set_label("chat");
    request.mutable_configuration()->set_ice_candidate_pool_size(1);
    Add(stun.At("127.0.0.1"), request.mutable_configuration());
    return request;
  }
  // The type of each candidate that events have shown, and then the end.
  std::vector<std::string> Shown(const std::string& name) {
    std::vector<std::string> types;
    AwaitEvent(name, 0, [&types](const v1::Event& event) {
      if (event.has_local_candidate()) {
        const std::string& text =
            event.local_candidate().candidate().candidate();
        const size_t at = text.find("typ ");
        types.push_back(
            at == std::string::npos
                ? "end"
                : text.substr(at + 4, text.find(' ', at + 4) - at - 4));
      }
      return event.ice_gathering_state_change().ice_gathering_state() ==
             v1::ICE_GATHERING_STATE_COMPLETE;
    });
    return types;
  }
};

TEST_F(CandidatePoolTest, GathersFromCreationAndShowsWithTheDescription) {
  StunServer stun;
  const v1::Peer peer = CreatePeer(Pooled(stun));
  ASSERT_TRUE(stun.AwaitRequests(1));
  CreateOffer(peer.name());
  EXPECT_EQ(GetPeer(peer.name()).state().ice_gathering_state(),
            v1::ICE_GATHERING_STATE_NEW);
  EXPECT_EQ(peer.configuration().ice_candidate_pool_size(), 1u);
  const std::string other = CreatePeer().name();
  Negotiate(peer.name(), other);
  AwaitConnected(peer.name());
  EXPECT_THAT(Shown(peer.name()), ElementsAre("host", "srflx", "end"));
  EXPECT_EQ(stun.requests(), 1);
}

TEST_F(CandidatePoolTest, AnAnswererGathersAnew) {
  StunServer stun;
  const std::string answerer = CreatePeer(Pooled(stun)).name();
  ASSERT_TRUE(stun.AwaitRequests(1));
  const std::string offerer = CreateChannelPeer().name();
  Negotiate(offerer, answerer);
  AwaitConnected(answerer);
  EXPECT_THAT(Shown(answerer), ElementsAre("host", "srflx", "end"));
}

TEST_F(CandidatePoolTest, APeerThatIsNeverDescribedGivesAllBack) {
  StunServer stun;
  const auto descriptors = [this] {
    v1::GetPoolResponse response;
    EXPECT_OK(
        Call(&v1::PoolService::Stub::GetPool, v1::GetPoolRequest(), &response));
    return response.pool().use().file_descriptors();
  };
  const auto gather_and_close = [&](int requests) {
    const auto before = descriptors();
    const std::string name = CreatePeer(Pooled(stun)).name();
    ASSERT_TRUE(stun.AwaitRequests(requests));
    EXPECT_GT(descriptors(), before);
    ClosePeer(name);
  };
  // The first one opens what the server keeps.
  gather_and_close(1);
  const auto before = descriptors();
  for (int i = 2; i < 6; ++i) gather_and_close(i);
  // The loop frees what agents shared at the end of its turn.
  const absl::Time deadline = absl::Now() + kPatience;
  while (descriptors() > before && absl::Now() < deadline) continue;
  EXPECT_LE(descriptors(), before);
}

}  // namespace
}  // namespace parley::service
