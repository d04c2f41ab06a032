// The ICE generations of one transport, and the rules for them that every kind
// of transport keeps. No IO.
#ifndef PARLEY_CORE_ICE_GENERATIONS_H_
#define PARLEY_CORE_ICE_GENERATIONS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/errors.h"
#include "core/ice/connection_tracker.h"
#include "core/ice/ice_transport.h"
#include "core/ice/transport_address.h"
#include "core/ice/transport_rules.h"
#include "core/loop/executor.h"

namespace parley::ice {

// What a generation is, whatever transport it belongs to.
struct BasicGeneration {
  BasicGeneration(uint64_t id, Credentials local)
      : id(id), local(std::move(local)) {}

  const uint64_t id;
  Credentials local;
  std::optional<RemoteParameters> remote;
  GenerationStatus status;
  GatheringState gathering = GatheringState::kGathering;
  Executor::TimerId patience_timer = Executor::TimerId::kNone;
};

// A Generation is a BasicGeneration that has besides
//   bool open() const: it takes remote candidates;
//   bool tcp() const: also such for TCP;
//   size_t signaled() const: how many of them it has;
//   CandidateUse AddRemoteCandidate(candidate, address).
template <typename Generation>
class Generations {
 public:
  bool empty() const { return all_.empty(); }
  size_t size() const { return all_.size(); }
  auto begin() const { return all_.begin(); }  // from the oldest on
  auto end() const { return all_.end(); }
  Generation& oldest() const { return *all_.front(); }
  Generation& newest() const { return *all_.back(); }
  GatheringState gathering() const {
    return empty() ? GatheringState::kNew : newest().gathering;
  }

  Generation& Add(std::unique_ptr<Generation> generation) {
    return *all_.emplace_back(std::move(generation));
  }
  void Remove(const Generation& generation) {
    std::erase_if(all_, [&](const auto& g) { return g.get() == &generation; });
  }

  Generation* Find(uint64_t id) const {
    return FindIf([=](const Generation& g) { return g.id == id; });
  }
  Generation* FindUfrag(std::string_view local) const {
    return FindIf([=](const Generation& g) { return g.local.ufrag == local; });
  }
  // The newest that has remote parameters.
  Generation* Answered() const {
    for (auto it = all_.rbegin(); it != all_.rend(); ++it) {
      if ((*it)->remote.has_value()) return it->get();
    }
    return nullptr;
  }

  // The newest, which is to have these remote parameters; null when it has
  // them already. Errors: ARGUMENT.
  absl::StatusOr<Generation*> ToAnswer(const RemoteParameters& remote) const {
    if (absl::Status checked = CheckCredentials(remote.ufrag, remote.pwd);
        !checked.ok()) {
      return checked;
    }
    if (empty()) {
      return MakeError(Reason::kArgument, "ICE has not been started.");
    }
    if (!newest().remote.has_value()) return &newest();
    if (*newest().remote == remote) return nullptr;
    return MakeError(Reason::kArgument,
                     "New remote ICE parameters need an ICE restart.");
  }

  // Gives a remote candidate to the generation that it names, or else to the
  // newest that was answered. `permitted(generation, address)` tells whether
  // packets may go there. Errors: CANDIDATE_GENERATION.
  template <typename Permitted>
  absl::StatusOr<CandidateUse> AddRemoteCandidate(
      const sdp::Candidate& candidate, const Permitted& permitted) const {
    Generation* const newest = Answered();
    Generation* const generation =
        candidate.ufrag.empty() ? newest : FindIf([&](const Generation& g) {
          return g.remote.has_value() && g.remote->ufrag == candidate.ufrag;
        });
    if (generation == nullptr) {
      return MakeError(Reason::kCandidateGeneration,
                       "The candidate is of no ICE generation that is known.");
    }
    if (generation != newest || !generation->open()) {
      return CandidateUse::kIgnoredGeneration;
    }
    IpAddress address;
    if (const auto useless =
            WhyUseless(candidate, generation->tcp(), address)) {
      return *useless;
    }
    if (!permitted(*generation, address)) return CandidateUse::kIgnoredAddress;
    if (generation->signaled() == kMaxRemoteCandidates) {
      return CandidateUse::kIgnoredCount;
    }
    const CandidateUse use =
        generation->AddRemoteCandidate(candidate, {address, candidate.port});
    if (use == CandidateUse::kApplied) {
      generation->status.remote_candidates = true;
    }
    return use;
  }

  // What the newest replaces: one that was never answered, and all that neither
  // carry data nor would be the newest again by a rollback.
  std::vector<Generation*> Replaced(const Generation* sending) const {
    std::vector<Generation*> replaced;
    size_t kept = 2;
    if (size() > 1 && !all_[size() - 2]->remote.has_value()) {
      replaced.push_back(all_[size() - 2].get());
      ++kept;
    }
    for (size_t i = 0; i + kept < size(); ++i) {
      if (all_[i].get() != sending) replaced.push_back(all_[i].get());
    }
    return replaced;
  }
  // Whether older ones still stand beside the newest, which carries the data.
  bool Overlap(const Generation* sending) const {
    return size() > 1 && sending == &newest();
  }

  // The state of the transport, and the newest generation that can carry data.
  struct Outlook {
    ConnectionState state;
    Generation* usable = nullptr;
  };
  Outlook Look(ConnectionState before) const {
    std::vector<GenerationStatus> statuses;
    Outlook outlook;
    for (const auto& generation : all_) {
      statuses.push_back(generation->status);
      if (IsUsable(generation->status)) outlook.usable = generation.get();
    }
    outlook.state = DeriveState(statuses, before);
    if (outlook.state == ConnectionState::kFailed && !empty()) {
      newest().status.called_failed = true;
    }
    return outlook;
  }

 private:
  template <typename Condition>
  Generation* FindIf(const Condition& condition) const {
    for (const auto& generation : all_) {
      if (condition(*generation)) return generation.get();
    }
    return nullptr;
  }

  std::vector<std::unique_ptr<Generation>> all_;
};

}  // namespace parley::ice

#endif  // PARLEY_CORE_ICE_GENERATIONS_H_
