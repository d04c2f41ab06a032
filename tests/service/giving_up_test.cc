// Callers who give up: every method, cancelled or out of time at some moment,
// and what it leaves behind.

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/proto_buffer_writer.h"
#include "tests/service/harness.h"

namespace parley::service {
namespace {

using google::protobuf::Message;

class GivingUpTest : public ServerTest {
 protected:
  using Maker = std::function<std::unique_ptr<Message>()>;

  GivingUpTest() {
    StartServer(TestOptions());
    v1::CreatePeerRequest request;
    request.add_data_channels();
    request.add_transceivers()->set_kind(v1::MEDIA_KIND_AUDIO);
    a_ = CreatePeer(request);
    b_ = CreatePeer();
    offer_ = CreateOffer(a_.name());
    v1::GenerateCertificateResponse made;
    EXPECT_OK(Call(&v1::CertificateService::Stub::GenerateCertificate,
                   v1::GenerateCertificateRequest(), &made));
    certificate_ = made.certificate().name();
    MakeRequests();
  }

  template <typename Request>
  void Add(std::function<void(Request&)> fill) {
    const std::string type = Request::descriptor()->name();
    requests_[type.substr(0, type.size() - 7)] = [fill = std::move(fill)] {
      auto request = std::make_unique<Request>();
      fill(*request);
      return request;
    };
  }
  // The same for one that only names something.
  template <typename Request>
  void Add(const std::string& name) {
    Add<Request>([name](Request& request) { request.set_name(name); });
  }

  void MakeRequests() {
    const std::string a = a_.name();
    const std::string b = b_.name();
    const std::string transceiver = a_.state().transceivers(0).name();
    const std::string channel = a_.state().data_channels(0).name();
    Add<v1::CreatePeerRequest>([](auto& r) { r.add_data_channels(); });
    Add<v1::GetPeerRequest>(a);
    Add<v1::ListPeersRequest>([](auto&) {});
    Add<v1::UpdatePeerRequest>([a](auto& r) {
      r.set_name(a);
      (*r.mutable_labels())["room"] = "7";
    });
    Add<v1::ClosePeerRequest>(
        [this](auto& r) { r.set_name(CreatePeer().name()); });
    Add<v1::CreateOfferRequest>(a);
    Add<v1::CreateAnswerRequest>(b);
    Add<v1::SetLocalDescriptionRequest>(a);
    Add<v1::SetRemoteDescriptionRequest>([this, b](auto& r) {
      r.set_name(b);
      *r.mutable_description() = offer_;
    });
    Add<v1::AddIceCandidatesRequest>([b](auto& r) {
      r.set_name(b);
      r.add_candidates()->set_candidate(
          "candidate:1 1 udp 1 127.0.0.1 9 typ host");
      r.mutable_candidates(0)->set_sdp_m_line_index(0);
    });
    Add<v1::RestartIceRequest>(a);
    Add<v1::AddTransceiverRequest>([a](auto& r) {
      r.set_name(a);
      r.mutable_transceiver()->set_kind(v1::MEDIA_KIND_VIDEO);
    });
    Add<v1::UpdateTransceiverRequest>([transceiver](auto& r) {
      r.set_name(transceiver);
      r.set_direction(v1::TRANSCEIVER_DIRECTION_RECVONLY);
    });
    Add<v1::StopTransceiverRequest>(transceiver);
    Add<v1::AddTrackRequest>([b](auto& r) {
      r.set_name(b);
      r.mutable_track()->set_kind(v1::MEDIA_KIND_AUDIO);
    });
    Add<v1::RemoveTrackRequest>(transceiver);
    Add<v1::ReplaceTrackRequest>(transceiver);
    Add<v1::CreateDataChannelRequest>([b](auto& r) {
      r.set_name(b);
      r.mutable_data_channel()->set_label("another");
    });
    Add<v1::CloseDataChannelRequest>(b + "/dataChannels/1");
    Add<v1::GetCapabilitiesRequest>(
        [](auto& r) { r.set_kind(v1::MEDIA_KIND_AUDIO); });
    Add<v1::GetStatsRequest>(a);
    Add<v1::OfferRequest>([this, a](auto& r) {
      random_() % 2 == 0 ? r.set_name(a) : void(r.mutable_create());
      r.mutable_gathering_timeout()->set_seconds(1);
    });
    Add<v1::AnswerRequest>([this, b](auto& r) {
      random_() % 2 == 0 ? r.set_name(b) : void(r.mutable_create());
      *r.mutable_offer() = offer_;
      r.mutable_gathering_timeout()->set_seconds(1);
    });
    Add<v1::WatchPeerRequest>([a](auto& r) {
      r.set_name(a);
      r.set_after_sequence(0);
      r.set_keep_alive(true);
    });
    Add<v1::WatchPeersRequest>([](auto&) {});
    Add<v1::ExchangeRequest>([channel](auto& r) {
      r.add_frames()->set_name(channel);
      r.mutable_frames(0)->mutable_attach()->set_take_over(true);
    });
    Add<v1::SendMessageRequest>([channel](auto& r) {
      r.set_name(channel);
      r.set_text("x");
    });
    Add<v1::ReceiveMessagesRequest>([channel](auto& r) {
      r.set_name(channel);
      r.set_take_over(true);
    });
    Add<v1::GenerateCertificateRequest>([](auto&) {});
    Add<v1::ImportCertificateRequest>([](auto&) {});
    Add<v1::GetCertificateRequest>(certificate_);
    Add<v1::ListCertificatesRequest>([](auto&) {});
    Add<v1::RotateCertificateRequest>(certificate_);
    Add<v1::DeleteCertificateRequest>(certificate_);
    Add<v1::GetPoolRequest>([](auto&) {});
    Add<v1::DrainRequest>([](auto& r) { r.set_cancel(true); });
    Add<v1::DumpPeerRequest>(a);
  }

  // Full names by names.
  static std::map<std::string, std::string> Methods() {
    std::map<std::string, std::string> paths;
    for (const char* service :
         {"parley.v1.PeerService", "parley.v1.DataChannelService",
          "parley.v1.CertificateService", "parley.v1.PoolService"}) {
      const auto* is =
          google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
              service);
      for (int i = 0; i < is->method_count(); ++i) {
        const std::string name = is->method(i)->name();
        paths[name] = std::string("/") + service + "/" + name;
      }
    }
    return paths;
  }

  // Makes the call and gives it up after some other calls, if it lasts so long.
  void GiveUp(const std::string& path, const Message& request, int after) {
    grpc::ClientContext context;
    Run(context, path, request, [this, after, &context] {
      for (int i = 0; i < after; ++i) {
        Call(&v1::PoolService::Stub::GetPool, v1::GetPoolRequest());
      }
      context.TryCancel();
    });
  }

  // Makes the call with so little time.
  void RunOutOfTime(const std::string& path, const Message& request,
                    absl::Duration time) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + time));
    Run(context, path, request, [] {});
  }

  void Run(grpc::ClientContext& context, const std::string& path,
           const Message& request, const std::function<void()>& meanwhile) {
    grpc::GenericStub stub(server_->InProcessChannel());
    grpc::CompletionQueue queue;
    const auto wait = [&queue] {
      void* tag = nullptr;
      bool ok = false;
      return queue.Next(&tag, &ok) && ok;
    };
    const auto call = stub.PrepareCall(&context, path, &queue);
    call->StartCall(nullptr);
    if (wait()) {
      grpc::ByteBuffer buffer;
      bool own = false;
      const grpc::Status made =
          grpc::GenericSerialize<grpc::ProtoBufferWriter, Message>(
              request, &buffer, &own);
      ASSERT_TRUE(made.ok());
      call->WriteLast(buffer, grpc::WriteOptions(), nullptr);
      meanwhile();
      wait();
    }
    grpc::ByteBuffer answer;
    do {
      call->Read(&answer, nullptr);
    } while (wait());
    grpc::Status status;
    call->Finish(&status, nullptr);
    wait();
  }

  // The descriptions of the peer are those of its signaling state, and it has
  // forgotten no event.
  void ExpectConsistent(const std::string& name) {
    const v1::PeerState state = GetPeer(name).state();
    const bool local = state.has_pending_local_description();
    const bool remote = state.has_pending_remote_description();
    const v1::SignalingState is = state.signaling_state();
    EXPECT_EQ(is == v1::SIGNALING_STATE_STABLE, !local && !remote);
    EXPECT_EQ(is == v1::SIGNALING_STATE_HAVE_LOCAL_OFFER, local && !remote);
    EXPECT_EQ(is == v1::SIGNALING_STATE_HAVE_REMOTE_OFFER, remote && !local);
    EXPECT_EQ(state.has_current_local_description(),
              state.has_current_remote_description());
    EXPECT_GE(state.last_event_sequence(), seen_[name]);
    seen_[name] = state.last_event_sequence();
  }

  // Undoes what may be under way; whether something is does not matter.
  void RollBack(const std::string& name) {
    v1::SetLocalDescriptionRequest local;
    local.set_name(name);
    local.mutable_description()->set_type(v1::SDP_TYPE_ROLLBACK);
    Call(&Peers::SetLocalDescription, local);
    v1::SetRemoteDescriptionRequest remote;
    remote.set_name(name);
    remote.mutable_description()->set_type(v1::SDP_TYPE_ROLLBACK);
    Call(&Peers::SetRemoteDescription, remote);
  }

  // Whether both negotiate as if nothing had been.
  bool TryNegotiate() {
    RollBack(a_.name());
    RollBack(b_.name());
    v1::SetLocalDescriptionRequest local;
    local.set_name(a_.name());
    v1::SetLocalDescriptionResponse offered;
    if (!Call(&Peers::SetLocalDescription, local, &offered).ok()) return false;
    v1::SetRemoteDescriptionRequest remote;
    remote.set_name(b_.name());
    *remote.mutable_description() = offered.description();
    if (!Call(&Peers::SetRemoteDescription, remote).ok()) return false;
    local.set_name(b_.name());
    v1::SetLocalDescriptionResponse answered;
    if (!Call(&Peers::SetLocalDescription, local, &answered).ok()) return false;
    remote.set_name(a_.name());
    *remote.mutable_description() = answered.description();
    return Call(&Peers::SetRemoteDescription, remote).ok();
  }

  // A call that was given up may come to the peer only now, and between the
  // steps of a negotiation.
  void Negotiate() {
    constexpr int kTries = 50;
    int tries = 0;
    while (!TryNegotiate()) ASSERT_LT(++tries, kTries);
    offer_ = CreateOffer(a_.name());
  }

  size_t PeersInUse() {
    v1::GetPoolResponse pool;
    EXPECT_OK(
        Call(&v1::PoolService::Stub::GetPool, v1::GetPoolRequest(), &pool));
    return pool.pool().use().peers();
  }

  std::mt19937 random_{20'260'923};
  v1::Peer a_;
  v1::Peer b_;
  v1::SessionDescription offer_;
  std::string certificate_;
  std::map<std::string, Maker> requests_;
  std::map<std::string, uint64_t> seen_;
};

// Whose end is on its way when the caller gives up.
TEST_F(GivingUpTest, StreamsThatAreRefused) {
  v1::WatchPeerRequest peer;
  peer.set_name("nobody");
  v1::WatchPeersRequest peers;
  peers.set_resume_token("nothing");
  v1::ReceiveMessagesRequest messages;
  messages.set_name("nobody");
  v1::ExchangeRequest exchange;
  exchange.add_frames();
  for (int round = 0; round < 500; ++round) {
    GiveUp("/parley.v1.PeerService/WatchPeer", peer, 0);
    GiveUp("/parley.v1.PeerService/WatchPeers", peers, 0);
    GiveUp("/parley.v1.DataChannelService/ReceiveMessages", messages, 0);
    GiveUp("/parley.v1.DataChannelService/Exchange", exchange, 0);
  }
  EXPECT_OK(Call(&v1::PoolService::Stub::GetPool, v1::GetPoolRequest()));
}

TEST_F(GivingUpTest, EveryMethodAtAnyMomentLeavesPeersThatGoOn) {
  const std::map<std::string, std::string> methods = Methods();
  ASSERT_EQ(requests_.size(), methods.size());
  for (int round = 0; round < 12; ++round) {
    for (const auto& [name, path] : methods) {
      ASSERT_EQ(requests_.count(name), 1u) << name;
      SCOPED_TRACE(name);
      const auto request = requests_[name]();
      const int when = static_cast<int>(random_() % 6);
      if (when > 3) {
        // It may have passed before the call.
        const auto left = static_cast<int64_t>(random_() % 3000) - 500;
        RunOutOfTime(path, *request, absl::Microseconds(left));
      } else {
        GiveUp(path, *request, when);
      }
      ExpectConsistent(a_.name());
      ExpectConsistent(b_.name());
      if (HasFailure()) return;
    }
    Negotiate();
    if (HasFailure()) return;
  }
  // What nobody knows the name of is still in the list, and can be closed.
  const absl::Time deadline = absl::Now() + kPatience;
  while (PeersInUse() > 0 && absl::Now() < deadline) {
    v1::ListPeersRequest list;
    list.set_page_size(1000);
    v1::ListPeersResponse peers;
    ASSERT_OK(Call(&Peers::ListPeers, list, &peers));
    for (const v1::Peer& peer : peers.peers()) ClosePeer(peer.name());
  }
  EXPECT_EQ(PeersInUse(), 0u);
}

}  // namespace
}  // namespace parley::service
