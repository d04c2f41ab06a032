// Offer and Answer: find or create a peer, one operation of its chain, and
// perhaps a wait for candidates.
//
// The wait is no part of the operation. A call repeated with its request_id
// while the first one waits waits beside it: the peer then remembers an empty
// reply, and the whole one once there is one.
//
// An object belongs to one call. After Start it lives on the peer's strand.
#ifndef PARLEY_SERVICE_COMPOSITE_CALL_H_
#define PARLEY_SERVICE_COMPOSITE_CALL_H_

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/strings.h"
#include "core/jsep/candidates.h"
#include "parley/v1/negotiation_calls.pb.h"
#include "parley/v1/peer_calls.pb.h"
#include "service/convert_configuration.h"
#include "service/gathering_wait.h"
#include "service/unary.h"

namespace parley::service {

inline constexpr absl::Duration kMaxGatheringTimeout = absl::Seconds(10);

template <typename Request, typename Response>
class CompositeCall
    : public std::enable_shared_from_this<CompositeCall<Request, Response>> {
 public:
  // Carries out the operation on the peer.
  using Operation =
      absl::AnyInvocable<void(peer::Peer&, peer::Call, peer::StatusReply)>;

  CompositeCall(const Core& core, Method method,
                grpc::CallbackServerContext* context, const Request* request,
                Response* response)
      : ending_(core, method, request->name(), context),
        method_(method),
        request_(*request),
        response_(*response),
        deadline_(absl::FromChrono(context->deadline())) {}

  // `status`: what was found wrong with the request already.
  grpc::ServerUnaryReactor* Start(const absl::Status& status,
                                  Operation operation) {
    absl::Status found = ending_.admission();
    found.Update(status);
    found.Update(Read());
    if (found.ok()) found = TakePeer();
    if (!found.ok()) return ending_.FinishNow(found);
    auto self = this->shared_from_this();
    operation(*peer_, MakeCall(),
              [self](absl::Status applied, const peer::View&) {
                self->OnApplied(std::move(applied));
              });
    return ending_.reactor();
  }

 private:
  // Until when to wait so that the caller still gets the reply, and learns the
  // peer's name.
  absl::Duration BeforeDeadline() const {
    const absl::Duration left = deadline_ - absl::Now();
    return left - std::max(left / 10, absl::Milliseconds(200));
  }

  absl::Status Read() {
    absl::Status id = CheckRequestId(request_.request_id());
    if (!id.ok()) return id;
    if (request_.has_gathering_timeout()) {
      const auto timeout =
          FromProto(request_.gathering_timeout(), "gathering_timeout",
                    absl::ZeroDuration(), kMaxGatheringTimeout);
      if (!timeout.ok()) return timeout.status();
      timeout_ = std::min(*timeout, BeforeDeadline());
    }
    const auto expected = FromProto(request_.expected_signaling_state(),
                                    "expected_signaling_state");
    if (expected.ok()) expected_state_ = *expected;
    return expected.status();
  }

  absl::Status TakePeer() {
    pool::Pool& pool = ending_.core().pool;
    if (request_.has_name()) {
      auto subject =
          Find(pool, ending_.caller(), Named::kPeer, request_.name());
      if (subject.ok()) peer_ = std::move(subject->peer);
      return subject.status();
    }
    if (!request_.has_create()) return BadField("name", "is missing");
    if (!request_.create().request_id().empty()) {
      return BadField("create.request_id",
                      "is not taken here; give the call one");
    }
    auto init = FromProto(request_.create(), ending_.core().options);
    if (!init.ok()) return InField(init.status(), "create");
    const std::string& id = request_.request_id();
    auto created =
        pool.Create(ending_.caller().tenant, *std::move(init), id,
                    id.empty() ? 0 : HashMessage(request_), &created_);
    if (!created.ok()) {
      return InField(InConfiguration(created.status()), "create");
    }
    peer_ = *std::move(created);
    if (created_) {
      ending_.NoteCreated(*peer_);
    }
    return absl::OkStatus();
  }

  peer::Call MakeCall() {
    peer::Call call;
    call.expected_state = expected_state_;
    if (request_.request_id().empty()) return call;
    call.request_id = request_.request_id();
    call.request_hash = HashMessage(request_);
    call.replay = [self = this->shared_from_this()](const std::string& reply) {
      self->Replay(reply);
    };
    return call;
  }

  void Replay(const std::string& reply) {
    if (reply.empty()) return AwaitCandidates();
    const bool parsed = response_.ParseFromString(reply);
    ending_.Finish(
        parsed ? absl::OkStatus()
               : MakeError(Reason::kInternal, "a remembered reply is spoilt"));
  }

  void OnApplied(absl::Status status) {
    turn_ = peer_->turn_came();
    if (!status.ok()) return Fail(std::move(status));
    Remember("");
    AwaitCandidates();
  }

  void AwaitCandidates() {
    GatheringWait::Start(peer_, timeout_,
                         [self = this->shared_from_this()](absl::Status ended) {
                           self->Complete(std::move(ended));
                         });
  }

  void Complete(absl::Status status) {
    if (!status.ok()) return Fail(std::move(status));
    const peer::View view = peer_->CurrentView();
    ToProto(view, v1::PEER_VIEW_BASIC, ending_.core().shown,
            response_.mutable_peer());
    if (const auto* local = jsep::LocalDescription(view.session)) {
      v1::SessionDescription* description = response_.mutable_description();
      ToProto(*local, view.session, description);
      description->set_sdp(
          jsep::TextWithCandidates(view.session, jsep::Side::kLocal, *local));
    }
    response_.set_gathering_complete(HasGathered(view));
    Remember(response_.SerializeAsString());
    ending_.Note(*peer_, absl::OkStatus(), view.session.state, turn_);
    ending_.Finish(absl::OkStatus());
  }

  void Remember(std::string reply) {
    const std::string& id = request_.request_id();
    if (id.empty()) return;
    peer::ReplyCache& replies = peer_->replies();
    const uint64_t hash = HashMessage(request_);
    if (request_.has_create()) {
      replies.StoreFirst(id, hash, std::move(reply));
    } else {
      replies.Store(id, hash, std::move(reply));
    }
  }

  // Nobody knows the peer that this call has created: it goes.
  void Fail(absl::Status status) {
    ending_.Note(*peer_, status, peer_->CurrentView().session.state, turn_);
    if (!created_) return ending_.Finish(status);
    ending_.core().pool.ForgetRequestOf(peer_->name());
    peer_->Close(peer::CloseReason::kRequested,
                 absl::StrCat("the ", ToAbsl(method_.name()),
                              " that created it did not succeed"),
                 [self = this->shared_from_this(), status = std::move(status)](
                     const peer::View&) { self->ending_.Finish(status); });
  }

  const Ending ending_;
  const Method method_;
  const Request& request_;
  Response& response_;
  const absl::Time deadline_;
  absl::Duration timeout_;
  std::optional<jsep::SignalingState> expected_state_;
  std::shared_ptr<peer::Peer> peer_;
  bool created_ = false;  // by this call
  // When the peer came to it; others have theirs while it waits.
  std::optional<absl::Duration> turn_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_COMPOSITE_CALL_H_
