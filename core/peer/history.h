// The recent past of a peer, for people who look for a fault: its last calls,
// and the last candidates of the other end with what became of them. Values;
// lives on the peer's strand.
#ifndef PARLEY_CORE_PEER_HISTORY_H_
#define PARLEY_CORE_PEER_HISTORY_H_

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/jsep/signaling.h"
#include "core/peer/peer_types.h"

namespace parley::peer {

struct OperationRecord {
  std::string_view method;  // lives for ever
  absl::Time time;          // when it came
  absl::Duration wait;      // for the calls before it
  absl::Duration run;
  absl::Status status;
  jsep::SignalingState state = jsep::SignalingState::kStable;  // after it
};

struct CandidateRecord {
  CandidateInput candidate;
  CandidateResult result;
};

class History {
 public:
  static constexpr size_t kMaxOperations = 32;
  static constexpr size_t kMaxCandidates = 64;

  void Add(OperationRecord record) {
    Push(operations_, std::move(record), kMaxOperations);
  }
  void Add(CandidateRecord record) {
    Push(candidates_, std::move(record), kMaxCandidates);
  }

  // The oldest first.
  const std::vector<OperationRecord>& operations() const { return operations_; }
  const std::vector<CandidateRecord>& candidates() const { return candidates_; }

 private:
  template <typename Record>
  static void Push(std::vector<Record>& records, Record record, size_t max) {
    if (records.size() == max) records.erase(records.begin());
    records.push_back(std::move(record));
  }

  std::vector<OperationRecord> operations_;
  std::vector<CandidateRecord> candidates_;
};

}  // namespace parley::peer

#endif  // PARLEY_CORE_PEER_HISTORY_H_
