// Every call ends, also when its peer closes under it.

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/byte_buffer.h"
#include "tests/service/harness.h"

namespace parley::service {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;

// The unary methods that are called on a peer or a part of one.
std::vector<const MethodDescriptor*> Methods() {
  std::vector<const MethodDescriptor*> methods;
  for (const char* name :
       {"parley.v1.PeerService", "parley.v1.DataChannelService"}) {
    const auto* service =
        DescriptorPool::generated_pool()->FindServiceByName(name);
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor* method = service->method(i);
      if (method->server_streaming() || method->client_streaming() ||
          method->input_type()->FindFieldByName("name") == nullptr) {
        continue;
      }
      methods.push_back(method);
    }
  }
  return methods;
}

struct Target {
  std::string peer;
  std::string transceiver;
  std::string channel;
};

const std::string& NameFor(const std::string& method, const Target& target) {
  static const std::set<std::string> of_transceivers = {
      "UpdateTransceiver", "StopTransceiver", "RemoveTrack", "ReplaceTrack"};
  static const std::set<std::string> of_channels = {"CloseDataChannel",
                                                    "SendMessage"};
  if (of_transceivers.contains(method)) return target.transceiver;
  return of_channels.contains(method) ? target.channel : target.peer;
}

// What a method needs besides the name to get as far as the peer.
void Complete(Message& message) {
  if (auto* r = dynamic_cast<v1::AddTransceiverRequest*>(&message)) {
    r->mutable_transceiver()->set_kind(v1::MEDIA_KIND_AUDIO);
  } else if (auto* r = dynamic_cast<v1::AddTrackRequest*>(&message)) {
    r->mutable_track()->set_kind(v1::MEDIA_KIND_AUDIO);
  } else if (auto* r = dynamic_cast<v1::UpdateTransceiverRequest*>(&message)) {
    r->set_direction(v1::TRANSCEIVER_DIRECTION_SENDONLY);
  } else if (auto* r =
                 dynamic_cast<v1::SetRemoteDescriptionRequest*>(&message)) {
    r->mutable_description()->set_type(v1::SDP_TYPE_ROLLBACK);
  } else if (auto* r = dynamic_cast<v1::OfferRequest*>(&message)) {
    r->mutable_gathering_timeout()->set_seconds(10);
  } else if (auto* r = dynamic_cast<v1::AnswerRequest*>(&message)) {
    r->mutable_offer()->set_sdp("v=0");
  } else if (auto* r = dynamic_cast<v1::AddIceCandidatesRequest*>(&message)) {
    r->add_candidates()->set_sdp_mid("0");
  } else if (auto* r = dynamic_cast<v1::SendMessageRequest*>(&message)) {
    r->set_text("hello");
  } else if (auto* r = dynamic_cast<v1::GetCapabilitiesRequest*>(&message)) {
    r->set_kind(v1::MEDIA_KIND_AUDIO);
  } else if (auto* r = dynamic_cast<v1::UpdatePeerRequest*>(&message)) {
    r->set_polite(true);
  }
}

struct OneCall {
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer response;
  grpc::Status status;
};

class ClosingTest : public ServerTest {
 protected:
  ClosingTest() {
    StartServer(TestOptions());
    stub_ = std::make_unique<grpc::GenericStub>(server_->InProcessChannel());
  }
  ~ClosingTest() override { stub_.reset(); }

  Target MakeTarget() {
    v1::CreatePeerRequest request;
    request.add_transceivers()->set_kind(v1::MEDIA_KIND_VIDEO);
    request.add_data_channels()->set_label("chat");
    const v1::Peer peer = CreatePeer(request);
    return {.peer = peer.name(),
            .transceiver = peer.state().transceivers(0).name(),
            .channel = peer.state().data_channels(0).name()};
  }

  // Calls every method at once, in this order from `first` on, and waits until
  // all have ended. What each ended with, by method.
  std::vector<std::pair<std::string, std::string>> CallAll(const Target& target,
                                                           size_t first) {
    const auto methods = Methods();
    std::vector<OneCall> calls(methods.size());
    absl::BlockingCounter left(static_cast<int>(methods.size()));
    for (size_t n = 0; n < methods.size(); ++n) {
      const size_t i = (first + n) % methods.size();
      const MethodDescriptor& method = *methods[i];
      const std::unique_ptr<Message> message(
          MessageFactory::generated_factory()
              ->GetPrototype(method.input_type())
              ->New());
      message->GetReflection()->SetString(
          message.get(), method.input_type()->FindFieldByName("name"),
          NameFor(method.name(), target));
      Complete(*message);
      const grpc::Slice slice(message->SerializeAsString());
      OneCall& call = calls[i];
      call.request = grpc::ByteBuffer(&slice, 1);
      call.context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
      stub_->UnaryCall(
          &call.context,
          "/" + method.service()->full_name() + "/" + method.name(),
          grpc::StubOptions(), &call.request, &call.response,
          [&call, &left](grpc::Status status) {
            call.status = std::move(status);
            left.DecrementCount();
          });
    }
    left.Wait();
    std::vector<std::pair<std::string, std::string>> ends;
    for (size_t i = 0; i < methods.size(); ++i) {
      ends.emplace_back(methods[i]->name(), ErrorText(calls[i].status));
    }
    return ends;
  }

  std::unique_ptr<grpc::GenericStub> stub_;
};

TEST_F(ClosingTest, EveryCallEndsWhileThePeerCloses) {
  const size_t methods = Methods().size();
  ASSERT_GT(methods, 20u);
  // ClosePeer is one of them, and comes earlier in each round.
  for (size_t first = 0; first < methods; ++first) {
    for (const auto& [method, end] : CallAll(MakeTarget(), first)) {
      for (const char* bad : {"DEADLINE_EXCEEDED", "CANCELLED", "UNAVAILABLE",
                              "INTERNAL", "UNKNOWN"}) {
        EXPECT_FALSE(end.starts_with(bad)) << method << ": " << end;
      }
    }
  }
}

TEST_F(ClosingTest, AClosedPeerRefusesWhatWouldChangeIt) {
  const Target target = MakeTarget();
  ClosePeer(target.peer);
  static const std::set<std::string> reads = {"GetPeer", "ClosePeer",
                                              "GetCapabilities"};
  for (const auto& [method, end] : CallAll(target, 0)) {
    if (method == "GetStats") continue;
    EXPECT_EQ(end, reads.contains(method)
                       ? "OK"
                       : "FAILED_PRECONDITION PEER_CLOSED InvalidStateError")
        << method;
  }
}

}  // namespace
}  // namespace parley::service
