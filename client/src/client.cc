#include "parley/client.h"

#include <utility>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "client/src/data_session_impl.h"
#include "client/src/peer_watch_reader.h"
#include "client/src/plain_reader.h"
#include "client/src/time_source.h"
#include "parley/messages.h"

namespace parley::client {
namespace {

Call MakeCall(std::string_view method, const CallOptions& options) {
  Call call;
  call.method = method;
  call.deadline = absl::Now() + options.timeout;
  return call;
}

template <typename Response, typename Request>
absl::StatusOr<Response> Block(Connection& connection, const Call& call,
                               const Request& request) {
  struct Shared {
    absl::Status status;
    absl::Notification ready;
  };
  // Shared, as the callback may still be in Notify when the wait returns.
  auto shared = std::make_shared<Shared>();
  Response response;
  connection.Unary(call, request, &response, [shared](absl::Status status) {
    shared->status = std::move(status);
    shared->ready.Notify();
  });
  shared->ready.WaitForNotification();
  if (!shared->status.ok()) return std::move(shared->status);
  return response;
}

template <typename Response, typename Request>
void Begin(Connection& connection, const Call& call, const Request& request,
           Callback<Response> done) {
  struct Messages {
    Request request;
    Response response;
  };
  auto messages = std::make_shared<Messages>();
  messages->request = request;
  connection.Unary(call, messages->request, &messages->response,
                   [messages, done = std::move(done)](absl::Status status) {
                     if (status.ok()) {
                       done(std::move(messages->response));
                     } else {
                       done(std::move(status));
                     }
                   });
}

template <typename Request>
Request Named(std::string_view name) {
  Request request;
  request.set_name(std::string(name));
  return request;
}

}  // namespace

Client::Client(std::shared_ptr<Connection> connection)
    : connection_(std::move(connection)) {}

#define PARLEY_DEFINE(Service, Method)                                        \
  absl::StatusOr<v1::Method##Response> Client::Method(                        \
      const v1::Method##Request& request, const CallOptions& options) const { \
    return Block<v1::Method##Response>(                                       \
        *connection_, MakeCall("/parley.v1." #Service "/" #Method, options),  \
        request);                                                             \
  }                                                                           \
  void Client::Method(const v1::Method##Request& request,                     \
                      Callback<v1::Method##Response> done,                    \
                      const CallOptions& options) const {                     \
    Begin<v1::Method##Response>(                                              \
        *connection_, MakeCall("/parley.v1." #Service "/" #Method, options),  \
        request, std::move(done));                                            \
  }
PARLEY_OPERATIONS(PARLEY_DEFINE)
#undef PARLEY_DEFINE

absl::StatusOr<v1::GetPeerResponse> Client::GetPeer(
    std::string_view peer, const CallOptions& options) const {
  return GetPeer(Named<v1::GetPeerRequest>(peer), options);
}

absl::StatusOr<v1::ClosePeerResponse> Client::ClosePeer(
    std::string_view peer, const CallOptions& options) const {
  return ClosePeer(Named<v1::ClosePeerRequest>(peer), options);
}

absl::StatusOr<v1::CreateOfferResponse> Client::CreateOffer(
    std::string_view peer, const CallOptions& options) const {
  return CreateOffer(Named<v1::CreateOfferRequest>(peer), options);
}

absl::StatusOr<v1::CreateAnswerResponse> Client::CreateAnswer(
    std::string_view peer, const CallOptions& options) const {
  return CreateAnswer(Named<v1::CreateAnswerRequest>(peer), options);
}

absl::StatusOr<v1::SetLocalDescriptionResponse> Client::SetLocalDescription(
    std::string_view peer, const CallOptions& options) const {
  return SetLocalDescription(Named<v1::SetLocalDescriptionRequest>(peer),
                             options);
}

absl::StatusOr<v1::SetRemoteDescriptionResponse> Client::SetRemoteDescription(
    std::string_view peer, const v1::SessionDescription& description,
    const CallOptions& options) const {
  auto request = Named<v1::SetRemoteDescriptionRequest>(peer);
  *request.mutable_description() = description;
  return SetRemoteDescription(request, options);
}

absl::StatusOr<v1::AddIceCandidatesResponse> Client::AddIceCandidate(
    std::string_view peer, const v1::IceCandidate& candidate,
    const CallOptions& options) const {
  auto request = Named<v1::AddIceCandidatesRequest>(peer);
  *request.add_candidates() = candidate;
  auto response = AddIceCandidates(request, options);
  if (response.ok() && response->results_size() > 0 &&
      response->results(0).has_error()) {
    return ToStatus(response->results(0).error());
  }
  return response;
}

PeerWatch Client::WatchPeer(std::string_view peer, WatchOptions options) const {
  return PeerWatch(std::make_shared<internal::PeerWatchReader>(
      connection_, std::string(peer), options, internal::SystemTime()));
}

PeersWatch Client::WatchPeers(PeersWatchOptions options) const {
  return PeersWatch(std::make_shared<internal::PeersWatchReader>(
      connection_, std::move(options), internal::SystemTime()));
}

StreamReader<v1::ReceiveMessagesResponse> Client::ReceiveMessages(
    const v1::ReceiveMessagesRequest& request) const {
  Call call;
  call.method = "/parley.v1.DataChannelService/ReceiveMessages";
  return StreamReader<v1::ReceiveMessagesResponse>(
      internal::ReadPlainly<v1::ReceiveMessagesResponse>(
          connection_->OpenStream(call, request, /*half_close=*/true)));
}

DataSession Client::OpenDataSession(std::string_view name,
                                    DataSessionOptions options) const {
  return OpenDataSession(name, v1::Attach(), options);
}

DataSession Client::OpenDataSession(std::string_view name,
                                    const v1::Attach& attach,
                                    DataSessionOptions options) const {
  auto impl = std::make_shared<internal::DataSessionImpl>(
      connection_, options, internal::SystemTime());
  impl->Start(name, attach);
  return DataSession(std::move(impl));
}

}  // namespace parley::client
