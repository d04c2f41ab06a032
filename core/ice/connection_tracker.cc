#include "core/ice/connection_tracker.h"

#include <algorithm>

namespace parley::ice {
namespace {

bool HasFailed(const GenerationStatus& status) {
  if (status.called_failed || status.progress == Progress::kLost) return true;
  if (!status.patience_over) return false;
  if (status.progress == Progress::kFailed) return true;
  // Nothing to check, and nothing that could still come to be checked.
  return status.progress == Progress::kIdle && status.remote_ended &&
         status.gathered;
}

}  // namespace

ConnectionState DeriveState(std::span<const GenerationStatus> generations,
                            ConnectionState before) {
  if (generations.empty()) return ConnectionState::kNew;
  const GenerationStatus& newest = generations.back();

  if (IsUsable(newest) && newest.silent) return ConnectionState::kDisconnected;
  if (IsUsable(newest)) {
    // A peer-reflexive pair may still turn up after the end; that is no step
    // back from completed.
    const bool done = newest.progress == Progress::kReady && newest.gathered &&
                      newest.remote_ended;
    return done || before == ConnectionState::kCompleted
               ? ConnectionState::kCompleted
               : ConnectionState::kConnected;
  }
  if (std::any_of(generations.begin(), generations.end(), Works)) {
    return ConnectionState::kConnected;
  }
  if (HasFailed(newest)) {
    return std::any_of(generations.begin(), generations.end(), IsUsable)
               ? ConnectionState::kDisconnected
               : ConnectionState::kFailed;
  }
  const bool restart = generations.size() > 1;
  if (restart || newest.remote_candidates ||
      newest.progress != Progress::kIdle) {
    return ConnectionState::kChecking;
  }
  return ConnectionState::kNew;
}

}  // namespace parley::ice
