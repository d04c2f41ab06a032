// The shape of a unary call: find the peer, make the call's envelope, call
// core/, encode the answer, end. Handlers are made of these.
//
// An object here belongs to one call. Finish is called exactly once, on any
// thread; request and response live until then.
#ifndef PARLEY_SERVICE_UNARY_H_
#define PARLEY_SERVICE_UNARY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/errors.h"
#include "core/peer/peer.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "service/call_log.h"
#include "service/caller.h"
#include "service/convert_basic.h"
#include "service/convert_negotiation.h"
#include "service/convert_state.h"
#include "service/core.h"
#include "service/status.h"

namespace parley::service {

// How one call ends. Copies are the same call.
class Ending {
 public:
  Ending(const Core& core, Method method, std::string_view subject,
         grpc::CallbackServerContext* context)
      : core_(&core),
        method_(method),
        subject_(subject),
        context_(context),
        reactor_(context->DefaultReactor()),
        began_(core.clock.Monotonic()) {
    auto caller = core.access.Admit(*context, method);
    if (caller.ok()) {
      caller_ = *std::move(caller);
    } else {
      admission_ = caller.status();
    }
  }

  // Not OK: who calls may not; end with it.
  const absl::Status& admission() const { return admission_; }
  // Of a call that was admitted.
  const Caller& caller() const { return caller_; }

  grpc::ServerUnaryReactor* reactor() const { return reactor_; }
  const Core& core() const { return *core_; }

  // For the log: this call has created a peer.
  void NoteCreated(const peer::Peer& peer) const {
    LogCreated(*core_, *caller_.tenant, peer.name(), *context_);
  }

  // On the strand of the peer that it was made on: for DumpPeer. `turn` is when
  // the peer came to this call; else it is at it.
  void Note(peer::Peer& peer, const absl::Status& status,
            jsep::SignalingState state,
            std::optional<absl::Duration> turn = std::nullopt) const;

  void Finish(const absl::Status& status) const {
    NoteCall(*core_, method_, caller_.tenant.get(), subject_, status,
             core_->clock.Monotonic() - began_, *context_);
    reactor_->Finish(ToGrpcStatus(status));
  }

  // For the last line of a handler.
  grpc::ServerUnaryReactor* FinishNow(const absl::Status& status) const {
    Finish(status);
    return reactor_;
  }

 private:
  const Core* core_;
  Method method_;
  std::string_view subject_;
  grpc::CallbackServerContext* context_;
  grpc::ServerUnaryReactor* reactor_;
  absl::Duration began_;
  Caller caller_;
  absl::Status admission_;
};

// ARGUMENT unless it is empty or 1 to 128 printable ASCII characters.
absl::Status CheckRequestId(std::string_view request_id);

// The child that a name names, as a channel's key; CHANNEL_UNKNOWN for a number
// that no channel can have.
absl::StatusOr<sctp::ChannelKey> ToChannelKey(uint64_t child);

// What a request names.
enum class Named { kPeer, kTransceiver, kDataChannel };

struct Subject {
  std::shared_ptr<peer::Peer> peer;
  uint64_t child = 0;
};

// Errors: those of a named peer.
absl::StatusOr<Subject> Find(pool::Pool& pool, const Caller& caller,
                             Named named, std::string_view name);
// The same of a peer of whatever tenant: for admins.
absl::StatusOr<pool::Member> FindAny(pool::Pool& pool, std::string_view name);

// A call that changes a peer: the envelope, and what every answer has.
template <typename Request, typename Response>
class Change {
 public:
  Change(const Core& core, Method method, Named named,
         grpc::CallbackServerContext* context, const Request* request,
         Response* response)
      : ending_(core, method, request->name(), context),
        request_(*request),
        response_(*response) {
    status_ = Begin(named);
  }

  // Not OK: there is nothing to call; end with it.
  const absl::Status& status() const { return status_; }
  grpc::ServerUnaryReactor* reactor() const { return ending_.reactor(); }
  grpc::ServerUnaryReactor* Refuse(const absl::Status& status) const {
    if (subject_.peer == nullptr) return ending_.FinishNow(status);
    grpc::ServerUnaryReactor* const reactor = ending_.reactor();
    peer().Read([self = *this, status](const peer::View& view) {
      self.Fail(status, view);
    });
    return reactor;
  }

  peer::Peer& peer() const { return *subject_.peer; }
  uint64_t child() const { return subject_.child; }
  const Ending& ending() const { return ending_; }

  peer::Call TakeCall() {
    if (!request_.request_id().empty()) {
      call_.request_id = request_.request_id();
      call_.request_hash = HashMessage(request_);
      call_.replay = [ending = ending_,
                      &response = response_](const std::string& reply) {
        const bool parsed = response.ParseFromString(reply);
        ending.Finish(parsed ? absl::OkStatus()
                             : MakeError(Reason::kInternal,
                                         "a remembered reply is spoilt"));
      };
    }
    return std::move(call_);
  }

  // The answer of a call whose result is a T: `write` puts it into the
  // response, whose state is written here. It returns void, or an error that
  // the call ends with.
  template <typename T, typename Write>
  peer::Reply<T> Answer(Write write) {
    return [*this, write = std::move(write)](absl::StatusOr<T> result,
                                             const peer::View& view) mutable {
      if (!result.ok()) return Fail(result.status(), view);
      write(*std::move(result), view, response_);
      Complete(view);
    };
  }

  template <typename Write>
  peer::StatusReply Answer(Write write) {
    return [*this, write = std::move(write)](absl::Status status,
                                             const peer::View& view) mutable {
      if (!status.ok()) return Fail(status, view);
      write(view, response_);
      Complete(view);
    };
  }

  peer::StatusReply Answer() {
    return Answer([](const peer::View&, Response&) {});
  }

  // Ends a success: the state, and the reply for those who ask again.
  void Complete(const peer::View& view) {
    if constexpr (requires(Response & r) { r.mutable_state(); }) {
      ToProto(view.state, view.info.name, ending_.core().shown,
              response_.mutable_state());
    }
    if (!request_.request_id().empty()) {
      peer().replies().Store(request_.request_id(), HashMessage(request_),
                             response_.SerializeAsString());
    }
    ending_.Note(peer(), absl::OkStatus(), view.session.state);
    ending_.Finish(absl::OkStatus());
  }

  void Fail(const absl::Status& status, const peer::View& view) const {
    ending_.Note(peer(), status, view.session.state);
    ending_.Finish(status);
  }

 private:
  Change(const Change& other)
      : ending_(other.ending_),
        request_(other.request_),
        response_(other.response_),
        subject_(other.subject_) {}

  absl::Status Begin(Named named) {
    if (!ending_.admission().ok()) return ending_.admission();
    if (absl::Status id = CheckRequestId(request_.request_id()); !id.ok()) {
      return id;
    }
    if constexpr (requires(const Request& r) {
                    r.expected_signaling_state();
                  }) {
      auto expected = FromProto(request_.expected_signaling_state(),
                                "expected_signaling_state");
      if (!expected.ok()) return expected.status();
      call_.expected_state = *expected;
    }
    auto subject =
        Find(ending_.core().pool, ending_.caller(), named, request_.name());
    if (!subject.ok()) return subject.status();
    subject_ = *std::move(subject);
    return absl::OkStatus();
  }

  Ending ending_;
  const Request& request_;
  Response& response_;
  Subject subject_;
  peer::Call call_;
  absl::Status status_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_UNARY_H_
