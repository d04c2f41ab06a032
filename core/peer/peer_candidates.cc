// The remote candidates that calls bring.

#include <memory>
#include <optional>
#include <utility>

#include "core/base/errors.h"
#include "core/jsep/candidates.h"
#include "core/peer/candidate_batch.h"
#include "core/peer/peer.h"
#include "core/peer/shared_reply.h"
#include "core/sdp/candidate.h"

namespace parley::peer {
namespace {

CandidateIgnored ToIgnored(jsep::IgnoredWhy why) {
  switch (why) {
    case jsep::IgnoredWhy::kNot:
      return CandidateIgnored::kNot;
    case jsep::IgnoredWhy::kPreviousGeneration:
      return CandidateIgnored::kPreviousGeneration;
    case jsep::IgnoredWhy::kStopped:
      return CandidateIgnored::kStopped;
    case jsep::IgnoredWhy::kBundled:
      return CandidateIgnored::kBundled;
    case jsep::IgnoredWhy::kDuplicate:
      return CandidateIgnored::kDuplicate;
    case jsep::IgnoredWhy::kTransport:
      return CandidateIgnored::kTransport;
    case jsep::IgnoredWhy::kComponent:
      return CandidateIgnored::kComponent;
  }
  return CandidateIgnored::kNot;
}

CandidateIgnored ToIgnored(ice::CandidateUse use) {
  switch (use) {
    case ice::CandidateUse::kApplied:
      return CandidateIgnored::kNot;
    case ice::CandidateUse::kDuplicate:
      return CandidateIgnored::kDuplicate;
    case ice::CandidateUse::kIgnoredName:
      return CandidateIgnored::kHostName;
    case ice::CandidateUse::kIgnoredTransport:
      return CandidateIgnored::kTransport;
    case ice::CandidateUse::kIgnoredComponent:
      return CandidateIgnored::kComponent;
    case ice::CandidateUse::kIgnoredAddress:
      return CandidateIgnored::kAddressPolicy;
    case ice::CandidateUse::kIgnoredGeneration:
      return CandidateIgnored::kPreviousGeneration;
    case ice::CandidateUse::kIgnoredCount:
      return CandidateIgnored::kTooMany;
  }
  return CandidateIgnored::kNot;
}

// Views of what the input owns.
jsep::CandidateInit ToInit(const CandidateInput& input) {
  jsep::CandidateInit init{.candidate = input.candidate};
  if (input.mid) init.mid = *input.mid;
  if (input.mline_index) init.mline_index = *input.mline_index;
  if (input.ufrag) init.ufrag = *input.ufrag;
  return init;
}

}  // namespace

void Peer::AddIceCandidates(Call call, std::vector<CandidateInput> candidates,
                            bool queue_early,
                            Reply<std::vector<CandidateResult>> reply) {
  auto answer = Share(std::move(reply));
  Chain(
      std::move(call),
      [this, answer](absl::Status why) { (*answer)(why, CurrentView()); },
      [this, answer, candidates = std::move(candidates),
       queue_early](Finished finished) {
        auto batch = std::make_shared<CandidateBatch>();
        batch_ = batch;
        for (const CandidateInput& input : candidates) {
          batch->results.push_back(AddCandidate(input, queue_early));
        }
        batch_.reset();
        auto finish = [this, answer, batch, finished = std::move(finished)](
                          absl::Status status) mutable {
          if (status.ok()) {
            (*answer)(batch->Judged(), CurrentView());
          } else {
            (*answer)(std::move(status), CurrentView());
          }
          finished();
        };
        if (!batch->handed) return finish(absl::OkStatus());
        // Behind what the transports were handed.
        executor_.Post([resume = Await(std::move(finish))]() mutable {
          resume(absl::OkStatus());
        });
      });
}

std::vector<CandidateResult> Peer::CandidateBatch::Judged() {
  for (const auto& [index, use] : uses) {
    const CandidateIgnored why = ToIgnored(use);
    if (why == CandidateIgnored::kNot) continue;
    results[index] = {jsep::CandidateOutcome::kIgnored, why, {}};
  }
  return std::move(results);
}

CandidateResult Peer::AddCandidate(const CandidateInput& input,
                                   bool queue_early) {
  CandidateResult result = JudgeCandidate(input, queue_early);
  history_.Add(CandidateRecord{input, result});
  return result;
}

CandidateResult Peer::JudgeCandidate(const CandidateInput& input,
                                     bool queue_early) {
  auto plan = jsep::PlanCandidate(session_, ToInit(input), queue_early);
  if (!plan.ok()) return {.error = plan.status()};
  CandidateResult result{plan->outcome, ToIgnored(plan->why), {}};
  if (plan->outcome == jsep::CandidateOutcome::kQueued) {
    const size_t limit = environment_.limits.max_queued_candidates;
    if (queued_candidates_.size() >= limit) {
      result.error = MakeError(
          Reason::kLimitExceeded,
          "too many candidates wait for their description; set it first",
          {{"limit", std::to_string(limit)}});
    } else {
      queued_candidates_.push_back(input);
    }
    return result;
  }
  if (plan->outcome == jsep::CandidateOutcome::kApplied) {
    const CandidateIgnored why = Unusable(plan->candidate);
    if (why == CandidateIgnored::kHostName) CountIgnoredName();
    if (why != CandidateIgnored::kNot) {
      return {jsep::CandidateOutcome::kIgnored, why, {}};
    }
    Execute(jsep::CommitCandidate(session_, *std::move(plan)));
  }
  return result;
}

// Why this end cannot use a candidate that belongs to a transport of its own.
CandidateIgnored Peer::Unusable(
    const std::optional<sdp::Candidate>& candidate) const {
  if (!candidate) return CandidateIgnored::kNot;
  if (candidate->transport != sdp::CandidateTransport::kUdp &&
      !info_.gathering.tcp) {
    return CandidateIgnored::kTransport;
  }
  return HasName(*candidate) ? CandidateIgnored::kHostName
                             : CandidateIgnored::kNot;
}

// An mDNS or domain name in place of an address.
bool Peer::HasName(const sdp::Candidate& candidate) {
  const sdp::AddressKind kind = sdp::KindOfAddress(candidate.address);
  return kind == sdp::AddressKind::kMdnsName || kind == sdp::AddressKind::kName;
}

void Peer::CountIgnoredName() {
  ++candidate_names_ignored_;
  if (sink_) sink_->OnCandidateNameIgnored();
}

void Peer::RetryQueuedCandidates() {
  std::vector<CandidateInput> queued = std::move(queued_candidates_);
  queued_candidates_.clear();
  // What is still early is queued again; errors now concern nobody's call.
  for (const CandidateInput& input : queued) AddCandidate(input, true);
}

}  // namespace parley::peer
