// The negotiation of a peer, but for candidates: createOffer to restartIce.

#include <optional>
#include <utility>

#include "core/base/errors.h"
#include "core/jsep/answer.h"
#include "core/jsep/offer.h"
#include "core/jsep/plan.h"
#include "core/peer/peer.h"
#include "core/peer/shared_reply.h"
#include "core/peer/transport_entry.h"

namespace parley::peer {
namespace {

ice::Credentials ToIce(const jsep::IceCredentials& credentials) {
  return {credentials.ufrag, credentials.pwd};
}

}  // namespace

// One operation: checks, awaits a certificate, and creates what it then answers
// and remembers.
template <typename Creator>
void Peer::CreateDescription(Call call,
                             absl::Status (*check)(const jsep::Session&),
                             Creator create,
                             Reply<jsep::CreatedDescription> reply) {
  auto answer = Share(std::move(reply));
  Chain(
      std::move(call),
      [this, answer](absl::Status why) { (*answer)(why, CurrentView()); },
      [this, answer, check, create](Finished finished) mutable {
        const absl::Status allowed = check(session_);
        if (!allowed.ok()) {
          (*answer)(allowed, CurrentView());
          return finished();
        }
        EnsureCertificate(
            [this, answer, create,
             finished = std::move(finished)](absl::Status certified) mutable {
              if (!certified.ok()) {
                (*answer)(std::move(certified), CurrentView());
                return finished();
              }
              absl::StatusOr<jsep::CreatedDescription> created = create();
              if (created.ok()) jsep::Remember(session_, *created);
              (*answer)(std::move(created), CurrentView());
              finished();
            });
      });
}

void Peer::CreateOffer(Call call, OfferRequest request,
                       Reply<jsep::CreatedDescription> reply) {
  const auto create = [this, request] {
    if (request.receive_audio || request.receive_video) {
      OfferToReceive(request);
    }
    return jsep::CreateOffer(session_, request.options, environment_.random);
  };
  CreateDescription(std::move(call), jsep::CheckCanCreateOffer, create,
                    std::move(reply));
}

void Peer::CreateAnswer(Call call, jsep::AnswerOptions options,
                        Reply<jsep::CreatedDescription> reply) {
  const auto create = [this, options] {
    return jsep::CreateAnswer(session_, environment_.random, options);
  };
  CreateDescription(std::move(call), jsep::CheckCanCreateAnswer, create,
                    std::move(reply));
}

// W3C's legacy options, whose changes are told as those of any call.
void Peer::OfferToReceive(const OfferRequest& request) {
  const std::vector<jsep::Transceiver> before = session_.transceivers;
  for (const auto& [kind, receive] :
       {std::pair(jsep::MediaKind::kAudio, request.receive_audio),
        std::pair(jsep::MediaKind::kVideo, request.receive_video)}) {
    if (!receive) continue;
    jsep::OfferToReceive(session_, kind, *receive, environment_.random);
  }
  // Only added at the end.
  for (size_t i = 0; i < session_.transceivers.size(); ++i) {
    const jsep::Transceiver& now = session_.transceivers[i];
    if (i >= before.size() || before[i] != now) Emit(TransceiverChange{now});
  }
}

void Peer::SetLocalDescription(Call call, std::optional<jsep::SdpType> type,
                               std::string text, StatusReply reply) {
  auto answer = Share(std::move(reply));
  Chain(
      std::move(call),
      [this, answer](absl::Status why) { (*answer)(why, CurrentView()); },
      [this, answer, type, text = std::move(text)](Finished finished) mutable {
        PlanLocalAndApply(type, text,
                          [this, answer, finished = std::move(finished)](
                              absl::Status status) mutable {
                            (*answer)(std::move(status), CurrentView());
                            finished();
                          });
      });
}

void Peer::PlanLocalAndApply(std::optional<jsep::SdpType> type,
                             const std::string& text, Continuation done) {
  // Without a text one may have to be created, which takes a certificate.
  const bool creates = text.empty() && type != jsep::SdpType::kRollback;
  auto plan_and_apply = [this, type, text,
                         done = std::move(done)](absl::Status status) mutable {
    if (!status.ok()) return done(std::move(status));
    auto plan = type == jsep::SdpType::kRollback
                    ? jsep::PlanRollback(session_, jsep::Side::kLocal)
                    : jsep::PlanLocal(session_, {.type = type, .text = text},
                                      environment_.random);
    if (!plan.ok()) return done(plan.status());
    Apply(*std::move(plan), std::move(done));
  };
  if (creates) return EnsureCertificate(std::move(plan_and_apply));
  plan_and_apply(absl::OkStatus());
}

absl::StatusOr<jsep::Plan> Peer::PlanRemote(
    const jsep::RemoteDescriptionInit& description) {
  if (description.type == jsep::SdpType::kRollback) {
    return jsep::PlanRollback(session_, jsep::Side::kRemote);
  }
  if (!info_.polite && jsep::RollsBackFirst(session_.state, jsep::Side::kRemote,
                                            description.type)) {
    return MakeError(Reason::kGlare,
                     "the offer crosses one of this peer, which is impolite: "
                     "its own stands; await the answer to it",
                     {{"offer_id", session_.pending_local->body->id}});
  }
  return jsep::PlanRemote(session_, description);
}

void Peer::SetRemoteDescription(Call call, jsep::SdpType type, std::string text,
                                std::string offer_id, bool validate_only,
                                StatusReply reply) {
  auto answer = Share(std::move(reply));
  Chain(
      std::move(call),
      [this, answer](absl::Status why) { (*answer)(why, CurrentView()); },
      [this, answer, type, text = std::move(text),
       offer_id = std::move(offer_id),
       validate_only](Finished finished) mutable {
        auto done = [this, answer, finished = std::move(finished)](
                        absl::Status status) mutable {
          (*answer)(std::move(status), CurrentView());
          finished();
        };
        const jsep::RemoteDescriptionInit description{
            .type = type, .text = text, .offer_id = offer_id};
        if (validate_only) {
          const auto plan = PlanRemote(description);
          return done(plan.ok() ? plan->refused : plan.status());
        }
        PlanRemoteAndApply(description, [this, done = std::move(done)](
                                            absl::Status status) mutable {
          if (status.ok()) RetryQueuedCandidates();
          done(std::move(status));
        });
      });
}

void Peer::PlanRemoteAndApply(const jsep::RemoteDescriptionInit& description,
                              Continuation done) {
  auto plan = PlanRemote(description);
  if (!plan.ok()) return done(plan.status());
  Apply(*std::move(plan), std::move(done));
}

// The transports that a description starts, and which of them did.
struct Peer::Starts {
  struct One {
    jsep::StartIce ice;
    bool started = false;
  };
  std::vector<One> all;
  size_t left = 0;
  absl::Status status;
};

// Transports may refuse to start; everything else cannot fail. So they are
// started first, and the plan is committed when they were.
void Peer::Apply(jsep::Plan plan, Continuation done) {
  auto starts = std::make_shared<Starts>();
  for (const jsep::Effect& effect : plan.effects) {
    if (const auto* start = std::get_if<jsep::StartIce>(&effect)) {
      starts->all.push_back({*start});
    }
  }
  auto commit = [this, starts, plan = std::move(plan),
                 done = std::move(done)](absl::Status status) mutable {
    if (!status.ok()) {
      UndoStarts(*starts);
      return done(std::move(status));
    }
    const absl::Status refused = plan.refused;
    Execute(jsep::Commit(session_, std::move(plan)));
    done(refused);
  };
  if (starts->all.empty()) return commit(absl::OkStatus());
  StartTransports(starts, std::move(commit));
}

void Peer::StartTransports(const std::shared_ptr<Starts>& starts,
                           Continuation done) {
  auto resume = std::make_shared<Continuation>(Await(std::move(done)));
  holding_ = true;
  starts->left = starts->all.size();
  // All transports of a peer report on one executor.
  for (Starts::One& one : starts->all) {
    const jsep::StartIce& start = one.ice;
    TransportEntry& entry =
        start.first ? OpenTransport(start) : *FindEntry(start.transport);
    // Nobody shall take what a restart replaces for what it has gathered.
    entry.generations.push_back({start.generation, start.local.ufrag,
                                 start.first
                                     ? ice::GatheringState::kNew
                                     : ice::GatheringState::kGathering});
    const ice::Role role = start.role == jsep::IceRole::kControlling
                               ? ice::Role::kControlling
                               : ice::Role::kControlled;
    entry.transport->StartIce(ToIce(start.local), role,
                              [starts, resume, &one](absl::Status status) {
                                one.started = status.ok();
                                starts->status.Update(std::move(status));
                                if (--starts->left == 0) {
                                  (*resume)(starts->status);
                                }
                              });
  }
}

// What did not start left its transport as it was: to roll that back too would
// end the generation that carries the data.
void Peer::UndoStarts(const Starts& starts) {
  for (const auto& [start, started] : starts.all) {
    TransportEntry* entry = FindEntry(start.transport);
    if (entry == nullptr) continue;
    if (start.first) {
      CloseEntry(start.transport);
      continue;
    }
    entry->generations.pop_back();
    if (started) entry->transport->RollbackIce();
  }
  ReleaseHeld();
}

void Peer::RestartIce(Call call, StatusReply reply) {
  auto answer = Share(std::move(reply));
  Chain(
      std::move(call),
      [this, answer](absl::Status why) { (*answer)(why, CurrentView()); },
      [this, answer](Finished finished) {
        const absl::Status status = jsep::RestartIce(session_);
        snapshot_.reset();
        (*answer)(status, CurrentView());
        finished();
      });
}

void Peer::ChangeTransceiver(Call call, TransceiverFunction change,
                             Reply<jsep::TransceiverId> reply) {
  auto answer = Share(std::move(reply));
  Chain(
      std::move(call),
      [this, answer](absl::Status why) { (*answer)(why, CurrentView()); },
      [this, answer, change = std::move(change)](Finished finished) mutable {
        jsep::Session changed = session_;
        auto id = change(changed, environment_.random);
        if (id.ok() && changed.transceivers.size() >
                           environment_.limits.max_transceivers) {
          id = MakeError(
              Reason::kLimitExceeded,
              "the peer has as many transceivers as it may have",
              {{"limit",
                std::to_string(environment_.limits.max_transceivers)}});
        }
        if (id.ok()) {
          const auto* before = jsep::FindTransceiver(session_, *id);
          const auto* after = jsep::FindTransceiver(changed, *id);
          std::optional<TransceiverChange> event;
          if (after != nullptr && (before == nullptr || *before != *after)) {
            event = TransceiverChange{*after};
          }
          session_ = std::move(changed);
          if (event) Emit(*std::move(event));
        }
        (*answer)(std::move(id), CurrentView());
        finished();
      });
}

}  // namespace parley::peer
