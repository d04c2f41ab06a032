// What every call can have, and what streams can.

#include "google/protobuf/unknown_field_set.h"
#include "grpcpp/create_channel.h"
#include "tests/service/limits.h"

namespace parley::service {
namespace {

std::string Filled(std::string text, uint64_t size) {
  text.resize(size, 'x');
  return text;
}

// A channel of a peer whose node has the longest name.
std::string NameOfSize(LimitsTest& test, uint64_t size) {
  std::string name = test.CreatePeer().name() + "/dataChannels/";
  EXPECT_LT(name.size(), size);
  name.resize(size, '9');
  return name;
}

std::string TryLabels(LimitsTest& test,
                      const std::map<std::string, std::string>& labels) {
  v1::CreatePeerRequest create;
  v1::ListPeersRequest list;
  v1::WatchPeersRequest watch;
  v1::GenerateCertificateRequest generate;
  v1::ListCertificatesRequest certificates;
  for (const auto& [key, value] : labels) {
    (*create.mutable_labels())[key] = value;
    (*list.mutable_labels())[key] = value;
    (*watch.mutable_labels())[key] = value;
    (*generate.mutable_labels())[key] = value;
    (*certificates.mutable_labels())[key] = value;
  }
  using Certificates = v1::CertificateService::Stub;
  const std::string reason = test.TryCreate(create);
  EXPECT_EQ(test.Try(&Peers::ListPeers, list), reason);
  EXPECT_EQ(test.TryWatchAll(watch), reason);
  EXPECT_EQ(test.Try(&Certificates::GenerateCertificate, generate), reason);
  EXPECT_EQ(test.Try(&Certificates::ListCertificates, certificates), reason);
  return reason;
}

std::string TryRequestId(LimitsTest& test, uint64_t size) {
  const std::string id = Filled("", size);
  v1::CreatePeerRequest create;
  create.set_request_id(id);
  v1::RestartIceRequest restart;
  restart.set_name(test.CreatePeer().name());
  restart.set_request_id(id);
  v1::GenerateCertificateRequest generate;
  generate.set_request_id(id);
  const std::string reason = test.TryCreate(create);
  EXPECT_EQ(test.Try(&Peers::RestartIce, restart), reason);
  EXPECT_EQ(
      test.Try(&v1::CertificateService::Stub::GenerateCertificate, generate),
      reason);
  return reason;
}

std::string TryPageSize(LimitsTest& test, uint64_t size) {
  v1::ListPeersRequest peers;
  peers.set_page_size(static_cast<int32_t>(size));
  v1::ListCertificatesRequest certificates;
  certificates.set_page_size(static_cast<int32_t>(size));
  const std::string reason = test.Try(&Peers::ListPeers, peers);
  EXPECT_EQ(
      test.Try(&v1::CertificateService::Stub::ListCertificates, certificates),
      reason);
  return reason;
}

std::string TryMask(LimitsTest& test, uint64_t size) {
  const v1::Peer peer = [&test] {
    v1::CreatePeerRequest request;
    request.add_transceivers()->set_kind(v1::MEDIA_KIND_AUDIO);
    return test.CreatePeer(request);
  }();
  v1::UpdatePeerRequest update;
  update.set_name(peer.name());
  v1::UpdateTransceiverRequest transceiver;
  transceiver.set_name(peer.state().transceivers(0).name());
  for (uint64_t i = 0; i < size; ++i) {
    update.mutable_update_mask()->add_paths("labels");
    transceiver.mutable_update_mask()->add_paths("codec_preferences");
  }
  const std::string reason = test.Try(&Peers::UpdatePeer, update);
  EXPECT_EQ(test.Try(&Peers::UpdateTransceiver, transceiver), reason);
  return reason;
}

std::string TryRequestBytes(LimitsTest& test, uint64_t size) {
  v1::GetPoolRequest request;
  auto* fields = request.GetReflection()->MutableUnknownFields(&request);
  // The key and the length of the field take bytes too.
  fields->AddLengthDelimited(100, std::string(size - 6, 'x'));
  EXPECT_EQ(request.ByteSizeLong(), size);
  return test.Try(&v1::PoolService::Stub::GetPool, request);
}

std::string TryNesting(LimitsTest& test, uint64_t depth) {
  v1::GetPoolRequest request;
  auto* fields = request.GetReflection()->MutableUnknownFields(&request);
  for (uint64_t i = 0; i < depth; ++i) fields = fields->AddGroup(100);
  return test.Try(&v1::PoolService::Stub::GetPool, request);
}

constexpr uint64_t kHeaderBytes = 16 << 10;

// Over a connection: within a process headers have no limit.
std::string TryHeader(LimitsTest& test, uint64_t size) {
  const auto stub = v1::PoolService::NewStub(grpc::CreateChannel(
      test.server().address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.AddMetadata("x", Filled("", size));
  v1::GetPoolResponse response;
  return ReasonOf(stub->GetPool(&context, {}, &response));
}

// What gRPC's client sends besides, which depends on its version.
uint64_t OtherHeaders(LimitsTest& test) {
  uint64_t fits = kHeaderBytes - 1024;
  uint64_t fits_not = kHeaderBytes;
  while (fits_not - fits > 1) {
    const uint64_t middle = (fits + fits_not) / 2;
    (TryHeader(test, middle).empty() ? fits : fits_not) = middle;
  }
  const uint64_t others = kHeaderBytes - fits;
  EXPECT_GT(others, 200u);
  EXPECT_LT(others, 1000u);
  return others;
}

std::string TryHeaders(LimitsTest& test, uint64_t size) {
  return TryHeader(test, size - OtherHeaders(test));
}

std::string TryResumeToken(LimitsTest& test, uint64_t size) {
  v1::WatchPeersRequest request;
  const std::string rest = "~1~1~1~end";
  request.set_resume_token(std::string(size - rest.size(), 'e') + rest);
  return test.TryWatchAll(request);
}

template <typename Request>
void SetMilliseconds(uint64_t ms, Request* duration) {
  duration->set_seconds(static_cast<int64_t>(ms / 1000));
  duration->set_nanos(static_cast<int32_t>(ms % 1000 * 1'000'000));
}

std::string TryHeartbeat(LimitsTest& test, uint64_t ms) {
  v1::WatchPeerRequest one;
  one.set_name(test.CreatePeer().name());
  SetMilliseconds(ms, one.mutable_heartbeat_interval());
  v1::WatchPeersRequest all;
  SetMilliseconds(ms, all.mutable_heartbeat_interval());
  const std::string reason = test.TryWatch(one);
  EXPECT_EQ(test.TryWatchAll(all), reason);
  return reason;
}

std::string TryGatheringTimeout(LimitsTest& test, uint64_t ms) {
  v1::OfferRequest request;
  request.mutable_create();
  SetMilliseconds(ms, request.mutable_gathering_timeout());
  return test.Try(&Peers::Offer, request);
}

std::string TryIdleTimeout(LimitsTest& test, uint64_t ms) {
  const v1::Peer peer = test.CreateChannelPeer();
  v1::ReceiveMessagesRequest request;
  request.set_name(peer.state().data_channels(0).name());
  SetMilliseconds(ms, request.mutable_idle_timeout());
  // The channel ends, and so the stream.
  grpc::ClientContext context;
  const auto stream = test.channels()->ReceiveMessages(&context, request);
  v1::CloseDataChannelRequest end;
  end.set_name(request.name());
  EXPECT_EQ(test.Try(&Peers::CloseDataChannel, end), "");
  v1::ReceiveMessagesResponse response;
  while (stream->Read(&response)) {
  }
  return ReasonOf(stream->Finish());
}

std::string TryDrain(LimitsTest& test, uint64_t ms) {
  v1::DrainRequest request;
  SetMilliseconds(ms, request.mutable_timeout());
  return test.Try(&v1::PoolService::Stub::Drain, request);
}

std::string TryWatchers(LimitsTest& test, uint64_t count) {
  v1::WatchPeerRequest request;
  request.set_name(test.CreatePeer().name());
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::WatchPeerResponse>>> all;
  std::string reason;
  for (uint64_t i = 0; i < count && reason.empty(); ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    all.push_back(test.peers()->WatchPeer(contexts.back().get(), request));
    v1::WatchPeerResponse response;
    if (!all.back()->Read(&response)) reason = ReasonOf(all.back()->Finish());
  }
  for (const auto& context : contexts) context->TryCancel();
  return reason;
}

std::string TryFrames(LimitsTest& test, uint64_t count) {
  v1::ExchangeRequest request;
  request.add_frames()->set_name(test.CreatePeer().name());
  request.mutable_frames(0)->mutable_attach();
  while (static_cast<uint64_t>(request.frames_size()) < count) {
    request.add_frames()->mutable_detach();
  }
  return test.TryExchange(request);
}

std::string TryExchangeBytes(LimitsTest& test, uint64_t bytes) {
  const v1::Peer peer = test.CreateChannelPeer();
  v1::ExchangeRequest request;
  request.add_frames()->set_name(peer.state().data_channels(0).name());
  request.mutable_frames(0)->mutable_attach()->set_mode(
      v1::ATTACH_MODE_RECEIVE);
  constexpr uint64_t kMessage = 256 << 10;
  for (; bytes > 0; bytes -= std::min(bytes, kMessage)) {
    request.add_frames()->mutable_message()->set_text(
        Filled("", std::min(bytes, kMessage)));
  }
  return test.TryExchange(request);
}

std::string TryAttachments(LimitsTest& test, uint64_t count) {
  // So many need the channels of several peers, and several requests.
  grpc::ClientContext context;
  const auto stream = test.channels()->Exchange(&context);
  v1::CreatePeerRequest create;
  create.set_max_data_channels(1024);
  for (int i = 0; i < 1024; ++i) create.add_data_channels();
  uint64_t asked = 0;
  while (asked < count) {
    const v1::Peer peer = test.CreatePeer(create);
    v1::ExchangeRequest request;
    for (const v1::DataChannel& channel : peer.state().data_channels()) {
      if (asked++ == count) break;
      v1::ClientFrame& frame = *request.add_frames();
      frame.set_name(channel.name());
      frame.mutable_attach();
    }
    stream->Write(request);
  }
  uint64_t attached = 0;
  v1::ExchangeResponse response;
  while (attached < count && stream->Read(&response)) {
    attached += static_cast<uint64_t>(response.frames_size());
  }
  if (attached == count) {
    context.TryCancel();
    return "";
  }
  return ReasonOf(stream->Finish());
}

std::string TryWindow(LimitsTest& test, uint64_t bytes) {
  const v1::Peer peer = test.CreateChannelPeer();
  v1::ExchangeRequest request;
  v1::ClientFrame& frame = *request.add_frames();
  frame.set_name(peer.state().data_channels(0).name());
  frame.mutable_attach()->set_window(bytes);
  request.add_frames()->mutable_detach();
  return test.TryExchange(request);
}

std::string TryMessage(LimitsTest& test, uint64_t bytes) {
  v1::SendMessageRequest request;
  const v1::Peer peer = test.CreateChannelPeer();
  request.set_name(peer.state().data_channels(0).name());
  request.set_text(Filled("", bytes));
  return test.Try(&Channels::SendMessage, request);
}

}  // namespace

std::vector<LimitRow> CallLimits() {
  const std::string limit = "LIMIT_EXCEEDED";
  const auto labels_of = [](uint64_t count) {
    std::map<std::string, std::string> labels;
    for (uint64_t i = 0; i < count; ++i) labels[std::to_string(i)] = "";
    return labels;
  };
  return {
      {"a request", 8'454'144, "RESOURCE_EXHAUSTED", TryRequestBytes},
      {"levels of messages in one another", 100, "UNIMPLEMENTED", TryNesting},
      {"headers of a call, as HTTP/2 counts them", kHeaderBytes,
       "RESOURCE_EXHAUSTED", TryHeaders},
      {.what = "a name of an object",
       .limit = 128,
       .beyond = "ARGUMENT",
       .send =
           [](LimitsTest& test, uint64_t size) {
             v1::CloseDataChannelRequest request;
             request.set_name(NameOfSize(test, size));
             return test.Try(&Peers::CloseDataChannel, request);
           },
       .within = "CHANNEL_UNKNOWN",
       .options =
           [](Options& options) {
             options.engine.node = std::string(63, 'n');
           }},
      {"`request_id`", 128, limit, TryRequestId},
      {"`page_size`", 1000, limit, TryPageSize},
      {"paths of an `update_mask`", 16, limit, TryMask},
      {"`labels`", 16, limit,
       [=](LimitsTest& test, uint64_t count) {
         return TryLabels(test, labels_of(count));
       }},
      {"key of a label", 63, limit,
       [](LimitsTest& test, uint64_t size) {
         return TryLabels(test, {{Filled("", size), ""}});
       }},
      {"value of a label", 255, limit,
       [](LimitsTest& test, uint64_t size) {
         return TryLabels(test, {{"key", Filled("", size)}});
       }},
      {.what = "`resume_token` of WatchPeers",
       .limit = 256,
       .beyond = "ARGUMENT",
       .send = TryResumeToken,
       .within = "EVENTS_COMPACTED"},
      {"`heartbeat_interval`", 3'600'000, limit, TryHeartbeat},
      {"`gathering_timeout`", 10'000, limit, TryGatheringTimeout},
      {"`idle_timeout` of ReceiveMessages", 86'400'000, limit, TryIdleTimeout},
      {"`timeout` of Drain", 86'400'000, limit, TryDrain},
      {"streams and waiting calls that watch one peer", 256, "RATE",
       TryWatchers},
      {"frames of one ExchangeRequest", 4096, limit, TryFrames},
      {.what = "messages of one ExchangeRequest, `maxExchangeBytes`",
       .limit = 1 << 20,
       .beyond = limit,
       .send = TryExchangeBytes,
       .within = "ARGUMENT"},
      {"attachments of one Exchange", 4096, limit, TryAttachments},
      {"`window` of an attachment", 4 << 20, limit, TryWindow},
      {.what = "a message sent, `maxMessageSize`",
       .limit = 256 << 10,
       .beyond = "MESSAGE_TOO_LARGE",
       .send = TryMessage,
       .within = "CHANNEL_NOT_OPEN"},
  };
}

}  // namespace parley::service
