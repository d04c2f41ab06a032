// Every call that changes something, made twice with one request_id.

#include <google/protobuf/util/message_differencer.h>

#include <set>
#include <string>

#include "core/crypto/certificate.h"
#include "core/crypto/openssl_ptr.h"
#include "openssl/pem.h"
#include "tests/service/harness.h"

namespace parley::service {
namespace {

using google::protobuf::util::MessageDifferencer;
using Certificates = v1::CertificateService::Stub;
using Pool = v1::PoolService::Stub;

class RepeatTest : public ServerTest {
 protected:
  RepeatTest() { StartServer(TestOptions()); }

  template <typename Request>
  static Request For(const std::string& name) {
    Request request;
    request.set_name(name);
    return request;
  }

  // Makes the call, changes the peer, makes the call again, and gives the
  // reply, which is to be the same.
  template <typename Stub, typename Request, typename Response>
  Response Twice(grpc::Status (Stub::*method)(grpc::ClientContext*,
                                              const Request&, Response*),
                 Request request, const std::string& peer = "") {
    const std::string type = Request::descriptor()->name();
    const std::string call = type.substr(0, type.size() - 7);  // "Request"
    called_.insert(call);
    request.set_request_id(call);
    Response first;
    Response again;
    EXPECT_OK(Call(method, request, &first)) << call;
    if (!peer.empty()) {
      auto change = For<v1::AddTransceiverRequest>(peer);
      change.mutable_transceiver()->set_kind(v1::MEDIA_KIND_AUDIO);
      EXPECT_OK(Call(&Peers::AddTransceiver, change)) << call;
    }
    EXPECT_OK(Call(method, request, &again)) << call;
    EXPECT_TRUE(MessageDifferencer::Equals(first, again))
        << call << ": " << first.DebugString() << again.DebugString();
    return first;
  }

  std::set<std::string> called_;
};

std::string KeyOf(const crypto::Certificate& certificate) {
  const crypto::BioPtr bio(BIO_new(BIO_s_mem()));
  EXPECT_EQ(PEM_write_bio_PrivateKey(bio.get(), certificate.private_key(),
                                     nullptr, nullptr, 0, nullptr, nullptr),
            1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

// What the contract lets be repeated.
std::set<std::string> Repeatable() {
  std::set<std::string> names;
  for (const char* service :
       {"parley.v1.PeerService", "parley.v1.DataChannelService",
        "parley.v1.CertificateService", "parley.v1.PoolService"}) {
    const auto* is =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
            service);
    for (int i = 0; i < is->method_count(); ++i) {
      const auto* method = is->method(i);
      if (method->input_type()->FindFieldByName("request_id") != nullptr) {
        names.insert(method->name());
      }
    }
  }
  return names;
}

TEST_F(RepeatTest, EveryChangeIsMadeOnceAndAnsweredAlike) {
  const std::string a =
      Twice(&Peers::CreatePeer, v1::CreatePeerRequest()).peer().name();
  v1::UpdatePeerRequest update;
  update.set_name(a);
  update.mutable_update_mask()->add_paths("labels");
  (*update.mutable_labels())["room"] = "7";
  Twice(&Peers::UpdatePeer, update, a);

  // Parts of a peer.
  auto add = For<v1::AddTransceiverRequest>(a);
  add.mutable_transceiver()->set_kind(v1::MEDIA_KIND_VIDEO);
  const std::string transceiver =
      Twice(&Peers::AddTransceiver, add, a).transceiver().name();
  auto direct = For<v1::UpdateTransceiverRequest>(transceiver);
  direct.set_direction(v1::TRANSCEIVER_DIRECTION_RECVONLY);
  direct.mutable_update_mask()->add_paths("direction");
  Twice(&Peers::UpdateTransceiver, direct, a);
  auto track = For<v1::AddTrackRequest>(a);
  track.mutable_track()->set_kind(v1::MEDIA_KIND_VIDEO);
  const std::string sender =
      Twice(&Peers::AddTrack, track, a).transceiver().name();
  auto replace = For<v1::ReplaceTrackRequest>(sender);
  replace.mutable_track()->set_kind(v1::MEDIA_KIND_VIDEO);
  Twice(&Peers::ReplaceTrack, replace, a);
  Twice(&Peers::RemoveTrack, For<v1::RemoveTrackRequest>(sender), a);
  Twice(&Peers::StopTransceiver, For<v1::StopTransceiverRequest>(transceiver),
        a);
  auto open = For<v1::CreateDataChannelRequest>(a);
  open.mutable_data_channel()->set_label("chat");
  const std::string channel =
      Twice(&Peers::CreateDataChannel, open, a).data_channel().name();
  Twice(&Peers::CloseDataChannel, For<v1::CloseDataChannelRequest>(channel), a);

  // A negotiation, step by step.
  Twice(&Peers::CreateOffer, For<v1::CreateOfferRequest>(a), a);
  const v1::SessionDescription offer =
      Twice(&Peers::SetLocalDescription, For<v1::SetLocalDescriptionRequest>(a),
            a)
          .description();
  const std::string b = CreatePeer().name();
  auto remote = For<v1::SetRemoteDescriptionRequest>(b);
  *remote.mutable_description() = offer;
  Twice(&Peers::SetRemoteDescription, remote, b);
  Twice(&Peers::CreateAnswer, For<v1::CreateAnswerRequest>(b), b);
  auto candidates = For<v1::AddIceCandidatesRequest>(b);
  v1::IceCandidate* candidate = candidates.add_candidates();
  candidate->set_candidate("candidate:1 1 udp 1 127.0.0.1 9 typ host");
  candidate->set_sdp_m_line_index(0);
  Twice(&Peers::AddIceCandidates, candidates, b);
  Twice(&Peers::RestartIce, For<v1::RestartIceRequest>(b), b);

  // The same in two calls.
  v1::OfferRequest composite;
  composite.mutable_create()->add_data_channels()->set_label("chat");
  const v1::OfferResponse offered = Twice(&Peers::Offer, composite);
  v1::AnswerRequest answer;
  answer.mutable_create();
  *answer.mutable_offer() = offered.description();
  Twice(&Peers::Answer, answer);

  const Pair pair = Connect();
  auto message = For<v1::SendMessageRequest>(pair.channel_a);
  message.set_text("once");
  Twice(&Channels::SendMessage, message, pair.a);

  // What belongs to no peer.
  const std::string certificate = Twice(&Certificates::GenerateCertificate,
                                        v1::GenerateCertificateRequest())
                                      .certificate()
                                      .name();
  const auto native =
      crypto::GenerateCertificate({}, SystemClock(), SystemRandom());
  ASSERT_TRUE(native.ok());
  v1::ImportCertificateRequest import;
  import.set_certificate_pem((*native)->Pem());
  import.set_private_key_pem(KeyOf(**native));
  Twice(&Certificates::ImportCertificate, import);
  Twice(&Certificates::RotateCertificate,
        For<v1::RotateCertificateRequest>(certificate));
  Twice(&Certificates::DeleteCertificate,
        For<v1::DeleteCertificateRequest>(certificate));
  Twice(&Peers::ClosePeer, For<v1::ClosePeerRequest>(b));
  Twice(&Pool::Drain, v1::DrainRequest());

  EXPECT_EQ(called_, Repeatable());
}

// Whatever has become of the peer since.
TEST_F(RepeatTest, TheFirstReplyOfACreationLastsAsLongAsThePeer) {
  v1::CreatePeerRequest create;
  create.set_request_id("create");
  v1::CreatePeerResponse first;
  ASSERT_OK(Call(&Peers::CreatePeer, create, &first));
  v1::OfferRequest offer;
  offer.mutable_create()->add_data_channels();
  offer.set_request_id("offer");
  v1::OfferResponse offered;
  ASSERT_OK(Call(&Peers::Offer, offer, &offered));
  // More than are remembered of others.
  for (int i = 0; i < 40; ++i) {
    for (const std::string& peer :
         {first.peer().name(), offered.peer().name()}) {
      auto change = For<v1::AddTransceiverRequest>(peer);
      change.mutable_transceiver()->set_kind(v1::MEDIA_KIND_AUDIO);
      change.set_request_id(std::to_string(i));
      ASSERT_OK(Call(&Peers::AddTransceiver, change));
    }
  }
  v1::CreatePeerResponse again;
  ASSERT_OK(Call(&Peers::CreatePeer, create, &again));
  EXPECT_TRUE(MessageDifferencer::Equals(first, again));
  v1::OfferResponse offered_again;
  ASSERT_OK(Call(&Peers::Offer, offer, &offered_again));
  EXPECT_TRUE(MessageDifferencer::Equals(offered, offered_again));

  ClosePeer(first.peer().name());
  again.Clear();
  ASSERT_OK(Call(&Peers::CreatePeer, create, &again));
  EXPECT_TRUE(MessageDifferencer::Equals(first, again));
  ClosePeer(offered.peer().name());
  EXPECT_EQ(ErrorText(Call(&Peers::Offer, offer)),
            "FAILED_PRECONDITION PEER_CLOSED InvalidStateError");
}

// Once the tombstone is gone it is another request.
TEST_F(RepeatTest, AForgottenPeerIsCreatedAnew) {
  Options options = TestOptions();
  options.engine.pool.tombstone_ttl = absl::ZeroDuration();
  StartServer(std::move(options));
  v1::CreatePeerRequest create;
  create.set_request_id("create");
  v1::CreatePeerResponse first;
  ASSERT_OK(Call(&Peers::CreatePeer, create, &first));
  ClosePeer(first.peer().name());
  v1::CreatePeerResponse again;
  ASSERT_OK(Call(&Peers::CreatePeer, create, &again));
  EXPECT_NE(again.peer().name(), first.peer().name());
}

// One that comes late is not carried out after what has come since.
TEST_F(RepeatTest, ALateDrainDoesNotUndoACancel) {
  v1::DrainRequest drain;
  drain.mutable_timeout()->set_seconds(3600);
  drain.set_request_id("drain");
  v1::DrainResponse first;
  ASSERT_OK(Call(&Pool::Drain, drain, &first));
  v1::DrainRequest cancel;
  cancel.set_cancel(true);
  ASSERT_OK(Call(&Pool::Drain, cancel));
  v1::DrainResponse again;
  ASSERT_OK(Call(&Pool::Drain, drain, &again));
  EXPECT_TRUE(MessageDifferencer::Equals(first, again));
  CreatePeer();
  drain.mutable_timeout()->set_seconds(60);
  EXPECT_EQ(ErrorText(Call(&Pool::Drain, drain)),
            "ALREADY_EXISTS REQUEST_ID_CONFLICT");
}

}  // namespace
}  // namespace parley::service
