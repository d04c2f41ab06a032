// Several steps of a negotiation as one operation.

#include <utility>

#include "core/base/errors.h"
#include "core/jsep/offer.h"
#include "core/jsep/plan.h"
#include "core/peer/peer.h"
#include "core/peer/shared_reply.h"
#include "core/peer/transport_entry.h"

namespace parley::peer {

void Peer::SetLocalOffer(Call call, OfferRequest request, StatusReply reply) {
  auto answer = Share(std::move(reply));
  Chain(
      std::move(call),
      [this, answer](absl::Status why) { (*answer)(why, CurrentView()); },
      [this, answer, request](Finished finished) mutable {
        auto done = [this, answer, finished = std::move(finished)](
                        absl::Status status) mutable {
          (*answer)(std::move(status), CurrentView());
          finished();
        };
        const absl::Status allowed = jsep::CheckCanCreateOffer(session_);
        if (!allowed.ok()) return done(allowed);
        EnsureCertificate([this, request, done = std::move(done)](
                              absl::Status certified) mutable {
          if (!certified.ok()) return done(std::move(certified));
          const auto created =
              jsep::CreateOffer(session_, request.options, environment_.random);
          if (!created.ok()) return done(created.status());
          jsep::Remember(session_, *created);
          PlanLocalAndApply(jsep::SdpType::kOffer, created->text(),
                            std::move(done));
        });
      });
}

void Peer::AnswerOffer(Call call, std::string text, StatusReply reply) {
  auto answer = Share(std::move(reply));
  Chain(
      std::move(call),
      [this, answer](absl::Status why) { (*answer)(why, CurrentView()); },
      [this, answer, text = std::move(text)](Finished finished) mutable {
        Continuation done = [this, answer, finished = std::move(finished)](
                                absl::Status status) mutable {
          (*answer)(std::move(status), CurrentView());
          finished();
        };
        const bool rolls_back = jsep::RollsBackFirst(
            session_.state, jsep::Side::kRemote, jsep::SdpType::kOffer);
        auto applied = [this, rolls_back,
                        done = std::move(done)](absl::Status status) mutable {
          if (!status.ok()) return done(std::move(status));
          AnswerPending(rolls_back, std::move(done));
        };
        // The certificate comes first: without one there is no answer, and
        // then nothing is to change.
        EnsureCertificate(
            [this, text = std::move(text),
             applied = std::move(applied)](absl::Status certified) mutable {
              if (!certified.ok()) return applied(std::move(certified));
              PlanRemoteAndApply({.type = jsep::SdpType::kOffer, .text = text},
                                 std::move(applied));
            });
      });
}

// Answers the offer that this operation has applied, or takes that back. The
// transports of an own offer, which that has rolled back, are closed by then:
// it cannot be restored.
void Peer::AnswerPending(bool rolled_back, Continuation done) {
  PlanLocalAndApply(
      jsep::SdpType::kAnswer, "",
      [this, rolled_back, done = std::move(done)](absl::Status status) mutable {
        if (status.ok()) {
          RetryQueuedCandidates();
        } else if (!closed()) {
          auto undo = jsep::PlanRollback(session_, jsep::Side::kRemote);
          if (undo.ok()) Execute(jsep::Commit(session_, *std::move(undo)));
          if (rolled_back) {
            status = WithMetadata(std::move(status), "rolled_back", "true");
          }
        }
        done(std::move(status));
      });
}

}  // namespace parley::peer
