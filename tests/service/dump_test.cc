// PoolService.DumpPeer: a peer's whole life, without its secrets.

#include <algorithm>
#include <string>

#include "tests/service/harness.h"

namespace parley::service {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class DumpTest : public ServerTest {
 protected:
  DumpTest() { StartServer(TestOptions()); }

  v1::PeerDump Dump(const std::string& name) {
    v1::DumpPeerRequest request;
    request.set_name(name);
    v1::DumpPeerResponse response;
    EXPECT_OK(Call(&v1::PoolService::Stub::DumpPeer, request, &response));
    return response.dump();
  }

  // Remote candidates in one call.
  void AddCandidate(const std::string& name, const std::string& candidate,
                    const std::string& mid = "0") {
    v1::AddIceCandidatesRequest request;
    request.set_name(name);
    v1::IceCandidate* added = request.add_candidates();
    added->set_candidate(candidate);
    added->set_sdp_mid(mid);
    EXPECT_OK(Call(&Peers::AddIceCandidates, request));
  }

  static const v1::CandidateRecord* FindCandidate(const v1::PeerDump& dump,
                                                  const std::string& part) {
    for (const v1::CandidateRecord& record : dump.candidates()) {
      if (record.candidate().candidate().find(part) != std::string::npos) {
        return &record;
      }
    }
    return nullptr;
  }
};

std::string IcePassword(const std::string& sdp) {
  const std::string key = "a=ice-pwd:";
  const size_t at = sdp.find(key) + key.size();
  return sdp.substr(at, sdp.find('\r', at) - at);
}

TEST_F(DumpTest, ShowsWhatHappenedToAConnectedPeer) {
  const Pair pair = Connect();
  AddCandidate(pair.a, "candidate:9 1 udp 1 x.local 9 typ host");
  AddCandidate(pair.a, "candidate:8 1 udp 1 169.254.169.254 9 typ host");
  AddCandidate(pair.a, "candidate:7 1 udp 1 192.0.2.1 9 typ host", "nowhere");
  v1::SetLocalDescriptionRequest bad;
  bad.set_name(pair.a);
  bad.mutable_description()->set_type(v1::SDP_TYPE_ANSWER);
  EXPECT_FALSE(Call(&Peers::SetLocalDescription, bad).ok());

  const v1::Peer peer = GetPeer(pair.a, v1::PEER_VIEW_FULL);
  const v1::PeerDump dump = Dump(pair.a);
  EXPECT_EQ(dump.peer().name(), pair.a);
  EXPECT_THAT(dump.peer().current_local_description().sdp(),
              HasSubstr("m=application"));
  for (const std::string& text : {peer.current_local_description().sdp(),
                                  peer.current_remote_description().sdp()}) {
    EXPECT_GE(IcePassword(text).size(), 22u);
    EXPECT_THAT(dump.SerializeAsString(), Not(HasSubstr(IcePassword(text))));
  }

  // Calls, in order, with what they came to.
  ASSERT_EQ(dump.operations_size(), 6);
  EXPECT_EQ(dump.operations(0).method(), "SetLocalDescription");
  EXPECT_EQ(dump.operations(0).signaling_state(),
            v1::SIGNALING_STATE_HAVE_LOCAL_OFFER);
  EXPECT_FALSE(dump.operations(0).has_error());
  EXPECT_TRUE(dump.operations(0).has_time());
  EXPECT_EQ(dump.operations(1).method(), "SetRemoteDescription");
  EXPECT_EQ(dump.operations(2).method(), "AddIceCandidates");
  EXPECT_EQ(dump.operations(5).error().reason(), "SIGNALING_STATE");

  // Events without a gap, the last one included.
  ASSERT_FALSE(dump.events().empty());
  for (int i = 1; i < dump.events_size(); ++i) {
    EXPECT_EQ(dump.events(i).sequence(), dump.events(i - 1).sequence() + 1);
  }
  EXPECT_EQ(dump.events().rbegin()->sequence(),
            dump.peer().state().last_event_sequence());

  const auto selected = [&dump](v1::DescriptionSide side) {
    return std::count_if(dump.candidates().begin(), dump.candidates().end(),
                         [side](const v1::CandidateRecord& record) {
                           return record.selected() && record.side() == side;
                         });
  };
  EXPECT_EQ(selected(v1::DESCRIPTION_SIDE_LOCAL), 1);
  EXPECT_EQ(selected(v1::DESCRIPTION_SIDE_REMOTE), 1);
  const v1::CandidateRecord* name = FindCandidate(dump, "x.local");
  ASSERT_NE(name, nullptr);
  EXPECT_EQ(name->ignored_reason(), v1::ICE_CANDIDATE_IGNORED_REASON_HOST_NAME);
  const v1::CandidateRecord* metadata = FindCandidate(dump, "169.254.169.254");
  ASSERT_NE(metadata, nullptr);
  EXPECT_EQ(metadata->outcome(), v1::ICE_CANDIDATE_OUTCOME_IGNORED);
  EXPECT_EQ(metadata->ignored_reason(),
            v1::ICE_CANDIDATE_IGNORED_REASON_ADDRESS_POLICY);
  const v1::CandidateRecord* nowhere = FindCandidate(dump, "192.0.2.1");
  ASSERT_NE(nowhere, nullptr);
  EXPECT_EQ(nowhere->error().reason(), "CANDIDATE_MID_UNKNOWN");

  EXPECT_GT(dump.counters().at("packets_sent"), 0u);
  EXPECT_EQ(dump.counters().at("candidate_names_ignored"), 1u);
  EXPECT_GT(dump.counters().at("candidates_ignored"), 1u);
  EXPECT_GT(dump.stats().stats_size(), 5);
}

TEST_F(DumpTest, ShowsATombstone) {
  const std::string name = CreateChannelPeer().name();
  CreateOffer(name);
  ClosePeer(name);
  const v1::PeerDump dump = Dump(name);
  EXPECT_EQ(dump.peer().closure().reason(), v1::CLOSE_REASON_REQUESTED);
  ASSERT_EQ(dump.operations_size(), 1);
  EXPECT_EQ(dump.operations(0).method(), "CreateOffer");
  EXPECT_TRUE(dump.events().rbegin()->has_closed());
}

TEST_F(DumpTest, KeepsTheLastCallsOnly) {
  const std::string name = CreateChannelPeer().name();
  for (int i = 0; i < 40; ++i) CreateOffer(name);
  SetLocal(name);
  const v1::PeerDump dump = Dump(name);
  EXPECT_EQ(dump.operations_size(), 32);
  EXPECT_EQ(dump.operations().rbegin()->method(), "SetLocalDescription");
}

TEST_F(DumpTest, OfNobodyIsAnError) {
  EXPECT_EQ(
      ErrorText(Call(&v1::PoolService::Stub::DumpPeer, v1::DumpPeerRequest())),
      "INVALID_ARGUMENT ARGUMENT TypeError");
}

}  // namespace
}  // namespace parley::service
